"""From a question to a typed query.

Every word is read, is known to mean nothing by itself, or the question is refused: none is left out silently. What was
not said and had to be assumed (the period, whose records) shows in the query, and so in the answer's title.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Literal

from sqlalchemy.orm import Session

from actions.asking.amounts import Bound
from actions.asking.chat_spelling import respelled
from actions.asking.dates import period_read, unit_said, with_their_year
from actions.asking.errors import CannotRead, Why
from actions.asking.figures import figures_of
from actions.asking.heard import Heard, subject_said
from actions.asking.names import Vocabulary
from actions.asking.parting import part_at
from actions.asking.tagging import corrected, tag, words_known
from actions.asking.terms import Term
from actions.asking.walking import walk
from crm_store.insights.query.layer import PERSONAL, TIMES, Deals, Dimension, Subject
from crm_store.insights.query.report_query import (
    CannotCombine,
    Condition,
    NeedsPeriod,
    NotOnBoard,
    Period,
    ReportQuery,
    Shift,
    Show,
    TooMuch,
)
from nlu.values import Amount, Reading

_TWO = 2
_MOST_DAYS = 92
"""A quarter by day is the longest row of days that can be read."""
_LONG = frozenset({Dimension.MONTH, Dimension.QUARTER})
Prefer = Literal["past", "future"]
_DEFAULT_PERIODS = {
    Subject.DEALS: "this year",
    Subject.TICKETS: "this year",
    Subject.ORDERS: "this year",
    Subject.ACTIVITIES: "this week",
    Subject.QUOTA: "this quarter",
    Subject.COMMISSION: "this quarter",
}


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question with everything it is read by.

    ``to_company`` converts an amount into the company's currency. ``own`` is the condition for the asker's own records,
    which a rep means unless they say otherwise; None for those who lead.
    """

    text: str
    vocabulary: Vocabulary
    reading: Reading
    session: Session
    to_company: Callable[[Amount], Decimal]
    own: Condition | None = None

    def spelled(self) -> tuple[str, list[Term]]:
        """The text in the spelling that is read, and its terms, which tell their places in it."""
        text, terms = self._spelled_once
        return text, list(terms)

    @cached_property
    def _spelled_once(self) -> tuple[str, tuple[Term, ...]]:
        text = respelled(self.text, known=words_known(self.vocabulary))
        right = corrected(text, self._tagged(text, misspelled=False), self.vocabulary)
        return right, tuple(self._tagged(right, misspelled=True))

    def terms(self) -> list[Term]:
        """The terms of the text."""
        return self.spelled()[1]

    def _tagged(self, text: str, *, misspelled: bool) -> list[Term]:
        return tag(text, vocabulary=self.vocabulary, reading=self.reading, session=self.session, misspelled=misspelled)


def read_question(question: Question) -> ReportQuery:
    """The query that was meant; raises CannotRead."""
    terms = question.terms()
    heard = walk(terms, question.vocabulary)
    if part_at(terms, subject_said) is not None:
        raise CannotRead(Why.SEVERAL)  # "wins in Q3 and losses in Q4": one period would answer neither
    main = read_period(heard.dates[0], question.reading, prefer="past") if heard.dates else None
    looks_ahead = starts_ahead(heard, question.reading) and not heard.past
    figures = figures_of(heard, main, looks_ahead=looks_ahead, today=question.reading.today)
    prefer: Prefer = "future" if figures[0].deals is Deals.OPEN else "past"
    period, against = periods_of(heard, question.reading, prefer=prefer)
    if period is None:
        period = _default_period(heard, question.reading, is_open=figures[0].deals is Deals.OPEN)
    if heard.bounds and heard.subject is Subject.COMMISSION:
        raise CannotRead(Why.TOO_MUCH)  # a plan looks at the whole quarter
    least, most = bounds_of(heard.bounds, question.to_company)
    return checked(
        ReportQuery(
            figures=figures,
            conditions=with_own(conditions_of(heard), heard, question.own),
            least=least,
            most=most,
            period=period,
            against=against,
            by=tuple(heard.by),
            top=heard.top,
            lowest=heard.lowest,
            show=heard.show,
            board=heard.board,
        )
    )


def checked(query: ReportQuery) -> ReportQuery:
    """The query, if it can be answered; raises CannotRead."""
    if Dimension.DAY in query.by and _days_in(query.period) > _MOST_DAYS:
        raise CannotRead(Why.TOO_MUCH)
    try:
        query.check()
    except CannotCombine as err:
        raise CannotRead(Why.CANNOT_COMBINE, err.dimension.value) from err
    except NotOnBoard as err:
        raise CannotRead(Why.NOT_ON_BOARD) from err
    except TooMuch as err:
        raise CannotRead(Why.TOO_MUCH) from err
    except NeedsPeriod as err:
        raise CannotRead(Why.NO_COMPARISON) from err
    return query


def _days_in(period: Period | None) -> float:
    if period is None or period.first is None or period.last is None:
        return math.inf
    return (period.last - period.first).days + 1


def conditions_of(heard: Heard) -> tuple[Condition, ...]:
    """The values named, as conditions."""
    grouped: dict[tuple[Dimension, bool], list[tuple[int | str, str]]] = {}
    for value, excluded in heard.values:
        pairs = grouped.setdefault((value.dimension, excluded), [])
        # Several countries may have one name ("DACH"): each is known by its code.
        single = value.dimension is Dimension.COUNTRY
        named = [(key, str(key) if single else value.name) for key in value.keys]
        pairs += [pair for pair in named if pair not in pairs]
    return tuple(
        Condition(dimension=dimension, values=tuple(pairs), excluded=excluded)
        for (dimension, excluded), pairs in grouped.items()
    )


def with_own(conditions: tuple[Condition, ...], heard: Heard, own: Condition | None) -> tuple[Condition, ...]:
    """With the asker's own records where these are meant."""
    if own is None or heard.wide or any(c.dimension in {Dimension.REP, Dimension.TEAM} for c in conditions):
        return conditions
    spread = bool({Dimension.REP, Dimension.TEAM} & set(heard.by))
    return (*conditions, own) if heard.own or (heard.subject in PERSONAL and not spread) else conditions


def bounds_of(bounds: list[Bound], to_company: Callable[[Amount], Decimal]) -> tuple[Decimal | None, Decimal | None]:
    """The least and the most amount named, in the company's currency."""
    least = next((to_company(bound.least) for bound in reversed(bounds) if bound.least is not None), None)
    most = next((to_company(bound.most) for bound in reversed(bounds) if bound.most is not None), None)
    return least, most


def periods_of(heard: Heard, reading: Reading, *, prefer: Prefer) -> tuple[Period | None, Period | Shift | None]:
    """The period named and what it is compared with; raises CannotRead for a comparison with nothing."""
    read = [read_period(term, reading, prefer=prefer) for term in with_their_year(heard.dates)]
    period = read[0] if read else None
    unit = unit_said(heard.dates[0].text) if heard.compares and len(read) > _TWO else None
    if unit is not None:
        heard.group(Dimension(unit))  # "q1 vs q2 vs q3": beside each other
    if heard.compares and len(read) == _TWO:
        return period, read[1]
    if heard.last and read:
        unit = unit_said(heard.dates[0].text)
        return period, period_read(f"last {unit}", reading, prefer="past") if unit else Shift.PREVIOUS
    if heard.beside and len(read) == 1 and heard.shift is None:
        # "win rate against last year": this one beside it.
        unit = unit_said(heard.dates[0].text)
        now = period_read(f"this {unit}", reading, prefer="past") if unit else None
        if now is not None and read[0].last is not None and now.first is not None and read[0].last < now.first:
            return now, read[0]
    if len(read) > 1:
        return _joined_periods(read), heard.shift
    groups_compared = bool(heard.by) or {Deals.WON, Deals.LOST} <= set(heard.populations)
    if heard.compares and heard.shift is None and not groups_compared:
        raise CannotRead(Why.NO_COMPARISON)
    if heard.changed and heard.shift is None and not heard.compares and not set(heard.by) & TIMES:
        return period or period_read("this year", reading, prefer="past"), Shift.PREVIOUS  # "did revenue fall in May"
    return period, heard.shift


def read_period(term: Term, reading: Reading, *, prefer: Prefer) -> Period:
    """The period a date stands for; raises CannotRead."""
    period = period_read(term.text, reading, prefer=prefer)
    if period is None:
        raise CannotRead(Why.UNKNOWN_WORDS, term.text)
    return period


def starts_ahead(heard: Heard, reading: Reading) -> bool:
    """Whether the time named begins after today: what closes then is still open."""
    period = read_period(heard.dates[0], reading, prefer="future") if heard.dates else None
    return period is not None and period.first is not None and period.first > reading.today


def _default_period(heard: Heard, reading: Reading, *, is_open: bool) -> Period | None:
    """The period that is meant when none is said: none for what is open now, or by year."""
    waiting = any(v.dimension is Dimension.STATUS and v.name in {"open", "waiting"} for v, _ in heard.values)
    over_all = heard.all_time and heard.subject not in {Subject.QUOTA, Subject.COMMISSION}
    if is_open or over_all or Dimension.YEAR in heard.by or (heard.subject is Subject.TICKETS and waiting):
        return None
    if Dimension.DAY in heard.by:
        return period_read("this month", reading, prefer="past")
    said = "this quarter" if heard.board else _DEFAULT_PERIODS[heard.subject]
    if heard.subject is Subject.ACTIVITIES and (set(heard.by) & _LONG or (heard.show is Show.LINE and not heard.by)):
        said = "this year"
    elif heard.subject is Subject.ACTIVITIES and Dimension.WEEK in heard.by:
        said = "this quarter"
    elif heard.subject in {Subject.QUOTA, Subject.COMMISSION} and Dimension.QUARTER in heard.by:
        said = "this year"
    return period_read(said, reading, prefer="past")


def _joined_periods(periods: list[Period]) -> Period:
    """Periods that follow each other as one; raises CannotRead for others."""
    ordered = sorted(periods, key=lambda each: each.first or date.min)
    for one, other in pairwise(ordered):
        if one.last is None or other.first is None or (other.first - one.last).days > 1:
            raise CannotRead(Why.TOO_MUCH)
    return replace(ordered[0], last=ordered[-1].last, said="")
