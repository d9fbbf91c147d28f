"""SQL that SQLite and PostgreSQL write differently."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Date, Float
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
