"""Asking customers how satisfied they are: when it is due, once per occasion, and taking the answer."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from actions.call import Command
from actions.desk.desk import Desk
from actions.desk.events import note_event
from actions.reply import Button, Reply, Text
from crm_store.inserting import insert_new
from crm_store.models import SupportEventKind, Survey, SurveyKind, Ticket

RATE = "rate_service"
SCORES = {SurveyKind.CSAT: range(1, 6), SurveyKind.NPS: range(11)}


def ask_survey(
    desk: Desk,
    kind: SurveyKind,
    *,
    key: str,
    conversation_id: int,
    identity_id: int,
    contact_id: int | None,
    ticket: Ticket | None = None,
    user_id: int | None = None,
    how: str = "",
) -> Survey | None:
    """Ask, unless this occasion was asked about before (then None). Scores are buttons; typing one does the same."""
    row: dict[str, Any] = {
        "key": key,
        "kind": kind,
        "conversation_id": conversation_id,
        "contact_id": contact_id,
        "ticket_id": ticket.id if ticket is not None else None,
        "user_id": user_id,
        "how": how,
        "asked_at": desk.now,
        "comment": "",
    }
    if desk.session.scalar(select(Survey.id).where(Survey.key == key)) is not None:
        return None
    insert_new(desk.session, Survey, [row])
    survey = desk.session.scalars(select(Survey).where(Survey.key == key)).one()
    asked = SupportEventKind.CSAT_ASKED if kind is SurveyKind.CSAT else SupportEventKind.NPS_ASKED
    note_event(
        desk,
        asked,
        str(survey.id),
        ticket=ticket,
        conversation_id=conversation_id,
        contact_id=contact_id,
        user_id=user_id,
    )
    if kind is SurveyKind.NPS:
        text = desk.words.say("utter_ask_nps", company=desk.company.name)
    elif ticket is not None:
        text = desk.words.say("utter_ask_csat_ticket", ticket=ticket.number, subject=ticket.subject)
    else:
        text = desk.words.say("utter_ask_csat_bot")
    buttons = [
        Button(
            label=str(score),
            command=str(Command(RATE, {"survey": str(survey.id), "score": str(score)})),
            single_use=True,
        )
        for score in SCORES[kind]
    ]
    reply = Reply(parts=[Text(text)], buttons=buttons)
    desk.post(conversation_id, reply, key=f"survey:{survey.id}", identity_id=identity_id)
    return survey


def take_score(desk: Desk, survey: Survey, score: int) -> None:
    """Write a score down; a second one replaces the first while nobody has followed it up."""
    survey.score, survey.answered_at = score, desk.now
    answered = SupportEventKind.CSAT_ANSWERED if survey.kind is SurveyKind.CSAT else SupportEventKind.NPS_ANSWERED
    note_event(
        desk,
        answered,
        str(survey.id),
        ticket=survey.ticket,
        conversation_id=survey.conversation_id,
        contact_id=survey.contact_id,
        user_id=survey.user_id,
        score=score,
        how=survey.how,
    )
