"""Charts: what they show, in data and in words, and their PNG images. Matplotlib is loaded for the first one drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum


class ChartKind(Enum):
    """How the values are drawn."""

    BAR = "bar"
    STACKED_BAR = "stacked bar"
    LINE = "line"


def short_number(value: Decimal | float) -> str:
    """A number in few characters: 950, 1.2k, 45k, 1.35M, 2B; three significant digits at most, half away from zero."""
    number = Decimal(str(value))
    for limit, letter in ((Decimal(10**9), "B"), (Decimal(10**6), "M"), (Decimal(10**3), "k")):
        # 999,950 is 1M and not 1000k.
        if abs(number) >= limit * Decimal("0.9995"):
            return _three_digits(number / limit) + letter
    return _three_digits(number)


def _three_digits(number: Decimal) -> str:
    size = abs(number)
    step = Decimal(1) if size >= Decimal("99.95") else Decimal("0.1") if size >= Decimal("9.995") else Decimal("0.01")
    text = f"{number.quantize(step, ROUND_HALF_UP):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Values of one name, one for each label; None where there is none."""

    name: str
    values: tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartSpec:
    """What a chart shows. ``unit`` stands under the title ("USD"); ``short_text`` writes a value into the picture,
    ``value_text`` into the words for it.

    Raises ValueError when a series has not one value for each label.
    """

    title: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    kind: ChartKind = ChartKind.BAR
    unit: str = ""
    short_text: Callable[[Decimal], str] = short_number
    value_text: Callable[[Decimal], str] = "{:,.0f}".format
    empty_text: str = "Nothing to show"

    def __post_init__(self) -> None:
        for series in self.series:
            if len(series.values) != len(self.labels):
                raise ValueError(f"{series.name}: {len(series.values)} values for {len(self.labels)} labels")

    @property
    def is_empty(self) -> bool:
        """Whether there is no value at all."""
        return all(value is None for series in self.series for value in series.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A drawn chart. ``alt`` says what the picture shows, for those who do not see it."""

    png: bytes
    alt: str


def draw(spec: ChartSpec) -> Chart:
    """The chart as a PNG of 1,280 dots in width, and in words. May be called from any thread."""
    from actions.chart_drawing import to_png  # noqa: PLC0415  # loads matplotlib: half a second

    return Chart(png=to_png(spec), alt=alt_text(spec))


def bar_chart(title: str, labels: Sequence[str], values: Sequence[Decimal | None], *, unit: str = "") -> Chart:
    """A bar for each label."""
    series = (Series(name=title, values=tuple(values)),)
    return draw(ChartSpec(title=title, labels=tuple(labels), series=series, unit=unit))


def stacked_bar(title: str, labels: Sequence[str], series: Sequence[Series], *, unit: str = "") -> Chart:
    """A bar for each label, with a piece for each series; the values should not be negative."""
    return draw(_spec(ChartKind.STACKED_BAR, title, labels, series, unit=unit))


def line_chart(title: str, labels: Sequence[str], series: Sequence[Series], *, unit: str = "") -> Chart:
    """A line for each series over the labels; a missing value is a gap."""
    return draw(_spec(ChartKind.LINE, title, labels, series, unit=unit))


def _spec(kind: ChartKind, title: str, labels: Sequence[str], series: Sequence[Series], *, unit: str) -> ChartSpec:
    return ChartSpec(title=title, labels=tuple(labels), series=tuple(series), kind=kind, unit=unit)


def alt_text(spec: ChartSpec) -> str:
    """What the chart shows, in words: title, unit and every value."""
    head = f"{spec.title} ({spec.unit})" if spec.unit else spec.title
    if spec.is_empty:
        return f"{head}: {spec.empty_text}"
    parts: list[str] = []
    for series in spec.series:
        values = ", ".join(
            f"{label} {spec.value_text(value)}"
            for label, value in zip(spec.labels, series.values, strict=True)
            if value is not None
        )
        parts.append(f"{series.name}: {values}" if len(spec.series) > 1 else values)
    return f"{head}: " + "; ".join(parts)
