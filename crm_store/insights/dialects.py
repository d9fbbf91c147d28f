"""SQL that SQLite and PostgreSQL write differently."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Date, Float, Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class UtcDay(GenericFunction[date]):
    """The UTC calendar day of an instant."""

    type = Date()
    inherit_cache = True
    name = "rapport_utc_day"


class DaysBetween(GenericFunction[float]):
    """The days, with fractions, from one instant to a later one."""

    type = Float()
    inherit_cache = True
    name = "rapport_days_between"


class DayNumber(GenericFunction[int]):
    """The UTC day of an instant, or a calendar day, as Python's ``date.toordinal()`` counts days."""

    type = Integer()
    inherit_cache = True
    name = "rapport_day_number"


def _arguments(element: Any, compiler: SQLCompiler, **options: Any) -> list[str]:
    return [compiler.process(clause, **options) for clause in element.clauses]


@compiles(UtcDay, "sqlite")
def _utc_day_sqlite(element: UtcDay, compiler: SQLCompiler, **options: Any) -> str:
    (moment,) = _arguments(element, compiler, **options)
    return f"date({moment})"


@compiles(UtcDay, "postgresql")
def _utc_day_postgresql(element: UtcDay, compiler: SQLCompiler, **options: Any) -> str:
    (moment,) = _arguments(element, compiler, **options)
    return f"CAST({moment} AT TIME ZONE 'UTC' AS date)"


@compiles(DaysBetween, "sqlite")
def _days_between_sqlite(element: DaysBetween, compiler: SQLCompiler, **options: Any) -> str:
    first, last = _arguments(element, compiler, **options)
    return f"(julianday({last}) - julianday({first}))"


@compiles(DaysBetween, "postgresql")
def _days_between_postgresql(element: DaysBetween, compiler: SQLCompiler, **options: Any) -> str:
    first, last = _arguments(element, compiler, **options)
    return f"CAST(EXTRACT(EPOCH FROM ({last} - {first})) / 86400 AS double precision)"


@compiles(DayNumber, "sqlite")
def _day_number_sqlite(element: DayNumber, compiler: SQLCompiler, **options: Any) -> str:
    (moment,) = _arguments(element, compiler, **options)
    return f"CAST(julianday({moment}) - 1721424.5 AS INTEGER)"


@compiles(DayNumber, "postgresql")
def _day_number_postgresql(element: DayNumber, compiler: SQLCompiler, **options: Any) -> str:
    (moment,) = _arguments(element, compiler, **options)
    (column,) = element.clauses
    day = moment if isinstance(column.type, Date) else f"CAST({moment} AT TIME ZONE 'UTC' AS date)"
    return f"({day} - DATE '0001-01-01' + 1)"
