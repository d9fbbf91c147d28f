"""Reading a message as the answer to an open question, before any engine decides.

A bare "40k", "the second one", "skip" or "Website redesign" means little by itself and everything after a question. It
is turned into the command the answer stands for, so both engines treat answers alike.
"""

from __future__ import annotations

import re

from actions.call import Command
from actions.pending import Pending
from actions.running import UNKNOWN
from actions.words_for_names import is_no_name, name_pointed_at
from bot.dialogue.domain import Domain
from bot.dialogue.state import DialogueState
from nlu.parse import ParseResult
from nlu.values import (
    UnreadableValue,
    ValueKind,
    find_values,
    read_email,
    read_money,
    read_ordinal,
    read_phone,
    read_when,
)
from nlu.values.reading import Reading

_SKIP = re.compile(
    r"\s*(skip( it| this)?|(i )?(don'?t|do not) know( yet)?|no idea|not sure( yet)?|unknown|none|n/?a|later|nothing"
    r"|tbd)(\s*,?\s*skip( it)?)?[\s.!]*",
    re.IGNORECASE,
)
_ALWAYS_COMMANDS = frozenset({"cancel", "help", "undo", "talk_to_human", "greet", "thank", "goodbye"})
_FREE_TEXT_THRESHOLD = 0.8
_ANSWERING = frozenset({"inform", "choose", "correct", "nlu_fallback", "out_of_scope", "affirm", "deny"})
_CHANGING = frozenset({"update_deal", "snooze_task"})
_NAMING = frozenset({"deal", "account", "contact", "ref"})
_OF_DOCUMENTS = frozenset({"choose", "order_status", "invoice_copy", "show_tickets"})
_REMIND_ME = re.compile(r"\bremind me\b.*\S", re.IGNORECASE)
_NO_ADDRESS = re.compile(r"(?!.*(?:@|\d|\.\w|\b(?:at|dot)\b))\W*\w+\W+\w+.*", re.IGNORECASE | re.DOTALL)
_PROBLEMS = frozenset({"open_ticket", "complaint"})
_FREE_TEXT = frozenset({"subject", "note", "reason"})
_READABLE = frozenset({"amount", "date", "email", "phone"})
NAMES = frozenset({"account", "contact", "deal", "person", "ref", "ticket_number"})
"""What is asked for by a name: which record is meant."""


def as_answer(
    text: str,
    parse: ParseResult,
    *,
    pending: Pending | None,
    domain: Domain,
    state: DialogueState,
    reading: Reading,
    interruption_threshold: float,
) -> Command | None:
    """The command an answer stands for; None when nothing is asked or the message is a request of its own."""
    if pending is not None:
        chosen = pending.choice_for(text)
        if chosen is not None:
            return pending.answered_with(chosen)
        if pending.if_yes is not None and parse.intent.name == "affirm":
            return pending.answered_with(pending.if_yes)
        if pending.fill == "date" and pending.free_text and _is_time(text, reading):
            # "11am tomorrow then" is no goodbye.
            return pending.answered_with(next((e.value for e in parse.entities if e.entity == "date"), text.strip()))
        tells = any(char.isdecimal() for char in text) or _describes_document(text, parse)
        if pending.fill.endswith("_number") and not tells:
            # No document is called "pay it": what names no number is heard as a request of its own.
            pending = None
        elif pending.fill == "ref" and pending.resume.intent in _OF_DOCUMENTS:
            # "The one from 21 Oct" describes a document; no deal is called that.
            pending = None
        elif pending.fill == "email" and _NO_ADDRESS.fullmatch(text) is not None:
            # Several words without anything of an address ask for something else.
            pending = None
        elif pending.fill == "note" and pending.resume.intent == "close_ticket" and parse.intent.name in _PROBLEMS:
            # What is wrong with a ticket opened again is no other problem.
            return pending.answered_with(text.strip())
    # Words of one's own may look like anything ("your technician never showed up"), so more certainty is asked of them.
    in_own_words = _asks_for_words(domain, state) or (
        state.form is None and pending is not None and pending.free_text and pending.fill not in NAMES
    )
    threshold = max(interruption_threshold, _FREE_TEXT_THRESHOLD) if in_own_words else interruption_threshold
    sure_of_request = (
        parse.intent.name not in _ANSWERING and parse.intent.confidence >= threshold
    ) or parse.intent.name in _ALWAYS_COMMANDS
    if parse.intent.name == "create_task" and state.form == "create_task_form" and _REMIND_ME.search(text):
        # Another reminder said in full is no answer about the first one.
        return None
    if in_own_words and parse.intent.name in _PROBLEMS and state.form == "create_task_form":
        # What is to be done may sound like a problem: "water the plants".
        sure_of_request = False
    if state.form is not None and state.requested_slot is not None:
        return _form_answer(text, parse, domain=domain, state=state, reading=reading, sure_of_request=sure_of_request)
    if pending is None or sure_of_request:
        return None
    if parse.intent.name in {"affirm", "deny", "correct"}:
        return None
    return _pending_answer(text, parse, pending)


def _describes_document(text: str, parse: ParseResult) -> bool:
    """Whether a day in a message can be that of the document asked for: "in October", no "third time this month!"."""
    dated = any(e.entity == "date" for e in parse.entities)
    return dated and (len(text.split()) <= _DESCRIBED_IN or _DOCUMENT.search(text) is not None)


def _is_time(text: str, reading: Reading) -> bool:
    """Whether a message is a time that can be read and hardly anything else."""
    try:
        return read_when(text, reading) is not None and _is_wholly("date", text, reading)
    except UnreadableValue:
        return False


def _asks_for_words(domain: Domain, state: DialogueState) -> bool:
    if state.form is None or state.requested_slot is None:
        return False
    return any(mapping.entity in _FREE_TEXT for mapping in domain.slots[state.requested_slot].mappings)


def _pending_answer(text: str, parse: ParseResult, pending: Pending) -> Command | None:
    if pending.fill in _FREE_TEXT:
        return pending.answered_with(text.strip())
    named = [e.value for e in parse.entities if e.entity == pending.fill]
    if named:
        return pending.answered_with(named[0])
    if pending.fill == "change":
        # "what should I change?" is answered by values of any kind; they join the request as they are.
        said = {e.entity: e.value for e in parse.entities} or {"subject": text.strip()}
        return Command(pending.resume.intent, {**pending.resume.entities, **said})
    if pending.fill in {"deal", "ref"}:
        meant = {e.entity: e.value for e in parse.entities if e.entity in {"deal", "account", "contact"}}
        if meant:
            return Command(pending.resume.intent, {**pending.resume.entities, **meant})
        if is_no_name(text):
            return None
        return Command(pending.resume.intent, {**pending.resume.entities, "deal": name_pointed_at(text)})
    if pending.fill in NAMES and any(e.entity in _READABLE for e in parse.entities):
        return None
    if not pending.free_text and pending.choices:
        pointed = parse.intent.name in {"choose", "inform"} and read_ordinal(text) is None
        if not pointed or pending.fill not in NAMES or is_no_name(text):
            return None
    if pending.fill in NAMES:
        return None if is_no_name(text) else pending.answered_with(name_pointed_at(text))
    return pending.answered_with(text.strip())


def _form_answer(
    text: str, parse: ParseResult, *, domain: Domain, state: DialogueState, reading: Reading, sure_of_request: bool
) -> Command | None:
    slot = domain.slots[state.requested_slot or ""]
    entity = next((m.entity for m in slot.mappings if m.type == "from_entity" and m.entity), None)
    if entity is None:
        return None
    if _SKIP.fullmatch(text):
        return Command("inform", {entity: UNKNOWN})
    if entity in _READABLE:
        beside = _words_beside(entity, text, reading)
        # "My tasks today" is a request with a day in it, "let's say mid May" is a day.
        if beside is not None and (not sure_of_request or _FILLER.issuperset(beside)):
            return Command("inform", {entity: text.strip()})
    said = {e.entity: e.value for e in parse.entities}
    if parse.intent.name in _CHANGING and entity in said and not _NAMING.intersection(said):
        # "change the close date to 15 Jan", when just that has been asked for and no record is named.
        return Command("inform", said)
    if sure_of_request or parse.intent.name in {"affirm", "deny"}:
        return None
    if parse.intent.name == "correct" and parse.entities:
        # "no, make it 60k" is for the slot it fits; the form's own mappings find it.
        return None
    if entity == "subject" and state.form == "create_task_form" and _is_time(text, reading):
        # "What should I remind you of?" - "tomorrow": when, not what.
        return Command("inform", {"date": text.strip()})
    if entity in _FREE_TEXT:
        # What is asked for in one's own words is kept in them; only a date beside it is a value of its own.
        return Command("inform", said if entity in said and "date" in said else {entity: text.strip()})
    if said and (entity in said or entity in _READABLE):
        # "60k, closing in May" answers more than was asked; the form's own mappings take what they need.
        return Command("inform", said)
    if parse.intent.name == "correct":
        return None
    if entity in NAMES:
        a_value = any(_is_wholly(kind, text, reading) for kind in ("amount", "date"))
        return None if a_value or is_no_name(text) else Command("inform", {entity: name_pointed_at(text)})
    return Command("inform", {entity: text.strip()})


def _is_wholly(entity: str, text: str, reading: Reading) -> bool:
    """Whether the message is a value of the kind and hardly anything else ("40k please", "let's say mid May")."""
    return _words_beside(entity, text, reading) is not None


def _words_beside(entity: str, text: str, reading: Reading) -> frozenset[str] | None:
    """The few words a value of the kind has beside it; None when there is no value, or more than few."""
    few_and_bare = frozenset[str]() if len(text.split()) <= _FEW_WORDS else None
    try:
        value = _read(entity, text, reading)
    except UnreadableValue:
        # "-5" or "Feb 30" is an answer, if an impossible one; the slot's reader says what is wrong with it.
        return few_and_bare
    if value is None:
        return None
    found = find_values(text, reading, kinds=_KINDS[entity])
    if not found:
        return few_and_bare
    rest = text
    for span in reversed(found):
        rest = rest[: span.start] + rest[span.end :]
    beside = rest.casefold().replace("\u2019", "'").split()
    return frozenset(word.strip(".,;:!?") for word in beside) if len(beside) <= _FEW_WORDS - 1 else None


def _read(entity: str, text: str, reading: Reading) -> object | None:
    match entity:
        case "amount":
            return read_money(text, locale=reading.locale)
        case "date":
            return read_when(text, reading)
        case "email":
            return read_email(text)
        case _:
            return read_phone(text, locale=reading.locale)


_FEW_WORDS = 3
_DESCRIBED_IN = 5
_DOCUMENT = re.compile(r"\b(?:ones?|orders?|invoices?|bills?|tickets?|cases?)\b", re.IGNORECASE)
_FILLER = frozenset(
    {
        "",
        "a", "about", "actually", "around", "at", "be", "by", "do", "for", "from", "guess", "hmm", "i", "i'd", "is",
        "it", "it's", "its", "just", "let", "let's", "like", "make", "maybe", "no", "of", "oh", "ok", "okay", "on",
        "or", "please", "pls", "probably", "say", "so", "sure", "thanks", "that", "that's", "the", "then", "think",
        "to", "uh", "um", "until", "well", "yeah", "yes", "yep",
    }
)  # fmt: skip
_KINDS: dict[str, frozenset[ValueKind]] = {
    "amount": frozenset({"money", "number"}),
    "date": frozenset({"date"}),
    "email": frozenset({"email"}),
    "phone": frozenset({"phone"}),
}
