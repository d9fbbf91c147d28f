"""The usual figures of a person, a team or everybody on one card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from actions.asking.answering import circumstances
from actions.asking.wording import (
    UNKNOWN,
    change_text,
    dimension_name,
    figure_name,
    group_name,
    period_text,
    value_text,
)
from actions.report_output import Column, Report, column
from actions.turn import Turn
from crm_store.insights.query.layer import Deals, Dimension, Measure
from crm_store.insights.query.periods import compared_period
from crm_store.insights.query.report_query import CannotCombine, Figure, NeedsPeriod, Period, ReportQuery, Shift, Show
from crm_store.insights.query.running import Answer, run_query
from crm_store.insights.query.sources import Circumstances

_WON = Figure(Measure.AMOUNT, Deals.WON)
_CARD = (
    _WON,
    Figure(Measure.COUNT, Deals.WON),
    Figure(Measure.WIN_RATE, Deals.CLOSED),
    Figure(Measure.AVERAGE, Deals.WON),
    Figure(Measure.CYCLE, Deals.WON),
    Figure(Measure.COUNT, Deals.NEW),
    Figure(Measure.ACTIVITIES),
    Figure(Measure.ATTAINMENT),
)
_COUNTED_WITH = {Figure(Measure.COUNT, Deals.WON): _WON, Figure(Measure.AVERAGE, Deals.WON): _WON}
"""Figures that the sums of another hold as well: one pass over the deals is enough for them."""
_SHIFTS = (Shift.PREVIOUS, Shift.YEAR_BEFORE)


def scorecard(turn: Turn, query: ReportQuery, *, title: Callable[[ReportQuery], str]) -> Report:
    """Of one person or all beside the period before and a year ago; by rep or team side by side.

    Figures that what is asked for does not apply to (a quota has no region) are left out, and that is said.
    """
    at = circumstances(turn)
    dimension = next((each for each in query.by if each in {Dimension.REP, Dimension.TEAM}), None)
    base = replace(query, by=(dimension,) if dimension is not None else (), against=None, show=Show.TABLE)
    card = [figure for figure in _CARD if _applies(base, figure)]
    rows, columns = _by_group(turn, at, base, card) if dimension is not None else _beside_others(turn, at, base, card)
    note = [turn.words.label("scorecard_note")]
    if len(card) < len(_CARD):
        names = ", ".join(figure_name(turn, figure) for figure in _CARD if figure not in card)
        note.append(turn.words.say("utter_scorecard_left_out", figures=names))
    return Report(title=title(base), columns=columns, rows=rows, note=" ".join(note), file_name="scorecard")


def _applies(query: ReportQuery, figure: Figure) -> bool:
    try:
        replace(query, figures=(figure,)).check()
    except (CannotCombine, NeedsPeriod):
        return False
    return True


def _by_group(
    turn: Turn, at: Circumstances, query: ReportQuery, card: Sequence[Figure]
) -> tuple[tuple[tuple[str, ...], ...], tuple[Column, ...]]:
    answers = _counted_once(at, query, card)
    groups = {line.groups[0].key: line.groups[0] for answer in answers for line in answer.lines}
    found = [
        (figure, {line.groups[0].key: line.now[0].value(figure.measure) for line in answer.lines})
        for figure, answer in zip(card, answers, strict=True)
    ]
    (dimension,) = query.by
    rows = tuple(
        (
            group_name(turn, group, dimension),
            *(value_text(turn, values.get(key), figure.measure.unit) for figure, values in found),
        )
        for key, group in groups.items()
    )
    names: list[Column] = [(figure_name(turn, each), "number") for each in card]
    return rows, ((dimension_name(turn, dimension, query).capitalize(), "text"), *names)


def _beside_others(
    turn: Turn, at: Circumstances, query: ReportQuery, card: Sequence[Figure]
) -> tuple[tuple[tuple[str, ...], ...], tuple[Column, ...]]:
    others = [compared_period(replace(query, against=shift), at.today) for shift in _SHIFTS]
    current = _totals(at, query, card)
    before = [_totals(at, replace(query, period=each), card) if each is not None else None for each in others]
    rows = []
    for place, figure in enumerate(card):
        unit = figure.measure.unit
        cells = [value_text(turn, current[place], unit, with_currency=True)]
        for shift, values in zip(_SHIFTS, before, strict=True):
            now, then = current[place], values[place] if values is not None else None
            if figure.measure is Measure.ATTAINMENT and values is not None:
                # As much of the quota is compared as has passed of the period, other than on its own.
                now, then = _compared(at, replace(query, figures=(figure,), against=shift))
            text, change = value_text(turn, then, unit, with_currency=True), change_text(turn, now, then, unit)
            cells.append(f"{text} ({change})" if change != UNKNOWN else text)
        rows.append((figure_name(turn, figure), *cells))
    period = period_text(turn, query.period) if query.period is not None else ""
    names: list[Column] = [(period, "number"), *((_period_name(turn, each), "number") for each in others)]
    return tuple(rows), (column(turn, "figure"), *names)


def _period_name(turn: Turn, period: Period | None) -> str:
    return period_text(turn, period) if period is not None else UNKNOWN


def _compared(at: Circumstances, query: ReportQuery) -> tuple[Decimal | None, Decimal | None]:
    answer = run_query(at, query)
    return answer.value(answer.total, 0), answer.value(answer.total, 0, before=True)


def _totals(at: Circumstances, query: ReportQuery, card: Sequence[Figure]) -> list[Decimal | None]:
    answers = zip(card, _counted_once(at, query, card), strict=True)
    return [answer.total.now[0].value(figure.measure) for figure, answer in answers]


def _counted_once(at: Circumstances, query: ReportQuery, card: Sequence[Figure]) -> list[Answer]:
    """An answer for each figure, the same one for those that are counted together."""
    counted = dict.fromkeys(_COUNTED_WITH.get(figure, figure) for figure in card)
    answers = {figure: run_query(at, replace(query, figures=(figure,))) for figure in counted}
    return [answers[_COUNTED_WITH.get(figure, figure)] for figure in card]
