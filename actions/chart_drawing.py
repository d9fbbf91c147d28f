"""Drawing charts with matplotlib so that they can be read on a phone. Import it late: ``actions.charts`` does.

Only matplotlib's objects are used, never pyplot, which keeps figures alive in a state of its own. Colours are those of
Okabe and Ito, which people with any colour vision can tell apart (https://jfly.uni-koeln.de/color/).
"""

from __future__ import annotations

import io
from decimal import Decimal
from math import isnan, nan
from textwrap import fill
from threading import Lock

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, MaxNLocator

from actions.charts import ChartKind, ChartSpec

_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#F0E442", "#000000")
_WHITE_TEXT_ON = frozenset({"#0072B2", "#009E73", "#D55E00", "#000000"})
_MARKERS = "os^DvPX*"
_INK, _GREY, _RULE, _PAPER = "#1A1A1A", "#595959", "#D9D9D9", "#FFFFFF"
_WIDTH, _DPI = 6.4, 200  # inches, dots: 1,280 dots, twice what a phone shows
_FONT, _LEGEND_FONT, _TITLE_FONT = 14, 13, 18  # points; never below 12
_MANY_BARS = 5  # from so many on the bars lie: names fit beside a lying bar, not below a standing one
_LONG_LABEL = 11

# Matplotlib promises nothing about threads, and a chart takes a quarter of a second.
_one_at_a_time = Lock()


def to_png(spec: ChartSpec) -> bytes:
    """The chart as a PNG of 1,280 dots in width."""
    with _one_at_a_time:
        figure = Figure(figsize=(_WIDTH, _height(spec)), dpi=_DPI, facecolor=_PAPER, layout=_layout())
        axes = figure.add_subplot(facecolor=_PAPER)
        figure.suptitle(_title(spec), x=0.02, ha="left", fontsize=_TITLE_FONT, fontweight="bold", color=_INK)
        for side in ("top", "right", "left", "bottom"):
            axes.spines[side].set_visible(False)
        axes.tick_params(length=0, labelsize=_FONT, labelcolor=_INK)
        if spec.is_empty:
            _draw_nothing(axes, spec)
        elif spec.kind is ChartKind.LINE:
            _draw_lines(axes, spec)
        else:
            _draw_bars(axes, spec)
        if len(spec.series) > 1 and not spec.is_empty:
            columns = (
                1 if max(len(series.name) for series in spec.series) > 20 else 2 if len(spec.series) in {2, 4} else 3
            )
            figure.legend(
                loc="outside lower left", ncols=columns, frameon=False, fontsize=_LEGEND_FONT, labelcolor=_INK
            )
        for text in figure.findobj(Text):
            text.set_parse_math(False)  # two "$" are currencies here, not a formula
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png")
        return buffer.getvalue()


def _layout() -> ConstrainedLayoutEngine:
    return ConstrainedLayoutEngine(w_pad=0.14, h_pad=0.12)  # inches


def _title(spec: ChartSpec) -> str:
    return fill(f"{spec.title} ({spec.unit})" if spec.unit else spec.title, 38)


def _height(spec: ChartSpec) -> float:
    """Inches: lying bars take as much as they need."""
    title = 0.35 * (_title(spec).count("\n") + 1)
    legend = 0.0 if len(spec.series) < 2 else 0.3 + 0.25 * len(spec.series) / 2
    if spec.is_empty:
        return 3.0
    if _bars_lie(spec):
        bars = len(spec.series) if spec.kind is ChartKind.BAR else 1
        lines = sum(
            max(0.62, 0.3 * (_wrapped(label).count("\n") + 1) + 0.2, 0.42 * bars + 0.2) for label in spec.labels
        )
        return title + legend + 0.5 + lines
    return title + legend + 3.6


def _bars_lie(spec: ChartSpec) -> bool:
    if spec.kind is ChartKind.LINE:
        return False
    return len(spec.labels) >= _MANY_BARS or max(map(len, spec.labels)) > _LONG_LABEL or len(spec.series) > 2


def _wrapped(label: str) -> str:
    return fill(label, 18)


def _draw_nothing(axes: Axes, spec: ChartSpec) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.text(0.5, 0.5, fill(spec.empty_text, 30), ha="center", va="center", fontsize=_FONT + 2, color=_GREY)


def _draw_bars(axes: Axes, spec: ChartSpec) -> None:
    """Bars with their values at the end instead of an axis; of a stack each piece that has room, and the sum."""
    lies = _bars_lie(spec)
    stacked = spec.kind is ChartKind.STACKED_BAR
    positions = range(len(spec.labels))
    sums = [Decimal(0)] * len(spec.labels)
    room = _largest(spec) * Decimal("0.11")
    width = 0.72 if stacked else 0.72 / len(spec.series)
    for index, series in enumerate(spec.series):
        colour = _COLOURS[index % len(_COLOURS)]
        offset = 0.0 if stacked else (index - (len(spec.series) - 1) / 2) * width
        places = [position + offset for position in positions]
        sizes = [float(value or 0) for value in series.values]
        starts = [float(each) for each in sums] if stacked else [0.0] * len(sizes)
        if lies:
            axes.barh(
                places, sizes, width, left=starts, color=colour, edgecolor=_PAPER, linewidth=1.5, label=series.name
            )
        else:
            axes.bar(
                places, sizes, width, bottom=starts, color=colour, edgecolor=_PAPER, linewidth=1.5, label=series.name
            )
        for place, start, value in zip(places, starts, series.values, strict=True):
            if value is None:
                continue
            if not stacked:
                _write_at_end(axes, spec, place, value, lies=lies)
            elif abs(value) >= room:
                middle = start + float(value) / 2
                ink = "white" if colour in _WHITE_TEXT_ON else _INK
                x, y = (middle, place) if lies else (place, middle)
                axes.text(
                    x, y, spec.short_text(value), ha="center", va="center", fontsize=12, fontweight="bold", color=ink
                )
        if stacked:
            sums = [total + (value or 0) for total, value in zip(sums, series.values, strict=True)]
    if stacked:
        for position, total in zip(positions, sums, strict=True):
            _write_at_end(axes, spec, position, total, lies=lies)
    _name_bars(axes, spec, lies=lies)


def _write_at_end(axes: Axes, spec: ChartSpec, place: float, value: Decimal, *, lies: bool) -> None:
    sign = -1 if value < 0 else 1
    end = float(value)
    axes.annotate(
        spec.short_text(value),
        xy=(end, place) if lies else (place, end),
        xytext=(6 * sign, 0) if lies else (0, 5 * sign),
        textcoords="offset points",
        ha=("left" if sign > 0 else "right") if lies else "center",
        va="center" if lies else ("bottom" if sign > 0 else "top"),
        fontsize=_FONT,
        fontweight="bold",
        color=_INK,
    )


def _name_bars(axes: Axes, spec: ChartSpec, *, lies: bool) -> None:
    names = [_wrapped(label) for label in spec.labels]
    positions = range(len(names))
    if lies:
        axes.set_yticks(positions, names, fontweight="bold")
        axes.invert_yaxis()
        axes.set_xticks([])
        axes.axvline(0, color=_GREY, linewidth=1.2)
        axes.set_xlim(_with_room(axes.get_xlim(), 0.18))
    else:
        axes.set_xticks(positions, names, fontweight="bold")
        axes.set_yticks([])
        axes.axhline(0, color=_GREY, linewidth=1.2)
        axes.set_ylim(_with_room(axes.get_ylim(), 0.12))
        # One or two bars stay as wide as one of three.
        axes.set_xlim(-max(0.5, 1.5 - len(names) / 2), len(names) - 1 + max(0.5, 1.5 - len(names) / 2))


def _with_room(limits: tuple[float, float], share: float) -> tuple[float, float]:
    """The limits of bars, which begin at zero, with room for the values at their ends."""
    low, high = min(limits[0], 0.0), max(limits[1], 0.0)
    room = (high - low) * share
    return (low - 1.4 * room if low < 0 else 0.0, high + room if high > 0 else 0.0)


def _draw_lines(axes: Axes, spec: ChartSpec) -> None:
    """Lines with markers; every point has its value where there are few, else the last one."""
    positions = range(len(spec.labels))
    write_all = len(spec.series) == 1 and len(spec.labels) <= 7
    for index, series in enumerate(spec.series):
        colour = _COLOURS[index % len(_COLOURS)]
        values = [nan if value is None else float(value) for value in series.values]
        marker = _MARKERS[index % len(_MARKERS)]
        axes.plot(positions, values, color=colour, linewidth=3, marker=marker, markersize=8, label=series.name)
        known = [position for position in positions if not isnan(values[position])]
        for position in known if write_all else known[-1:]:
            axes.annotate(
                spec.short_text(Decimal(str(values[position]))),
                xy=(position, values[position]),
                xytext=(0, 10),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=_FONT,
                fontweight="bold",
                color=_INK,
            )
    step = -(-len(spec.labels) // 6)
    # Counted from the end: the latest label is the one people look for.
    shown = sorted(range(len(spec.labels) - 1, -1, -step))
    axes.set_xticks(
        shown, [fill(spec.labels[position], 7, break_long_words=False) for position in shown], fontweight="bold"
    )
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: spec.short_text(Decimal(str(value)))))
    axes.grid(axis="y", color=_RULE, linewidth=1)
    axes.set_axisbelow(True)
    axes.margins(x=0.07, y=0.18)
    low = min((value for series in spec.series for value in series.values if value is not None), default=Decimal(0))
    if low >= 0:
        axes.set_ylim(bottom=0)


def _largest(spec: ChartSpec) -> Decimal:
    """The length of the longest stack."""
    rows = zip(*(series.values for series in spec.series), strict=True)
    return max(sum((abs(value) for value in row if value is not None), Decimal(0)) for row in rows)
