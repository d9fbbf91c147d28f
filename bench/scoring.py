"""How long a night's scoring takes and how much memory, by the number of customers.

    python -m bench.scoring 1000 10000 100000 [--json FILE]

Each size gets a made-up company of its own in a SQLite file, and a process of its own, so that peaks do not mix.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert

from crm_store.insights.scoring.nightly import score_store
from crm_store.models import (
    Account,
    Activity,
    ActivityKind,
    Base,
    Contact,
    Deal,
    ForecastCategory,
    Invoice,
    InvoiceStatus,
    Order,
    OrderLine,
    OrderStatus,
    Pipeline,
    Product,
    Role,
    Stage,
    StageChange,
    StageType,
    User,
)
from crm_store.schema import upgrade
from crm_store.store import Store

NOW = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
_START = date(2023, 11, 18)
_PRODUCTS = 40
_CHUNK = 20_000


def main() -> None:
    """Measure the sizes given, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one is not None:
        print(json.dumps(_score(arguments.one)))
        return
    found = []
    for size in arguments.sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "company.db"
            orders = make_company(path, customers=size)
            command = [sys.executable, "-m", "bench.scoring", "--one", str(path)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ourselves
            figures = {"customers": size, "orders": orders, **json.loads(done.stdout)}
            found.append(figures)
            print(" ".join(f"{name}={value}" for name, value in figures.items()), flush=True)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(found), encoding="utf-8")


def _score(path: Path) -> dict[str, Any]:
    store = Store(f"sqlite:///{path}")
    report = score_store(store, now=NOW, currency="USD", today=NOW.date())
    store.close()
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "deals": report.deals,
        "seconds": round(report.seconds, 1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_mb": round(used.ru_maxrss / 1024),
        "models": {str(each.task): each.version for each in report.models},
    }


def make_company(path: Path, *, customers: int) -> int:
    """Customers who order at rates of their own until they leave, with deals and calls; how many orders that are."""
    upgrade(f"sqlite:///{path}")
    store = Store(f"sqlite:///{path}")
    random = np.random.default_rng(8)
    rate = random.gamma(1.2, 1 / 90, customers)
    gone = random.beta(0.9, 4, customers)
    first = random.integers(0, 900, customers)
    orders: list[tuple[int, int]] = []
    for number in range(customers):
        day = float(first[number])
        while day < 1_095:
            orders.append((number + 1, int(day)))
            if random.random() < gone[number]:
                break
            day += random.exponential(1 / max(rate[number], 1e-3))
    orders.sort(key=lambda each: each[1])
    with store.engine.begin() as connection:

        def write(model: type[Base], rows: list[dict[str, Any]]) -> None:
            for start in range(0, len(rows), _CHUNK):
                connection.execute(insert(model.__table__), rows[start : start + _CHUNK])  # type: ignore[arg-type]

        founded = datetime(2023, 1, 1, tzinfo=UTC)
        common = {"created_at": founded, "version": 1}
        users = [
            {"id": n + 1, "handle": f"rep{n}", "name": f"Rep {n}", "name_key": f"rep {n}", "email": f"r{n}@x.example",
             "role": Role.REP, "timezone": "UTC", "locale": "en_US", "active": True, **common}
            for n in range(20)
        ]  # fmt: skip
        write(User, users)
        write(Pipeline, [{"id": 1, "name": "Sales", "is_default": True}])
        stages = (("Lead", 10, StageType.OPEN), ("Quote", 50, StageType.OPEN), ("Won", 100, StageType.WON),
                  ("Lost", 0, StageType.LOST))  # fmt: skip
        write(
            Stage,
            [
                {"id": n, "pipeline_id": 1, "name": name, "position": n, "probability": p, "type": kind,
                 "forecast_category": ForecastCategory.PIPELINE}
                for n, (name, p, kind) in enumerate(stages, start=1)
            ],
        )  # fmt: skip
        write(
            Product,
            [
                {"id": n, "name": f"Product {n}", "name_key": f"product {n}", "sku": f"P{n}", "description": "",
                 "price": Decimal(100), "currency": "USD", "recurring": False, **common}
                for n in range(1, _PRODUCTS + 1)
            ],
        )  # fmt: skip
        regions = ("EMEA", "APAC", "Americas")
        write(
            Account,
            [
                {"id": n, "name": f"Customer {n}", "name_key": f"customer {n}", "owner_id": n % 20 + 1,
                 "industry": f"industry {n % 12}", "region": regions[n % 3], "employees": int(n % 500), **common}
                for n in range(1, customers + 1)
            ],
        )  # fmt: skip
        write(
            Contact,
            [
                {
                    "id": n,
                    "name": f"Person {n}",
                    "name_key": f"person {n}",
                    "account_id": n,
                    "locale": "en_US",
                    **common,
                }
                for n in range(1, customers + 1)
            ],
        )
        taste = random.integers(0, 4, customers)
        order_rows, lines, invoices = [], [], []
        for n, (customer, day) in enumerate(orders, start=1):
            at = _at(day)
            total = Decimal(int(random.lognormal(6, 0.8)) + 10)
            order_rows.append(
                {"id": n, "number": f"O{n}", "account_id": customer, "contact_id": customer, "placed_at": at,
                 "status": OrderStatus.DELIVERED, "currency": "USD", "total": total, "created_at": at, "version": 1}
            )  # fmt: skip
            product = int(taste[customer - 1] * 10 + min(9, random.geometric(0.3) - 1)) + 1
            lines.append({"id": n, "order_id": n, "product_id": product, "quantity": 1, "unit_price": total})
            due = at.date() + timedelta(days=30)
            late = int(random.integers(-20, 25))
            invoices.append(
                {"id": n, "number": f"I{n}", "order_id": n, "account_id": customer, "contact_id": customer,
                 "status": InvoiceStatus.PAID, "issued_on": at.date(), "due_on": due,
                 "paid_on": due + timedelta(days=late), "currency": "USD", "total": total,
                 "created_at": at, "version": 1}
            )  # fmt: skip
        write(Order, order_rows)
        write(OrderLine, lines)
        write(Invoice, invoices)
        _write_deals(write, random, customers)
    store.close()
    return len(orders)


def _write_deals(write: Any, random: np.random.Generator, customers: int) -> None:
    """A deal for every second customer, one in ten of them open, each with some calls."""
    deals, steps, calls = [], [], []
    for n in range(1, customers // 2 + 1):
        made = int(random.integers(0, 1_060))
        length = int(random.exponential(35)) + 3
        is_open = made + length >= 1_095
        quote = made + max(1, length // 3)
        calls_made = int(random.poisson(3))
        won = not is_open and random.random() < 0.15 + 0.08 * calls_made
        end = 2 if is_open else 3 if won else 4
        stage = 1 if is_open and quote >= 1_095 else end
        at = _at(made)
        deals.append(
            {"id": n, "name": f"Deal {n}", "name_key": f"deal {n}", "account_id": n, "owner_id": n % 20 + 1,
             "stage_id": stage, "amount": Decimal(int(random.lognormal(8, 1)) + 50), "currency": "USD",
             "source": ("inbound", "outbound", "event")[n % 3], "close_date": at.date() + timedelta(days=length),
             "closed_at": None if is_open else _at(made + length), "stage_since": at, "last_activity_at": at,
             "created_at": at, "version": 1}
        )  # fmt: skip
        path = [(None, 1, made), (1, 2, quote)] if stage != 1 else [(None, 1, made)]
        if not is_open:
            path.append((2, end, made + length))
        steps += [{"deal_id": n, "from_stage_id": a, "to_stage_id": b, "at": _at(day)} for a, b, day in path]
        calls += [
            {"activity_kind": ActivityKind.CALL, "at": _at(min(1_094, made + int(random.integers(0, length)))),
             "owner_id": n % 20 + 1, "account_id": n, "deal_id": n, "note": "", "created_at": at, "version": 1}
            for _ in range(calls_made)
        ]  # fmt: skip
    write(Deal, deals)
    write(StageChange, steps)
    write(Activity, calls)


def _at(day: int) -> datetime:
    return datetime.combine(_START + timedelta(days=min(day, 1_094)), datetime.min.time(), UTC) + timedelta(hours=12)


if __name__ == "__main__":
    main()
