"""A query in words: what was understood, as the title of its answer, and its figures and groups by name."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from actions.formatting import date_text, money_text, percent_text
from actions.report_output import company_money, count_text, sum_text
from actions.report_periods import quarter_text
from actions.report_scope import all_visible
from actions.turn import Turn
from crm_store.insights.query.groups import QueryGroup
from crm_store.insights.query.layer import PERSONAL, Deals, Dimension, Subject, Unit
from crm_store.insights.query.report_query import Condition, Figure, Period, ReportQuery
from crm_store.insights.query.sources import is_of_solved
from crm_store.money import Money

UNKNOWN = "–"
_DAY = timedelta(days=1)


def title_of(turn: Turn, query: ReportQuery, *, before: Period | None = None) -> str:
    """How the question was read: figures, whose records, conditions, period, comparison and groups."""
    words = turn.words
    parts = [words.label("leaderboard")] if query.board else []
    parts.append(", ".join(figure_name(turn, each) for each in query.figures))
    parts += [_condition_text(turn, each) for each in query.conditions]
    people = (Dimension.REP, Dimension.TEAM)
    if query.subject in PERSONAL and not query.board and not any(query.condition_on(d) for d in people):
        parts.append(all_visible(turn).label)
    parts += _bounds_text(turn, query)
    if query.period is not None:
        parts.append(_dated_text(turn, query, period_text(turn, query.period)))
    elif query.figures[0].deals not in {None, Deals.OPEN} and Dimension.YEAR not in query.by:
        parts.append(words.label("any_time"))
    if before is not None:
        parts.append(words.say("utter_query_compared", period=period_text(turn, before)))
    if query.by and not query.board:
        names = [dimension_name(turn, each, query) for each in query.by]
        parts.append(
            words.say("utter_query_by", grouping=names[0])
            if len(names) == 1
            else words.say("utter_query_by_two", first=names[0], second=names[1])
        )
    if query.top is not None:
        parts.append(words.say("utter_query_lowest" if query.lowest else "utter_query_top", n=str(query.top)))
    elif query.lowest:
        parts.append(words.label("lowest_first"))
    return " · ".join(parts)


def figure_name(turn: Turn, figure: Figure) -> str:
    """ "Won deals", "Win rate", "Hours to first response"."""
    of = f"_{figure.deals}" if figure.deals is not None else ""
    return turn.words.label(f"figure_{figure.measure}{of}")


def column_name(turn: Turn, figure: Figure) -> str:
    """A figure's name with the currency it is in."""
    name = figure_name(turn, figure)
    return f"{name} ({turn.policy.currency})" if figure.measure.unit is Unit.MONEY else name


def dimension_name(turn: Turn, dimension: Dimension, query: ReportQuery) -> str:
    """What the groups of a dimension are in this report: of tickets it is the agent, not the rep."""
    if dimension is Dimension.REP and query.subject is Subject.TICKETS:
        return turn.words.label("grouping_agent")
    if dimension is Dimension.REP and query.subject is Subject.ORDERS:
        return turn.words.label("grouping_account_owner")
    return turn.words.label(f"grouping_{dimension}")


def group_name(turn: Turn, group: QueryGroup, dimension: Dimension) -> str:
    """A group's name in a table."""
    if group.folded:
        return turn.words.say("utter_report_other_groups", n=count_text(turn, group.folded))
    if group.start is not None:
        return start_text(turn, group.start, dimension)
    if group.name is None:
        return turn.words.label("unknown")
    if dimension is Dimension.COUNTRY:
        return country_name(turn, group.name)
    return group.name


def value_text(turn: Turn, value: Decimal | None, unit: Unit, *, with_currency: bool = False) -> str:
    """A figure as people read it; a dash when there is nothing to take it of."""
    if value is None:
        return UNKNOWN
    match unit:
        case Unit.MONEY:
            return company_money(turn, value) if with_currency else sum_text(turn, value)
        case Unit.SHARE:
            return percent_text(value, turn.reading)
        case Unit.DAYS | Unit.HOURS:
            return format_decimal(_tenth(value), format="#,##0.0", locale=turn.reading.locale)
    return count_text(turn, int(value))


def change_text(turn: Turn, now: Decimal | None, before: Decimal | None, unit: Unit) -> str:
    """How a figure has changed: in percent, of shares in points; a dash where that says nothing."""
    if now is None or before is None:
        return UNKNOWN
    if unit is Unit.SHARE:
        points = (now - before) * 100
        return turn.words.say("utter_query_points", points=_signed(turn, points.quantize(Decimal(1), ROUND_HALF_EVEN)))
    if not before:
        return UNKNOWN
    return _signed(turn, ((now - before) / abs(before) * 100).quantize(Decimal(1), ROUND_HALF_EVEN)) + "%"


def period_text(turn: Turn, period: Period) -> str:
    """ "Q3 2026", "October 2026", "2026", "Jan 1, 2026 - Nov 18, 2026", "since ..."."""
    first, last, reading = period.first, period.last, turn.reading
    if first is None or last is None:
        if first is not None:
            return turn.words.say("utter_period_since", day=date_text(first, reading))
        if last is not None:
            return turn.words.say("utter_period_until", day=date_text(last, reading))
        return turn.words.label("any_time")
    after = last + _DAY
    if first.day == 1 and after.day == 1:
        months = (after.year - first.year) * 12 + after.month - first.month
        if months == 12 and first.month == 1:
            return str(first.year)
        if months == 3 and first.month % 3 == 1:
            return quarter_text(first)
        if months == 1:
            return format_date(first, format="LLLL y", locale=reading.locale)
    if first == last:
        return date_text(first, reading)
    return f"{date_text(first, reading)} – {date_text(last, reading)}"


def _dated_text(turn: Turn, query: ReportQuery, period: str) -> str:
    """The period with what happened in it: closing, created, solved, opened, placed."""
    figure = query.figures[0]
    if figure.deals is Deals.OPEN:
        return turn.words.say("utter_report_closing", period=period)
    if query.subject is Subject.TICKETS:
        solved = is_of_solved(figure, query)
        return turn.words.say("utter_query_solved" if solved else "utter_query_opened", period=period)
    return period


def _condition_text(turn: Turn, condition: Condition) -> str:
    if condition.dimension is Dimension.COUNTRY:
        names = {country_name(turn, name) for _, name in condition.values}
    else:
        names = {name for _, name in condition.values}
    listed = ", ".join(sorted(names))
    name = turn.words.label(f"grouping_{condition.dimension}")
    if condition.excluded:
        return turn.words.say("utter_query_without", dimension=name, values=listed)
    if condition.dimension is Dimension.REP:
        return listed
    return turn.words.say("utter_query_only", dimension=name, values=listed)


def _bounds_text(turn: Turn, query: ReportQuery) -> list[str]:
    def money(amount: Decimal) -> str:
        return money_text(Money(amount, turn.policy.currency), turn.reading)

    if query.least is not None and query.most is not None:
        return [turn.words.say("utter_report_amount_between", low=money(query.least), high=money(query.most))]
    if query.least is not None:
        return [turn.words.say("utter_report_amount_least", amount=money(query.least))]
    return [turn.words.say("utter_report_amount_most", amount=money(query.most))] if query.most is not None else []


def start_text(turn: Turn, start: date, dimension: Dimension) -> str:
    """A stretch of time by its first day: "Q3 2026"."""
    match dimension:
        case Dimension.QUARTER:
            return quarter_text(start)
        case Dimension.YEAR:
            return str(start.year)
        case Dimension.DAY:
            return date_text(start, turn.reading)
        case Dimension.WEEK:
            return turn.words.say(
                "utter_query_week", day=format_date(start, format="MMM d", locale=turn.reading.locale)
            )
    return format_date(start, format="LLL y", locale=turn.reading.locale)


def country_name(turn: Turn, code: str) -> str:
    """A country by its code."""
    return str(Locale.parse(turn.reading.locale).territories.get(code, code))


def _signed(turn: Turn, number: Decimal) -> str:
    return format_decimal(number, format="+#,##0;-#,##0", locale=turn.reading.locale)


def _tenth(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"), ROUND_HALF_EVEN)
