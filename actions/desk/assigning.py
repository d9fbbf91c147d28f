"""Who is offered a ticket: in turn, the least busy, or who knows about it."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import exists, func, select, update

from actions.desk.desk import Desk
from actions.desk.events import note_event
from crm_store.inserting import insert_new
from crm_store.models import Absence, Role, SupportAgent, SupportEventKind, Ticket, TicketStatus, User


def available_agents(desk: Desk) -> list[User]:
    """Support agents who are at work: active, not away, and not set as unavailable; in the order of their numbers."""
    away = exists().where(Absence.user_id == User.id, Absence.starts_at <= desk.now, Absence.ends_at > desk.now)
    off = exists().where(SupportAgent.user_id == User.id, SupportAgent.available.is_(False))
    query = select(User).where(User.role == Role.SUPPORT, User.active.is_(True), ~away, ~off)
    return list(desk.session.scalars(query.order_by(User.id)))


def choose_agent(desk: Desk, category: str, *, but: Collection[int] = ()) -> User | None:
    """Who should get a ticket of this category by the configured rule; None when nobody is there or all is by hand."""
    rule = desk.policy.assignment
    agents = [agent for agent in available_agents(desk) if agent.id not in but]
    if rule == "by_hand" or not agents:
        return None
    rows = {row.user_id: row for row in desk.session.scalars(select(SupportAgent))}
    if rule == "skill":
        skilled = [agent for agent in agents if agent.id in rows and category in rows[agent.id].skills]
        agents = skilled or agents
    load = {} if rule == "round_robin" else open_tickets_by_agent(desk)

    def rank(agent: User) -> tuple[int, float, int]:
        row = rows.get(agent.id)
        last = row.last_assigned_at.timestamp() if row is not None and row.last_assigned_at is not None else 0.0
        return load.get(agent.id, 0), last, agent.id

    return min(agents, key=rank)


def offer_to(desk: Desk, ticket: Ticket, agent: User, *, how: str) -> None:
    """Assign a ticket; its agent has not taken it yet."""
    ticket.assignee_id, ticket.taken_at = agent.id, None
    desk.session.flush()
    desk.session.expire(ticket, ["assignee"])
    insert_new(desk.session, SupportAgent, [{"user_id": agent.id, "skills": [], "available": True}])
    mine = SupportAgent.__table__.c.user_id == agent.id
    desk.session.connection().execute(
        update(SupportAgent.__table__).where(mine).values(last_assigned_at=desk.now)  # type: ignore[arg-type]
    )
    note_event(
        desk, SupportEventKind.ASSIGNED, desk.now.isoformat(), ticket=ticket, user_id=agent.id, to=agent.id, how=how
    )


def open_tickets_by_agent(desk: Desk) -> dict[int, int]:
    """Open tickets per agent, counted below the store's filters: who asks may be a customer."""
    tickets = Ticket.__table__.c
    query = (
        select(tickets.assignee_id, func.count())
        .where(tickets.status == TicketStatus.OPEN, tickets.assignee_id.is_not(None), tickets.deleted_at.is_(None))
        .group_by(tickets.assignee_id)
    )
    return {row[0]: row[1] for row in desk.session.connection().execute(query)}
