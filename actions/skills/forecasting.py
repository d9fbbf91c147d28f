"""What a period is expected to bring, and how far everybody is from their quota."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from actions.asking.covered import covered_by_forecast, covered_by_quota
from actions.asking.handing_over import asked_for_more
from actions.asking.left_aside import say_left_aside
from actions.charts import ChartSpec, Series
from actions.errors import refused
from actions.forecast_sides import (
    ASKS_ACCURACY,
    ASKS_CHANCE,
    say_chance,
    say_likely,
    say_overridden,
    say_series,
    show_accuracy,
)
from actions.formatting import percent_text
from actions.registry import SALES, skill
from actions.report_filters import DealFilter, filter_said
from actions.report_output import (
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
from actions.report_periods import ReportPeriod, days_period, period_or
from actions.report_scope import Scope, people_in, scope_said
from actions.report_words import Output
from actions.turn import Turn
from crm_store.insights.calendar_buckets import midnight
from crm_store.insights.deal_sums import DealSum
from crm_store.insights.forecast import OPEN_CATEGORIES, Forecast, ForecastPeriod, forecast_by_owner, outside_forecast
from crm_store.insights.forecast_range import ForecastRange, forecast_range
from crm_store.insights.quota import Quotas, quotas_of, share_elapsed
from crm_store.models import User
from crm_store.rates import Rates

THIS_QUARTER = "this quarter"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A request with everything it rests on."""

    scope: Scope
    chosen: DealFilter
    period: ForecastPeriod
    by_owner: dict[int, Forecast]
    quotas: Quotas
    rates: Rates
    whole_business: bool

    @property
    def total(self) -> Forecast:
        return sum(self.by_owner.values(), Forecast())


@skill("action_forecast", audience=SALES)
def forecast(turn: Turn) -> None:
    """Closed so far and what the open deals of the period bring, beside the quota and what past revenue says.

    Asked how good forecasts were, those of past quarters; asked for a deal's chances, those.
    """
    if ASKS_ACCURACY.search(turn.call.words):
        rates = Rates.load(turn.session, turn.policy.currency)
        chosen = filter_said(turn, scope_said(turn), rates)
        show_accuracy(turn, rates, chosen.selection, chosen.spoken)
        return
    if ASKS_CHANCE.search(turn.call.words) and _names_one_deal(turn):
        say_chance(turn)
        return
    if asked_for_more(turn, covered_by_forecast):
        return
    asked = _asked(turn, prefer_future=True)
    say_left_aside(turn, shown=asked.chosen.spoken)
    total, quota = asked.total, asked.quotas.total
    title = asked.chosen.title(turn.words.label("forecast"))
    turn.say(
        "utter_forecast_summary",
        expected=company_money(turn, total.expected),
        closed=company_money(turn, total.closed.amount),
        weighted=company_money(turn, total.open.weighted),
        commit=company_money(turn, total.committed),
        best=company_money(turn, total.best_case),
    )
    if quota:
        turn.say(
            "utter_forecast_quota",
            quota=company_money(turn, quota),
            share=percent_text(total.expected / quota, turn.reading),
            gap=company_money(turn, abs(quota - total.expected)),
            side=turn.words.label("short" if total.expected < quota else "over"),
        )
    selection = asked.chosen.selection
    say_likely(turn, asked.rates, selection, asked.period, total.closed.amount)
    from_deals = _say_range(turn, asked)
    say_series(turn, asked.rates, selection, asked.period, from_deals)
    say_overridden(turn, asked.rates, selection, asked.period)
    categories = [("closed_won", total.closed)]
    categories += [(f"category_{each.value}", total.by_category.get(each, DealSum())) for each in OPEN_CATEGORIES]
    everything = total.closed + total.open
    rows = [
        (turn.words.label(name), count_text(turn, s.count), sum_text(turn, s.amount), sum_text(turn, s.weighted))
        for name, s in [*categories, ("total", everything)]
    ]
    amounts, weighted = turn.words.label("amount"), turn.words.label("weighted")
    report = Report(
        title=title,
        columns=(
            column(turn, "category"),
            column(turn, "deals", "number"),
            sum_column(turn, "amount"),
            sum_column(turn, "weighted"),
        ),
        rows=tuple(rows),
        note=_forecast_note(turn, asked),
        chart=ChartSpec(
            title=title,
            labels=tuple(turn.words.label(name) for name, _ in categories),
            series=(
                Series(name=amounts, values=tuple(whole(s.amount) for _, s in categories)),
                Series(name=weighted, values=tuple(whole(s.weighted) for _, s in categories)),
            ),
            unit=turn.policy.currency,
        ),
        file_name="forecast",
    )
    output = output_said(turn)
    show_report(turn, report, output)
    if not asked.scope.single and (asked.by_owner or asked.quotas.by_user):
        show_report(turn, _by_rep(turn, asked), Output.TABLE if output is Output.CHART else output)


def _names_one_deal(turn: Turn) -> bool:
    """Whether a deal or a company is named or pointed at, and no period."""
    call = turn.call
    if call.first("deal") or call.first("account"):
        return True
    return not call.first("date") and bool(re.search(r"\b(it|this|that deal|this deal|them)\b", call.words, re.I))


def _say_range(turn: Turn, asked: _Asked) -> ForecastRange | None:
    """How far the result may lie from what is expected, for periods that are not over."""
    found = forecast_range(
        turn.session,
        asked.rates,
        asked.chosen.selection,
        asked.period,
        closed=asked.total.closed.amount,
        now=turn.reading.now,
    )
    if found is not None and asked.period.end > turn.reading.now:
        turn.say(
            "utter_forecast_range",
            low=company_money(turn, found.low),
            high=company_money(turn, found.high),
            middle=company_money(turn, found.middle),
            deals=turn.words.counted("open_deal", found.deals),
            closed=turn.words.counted("closed_deal", found.closed),
        )
    return found


def _by_rep(turn: Turn, asked: _Asked) -> Report:
    people = _people_with_numbers(turn, asked)
    lines = [(user.name, asked.by_owner.get(user.id, Forecast()), asked.quotas.by_user.get(user.id)) for user in people]
    lines.sort(key=lambda line: (-line[1].expected, line[0]))
    lines.append((turn.words.label("total"), asked.total, asked.quotas.total or None))
    return Report(
        title=turn.words.say("utter_forecast_by_rep", title=asked.chosen.title(turn.words.label("forecast"))),
        columns=(
            column(turn, "grouping_rep"),
            sum_column(turn, "closed_won"),
            sum_column(turn, "weighted_open"),
            sum_column(turn, "expected_sum"),
            sum_column(turn, "quota"),
            column(turn, "expected_share", "number"),
        ),
        rows=tuple(
            (
                name,
                sum_text(turn, each.closed.amount),
                sum_text(turn, each.open.weighted),
                sum_text(turn, each.expected),
                sum_text(turn, quota) if quota else turn.words.label("none"),
                percent_text(each.expected / quota, turn.reading) if quota else "",
            )
            for name, each, quota in lines
        ),
        file_name="forecast-by-rep",
    )


def _forecast_note(turn: Turn, asked: _Asked) -> str:
    outside = outside_forecast(
        turn.session, asked.rates, asked.chosen.selection, asked.period, today=turn.reading.today
    )
    total, words = asked.total, turn.words
    return notes(
        left_out(turn, total.closed + total.open),
        *(
            words.say(response, deals=words.counted("deal", count))
            for response, count in (
                ("utter_forecast_without_date", outside.without_date),
                ("utter_forecast_slipped", outside.slipped),
                ("utter_forecast_past_due", outside.past_due),
                ("utter_forecast_omitted", total.omitted.count),
            )
            if count
        ),
        _quota_note(turn, asked.quotas) if asked.whole_business else turn.words.label("quota_not_compared"),
    )


def _quota_note(turn: Turn, quotas: Quotas) -> str:
    return notes(
        turn.words.label("quota_prorated") if quotas.by_user and quotas.prorated else "",
        turn.words.label("quota_incomplete") if quotas.incomplete else "",
        "" if quotas.by_user else turn.words.label("no_quota"),
    )


@skill("action_quota_status", audience=SALES)
def quota_status(turn: Turn) -> None:
    """Closed against quota for everybody in the scope, those furthest behind first."""
    if asked_for_more(turn, covered_by_quota):
        return
    asked = _asked(turn, prefer_future=False)
    quotas = asked.quotas.by_user
    people = [user for user in _people_with_numbers(turn, asked) if quotas.get(user.id)]
    if not people:
        raise refused("utter_quota_none", title=asked.chosen.title(turn.words.label("quota")))
    elapsed = share_elapsed(asked.period.start, asked.period.end, turn.reading.now)
    lines = sorted(
        ((user.name, asked.by_owner.get(user.id, Forecast()).closed, quotas[user.id]) for user in people),
        key=lambda line: (line[1].amount / line[2], line[0]),
    )
    closed = sum((line[1] for line in lines), DealSum())
    quota = sum((line[2] for line in lines), Decimal(0))
    behind = [name for name, won, target in lines if float(won.amount / target) < elapsed]
    turn.say(
        "utter_quota_summary",
        closed=company_money(turn, closed.amount),
        quota=company_money(turn, quota),
        share=percent_text(closed.amount / quota, turn.reading),
        elapsed=percent_text(elapsed, turn.reading),
    )
    if len(lines) > 1:
        names = ", ".join(behind)
        turn.say("utter_quota_behind" if behind else "utter_quota_nobody_behind", names=names)
    title = asked.chosen.title(turn.words.label("quota"))
    everybody = [*lines, (turn.words.label("total"), closed, quota)] if len(lines) > 1 else lines
    without_quota = {owner: each.closed for owner, each in asked.by_owner.items() if not quotas.get(owner)}
    report = Report(
        title=title,
        columns=(
            column(turn, "grouping_rep"),
            sum_column(turn, "closed_won"),
            sum_column(turn, "quota"),
            column(turn, "attainment", "number"),
            sum_column(turn, "to_go"),
            column(turn, "status"),
        ),
        rows=tuple(
            (
                name,
                sum_text(turn, won.amount),
                sum_text(turn, target),
                percent_text(won.amount / target, turn.reading),
                sum_text(turn, max(Decimal(0), target - won.amount)),
                turn.words.label(_status(float(won.amount / target), elapsed)),
            )
            for name, won, target in everybody
        ),
        note=notes(
            left_out(turn, closed),
            turn.words.say("utter_quota_others", amount=company_money(turn, _amount(without_quota)))
            if _amount(without_quota)
            else "",
            _quota_note(turn, asked.quotas),
        ),
        chart=ChartSpec(
            title=title,
            labels=tuple(name for name, _, _ in lines),
            series=(
                Series(name=turn.words.label("closed_won"), values=tuple(whole(won.amount) for _, won, _ in lines)),
                Series(name=turn.words.label("quota"), values=tuple(whole(target) for _, _, target in lines)),
            ),
            unit=turn.policy.currency,
        ),
        file_name="quota",
    )
    show_report(turn, report, output_said(turn))


def _amount(closed: dict[int, DealSum]) -> Decimal:
    return sum((each.amount for each in closed.values()), Decimal(0))


def _status(attainment: float, elapsed: float) -> str:
    if attainment >= 1:
        return "quota_reached"
    if elapsed >= 1:
        return "quota_missed"
    return "quota_on_track" if attainment >= elapsed else "quota_is_behind"


def _asked(turn: Turn, *, prefer_future: bool) -> _Asked:
    rates = Rates.load(turn.session, turn.policy.currency)
    label, days = _bounded(turn, period_or(turn, THIS_QUARTER, prefer="future" if prefer_future else "past"))
    scope = scope_said(turn)
    chosen = filter_said(turn, scope, rates)
    # A quota is for all somebody sells; the deals with one company, say, cannot be held against it.
    whole_business = len(chosen.spoken) == 1
    quotas = quotas_of(turn.session, days.first_day, days.last_day, owner_ids=scope.owner_ids)
    spoken = (chosen.spoken[0], label, *chosen.spoken[1:])
    chosen = DealFilter(selection=chosen.selection, spoken=spoken, single_owner=chosen.single_owner)
    return _Asked(
        scope=scope,
        chosen=chosen,
        period=days,
        by_owner=forecast_by_owner(turn.session, rates, chosen.selection, days, today=turn.reading.today),
        quotas=quotas if whole_business else Quotas(by_user={}, prorated=False, incomplete=frozenset()),
        rates=rates,
        whole_business=whole_business,
    )


def _bounded(turn: Turn, period: ReportPeriod) -> tuple[str, ForecastPeriod]:
    """The period with two ends, and its name: one open to a side begins or ends today."""
    today, zone = turn.reading.today, turn.reading.zone
    first, last = period.first_day, period.last_day
    label = period.label
    if first is None or last is None:
        first = first or min(today, last or today)
        last = last or max(today, first)
        label = days_period(first, last, turn).label
    end = midnight(last + timedelta(days=1), zone)
    return label, ForecastPeriod(first_day=first, last_day=last, start=midnight(first, zone), end=end)


def _people_with_numbers(turn: Turn, asked: _Asked) -> list[User]:
    """Everybody in the scope who has a quota or something in the period."""
    numbers = asked.by_owner.keys() | asked.quotas.by_user.keys()
    return [user for user in people_in(turn, asked.scope) if user.id in numbers]
