"""Deals as arrays: what was known of each of them at any moment, from their stages and activities."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, func, select, type_coerce
from sqlalchemy.orm import Session

from crm_store.errors import RateMissing
from crm_store.insights.dialects import DayNumber
from crm_store.insights.outcomes.features import Features
from crm_store.insights.scoring.events import Events, Floats, Ints
from crm_store.insights.scoring.number_columns import number_columns
from crm_store.models import (
    Activity,
    ActivityKind,
    Deal,
    DealSnapshot,
    Order,
    OrderStatus,
    Pipeline,
    Stage,
    StageChange,
    StageType,
    User,
)
from crm_store.rates import Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class DealHistory:
    """Deals numbered as in ``ids``; days are ordinals, ``closed`` is 0 while open; amounts in the company's currency.

    ``steps`` are changes of stage as (deal, day, stage) in order, ``step_keys`` the same as sortable numbers.
    ``put_off`` are the days a close date was moved to a later one. ``account_of`` numbers the customers of
    ``account_orders``.
    """

    ids: Ints
    created: Ints
    closed: Ints
    won: NDArray[np.bool_]
    amount: Floats
    source: NDArray[np.str_]
    owner: NDArray[np.str_]
    pipeline: NDArray[np.str_]
    steps: tuple[Ints, Ints, Ints]
    step_keys: Ints
    stage_names: dict[int, str]
    contacts: Events
    put_off: Events
    account_orders: Events
    account_of: Ints


_DAYS = 4_000_000


def read_deals(session: Session, rates: Rates, *, now: datetime, since: int) -> DealHistory:
    """All open deals and those closed since a day."""
    rows = session.execute(
        select(
            Deal.id,
            Deal.account_id,
            DayNumber(Deal.created_at),
            func.coalesce(DayNumber(Deal.closed_at), 0),
            Stage.type,
            func.coalesce(type_coerce(Deal.amount, BigInteger), -1),
            Deal.currency,
            Deal.source,
            User.handle,
            Pipeline.name,
        )
        .join(Stage, Stage.id == Deal.stage_id)
        .join(Pipeline, Pipeline.id == Stage.pipeline_id)
        .join(User, User.id == Deal.owner_id)
        .where((Deal.closed_at.is_(None)) | (DayNumber(Deal.closed_at) >= since))
        .order_by(Deal.id)
    ).all()
    worth = {currency: _rate(rates, currency, now) for currency in {row[6] for row in rows}}
    ids = np.array([row[0] for row in rows], dtype=np.int64)
    account_ids, account_of = np.unique(np.array([row[1] for row in rows], dtype=np.int64), return_inverse=True)
    stages = session.execute(select(Stage.id, Stage.name, Stage.position, Stage.type)).all()
    steps = number_columns(
        session,
        select(StageChange.deal_id, DayNumber(StageChange.at), StageChange.to_stage_id).order_by(
            StageChange.deal_id, StageChange.at, StageChange.id
        ),
    )
    steps = steps[np.isin(steps[:, 0], ids)]
    step_deal = np.searchsorted(ids, steps[:, 0])
    calls = number_columns(
        session,
        select(Activity.deal_id, DayNumber(Activity.at)).where(
            Activity.deal_id.is_not(None), Activity.activity_kind != ActivityKind.NOTE
        ),
    )
    orders = number_columns(
        session, select(Order.account_id, DayNumber(Order.placed_at)).where(Order.status != OrderStatus.CANCELLED)
    )
    return DealHistory(
        ids=ids,
        created=np.array([row[2] for row in rows], dtype=np.int64),
        closed=np.array([row[3] for row in rows], dtype=np.int64),
        won=np.array([row[4] is StageType.WON for row in rows], dtype=bool),
        amount=np.array(
            [float("nan") if row[5] < 0 else row[5] / 1000 * worth[row[6]] for row in rows], dtype=np.float64
        ),
        source=np.array([row[7] or "" for row in rows], dtype=str),
        owner=np.array([row[8] for row in rows], dtype=str),
        pipeline=np.array([row[9] for row in rows], dtype=str),
        steps=(step_deal, steps[:, 1], steps[:, 2]),
        step_keys=step_deal * _DAYS + steps[:, 1],
        stage_names={row[0]: row[1] for row in stages if row[3] is StageType.OPEN},
        contacts=_events(ids, calls),
        put_off=_events(ids, _put_off(session)),
        account_orders=_events(account_ids, orders),
        account_of=account_of.astype(np.int64),
    )


def deal_features(deals: DealHistory, of: Ints, day: Ints) -> tuple[Features, NDArray[np.bool_]]:
    """What was known of each deal at the end of its day, and whether it was in an open stage then."""
    step_deal, step_day, step_stage = deals.steps
    place = np.searchsorted(deals.step_keys, of * _DAYS + day, side="right") - 1
    there = (place >= 0) & (step_deal[np.maximum(place, 0)] == of)
    stage = np.where(there, step_stage[np.maximum(place, 0)], -1)
    since = np.where(there, step_day[np.maximum(place, 0)], deals.created[of])
    first = np.searchsorted(deals.step_keys, of * _DAYS, side="left")
    names = np.array([deals.stage_names.get(int(each), "") for each in stage], dtype=str)
    last = np.maximum(deals.contacts.last(day, of), deals.created[of])
    features = Features(
        columns={
            "stage": names,
            "pipeline": deals.pipeline[of],
            "days_open": (day - deals.created[of]).astype(float),
            "days_in_stage": (day - since).astype(float),
            "steps": (place - first).astype(float),
            "days_without_activity": (day - last).astype(float),
            "activities_month": deals.contacts.count(day - 30, day, of).astype(float),
            "amount": np.log1p(deals.amount[of]),
            "times_put_off": deals.put_off.count(0, day, of).astype(float),
            "orders_before": deals.account_orders.count(0, day, deals.account_of[of]).astype(float),
            "source": deals.source[of],
            "owner": deals.owner[of],
        }
    )
    return features, names != ""


def _put_off(session: Session) -> Ints:
    """(deal, day) of every day a close date was written down later than the day before."""
    rows = number_columns(
        session,
        select(DealSnapshot.deal_id, DayNumber(DealSnapshot.first_day), DayNumber(DealSnapshot.close_date))
        .where(DealSnapshot.close_date.is_not(None))
        .order_by(DealSnapshot.deal_id, DealSnapshot.first_day),
    )
    later = (rows[1:, 0] == rows[:-1, 0]) & (rows[1:, 2] > rows[:-1, 2])
    return np.asarray(rows[1:][later][:, :2])


def _events(ids: Ints, rows: Ints) -> Events:
    if not len(ids):
        return Events.of(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), owners=0)
    position = np.minimum(np.searchsorted(ids, rows[:, 0]), len(ids) - 1)
    good = ids[position] == rows[:, 0]
    return Events.of(position[good], rows[good, 1], owners=len(ids))


def _rate(rates: Rates, currency: str, now: datetime) -> float:
    try:
        return float(rates.rate(currency, now.date()))
    except RateMissing:
        return float("nan")
