"""What was won and lost: numbers, win rate, reasons, and the deals themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement

from actions.asking.boards import board_wish_heard
from actions.asking.covered import covered_by_results
from actions.asking.handing_over import asked_for_more
from actions.charts import ChartKind, ChartSpec, Series
from actions.formatting import date_text, money_text, percent_text, stamp_text
from actions.registry import SALES, skill
from actions.report_filters import DealFilter, filter_said
from actions.report_groups import group_names, group_text, grouping_said
from actions.report_output import (
    MAX_ROWS,
    Column,
    Report,
    column,
    company_money,
    count_text,
    left_out,
    notes,
    output_said,
    show_report,
    sum_column,
    sum_text,
    whole,
)
from actions.report_periods import ReportPeriod, period_or
from actions.report_scope import scope_said
from actions.report_words import Output
from actions.turn import Turn
from crm_store.insights.calendar_buckets import midnight
from crm_store.insights.grouping import Grouping
from crm_store.insights.results import (
    Interval,
    Outcome,
    average_days_to_win,
    closed_deals,
    conversion_by_stage,
    list_closed,
    lost_by_reason,
    outcome_of,
    outcomes_by,
)
from crm_store.models import Deal, Role, Stage, StageType
from crm_store.rates import Rates

THIS_YEAR = "this year"
_TOP_REASONS = 5
_MAX_IN_FILE = 10_000
_ASKS_FOR_DEALS = re.compile(
    r"\b(which|what|list|show|export|top|biggest)\b(?!.*\b(rate|average|size|percent\w*|how (much|many)|reasons?)\b)"
    r".*\b(win|wins|won|lose|lost|losses|close|closed|signed)\b",
    re.IGNORECASE,
)
_LOST = re.compile(r"\b(lose|losing|lost|loss|losses)\b", re.IGNORECASE)
_WON = re.compile(r"\b(won|wins?|winning|sold|sign|signed)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A request with everything it rests on."""

    rates: Rates
    chosen: DealFilter
    period: ReportPeriod
    where: Sequence[ColumnElement[bool]]
    title: str


@skill("action_show_results", audience=SALES, instead={Role.SUPPORT: "action_support_report"})
def show_results(turn: Turn) -> None:
    """Won and lost deals of a period beside the period before; in groups or as a list when asked for."""
    if board_wish_heard(turn) or asked_for_more(turn, covered_by_results):
        return
    rates = Rates.load(turn.session, turn.policy.currency)
    period = period_or(turn, THIS_YEAR, prefer="past")
    chosen = filter_said(turn, scope_said(turn), rates)
    output, grouping = output_said(turn), grouping_said(turn)
    name, type_asked = _outcome_asked(turn, chosen)
    where = closed_deals(turn.session, rates, chosen.selection, _interval(period), today=turn.reading.today)
    if type_asked is not None:
        where.append(Stage.type == type_asked)
    spoken = (chosen.spoken[0], period.label, *chosen.spoken[1:])
    title = " · ".join((turn.words.label(name), *spoken))
    asked = _Asked(rates=rates, chosen=chosen, period=period, where=where, title=title)
    if grouping is Grouping.STAGE:
        _show_conversion(turn, asked, output)
    elif grouping is not None or output is Output.CHART:
        _show_groups(turn, asked, grouping or Grouping.MONTH, output)
    elif type_asked is not None:
        _show_deals(turn, asked, output)
    else:
        _show_summary(turn, asked, output)


def _outcome_asked(turn: Turn, chosen: DealFilter) -> tuple[str, StageType | None]:
    """Whether only won, only lost or all closed deals are meant, by the stage named or the words used."""
    if chosen.stage_types == {StageType.WON}:
        return "won_deals", StageType.WON
    if chosen.stage_types == {StageType.LOST}:
        return "lost_deals", StageType.LOST
    if not _ASKS_FOR_DEALS.search(turn.call.text):
        return "results", None
    won, lost = _WON.search(turn.call.text), _LOST.search(turn.call.text)
    if won and not lost:
        return "won_deals", StageType.WON
    return ("lost_deals", StageType.LOST) if lost and not won else ("results", None)


def _show_summary(turn: Turn, asked: _Asked, output: Output) -> None:
    outcome = outcome_of(turn.session, asked.rates, asked.where)
    before_label, before = _before(turn, asked)
    if not outcome.won.count + outcome.lost.count:
        turn.say("utter_report_empty", title=asked.title)
        return
    figures = _figures(turn, outcome, average_days_to_win(turn.session, asked.where))
    columns = [column(turn, "figure"), _number_column(asked.period.label)]
    rows = [(turn.words.label(name), text) for name, text in figures.items()]
    compared: list[tuple[str, ...]] = list(rows)
    if before is not None:
        previous = outcome_of(turn.session, asked.rates, before)
        earlier = _figures(turn, previous, average_days_to_win(turn.session, before))
        columns.append(_number_column(before_label))
        compared = [(*row, text) for row, text in zip(rows, earlier.values(), strict=True)]
    reasons = lost_by_reason(turn.session, asked.rates, asked.where)[:_TOP_REASONS]
    spoken = ", ".join(
        f"{reason or turn.words.label('no_reason')} ({count_text(turn, deals.count)})" for reason, deals in reasons
    )
    report = Report(
        title=asked.title,
        columns=tuple(columns),
        rows=tuple(compared),
        note=notes(
            turn.words.say("utter_results_reasons", reasons=spoken) if spoken else "",
            left_out(turn, outcome.won + outcome.lost),
        ),
        file_name="results",
    )
    show_report(turn, report, output)


def _number_column(label: str) -> Column:
    return label, "number"


def _figures(turn: Turn, outcome: Outcome, days: float | None) -> dict[str, str]:
    unknown = "–"
    return {
        "won_deals": count_text(turn, outcome.won.count),
        "won_value": company_money(turn, outcome.won.amount),
        "lost_deals": count_text(turn, outcome.lost.count),
        "lost_value": company_money(turn, outcome.lost.amount),
        "win_rate": unknown if outcome.win_rate is None else percent_text(outcome.win_rate, turn.reading),
        "average_won": unknown if outcome.won.average is None else company_money(turn, outcome.won.average),
        "average_days": unknown if days is None else turn.words.counted("day", round(days)),
    }


def _show_groups(turn: Turn, asked: _Asked, grouping: Grouping, output: Output) -> None:
    groups = outcomes_by(
        turn.session, asked.rates, asked.where, grouping, zone=turn.reading.zone, top=MAX_ROWS
    )  # fmt: skip
    total = sum((each.outcome for each in groups), Outcome())
    title = turn.words.say("utter_results_by", title=asked.title, grouping=group_names(turn, grouping))
    if not total.won.count + total.lost.count:
        turn.say("utter_report_empty", title=title)
        return
    names = [group_text(turn, each.group, grouping) for each in groups]
    lines = [*zip(names, (each.outcome for each in groups), strict=True), (turn.words.label("total"), total)]
    report = Report(
        title=title,
        columns=(
            column(turn, f"grouping_{grouping.value}"),
            column(turn, "won_deals", "number"),
            sum_column(turn, "won_value"),
            column(turn, "lost_deals", "number"),
            sum_column(turn, "lost_value"),
            column(turn, "win_rate", "number"),
        ),
        rows=tuple(
            (
                name,
                count_text(turn, each.won.count),
                sum_text(turn, each.won.amount),
                count_text(turn, each.lost.count),
                sum_text(turn, each.lost.amount),
                "–" if each.win_rate is None else percent_text(each.win_rate, turn.reading),
            )
            for name, each in lines
        ),
        note=notes(
            left_out(turn, total.won + total.lost),
            turn.words.label("main_product_note") if grouping is Grouping.PRODUCT else "",
        ),
        chart=ChartSpec(
            title=title,
            labels=tuple(names),
            series=(
                Series(name=turn.words.label("won_value"), values=tuple(whole(g.outcome.won.amount) for g in groups)),
                Series(name=turn.words.label("lost_value"), values=tuple(whole(g.outcome.lost.amount) for g in groups)),
            ),
            kind=ChartKind.LINE if grouping.unit and len(groups) > 1 else ChartKind.BAR,
            unit=turn.policy.currency,
        ),
        file_name=f"results-by-{grouping.value}",
    )
    show_report(turn, report, output)


def _show_conversion(turn: Turn, asked: _Asked, output: Output) -> None:
    stages = conversion_by_stage(turn.session, asked.where)
    if not stages:
        turn.say("utter_report_empty", title=asked.title)
        return
    report = Report(
        title=turn.words.say("utter_results_by", title=asked.title, grouping=group_names(turn, Grouping.STAGE)),
        columns=(
            column(turn, "stage"),
            column(turn, "reached", "number"),
            column(turn, "won_deals", "number"),
            column(turn, "win_rate", "number"),
        ),
        rows=tuple(
            (name, count_text(turn, reached), count_text(turn, won), percent_text(won / reached, turn.reading))
            for name, reached, won in stages
        ),
        note=turn.words.label("conversion_note"),
        file_name="conversion",
    )
    show_report(turn, report, output)


def _show_deals(turn: Turn, asked: _Asked, output: Output) -> None:
    outcome = outcome_of(turn.session, asked.rates, asked.where)
    deals_sum = outcome.won + outcome.lost
    if not deals_sum.count:
        turn.say("utter_report_empty", title=asked.title)
        return
    limit = _MAX_IN_FILE if output is Output.CSV else MAX_ROWS
    deals = list_closed(turn.session, asked.rates, asked.where, today=turn.reading.today, limit=limit)
    more = deals_sum.count - len(deals)
    report = Report(
        title=asked.title,
        columns=(
            column(turn, "deal"),
            column(turn, "account"),
            column(turn, "amount", "number"),
            column(turn, "closed_on"),
            column(turn, "owner"),
            column(turn, "lost_reason"),
        ),
        rows=tuple(_deal_row(turn, deal) for deal in deals),
        note=notes(
            turn.words.say("utter_more_left_out_sentence", n=count_text(turn, more)) if more else "",
            turn.words.say(
                "utter_results_total",
                deals=turn.words.counted("deal", deals_sum.count),
                amount=company_money(turn, deals_sum.amount),
            ),
            left_out(turn, deals_sum),
        ),
        file_name="closed-deals",
    )
    show_report(turn, report, output)


def _deal_row(turn: Turn, deal: Deal) -> tuple[str, ...]:
    closed = deal.closed_at.astimezone(turn.reading.zone).date() if deal.closed_at else None
    return (
        deal.name,
        deal.account.name,
        money_text(deal.money, turn.reading) if deal.money else turn.words.label("unknown"),
        date_text(closed, turn.reading) if closed else "",
        deal.owner.name,
        deal.lost_reason or "",
    )


def _interval(period: ReportPeriod) -> Interval:
    return Interval(start=period.start, end=period.end)


def _before(turn: Turn, asked: _Asked) -> tuple[str, Sequence[ColumnElement[bool]] | None]:
    """The period of the same length before this one; of a period that is not over, as much of it as has passed."""
    found = previous_period(asked.period, turn)
    if found is None:
        return "", None
    label, interval = found
    where = closed_deals(turn.session, asked.rates, asked.chosen.selection, interval, today=turn.reading.today)
    return label, where


def previous_period(period: ReportPeriod, turn: Turn) -> tuple[str, Interval] | None:
    """The stretch before a period, and its name: the month before a month, else as many days; None without two ends.

    A period that is not over is compared with as many days of the one before.
    """
    first, last, start, end = period.first_day, period.last_day, period.start, period.end
    if first is None or last is None or start is None or end is None:
        return None
    reading = turn.reading
    whole_days = start == midnight(first, reading.zone) and end == midnight(last + timedelta(days=1), reading.zone)
    if not whole_days:
        earlier = Interval(start=start - (end - start), end=start)
        return _moments(turn, start - (end - start), start), earlier
    before_first = _first_before(first, last)
    before_last = first - timedelta(days=1)
    if end > reading.now:
        before_last = min(before_last, before_first + (reading.today - first))
    label = f"{date_text(before_first, reading)} – {date_text(before_last, reading)}"
    interval = Interval(
        start=midnight(before_first, reading.zone), end=midnight(before_last + timedelta(days=1), reading.zone)
    )
    return label, interval


def _first_before(first: date, last: date) -> date:
    after = last + timedelta(days=1)
    if first.day == 1 and after.day == 1:
        months = (after.year - first.year) * 12 + after.month - first.month
        index = first.year * 12 + first.month - 1 - months
        return date(index // 12, index % 12 + 1, 1)
    return first - (after - first)


def _moments(turn: Turn, start: datetime, end: datetime) -> str:
    return f"{stamp_text(start, turn.reading)} – {stamp_text(end, turn.reading)}"
