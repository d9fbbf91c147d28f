"""The pipeline as it was written down day by day: stages from the deals' history, close dates with their slips."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import Connection, select

from crm_store.demo.rows import Rows
from crm_store.demo.timeline import Timeline
from crm_store.models import Deal, DealSnapshot, SnapshotDay, Stage, StageChange, StageType

_CLOSES_LATER = {"won": (0.42, 0.12), "lost": (0.65, 0.3), "open": (0.5, 0.2)}
"""How likely a close date was put off once, and twice."""
_PULLED_IN = 0.15
_DAY = timedelta(days=1)


def write_snapshots(rows: Rows, timeline: Timeline, rng: Random, connection: Connection, *, closed_too: bool) -> None:
    """Add a row for every stretch a deal stood still while it was open, and a day for each it was written down on.

    ``closed_too``: deals that are closed by now as well, so that past forecasts can be judged.
    """
    deals = Deal.__table__.c
    stages = {row.id: row for row in connection.execute(select(Stage.__table__))}
    steps: dict[int, list[tuple[date, int]]] = defaultdict(list)
    change = StageChange.__table__.c
    for deal, stage, at in connection.execute(
        select(change.deal_id, change.to_stage_id, change.at).order_by(change.deal_id, change.at, change.id)
    ):
        steps[deal].append((at.date(), stage))
    for deal in connection.execute(
        select(
            deals.id, deals.owner_id, deals.stage_id, deals.amount, deals.currency, deals.close_date, deals.closed_at
        ).order_by(deals.id)
    ):
        is_open = stages[deal.stage_id].type is StageType.OPEN
        if is_open or closed_too:
            for row in _stretches(rng, timeline, deal, steps[deal.id], stages):
                rows.add(DealSnapshot, **row)
            rows.write_when_many()
    day = timeline.start
    while day <= timeline.yesterday:
        rows.add(SnapshotDay, day=day, taken_at=datetime.combine(day, time(23, 30), UTC))
        day += _DAY


def _stretches(
    rng: Random, timeline: Timeline, deal: Any, steps: list[tuple[date, int]], stages: dict[int, Any]
) -> Iterator[dict[str, Any]]:
    """The deal's rows, one after the other without a gap."""
    created = steps[0][0]
    end = deal.closed_at.date() - _DAY if deal.closed_at is not None else timeline.yesterday
    kind = stages[deal.stage_id].type.value
    dates = _close_dates(rng, deal.close_date, created, end, kind)
    days = sorted(
        {day for day, _ in steps if created <= day <= end} | {day for day, _ in dates if created <= day <= end}
    )
    before: tuple[int, date | None] | None = None
    held: list[tuple[date, int, date | None]] = []
    for day in days:
        stage = next(stage for since, stage in reversed(steps) if since <= day)
        close = next((close for since, close in reversed(dates) if since <= day), None)
        if stages[stage].type is StageType.OPEN and (stage, close) != before:
            held.append((day, stage, close))
            before = (stage, close)
    for number, (day, stage, close) in enumerate(held):
        following = held[number + 1][0] if number + 1 < len(held) else None
        yield {
            "deal_id": deal.id,
            "first_day": day,
            "last_day": following - _DAY if following else (None if deal.closed_at is None else end),
            "owner_id": deal.owner_id,
            "stage_id": stage,
            "amount": deal.amount,
            "currency": deal.currency,
            "close_date": close,
            "category": stages[stage].forecast_category.value,
        }


def _close_dates(rng: Random, last: date | None, created: date, end: date, kind: str) -> list[tuple[date, date | None]]:
    """When the close date was written down as what, the first when the deal was made; the last is the deal's own."""
    if last is None:
        return [(created, None)]
    once, twice = _CLOSES_LATER[kind]
    draw = rng.random()
    moves = 2 if draw < twice else 1 if draw < once else 0
    length = (end - created).days
    if length < 10:
        moves = 0
    days = sorted(created + timedelta(days=rng.randint(3, length)) for _ in range(moves)) if moves else []
    dates: list[tuple[date, date | None]] = []
    planned = last
    for day in reversed(days):
        dates.append((day, planned))
        step = timedelta(days=rng.randint(8, 45))
        planned = planned + step if rng.random() < _PULLED_IN else max(day, planned - step)
    dates.append((created, planned))
    return dates[::-1]
