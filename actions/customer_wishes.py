"""What a customer wants when the engine heard something that only colleagues can ask for, or nothing it was sure of."""

from __future__ import annotations

import re

from sqlalchemy import select

from actions.call import Command
from actions.registry import audience_of, skill_exists, skill_for
from actions.ticket_opening import STILL_OPEN
from actions.turn import Turn
from crm_store.models import Ticket
from nlu.parse import FALLBACK_INTENT

LEAST_CONFIDENCE = 0.05
"""Below that, what else a message might be is noise."""
LEAST_BESIDE_TASKS = 0.01
"""The same where a colleague's own list was heard, which no customer can mean: "third time this month" is no snooze."""
_OWN_LISTS = frozenset({"create_task", "snooze_task", "complete_task", "log_activity", "set_away", "reassign"})
_CANCELS = re.compile(
    r"\b(?:cancel|call off|withdraw)\b.{0,30}\b(?:orders?|delivery|shipment|purchase|ORD-?\d+)\b", re.IGNORECASE
)
_ASKS_ABOUT = re.compile(
    r"^\W*(?:how|when|what|why|who|where|which|is it possible|am i able|can you tell|did|do|does|was|is|has|have)\b",
    re.IGNORECASE,
)
_NOT_TO = re.compile(
    r"\b(?:not|never|no need to|don'?t|didn'?t|won'?t|wouldn'?t)\b[^.!?]{0,20}\b(?:cancel|call off|withdraw)\b",
    re.IGNORECASE,
)
_HOW_SOON = re.compile(
    r"\b(?:how (?:much )?(?:long|soon)|when)\b.{0,40}\b(?:some(?:one|body)|any(?:one|body)|hear(?: back)?|answer(?:ed)?"
    r"|repl(?:y|ies)|response|look(?:s|ed|ing)? (?:at|into)|get back|fixed|solved|sorted|technician|colleague|agent)\b",
    re.IGNORECASE,
)
_UNSURE = frozenset(
    {FALLBACK_INTENT, "out_of_scope", "show_record", "show_tasks", "why", "visit_plan", "team_activity"}
)


def is_to_cancel_an_order(text: str) -> bool:
    """Whether somebody wants an order cancelled: neither asks about it nor says that they do not."""
    text = text.replace("\u2019", "'")
    return all((_CANCELS.search(text), not _ASKS_ABOUT.match(text), not _NOT_TO.search(text)))


def wish_rather(turn: Turn) -> Command | None:
    """What a customer's message is rather taken for than for what was heard; None when that may stand."""
    call = turn.call
    if is_to_cancel_an_order(call.text):
        number = call.first("order_number")
        return Command("complaint", {"reason": call.text} | ({"order_number": number} if number is not None else {}))
    if call.intent in _UNSURE and _HOW_SOON.search(call.text) and _has_open_ticket(turn):
        return Command("show_tickets", {})
    return _open_to_them(turn)


def _has_open_ticket(turn: Turn) -> bool:
    if turn.contact is None:
        return False
    mine = select(Ticket.id).where(Ticket.contact_id == turn.contact.id, Ticket.status.in_(STILL_OPEN))
    return turn.session.scalar(mine.limit(1)) is not None


def _open_to_them(turn: Turn) -> Command | None:
    """The likeliest intent a customer can have at all, when the one heard is for colleagues and another stands out."""
    audience = audience_of(turn)

    def is_theirs(intent: str) -> bool:
        action = f"action_{intent}"
        return skill_exists(action) and skill_for(action, audience) is not None

    call = turn.call
    if not skill_exists(f"action_{call.intent}") or is_theirs(call.intent):
        return None
    theirs = [score for score in call.ranking if score.name in _REQUESTS and is_theirs(score.name)]
    least = LEAST_BESIDE_TASKS if call.intent in _OWN_LISTS else LEAST_CONFIDENCE
    if not theirs or theirs[0].confidence < max(least, sum(score.confidence for score in theirs) / 2):
        return None
    entities = {entity.entity: entity.value for entity in call.entities if entity.entity in _KEPT}
    if theirs[0].name == "open_ticket":
        entities["subject"] = call.text
    return Command(theirs[0].name, entities)


_REQUESTS = frozenset(
    {"order_status", "invoice_copy", "ask_question", "open_ticket", "show_tickets", "close_ticket", "complaint"}
    | {"talk_to_human", "opening_hours", "change_address", "request_call", "sign_in", "forget_me"}
)
_KEPT = frozenset({"order_number", "invoice_number", "ticket_number", "product", "date", "email", "phone"})
