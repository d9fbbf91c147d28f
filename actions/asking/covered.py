"""What the reports of a kind of their own (pipeline, results, activities, quota, tickets) show of a question."""

from __future__ import annotations

from crm_store.insights.query.layer import Deals, Dimension, Measure, Subject
from crm_store.insights.query.report_query import ReportQuery, Show

_FORMER = frozenset(
    {
        Dimension.STAGE,
        Dimension.REP,
        Dimension.TEAM,
        Dimension.MONTH,
        Dimension.QUARTER,
        Dimension.YEAR,
        Dimension.SOURCE,
        Dimension.PRODUCT,
        Dimension.ACCOUNT,
        Dimension.REASON,
    }
)
_BY_NAME = frozenset({Dimension.REP, Dimension.TEAM, Dimension.ACCOUNT, Dimension.STAGE})
_OF_LISTED = frozenset({Dimension.REP, Dimension.ACCOUNT, Dimension.STATUS, Dimension.CATEGORY, Dimension.PRIORITY})
_CLOSED = frozenset({Deals.WON, Deals.LOST, Deals.CLOSED})


def covered_by_pipeline(query: ReportQuery) -> bool:
    """Whether the pipeline report shows all of it: open deals in one grouping, without a comparison."""
    return query.figures[0].deals is Deals.OPEN and _is_plain(query) and query.show not in {Show.LINE, Show.PIE}


def covered_by_forecast(query: ReportQuery) -> bool:
    """Whether a forecast is meant: anything but open deals in groups, and what was won in groups or compared."""
    if query.figures[0].deals in _CLOSED:
        return not query.by and query.against is None and not query.show.is_picture
    if query.figures[0].deals is not Deals.OPEN:
        return True
    if query.figures[0].measure is Measure.COUNT and query.period is not None:
        return False  # "how many deals are expected to close this month"
    return not query.by or covered_by_pipeline(query)


def covered_by_results(query: ReportQuery) -> bool:
    """Whether the report on results shows all of it: won and lost deals and the rate in one grouping."""
    figures = {figure.measure for figure in query.figures}
    means = figures & {Measure.AVERAGE, Measure.CYCLE}
    closed = all(figure.deals in _CLOSED for figure in query.figures)
    return closed and _is_plain(query) and not (means and (query.by or query.show is not Show.TABLE))


def covered_by_activity(query: ReportQuery) -> bool:
    """Whether the report on activities shows all of it: kinds by person or time."""
    by = set(query.by) - {Dimension.REP, Dimension.MONTH, Dimension.QUARTER, Dimension.YEAR}
    conditions = {each.dimension for each in query.conditions} - {Dimension.REP, Dimension.TEAM, Dimension.KIND}
    return query.subject is Subject.ACTIVITIES and not by and not conditions and _is_simple(query) and len(query.by) < 2


def covered_by_quota(query: ReportQuery) -> bool:
    """Whether the quota report shows all of it: attainment by person."""
    return query.subject is Subject.QUOTA and _is_simple(query) and set(query.by) <= {Dimension.REP}


def covered_by_tickets(query: ReportQuery, *, counts: bool = False) -> bool:
    """Whether the list of tickets is what is meant: no figures in groups or of time; ``counts``: how many was asked."""
    listed = all(each.dimension in _OF_LISTED and not each.excluded for each in query.conditions)
    counted = query.figures[0].measure is Measure.TICKETS and not query.by and query.against is None and listed
    return query.subject is not Subject.TICKETS or (counted and not counts and query.show is Show.TABLE)


def covered_by_orders(query: ReportQuery) -> bool:
    """Whether one order's state is what is meant: anything but figures in groups, or of value."""
    return query.subject is not Subject.ORDERS or (query.figures[0].measure is Measure.ORDERS and not query.by)


def _is_plain(query: ReportQuery) -> bool:
    conditions = {each.dimension for each in query.conditions}
    excluded = any(each.excluded for each in query.conditions)
    return (
        conditions <= _BY_NAME and not excluded and set(query.by) <= _FORMER and len(query.by) < 2 and _is_simple(query)
    )


def _is_simple(query: ReportQuery) -> bool:
    return query.against is None and query.top is None and not query.lowest and not query.board
