"""The first half of a rule's sentence: what has to happen, and what has to be so then."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from nlu.values import UnreadableValue, read_money, read_percent

_KIND = r"(?P<kind>deal|opportunity|ticket|case|task|account|company|customer|contact|lead|order|invoice|activity)s?"
_KINDS = {"opportunity": "deal", "case": "ticket", "company": "account", "customer": "account"}
_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "twelve": 12, "fourteen": 14, "thirty": 30, "sixty": 60, "ninety": 90, "the": 1,
}  # fmt: skip
_UNITS = {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}
LENGTH = r"(?P<number>\d+|" + "|".join(_NUMBERS) + r")\s+(?P<unit>day|week|month|quarter|year)s?"
_LENGTH = re.compile(rf"\b{LENGTH}\b", re.IGNORECASE)
_MONEY = (
    r"[€$£]?\s?\d[\d.,]*\s?(?:thousand|million|mio|bn|k|m)?\b"
    r"\s?(?:euros?|dollars?|pounds?|eur|usd|gbp|€|\$|£)?"
)
_AMOUNT = re.compile(
    r"\s*(?:\b(?:that is|which is|is|are|being)\s+)?(?:\bworth\s+)?(?<!\w)"
    r"(?P<side>more than|bigger than|larger than|greater than|over|above|at least|of at least|exceeding|"
    r"less than|smaller than|under|below|at most|up to|worth|>=?|<=?)\s*"
    rf"(?P<money>{_MONEY})(?![\d.,])(?!\s*(?:%|percent|days?|weeks?|months?))",
    re.IGNORECASE,
)
SIDES = {
    "more than": "above", "bigger than": "above", "larger than": "above", "greater than": "above", "over": "above",
    "above": "above", "exceeding": "above", "at least": "at least", "of at least": "at least", "worth": "at least",
    "less than": "below", "smaller than": "below", "under": "below", "below": "below", "at most": "at most",
    "up to": "at most", ">": "above", ">=": "at least", "<": "below", "<=": "at most",
}  # fmt: skip
_PRIORITY = re.compile(
    r"\s*\b(?:with\s+)?(?:an?\s+)?(?P<level>urgent|high|normal|low)(?:[\s-]+priority)?\b(?=\s+(?:ticket|case)|\s*$|,)|"
    r"\s*\bwith\s+(?P<level2>urgent|high|normal|low)\s+priority\b",
    re.IGNORECASE,
)
_WITHOUT = re.compile(
    r"\s*\b(?:without|with no|(?:that )?has no|missing)\s+(?:an?\s+)?(?P<field>next step|close date|amount|contact)\b",
    re.IGNORECASE,
)
_FIELDS = {
    "amount": "amount", "value": "amount", "close date": "close_date", "closing date": "close_date", "owner": "owner",
    "next step": "next_step", "stage": "stage", "priority": "priority", "status": "status", "due date": "due_at",
    "assignee": "assignee", "name": "name", "email": "email", "phone": "phone", "contact": "contact",
    "source": "source", "industry": "industry", "region": "region",
}  # fmt: skip
_FIELD = "(?P<field>" + "|".join(sorted(_FIELDS, key=len, reverse=True)) + ")"
_WHERE = re.compile(
    rf"\s*(?:,|\band\b|\bwhere\b|\bif\b|\bwhose\b|\bwith\b)\s+(?:the|its|their|a)?\s*{_FIELD}\s+(?:is|=|of)\s+"
    r"(?P<value>[\w .&'-]+?)(?=\s*(?:,|$|\band\b))",
    re.IGNORECASE,
)
_OF_PERSON = re.compile(
    r"\s*\b(?:(?:owned by|belonging to|assigned to)\s+(?P<name>[A-Za-z][\w'-]*(?: [A-Z][\w'-]*)?)"
    r"|(?P<poss>[A-Z][\w-]*)['’]s(?=\s+(?:deals?|tickets?|tasks?|accounts?)\b)"
    r"|^(?P<does>[A-Za-z][\w'-]*)(?=\s+(?:wins?|loses?|creates?|logs?|adds?)\b)"
    r"|of (?P<mine>mine)\b|\bmy(?=\s+(?:deals?|tickets?|tasks?|accounts?)\b))",
)
_ENTERS = (
    r"(?:enter(?:s|ing)?|reach(?:es|ing)?|hit(?:s|ting)?|"
    r"(?:moves?|goes|gets|comes|is moved|is put|is pushed|progresses|advances)"
    r"(?: over| back| on)? (?:in)?to|gets? to|lands? in|arrives? (?:in|at)|is in|becomes)"
)
_LOST_WON = re.compile(
    r"\b(?P<type>won|lost|closed[ -]won|closed[ -]lost|signed|closes won|closes lost|"
    r"(?:wins?|loses?)(?=\s+(?:(?:an?\s+|the\s+)?(?:\w+\s+)?deals?\b|something|anything|one)))(?=\W|$)",
    re.IGNORECASE,
)
_OPEN_TOO_LONG = re.compile(
    r"\b(?:no activity|untouched|not(?:hing)? (?:been )?(?:touched|happen\w*)|nothing has happened|"
    r"nobody (?:has )?touched|quiet|stale|silent|inactive|no contact|cold)\b"
    rf".*?\b(?:for|in|within|after|since)\s+(?:more than |over |at least )?{LENGTH}",
    re.IGNORECASE,
)
_NO_ACTIVITY = re.compile(r"\b(?:w/o|without|with no|no)\s+(?:any\s+)?(?:activit\w+|contact|touch\w*)\b", re.IGNORECASE)
_STAYS = re.compile(
    r"\b(?:stays?|sits?|remains?|is stuck|is|has been)\s+(?:in|at)\s+(?:the )?(?P<stage>[\w -]+?)(?: stage)?"
    rf"\s+(?:for|since)\s+(?:more than |over |at least |longer than )?{LENGTH}",
    re.IGNORECASE,
)
_AROUND = re.compile(rf"(?:{LENGTH}|the day)\s+(?P<side>before|after)\s+(?P<what>.+)", re.IGNORECASE)
_OVERDUE = re.compile(
    rf"(?:{LENGTH}\s+)?(?:overdue|past (?:its )?due)(?:\s+(?:for|by|since)\s+(?P<late>.+))?", re.IGNORECASE
)
_DATE_PASSED = re.compile(
    r"\bclos(?:e|ing) date\b.*\b(?:pass\w*|over|reached|arrives?|comes?|is here)\b", re.IGNORECASE
)
_CHURN = re.compile(
    r"\b(?:churn|risk of leaving|risk score|may leave|about to leave|at risk)\b"
    r"|\brisk\b(?=.*\b(?:above|over|beyond|past|exceed\w*|cross\w*|reach\w*|higher|ris(?:es|ing)|climb\w*|increas\w*)\b)",
    re.IGNORECASE,
)
_SLIPS = re.compile(
    r"\b(?:slip\w*|push(?:es|ed)? (?:back|out)|postpone\w*|delay\w*)\b|\bclos(?:e|ing) date\b.*\bslip\w*", re.IGNORECASE
)
_CREATED = re.compile(
    r"\b(?:created|added|logged|opened|made|comes? in|arrives?|placed|new|entered into|shows? up|is there|"
    r"registered|get)\b",
    re.IGNORECASE,
)
_CHANGES = re.compile(r"\b(?:chang\w*|updat\w*|edit\w*|modif\w*|mov\w*)\b", re.IGNORECASE)
_TICKET = (
    ("reopened", re.compile(r"\b(?:reopen\w*|opened again|comes? back)\b", re.IGNORECASE)),
    ("solved", re.compile(r"\b(?:solv\w*|resolv\w*|fixed)\b", re.IGNORECASE)),
    ("closed", re.compile(r"\bclos\w*\b", re.IGNORECASE)),
    ("answered", re.compile(r"\b(?:answer\w*|replied|first response)\b", re.IGNORECASE)),
    ("waiting", re.compile(r"\bwait\w*\b", re.IGNORECASE)),
    ("opened", _CREATED),
    ("opened", re.compile(r"\b(?:open|raised|filed|reported|submitted)\w*\b", re.IGNORECASE)),
)
Said = tuple[dict[str, Any], list[dict[str, Any]]]


def days_in(text: str) -> int | None:
    """ "90 days", "two weeks", "a month" as days; a month counts 30. None when no length is there."""
    match = _LENGTH.search(text)
    return _days(match) if match is not None else None


def _days(match: re.Match[str]) -> int:
    number = match["number"].casefold()
    return (int(number) if number.isdecimal() else _NUMBERS[number]) * _UNITS[match["unit"].casefold()]


def read_trigger(
    text: str, *, account: str | None, person: Callable[[str], str | None], stages: frozenset[str]
) -> Said | None:
    """The trigger and the conditions in what stands after "when"; None when there is no trigger in it."""
    rest, conditions = _conditions(text, account=account, person=person)
    when = _trigger(rest, conditions, stages)
    if when is None:
        return None
    fields = [each["field"] for each in conditions]
    # "the amount of a deal changes" names its field; it is no condition on it.
    return when, [
        each for at, each in enumerate(conditions) if fields.index(each["field"]) == at or each["is"] != "equal to"
    ]


def _conditions(
    text: str, *, account: str | None, person: Callable[[str], str | None]
) -> tuple[str, list[dict[str, Any]]]:
    conditions: list[dict[str, Any]] = []

    def amount(match: re.Match[str]) -> str:
        try:
            money = read_money(match["money"])
        except UnreadableValue:
            money = None
        if money is None:
            return match[0]
        value = int(money.value) if money.value == int(money.value) else float(money.value)
        conditions.append({"field": "amount", "is": SIDES[match["side"].casefold()], "value": value})
        return " "

    def priority(match: re.Match[str]) -> str:
        level = match["level"] or match["level2"]
        conditions.append({"field": "priority", "is": "equal to", "value": level.casefold()})
        return " "

    def without(match: re.Match[str]) -> str:
        conditions.append({"field": _FIELDS[match["field"].casefold()], "is": "empty"})
        return " "

    def where(match: re.Match[str]) -> str:
        conditions.append(
            {"field": _FIELDS[match["field"].casefold()], "is": "equal to", "value": match["value"].strip()}
        )
        return " "

    def of_person(match: re.Match[str]) -> str:
        name = match["name"] or match["poss"]
        handle = person(name or match["does"] or "me")
        if handle is None:
            return match[0]
        conditions.append({"field": "owner", "is": "equal to", "value": handle})
        return " "

    if not _CHURN.search(text):
        text = _AMOUNT.sub(amount, text)
    text = _WITHOUT.sub(without, text)
    if re.search(r"\b(?:tickets?|cases?)\b", text, re.IGNORECASE) and not re.search(r"\bpriority of\b", text):
        text = _PRIORITY.sub(priority, text)
    text = _WHERE.sub(where, text)
    text = _OF_PERSON.sub(of_person, text)
    if account is not None:
        conditions.append({"field": "account", "is": "equal to", "value": account})
        text = re.sub(rf"\s*\b(?:for|with|from|by|of|at)\s+{re.escape(account)}\b", " ", text, flags=re.IGNORECASE)
    return " ".join(text.split()), conditions


def _trigger(text: str, conditions: list[dict[str, Any]], stages: frozenset[str]) -> dict[str, Any] | None:
    kind = _kind_in(text)
    for read in (_score, _around, _quiet, _overdue):
        found = read(text, kind, conditions, stages)
        if found is not None:
            return found
    if kind == "ticket":
        return _field_changed(text, kind, conditions) or _ticket(text)
    changed = _field_changed(text, kind, conditions)
    if changed is not None:
        return changed
    if kind == "deal" and _SLIPS.search(text):
        return {"event": "changed", "record": "deal", "field": "close_date"}
    if kind in {None, "deal"}:
        entered = _stage(text, stages)
        if entered is not None:
            return entered
    if kind is None:
        return None
    if _CREATED.search(text):
        return {"event": "created", "record": kind}
    if _CHANGES.search(text):
        return {"event": "changed", "record": kind}
    if kind == "deal" and any(each["field"] == "amount" for each in conditions):
        return {"event": "changed", "record": kind, "field": "amount"}
    return None


def _kind_in(text: str) -> str | None:
    match = re.search(rf"\b{_KIND}\b", text, re.IGNORECASE)
    if match is None:
        return None
    said = match["kind"].casefold()
    return _KINDS.get(said, said)


def _score(text: str, *_: object) -> dict[str, Any] | None:
    if not _CHURN.search(text):
        return None
    try:
        share = read_percent(text)
    except UnreadableValue:
        return None
    return {"event": "score_crossed", "score": "churn", "above": float(share) / 100 if share is not None else 0.7}


def _around(
    text: str, kind: str | None, conditions: list[dict[str, Any]], stages: frozenset[str]
) -> dict[str, Any] | None:
    match = _AROUND.search(text)
    if match is None:
        if _DATE_PASSED.search(text):
            return {"event": "time_passed", "record": "deal", "field": "close_date", "days": 1}
        return None
    days = _days(match) if match["number"] else 1
    shift = -days if match["side"].casefold() == "before" else days
    what = match["what"]
    if re.search(r"\bclos(?:e|ing) date\b|\bcloses\b|\bto close\b", what, re.IGNORECASE):
        return {"event": "time_passed", "record": "deal", "field": "close_date", "days": shift}
    if re.search(r"\bdue\b", what, re.IGNORECASE):
        record = _kind_in(what) or "task"
        return {"event": "time_passed", "record": record, "field": _due_field(record), "days": shift}
    ended = _LOST_WON.search(what)
    if ended is not None and shift > 0:
        conditions.append({"field": "stage.type", "is": "equal to", "value": _type(ended["type"])})
        return {"event": "time_passed", "record": "deal", "field": "closed_at", "days": shift}
    entered = _stage(what, stages)
    if entered is not None and shift > 0:
        conditions.append({"field": "stage", "is": "equal to", "value": entered["stage"]})
        return {"event": "time_passed", "record": "deal", "field": "stage_since", "days": shift}
    subject = _kind_in(what) or kind
    if subject is not None and _CREATED.search(what) and shift > 0:
        return {"event": "time_passed", "record": subject, "field": "created_at", "days": shift}
    return None


def _quiet(
    text: str, kind: str | None, conditions: list[dict[str, Any]], stages: frozenset[str]
) -> dict[str, Any] | None:
    match = _OPEN_TOO_LONG.search(text)
    if match is not None and kind in {None, "deal"}:
        return {"event": "time_passed", "record": "deal", "field": "last_activity_at", "days": _days(match)}
    match = _STAYS.search(text)
    if match is None or kind not in {None, "deal"}:
        return None
    stage = match["stage"].strip()
    if stage.casefold() not in {"a stage", "its stage", "the same stage", "same stage", "stage", "any stage"}:
        conditions.append({"field": "stage", "is": "equal to", "value": _spelled(stage, stages)})
    field = "last_activity_at" if _NO_ACTIVITY.search(text) else "stage_since"
    return {"event": "time_passed", "record": "deal", "field": field, "days": _days(match)}


def _overdue(text: str, kind: str | None, *_: object) -> dict[str, Any] | None:
    match = _OVERDUE.search(text)
    if match is None or kind not in {"task", "invoice"}:
        return None
    days = _days(match) if match["number"] else days_in(match["late"] or "") or 1
    return {"event": "time_passed", "record": kind, "field": _due_field(kind), "days": days}


def _due_field(kind: str) -> str:
    return "due_on" if kind == "invoice" else "due_at"


def _ticket(text: str) -> dict[str, Any] | None:
    what = next((name for name, words in _TICKET if words.search(text)), None)
    return {"event": "ticket", "what": what} if what is not None else None


def _field_changed(text: str, kind: str | None, conditions: list[dict[str, Any]]) -> dict[str, Any] | None:
    match = re.search(rf"\b{_FIELD}\b", text, re.IGNORECASE)
    if match is None or not _CHANGES.search(text) or kind is None:
        return None
    field = _FIELDS[match["field"].casefold()]
    to = re.search(r"\bto\s+(?P<value>[\w .'-]+)$", text)
    if to is not None and field not in {"stage"}:
        conditions.append({"field": field, "is": "equal to", "value": to["value"].strip()})
    return {"event": "changed", "record": kind, "field": field}


def _stage(text: str, stages: frozenset[str]) -> dict[str, Any] | None:
    ended = _LOST_WON.search(text)
    if ended is not None:
        return {"event": "stage_entered", "stage": _type(ended["type"])}
    match = re.search(rf"\b{_ENTERS}\s+(?:the\s+)?(?P<stage>[\w -]+?)(?:\s+(?:stage|phase))?$", text, re.IGNORECASE)
    if match is None:
        return None
    stage = _spelled(match["stage"].strip(), stages)
    return {"event": "stage_entered", "stage": stage} if stage.casefold() in stages else None


def _type(said: str) -> str:
    return "lost" if re.search(r"\b(?:lost|loses?)", said, re.IGNORECASE) else "won"


def _spelled(said: str, stages: frozenset[str]) -> str:
    """The stage as the pipeline spells it, also when only its first word was said."""
    low = said.casefold()
    found = next((each for each in stages if each == low), None) or next(
        (each for each in sorted(stages) if each.startswith(low) or low.startswith(each)), None
    )
    return (found or said).capitalize()
