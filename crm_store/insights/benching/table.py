"""Reading a table somebody else wrote: its separator, encoding and column names are found out, its faults named."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from crm_store.errors import StoreError

_ENCODINGS = ("utf-8-sig", "cp1252", "latin-1")
_DELIMITERS = ",;\t|"
_MISSING = {"", "na", "n/a", "nan", "null", "none", "?"}
_QUARTER = re.compile(r"(\d{4})[ -]?Q([1-4])|Q([1-4])[ -](\d{4})", re.IGNORECASE)
_DATE_FORMATS = (
    "%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%Y%m%d", "%Y-%m", "%Y/%m", "%b %Y",
    "%B %Y", "%Y %b", "%Y %B", "%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%YM%m", "%Y", "%d-%m-%Y", "%m-%d-%Y", "%d/%m/%y",
    "%d.%m.%y", "%Y.%m.%d", "%d-%b-%y", "%d %B %Y", "%B %d, %Y", "%b-%y", "%b-%Y", "%m/%Y", "%m-%Y",
)  # fmt: skip


@dataclass(eq=False)
class UnusableData(StoreError):
    """The file cannot be used for the task; ``reason`` says what is wrong and where."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTable:
    """A table as text: ``columns`` by name, all of the same length; nothing stands for a missing value but ""."""

    path: Path
    columns: Mapping[str, Sequence[str]]
    rows: int = field(default=0)

    def unusable(self, reason: str) -> UnusableData:
        """The error that says what is wrong with this file."""
        return UnusableData(self.path, reason)

    def only(self, kept: Sequence[bool]) -> DataTable:
        """Some of the rows."""
        columns = {
            name: [text for text, keep in zip(texts, kept, strict=True) if keep] for name, texts in self.columns.items()
        }
        return DataTable(path=self.path, columns=columns, rows=sum(kept))

    def find(self, *names: str) -> str | None:
        """The first of these columns that is there, whatever its case, spaces and underscores."""
        keys = {_key(name): name for name in self.columns}
        return next((keys[_key(name)] for name in names if _key(name) in keys), None)

    def need(self, what: str, *names: str) -> str:
        """The same; raises UnusableData naming what is looked for."""
        found = self.find(*names)
        if found is None:
            there = ", ".join(self.columns)
            raise self.unusable(f"no column for {what} (one of: {', '.join(names)}); the file has: {there}")
        return found

    def numbers(self, column: str) -> list[float]:
        """A column as numbers; raises UnusableData at the first value that is none. Missing values are NaN."""
        found = []
        for line, text in enumerate(self.columns[column], start=2):
            number = to_number(text)
            if number is None:
                raise self.unusable(f"line {line}: {text!r} in column {column} is not a number")
            found.append(number)
        return found

    def dates(self, column: str) -> list[date]:
        """A column as dates; raises UnusableData at the first value that is none."""
        texts = self.columns[column]
        day_format = _format_of(texts)
        found = []
        for line, text in enumerate(texts, start=2):
            day = to_date(text, day_format)
            if day is None:
                raise self.unusable(f"line {line}: {text!r} in column {column} is not a date")
            found.append(day)
        return found

    def is_numeric(self, column: str) -> bool:
        """Whether every value is a number or missing, and not all are missing."""
        numbers = [to_number(text) for text in self.columns[column]]
        return None not in numbers and any(number == number for number in numbers)  # noqa: PLR0124 - NaN is not itself

    def is_dates(self, column: str) -> bool:
        """Whether every value is a date or a quarter, and more than a bare number that might be anything."""
        texts = self.columns[column]
        day_format = _format_of(texts)
        if day_format in {"%Y", "%Y%m%d"} and _key(column) not in {"date", "day", "year", "period", "month", "ds"}:
            return False
        return all(to_date(text, day_format) is not None for text in texts)


def read_table(path: Path) -> DataTable:
    """Read a CSV file with a header line; raises UnusableData when it is none or has no rows."""
    try:
        raw = path.read_bytes()
    except OSError as err:
        raise UnusableData(path, f"cannot be read: {err.strerror}") from err
    if b"\0" in raw[:4096]:
        raise UnusableData(path, "is not a text file; export it as CSV")
    text = _decoded(raw)
    first = text.lstrip().split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if not any(header):
            raise UnusableData(path, "is empty")
        header = [name or f"column {position}" for position, name in enumerate(header, start=1)]
        twice = {name for name in header if header.count(name) > 1}
        if twice:
            raise UnusableData(path, f"the header names {', '.join(sorted(twice))} twice")
        cells: list[list[str]] = [[] for _ in header]
        rows = 0
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            while len(row) > len(header) and not row[-1].strip():
                row.pop()  # separators at the end of a line, as spreadsheets write them
            if len(row) != len(header):
                raise UnusableData(path, f"line {reader.line_num} has {len(row)} values, the header {len(header)}")
            rows += 1
            for column, cell in zip(cells, row, strict=True):
                value = cell.strip()
                column.append("" if value.casefold() in _MISSING else value)
    except csv.Error as err:
        raise UnusableData(path, f"line {reader.line_num}: {err}") from err
    if not rows:
        raise UnusableData(path, "has a header but no rows")
    return DataTable(path=path, columns=dict(zip(header, cells, strict=True)), rows=rows)


def to_number(text: str) -> float | None:
    """A number as spreadsheets write it ("1,234.50", "1.234,50", "$ 99", "-$99", "(99)", "12%"); NaN when missing,
    None when it is no number.
    """
    if not text:
        return float("nan")
    cleaned = re.sub(r"[$€£%\s\u00a0']", "", text)
    bracketed = re.fullmatch(r"\((.+)\)", cleaned)
    if bracketed:
        cleaned = f"-{bracketed[1]}"
    if re.fullmatch(r"-?\d{1,3}(\.\d{3})+,\d+", cleaned):
        cleaned = cleaned.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", cleaned):
        cleaned = cleaned.replace(",", "")
    elif re.fullmatch(r"-?\d+,\d+", cleaned):
        cleaned = cleaned.replace(",", ".")
    try:
        number = float(cleaned)
    except ValueError:
        return None
    return number if abs(number) < 1e300 or not text else None


def to_date(text: str, day_format: str | None = None) -> date | None:
    """A day, the first day of a month or quarter, or None."""
    quarter = _QUARTER.fullmatch(text)
    if quarter:
        year, number = (quarter[1], quarter[2]) if quarter[1] else (quarter[4], quarter[3])
        return date(int(year), int(number) * 3 - 2, 1)
    if day_format is None:
        return None
    try:
        return datetime.strptime(_day_part(text), day_format).date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None


def _format_of(texts: Sequence[str]) -> str | None:
    """The format that reads most of the values looked at, at least half; of several the first."""
    step = max(1, len(texts) // 500)
    looked_at = [_day_part(text) for text in texts[::step]]
    best, most = None, (len(looked_at) - 1) // 2
    for day_format in _DATE_FORMATS:
        read = sum(_reads(text, day_format) for text in looked_at)
        if read > most:
            best, most = day_format, read
        if read == len(looked_at):
            break
    return best


def _reads(text: str, day_format: str) -> bool:
    try:
        datetime.strptime(text, day_format)  # noqa: DTZ007 - only asked whether it can be read
    except ValueError:
        return False
    return True


def _day_part(text: str) -> str:
    """The text without a time of day behind it."""
    return re.sub(r"(?<=\d)[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AP]M)?(Z|[+-]\d{2}:?\d{2})?$", "", text)


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def _decoded(raw: bytes) -> str:
    for encoding in _ENCODINGS[:-1]:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode(_ENCODINGS[-1])
