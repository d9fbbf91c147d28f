"""Who did what: calls, e-mails, meetings and notes by person or by time."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

from actions.asking.covered import covered_by_activity
from actions.asking.handing_over import asked_for_more
from actions.charts import ChartKind, ChartSpec, Series
from actions.errors import refused
from actions.registry import SALES, skill
from actions.report_groups import group_names, group_text, grouping_said
from actions.report_output import Report, column, count_text, output_said, show_report
from actions.report_periods import ReportPeriod, period_or
from actions.report_scope import Scope, people_in, scope_said
from actions.report_words import read_kind
from actions.turn import Turn
from crm_store.insights.activity_counts import Counts, activities_between, count_by_owner, count_by_time
from crm_store.insights.calendar_buckets import buckets_between
from crm_store.insights.grouping import Group, Grouping
from crm_store.models import ActivityKind, Role

_WHAT_WAS_DONE = re.compile(
    r"\bwhat\s+(?:did|have|has)\s+(?:\w+\s+){1,3}(?:do|done)\b|\bhow(?:'?s| is| are)\b.*\bdoing\b", re.IGNORECASE
)
_ALL_KINDS = (ActivityKind.CALL, ActivityKind.EMAIL, ActivityKind.MEETING, ActivityKind.NOTE)


@skill("action_team_activity", audience=SALES, instead={Role.SUPPORT: "action_support_report"})
def team_activity(turn: Turn) -> None:
    """How many activities of each kind everybody in the scope had; by month, quarter or year when asked for."""
    if not _WHAT_WAS_DONE.search(turn.call.words) and asked_for_more(turn, covered_by_activity):
        return
    scope = scope_said(turn)
    period = period_or(turn, "this week", prefer="past")
    kinds = _kinds_said(turn)
    grouping = grouping_said(turn) or Grouping.REP
    if grouping is not Grouping.REP and grouping.unit is None:
        raise refused("utter_activity_grouping")
    lines = (
        _by_rep(turn, scope, period, kinds)
        if grouping is Grouping.REP
        else _by_time(turn, scope, period, kinds, grouping)
    )
    total = {kind: sum(counts.get(kind, 0) for _, counts in lines) for kind in kinds}
    named = [column(turn, f"kind_{kind.value}")[0] for kind in kinds] if len(kinds) < len(_ALL_KINDS) else []
    title = " · ".join((turn.words.label("activities"), *named, scope.label, period.label))
    if not scope.single:
        title = turn.words.say("utter_results_by", title=title, grouping=group_names(turn, grouping))
    number = sum(total.values())
    if not number:
        turn.say("utter_report_empty", title=title)
        return
    shown = lines if len(lines) == 1 else [*lines, (turn.words.label("total"), total)]
    with_sum = len(kinds) > 1
    report = Report(
        title=title,
        columns=(
            column(turn, f"grouping_{grouping.value}"),
            *(column(turn, f"kind_{kind.value}", "number") for kind in kinds),
            *((column(turn, "total", "number"),) if with_sum else ()),
        ),
        rows=tuple(_row(turn, name, counts, kinds, with_sum=with_sum) for name, counts in shown),
        chart=ChartSpec(
            title=title,
            labels=tuple(name for name, _ in lines),
            series=tuple(
                Series(
                    name=column(turn, f"kind_{kind.value}")[0],
                    values=tuple(Decimal(counts.get(kind, 0)) for _, counts in lines),
                )
                for kind in kinds
            ),
            kind=ChartKind.STACKED_BAR,
        ),
        file_name="activity",
    )
    show_report(turn, report, output_said(turn))


def _kinds_said(turn: Turn) -> tuple[ActivityKind, ...]:
    named = {read_kind(said) for said in turn.call.all("activity_kind")} - {None}
    return tuple(kind for kind in _ALL_KINDS if kind in named) or _ALL_KINDS


def _by_rep(
    turn: Turn, scope: Scope, period: ReportPeriod, kinds: tuple[ActivityKind, ...]
) -> list[tuple[str, Counts]]:
    """Everybody who sells, also with nothing to show, and whoever else has something; the busiest first."""
    where = activities_between(period.start, period.end, owner_ids=scope.owner_ids, kinds=frozenset(kinds))
    counts = count_by_owner(turn.session, where)
    people = [
        user
        for user in people_in(turn, scope)
        if user.id in counts or (user.active and (user.role is Role.REP or scope.single))
    ]
    lines = [(user.name, counts.get(user.id, {})) for user in people]
    return sorted(lines, key=lambda line: (-sum(line[1].values()), line[0]))


def _by_time(
    turn: Turn, scope: Scope, period: ReportPeriod, kinds: tuple[ActivityKind, ...], grouping: Grouping
) -> list[tuple[str, Counts]]:
    if grouping.unit is None or period.first_day is None:
        raise refused("utter_activity_grouping")
    last = period.last_day or turn.reading.today
    buckets = buckets_between(period.first_day, min(last, turn.reading.today + timedelta(days=1)), grouping.unit)
    where = activities_between(period.start, period.end, owner_ids=scope.owner_ids, kinds=frozenset(kinds))
    counts = count_by_time(turn.session, where, buckets, turn.reading.zone)
    return [
        (group_text(turn, Group(start=bucket.start, order=index), grouping), counts.get(index, {}))
        for index, bucket in enumerate(buckets)
    ]


def _row(turn: Turn, name: str, counts: Counts, kinds: tuple[ActivityKind, ...], *, with_sum: bool) -> tuple[str, ...]:
    numbers = [counts.get(kind, 0) for kind in kinds]
    return (name, *(count_text(turn, number) for number in [*numbers, *([sum(numbers)] if with_sum else [])]))
