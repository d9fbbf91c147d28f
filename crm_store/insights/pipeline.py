"""The open deals: what they are worth, in whole and by groups, and the largest of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from crm_store.insights.calendar_buckets import Bucket, buckets_between, day_bucket
from crm_store.insights.deal_sums import DealSum, sum_deals
from crm_store.insights.grouping import Group, Grouping, fold_smallest, group_key, groups_of
from crm_store.insights.selection import DealSelection, in_stages, value_order
from crm_store.models import Deal, Stage, StageType
from crm_store.rates import Rates

DealOrder = Literal["value", "close date"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSum:
    """One group of deals and its sums."""

    group: Group
    deals: DealSum


def open_deals(session: Session, rates: Rates, selection: DealSelection, *, today: date) -> list[ColumnElement[bool]]:
    """The conditions (on Deal and Stage) for the open deals of a selection."""
    return [in_stages(session, StageType.OPEN), *selection.conditions(session, rates, today=today)]


def open_total(session: Session, rates: Rates, selection: DealSelection, *, today: date) -> DealSum:
    """What the open deals are worth at today's rates."""
    where = open_deals(session, rates, selection, today=today)
    return sum_deals(session, rates, where=where, on=today).get((), DealSum())


def open_totals_by(
    session: Session, rates: Rates, selection: DealSelection, grouping: Grouping, *, today: date, top: int | None = None
) -> list[GroupSum]:
    """The same by groups: times by close date. Groups that come in an order are in it, others by value.

    Of those without an order at most ``top`` are named; the others become one.
    """
    where = open_deals(session, rates, selection, today=today)
    buckets = _closing_buckets(session, where, grouping)
    key = group_key(grouping, time_bucket=day_bucket(Deal.close_date, buckets))
    sums = sum_deals(session, rates, where=where, on=today, by=(key.expression,), joined=key.joined)
    totals, folded = fold_smallest(
        {value: deals for (value,), deals in sums.items()},
        grouping,
        top=top,
        size=lambda deals: (deals.amount, deals.count),
    )
    groups = groups_of(session, grouping, totals, buckets=buckets, folded=folded)
    found = [GroupSum(group=group, deals=totals.get(value, DealSum())) for value, group in groups.items()]
    return sorted(found, key=lambda each: (each.group.order, -each.deals.amount, each.group.name or ""))


def list_open(
    session: Session, rates: Rates, selection: DealSelection, *, today: date, order: DealOrder, limit: int | None
) -> Sequence[Deal]:
    """The first open deals with their accounts, stages and owners; None for all of them."""
    query = (
        select(Deal)
        .join(Deal.stage)
        .where(*open_deals(session, rates, selection, today=today))
        .options(contains_eager(Deal.stage), joinedload(Deal.account), joinedload(Deal.owner))
        .limit(limit)
    )
    by_value = value_order(session, rates, today)
    if order == "close date":
        query = query.order_by(Deal.close_date.is_(None), Deal.close_date, *by_value)
    else:
        query = query.order_by(*by_value)
    return session.scalars(query).all()


def _closing_buckets(session: Session, where: Sequence[ColumnElement[bool]], grouping: Grouping) -> tuple[Bucket, ...]:
    unit = grouping.unit
    if unit is None:
        return ()
    bounds: Any = session.execute(
        select(func.min(Deal.close_date), func.max(Deal.close_date))
        .join(Stage, Stage.id == Deal.stage_id)
        .where(*where)
    ).one()
    first, last = bounds
    return buckets_between(first, last, unit) if first is not None else ()
