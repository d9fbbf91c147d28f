"""Answering a typed query: its figures for every group and for all, beside those of another time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from crm_store.insights.calendar_buckets import Bucket, buckets_between
from crm_store.insights.query.collecting import collect
from crm_store.insights.query.commissions import collect_commission
from crm_store.insights.query.groups import FOLDED, QueryGroup, groups_named
from crm_store.insights.query.layer import Dimension, Measure, Subject
from crm_store.insights.query.periods import compared_period, up_to
from crm_store.insights.query.quota_attainment import collect_attainment
from crm_store.insights.query.report_query import Period, ReportQuery
from crm_store.insights.query.sources import Circumstances, conditions_of, source_of
from crm_store.insights.query.tallies import Key, Tally, regrouped, total_of
from crm_store.insights.selection import value_order
from crm_store.models import Deal

_ALWAYS_SHOWN = frozenset(
    {Dimension.REP, Dimension.TEAM, Dimension.REGION, Dimension.COUNTRY, Dimension.INDUSTRY, Dimension.SOURCE}
)
"""Groupings whose names each stand for one group: who is asked for by name has a line, also without records."""
MOST_GROUPS = (15, 7)
"""So many groups of the first and of the second dimension are named; the others are put together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A group (one of each dimension) and its tallies, one for each figure; ``before`` are those of the other time.

    ``ahead``: a stretch of time that has not begun in the first of two times that are compared.
    """

    groups: tuple[QueryGroup, ...]
    now: tuple[Tally, ...]
    before: tuple[Tally, ...] = ()
    ahead: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a query found. ``total`` is of all groups, also those that ``lines`` leave out when only the top is asked.

    ``group_count`` is how many groups of the first dimension there are; ``before`` is the period of the comparison.
    """

    query: ReportQuery
    lines: tuple[Line, ...]
    total: Line
    group_count: int
    before: Period | None = None

    def value(self, line: Line, place: int, *, before: bool = False) -> Decimal | None:
        """A figure of a line, by its place among the query's figures."""
        tallies = line.before if before else () if line.ahead else line.now
        return tallies[place].value(self.query.figures[place].measure) if tallies else None

    @property
    def is_empty(self) -> bool:
        """Whether there were no records at all, in neither time."""
        return not any(tally.count or tally.quota for tally in (*self.total.now, *self.total.before))


@dataclass(slots=True)
class _Found:
    """Tallies by key, one dictionary for each figure."""

    tallies: list[dict[Key, Tally]] = field(default_factory=list)
    buckets: tuple[Bucket, ...] = ()

    def regroup(self, keys: dict[Key, Key]) -> None:
        self.tallies = [regrouped(each, keys) for each in self.tallies]

    def all_keys(self) -> set[Key]:
        return set().union(*self.tallies)

    def at(self, key: Key) -> tuple[Tally, ...]:
        return tuple(each.get(key, Tally()) for each in self.tallies)

    def totals(self) -> tuple[Tally, ...]:
        return tuple(total_of(each) for each in self.tallies)


def run_query(at: Circumstances, query: ReportQuery) -> Answer:
    """Answer a query over the records the session shows; raises a QueryError for one that cannot be answered."""
    query.check()
    period_before = compared_period(query, at.today)
    found = _collect(at, query, query.period)
    earlier = _collect(at, query, period_before) if period_before is not None else None
    group_count = len({key[0] for key in found.all_keys()} if query.by else ())
    folded = _fold(query, found, earlier)
    keys = found.all_keys() | (earlier.all_keys() if earlier is not None else set())
    if query.top is None:
        keys |= _named_without_records(query, keys)
    named = [
        groups_named(
            at.session,
            dimension,
            {key[place] for key in keys},
            buckets=_all_buckets(query, found, earlier),
            folded=folded[place],
        )
        for place, dimension in enumerate(query.by)
    ]
    if len(query.by) == 1 and query.by[0].unit is not None:
        keys |= {(key,) for key in named[0]}
    lines = [
        Line(
            groups=tuple(names[part] for names, part in zip(named, key, strict=True)),
            now=found.at(key),
            before=earlier.at(key) if earlier is not None else (),
            ahead=any(
                dimension.unit is not None and part is not None and part >= len(found.buckets)
                for dimension, part in zip(query.by, key, strict=True)
            ),
        )
        for key in keys
        if all(part in names for names, part in zip(named, key, strict=True))
    ]
    total = Line(groups=(), now=found.totals(), before=earlier.totals() if earlier is not None else ())
    shown = _in_order(query, lines) if query.by else []
    if query.top is not None:
        shown = [line for line in shown if line.groups[0].key != FOLDED]
    return Answer(query=query, lines=tuple(shown), total=total, group_count=group_count, before=period_before)


def list_deals(at: Circumstances, query: ReportQuery, *, limit: int) -> Sequence[Deal]:
    """The deals of a query's first figure, the largest (or, with ``lowest``, the smallest) first."""
    figure = query.figures[0]
    source = source_of(figure, query)
    where = conditions_of(at, source, figure, query, query.period)
    statement = select(Deal).options(joinedload(Deal.account), joinedload(Deal.stage), joinedload(Deal.owner))
    for target, condition in source.joined.values():
        statement = statement.outerjoin(target, condition)
    unknown, largest, number = value_order(at.session, at.rates, at.today)
    order = [unknown, largest.element, number] if query.lowest else [unknown, largest, number]  # type: ignore[attr-defined]
    return at.session.scalars(statement.where(*where).order_by(*order).limit(limit)).all()


def _collect(at: Circumstances, query: ReportQuery, period: Period | None) -> _Found:
    found = _Found()
    for figure in query.figures:
        if query.subject is Subject.QUOTA:
            # Beside another time both have the part of the quota that belongs to their days.
            counted = up_to(period, at.today) if query.against is not None else period
            tallies, buckets = collect_attainment(at, query, counted)
        elif query.subject is Subject.COMMISSION:
            tallies, buckets = collect_commission(at, query, period)
        else:
            tallies, buckets = collect(at, query, figure, by=query.by, period=period)
        found.tallies.append(tallies)
        if len(buckets) > len(found.buckets):
            found.buckets = buckets
    return found


def _named_without_records(query: ReportQuery, keys: set[Key]) -> set[Key]:
    """The groups that were asked for by name and have no records: who is compared has a line, also with nothing."""
    if not query.by or not keys:
        return set()
    condition = query.condition_on(query.by[0])
    if condition is None or condition.excluded or query.by[0] not in _ALWAYS_SHOWN:
        return set()
    present, rest = {key[0] for key in keys}, min(keys, key=str)[1:]
    return {(key, *rest) for key, _ in condition.values if key not in present}


def _all_buckets(query: ReportQuery, found: _Found, earlier: _Found | None) -> tuple[Bucket, ...]:
    """The stretches of time of the first time, and after them as many as the other has more."""
    buckets = found.buckets
    if earlier is None or not buckets or len(buckets) >= len(earlier.buckets):
        return buckets or (earlier.buckets if earlier is not None else ())
    unit = next(each.unit for each in query.by if each.unit is not None)
    following = list(buckets)
    while len(following) < len(earlier.buckets):
        following += buckets_between(following[-1].end, following[-1].end, unit)
    return tuple(following)


def _fold(query: ReportQuery, found: _Found, earlier: _Found | None) -> list[int]:
    """Put the smallest groups together; how many, for each dimension."""
    counts = [0 for _ in query.by]
    measure = query.figures[0].measure
    for place, dimension in enumerate(query.by):
        limit = query.top if place == 0 and query.top is not None else MOST_GROUPS[place]
        if dimension.has_order and (place > 0 or query.top is None):
            continue
        sums = regrouped(found.tallies[0], {key: (key[place],) for key in found.tallies[0]})
        both = (found, *([earlier] if earlier is not None else []))
        parts = {key[place] for each in both for key in each.all_keys()}
        named = [part for part in parts if part is not None or query.top is not None]
        if len(named) <= limit:
            continue
        # A share is ranked by itself only where the top is asked for: else one deal of one would push the large out.
        by_value = measure.is_sum or query.top is not None
        sizes = {
            part: _size(sums.get((part,), Tally()), measure, by_value=by_value, lowest=query.lowest) for part in named
        }
        dropped = set(sorted(named, key=lambda part, sizes=sizes: (sizes[part], str(part)))[limit:])  # type: ignore[misc]
        counts[place] = len(dropped)
        for each in both:
            each.regroup({key: _replaced(key, place) for key in each.all_keys() if key[place] in dropped})
    return counts


def _size(tally: Tally, measure: Measure, *, by_value: bool, lowest: bool) -> tuple[bool, Decimal]:
    """What groups are ranked by, the first to be shown the smallest."""
    value = tally.value(measure) if by_value else Decimal(tally.count)
    if value is None:
        return True, Decimal(0)
    return False, value if lowest else -value


def _replaced(key: Key, place: int) -> Key:
    return (*key[:place], FOLDED, *key[place + 1 :])


def _in_order(query: ReportQuery, lines: list[Line]) -> list[Line]:
    """Groups that have an order in it, others by size; the rest and the unknown come last."""
    measure = query.figures[0].measure
    first_sums: dict[Any, Tally] = {}
    for line in lines:
        key = line.groups[0].key
        first_sums[key] = first_sums.get(key, Tally()) + line.now[0]
    ranked = query.top is not None or query.lowest or not query.by[0].has_order

    def place(line: Line) -> tuple[Any, ...]:
        first, *rest = line.groups
        parts: list[Any] = []
        if ranked:
            parts += [first.key == FOLDED, first.key is None]
            parts += _size(first_sums[first.key], measure, by_value=True, lowest=query.lowest)
        parts += [first.order, first.name or ""]
        for group, dimension in zip(rest, query.by[1:], strict=True):
            size = _size(line.now[0], measure, by_value=True, lowest=query.lowest)
            parts += [group.order, *(() if dimension.has_order else size), group.name or ""]
        return tuple(parts)

    return sorted(lines, key=place)


def second_groups(answer: Answer) -> list[QueryGroup]:
    """The groups of the second dimension, in the order they are shown in."""
    found = {line.groups[1].key: line.groups[1] for line in answer.lines}
    if answer.query.by[1].has_order:
        return sorted(found.values(), key=lambda group: group.order)
    sizes: dict[Any, int] = {}
    for line in answer.lines:
        sizes[line.groups[1].key] = sizes.get(line.groups[1].key, 0) + line.now[0].count
    return sorted(found.values(), key=lambda group: (group.order, -sizes[group.key], group.name or ""))
