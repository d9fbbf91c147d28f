"""insights-bench reads files as people have them, and says what is wrong with the others."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta
from pathlib import Path

import pytest

from crm_store.insights.benching.churn import bench_churn
from crm_store.insights.benching.forecasts import bench_forecast
from crm_store.insights.benching.lifetimes import bench_clv
from crm_store.insights.benching.recommendations import bench_recommend
from crm_store.insights.benching.series_files import read_series
from crm_store.insights.benching.table import UnusableData, read_table
from crm_store.insights.benching.winloss import bench_winloss


def _write(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.write_bytes("\n".join(lines).encode(encoding))
    return path


def test_long_wide_and_quarterly_series_are_read(tmp_path: Path) -> None:
    months = [f"{2018 + n // 12}-{n % 12 + 1:02}" for n in range(60)]
    long = _write(
        tmp_path / "long.csv", "shop,month,sales", *[f"{s},{m},{n + 5}" for s in "ab" for n, m in enumerate(months)]
    )
    wide = _write(tmp_path / "wide.csv", "date;a;b", *[f"{m};{n};{2 * n}" for n, m in enumerate(months)])
    quarters = [f"{2010 + n // 4} Q{n % 4 + 1},North,Holiday,{n + 1}" for n in range(40)]
    tourism = _write(tmp_path / "q.csv", "Quarter,Region,Purpose,Trips", *quarters)
    for path, names, season in ((long, ["a", "b"], 12), (wide, ["a", "b"], 12), (tourism, ["North / Holiday"], 4)):
        series, notes = read_series(path, season=None, horizon=None)
        assert [each.name for each in series] == names
        assert {each.season for each in series} == {season}
        assert notes == []
    [trips], _ = read_series(tourism, season=None, horizon=8)
    assert trips.truth.tolist() == list(range(33, 41))


def test_a_month_without_sales_counts_as_none_sold_and_is_said(tmp_path: Path) -> None:
    days = [f"{2018 + n // 12}-{n % 12 + 1:02},7" for n in range(60) if n != 3]
    [series], notes = read_series(_write(tmp_path / "gap.csv", "month,sales", *days), season=None, horizon=12)
    assert series.history[:5].tolist() == [7, 7, 7, 0, 7]
    assert notes == ["all: 1 periods without a value count as 0"]


def test_a_forecast_of_a_perfect_season_has_no_error_to_speak_of(tmp_path: Path) -> None:
    lines = [
        json.dumps(
            {"id": n, "period": "MONTHLY", "train": [10 + (m % 12) * 3 for m in range(60)], "test": [10.0, 13.0]}
        )
        for n in range(2)
    ]
    figures = bench_forecast(_write(tmp_path / "s.jsonl", *lines))
    assert figures.numbers["series"] == 2
    assert "mase" not in figures.numbers  # a season that repeats exactly leaves the naive forecast no error to scale by
    assert float(figures.numbers["smape"] or 0) < 3
    assert "2 series repeat exactly" in " ".join(figures.notes)


def test_churn_uses_no_identifier_no_protected_column_and_nothing_written_later(tmp_path: Path) -> None:
    draw = random.Random(1)
    rows = []
    for n in range(500):
        tenure = draw.randint(1, 60)
        left = draw.random() < (0.7 if tenure < 20 else 0.15)
        rows.append(f"K{n:05},{draw.choice('MF')},{tenure},{'Yes' if left else 'No'},{'moved' if left else ''}")
    path = _write(tmp_path / "c.csv", "customerID,gender,tenure,Churn,Exit survey", *rows)
    figures = bench_churn(path)
    notes = " ".join(figures.notes)
    assert "protected from it: gender" in notes
    assert "customerID" in notes
    assert "Exit survey" in notes
    assert 0.65 < float(figures.numbers["auc"] or 0) < 0.9
    assert str(figures.choices["reasons_of_highest"]).startswith("['tenure")


def test_winloss_leaves_open_deals_and_the_closing_value_out(tmp_path: Path) -> None:
    draw = random.Random(2)
    start = date(2025, 1, 1)
    rows = []
    for n in range(600):
        stage = draw.choice(["Won", "Lost", "Engaging"]) if n % 3 else ("Won" if draw.random() < 0.9 else "Lost")
        source = "referral" if n % 3 == 0 else draw.choice(["web", "fair"])
        rows.append(f"{n},{source},{stage},{start + timedelta(days=n)},{5000 if stage == 'Won' else 0}")
    figures = bench_winloss(
        _write(tmp_path / "w.csv", "opportunity_id,source,deal_stage,engage_date,close_value", *rows)
    )
    assert "in time order" in str(figures.choices["validation"])
    assert "close_value" in " ".join(figures.notes)
    assert "without a known outcome" in " ".join(figures.notes)
    assert str(figures.choices["win_rates_beyond_chance"]).startswith("['source = referral: ")
    low, rate, high = (float(figures.numbers[name] or 0) for name in ("win_rate_low", "win_rate", "win_rate_high"))
    assert low < rate < high


def test_lines_without_a_customer_and_returns_are_left_out_and_counted(tmp_path: Path) -> None:
    draw = random.Random(3)
    rows = [
        f"{n % 40},{draw.randint(1, 12)},{date(2025, 1, 1) + timedelta(days=n // 3)} 08:26,{-1 if n % 50 == 0 else 2}"
        for n in range(1000)
    ]
    path = _write(tmp_path / "r.csv", "CustomerID,StockCode,InvoiceDate,Quantity", ",5,2025-02-01 08:26,1", *rows)
    figures = bench_recommend(path)
    assert figures.notes[0].startswith("21 lines")
    assert {"recall_at_10_popularity", "recall_at_10_item_item", "recall_at_10_factorisation"} <= figures.numbers.keys()


def test_a_summary_whose_recency_is_above_its_age_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "s.csv", "ID,frequency,recency,T", *[f"{n},1,9,5" for n in range(20)])
    with pytest.raises(UnusableData, match="recency not above T"):
        bench_clv(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("a,b\n", "has a header but no rows"),
        ("a,a\n1,2\n", "names a twice"),
        ("a,b\n1\n", "line 2 has 1 values, the header 2"),
    ],
)
def test_malformed_files_are_named_with_their_fault(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UnusableData, match=said):
        read_table(_write(tmp_path / "bad.csv", text))


def test_a_missing_column_and_a_wrong_value_are_said_with_their_place(tmp_path: Path) -> None:
    path = _write(tmp_path / "p.csv", "customer,date,amount", "a,2025-01-01,12", "b,yesterday,3")
    with pytest.raises(UnusableData, match="line 3: 'yesterday' in column date is not a date"):
        bench_clv(path)
    with pytest.raises(UnusableData, match="no column for whether the customer left"):
        bench_churn(path)


def test_numbers_and_dates_are_read_as_spreadsheets_of_other_countries_write_them(tmp_path: Path) -> None:
    lines = ("bought;paid;", "01-12-2010;1.234,50;", "13-12-2010;(99);", "14-12-2010;-$12;")
    table = read_table(_write(tmp_path / "x.csv", *(line[:-1] if n == 0 else line for n, line in enumerate(lines))))
    assert table.numbers("paid") == [1234.5, -99.0, -12.0]
    assert [day.isoformat() for day in table.dates("bought")] == ["2010-12-01", "2010-12-13", "2010-12-14"]


def test_semicolons_commas_in_numbers_and_western_letters_are_read(tmp_path: Path) -> None:
    table = read_table(_write(tmp_path / "x.csv", "café;betrag", "a;1,50", "b;$ 1200", "c;", encoding="cp1252"))
    assert list(table.columns) == ["café", "betrag"]
    assert table.numbers("betrag")[:2] == [1.5, 1200.0]
    assert table.is_numeric("betrag")
