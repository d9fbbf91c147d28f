"""Filling a database with the demo company."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from sqlalchemy import Connection, Engine, func, select

from crm_store.demo.company import EMAIL_DOMAIN, seed_company
from crm_store.demo.customers import seed_customers
from crm_store.demo.deal_writing import DealWriter
from crm_store.demo.deals import ClosedDeals
from crm_store.demo.history import write_agendas, write_check_ins
from crm_store.demo.open_deals import OpenDeals
from crm_store.demo.orders import from_sales, repeat_purchases, write_orders
from crm_store.demo.rows import Rows
from crm_store.demo.snapshots import write_snapshots
from crm_store.demo.support import write_articles, write_canned_replies, write_tickets
from crm_store.demo.timeline import Timeline
from crm_store.demo.told_orders import told_purchases
from crm_store.errors import StoreError
from crm_store.models import Account, User


@dataclass(eq=False)
class DatabaseNotEmpty(StoreError):
    """There are people or companies in the database already, and they are not the demo's."""

    users: int
    accounts: int

    def __str__(self) -> str:
        return f"the database holds {self.users} users and {self.accounts} accounts that are not the demo's"


@dataclass(frozen=True, kw_only=True)
class SeedReport:
    """What was written. ``seeded`` is False when the demo was there already; ``counts`` are rows per table."""

    seeded: bool
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Volume:
    """How much of everything."""

    accounts: int = 150
    contacts: int = 400
    closed_deals: int = 1_380
    open_deals: int = 120
    check_ins: int = 500
    repeat_purchases: int = 500
    tickets: int = 350
    activity_share: float = 1.0


def seed(
    engine: Engine, *, now: datetime, progress: Callable[[str, float], None] | None = None, random_seed: int = 1
) -> SeedReport:
    """Fill an empty, upgraded database with Brightwater and three years of business up to the day before ``now``.

    The same UTC day and seed give the same rows (tasks "for today" follow the assignees' own calendars at ``now``).
    A database that holds the demo is left alone. Nothing is journaled. All of it is written, or nothing.
    ``progress`` hears what is being made and how much of it is done (0 to 1). Raises DatabaseNotEmpty when the
    database holds other people or companies.
    """
    return _seed(engine, now, _Volume(), progress or _ignore, random_seed)


def seed_large(
    engine: Engine,
    *,
    now: datetime,
    deals: int = 100_000,
    contacts: int = 100_000,
    progress: Callable[[str, float], None] | None = None,
    random_seed: int = 1,
) -> SeedReport:
    """The same company, grown for measuring: so many deals and contacts, and other things in proportion.

    Deals get fewer activities than in the small demo. Otherwise as ``seed``.
    """
    volume = _Volume(
        accounts=max(150, contacts // 4),
        contacts=max(400, contacts),
        closed_deals=deals - deals // 12,
        open_deals=deals // 12,
        check_ins=deals // 10,
        repeat_purchases=deals // 5,
        tickets=max(50, deals // 10),
        activity_share=0.3,
    )
    return _seed(engine, now, volume, progress or _ignore, random_seed)


def _ignore(what: str, done: float) -> None:
    """Nobody wants to know how far it is."""


def _seed(
    engine: Engine, now: datetime, volume: _Volume, progress: Callable[[str, float], None], random_seed: int
) -> SeedReport:
    if now.tzinfo is None:
        raise ValueError("naive datetime")
    timeline = Timeline(today=now.astimezone(UTC).date())
    with engine.begin() as connection:
        if _is_seeded(connection):
            return SeedReport(seeded=False)
        rows = Rows(connection)
        _write_everything(rows, timeline, now, volume, progress=progress, random_seed=random_seed)
        rows.write()
        # Of a large company only what is open now: nobody asks for its past forecasts, and they would be many rows.
        closed_too = volume.closed_deals <= _Volume.closed_deals
        rng = Random(f"{random_seed}/snapshots")
        write_snapshots(rows, timeline, rng, connection, closed_too=closed_too)
        rows.write()
        rows.advance_sequences()
    progress("done", 1.0)
    return SeedReport(seeded=True, counts={table: count for table, count in rows.written.items() if count})


def _is_seeded(connection: Connection) -> bool:
    users = connection.scalar(select(func.count()).select_from(User)) or 0
    accounts = connection.scalar(select(func.count()).select_from(Account)) or 0
    if connection.scalar(select(User.id).where(User.email == f"dana@{EMAIL_DOMAIN}")) is not None:
        return True
    if users or accounts:
        raise DatabaseNotEmpty(users, accounts)
    return False


def _write_everything(
    rows: Rows,
    timeline: Timeline,
    now: datetime,
    volume: _Volume,
    *,
    progress: Callable[[str, float], None],
    random_seed: int,
) -> None:
    def rng(part: str) -> Random:
        """Random numbers of its own for each part: a change in one does not make the others different."""
        return Random(f"{random_seed}/{part}")

    progress("company", 0.0)
    company = seed_company(rows, timeline, rng("company"))
    write_articles(rows, timeline, rng("articles"))
    write_canned_replies(rows, timeline)
    progress("customers", 0.02)
    customers = seed_customers(
        rows, timeline, rng("customers"), company, accounts=volume.accounts, contacts=volume.contacts
    )
    rows.write()
    writer = DealWriter(rows=rows, timeline=timeline, rng=rng("deals"), activity_share=volume.activity_share)
    sales = ClosedDeals(writer=writer, company=company, customers=customers).make(
        volume.closed_deals, progress=lambda share: progress("deals", 0.1 + 0.6 * share)
    )
    OpenDeals(writer=writer, company=company, customers=customers).make(volume.open_deals)
    write_check_ins(rows, timeline, rng("check-ins"), customers, count=volume.check_ins)
    write_agendas(rows, timeline, now, company, customers)
    progress("orders", 0.75)
    purchases = [
        *told_purchases(timeline, company, customers),
        *from_sales(timeline, rng("orders"), sales),
        *repeat_purchases(timeline, rng("repeat purchases"), company, customers, count=volume.repeat_purchases),
    ]
    write_orders(rows, timeline, rng("order states"), purchases)
    progress("tickets", 0.9)
    write_tickets(rows, timeline, rng("tickets"), company, customers, count=volume.tickets)
