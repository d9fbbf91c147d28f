"""Analyses that are more than one query: the funnel, cohorts, what goes with winning, and scorecards."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial

from actions.asking.answering import check_visible, circumstances, question_of
from actions.asking.errors import CannotRead
from actions.asking.grammar import read_question
from actions.asking.scorecard import scorecard
from actions.asking.terms import TermKind
from actions.asking.wording import (
    UNKNOWN,
    dimension_name,
    group_name,
    start_text,
    title_of,
    value_text,
)
from actions.charts import ChartSpec, Series
from actions.formatting import percent_text
from actions.report_output import Report, column, count_text, notes, show_report, sum_text
from actions.report_words import Output
from actions.turn import Turn
from crm_store.insights.funnel import Funnel, cohorts, funnels
from crm_store.insights.outcomes.proportions import Proportion
from crm_store.insights.query.layer import Dimension, Measure
from crm_store.insights.query.report_query import Period, ReportQuery, Show
from crm_store.insights.win_factors import Factor, win_factors

_OUTPUTS = {Show.TABLE: Output.TABLE, Show.CSV: Output.CSV, Show.PDF: Output.PDF}
_Analysis = tuple[re.Pattern[str], Callable[[Turn, ReportQuery], None]]
_COHORT_UNITS = frozenset({Dimension.MONTH, Dimension.QUARTER, Dimension.YEAR})
_STAGE = re.compile(r"^\s*stages?\b", re.IGNORECASE)
_MOST_FACTORS = 12
_HOW_WELL = r"(?<!worst )(?<!best )(?<!top )(?<!lowest )(?<!highest )(?<!poorest )(?<!least )\bperforming\b"
"""Of one person or team: "worst performing region" is a ranking."""


def analysis_said(turn: Turn) -> bool:
    """Answer a request for an analysis; whether it was one. Raises CannotRead when the rest of it cannot be read."""
    words = turn.call.words
    return _shown(turn, words, _ANALYSES)


def named_analysis_said(turn: Turn) -> bool:
    """Answer a request that can be for nothing but an analysis, whatever it was taken for; whether it was one.

    What it leaves unread makes it none. "Performance" alone may be many a thing.
    """
    try:
        return _shown(turn, turn.call.words, _ANALYSES[:-1])
    except CannotRead:
        return False


def _shown(turn: Turn, words: str, analyses: Sequence[_Analysis]) -> bool:
    for pattern, show in analyses:
        if pattern.search(words):
            rest = pattern.sub(" won deals ", words)
            show(turn, _about(turn, _without_stages(turn, rest) if show is _show_funnel else rest))
            return True
    return False


def _without_stages(turn: Turn, words: str) -> str:
    """The words without names of stages: the funnel shows them all, each on a line ("how long in negotiation")."""
    right, terms = question_of(turn, words).spelled()
    for term in reversed(terms):
        if term.kind is TermKind.VALUE and {value.dimension for value in term.value} == {Dimension.STAGE}:
            right = f"{right[: term.start]} {_STAGE.sub('', right[term.end :])}"
    return right


def _about(turn: Turn, words: str) -> ReportQuery:
    """The deals, period and groups an analysis is about: what is left of the request, read like any question."""
    query = read_question(question_of(turn, _FILLED.sub(" ", words)))
    check_visible(turn, query)
    return query


def _show_funnel(turn: Turn, query: ReportQuery) -> None:
    found = funnels(circumstances(turn), query)
    title = _title(turn, query, "analysis_funnel")
    if not found:
        turn.say("utter_report_empty", title=title)
    elif query.by:
        _show_funnels_by(turn, query, found, title)
    else:
        _show_one_funnel(turn, query, found[0], title)


def _show_one_funnel(turn: Turn, query: ReportQuery, funnel: Funnel, title: str) -> None:
    leak, slow = funnel.leakiest(), funnel.slowest()
    rows = tuple(
        (
            each.name,
            count_text(turn, each.reached),
            count_text(turn, each.lost_here),
            _with_interval(turn, each.went_on),
            value_text(turn, None if each.days is None else Decimal(str(each.days)), _DAYS),
        )
        for each in funnel.stages
    )
    names = ("stage", "reached", "lost_from_here", "went_on", "mean_days")
    columns = tuple(column(turn, name, "text" if name == "stage" else "number") for name in names)
    reached = tuple(Decimal(each.reached) for each in funnel.stages)
    chart = ChartSpec(
        title=title,
        labels=tuple(each.name for each in funnel.stages),
        series=(Series(name=turn.words.label("reached"), values=reached),),
    )
    note = notes(
        turn.words.say("utter_funnel_leak", stage=leak.name, lost=str(leak.lost_here), of=str(leak.reached))
        if leak
        else "",
        turn.words.say("utter_funnel_slow", stage=slow.name, days=f"{slow.days:.0f}") if slow and slow.days else "",
        turn.words.label("funnel_note"),
    )
    _show(turn, query, Report(title=title, columns=columns, rows=rows, note=note, chart=chart, file_name="funnel"))


def _show_funnels_by(turn: Turn, query: ReportQuery, found: Sequence[Funnel], title: str) -> None:
    dimension = query.by[0]
    rows = []
    for funnel in found[:15]:
        leak, slow = funnel.leakiest(), funnel.slowest()
        rows.append(
            (
                group_name(turn, funnel.group, dimension) if funnel.group is not None else UNKNOWN,
                count_text(turn, max(each.reached for each in funnel.stages)),
                f"{leak.name} ({_with_interval(turn, leak.went_on)})" if leak is not None else UNKNOWN,
                f"{slow.name} ({slow.days:.0f})" if slow is not None and slow.days is not None else UNKNOWN,
            )
        )
    columns = (
        (dimension_name(turn, dimension, query).capitalize(), "text"),
        column(turn, "reached", "number"),
        column(turn, "bottleneck"),
        column(turn, "slowest_stage"),
    )
    note = turn.words.label("funnel_note")
    _show(turn, query, Report(title=title, columns=columns, rows=tuple(rows), note=note, file_name="funnel"))  # type: ignore[arg-type]


def _show_cohorts(turn: Turn, query: ReportQuery) -> None:
    by = next((each for each in query.by if each in _COHORT_UNITS), Dimension.QUARTER)
    period = query.period or Period(first=date(turn.reading.today.year, 1, 1), last=turn.reading.today)
    query = replace(query, by=(by,))
    found = cohorts(circumstances(turn), query, by=by, period=period)
    title = _title(turn, query, "analysis_cohorts")
    rows = tuple(
        (
            start_text(turn, each.start, by),
            count_text(turn, each.created),
            _share(turn, each.won, each.created),
            _share(turn, each.lost, each.created),
            _share(turn, each.created - each.won - each.lost, each.created),
            *(_share(turn, within, each.created) for within in each.won_within),
        )
        for each in found
    )
    names = ("created_in", "count_created", "share_won", "share_lost", "share_open", "won_30", "won_60", "won_90")
    columns = tuple(column(turn, name, "text" if name == "created_in" else "number") for name in names)
    note = turn.words.label("cohort_note")
    _show(turn, query, Report(title=title, columns=columns, rows=rows, note=note, file_name="cohorts"))


def _show_factors(turn: Turn, query: ReportQuery) -> None:
    found = win_factors(circumstances(turn), replace(query, by=()))
    title = _title(turn, replace(query, by=()), "analysis_factors")
    if not found:
        turn.say("utter_report_empty", title=title)
        return
    rows = tuple(
        (
            _factor_name(turn, each, query),
            _with_interval(turn, each.rate),
            count_text(turn, each.rate.of),
            _with_interval(turn, each.others),
            turn.words.label("differs" if each.differs else "differs_not"),
        )
        for each in found[:_MOST_FACTORS]
    )
    names = ("factor", "win_rate", "deals", "others", "beyond_chance")
    numeric = {"win_rate", "deals", "others"}
    columns = tuple(column(turn, name, "number" if name in numeric else "text") for name in names)
    note = turn.words.say("utter_factors_note", n=str(len(found)))
    _show(turn, query, Report(title=title, columns=columns, rows=rows, note=note, file_name="win-factors"))


def _factor_name(turn: Turn, factor: Factor, query: ReportQuery) -> str:
    if factor.dimension is not None and factor.group is not None:
        name = group_name(turn, factor.group, factor.dimension)
        return f"{dimension_name(turn, factor.dimension, query)}: {name}"
    if factor.low is None:
        return turn.words.say("utter_factor_below", amount=sum_text(turn, factor.high or Decimal(0)))
    if factor.high is None:
        return turn.words.say("utter_factor_from", amount=sum_text(turn, factor.low))
    low, high = sum_text(turn, factor.low), sum_text(turn, factor.high)
    return turn.words.say("utter_factor_between", low=low, high=high)


def _show_scorecard(turn: Turn, query: ReportQuery) -> None:
    _show(turn, query, scorecard(turn, query, title=partial(_title, turn, name="analysis_scorecard")))


def _title(turn: Turn, query: ReportQuery, name: str) -> str:
    """The analysis with whom and what it is about, as for any report."""
    _, _, about = title_of(turn, query).partition(" · ")
    return " · ".join(filter(None, (turn.words.label(name), about)))


def _show(turn: Turn, query: ReportQuery, report: Report) -> None:
    show_report(turn, report, _OUTPUTS.get(query.show, Output.CHART))


def _with_interval(turn: Turn, share: Proportion) -> str:
    """ "43% (38-49%)": the share and where the true one lies with 95 % confidence."""
    if share.share is None:
        return UNKNOWN
    low, high = share.interval
    return f"{percent_text(share.share, turn.reading)} ({low * 100:.0f}–{high * 100:.0f}%)"


def _share(turn: Turn, part: int, of: int) -> str:
    return percent_text(Decimal(part) / of, turn.reading) if of else UNKNOWN


_DAYS = Measure.CYCLE.unit
_FILLED = re.compile(
    r"\b(our|the|sales|show|me|view|of|analysis|what'?s|where|is|are|do|we|lose|how|report|a|an|win[\s-]?loss|turn|out"
    r"|in|time|conversion|and|to|card|performing|with|go|goes|us)\b(?=\s+won deals)|(?<=won deals)\s+"
    r"(in the (?:funnel|pipeline)|in each stage|per stage|by stage|rate|the win rate|our win rate|win|winning|deals)\b",
    re.IGNORECASE,
)
_ANALYSES: tuple[_Analysis, ...] = (
    (re.compile(r"\bcohorts?\b(\s+(view|analysis|report))?(\s+of\s+(new\s+)?deals)?", re.I), _show_cohorts),
    (
        re.compile(
            r"\b(what|which( factors?| things?)?|factors?)\s+(that\s+)?(raises?|drives?|increases?|improves?|lifts?"
            r"|makes?|helps?|goes?|go|influences?|affects?)\b(\s+(with|us|our|the|we))*\s*(win(ning|s)?(\s+(rate|deals?|more))?)?"
            r"|\bwin[\s/-]?loss\s+(analysis|factors|drivers)\b|\bwin\s+(factors|drivers)\b",
            re.I,
        ),
        _show_factors,
    ),
    (
        re.compile(
            r"\b(where\s+(do|are|is)\s+(we|our|the)\s+(los(e|ing)|bottleneck)(\s+deals)?(\s+in\s+(the|our)\s+(sales\s+)?"
            r"(funnel|pipeline))?|bottlenecks?(\s+in\s+(the|our)\s+(pipeline|funnel))?|(sales\s+)?funnel(\s+report)?"
            r"|conversion\s+and\s+time(\s+(per|by|in\s+each)\s+stage)?|time\s+(per|in\s+each|by)\s+stage"
            r"|(average|avg|mean|typical)\s+(time|days)\s+(spent\s+)?in\s+(the\s+)?(?=\w+(\s+stage)?\b)"
            r"|how\s+(long|many\s+days)\s+(do|are|does)\s+((our|the|a|an|my)\s+)?(deals?|opps|opportunities)\s+((usually|typically|stuck|on"
            r"|average)\s+)*(stay|sit|spend|sitting|stuck|take|wait)?(\s+sitting|\s+stuck)?\s+in\s+(each\s+stage|(?=\w))"
            r"|(where|in\s+which\s+stage|(at\s+)?wh(at|ich)\s+stage)\s+do(es)?\s+((our|the|my|most)\s+)*(deals?|opps|opportunities)\s+"
            r"((usually|mostly|often|tend\s+to)\s+)?(get\s+stuck|stall|die|drop\s+(off|out)|fall\s+(out|off)|leak|slow\s+down)"
            r"|stage\s+conversions?(\s+rates?)?|drop[\s-]?offs?\s+(by|per)\s+stage)",
            re.I,
        ),
        _show_funnel,
    ),
    (re.compile(r"\b(performance\s+)?scorecards?\b(\s+(for|of))?|" + _HOW_WELL, re.I), _show_scorecard),
    (re.compile(r"\bperformance\b(\s+(report|review|figures))?", re.I), _show_scorecard),
)
