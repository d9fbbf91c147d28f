"""What stands beside a forecast: each deal's own chance, past revenue, both reconciled, and how good forecasts were."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from actions.charts import ChartKind, ChartSpec, Series
from actions.errors import refused
from actions.report_output import (
    Report,
    column,
    company_money,
    output_said,
    show_report,
    sum_column,
    sum_text,
    whole,
)
from actions.resolving import resolve_deal
from actions.score_words import Scored, day_text, joined, number_text, reason_texts, scored, share_text
from actions.turn import Turn
from crm_store.errors import RateMissing
from crm_store.insights.forecast import OPEN_CATEGORIES, ForecastPeriod, category_of_deal
from crm_store.insights.forecast_accuracy import DAYS_IN, PastForecast, past_forecasts
from crm_store.insights.forecast_range import ForecastRange
from crm_store.insights.pipeline import open_deals
from crm_store.insights.revenue import LEAST_MONTHS, monthly_revenue, reconcile, revenue_forecast
from crm_store.insights.scoring.runs import current_run, deal_score, model_of
from crm_store.insights.selection import DealSelection
from crm_store.models import Deal, DealScore, ScoreTask, Stage, StageType
from crm_store.rates import Rates

ASKS_ACCURACY = re.compile(
    r"\b(how (?:good|accurate|reliable|right|wrong|far off|close)\b.*\bforecasts?|forecasts?\b.*\b(?:accura\w+|error|"
    r"track record|hit rate|reliab\w+|been (?:right|wrong|off)|off (?:by|last))|accura\w+ of\b.*\bforecasts?)",
    re.IGNORECASE,
)
ASKS_CHANCE = re.compile(
    r"\b(chances?|odds|how likely|likelihood|probability|win probability|likely (?:that )?we|(?:it|that|this) likely|"
    r"will we (?:win|get|close)|are we going to (?:win|get|close))\b",
    re.IGNORECASE,
)
_NAMED = 5


def say_likely(turn: Turn, rates: Rates, selection: DealSelection, period: ForecastPeriod, closed: Decimal) -> None:
    """What the open deals of the period are worth by their own chances, where a model may be shown."""
    run = current_run(turn.session)
    model = model_of(turn.session, run, ScoreTask.WIN) if run is not None else None
    if run is None or model is None or not model.shown:
        return
    today = turn.reading.today
    rows = turn.session.execute(
        select(Deal.amount, Deal.currency, DealScore.win)
        .join(Stage, Stage.id == Deal.stage_id)
        .join(DealScore, DealScore.deal_id == Deal.id)
        .where(
            DealScore.run_id == run.id,
            *open_deals(turn.session, rates, selection, today=today),
            category_of_deal.in_(OPEN_CATEGORIES),
            Deal.close_date >= period.first_day,
            Deal.close_date <= period.last_day,
        )
    ).all()
    if not rows:
        return
    total = closed
    for amount, currency, win in rows:
        if amount is None:
            continue
        try:
            total += amount * rates.rate(currency, today) * Decimal(str(win))
        except RateMissing:
            continue
    turn.say(
        "utter_forecast_likely",
        likely=company_money(turn, total),
        wins=number_text(turn, sum(win for _, _, win in rows)),
        deals=turn.words.counted("open_deal", len(rows)),
        judged=str(model.figures["judged"]),
    )


def say_overridden(turn: Turn, rates: Rates, selection: DealSelection, period: ForecastPeriod) -> None:
    """The deals of the period that somebody judged otherwise than by stage, with the reason."""
    deals = turn.session.scalars(
        select(Deal)
        .join(Stage, Stage.id == Deal.stage_id)
        .where(
            *open_deals(turn.session, rates, selection, today=turn.reading.today),
            Deal.forecast_category.is_not(None),
            Deal.close_date >= period.first_day,
            Deal.close_date <= period.last_day,
        )
        .options(joinedload(Deal.account))
        .order_by(Deal.id)
    ).all()
    names = [
        f"{deal.account.name} {turn.words.label(f'category_{deal.forecast_category.value}')}"
        + (f" ({deal.forecast_reason})" if deal.forecast_reason else "")
        for deal in deals[:_NAMED]
        if deal.forecast_category is not None
    ]
    if names:
        turn.say("utter_forecast_overridden", names=joined(names))


def say_series(
    turn: Turn, rates: Rates, selection: DealSelection, period: ForecastPeriod, from_deals: ForecastRange | None
) -> None:
    """What past revenue alone says of the period, and both forecasts as one."""
    if period.end <= turn.reading.now:
        return
    revenue = monthly_revenue(turn.session, rates, selection, today=turn.reading.today, zone=turn.reading.zone)
    found = None
    if revenue is not None:
        found = revenue_forecast(revenue, first_day=period.first_day, last_day=period.last_day)
    if found is None:
        if revenue is None or len(revenue.amounts) < LEAST_MONTHS:
            turn.say("utter_forecast_series_short", n=str(LEAST_MONTHS))
        return
    turn.say(
        "utter_forecast_series",
        since=day_text(turn, found.since.isoformat()),
        model=turn.words.label(f"model_{found.model}"),
        mean=company_money(turn, found.mean),
        low=company_money(turn, found.low),
        high=company_money(turn, found.high),
        error=share_text(turn, found.error),
    )
    if from_deals is not None and from_deals.high > from_deals.low:
        both = reconcile((from_deals.mean, from_deals.low, from_deals.high), (found.mean, found.low, found.high))
        turn.say(
            "utter_forecast_reconciled",
            both=company_money(turn, both.mean),
            deals_weight=share_text(turn, both.first_weight),
            series_weight=share_text(turn, 1 - both.first_weight),
        )


def show_accuracy(turn: Turn, rates: Rates, selection: DealSelection, spoken: Sequence[str]) -> None:
    """What past quarters were expected to bring, and what they brought."""
    found = past_forecasts(turn.session, rates, selection, today=turn.reading.today, zone=turn.reading.zone)
    if not found:
        raise refused("utter_forecast_accuracy_none")
    errors = {days: _mean_error(found, days) for days in DAYS_IN}
    quarters = sorted({each.quarter.start for each in found})
    turn.say(
        "utter_forecast_accuracy_summary",
        n=str(len(quarters)),
        start=_share_or_unknown(turn, errors[DAYS_IN[0]]),
        middle=_share_or_unknown(turn, errors[DAYS_IN[1]]),
        end=_share_or_unknown(turn, errors[DAYS_IN[2]]),
    )
    title = " · ".join((turn.words.label("forecast_accuracy"), *spoken))
    last = [each for each in found if each.days_in == DAYS_IN[-1]]
    report = Report(
        title=title,
        columns=(
            column(turn, "quarter"),
            column(turn, "days_in", "number"),
            sum_column(turn, "expected_sum"),
            sum_column(turn, "committed"),
            sum_column(turn, "came"),
            column(turn, "off_by", "number"),
        ),
        rows=tuple(
            (
                _quarter(each),
                str(each.days_in),
                sum_text(turn, each.expected),
                sum_text(turn, each.committed),
                sum_text(turn, each.actual),
                "" if each.error is None else f"{'+' if each.error > 0 else ''}{share_text(turn, float(each.error))}",
            )
            for each in found
        ),
        note=turn.words.say("utter_forecast_accuracy_note"),
        chart=ChartSpec(
            title=title,
            labels=tuple(_quarter(each) for each in last),
            series=(
                Series(name=turn.words.label("expected_sum"), values=tuple(whole(each.expected) for each in last)),
                Series(name=turn.words.label("came"), values=tuple(whole(each.actual) for each in last)),
            ),
            kind=ChartKind.LINE,
            unit=turn.policy.currency,
        ),
        file_name="forecast-accuracy",
    )
    show_report(turn, report, output_said(turn))


def say_chance(turn: Turn) -> None:
    """How likely one deal is to be won, why, and how good that judgement is."""
    found = scored(turn, ScoreTask.WIN)
    deal = resolve_deal(turn)
    turn.focus_on(deal)
    if deal.stage.type is not StageType.OPEN:
        turn.say("utter_win_closed", deal=deal.name)
        return
    score = deal_score(turn.session, found.run, deal)
    if score is None:
        raise refused("utter_scores_too_new", account=deal.name)
    turn.say(
        "utter_win_chance",
        deal=deal.name,
        account=deal.account.name,
        win=share_text(turn, score.win),
        stage=deal.stage.name,
        stage_share=share_text(turn, deal.stage.probability / 100),
    )
    for response, side in (("utter_win_because", True), ("utter_win_but", False)):
        reasons = reason_texts(turn, score.reasons, towards=side)
        if reasons:
            turn.say(response, reasons=joined(reasons))
    say_win_backtest(turn, found)


def say_win_backtest(turn: Turn, found: Scored) -> None:
    """How good the chances were on past deals."""
    figures: dict[str, Any] = found.figures
    turn.say(
        "utter_win_backtest",
        judged=str(figures["judged"]),
        auc=share_text(turn, figures["auc"]),
        error=share_text(turn, figures["calibration_error"]),
    )


def _mean_error(found: Sequence[PastForecast], days: int) -> float | None:
    errors = [abs(float(each.error)) for each in found if each.days_in == days and each.error is not None]
    return sum(errors) / len(errors) if errors else None


def _share_or_unknown(turn: Turn, share: float | None) -> str:
    return turn.words.label("unknown") if share is None else share_text(turn, share)


def _quarter(each: PastForecast) -> str:
    return f"Q{(each.quarter.start.month + 2) // 3} {each.quarter.start.year}"
