"""What changed in the pipeline since a moment: new deals, moves, wins and losses, amounts and close dates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from actions.asking.left_aside import say_left_aside
from actions.formatting import date_text, money_text
from actions.registry import SALES, skill
from actions.reply import Table
from actions.report_filters import filter_said
from actions.report_output import (
    MAX_ROWS,
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
)
from actions.report_periods import ReportPeriod, days_period, period_said
from actions.report_scope import scope_said
from actions.turn import Turn
from crm_store.insights.deal_snapshots import known_since, moved_close_dates
from crm_store.insights.deal_sums import DealSum
from crm_store.insights.pipeline_changes import FieldMove, Movement, PipelineChanges, Stretch, changes_between
from crm_store.models import Deal
from crm_store.money import Money
from crm_store.rates import Rates

DEFAULT_DAYS = 7
_PUT_OFF = re.compile(r"slip|pushed|postponed|put off|delayed", re.IGNORECASE)
_SLIPS = re.compile(
    r"\b(slip(?:ped|s)?|pushed (?:out|back)|postponed|put off|delayed|pulled in|moved up|close dates?)\b", re.IGNORECASE
)
Detail = tuple[str, str, str, str]


@skill("action_what_changed", audience=SALES)
def what_changed(turn: Turn) -> None:
    """The changes in sum and, below, one by one; what is not on record is said."""
    rates = Rates.load(turn.session, turn.policy.currency)
    today = turn.reading.today
    asked = _SLIPS.search(turn.call.words)
    if asked is not None:
        _show_slips(turn, rates, later_only=bool(_PUT_OFF.search(asked[0])))
        return
    period = period_said(turn, prefer="past") or days_period(today - timedelta(days=DEFAULT_DAYS), today, turn)
    chosen = filter_said(turn, scope_said(turn), rates)
    say_left_aside(turn, shown=chosen.spoken)
    title = " · ".join((turn.words.label("pipeline_changes"), chosen.spoken[0], period.label, *chosen.spoken[1:]))
    stretch = _stretch(turn, period)
    if stretch is None:
        turn.say("utter_report_empty", title=title)
        return
    changes = changes_between(turn.session, rates, chosen.selection, stretch, today=today, limit=MAX_ROWS)
    rows = list(_summary(turn, changes))
    unknown = _unknown(turn, changes, stretch)
    if not rows:
        turn.say("utter_report_empty", title=title)
        if unknown:
            turn.say("utter_changes_unknown", what=unknown)
        return
    everything = sum(changes.moved.values(), changes.created)
    summary = Report(
        title=title,
        columns=(column(turn, "what"), column(turn, "deals", "number"), sum_column(turn, "value")),
        rows=tuple(rows),
        note=notes(
            turn.words.say(
                "utter_changes_net",
                amount=company_money(turn, abs(changes.net_value)),
                direction=turn.words.label("grew" if changes.net_value >= 0 else "shrank"),
            ),
            left_out(turn, DealSum(without_amount=everything.without_amount, without_rate=everything.without_rate)),
            turn.words.say("utter_changes_unknown", what=unknown) if unknown else "",
            turn.words.label("changes_deleted"),
        ),
        file_name="changes",
    )
    output = output_said(turn)
    show_report(turn, summary, output)
    details = list(_details(turn, changes))
    if details:
        _show_details(turn, details)


def _show_slips(turn: Turn, rates: Rates, *, later_only: bool) -> None:
    """Open deals whose close date was moved, by what was written down of the pipeline every day."""
    today = turn.reading.today
    period = period_said(turn, prefer="past") or days_period(today - timedelta(days=DEFAULT_DAYS), today, turn)
    chosen = filter_said(turn, scope_said(turn), rates)
    title = " · ".join((turn.words.label("slipped_deals"), chosen.spoken[0], period.label, *chosen.spoken[1:]))
    since = period.first_day or today - timedelta(days=DEFAULT_DAYS)
    on_record = known_since(turn.session)
    moves = moved_close_dates(
        turn.session,
        rates,
        chosen.selection,
        since=since - timedelta(days=1),
        until=min(period.last_day or today, today),
        today=today,
    )
    shown = [move for move in moves if move.later or not later_only]
    if not shown:
        turn.say("utter_report_empty", title=title)
    if on_record is None or on_record >= since:
        day = date_text(on_record, turn.reading) if on_record else None
        what = turn.words.say("utter_recorded_since", day=day) if day else turn.words.label("never_recorded")
        turn.say("utter_changes_unknown", what=what)
    if not shown:
        return
    report = Report(
        title=title,
        columns=(
            column(turn, "deal"),
            column(turn, "account"),
            column(turn, "owner"),
            column(turn, "change"),
            column(turn, "days", "number"),
            column(turn, "amount", "number"),
        ),
        rows=tuple(
            (
                move.deal.name,
                move.deal.account.name,
                move.deal.owner.name,
                f"{date_text(move.before, turn.reading)} → {date_text(move.after, turn.reading)}",
                f"{(move.after - move.before).days:+d}",
                _text(turn, move.deal.money),
            )
            for move in shown
        ),
        file_name="close-dates",
    )
    show_report(turn, report, output_said(turn))


def _stretch(turn: Turn, period: ReportPeriod) -> Stretch | None:
    """The stretch up to now at most; None when it has not begun."""
    # With this very moment: a change made in the message before may carry it.
    now = turn.reading.now + timedelta(microseconds=1)
    start = period.start or now - timedelta(days=DEFAULT_DAYS)
    end = min(period.end or now, now)
    return Stretch(start=start, end=end) if start < end else None


def _summary(turn: Turn, changes: PipelineChanges) -> Iterator[tuple[str, str, str]]:
    if changes.created.count:
        yield _line(turn, "changed_new", changes.created)
    for movement in Movement:
        moved = changes.moved.get(movement)
        if moved is not None:
            yield _line(turn, f"changed_{movement.value}", moved)
    if changes.amounts:
        number = count_text(turn, len(changes.amounts))
        yield turn.words.label("changed_amount"), number, _signed(turn, changes.amount_change)
    later, earlier = _moved_dates(changes)
    for label, moves in (("changed_later", later), ("changed_earlier", earlier)):
        if moves:
            yield turn.words.label(label), count_text(turn, len(moves)), ""


def _line(turn: Turn, label: str, deals: DealSum) -> tuple[str, str, str]:
    return turn.words.label(label), count_text(turn, deals.count), sum_text(turn, deals.amount)


def _signed(turn: Turn, amount: Decimal) -> str:
    text = sum_text(turn, amount)
    return f"+{text}" if amount > 0 else text


def _moved_dates(changes: PipelineChanges) -> tuple[list[FieldMove], list[FieldMove]]:
    both = [move for move in changes.close_dates if isinstance(move.before, date) and isinstance(move.after, date)]
    later = [move for move in both if str(move.after) > str(move.before)]
    return later, [move for move in both if move not in later]


def _details(turn: Turn, changes: PipelineChanges) -> Iterator[Detail]:
    for move in changes.amounts[:MAX_ROWS]:
        yield _field_detail(turn, "amount", move)
    for move in changes.close_dates[:MAX_ROWS]:
        yield _field_detail(turn, "close_date", move)
    for step in changes.latest_moves:
        yield _detail(step.deal, turn.words.label("stage"), step.from_stage, step.to_stage)


def _field_detail(turn: Turn, label: str, move: FieldMove) -> Detail:
    return _detail(move.deal, turn.words.label(label), _text(turn, move.before), _text(turn, move.after))


def _detail(deal: Deal, what: str, before: str, after: str) -> Detail:
    return deal.name, deal.account.name, what, f"{before} → {after}"


def _text(turn: Turn, value: Money | date | None) -> str:
    match value:
        case Money():
            return money_text(value, turn.reading)
        case date():
            return date_text(value, turn.reading)
    return turn.words.label("unknown")


def _show_details(turn: Turn, details: list[Detail]) -> None:
    turn.show(
        Table(
            title=turn.words.say("utter_changes_single", n=count_text(turn, len(details[:MAX_ROWS]))),
            columns=(column(turn, "deal"), column(turn, "account"), column(turn, "what"), column(turn, "change")),
            rows=tuple(details[:MAX_ROWS]),
        )
    )


def _unknown(turn: Turn, changes: PipelineChanges, stretch: Stretch) -> str:
    """From when on changes of amounts and dates are on record, when that is not the whole stretch."""
    if changes.known_since is None:
        return turn.words.label("never_recorded")
    if changes.known_since <= stretch.start:
        return ""
    day = changes.known_since.astimezone(turn.reading.zone).date()
    return turn.words.say("utter_recorded_since", day=date_text(day, turn.reading))
