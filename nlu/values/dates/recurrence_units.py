"""The units a repetition lies in: "of every month", "each quarter", "of March"; "the end of every week"."""

from __future__ import annotations

from dataclasses import replace

from nlu.values.dates.clock import ClockTime
from nlu.values.dates.recurrence_term import FoundRecurrence, RecurrenceTerm, found_term
from nlu.values.dates.vocabulary import END_OF_DAY, MONTHS
from nlu.values.source_text import SourceText

_QUARTER_STARTS, _QUARTER_ENDS = (1, 4, 7, 10), (3, 6, 9, 12)
_EACH = ("every", "each", "a")
_EDGES = {"start": False, "beginning": False, "end": True}


def of_month(source: SourceText, index: int, *, articles: bool = False) -> int | None:
    """The index after "of every month", "each month", "in a month" and with ``articles`` "of the month"."""
    at = index + (source.word(index) in ("of", "in"))
    if source.word(at) in _EACH and source.word(at + 1) == "month":
        return at + 2
    if articles and at > index and source.word(at) == "the" and source.word(at + 1) == "month":
        return at + 2
    return None


def within_unit(
    source: SourceText, found: FoundRecurrence, *, articles: bool, months: bool = False
) -> FoundRecurrence | None:
    """A day of a month with the unit behind it: "of every month", "of each quarter", "of every March".

    With ``articles`` also "of the month"; with ``months`` also "of March". None when no such unit follows.
    """
    term = found.term
    if not isinstance(term, RecurrenceTerm):
        return None
    month_end = of_month(source, found.end, articles=articles)
    if month_end is not None:
        return FoundRecurrence(month_end, term)
    at = found.end + (source.word(found.end) in ("of", "in"))
    each = source.word(at) in _EACH or (articles and at > found.end and source.word(at) == "the")
    unit = source.word(at + each)
    is_last = term.set_position == -1 or -1 in term.month_days or (term.days[:1] and term.days[0].startswith("-"))
    if each and unit == "quarter":
        return FoundRecurrence(at + 2, replace(term, months=_QUARTER_ENDS if is_last else _QUARTER_STARTS))
    if each and unit == "year":
        return FoundRecurrence(at + 2, replace(term, freq="YEARLY", month=12 if is_last else 1))
    if unit in MONTHS and at > found.end and (each or months):
        end = at + each + 1
        end += 2 * (source.word(end) in ("every", "each") and source.word(end + 1) == "year")
        return FoundRecurrence(end, replace(term, freq="YEARLY", month=MONTHS[unit]))
    return None


def edge_of_every(source: SourceText, index: int) -> FoundRecurrence | None:
    """ "the end of every month", "start of each week" (Monday; the end is Friday), "the end of every day" (17:00)."""
    is_end = _EDGES.get(source.word(index))
    at = index + 1 + (source.word(index + 1) == "of")
    if is_end is None or source.word(at) not in ("every", "each"):
        return None
    unit, end = source.word(at + 1), at + 2
    if unit == "business" and source.word(end) == "day":
        unit, end = "day", end + 1
    day = -1 if is_end else 1
    if unit == "day":
        return found_term(end, "DAILY", clock=ClockTime(hour=END_OF_DAY["eod"][0])) if is_end else None
    if unit == "week":
        return found_term(end, "WEEKLY", days=("FR" if is_end else "MO",))
    if unit == "month":
        return found_term(end, "MONTHLY", month_days=(day,))
    if unit == "quarter":
        return found_term(end, "MONTHLY", months=_QUARTER_ENDS if is_end else _QUARTER_STARTS, month_days=(day,))
    if unit == "year":
        return found_term(end, "YEARLY", month=12 if is_end else 1, month_days=(31 if is_end else 1,))
    return None
