"""The open pipeline day by day: written down once a day, and read back as it was on any of them.

A row holds from its first day to its last, so a deal that stands still costs nothing. What happened between two days of
which the pipeline was written down counts to the later one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, func, insert, or_, select, type_coerce, update
from sqlalchemy import delete as delete_rows
from sqlalchemy.orm import Session, joinedload

from crm_store.errors import RateMissing
from crm_store.insights.selection import DealSelection
from crm_store.models import Deal, DealSnapshot, ForecastCategory, SnapshotDay, Stage, StageType
from crm_store.rates import Rates
from crm_store.store import Store

_DAY = timedelta(days=1)
_CHUNK = 5_000
_State = tuple[int, int, int | None, str, date | None, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseDateMove:
    """An open deal whose close date is not what it was: put off (``later``) or pulled in."""

    deal: Deal
    before: date
    after: date

    @property
    def later(self) -> bool:
        """Whether it was put off."""
        return self.after > self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class PastPipeline:
    """What was open on a day and was to close in a period, in the company's currency: in full, by category and weighted
    by the stages' probability. Deals without an amount or a rate count nothing.
    """

    weighted: Decimal = Decimal(0)
    by_category: dict[str, Decimal] | None = None
    deals: int = 0

    def of(self, category: ForecastCategory) -> Decimal:
        """The amounts of one category."""
        return (self.by_category or {}).get(category.value, Decimal(0))


def take_snapshot(store: Store, *, now: datetime, today: date) -> int:
    """Write down what is not as it was when it was last written down; how many deals that were. Safe to repeat."""
    with store.unit_of_work(now=now) as uow:
        changed = _compare(uow.session, today)
        if uow.session.get(SnapshotDay, today) is None:
            uow.session.add(SnapshotDay(day=today, taken_at=now))
        uow.commit()
    return changed


def _compare(session: Session, today: date) -> int:
    category = func.coalesce(Deal.forecast_category, Stage.forecast_category)
    amount = type_coerce(Deal.amount, BigInteger)
    now_open: dict[int, _State] = {
        row[0]: (row[1], row[2], row[3], row[4], row[5], str(row[6]))
        for row in session.execute(
            select(Deal.id, Deal.owner_id, Deal.stage_id, amount, Deal.currency, Deal.close_date, category)
            .join(Stage, Stage.id == Deal.stage_id)
            .where(Stage.type == StageType.OPEN)
        )
    }
    known = DealSnapshot.__table__.c
    rows = session.execute(
        select(
            known.id, known.deal_id, known.first_day, known.owner_id, known.stage_id,
            type_coerce(known.amount, BigInteger), known.currency, known.close_date, known.category,
        ).where(known.last_day.is_(None))
    )  # fmt: skip
    ended: list[int] = []
    rewritten: list[int] = []
    unchanged: set[int] = set()
    for number, deal, first_day, *state in rows:
        if now_open.get(deal) == tuple(state):
            unchanged.add(deal)
        else:
            (rewritten if first_day >= today else ended).append(number)
    table: Any = DealSnapshot.__table__
    connection = session.connection()
    for part in _parts(ended):
        connection.execute(update(table).where(known.id.in_(part)).values(last_day=today - _DAY))
    for part in _parts(rewritten):
        connection.execute(delete_rows(table).where(known.id.in_(part)))
    new = [
        {
            "deal_id": deal,
            "first_day": today,
            "last_day": None,
            "owner_id": owner,
            "stage_id": stage,
            "amount": None if thousandths is None else Decimal(thousandths).scaleb(-3),
            "currency": currency,
            "close_date": close,
            "category": kind,
        }
        for deal, (owner, stage, thousandths, currency, close, kind) in now_open.items()
        if deal not in unchanged
    ]
    for part in _parts(new):
        connection.execute(insert(table), part)
    return len(new)


def known_since(session: Session) -> date | None:
    """The first day the pipeline was written down."""
    return session.scalar(select(func.min(SnapshotDay.day)))


def moved_close_dates(
    session: Session, rates: Rates, selection: DealSelection, *, since: date, until: date, today: date
) -> list[CloseDateMove]:
    """Deals open on both days whose close date was moved between them, the furthest moves first."""
    # The table and not the mapped class: each query joins Deal, and shows only the rows of the deals it shows.
    one, other = DealSnapshot.__table__.alias("earlier"), DealSnapshot.__table__.alias("later")
    earlier, later = one.c, other.c
    rows = session.execute(
        select(Deal, earlier.close_date, later.close_date)
        .join(one, earlier.deal_id == Deal.id)
        .join(other, later.deal_id == Deal.id)
        .join(Stage, Stage.id == Deal.stage_id)
        .where(
            *selection.conditions(session, rates, today=today),
            _held_on(earlier, since),
            _held_on(later, until),
            earlier.id != later.id,
            earlier.close_date != later.close_date,
        )
        .options(joinedload(Deal.account), joinedload(Deal.owner))
    )
    moves = [
        CloseDateMove(deal=deal, before=before, after=after)
        for deal, before, after in rows
        if before is not None and after is not None
    ]
    return sorted(moves, key=lambda move: (-abs((move.after - move.before).days), move.deal.id))


def pipeline_on(
    session: Session,
    rates: Rates,
    day: date,
    *,
    first_day: date,
    last_day: date,
    owner_ids: Iterable[int] | None = None,
) -> PastPipeline:
    """What was open on ``day`` and was to close from ``first_day`` to ``last_day``, at that day's rates.

    Owners are those the deals had then.
    """
    thousandths = type_coerce(DealSnapshot.amount, BigInteger)
    query = (
        select(
            DealSnapshot.category,
            DealSnapshot.currency,
            func.count(DealSnapshot.id),
            func.coalesce(func.sum(thousandths), 0),
            func.coalesce(func.sum(thousandths * Stage.probability), 0),
        )
        .join(Stage, Stage.id == DealSnapshot.stage_id)
        .where(_held_on(DealSnapshot, day), DealSnapshot.close_date >= first_day, DealSnapshot.close_date <= last_day)
        .group_by(DealSnapshot.category, DealSnapshot.currency)
    )
    if owner_ids is not None:
        query = query.where(DealSnapshot.owner_id.in_(sorted(owner_ids)))
    weighted, by_category, deals = Decimal(0), dict[str, Decimal](), 0
    for category, currency, count, amount, points in session.execute(query):
        rate = _rate(rates, currency, day)
        if category == ForecastCategory.OMITTED.value or rate is None:
            continue
        deals += count
        weighted += Decimal(int(points)).scaleb(-5) * rate
        by_category[category] = by_category.get(category, Decimal(0)) + Decimal(int(amount)).scaleb(-3) * rate
    return PastPipeline(weighted=weighted, by_category=by_category, deals=deals)


def _held_on(snapshot: Any, day: date) -> ColumnElement[bool]:
    return and_(snapshot.first_day <= day, or_(snapshot.last_day.is_(None), snapshot.last_day >= day))


def _parts(items: list[Any]) -> Iterable[list[Any]]:
    return (items[first : first + _CHUNK] for first in range(0, len(items), _CHUNK))


def _rate(rates: Rates, currency: str, day: date) -> Decimal | None:
    try:
        return rates.rate(currency, day)
    except RateMissing:
        return None
