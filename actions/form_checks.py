"""What is wrong with a field of a form, in words; None when nothing. Days are ISO dates, as calendars give them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from actions.formatting import date_text
from actions.words import Words
from nlu.values import UnreadableValue, read_money, read_when
from nlu.values.reading import Reading

_FEWEST_LETTERS = 3


def amount_text(value: Decimal, currency: str) -> str:
    """An amount as forms hold it, written in one way only: "40000 USD"."""
    number = f"{value:f}"
    return f"{number.rstrip('0').rstrip('.') if '.' in number else number} {currency}".strip()


def wrong_amount(value: str, reading: Reading, words: Words) -> str | None:
    """What is wrong with an amount."""
    try:
        amount = read_money(value, locale=reading.locale)
    except UnreadableValue as error:
        response = f"utter_unreadable_money_{error.reason}"
        return words.say(response if words.has(response) else "utter_unreadable_money", said=error.text[:60])
    return words.say("utter_unreadable_money", said=value[:60]) if amount is None else None


def past_closing(value: str, reading: Reading, words: Words) -> str | None:
    """What is wrong with the day a deal is to close on."""
    day = date.fromisoformat(value)
    if day >= reading.today:
        return None
    return words.say("utter_date_in_past", said=value, date=date_text(day, reading))


def not_yet(value: str, reading: Reading, words: Words) -> str | None:
    """What is wrong with the day something happened on."""
    return words.say("utter_form_in_future") if date.fromisoformat(value) > reading.today else None


def no_time(value: str, reading: Reading, words: Words) -> str | None:
    """What is wrong with a time in somebody's own words."""
    try:
        when = read_when(value, reading, prefer="future")
    except UnreadableValue:
        when = None
    return words.say("utter_unreadable_date", said=value[:60]) if when is None else None


def too_short(value: str, _reading: Reading, words: Words) -> str | None:
    """What is wrong with the subject of a ticket."""
    if sum(char.isalpha() for char in value) >= _FEWEST_LETTERS:
        return None
    return words.say("utter_ticket_subject_too_short", said=value[:60])
