"""What agents change on a ticket by the way, their canned replies, and how they take part themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import select

from actions.cards import show_ticket
from actions.desk.assigning import available_agents, open_tickets_by_agent
from actions.desk.canned import fill_canned, find_canned, save_canned
from actions.desk.desk import desk_of
from actions.desk.grammar import CATEGORIES, WORK
from actions.desk.promises import change_priority
from actions.desk.ticket_changes import add_tags, remove_tags
from actions.desk.tickets_meant import ticket_meant
from actions.errors import refused
from actions.formatting import moment_text
from actions.turn import Turn
from crm_store.absences import absences_at
from crm_store.inserting import insert_new
from crm_store.models import CannedReply, Role, SupportAgent, Ticket, TicketPriority


def _changed(turn: Turn, ticket: Ticket) -> None:
    turn.uow.flush()
    turn.focus_on(ticket)
    turn.say("utter_ticket_changed", ticket=ticket.number)
    show_ticket(turn, ticket)
    turn.offer_undo()


def _tag(turn: Turn) -> None:
    ticket = ticket_meant(turn)
    add_tags(ticket, turn.call.first("tags") or "")
    _changed(turn, ticket)


def _untag(turn: Turn) -> None:
    ticket = ticket_meant(turn)
    remove_tags(ticket, turn.call.first("tags") or "")
    _changed(turn, ticket)


def _priority(turn: Turn) -> None:
    ticket = ticket_meant(turn)
    change_priority(desk_of(turn), ticket, TicketPriority((turn.call.first("priority") or "").casefold()))
    _changed(turn, ticket)


def _category(turn: Turn) -> None:
    ticket = ticket_meant(turn)
    category = (turn.call.first("category") or "").casefold()
    if category not in CATEGORIES:
        raise refused("utter_no_such_category", categories=", ".join(CATEGORIES))
    ticket.category = category
    _changed(turn, ticket)


def _macro(turn: Turn) -> None:
    """A canned reply is shown filled in; it goes out by one press, so that nobody is sent the wrong one."""
    desk = desk_of(turn)
    canned = find_canned(desk, turn.call.first("macro") or "")
    ticket = ticket_meant(turn)
    turn.focus_on(ticket)
    text = fill_canned(desk, canned, ticket, turn.colleague)
    turn.say("utter_macro_shown", name=canned.name, text=text)
    turn.offer(
        turn.words.label("send_it"), WORK, style="primary", once=True, do="reply", ref=str(ticket.ref), note=text
    )


def _macros(turn: Turn) -> None:
    canned = turn.session.scalars(select(CannedReply).order_by(CannedReply.name)).all()
    if not canned:
        raise refused("utter_no_macros")
    lines = "\n".join(f"{each.name}: {' '.join(each.text.split())[:80]}" for each in canned)
    turn.say("utter_macros", names=lines)


def _save_macro(turn: Turn) -> None:
    canned = save_canned(desk_of(turn), turn.call.first("macro") or "", turn.call.first("note") or "", turn.colleague)
    turn.say("utter_macro_saved", name=canned.name)


def _agent(turn: Turn) -> None:
    available = "back" in (turn.call.first("agent") or "").casefold()
    _own_row(turn).available = available
    turn.say("utter_agent_back" if available else "utter_agent_away")


def _skills(turn: Turn) -> None:
    words = [each.strip().casefold() for each in (turn.call.first("tags") or "").split(",")]
    _own_row(turn).skills = [each for each in words if each]
    turn.say("utter_agent_skills", skills=", ".join(each for each in words if each))


def _on_duty(turn: Turn) -> None:
    """Who takes tickets now, with how many are open at each, who is away, and until when the desk is open."""
    desk = desk_of(turn)
    there, load = available_agents(desk), open_tickets_by_agent(desk)
    names = ", ".join(
        turn.words.say("utter_on_duty_agent", person=agent.name, tickets=str(load.get(agent.id, 0))) for agent in there
    )
    turn.say("utter_on_duty" if there else "utter_nobody_on_duty", names=names)
    away = [each for each in absences_at(turn.session, turn.uow.now).values() if each.user.role is Role.SUPPORT]
    for each in away:
        until = moment_text(each.ends_at, turn.reading)
        turn.say("utter_on_duty_away", person=each.user.name, until=until)
    closes = desk.time.closes_at(turn.uow.now)
    when = closes or desk.time.next_opening(turn.uow.now)
    turn.say("utter_desk_open_until" if closes else "utter_desk_opens", when=moment_text(when, turn.reading))


def _own_row(turn: Turn) -> SupportAgent:
    insert_new(turn.session, SupportAgent, [{"user_id": turn.actor.id, "skills": [], "available": True}])
    return turn.session.get_one(SupportAgent, turn.actor.id)


DETAILS: Mapping[str, Callable[[Turn], None]] = {
    "tag": _tag,
    "untag": _untag,
    "priority": _priority,
    "category": _category,
    "macro": _macro,
    "macros": _macros,
    "save_macro": _save_macro,
    "agent": _agent,
    "skills": _skills,
    "on_duty": _on_duty,
}
"""By what is done. Each works in the turn it is given."""
