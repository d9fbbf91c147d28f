"""Amounts said as a step from what they are: "raise it by 5k", "take 10% off"."""

from __future__ import annotations

import re
from collections.abc import Container
from decimal import ROUND_HALF_UP, Decimal

from actions.turn import Turn
from nlu.values import read_money, read_percent

_UP = re.compile(r"\b(?:add|raise|increase|bump|up|grow|plus|another|extra|more)\b", re.IGNORECASE)
_DOWN = re.compile(
    r"\b(?:lower|reduce|decrease|cut|drop|knock|take|minus|discount|off|less|shave|subtract)\b", re.IGNORECASE
)
_STEP_BEFORE = re.compile(
    r"\b(?:by|another|an extra|extra|add|plus|minus|knock|take|shave|subtract)\s+(?:a\s+)?$", re.IGNORECASE
)
_STEP_AFTER = re.compile(r"^\s*(?:more|less|off|extra|on top|higher|lower)\b(?!\s+than\b)", re.IGNORECASE)
_BARE = re.compile(
    r"\b(?:to|at|make (?:it|that)|say)\s+(\d{1,3}(?:,\d{3})+|\d{1,7}(?:\.\d)?)\s*[.!?]*\s*$", re.IGNORECASE
)
_OF_THE_DEAL = re.compile(
    r"\b(?:it|that|this|one|amount|value|price|deal|worth)\s*(?:up|down|back)?$"
    r"|^\W*(?:(?:please|pls|no|ok|okay|actually|sorry|then|now|and)\W+)*"
    r"(?:bump|raise|increase|up|lower|reduce|drop|cut|change|set|correct|update|make)?$",
    re.IGNORECASE,
)
_OF_ELSE = re.compile(
    r"\b(?:probabilit\w*|chances?|discounts?|seats?|licen[cs]es?|users?|quantit\w*|units?|pieces?|percent\w*|stages?|steps?|"
    r"days?|weeks?|months?|quota|priority|score|margin|rate)\b|%",
    re.IGNORECASE,
)
_CENT = Decimal("0.01")


def stepped_amount(turn: Turn, current: Decimal | None) -> Decimal | None:
    """What an amount becomes by the step that was said, in its own currency; None where no step was said.

    A step that names another currency than the company's, or would fall below nothing, is none.
    """
    if current is None:
        return None
    text = turn.call.text
    for entity in turn.call.entities:
        if entity.entity not in {"amount", "percent"} or not entity.end:
            continue
        if not _STEP_BEFORE.search(text[: entity.start]) and not _STEP_AFTER.match(text[entity.end :]):
            continue
        around = text[: entity.start] + " " + text[entity.end :]
        down = bool(_DOWN.search(around)) and not re.search(r"\b(?:raise|increase|bump)\b", around, re.IGNORECASE)
        if not down and not _UP.search(around):
            continue
        step = _step(turn, entity.entity, entity.text, current)
        if step is None:
            continue
        result = (current - step if down else current + step).quantize(_CENT, ROUND_HALF_UP)
        return result if result >= 0 else None
    return None


def shortened_amount(text: str, current: Decimal | None, *, name_ends: Container[int] = ()) -> Decimal | None:
    """What a bare number at the end of a request means beside an amount of thousands: "bump it to 42" of 40,000.

    In thousands where that is nearer to what it is; None where neither reading is of its size (a tenth to ten times),
    and where the number is of anything else ("set the discount to 10"). ``name_ends``: where in the text the names of
    deals and companies end.
    """
    said = _BARE.search(text)
    if said is None or not current or _OF_ELSE.search(text):
        return None
    head = text[: said.start()].rstrip()
    if len(head) not in name_ends and not _OF_THE_DEAL.search(head):
        return None
    number = Decimal(said[1].replace(",", ""))
    for value in (number * 1000, number) if number < 1000 <= current else (number,):
        if current / 10 <= value <= current * 10:
            return value
    return None


def _step(turn: Turn, kind: str, said: str, current: Decimal) -> Decimal | None:
    if kind == "percent":
        percent = read_percent(said)
        return None if percent is None else current * percent / 100
    money = read_money(said, locale=turn.reading.locale)
    return None if money is None or money.currency is not None else money.value
