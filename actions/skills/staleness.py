"""Open deals that go cold: nobody has touched them for too long, or their close date has passed."""

from __future__ import annotations

import re
from datetime import datetime

from actions.asking.analyses import named_analysis_said
from actions.asking.left_aside import say_left_aside
from actions.describing import describe_briefly
from actions.formatting import date_text, money_text
from actions.listing import remember_listed
from actions.registry import SALES, skill
from actions.report_filters import fields_without, filter_said
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
)
from actions.report_periods import ReportPeriod, period_said
from actions.report_scope import scope_said
from actions.skills.pipeline import show_pipeline
from actions.turn import Turn
from crm_store.insights.staleness import StaleRule, find_stale
from crm_store.models import Deal, Role
from crm_store.rates import Rates
from nlu.values import read_duration

_BUTTONS = 3
_CLOSE_DATE = re.compile(r"close dates?|overdue|slipp|past (their|the) close", re.IGNORECASE)
_NEXT_STEP = re.compile(r"next steps?", re.IGNORECASE)
_STAGE = re.compile(r"same stage|(didn'?t|not|haven'?t|hasn'?t) move", re.IGNORECASE)


@skill("action_stale_deals", audience=SALES, instead={Role.SUPPORT: "action_show_tickets"})
def stale_deals(turn: Turn) -> None:
    """The stale deals, the most valuable first, with why each is one."""
    if named_analysis_said(turn):
        return  # "how long are deals stuck in proposal"
    if fields_without(turn.call.text):
        # Nothing is late with "deals without a close date": they are open deals like others.
        show_pipeline(turn)
        return
    rates = Rates.load(turn.session, turn.policy.currency)
    quiet = period_said(turn, prefer="past")
    chosen = filter_said(turn, scope_said(turn), rates)
    say_left_aside(turn, shown=chosen.spoken)
    rule, reading_of_it = _rule(turn, quiet)
    now, today = turn.reading.now, turn.reading.today
    found = find_stale(turn.session, rates, chosen.selection, rule, now=now, today=today, limit=MAX_ROWS)
    title = " · ".join((turn.words.label("stale_deals"), *chosen.spoken, reading_of_it))
    if not found.total.count:
        turn.say("utter_report_empty", title=title)
        return
    more = found.total.count - len(found.largest)
    report = Report(
        title=title,
        columns=(
            column(turn, "deal"),
            column(turn, "account"),
            column(turn, "stage"),
            column(turn, "amount", "number"),
            column(turn, "quiet_days", "number"),
            column(turn, "close_date"),
            *(() if chosen.single_owner else (column(turn, "owner"),)),
        ),
        rows=tuple(_row(turn, deal, with_owner=not chosen.single_owner) for deal in found.largest),
        note=notes(
            turn.words.say("utter_more_left_out_sentence", n=count_text(turn, more)) if more else "",
            turn.words.say(
                "utter_stale_total",
                deals=turn.words.counted("deal", found.total.count),
                amount=company_money(turn, found.total.amount),
                quiet=count_text(turn, found.quiet),
                overdue=count_text(turn, found.overdue),
            ),
            left_out(turn, found.total),
        ),
        file_name="stale-deals",
    )
    show_report(turn, report, output_said(turn))
    remember_listed(turn, found.largest)
    for deal in found.largest[:_BUTTONS]:
        turn.offer(describe_briefly(deal), "show_record", ref=str(deal.ref))


def _rule(turn: Turn, quiet: ReportPeriod | None) -> tuple[StaleRule, str]:
    """What counts as stale in this request, and that in words."""
    said = f"{turn.call.text} {turn.call.first('field') or ''}"
    since = _so_long_ago(turn) or _since(quiet)
    if since is not None and _STAGE.search(said):
        return StaleRule(unmoved_since=since), turn.words.say("utter_stale_unmoved", day=_day(turn, since))
    if since is not None:
        return StaleRule(quiet_since=since), turn.words.say("utter_stale_quiet", day=_day(turn, since))
    if _CLOSE_DATE.search(said):
        return StaleRule(overdue=True), turn.words.label("stale_overdue")
    if _NEXT_STEP.search(said):
        return StaleRule(without_next_step=True), turn.words.label("stale_no_next_step")
    return StaleRule(rotting=True, overdue=True), turn.words.label("stale_usual")


def _so_long_ago(turn: Turn) -> datetime | None:
    """So long before now as was said ("in 60 days", "for three weeks"): nobody asks for what is quiet in future."""
    said = next((e.text for e in turn.call.entities if e.entity in {"date", "duration"}), None)
    length = read_duration(said, turn.reading) if said else None
    return length.times(-1).after(turn.reading.now.astimezone(turn.reading.zone)) if length is not None else None


def _since(quiet: ReportPeriod | None) -> datetime | None:
    return quiet.start or quiet.end if quiet is not None else None


def _day(turn: Turn, moment: datetime) -> str:
    return date_text(moment.astimezone(turn.reading.zone).date(), turn.reading)


def _row(turn: Turn, deal: Deal, *, with_owner: bool) -> tuple[str, ...]:
    days = (turn.reading.now - deal.last_activity_at).days
    due = deal.close_date
    due_text = turn.words.label("unknown") if due is None else date_text(due, turn.reading)
    if due is not None and due < turn.reading.today:
        due_text = turn.words.say("utter_stale_passed", day=due_text)
    return (
        deal.name,
        deal.account.name,
        deal.stage.name,
        money_text(deal.money, turn.reading) if deal.money else turn.words.label("unknown"),
        count_text(turn, max(0, days)),
        due_text,
        *((deal.owner.name,) if with_owner else ()),
    )
