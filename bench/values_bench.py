"""Measures the value readers on the English test cases of microsoft/Recognizers-Text, which are not in this project.

    python bench/values_bench.py PATH/TO/recognizers_text/english [--wide] [--show KIND]

The path holds the cases as JSONL ({"input", "reference", "results": [{"text", "type", "start", "end", "resolution"}]},
end offsets inclusive). Rules in code, not a list of cases, say which count; docs/benchmarks-values-notes.md says why,
and which of them were written after the first results were seen (``--wide`` leaves those out). A value is right when
its span and its value are; the span is compared without leading articles and prepositions, which our annotation guide
leaves out ("strict-span" compares it as it is).
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from nlu.values import FoundValue, Reading, ValueKind, find_values, read_duration, read_money
from nlu.values.dates.context import months_after

Result = dict[str, Any]
FILES: dict[str, str] = {
    "date": "DateTime.DateTimeModel.jsonl",
    "money": "NumberWithUnit.CurrencyModel.jsonl",
    "percent": "Number.PercentModel.jsonl",
    "number": "Number.NumberModel.jsonl",
    "ordinal": "Number.OrdinalModel.jsonl",
    "email": "Sequence.EmailModel.jsonl",
}
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_LEADING = re.compile(r"^(?:(?:the|an?|on|at|in|of|around|about|for|with|from|between|@)\s+)+")
_NUMBER_WORD = re.compile(
    r"\b(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|"
    r"ninety|hundred|thousand|million|billion|half|dozen|first|second|third|\w+th)\b"
)
_CALENDAR_WORD = re.compile(
    r"\d|\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun)|\b(today|tomorrow|tmr|yesterday|now|"
    r"tonight|tonite|noon|midnight|day|week|month|quarter|year|weekend|hour|minute|morning|afternoon|evening|night|daily|weekly|"
    r"biweekly|monthly|quarterly|yearly|annually|fortnight|everyday|lunch)|\bq[1-4]\b"
)
_OTHER_CONVENTION = re.compile(
    r"^(later|earlier|remaining|more than|less than)\b|[<>=~]|\b(greater|middle of|the end of)\b|^week \d+$"
    r"|^the (day|week|month|year|hour|fortnight)$"
)

# --- which cases a CRM needs
# -------------------------------------------------------------------------------------------


def in_scope_date(result: Result) -> bool:
    """Dates, times, ranges, lengths and repetitions that people say when they schedule, report or filter."""
    values = (result.get("resolution") or {}).get("values") or []
    kind = str(result["type"] or "").rpartition(".")[2]
    if not values or kind not in _DATE_CHECKS:
        return False
    text, timex = result["text"], values[-1].get("timex") or ""
    modifier = values[-1].get("Mod") or ""
    if modifier not in ("", "since", "until", "before", "after") or text.startswith("by "):
        return False  # vague parts ("late July"), approximations, and deadlines, which for us are the day itself
    if kind != "set" and any(value.get("value") == "not resolved" for value in values):
        return False  # dates that do not exist, school years
    if "PRESENT_REF" in timex or ("WE" in timex and kind == "duration"):
        return False
    if (re.search(r"P\d+0Y|P10Y|P100Y", timex) and kind != "duration") or re.search(r"decade|centur", text):
        return False
    if re.match(r"0|1[0-8]|19[0-4]|2[1-9]\d\d", re.sub(r"^\(", "", timex)) and timex[:4].isdigit():
        return False  # historical years
    return _CALENDAR_WORD.search(text) is not None or _NUMBER_WORD.search(text) is not None  # else a holiday by name


def follows_our_conventions(result: Result) -> bool:
    """Whether a date is one the source and a CRM mean the same by.

    Not so: the vague "later this week", comparisons ("more than 2 weeks before", ">= 2019"), the middle and end of a
    period as ranges, the end of a day at 23:59:59 (the end of business here), a bare "the week", a week number of this
    year even when it is long over, and times that name a zone.
    """
    values = (result.get("resolution") or {}).get("values") or []
    if _OTHER_CONVENTION.search(result["text"]) or any(value.get("timezone") is not None for value in values):
        return False
    return not any(str(value.get("value", "")).endswith("23:59:59") for value in values)


def in_scope_money(result: Result) -> bool:
    """Amounts with a currency in use, in whole cents."""
    resolution = result["resolution"]
    if resolution.get("value") is None:
        return False
    if resolution.get("isoCurrency") is None and resolution.get("unit") not in (
        "Dollar",
        "Pound",
        "Cent",
        "Pence",
        "Penny",
    ):
        return False
    cents = float(resolution["value"]) * (1 if resolution["unit"] in ("Cent", "Pence", "Penny") else 100)
    return resolution.get("isoCurrency") not in ("BTC",) and abs(cents - round(cents)) < 1e-6 and 0 <= cents <= 1e14


def in_scope_percent(result: Result) -> bool:
    """Percentages with their number in front."""
    value = (result["resolution"] or {}).get("value")
    return value not in (None, "null") and not result["text"].startswith("per")


def in_scope_number(result: Result) -> bool:
    """Whole and decimal numbers; fractions and powers are not said of sales."""
    return (result["resolution"] or {}).get("subtype") in ("integer", "decimal")


def in_scope_ordinal(result: Result) -> bool:
    """Places counted from the start or the end of a list, not from the present one."""
    resolution = result["resolution"] or {}
    return resolution.get("relativeTo") in ("start", "end") and abs(int(resolution["offset"])) <= 999


IN_SCOPE: dict[str, Callable[[Result], bool]] = {
    "date": in_scope_date,
    "money": in_scope_money,
    "percent": in_scope_percent,
    "number": in_scope_number,
    "ordinal": in_scope_ordinal,
    "email": lambda result: True,
}


# --- what counts as the same value
# -------------------------------------------------------------------------------------


def _points(canonical: str) -> tuple[datetime | date | None, datetime | date | None] | None:
    """Start and end of a canonical date text; None for a length or repetition."""
    if canonical.startswith(("P", "RRULE", "DTSTART")):
        return None
    start, _, end = canonical.partition("/")
    return _point(start), _point(end) if end else None


def _point(text: str) -> datetime | date | None:
    if text == "..":
        return None
    return datetime.fromisoformat(text).replace(tzinfo=None) if "T" in text else date.fromisoformat(text)


def _expected(text: str | None) -> datetime | date | None:
    if not text:
        return None
    return datetime.fromisoformat(text) if " " in text else date.fromisoformat(text)


def _candidates(values: list[Result], key: str, reference: datetime) -> list[Result]:
    """The readings that are not over, as a CRM prefers; all of them when each lies in the past."""
    if values[-1].get("Mod") in ("since", "before"):
        return values  # "since August" may be either
    coming = [value for value in values if (value.get(key) or value.get("start") or "") >= reference.date().isoformat()]
    return coming or values


def same_point(found: FoundValue, values: list[Result], reference: datetime) -> bool:
    """A day or instant: the coming one where the source lists a past and a coming one."""
    points = _points(found.canonical)
    return (
        points is not None
        and points[1] is None
        and any(points[0] == _expected(value["value"]) for value in _candidates(values, "value", reference))
    )


def same_range(found: FoundValue, values: list[Result], reference: datetime) -> bool:
    """A range: its start, and its end by either convention about the unit named last."""
    points = _points(found.canonical)
    if points is None:
        return False
    start, end = points
    if end is None and start is not None:
        end = start + timedelta(days=1)
    part = re.search(r"T(MO|AF|EV|NI|MEL|NT|DT)$", values[-1].get("timex") or "")
    return any(
        _same_ends(start, end, value, part is not None, found.text) for value in _candidates(values, "end", reference)
    )


def _same_ends(start: Any, end: Any, value: Result, vague: bool, text: str) -> bool:
    try:
        first, last = _expected(value.get("start")), _expected(value.get("end"))
    except ValueError:
        return False
    modifier = value.get("Mod") or ""
    if vague:  # both have their own hours for the parts of a day
        return isinstance(start, datetime) and isinstance(first, datetime) and abs(start - first) <= timedelta(hours=3)
    if modifier in ("since", "after"):
        return _near(start, first, modifier == "after")
    if modifier in ("until", "before"):
        return _near(end, last, True)
    linked = re.search(r"\b(to|through|thru|until|till|and)\b|-", text) is not None
    return bool(start == first and (end == last or (linked and _near(end, last, True))))


def _near(ours: Any, theirs: Any, inclusive: bool) -> bool:
    """Equal; or later by the unit named last, which they leave out of a range and we count in."""
    if ours == theirs:
        return True
    if not inclusive or type(ours) is not type(theirs):
        return False
    if isinstance(ours, datetime):
        return bool(ours - theirs == timedelta(minutes=1))
    return ours in (theirs + timedelta(days=1), *(months_after(theirs, months) for months in (1, 3, 12)))


def same_clock(found: FoundValue, values: list[Result], reference: datetime) -> bool:
    """A time of day, on any day; both where the source lists one before and one after noon."""
    points = _points(found.canonical)
    if points is None or points[1] is not None or not isinstance(points[0], datetime):
        return False
    return f"{points[0]:%H:%M:%S}" in {value["value"] for value in values}


def same_clock_range(found: FoundValue, values: list[Result], reference: datetime) -> bool:
    """Two times of day, or a part of the day by its name."""
    points = _points(found.canonical)
    if points is None or not isinstance(points[0], datetime) or not isinstance(points[1], datetime):
        return False
    vague = re.search(r"T(MO|AF|EV|NI|MEL|NT|DT)$", values[-1].get("timex") or "")
    for value in values:
        first, last = value.get("start"), value.get("end")
        starts = first is None or f"{points[0]:%H:%M:%S}" == first
        ends = last is None or f"{points[1]:%H:%M:%S}" == last
        if vague and first:
            starts, ends = abs(points[0].hour - int(first[:2])) <= 3, True
        if starts and ends:
            return True
    return False


def same_length(found: FoundValue, values: list[Result], reference: datetime) -> bool:
    """A length of time, to within one in a hundred for months and years."""
    span = read_duration(found.canonical)
    return span is not None and any(
        abs(span.nominal_seconds - float(value["value"])) <= 0.01 * float(value["value"]) for value in values
    )


_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FREQUENCIES = {"D": ("DAILY", 1), "W": ("WEEKLY", 1), "M": ("MONTHLY", 1), "Y": ("YEARLY", 1)}


def same_repetition(found: FoundValue, values: list[Result], reference: datetime) -> bool:
    """A repetition: how often, on which days and at what time."""
    if "RRULE:" not in found.canonical:
        return False
    rule = dict(part.split("=") for part in found.canonical.partition("RRULE:")[2].split(";"))
    timex = values[-1].get("timex") or ""
    clock = re.search(r"T(\d\d)(?::(\d\d))?$", timex)
    if clock is not None and (int(rule.get("BYHOUR", -1)), int(rule.get("BYMINUTE", 0))) != (
        int(clock[1]),
        int(clock[2] or 0),
    ):
        return False
    if timex.startswith("T"):
        return rule["FREQ"] == "DAILY" and "INTERVAL" not in rule
    interval = int(rule.get("INTERVAL", 1))
    if timex in ("P1WD", "P1BD"):
        return rule.get("BYDAY") == ",".join(_CODES[:5])
    if re.match(r"P\dWE|XXXX-WXX-WE", timex):
        return rule.get("BYDAY") == "SA,SU" and interval == int(re.sub(r"\D", "", timex[:3]) or 1)
    weekday = re.match(r"XXXX-WXX-(\d)", timex)
    if weekday is not None:
        return rule["FREQ"] == "WEEKLY" and rule.get("BYDAY") == _CODES[int(weekday[1]) - 1]
    if timex == "P0.5Y":
        timex = "P6M"
    month_day = re.match(r"XXXX-XX-(\d\d)$", timex)
    if month_day is not None:
        return rule["FREQ"] == "MONTHLY" and rule.get("BYMONTHDAY") == str(int(month_day[1]))
    length = re.match(r"P(T?)(\d+)([DWMYHM])", timex)
    if length is None:
        return False
    if length[1]:
        return rule["FREQ"] == {"H": "HOURLY", "M": "MINUTELY"}.get(length[3]) and interval == int(length[2])
    return rule["FREQ"] == _FREQUENCIES[length[3]][0] and interval == int(length[2])


_DATE_CHECKS: dict[str, Callable[[FoundValue, list[Result], datetime], bool]] = {
    "date": same_point,
    "datetime": same_point,
    "daterange": same_range,
    "datetimerange": same_range,
    "time": same_clock,
    "timerange": same_clock_range,
    "duration": same_length,
    "set": same_repetition,
}
_SUBUNIT = {"Cent": ("USD", 0.01), "Pence": ("GBP", 0.01), "Penny": ("GBP", 0.01)}


def is_right(kind: str, found: FoundValue, result: Result, reference: datetime) -> bool:
    """Whether the value found is the expected one."""
    resolution = result["resolution"] or {}
    if kind == "date":
        return _DATE_CHECKS[result["type"].rpartition(".")[2]](found, resolution["values"], reference)
    if kind == "money":
        amount = read_money(found.canonical)
        currency, factor = _SUBUNIT.get(resolution["unit"], (resolution.get("isoCurrency"), 1))
        currency = currency or {"Dollar": "USD", "Pound": "GBP"}.get(resolution["unit"])
        if amount is None or amount.currency != currency:
            return False
        return abs(float(amount.value) - float(resolution["value"]) * factor) < 0.005
    if kind == "ordinal":
        offset = int(resolution["offset"])
        return int(found.canonical) == (offset if resolution["relativeTo"] == "start" else offset - 1)
    if kind == "email":
        return found.canonical == str(resolution["value"]).lower()
    ours, theirs = found.canonical.rstrip("%"), str(resolution["value"]).rstrip("%")
    return abs(float(ours) - float(theirs)) <= 1e-9 * max(1.0, abs(float(theirs)))


# --- measuring
# ---------------------------------------------------------------------------------------------------------


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


@dataclass
class Score:
    """Counts for one kind; ``by_type`` has (expected, right) per type of the source."""

    sentences: int = 0
    sentences_right: int = 0
    expected: int = 0
    found: int = 0
    right: int = 0
    right_strict: int = 0
    span_right: int = 0
    by_type: dict[str, Counter[str]] = field(default_factory=dict)
    excluded: int = 0


def _spans(text: str, start: int, end: int) -> tuple[int, int]:
    lead = _LEADING.match(text[start:end].lower())
    return start + (lead.end() if lead else 0), end


def cases(path: Path, kind: str, *, wide: bool = False) -> Iterator[tuple[Result, bool]]:
    """The cases of a kind, each with whether it is in scope: no expected value of it may be out of it.

    ``wide`` keeps dates on which the source's conventions differ from ours.
    """
    for line in path.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        ok = all(IN_SCOPE[kind](result) for result in case["results"])
        if kind == "date":
            ok = ok and case["reference"] is not None
            ok = ok and (wide or all(follows_our_conventions(result) for result in case["results"]))
        yield case, ok


def measure(path: Path, kind: ValueKind, *, show: bool, wide: bool) -> Score:
    """Scores one kind on its file."""
    score = Score()
    zone = ZoneInfo("UTC")
    for case, ok in cases(path, kind, wide=wide):
        if not ok:
            score.excluded += 1
            continue
        text = case["input"]
        reference = datetime.fromisoformat(case["reference"]) if case["reference"] else NOON.replace(tzinfo=None)
        reading = Reading(now=reference.replace(tzinfo=UTC), zone=zone)
        found = list(find_values(text, reading, kinds=frozenset({kind})))
        missed: list[str] = []
        left = list(found)
        for result in case["results"]:
            start = result["start"] if result["start"] is not None else text.lower().find(result["text"].lower())
            end = result["end"] + 1 if result["end"] is not None else start + len(result["text"])
            name = str(result["type"]).rpartition(".")[2]
            counts = score.by_type.setdefault(name, Counter())
            counts["expected"] += 1
            match = next((f for f in left if _spans(text, f.start, f.end) == _spans(text, start, end)), None)
            right = match is not None and is_right(kind, match, result, reference)
            if match is not None:
                left.remove(match)
                score.span_right += 1
                score.right_strict += right and (match.start, match.end) == (start, end)
            counts["right"] += right
            if not right:
                values = (result["resolution"] or {}).get("values") or result["resolution"]
                missed.append(f"{result['text']!r} {name} {values}; ours {match.canonical if match else None}")
        score.sentences += 1
        score.sentences_right += not missed and not left
        score.found += len(found)
        if show and (missed or left):
            _say(f"\n{text!r} @ {case['reference']}")
            for line in missed:
                _say(f"   missed {line[:300]}")
            for extra in left:
                _say(f"   extra {extra.text!r} {extra.canonical}")
    score.expected = sum(counts["expected"] for counts in score.by_type.values())
    score.right = sum(counts["right"] for counts in score.by_type.values())
    return score


def speed(path: Path) -> tuple[float, float, int]:
    """Median and 95th percentile of milliseconds for all kinds on the inputs below 200 characters."""
    reading = Reading(now=NOON, zone=ZoneInfo("Europe/Berlin"))
    texts = [json.loads(line)["input"] for line in path.read_text(encoding="utf-8").splitlines()]
    texts = [text for text in texts if len(text) < 200]
    for text in texts:
        find_values(text, reading)
    taken = []
    for text in texts:
        begin = time.perf_counter()
        find_values(text, reading)
        taken.append((time.perf_counter() - begin) * 1000)
    return statistics.median(taken), statistics.quantiles(taken, n=20)[18], len(texts)


def main() -> None:
    """Prints the scores."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--show", choices=tuple(FILES), help="print what was wrong in one kind")
    parser.add_argument("--wide", action="store_true", help="keep dates on which the source's conventions are not ours")
    options = parser.parse_args()
    _say("kind     cases (excluded)  values  exact  strict-span  precision  sentences all right")
    for kind, name in FILES.items():
        if options.show not in (None, kind):
            continue
        score = measure(options.folder / name, kind, show=options.show == kind, wide=options.wide)  # type: ignore[arg-type]
        total = max(1, score.expected)
        _say(
            f"{kind:8} {score.sentences:5} ({score.excluded:3})   {score.expected:6}  {score.right / total:6.1%}  "
            f"{score.right_strict / total:8.1%}   {score.right / max(1, score.found):8.1%}   "
            f"{score.sentences_right / max(1, score.sentences):8.1%}"
        )
        if kind == "date":
            for name_of, counts in sorted(score.by_type.items()):
                _say(
                    f"    {name_of:14} {counts['expected']:4} values, exact {counts['right'] / counts['expected']:6.1%}"
                )
    median, high, count = speed(options.folder / FILES["date"])
    _say(f"find_values, all kinds, {count} texts below 200 characters: p50 {median:.2f} ms, p95 {high:.2f} ms")


if __name__ == "__main__":
    main()
