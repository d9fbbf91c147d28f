"""Appointments as a calendar file any calendar takes (RFC 5545)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_LINE = 75


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """``key`` names it for good: taken in again, it replaces itself. ``at`` is aware."""

    key: str
    at: datetime
    length: timedelta
    title: str
    note: str = ""


def calendar_file(appointments: Sequence[Appointment], *, made_at: datetime) -> bytes:
    """The file's content; times in UTC, which every calendar shows in its own zone."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Rapport//EN", "CALSCALE:GREGORIAN"]
    for each in appointments:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{each.key}@rapport",
            f"DTSTAMP:{_stamp(made_at)}",
            f"DTSTART:{_stamp(each.at)}",
            f"DTEND:{_stamp(each.at + each.length)}",
            f"SUMMARY:{_escaped(each.title)}",
            *([f"DESCRIPTION:{_escaped(each.note)}"] if each.note else []),
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines).encode()


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return plain.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def _folded(line: str) -> str:
    """Lines of at most 75 octets, broken between characters."""
    parts: list[str] = []
    part = ""
    for char in line:
        room = _LINE if not parts else _LINE - 1
        if len((part + char).encode()) > room:
            parts.append(part)
            part = ""
        part += char
    return "\r\n ".join([*parts, part])
