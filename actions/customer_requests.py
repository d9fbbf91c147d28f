"""What a customer means by a few short sentences that say little by themselves: "2", "the pdf pls", "reopen it".

Read below both engines, after answers to an open question and before their intent counts.
"""

from __future__ import annotations

import re

from actions.adding_words import ADD, words_to_add
from actions.call import Command
from actions.customer_wishes import wish_rather
from actions.german import LANGUAGE, answered_by_article, is_german, task_meant
from actions.picking import picked, talked_about
from actions.registry import audience_of, skill_for
from actions.skills.addresses import CATEGORY as ADDRESS
from actions.skills.addresses import reads_as_correction
from actions.skills.call_backs import CATEGORY as CALL
from actions.skills.call_backs import hour_rather
from actions.skills.changed_wishes import asked_lately, problem_meant
from actions.turn import Turn
from crm_store.models import Invoice, Order, Ticket
from nlu.parse import FALLBACK_INTENT
from nlu.values import find_values

_ASKING = (
    r"(?:(?:ok|okay|and|then|so|now|hey|hi|no|yes|pls|plz|please|can|could|may|would|will|you|i|we|just|want|need"
    r"|like|to|have|get|give|send|email|e-mail|mail|forward|download|show|me|us|id|i'd|as|in|a|an|the|its|it|that|this|for|of"
    r"|one|again|copy|thanks|thx|thank)\b[\s,]*)*"
)
_PDF = re.compile(rf"\W*{_ASKING}(?:pdf|p\.d\.f)(?: (?:file|copy|version|format))?\W*{_ASKING}\W*", re.IGNORECASE)
_TICKET_NUMBER = r"t\s?-?\s?\d{1,9}"
_IT = (
    rf"(?:it|that|this|them|{_TICKET_NUMBER}|#?\d{{1,9}}"
    r"|(?:(?:the|my|that|this|our)\s+)?(?:\w+\s+)?(?:ticket|case|issue|request|one))"
)
_REOPEN = re.compile(
    rf"\bre-?open(?:ing)?\s+{_IT}\b"
    rf"|\bopen(?:ing)?\s+{_IT}\s+(?:(?:up|back)\s+)*(?:again|back up|back)\b"
    rf"|\bopen\s+(?:back\s+)?(?:up\s+)?again\b(?!\s+(?:on|at|tomorrow|after|for))"
    r"|^\W*(?:(?:pls|please|can|could|you|no|ok)\b\W*)*re-?open(?:\W+(?:pls|please|now|again|thanks))*\W*$",
    re.IGNORECASE,
)
_IN_GENERAL = re.compile(r"^\W*(?:how|when|what|why|where|is it possible|am i able|are you)\b", re.IGNORECASE)
_NUMBER = re.compile(rf"\b(?P<number>{_TICKET_NUMBER})\b", re.IGNORECASE)
_CALL_ME = re.compile(
    r"\b(?:call|ring|phone|telephone|dial|buzz)\s+(?:me|us)\b"
    r"|\bgive\s+(?:me|us)\s+a\s+(?:\w+\s+)?(?:call|ring|bell|buzz)\b"
    r"|\b(?:someone|somebody|anyone|anybody)\b.*\b(?:call|ring|phone)\b|\bcall-?backs?\b",
    re.IGNORECASE,
)
_NOT_CALLED = re.compile(
    r"\b(?:nobody|noone|no one|never|not|n'?t|dont|didnt|still|always|keep|remind|call(?:ed|s)|rang|phoned)\b",
    re.IGNORECASE,
)
_MISHEARD = frozenset(
    {FALLBACK_INTENT, "out_of_scope", "request_call", "create_task", "snooze_task", "log_activity", "inform", "choose"}
    | {"show_tasks", "show_record", "visit_plan", "update_record", "add_contact"}
)
"""What customers' wishes for a call are taken for, with little certainty also for what they are."""
_FACT = re.compile(
    r"\b(?:paid|due|overdue|settled|how much|total|cost|arriv\w+|com(?:e|es|ing)|ship\w*|sent|late|track\w*|when|where"
    r"|deliver\w*|status|eta|here|happening|going on|news|updates?|progress)\b",
    re.IGNORECASE,
)
_NAMES_A_RECORD = re.compile(r"\b(?:ones?|orders?|invoices?|bills?|tickets?|cases?|pdf)\b", re.IGNORECASE)
_MONEY = re.compile(r"\b(?:paid|due|overdue|settled)\b", re.IGNORECASE)
_POINTS_AT = re.compile(r"\b(?:it|that|this)\b|\b(?:that|this|the) one\b", re.IGNORECASE)
_OF_A_RECORD = frozenset(
    {FALLBACK_INTENT, "ask_question", "choose", "inform", "order_status", "invoice_copy", "show_record", "out_of_scope"}
    | {"show_tickets", "why"}
)
_MOST_WORDS, _MOST_CORRECTING = 10, 16
_CORRECTING = frozenset(
    {FALLBACK_INTENT, "correct", "inform", "choose", "out_of_scope", "change_address", "update_record", "create_task"}
    | {"snooze_task", "show_record", "set_quiet_hours", "deny", "refine_report", "open_ticket", "goodbye"}
)
_ASKED_BY_COLLEAGUES = frozenset(
    {"ask_report", "refine_report", "search", "show_results", "what_changed", "show_record", "show_pipeline"}
)
_OWN_THINGS = (
    (re.compile(r"\b(?:invoices?|bills?)\b", re.IGNORECASE), "invoice_copy"),
    (re.compile(r"\b(?:tickets?|cases?)\b", re.IGNORECASE), "show_tickets"),
    (re.compile(r"\b(?:orders?|parcels?|deliver(?:y|ies)|packages?|shipments?)\b", re.IGNORECASE), "order_status"),
)


def request_meant(turn: Turn, *, kept: Command | None = None) -> Command | None:
    """The request a customer's message stands for by one of these rules; None when the engine's reading holds.

    ``kept`` is what the message before asked for when an article was shown for it.
    """
    if turn.actor.is_staff:
        return None
    text, intent = turn.call.text, turn.call.intent
    if _REOPEN.search(text) and not _IN_GENERAL.match(text):
        number = _NUMBER.search(text)
        return Command("close_ticket", {"again": "yes"} | ({"ticket_number": number["number"]} if number else {}))
    if intent == "work_ticket" and _IN_GENERAL.match(text):
        return Command("ask_question", {})
    words = words_to_add(text)
    if words is not None:
        return Command("close_ticket", {"again": ADD, "note": words} | _entities(turn, "ticket_number"))
    german = _in_german(turn)
    if german is not None:
        return german
    if intent in _MISHEARD and _CALL_ME.search(text) and not _NOT_CALLED.search(text):
        return Command("request_call", _entities(turn, "date", "phone"))
    if _PDF.fullmatch(text):
        return Command("invoice_copy", _entities(turn, "invoice_number", "order_number", "date"))
    return _changed_mind(turn, kept) or picked(turn) or _asked_of_it(turn) or _of_their_own(turn) or wish_rather(turn)


def _in_german(turn: Turn) -> Command | None:
    text = turn.call.text
    if not is_german(text) or turn.call.first("email") is not None:
        return None
    task = task_meant(text)
    if task is not None:
        return Command(task, _entities(turn, "order_number", "invoice_number", "ticket_number"))
    if answered_by_article(turn):
        return Command("ask_question", {})
    return Command(FALLBACK_INTENT, {"language": LANGUAGE})


def _changed_mind(turn: Turn, kept: Command | None) -> Command | None:
    """What takes back a part of what was just asked for or told: the address, the time of a call, the problem meant."""
    call = turn.call
    problem = problem_meant(turn) if call.intent in _CORRECTING and kept is not None else None
    if kept is not None and problem is not None:
        # An article was shown for what they did not mean.
        return Command(kept.intent, {"subject" if kept.intent == "open_ticket" else "words": problem})
    if call.intent not in _CORRECTING or len(call.text.split()) > _MOST_CORRECTING:
        return None
    if reads_as_correction(turn) and asked_lately(turn, {ADDRESS}) is not None:
        return Command("correct", {})
    times = find_values(call.text, turn.reading, kinds=frozenset({"date"}))
    said = call.text[times[0].start : times[0].end] if len(times) == 1 else None
    said = hour_rather(call.text) or said
    if said is not None and not _NAMES_A_RECORD.search(call.text) and asked_lately(turn, {CALL}) is not None:
        return Command("correct", {"date": said})
    if call.intent == "open_ticket" and problem_meant(turn, named=True) and asked_lately(turn, None) is not None:
        return Command("correct", {})
    return None


def _of_their_own(turn: Turn) -> Command | None:
    """What is heard as a question of colleagues and names an order, an invoice or a ticket is about the asker's own."""
    if turn.call.intent not in _ASKED_BY_COLLEAGUES:
        return None
    if turn.call.intent != "show_record" and skill_for(f"action_{turn.call.intent}", audience_of(turn)) is not None:
        return None
    for pattern, intent in _OWN_THINGS:
        if pattern.search(turn.call.text):
            kinds = ("order_number", "invoice_number", "ticket_number", "date", "product")
            return Command(intent, _entities(turn, *kinds))
    return None


def _entities(turn: Turn, *kinds: str) -> dict[str, str]:
    return {kind: value for kind in kinds if (value := turn.call.first(kind)) is not None}


def _asked_of_it(turn: Turn) -> Command | None:
    """ "Is it paid?", "when will that one come?": asked of the order, invoice or ticket talked about last."""
    call = turn.call
    short = len(call.text.split()) <= _MOST_WORDS
    if not short or call.intent not in _OF_A_RECORD or not _POINTS_AT.search(call.text):
        return None
    if call.intent != "show_record" and not _FACT.search(call.text):
        return None
    if any(call.first(kind) for kind in ("order_number", "invoice_number", "ticket_number", "product")):
        return None
    invoice = talked_about(turn, Invoice)
    if invoice is not None and (call.intent != "order_status" or _MONEY.search(call.text)):
        return Command("invoice_copy", {"ref": str(invoice.ref)})
    order = talked_about(turn, Order)
    if order is not None:
        return Command("invoice_copy" if _MONEY.search(call.text) else "order_status", {"ref": str(order.ref)})
    ticket = talked_about(turn, Ticket)
    if ticket is not None and call.intent != "ask_question":
        return Command("show_tickets", {"ref": str(ticket.ref)})
    return None
