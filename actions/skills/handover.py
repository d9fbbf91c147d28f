"""Handing over to a person."""

from __future__ import annotations

from sqlalchemy import select

from actions.registry import EVERYONE, skill
from actions.said import own_words
from actions.skills.hours import company_hours, say_whether_open
from actions.ticket_opening import add_message, open_ticket_for, still_open_here
from actions.turn import Turn
from crm_store.models import Message, Role, TicketPriority, User

CATEGORY = "handover"
_LINES, _LINE_LENGTH = 12, 300
ASSISTANT = "assistant"


@skill("action_talk_to_human", audience=EVERYONE)
def talk_to_human(turn: Turn) -> None:
    """Leave the talk for a person to take over, and say honestly whether one is there now."""
    if turn.user is not None:
        _name_colleagues(turn)
        return
    words = own_words(turn) or turn.words.label("human")
    known = still_open_here(turn, {CATEGORY})
    if known is None:
        ticket = open_ticket_for(
            turn,
            subject=turn.words.say("utter_subject_handover"),
            words=words,
            category=CATEGORY,
            priority=TicketPriority.HIGH,
            contact=turn.contact,
        )
        add_message(turn, ticket.id, transcript(turn), internal=True)
        turn.say("utter_handed_over", ticket=ticket.number)
    else:
        add_message(turn, known.id, words)
        turn.say("utter_handed_over_already", ticket=known.number)
    hours = company_hours(turn)
    if hours is not None:
        say_whether_open(turn, hours)
        turn.say("utter_human_answers_now" if hours.is_open(turn.reading.now) else "utter_human_answers_later")
    if turn.contact is None:
        turn.say("utter_leave_address")


def transcript(turn: Turn) -> str:
    """The last lines of this conversation, for the colleague who takes over; the message being answered comes last."""
    latest = turn.session.scalars(
        select(Message).where(Message.conversation_id == turn.conversation.id).order_by(Message.id.desc()).limit(_LINES)
    ).all()
    lines = [_line(turn, message.author, message.text) for message in reversed(latest)]
    return "\n".join([turn.words.say("utter_transcript"), *lines, _line(turn, str(turn.actor), turn.call.text)])


def _line(turn: Turn, author: str, text: str) -> str:
    name = turn.words.label(ASSISTANT if author == ASSISTANT else "customer")
    flat = " ".join(text.split())
    return f"{name}: {flat if len(flat) <= _LINE_LENGTH else flat[: _LINE_LENGTH - 1] + '…'}"


def _name_colleagues(turn: Turn) -> None:
    """A colleague needs no ticket to reach the others."""
    query = select(User).where(User.role == Role.SUPPORT, User.active.is_(True), User.id != turn.actor.id)
    agents = turn.session.scalars(query.order_by(User.name).limit(5)).all()
    if not agents:
        turn.say("utter_no_human_for_staff")
        return
    turn.say("utter_humans_for_staff", people=", ".join(f"{agent.name} ({agent.email})" for agent in agents))
