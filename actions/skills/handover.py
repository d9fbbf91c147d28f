"""Handing over to a person."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import select

from actions.call import Command
from actions.desk.assigning import available_agents
from actions.desk.desk import Desk, desk_of
from actions.desk.grammar import WORK
from actions.desk.handing_over import begin_handover, open_handover, post_to_desk, tell_agent, usual_wait
from actions.desk.promises import customer_wrote
from actions.desk.summary import background, headline, transcript
from actions.errors import refused
from actions.registry import EVERYONE, skill
from actions.reply import Button, Reply, Text
from actions.said import own_words
from actions.skills.hours import moment_in
from actions.ticket_opening import HANDOVER, add_message, open_ticket_for, still_open_here
from actions.turn import Turn
from crm_store.models import Handover, HandoverReason, Role, Ticket, TicketPriority, User
from nlu.values.reading import Reading

BECAUSE = "because"
"""The entity of the command by which the assistant itself calls a person: a HandoverReason."""


@skill("action_talk_to_human", audience=EVERYONE)
def talk_to_human(turn: Turn) -> None:
    """Put the talk into the hands of people, and say honestly whether one is there and how long it usually takes."""
    if turn.user is not None:
        _name_colleagues(turn)
        return
    because = turn.call.first(BECAUSE)
    reason = HandoverReason(because) if because is not None else HandoverReason.ASKED
    words = own_words(turn) or turn.words.label("human")
    desk = desk_of(turn)
    going_on = open_handover(turn.session, turn.conversation.id)
    if reason is not HandoverReason.ASKED:
        turn.say(f"utter_handing_over_{reason.value}")
    if going_on is not None:
        # The message itself has reached them already.
        turn.say("utter_handed_over_already", ticket=_number_of(turn, going_on.ticket_id))
    else:
        _hand_over(turn, desk, words, reason)
    _say_when(turn, desk)
    if turn.contact is None:
        turn.say("utter_leave_address")


def _hand_over(turn: Turn, desk: Desk, words: str, reason: HandoverReason) -> None:
    known = still_open_here(turn, {HANDOVER})
    if known is None:
        ticket = open_ticket_for(
            turn,
            subject=turn.words.say("utter_subject_handover"),
            words=words,
            category=HANDOVER,
            priority=TicketPriority.HIGH,
            contact=turn.contact,
        )
        add_message(turn, ticket.id, transcript(desk, turn.conversation.id, last=turn.call.text), internal=True)
        turn.say("utter_handed_over", ticket=ticket.number)
    else:
        add_message(turn, known.id, words)
        found = turn.uow.get_below_access(Ticket, known.id)
        if found is None:
            raise refused("utter_record_gone")
        ticket = found
        customer_wrote(desk, ticket)
        turn.say("utter_handed_over_already", ticket=known.number)
    handover = begin_handover(
        desk, ticket, conversation_id=turn.conversation.id, identity_id=turn.identity_id, reason=reason
    )
    introduce(desk, ticket, handover, last=turn.call.text)


def introduce(desk: Desk, ticket: Ticket, handover: Handover, *, last: str | None = None) -> None:
    """Tell the desk: the thread's first message with its buttons, then the background; and the one it is offered to."""
    ref = str(ticket.ref)
    first = Reply(
        parts=[Text(headline(desk, ticket, handover))],
        buttons=[
            Button(
                label=desk.words.label("take_it"),
                command=str(Command(WORK, {"do": "take", "ref": ref})),
                style="primary",
            ),
            Button(label=desk.words.label("mark_solved"), command=str(Command(WORK, {"do": "solve", "ref": ref}))),
        ],
    )
    reading = company_reading(desk)
    second = Reply(
        parts=[
            Text(background(desk, ticket, handover, reading, last=last)),
            Text(desk.words.say("utter_desk_how_to")),
        ]
    )
    post_to_desk(desk, handover, first, key=f"desk:new:{handover.id}")
    post_to_desk(desk, handover, second, key=f"desk:background:{handover.id}")
    tell_agent(desk, ticket, "handover", str(handover.id))


def company_reading(desk: Desk) -> Reading:
    """How the desk reads times: by the company's clock."""
    return Reading(now=desk.now, zone=ZoneInfo(desk.company.time_zone))


def _say_when(turn: Turn, desk: Desk) -> None:
    closes = desk.time.closes_at(desk.now)
    if closes is None:
        turn.say("utter_closed_now", opening=moment_in(turn, desk.time.next_opening(desk.now)))
        turn.say("utter_human_answers_later")
        return
    turn.say("utter_open_now", until=moment_in(turn, closes))
    if not available_agents(desk):
        turn.say("utter_nobody_available")
        return
    wait = usual_wait(desk)
    if wait is None:
        turn.say("utter_human_answers_now")
    else:
        turn.say("utter_human_usual_wait", minutes=turn.words.counted("minute", max(1, wait)))


def _number_of(turn: Turn, ticket_id: int) -> str:
    tickets = Ticket.__table__.c
    return str(turn.session.connection().scalar(select(tickets.number).where(tickets.id == ticket_id)))


def _name_colleagues(turn: Turn) -> None:
    """A colleague needs no ticket to reach the others."""
    query = select(User).where(User.role == Role.SUPPORT, User.active.is_(True), User.id != turn.actor.id)
    agents = turn.session.scalars(query.order_by(User.name).limit(5)).all()
    if not agents:
        turn.say("utter_no_human_for_staff")
        return
    turn.say("utter_humans_for_staff", people=", ".join(f"{agent.name} ({agent.email})" for agent in agents))
