"""Everything the models look at of every customer, read once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, case, func, select, type_coerce
from sqlalchemy.orm import Session

from crm_store.errors import RateMissing
from crm_store.insights.dialects import DayNumber
from crm_store.insights.scoring.events import Events, Floats, Ints
from crm_store.insights.scoring.number_columns import number_columns
from crm_store.models import (
    Account,
    Activity,
    ActivityKind,
    Deal,
    Invoice,
    InvoiceStatus,
    Order,
    OrderStatus,
    Stage,
    StageType,
    Ticket,
)
from crm_store.rates import Rates

_NEVER = 3_999_999


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerHistory:
    """Customers numbered as in ``accounts``, and what happened with each of them up to today.

    ``order_days`` are days with an order, worth what was ordered in the company's currency; ``orders`` gives each such
    day as (customer, day, worth). ``late`` are invoices on the day they became overdue without having been paid.
    ``without_rate`` orders are left out. ``texts``: what is known of the company itself.
    """

    accounts: Ints
    texts: dict[str, NDArray[np.str_]]
    employees: Floats
    orders: tuple[Ints, Ints, Floats]
    order_days: Events
    contacts: Events
    tickets: Events
    late: Events
    lost: Events
    opened: Events
    closed: Events
    without_rate: int

    def __len__(self) -> int:
        return len(self.accounts)


def read_history(session: Session, rates: Rates, *, today: date) -> CustomerHistory:
    """The history of every customer the session shows, up to the end of ``today``."""
    rows = session.execute(
        select(Account.id, Account.industry, Account.region, Account.employees).order_by(Account.id)
    ).all()
    accounts = np.array([row[0] for row in rows], dtype=np.int64)
    texts = {
        "industry": np.array([row[1] or "" for row in rows], dtype=str),
        "region": np.array([row[2] or "" for row in rows], dtype=str),
    }
    employees = np.array([np.nan if row[3] is None else row[3] for row in rows], dtype=float)
    del rows
    orders, without_rate = _orders(session, rates, accounts, today)
    until = today.toordinal()

    def events(query: Any) -> Events:
        table = number_columns(session, query)
        owner, day = _known(accounts, table[:, 0], table[:, 1], until)
        return Events.of(owner, day, owners=len(accounts))

    deal_closed = select(Deal.account_id, DayNumber(Deal.closed_at)).where(Deal.closed_at.is_not(None))
    return CustomerHistory(
        accounts=accounts,
        texts=texts,
        employees=employees,
        orders=orders,
        order_days=Events.of(*orders, owners=len(accounts)),
        contacts=events(
            select(Activity.account_id, DayNumber(Activity.at)).where(
                Activity.account_id.is_not(None), Activity.activity_kind != ActivityKind.NOTE
            )
        ),
        tickets=events(select(Ticket.account_id, DayNumber(Ticket.created_at)).where(Ticket.account_id.is_not(None))),
        late=events(
            select(Invoice.account_id, DayNumber(Invoice.due_on) + 1).where(
                Invoice.status != InvoiceStatus.VOID, func.coalesce(Invoice.paid_on, date(9999, 1, 1)) > Invoice.due_on
            )
        ),
        lost=events(deal_closed.join(Stage, Stage.id == Deal.stage_id).where(Stage.type == StageType.LOST)),
        opened=events(select(Deal.account_id, DayNumber(Deal.created_at))),
        closed=events(deal_closed),
        without_rate=without_rate,
    )


def _orders(session: Session, rates: Rates, accounts: Ints, today: date) -> tuple[tuple[Ints, Ints, Floats], int]:
    """Days with orders: (customer, day, worth), sorted."""
    currencies = sorted(session.scalars(select(Order.currency).distinct())) or [rates.company_currency]
    code = case({currency: number for number, currency in enumerate(currencies)}, value=Order.currency, else_=-1)
    table = number_columns(
        session,
        select(Order.account_id, DayNumber(Order.placed_at), type_coerce(Order.total, BigInteger), code).where(
            Order.status != OrderStatus.CANCELLED
        ),
    )
    owner, day, place = _known(accounts, table[:, 0], table[:, 1], today.toordinal(), places=True)
    amount, currency = table[place, 2] / 1000.0, table[place, 3]
    factor = _factors(rates, currencies, currency, day)
    known = ~np.isnan(factor)
    owner, day, worth = owner[known], day[known], (amount * factor)[known]
    keys = owner * (_NEVER + 1) + day
    distinct, index = np.unique(keys, return_inverse=True)
    sums = np.asarray(np.bincount(index, weights=worth, minlength=len(distinct)), dtype=np.float64)
    return (distinct // (_NEVER + 1), distinct % (_NEVER + 1), sums), int((~known).sum())


def _factors(rates: Rates, currencies: list[str], currency: Ints, day: Ints) -> Floats:
    """What one unit of each order's currency was worth on its day; NaN without a rate."""
    factor = np.ones(len(currency))
    for number, name in enumerate(currencies):
        if name == rates.company_currency:
            continue
        chosen = currency == number
        days, index = np.unique(day[chosen], return_inverse=True)
        factor[chosen] = np.array([_rate(rates, name, int(each)) for each in days], dtype=float)[index]
    return factor


def _rate(rates: Rates, currency: str, day: int) -> float:
    try:
        return float(rates.rate(currency, date.fromordinal(day)))
    except RateMissing:
        return float("nan")


def _known(accounts: Ints, account: Ints, day: Ints, until: int, *, places: bool = False) -> Any:
    """The customers' numbers and days of events up to ``until`` of accounts that are there; the rest is dropped."""
    if not len(accounts):
        empty = np.zeros(0, dtype=np.int64)
        return (empty, empty, empty) if places else (empty, empty)
    position = np.minimum(np.searchsorted(accounts, account), len(accounts) - 1)
    good = np.flatnonzero((accounts[position] == account) & (day <= until) & (day > 0))
    return (position[good], day[good], good) if places else (position[good], day[good])
