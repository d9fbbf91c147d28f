"""Holidays and seasons in a text."""

from __future__ import annotations

from nlu.values.dates.calendar_terms import HOLIDAYS, Holiday, Season
from nlu.values.dates.day_grammar import CALENDAR_RULES, FoundDay, Rule, year_after
from nlu.values.dates.vocabulary import ALSO_COMMON_WORDS, PLACES, SEASONS
from nlu.values.source_text import SourceText


def parse_holiday(source: SourceText, index: int, article: bool) -> FoundDay | None:
    """ "Christmas", "next Easter Monday", "Thanksgiving 2027"."""
    place = PLACES.get(source.word(index))
    at = index + (place is not None)
    for size in (5, 4, 3, 2, 1):
        words = [source.token(n) for n in range(at, at + size)]
        if not words[0].is_word:
            return None
        name = words[0].text + "".join(("" if word.glued else " ") + word.text for word in words[1:])
        if name in HOLIDAYS:
            end, year, year_term = year_after(source, at + size)
            offset = place if place is not None else getattr(year_term, "place", None)
            if name == "new year" and place is not None:
                return None
            return FoundDay(end, Holiday(name=name, year=year, year_offset=offset if year is None else None))
    return None


def parse_season(source: SourceText, index: int, article: bool) -> FoundDay | None:
    """ "summer 2027", "this fall"; the season that is a common word too only where a date is expected."""
    place = PLACES.get(source.word(index))
    at = index + (place is not None)
    name = source.word(at)
    if name not in SEASONS:
        return None
    end, year, year_term = year_after(source, at + 1)
    offset = place if place is not None else getattr(year_term, "place", None)
    if year is None and offset is None and name in ALSO_COMMON_WORDS:
        before = source.word(index - 2) if article else source.word(index - 1)
        if before not in ("in", "by", "until", "since", "during"):
            return None
    return FoundDay(end, Season(name=name, year=year, year_offset=offset))


DAY_RULES: tuple[Rule, ...] = (*CALENDAR_RULES, parse_holiday, parse_season)
