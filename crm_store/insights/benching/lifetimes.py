"""BG/NBD and Gamma-Gamma on purchases or their summaries."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from crm_store.insights.benching.figures import Figures
from crm_store.insights.benching.table import DataTable, UnusableData, read_table
from crm_store.insights.lifetime.purchase_log import WEEK, Watched, watch
from crm_store.insights.lifetime.repeat_purchases import FitFailed, History, RepeatPurchases, fit_repeat_purchases
from crm_store.insights.lifetime.spending import Spending, fit_spending
from crm_store.insights.lifetime.value import lifetime_values

_YEAR = 52.18
_RATE = 0.10
_CUSTOMERS = ("customer_id", "customer", "customerid", "id", "account", "client_id", "user_id", "cust_id",
              "customer_no", "customer_number", "member_number", "household_key", "buyer", "client")  # fmt: skip
_DATES = ("date", "order_date", "invoicedate", "invoice_date", "purchase_date", "timestamp", "datetime", "day")
_AMOUNTS = ("amount", "value", "total", "revenue", "spend", "sales", "price", "monetary_value")


def bench_clv(path: Path) -> Figures:
    """The fitted parameters, and with dated purchases how well the second half is foreseen from the first."""
    table = read_table(path)
    repeats = table.find("frequency", "x", "repeats")
    try:
        return _from_summary(table, repeats) if repeats and table.find("T", "age") else _from_purchases(table)
    except FitFailed as err:
        raise table.unusable("too few customers bought more than once to fit a model") from err


def _from_summary(table: DataTable, repeats: str) -> Figures:
    history = History(
        repeats=_complete(table, repeats),
        recency=_complete(table, table.need("recency", "recency", "t_x")),
        age=_complete(table, table.need("age", "T", "age")),
    )
    if np.any(history.repeats < 0) or np.any(history.recency < 0) or np.any(history.age < history.recency - 1e-6):
        raise table.unusable("frequency and recency must not be negative, and recency not above T")
    model = fit_repeat_purchases(history)
    numbers: dict[str, float | int | None] = {"customers": len(history.age), **_parameters(model)}
    mean = table.find("monetary_value", "zbar", "mean_spend", "monetary")
    if mean is not None:
        spend = _complete(table, mean)
        spending = fit_spending(history.repeats, spend)
        numbers |= _spending(spending)
        numbers["mean_clv_1_year"] = float(_values(model, spending, history, spend).mean())
    return Figures(numbers=numbers, notes=("a summary holds no later purchases: nothing to compare forecasts with",))


def _from_purchases(table: DataTable) -> Figures:
    who = table.columns[table.need("the customer", *_CUSTOMERS)]
    when = table.dates(table.need("the date", *_DATES))
    amounts, notes = _amounts(table)
    bought = [
        (customer, day, amount)
        for customer, day, amount in zip(who, when, amounts, strict=True)
        if customer and amount >= 0
    ]
    if len(bought) < len(who):
        notes.append(f"{len(who) - len(bought)} lines without a customer or with a negative amount were left out")
    if not bought:
        raise table.unusable("no line has a customer, a date and an amount")
    first, last = min(day for _, day, _ in bought), max(day for _, day, _ in bought)
    until = date.fromordinal((first.toordinal() + last.toordinal()) // 2)
    seen = watch(bought, until=until)
    model = fit_repeat_purchases(seen.history)
    horizon = (last - until).days / WEEK
    expected = model.expected(seen.history, horizon)
    numbers: dict[str, float | int | None] = {
        "customers": len(seen.customers),
        **_parameters(model),
        "holdout_weeks": horizon,
        "holdout_purchases": float(seen.later.sum()),
        "holdout_expected": float(expected.sum()),
        "holdout_total_error": float(expected.sum() / max(seen.later.sum(), 1.0) - 1),
        "holdout_mae": float(np.abs(expected - seen.later).mean()),
        "holdout_mae_same_rate": float(np.abs(_same_rate(seen, horizon) - seen.later).mean()),
        "holdout_correlation": _correlation(expected, seen.later),
    }
    try:
        spending = fit_spending(seen.history.repeats, seen.mean_spend)
    except FitFailed:
        notes.append("too few repeat purchases have an amount: no spending was fitted")
    else:
        worth = expected * spending.expected(seen.history.repeats, seen.mean_spend)
        numbers |= _spending(spending)
        numbers["holdout_spend"] = float(seen.later_spend.sum())
        numbers["holdout_spend_expected"] = float(worth.sum())
        numbers["mean_clv_1_year"] = float(_values(model, spending, seen.history, seen.mean_spend).mean())
    notes.append(f"fitted on purchases up to {until}, compared with those after it up to {last}; time in weeks")
    return Figures(numbers=numbers, notes=tuple(notes))


def _amounts(table: DataTable) -> tuple[list[float], list[str]]:
    price, quantity = table.find("unitprice", "unit_price"), table.find("quantity", "qty")
    if price and quantity:
        return [p * q for p, q in zip(table.numbers(price), table.numbers(quantity), strict=True)], []
    amount = table.find(*_AMOUNTS)
    if amount is None:
        return [0.0] * table.rows, ["no amounts: only how often customers buy is foreseen"]
    return [0.0 if value != value else value for value in table.numbers(amount)], []  # noqa: PLR0124 - NaN


def _complete(table: DataTable, column: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    values = np.array(table.numbers(column))
    if np.isnan(values).any():
        raise UnusableData(table.path, f"column {column} has missing values")
    return values


def _parameters(model: RepeatPurchases) -> dict[str, float | int | None]:
    return {"r": model.r, "alpha": model.alpha, "a": model.a, "b": model.b, "log_likelihood": model.log_likelihood}


def _spending(spending: Spending) -> dict[str, float | int | None]:
    return {"p": spending.p, "q": spending.q, "gamma": spending.gamma}


def _values(
    model: RepeatPurchases,
    spending: Spending,
    history: History,
    mean_spend: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return lifetime_values(
        model, spending, history, mean_spend, periods=12, length=_YEAR / 12, yearly_rate=_RATE, year=_YEAR
    )


def _same_rate(seen: Watched, horizon: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """The simplest forecast: everybody goes on buying as often as before."""
    return np.asarray(seen.history.repeats / np.maximum(seen.history.age, 1.0) * horizon)


def _correlation(expected: np.ndarray[tuple[int, ...], np.dtype[np.float64]], later: object) -> float | None:
    if float(np.std(expected)) == 0 or float(np.std(np.asarray(later))) == 0:
        return None
    return float(np.corrcoef(expected, np.asarray(later))[0, 1])
