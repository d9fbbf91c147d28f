"""The period a report covers, from how it was said, and how it is called in the report's title."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from babel.dates import format_date

from actions.errors import SlotRejected
from actions.formatting import date_text, stamp_text
from actions.turn import Turn
from nlu.parse import Entity
from nlu.values import OPEN_END, OPEN_START, When, read_duration, read_when
from nlu.values.reading import Reading

_SINCE = re.compile(r"\b(since|from|starting|after)\s+(the\s+)?$", re.IGNORECASE)
_UNTIL = re.compile(r"\b(until|till|by|up to|through|before)\s+(the\s+)?$", re.IGNORECASE)
_LOOK_BACK = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPeriod:
    """Calendar days, both included, and the instants in UTC (the end exclusive); None is open. ``label``: its name."""

    first_day: date | None
    last_day: date | None
    start: datetime | None
    end: datetime | None
    label: str

    @property
    def is_bounded(self) -> bool:
        """Whether it has a beginning and an end."""
        return self.start is not None and self.end is not None


def period_or(turn: Turn, default: str, *, prefer: Literal["past", "future"]) -> ReportPeriod:
    """The period named in the message, else ``default`` ("this quarter"); raises SlotRejected."""
    said = period_said(turn, prefer=prefer)
    if said is not None:
        return said
    when = read_when(default, turn.reading, prefer=prefer)
    if when is None:
        raise ValueError(f"not a period: {default!r}")
    return period_of(when, turn)


def period_said(turn: Turn, *, prefer: Literal["past", "future"]) -> ReportPeriod | None:
    """The period named in the message, None when there is none; raises SlotRejected for what cannot be read.

    "since Monday" and "by March" are open to one side. A bare length ("30 days") ends or, with ``prefer="future"``,
    begins now.
    """
    entity = next((e for e in turn.call.entities if e.entity == "date"), None)
    if entity is None:
        return None
    when = read_when(entity.text, turn.reading, prefer=prefer)
    if when is not None:
        return period_of(_opened(when, text_before(turn, entity), turn.reading), turn)
    length = read_duration(entity.text, turn.reading)
    if length is None:
        raise SlotRejected("utter_unreadable_date", {"said": entity.text[:60]})
    now = turn.reading.now.astimezone(turn.reading.zone)
    if prefer == "future":
        return period_of(When(start=now.date(), end=length.after(now).date(), zone=turn.reading.zone), turn)
    return period_of(When(start=length.times(-1).after(now), end=now, zone=turn.reading.zone), turn)


_COUNTED_DAYS = re.compile(r"\b(?:last|past|previous)\s+(?:\S+\s+)?days\b", re.IGNORECASE)


def up_to_now(period: ReportPeriod, turn: Turn) -> ReportPeriod:
    """Counted days that end with yesterday, moved on by one: who asks how the last 7 days went means today too."""
    today = turn.reading.today
    entity = next((e for e in turn.call.entities if e.entity == "date"), None)
    if period.first_day is None or period.last_day != today - timedelta(days=1):
        return period
    if entity is not None and not _COUNTED_DAYS.search(f"{text_before(turn, entity)} {entity.text}"):
        return period
    zone = turn.reading.zone
    return period_of(When(start=period.first_day + timedelta(days=1), end=today + timedelta(days=1), zone=zone), turn)


def text_before(turn: Turn, entity: Entity) -> str:
    """The words just before an entity; empty when it came with a button."""
    place = turn.call.words.find(entity.text)
    return turn.call.words[max(0, place - _LOOK_BACK) : place] if place > 0 else ""


def period_of(when: When, turn: Turn) -> ReportPeriod:
    """A stretch of time as a report's period."""
    opened_start, opened_end = when.start == OPEN_START, when.end == OPEN_END
    return ReportPeriod(
        first_day=None if opened_start else when.first_day,
        last_day=None if opened_end else when.last_day,
        start=None if opened_start else _instant(when.start, turn.reading),
        end=None if opened_end else _instant(when.end, turn.reading),
        label=_label(when, turn, opened_start=opened_start, opened_end=opened_end),
    )


def days_period(first_day: date, last_day: date, turn: Turn) -> ReportPeriod:
    """The period of these calendar days, both included."""
    return period_of(When(start=first_day, end=last_day + timedelta(days=1), zone=turn.reading.zone), turn)


def _opened(when: When, before: str, reading: Reading) -> When:
    since, until = _SINCE.search(before), _UNTIL.search(before)
    if isinstance(when.start, datetime) or isinstance(when.end, datetime):
        # "since noon": up to now, for nothing that is reported lies ahead of it.
        now = reading.now.astimezone(when.zone)
        passed = since is not None and isinstance(when.start, datetime) and when.start < now
        return When(start=when.start, end=now, zone=when.zone) if passed else when
    if since is not None:
        start = when.end if since[1].casefold() == "after" else when.start
        return When(start=start, end=OPEN_END, zone=when.zone)
    if until is not None:
        end = when.start if until[1].casefold() == "before" else when.end
        return When(start=OPEN_START, end=end, zone=when.zone)
    return when


def _instant(moment: date | datetime, reading: Reading) -> datetime:
    if isinstance(moment, datetime):
        return moment.astimezone(UTC)
    return datetime.combine(moment, time(0), reading.zone).astimezone(UTC)


def _label(when: When, turn: Turn, *, opened_start: bool, opened_end: bool) -> str:
    reading = turn.reading
    if opened_start and opened_end:
        return turn.words.label("any_time")
    if opened_end:
        return turn.words.say("utter_period_since", day=date_text(when.first_day, reading))
    if opened_start:
        return turn.words.say("utter_period_until", day=date_text(when.last_day, reading))
    if isinstance(when.start, datetime) and isinstance(when.end, datetime):
        return f"{stamp_text(when.start, reading)} – {stamp_text(when.end, reading)}"
    match when.grain:
        case "month" if when.last_day.month == when.first_day.month:
            return format_date(when.first_day, format="LLLL y", locale=reading.locale)
        case "quarter":
            return quarter_text(when.first_day)
        case "year" if when.first_day.month == 1:
            return str(when.first_day.year)
    if not when.is_range:
        return date_text(when.first_day, reading)
    return f"{date_text(when.first_day, reading)} – {date_text(when.last_day, reading)}"


def quarter_text(day: date) -> str:
    """The calendar quarter a day is in: "Q4 2026"."""
    return f"Q{(day.month + 2) // 3} {day.year}"
