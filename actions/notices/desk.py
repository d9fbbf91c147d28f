"""What agents are told about tickets: offered, waiting for a person, taken over, about to be late, rated badly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from actions.desk.desk import desk_of
from actions.desk.handing_over import open_handover_of
from actions.desk.promises import OVER
from actions.desk.summary import background, who_it_is
from actions.formatting import moment_text
from actions.notices.focusing import focus_on_told
from actions.reply import Text
from actions.resolving import by_ref
from actions.skills.ticket_work import offer_work
from actions.turn import Turn
from crm_store.models import Notice, Survey, Ticket

_ONLY_WHILE_THEIRS = frozenset({"assigned", "handover"})
DUE = {
    "first_response": "first_response_due_at",
    "next_response": "next_response_due_at",
    "resolution": "resolution_due_at",
}
"""The ticket's column for each promise."""


def say_desk(turn: Turn, notices: Sequence[Notice]) -> list[Notice]:
    """Say what is still true; a customer who waits for a person comes with the whole background."""
    said: list[Notice] = []
    told: list[Ticket] = []
    for notice in notices:
        ticket = by_ref(turn, notice.ref, Ticket.kind)
        if isinstance(ticket, Ticket) and _is_true(notice, ticket):
            _say(turn, notice, ticket)
            said.append(notice)
            told.append(ticket)
    focus_on_told(turn, list(dict.fromkeys(told)))
    if len(said) == 1 and said[0].topic != "taken_over":
        offer_work(turn, told[0])
    return said


def _is_true(notice: Notice, ticket: Ticket) -> bool:
    if notice.topic in _ONLY_WHILE_THEIRS:
        return ticket.assignee_id == notice.user_id and ticket.taken_at is None and ticket.status not in OVER
    if notice.topic in {"sla_soon", "sla_broken"}:
        due = getattr(ticket, DUE[notice.data["clock"]])
        return due is not None and due.isoformat() == notice.data["due"]
    return notice.topic != "reopened" or ticket.status not in OVER


def _say(turn: Turn, notice: Notice, ticket: Ticket) -> None:
    desk, words = desk_of(turn), turn.words
    values = {"ticket": ticket.number, "subject": ticket.subject}
    match notice.topic:
        case "assigned" | "handover":
            values |= {"priority": words.label(f"priority_{ticket.priority.value}"), "who": who_it_is(desk, ticket)}
        case "taken_over":
            values["who"] = ticket.assignee.name if ticket.assignee is not None else words.label("colleague")
        case "sla_soon" | "sla_broken":
            due = datetime.fromisoformat(notice.data["due"])
            values |= {"when": moment_text(due, turn.reading), "clock": words.label(f"sla_{notice.data['clock']}")}
        case "bad_rating":
            survey = turn.session.scalar(select(Survey).where(Survey.id == notice.data["survey"]))
            values |= {
                "who": who_it_is(desk, ticket),
                "score": str(survey.score) if survey is not None else "?",
                "comment": (survey.comment if survey is not None else "") or words.label("none"),
            }
    response = f"utter_desk_notice_{notice.topic}"
    turn.say(response, **{name: values[name] for name in words.placeholders(response)})
    handover = open_handover_of(turn.session, ticket.id)
    if notice.topic == "handover" and handover is not None:
        turn.show(Text(background(desk, ticket, handover, turn.reading)))
