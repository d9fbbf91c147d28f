"""A report as a typed query: figures, conditions, period, groups and how it is shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from crm_store.errors import StoreError
from crm_store.insights.query.layer import Deals, Dimension, Measure, Subject, dimensions_of

MAX_FIGURES = 3
MAX_GROUPINGS = 2


class Show(StrEnum):
    """How a report is shown. CHART leaves it to the data whether bars or lines."""

    TABLE = "table"
    CHART = "chart"
    BAR = "bar"
    LINE = "line"
    PIE = "pie"
    CSV = "csv"
    PDF = "pdf"

    @property
    def is_picture(self) -> bool:
        """Whether it is drawn."""
        return self in {Show.CHART, Show.BAR, Show.LINE, Show.PIE}


class Shift(StrEnum):
    """A period to compare with, told by the period itself."""

    PREVIOUS = "previous"
    YEAR_BEFORE = "year before"


class QueryError(StoreError):
    """A query that the layer of meaning does not answer."""


class CannotCombine(QueryError):
    """A figure that cannot be grouped or filtered by a dimension."""

    def __init__(self, figure: Figure, dimension: Dimension) -> None:
        super().__init__(f"{figure.to_text()} has no {dimension}")
        self.figure, self.dimension = figure, dimension


class TooMuch(QueryError):
    """More figures or groupings than one report can show."""


class NotOnBoard(QueryError):
    """A figure, a condition or a grouping that the leaderboard does not have."""


class NeedsPeriod(QueryError):
    """A comparison with another time, or an attainment, without a period that has two ends."""


_ON_BOARD: frozenset[tuple[Measure, Deals | None]] = frozenset(
    {
        (Measure.AMOUNT, Deals.WON),
        (Measure.COUNT, Deals.WON),
        (Measure.WIN_RATE, Deals.CLOSED),
        (Measure.ATTAINMENT, None),
        (Measure.ACTIVITIES, None),
    }
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure, and of which deals; ``deals`` is None for other records.

    Raises ValueError for deals it cannot be taken of.
    """

    measure: Measure
    deals: Deals | None = None

    def __post_init__(self) -> None:
        if (self.deals is None) == bool(self.measure.of_deals) or (
            self.deals is not None and self.deals not in self.measure.of_deals
        ):
            raise ValueError(f"{self.measure} of {self.deals} deals")

    def to_text(self) -> str:
        """ "count won", "win_rate", "tickets"."""
        if self.deals is None or self.measure in {Measure.WIN_RATE, Measure.CYCLE}:
            return self.measure.value
        return f"{self.measure} {self.deals}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Only records with one of these values, or (``excluded``) none of them; (key in the store, name) each."""

    dimension: Dimension
    values: tuple[tuple[int | str, str], ...]
    excluded: bool = False

    def to_text(self) -> str:
        """ "region=EMEA", "source!=event,partner"."""
        return f"{self.dimension}{'!=' if self.excluded else '='}{','.join(sorted({name for _, name in self.values}))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Calendar days, both included; None is open. ``said``: the words to read it from again on another day."""

    first: date | None
    last: date | None
    said: str = ""

    @property
    def is_bounded(self) -> bool:
        """Whether it has a beginning and an end."""
        return self.first is not None and self.last is not None

    def to_text(self) -> str:
        """ "2026-07-01..2026-09-30"."""
        return f"{self.first or ''}..{self.last or ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportQuery:
    """A report. Amounts are in the company's currency, bounds included; ``lowest``: the smallest come first.

    ``board``: of the people on the leaderboard, by salesperson.
    """

    figures: tuple[Figure, ...]
    conditions: tuple[Condition, ...] = ()
    least: Decimal | None = None
    most: Decimal | None = None
    period: Period | None = None
    against: Period | Shift | None = None
    by: tuple[Dimension, ...] = ()
    top: int | None = None
    lowest: bool = False
    show: Show = Show.TABLE
    board: bool = False

    @property
    def subject(self) -> Subject:
        """The records it is about."""
        return self.figures[0].measure.subject

    def condition_on(self, dimension: Dimension) -> Condition | None:
        """The condition on a dimension, if there is one."""
        return next((each for each in self.conditions if each.dimension is dimension), None)

    def with_condition(self, condition: Condition) -> ReportQuery:
        """The same with this condition in the place of others on its dimension."""
        others = tuple(each for each in self.conditions if each.dimension is not condition.dimension)
        return replace(self, conditions=(*others, condition))

    def check(self) -> None:
        """Raise a QueryError unless it can be answered."""
        if len(self.figures) > MAX_FIGURES or len(self.by) > MAX_GROUPINGS:
            raise TooMuch
        for figure in self.figures:
            allowed = dimensions_of(figure.measure, figure.deals)
            for dimension in (*self.by, *(each.dimension for each in self.conditions)):
                if dimension not in allowed:
                    raise CannotCombine(figure, dimension)
            if figure.measure.subject is not self.subject:
                raise TooMuch
        if self.board:
            self._check_board()
        bounded = self.period is not None and self.period.is_bounded
        if not bounded and (self.against is not None or self.subject in {Subject.QUOTA, Subject.COMMISSION}):
            raise NeedsPeriod

    def _check_board(self) -> None:
        shown = all((each.measure, each.deals) in _ON_BOARD for each in self.figures)
        narrowed = {each.dimension for each in self.conditions} - {Dimension.TEAM}
        bounds = self.least is not None or self.most is not None
        if not shown or narrowed or bounds or self.lowest or self.by != (Dimension.REP,):
            raise NotOnBoard

    def to_text(self) -> str:
        """The query in one line, as tests and traces write it; conditions in a fixed order."""
        bounds = [
            f"amount{sign}{bound:f}" for sign, bound in ((">=", self.least), ("<=", self.most)) if bound is not None
        ]
        order = list(Dimension)
        conditions = sorted(self.conditions, key=lambda each: order.index(each.dimension))
        lowest = "lowest" if self.lowest else "top"
        parts = [
            "leaderboard" if self.board else "",
            ", ".join(figure.to_text() for figure in self.figures),
            *bounds,
            *(each.to_text() for each in conditions),
            self.period.to_text() if self.period is not None else "",
            _against_text(self.against),
            f"by {', '.join(self.by)}" if self.by else "",
            f"{lowest} {self.top}" if self.top is not None else "lowest" if self.lowest else "",
            "" if self.show is Show.TABLE else self.show.value,
        ]
        return " | ".join(filter(None, parts))

    def to_json(self) -> dict[str, Any]:
        """A form that can be kept; ``from_json`` reads it."""
        return {
            "figures": [[f.measure.value, f.deals.value if f.deals else None] for f in self.figures],
            "conditions": [
                {"dimension": c.dimension.value, "values": [list(v) for v in c.values], "excluded": c.excluded}
                for c in self.conditions
            ],
            "least": None if self.least is None else str(self.least),
            "most": None if self.most is None else str(self.most),
            "period": _period_json(self.period),
            "against": self.against.value if isinstance(self.against, Shift) else _period_json(self.against),
            "by": [each.value for each in self.by],
            "top": self.top,
            "lowest": self.lowest,
            "show": self.show.value,
            "board": self.board,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ReportQuery:
        """Read what ``to_json`` wrote; raises KeyError or ValueError for anything else."""
        against = data["against"]
        return cls(
            figures=tuple(Figure(Measure(m), Deals(d) if d else None) for m, d in data["figures"]),
            conditions=tuple(
                Condition(
                    dimension=Dimension(each["dimension"]),
                    values=tuple((key, str(name)) for key, name in each["values"]),
                    excluded=bool(each["excluded"]),
                )
                for each in data["conditions"]
            ),
            least=None if data["least"] is None else Decimal(data["least"]),
            most=None if data["most"] is None else Decimal(data["most"]),
            period=_period_from(data["period"]),
            against=Shift(against) if isinstance(against, str) else _period_from(against),
            by=tuple(Dimension(each) for each in data["by"]),
            top=data["top"],
            lowest=bool(data["lowest"]),
            show=Show(data["show"]),
            board=bool(data.get("board", False)),
        )


def _against_text(against: Period | Shift | None) -> str:
    if against is None:
        return ""
    return f"vs {against.value if isinstance(against, Shift) else against.to_text()}"


def _period_json(period: Period | None) -> dict[str, str | None] | None:
    if period is None:
        return None
    first, last = period.first, period.last
    return {
        "first": first.isoformat() if first else None,
        "last": last.isoformat() if last else None,
        "said": period.said,
    }


def _period_from(data: dict[str, Any] | None) -> Period | None:
    if data is None:
        return None
    first, last = data["first"], data["last"]
    return Period(
        first=date.fromisoformat(first) if first else None,
        last=date.fromisoformat(last) if last else None,
        said=str(data["said"]),
    )
