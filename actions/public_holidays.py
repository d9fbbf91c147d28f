"""Public holidays: whose somebody keeps, and whether a day is one."""

from __future__ import annotations

from datetime import date, timedelta

import holidays

from actions.attention import own_wishes
from actions.countries import country_of, country_text
from actions.formatting import day_text
from actions.turn import Turn
from nlu.values import When

_MOST_DAYS = 31


def country_kept(turn: Turn) -> str | None:
    """Whose holidays (ISO 3166) the colleague who speaks keeps: those they named, else those of their time zone."""
    return own_wishes(turn).country or country_of(turn.reading.zone.key)


def say_whose(turn: Turn) -> None:
    """Whose holidays count."""
    kept = country_kept(turn)
    name = country_text(kept, turn.reading.locale) if kept is not None else turn.words.label("none")
    turn.say("utter_holidays_are", country=name)


def say_whether_holiday(turn: Turn, when: When) -> None:
    """Which of the days meant are public holidays where the one who speaks is, by name; or that none is."""
    kept = country_kept(turn)
    name = country_text(kept, turn.reading.locale) if kept is not None else turn.words.label("none")
    found = [(day, each) for day in _days(when) if (each := _holiday(day, kept)) is not None]
    if not found:
        turn.say("utter_no_holiday", day=day_text(when.first_day, turn.reading), country=name)
    for day, each in found:
        turn.say("utter_is_holiday", day=day_text(day, turn.reading), holiday=each, country=name)


def _holiday(day: date, country: str | None) -> str | None:
    try:
        kept = holidays.country_holidays(country) if country is not None else None
    except NotImplementedError:
        return None
    return kept.get(day) if kept is not None else None


def _days(when: When) -> list[date]:
    length = min((when.last_day - when.first_day).days + 1, _MOST_DAYS)
    return [when.first_day + timedelta(days=n) for n in range(length)]
