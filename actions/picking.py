"""Which of their own records a customer's short answer points at: "the second one", "the other one", "the one from
October", "2", and what "it" is when nothing else is named.

A list stays pickable after it was looked into, so that somebody can go through it. Records are read through the store's
filters, so only the asker's own can be picked; the skill that shows one asks for its proof as always.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import select

from actions.call import Command
from actions.formatting import date_text, money_text
from actions.listing import listed_refs
from actions.resolving import by_ref
from actions.turn import Turn
from actions.words_for_names import POINTING
from crm_store.models import Invoice, Order, Ticket
from crm_store.money import Money
from crm_store.names import name_key
from crm_store.proof_kinds import DataClass
from crm_store.refs import RecordRef
from nlu.parse import FALLBACK_INTENT
from nlu.values import find_values, read_ordinal, read_when

R = TypeVar("R", Order, Invoice, Ticket)
SHOWN_BY = {Order.kind: "order_status", Invoice.kind: "invoice_copy", Ticket.kind: "show_tickets"}
"""The intent that shows a customer one record of a kind."""
AMONG = "among"
"""With the intent ``choose``: the kind of the records listed last, of which one is to be named."""
_OPENED_BY = {
    Order.kind: DataClass.ORDERS, Invoice.kind: DataClass.INVOICES, Ticket.kind: DataClass.TICKETS
}  # fmt: skip
_NAMED_KIND = (
    (re.compile(r"\b(?:invoices?|bills?|pdf)\b", re.IGNORECASE), Invoice.kind),
    (re.compile(r"\b(?:tickets?|cases?)\b", re.IGNORECASE), Ticket.kind),
    (re.compile(r"\borders?\b", re.IGNORECASE), Order.kind),
)
_AROUND_A_PICK = POINTING | frozenset(
    """and what about how show give send see open look more then now hm hmm eh er actually other another invoice
    invoices bill pdf orders tickets case tell details detail status whats what's hows how's can could you do
    does did i'd my our""".split()
)
_OTHER = re.compile(r"\b(?:the|my|that) other(?: one| order| invoice| ticket)?\b|\bother one\b", re.IGNORECASE)
_NEIGHBOUR = re.compile(r"\b(?:the )?(?P<way>next|previous|one before)(?: one)?\b", re.IGNORECASE)
_POINTS = re.compile(
    r"\b(?:ones?|orders?|invoices?|bills?|tickets?|cases?|about|it|that|from|pdf)\b|^\W*and\b", re.IGNORECASE
)
_OWN_LATEST = re.compile(r"\b(?:my|our)\b.*\blast\b|\blast (?:order|invoice|bill|ticket|time|week|month|year)\b", re.I)
_ANSWERS = frozenset({"choose", "inform", "out_of_scope", "show_record", FALLBACK_INTENT})
_MOST_WORDS = 9
_BARE_NUMBER = re.compile(r"\W*(?P<number>\d{3,9})\W*")
_LEAST_LETTERS = 3


def picked(turn: Turn) -> Command | None:
    """The request that a customer's message picks a record for; None when it picks none.

    What fits several comes back as ``choose`` with AMONG, so that they are asked which.
    """
    text = turn.call.text
    if turn.contact is None or len(text.split()) > _MOST_WORDS or text.strip().startswith("/"):
        return None
    refs = [
        ref for each in listed_refs(turn) if (ref := RecordRef.from_text(each)) is not None and ref.kind in SHOWN_BY
    ]
    focus = turn.last_focus()
    listed = refs[0].kind if refs else focus.kind if focus is not None and focus.kind in SHOWN_BY else None
    if listed is None:
        return None
    shown_as = next((kind for pattern, kind in _NAMED_KIND if pattern.search(text)), listed)
    if shown_as != listed and (listed, shown_as) != (Order.kind, Invoice.kind):
        # "The second ticket" says nothing of a list of orders.
        return None
    intent = SHOWN_BY[shown_as]
    place = _place_meant(turn, refs)
    if place is not None:
        ref = refs[place] if 0 <= place < len(refs) else None
        if ref is not None:
            return Command(intent, {"ref": str(ref)})
        return _by_number(turn, text) or Command("choose", {AMONG: refs[0].kind})
    numbered = _by_number(turn, text)
    if numbered is not None:
        return numbered
    if _OTHER.search(text) and _says_no_more(text):
        return _the_other(turn, refs, intent)
    return _by_time(turn, text, listed, intent) or _by_words(turn, text, refs, intent)


def talked_about(turn: Turn, record_class: type[R]) -> R | None:
    """The customer's own record of this class when it is what was talked about last."""
    focus = turn.last_focus()
    if turn.contact is None or focus is None or focus.kind != record_class.kind:
        return None
    record = turn.session.get(record_class, focus.id)
    return record if record is not None and record.contact_id == turn.contact.id else None


def order_before(turn: Turn) -> Order | None:
    """The customer's order talked about before something was put on record for them: "it", if that is no ticket."""
    focus = turn.last_focus()
    order_id = turn.focused_id(Order.kind) if focus is not None and focus.kind == Ticket.kind else None
    order = turn.session.get(Order, order_id) if order_id is not None and turn.contact is not None else None
    return order if order is not None and turn.contact is not None and order.contact_id == turn.contact.id else None


def label_of(turn: Turn, record: Order | Invoice | Ticket) -> str:
    """How a record reads on a button: its number and what tells it from the others."""
    match record:
        case Order():
            items = ", ".join(f"{line.quantity} × {line.product.name}" for line in record.lines)
            placed = date_text(record.placed_at.astimezone(turn.reading.zone).date(), turn.reading)
            return f"{record.number} · {placed} · {items}"[:70]
        case Invoice():
            total = money_text(Money(Decimal(record.total), record.currency), turn.reading)
            return f"{record.number} · {date_text(record.issued_on, turn.reading)} · {total}"
    return f"{record.number} {record.subject}"[:70]


def listed_of(turn: Turn, kind: str) -> list[Order | Invoice | Ticket]:
    """The customer's own records of this kind in the list shown last."""
    refs = [RecordRef.from_text(each) for each in listed_refs(turn)]
    found = [_own(turn, ref) for ref in refs if ref is not None and ref.kind == kind]
    return [record for record in found if record is not None]


def _own(turn: Turn, ref: RecordRef) -> Order | Invoice | Ticket | None:
    if turn.contact is None or ref.kind not in SHOWN_BY or _OPENED_BY[ref.kind] in turn.actor.withheld:
        return None
    record = by_ref(turn, str(ref))
    if isinstance(record, Order | Invoice | Ticket) and record.contact_id == turn.contact.id:
        return record
    return None


def _says_no_more(text: str, *beside: str) -> bool:
    """Whether a message holds nothing but words that point, and those of ``beside``."""
    known = {word for each in beside for word in name_key(each).split()}
    words = name_key(text).split()
    return all(word in _AROUND_A_PICK or word in known or read_ordinal(word) is not None for word in words)


def _place_meant(turn: Turn, refs: list[RecordRef]) -> int | None:
    """The index in the list that a message names by its place; it may lie beyond the list."""
    text = turn.call.text
    if not refs or not _says_no_more(text, "next", "previous", "last") or _OWN_LATEST.search(text):
        return None
    focus = turn.last_focus()
    way = _NEIGHBOUR.search(text)
    if way is not None and focus in refs:
        return refs.index(focus) + (1 if way["way"].casefold() == "next" else -1)
    said = text.strip(" .,;:!?()\"'")
    place = read_ordinal(said, locale=turn.reading.locale)
    if place is None or (len(said) == 1 and said.isalpha()):
        return None
    return place - 1 if place > 0 else len(refs) + place


def _by_number(turn: Turn, text: str) -> Command | None:
    """What a number without its letters is: "10950" is ORD-10950, when exactly one such thing is theirs."""
    bare = _BARE_NUMBER.fullmatch(text)
    if bare is None or turn.contact is None:
        return None
    found: list[Order | Invoice | Ticket] = []
    for cls, prefix in ((Order, "ORD"), (Invoice, "INV"), (Ticket, "T")):
        own = select(cls).where(cls.number == f"{prefix}-{bare['number']}", cls.contact_id == turn.contact.id)
        found += turn.session.scalars(own)
    return Command(SHOWN_BY[found[0].kind], {"ref": str(found[0].ref)}) if len(found) == 1 else None


def _the_other(turn: Turn, refs: list[RecordRef], intent: str) -> Command | None:
    focus = turn.last_focus()
    others = [ref for ref in refs if ref != focus]
    if not refs:
        return None
    if len(others) == 1:
        return Command(intent, {"ref": str(others[0])})
    return Command("choose", {AMONG: others[0].kind if others else refs[0].kind})


def _by_time(turn: Turn, text: str, kind: str, intent: str) -> Command | None:
    """ "The one from October": in the list or not, so it is looked for among all of that kind."""
    if turn.call.intent not in _ANSWERS or not (_POINTS.search(text) or turn.call.intent == "choose"):
        return None
    times = find_values(text, turn.reading, prefer="past", kinds=frozenset({"date"}))
    if len(times) != 1:
        return None
    said = text[times[0].start : times[0].end]
    when = read_when(said, turn.reading, prefer="past")
    if when is None or when.first_day > turn.reading.today:
        return None
    rest = text[: times[0].start] + " " + text[times[0].end :]
    return Command(intent, {"date": said}) if _says_no_more(rest) else None


def _by_words(turn: Turn, text: str, refs: list[RecordRef], intent: str) -> Command | None:
    """ "The tablet one": the one of the list in whose label all telling words stand."""
    if turn.call.intent not in _ANSWERS and re.search(r"\bones?\b", text, re.IGNORECASE) is None:
        return None
    words = [word for word in name_key(text).split() if word not in _AROUND_A_PICK]
    if not words or sum(len(word) for word in words) < _LEAST_LETTERS:
        return None
    found = []
    for ref in refs:
        record = _own(turn, ref)
        label = name_key(label_of(turn, record)).split() if record is not None else []
        if all(any(_same(word, each) for each in label) for word in words):
            found.append(ref)
    return Command(intent, {"ref": str(found[0])}) if len(found) == 1 else None


def _same(said: str, word: str) -> bool:
    return said == word or (len(said) > _LEAST_LETTERS and (word.startswith(said) or said == f"{word}s"))
