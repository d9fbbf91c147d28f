from __future__ import annotations

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from actions.charts import (
    Chart,
    ChartKind,
    ChartSpec,
    Series,
    alt_text,
    bar_chart,
    draw,
    line_chart,
    short_number,
    stacked_bar,
)

_QUARTERS = ("Q1", "Q2", "Q3", "Q4")


def _series(name: str, *values: float | None) -> Series:
    return Series(name=name, values=tuple(None if value is None else Decimal(str(value)) for value in values))


def _picture(chart: Chart) -> Image.Image:
    return Image.open(io.BytesIO(chart.png)).convert("RGB")


def _is_white_at_the_edges(picture: Image.Image) -> bool:
    """Whether nothing reaches the edge, that is: nothing is cut off."""
    width, height = picture.size
    edges = ((0, 0, width, 4), (0, height - 4, width, height), (0, 0, 4, height), (width - 4, 0, width, height))
    return all(picture.crop(edge).getextrema() == ((255, 255),) * 3 for edge in edges)


_SPECS = {
    "bars": ChartSpec(
        title="Open pipeline", labels=_QUARTERS, series=(_series("Amount", 412_000, 655_300, 1_204_000, 9),), unit="USD"
    ),
    "gap and loss": ChartSpec(title="Change", labels=_QUARTERS, series=(_series("Change", -12, None, 0, 5),)),
    "lying bars with long names": ChartSpec(
        title="Won this year by rep, with a title that needs more than one line",
        labels=("Dana Whitfield of the Enterprise team", "Ørjan", "A" * 40),
        series=(_series("Won", 912_345.67, -3, 0.5),),
    ),
    "groups": ChartSpec(
        title="Won and lost", labels=_QUARTERS, series=(_series("Won", 1, 2, 3, 4), _series("Lost", 4, 3, 2, 1))
    ),
    "stack": ChartSpec(
        title="By rep",
        labels=_QUARTERS,
        series=(_series("Lead", 5, 2, 0, 1), _series("Proposal", 9, 1, None, 80)),
        kind=ChartKind.STACKED_BAR,
    ),
    "tall stack": ChartSpec(
        title="By rep",
        labels=tuple(f"Rep {number}" for number in range(14)),
        series=tuple(_series(f"Stage {number}", *range(number, number + 14)) for number in range(9)),
        kind=ChartKind.STACKED_BAR,
    ),
    "lines": ChartSpec(
        title="By month",
        labels=tuple(f"{month} 2026" for month in ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug")),
        series=(_series("This year", 1, 5, 2, 8, 3, 9, None, None), _series("Last year", 1, 2, 3, 4, 5, 6, 7, 80_000)),
        kind=ChartKind.LINE,
    ),
    "a single point": ChartSpec(title="Calls", labels=("W1",), series=(_series("Calls", 3),), kind=ChartKind.LINE),
    "nothing but zeros": ChartSpec(title="Calls", labels=("W1", "W2"), series=(_series("Calls", 0, 0),)),
    "no labels": ChartSpec(title="Won today", labels=(), series=(_series("Won"),)),
    "no series": ChartSpec(title="Won today", labels=("Dana",), series=()),
    "no values": ChartSpec(title="Won today", labels=("Dana",), series=(_series("Won", None),), kind=ChartKind.LINE),
    "signs that are formulas elsewhere": ChartSpec(
        title="$ in $x^2$", labels=("$a_1$", "%_&#"), series=(_series("$y$", 1, 2),), unit="$"
    ),
}


@pytest.mark.parametrize("spec", _SPECS.values(), ids=_SPECS)
def test_a_chart_is_1280_dots_wide_and_nothing_is_cut_off(spec: ChartSpec) -> None:
    picture = _picture(draw(spec))
    assert picture.width == 1280
    assert 500 <= picture.height <= 3200
    assert _is_white_at_the_edges(picture)


def test_bars_have_the_first_colour_and_their_area_follows_the_values() -> None:
    picture = _picture(bar_chart("Won", ["Dana", "Riley"], [Decimal(300), Decimal(100)]))
    blue = (0, 0x72, 0xB2)
    half = picture.width // 2
    left = _count(picture.crop((0, 0, half, picture.height)), blue)
    right = _count(picture.crop((half, 0, picture.width, picture.height)), blue)
    assert left / right == pytest.approx(3, rel=0.05)


def _count(picture: Image.Image, colour: tuple[int, int, int]) -> int:
    return sum(count for count, each in picture.getcolors(1 << 20) or [] if each == colour)


def test_each_series_has_a_colour_of_its_own() -> None:
    chart = stacked_bar("By stage", _QUARTERS, [_series(f"Stage {number}", 5, 5, 5, 5) for number in range(4)])
    colours = {colour for count, colour in _picture(chart).getcolors(1 << 20) or [] if count > 5_000}
    assert colours >= {(0, 0x72, 0xB2), (0xE6, 0x9F, 0), (0, 0x9E, 0x73), (0xD5, 0x5E, 0)}


def test_the_same_chart_is_drawn_the_same_from_many_threads() -> None:
    specs = [_SPECS["lines"], _SPECS["stack"]] * 3
    expected = [draw(spec).png for spec in specs[:2]] * 3
    with ThreadPoolExecutor(3) as threads:
        assert [chart.png for chart in threads.map(draw, specs)] == expected


def test_the_words_for_a_chart_hold_every_value() -> None:
    chart = line_chart("Won", ["Jan", "Feb"], [_series("2025", 1_500, None), _series("2026", 2, 3)], unit="USD")
    assert chart.alt == "Won (USD): 2025: Jan 1,500; 2026: Jan 2, Feb 3"
    assert bar_chart("Won", ["Jan", "Feb"], [Decimal(1), Decimal(2)]).alt == "Won: Jan 1, Feb 2"
    assert alt_text(_SPECS["no labels"]) == "Won today: Nothing to show"


def test_values_are_written_as_asked_for() -> None:
    spec = ChartSpec(
        title="Win rate", labels=("Dana",), series=(_series("Rate", 0.25),), value_text=lambda value: f"{value:.0%}"
    )
    assert alt_text(spec) == "Win rate: Dana 25%"


def test_a_series_needs_a_value_for_each_label() -> None:
    with pytest.raises(ValueError, match="2 values for 1 labels"):
        ChartSpec(title="Won", labels=("Dana",), series=(_series("Won", 1, 2),))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0", "0"), ("-0.001", "0"), ("0.5", "0.5"), ("7", "7"), ("9.996", "10"), ("12.34", "12.3"), ("950", "950"),
        ("999.4", "999"), ("999.6", "1k"), ("1000", "1k"), ("1234", "1.23k"), ("45000", "45k"), ("655300", "655k"),
        ("999950", "1M"), ("1350000", "1.35M"), ("-12500", "-12.5k"), ("2000000000", "2B"), ("99960", "100k"),
    ],
)  # fmt: skip
def test_numbers_are_written_short(number: str, text: str) -> None:
    assert short_number(Decimal(number)) == text


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=3))
def test_a_short_number_is_off_by_less_than_one_percent(number: Decimal) -> None:
    text = short_number(number)
    factor = {"k": 10**3, "M": 10**6, "B": 10**9}.get(text[-1], 1)
    value = Decimal(text.rstrip("kMB")) * factor
    assert abs(value - number) <= max(abs(number) / 100, Decimal("0.005"))


def test_matplotlib_is_not_loaded_before_a_chart_is_drawn() -> None:
    code = "import sys, actions.charts; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
