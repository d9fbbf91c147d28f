"""The desk's own clock: promises about to break, customers nobody answers, tickets that went quiet.

Each look is one transaction; what it finds is written under keys that name the occurrence, so that a second tick, a
second process or a clock set back says nothing twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import or_, select

from actions.desk.assigning import available_agents
from actions.desk.desk import Desk
from actions.desk.ending import finish_ticket, still_a_problem
from actions.desk.events import note_event
from actions.desk.handing_over import end_handover, post_to_desk, tell_agent
from actions.desk.promises import end_ticket
from actions.desk.relaying import customer_place
from actions.desk.summary import first_name_of
from actions.formatting import day_text
from actions.notices.desk import DUE
from actions.reply import Reply, Text
from actions.skills.handover import company_reading
from bot.desk_posts import write_postings
from bot.turn import TurnPipeline
from crm_store.models import (
    Handover,
    HandoverEnd,
    SolvedHow,
    SupportEvent,
    SupportEventKind,
    Ticket,
    TicketStatus,
)
from crm_store.unit_of_work import UnitOfWork

BATCH = 500
LOOKED_BACK = timedelta(days=7)
"""Promises that broke while nothing ran are told of for so long."""


def look_after_the_desk(pipeline: TurnPipeline, *, now: datetime) -> list[int]:
    """Do what is due at the desk by ``now``; the conversations to wake. Raises DatabaseUnavailable."""
    woken: list[int] = []
    for look in (_watch_promises, _time_out, _close_quiet, _close_solved):
        with pipeline.store.unit_of_work(now=now) as uow:
            desk = Desk(session=uow.session, now=now, company=pipeline.policy, words=pipeline.words)
            look(uow, desk)
            woken += write_postings(uow, desk.postings)
            pipeline.on_step("desk_looked_after")
            uow.commit()
    return list(dict.fromkeys(woken))


def _watch_promises(uow: UnitOfWork, desk: Desk) -> None:
    columns = [getattr(Ticket, column) for column in DUE.values()]
    soon, long_ago = desk.now + desk.policy.warn_before, desk.now - LOOKED_BACK
    due = or_(*((column <= soon) & (column > long_ago) for column in columns))
    query = select(Ticket).where(Ticket.status == TicketStatus.OPEN, due).order_by(Ticket.id)
    for ticket in uow.session.scalars(query):
        for clock, column in DUE.items():
            at: datetime | None = getattr(ticket, column)
            if at is not None and at <= soon:
                _tell_of_promise(desk, ticket, clock, at)


def _tell_of_promise(desk: Desk, ticket: Ticket, clock: str, due: datetime) -> None:
    broken = due < desk.now
    kind = SupportEventKind.SLA_BROKEN if broken else SupportEventKind.SLA_WARNED
    # The first answer and the solution are promised once; a new due time of theirs is no new promise.
    occurrence = f"{clock}:{due.isoformat()}" if clock == "next_response" or not broken else clock
    note_event(desk, kind, occurrence, ticket=ticket, user_id=ticket.assignee_id, clock=clock, due=due.isoformat())
    hear = [ticket.assignee_id] if ticket.assignee_id is not None else [each.id for each in available_agents(desk)]
    for user_id in hear:
        topic = "sla_broken" if broken else "sla_soon"
        tell_agent(desk, ticket, topic, occurrence, user_id=user_id, clock=clock, due=due.isoformat())


def _time_out(uow: UnitOfWork, desk: Desk) -> None:
    waiting = Handover.waiting_since <= desk.now - desk.policy.handover_timeout
    query = select(Handover).where(Handover.ended_at.is_(None), waiting).order_by(Handover.id).limit(BATCH)
    for handover in uow.session.scalars(query):
        since = handover.waiting_since
        if since is not None and desk.time.between(since, desk.now) >= desk.policy.handover_timeout:
            _nobody_answers(desk, handover)


def _nobody_answers(desk: Desk, handover: Handover) -> None:
    """The customer is told the truth and has the bot again; people keep the ticket, and the thread."""
    ticket, since = handover.ticket, handover.waiting_since
    occurrence = since.isoformat() if since is not None else ""
    told = Reply(parts=[Text(desk.words.say("utter_handover_timed_out", ticket=ticket.number))])
    key = f"desk:timed-out:{handover.id}:{occurrence}"
    desk.post(handover.conversation_id, told, key=key, identity_id=handover.identity_id)
    if handover.answered_at is None:
        # Nobody has come yet: it goes on waiting for people, who keep reading along.
        tell_agent(desk, ticket, "handover", f"{handover.id}:again")
        return
    minutes = desk.words.counted("minute", int(desk.policy.handover_timeout.total_seconds() // 60))
    who = first_name_of(desk, ticket)
    text = desk.words.say("utter_desk_timed_out", who=who, minutes=minutes, ticket=ticket.number)
    post_to_desk(desk, handover, Reply(parts=[Text(text)]), key=f"{key}:desk")
    end_handover(desk, handover, HandoverEnd.TIMED_OUT)


def _close_quiet(uow: UnitOfWork, desk: Desk) -> None:
    policy = desk.policy
    query = (
        select(Ticket)
        .where(Ticket.status == TicketStatus.WAITING, Ticket.waiting_since <= desk.now - policy.close_warning_after)
        .order_by(Ticket.waiting_since, Ticket.id)
        .limit(BATCH)
    )
    for ticket in uow.session.scalars(query):
        if ticket.waiting_since is None:
            continue
        occurrence = ticket.waiting_since.isoformat()
        key = f"{SupportEventKind.CLOSE_WARNED.value}:t{ticket.id}:{occurrence}"
        warned = uow.session.scalar(select(SupportEvent).where(SupportEvent.key == key))
        if warned is None:
            note_event(desk, SupportEventKind.CLOSE_WARNED, occurrence, ticket=ticket)
            _warn(desk, ticket, occurrence)
        elif desk.now >= warned.at + policy.close_after - policy.close_warning_after:
            # Counted from the warning: whoever was not warned in time has as long to answer as everybody else.
            finish_ticket(desk, ticket, how=SolvedHow.AUTO, status=TicketStatus.CLOSED)


def _warn(desk: Desk, ticket: Ticket, occurrence: str) -> None:
    place = customer_place(desk.session, ticket)
    if place is None:
        return
    reading = company_reading(desk)
    closes = desk.now + desk.policy.close_after - desk.policy.close_warning_after
    day = day_text(closes.astimezone(reading.zone).date(), reading)
    text = desk.words.say("utter_ticket_close_warning", ticket=ticket.number, subject=ticket.subject, day=day)
    key = f"desk:close-warning:{ticket.id}:{occurrence}"
    reply = Reply(parts=[Text(text)], buttons=[still_a_problem(desk, ticket)])
    desk.post(place.conversation_id, reply, key=key, identity_id=place.identity_id)


def _close_solved(uow: UnitOfWork, desk: Desk) -> None:
    """What nobody can reopen any more is closed for good, silently."""
    old = Ticket.solved_at <= desk.now - desk.policy.reopen_within
    query = select(Ticket).where(Ticket.status == TicketStatus.SOLVED, old).order_by(Ticket.id).limit(BATCH)
    for ticket in uow.session.scalars(query):
        how = ticket.solved_how or SolvedHow.HUMAN
        end_ticket(desk, ticket, how=how, status=TicketStatus.CLOSED)
