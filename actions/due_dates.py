"""When something is due, from what was said: once, again and again, or so long before a deal closes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from actions.call import Command
from actions.errors import SlotRejected, refused
from actions.formatting import moment_text
from actions.resolving import resolve_deal
from actions.turn import Turn
from crm_store.finding import find_by_name
from crm_store.models import Account, Deal
from nlu.values import Anchored, When, closing_of, find_values, read_anchored, read_duration, read_recurrence, read_when

DEFAULT_TIME = time(9, 0)
"""When a reminder for a day without a time is due, in the person's zone."""


_JOINING = re.compile(r"[\s,]*\b(?:on|at|by|for)?\s*$", re.IGNORECASE)
_LEADING = re.compile(r"^(?:(?:on|at|by|every|of|from|the|again|please|pls)\s+)*(?:to|about|that)\s+", re.IGNORECASE)
_REMIND_ME = re.compile(r"\bremind me\b(?P<what>.+)$", re.IGNORECASE | re.DOTALL)
_FEWEST_LETTERS = 3
_UNTIL = re.compile(r"\s*(?:until|till|til)\s+(?:the\s+)?", re.IGNORECASE)
_BARE_HOUR = re.compile(r"\s*(?:[1-9]|1\d|2[0-3])(?:[:.][0-5]\d)?\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When something is due: ``at`` is aware, ``recurrence`` an RRULE when it repeats.

    ``deal`` is whose close date it hangs on, ``anchor_days`` how many days after it (before, when negative) it is due.
    """

    at: datetime
    recurrence: str | None = None
    deal: Deal | None = None
    anchor_days: int | None = None


def due_as_said(turn: Turn, said: str) -> str:
    """What was said of a time, as text that means the same later; raises SlotRejected when it is none or is past.

    In the person's own words "the last workday of the month" is a repetition; its canonical value is a single day.
    """
    words = next((e.text for e in turn.call.entities if e.entity == "date" and e.value == said and e.text), said)
    anchored = read_anchored(words, turn.reading)
    if anchored is not None:
        return anchored.canonical
    recurrence = read_recurrence(words, turn.reading)
    if recurrence is not None:
        return recurrence.canonical
    due, _ = due_from(turn, said)
    if due < turn.reading.now - timedelta(minutes=1):
        raise SlotRejected("utter_task_date_in_past", {"said": said, "when": moment_text(due, turn.reading)})
    return said


def due_in_subject(turn: Turn, said: dict[str, str]) -> dict[str, str]:
    """The slots of a reminder whose time was heard as the end of what to do: "call bob tmrw 10".

    Only a time to come that ends the words counts, and only where none was heard; else nothing is changed. What is to
    be done is found in the words of the request itself when it was not heard at all: "... remind me log calls".
    """
    subject = said.get("task_subject")
    if subject is None and turn.call.intent == "create_task":
        what = _what_to_do(turn)
        return {"task_subject": what} if what is not None else {}
    if subject is None or "task_due" in said or turn.call.slots.get("task_due") is not None:
        return {}
    found = find_values(subject, turn.reading, kinds=frozenset({"date"}))
    if not found or subject[found[-1].end :].strip(" .!?") or any(e.entity == "date" for e in turn.call.entities):
        return {}
    what = _JOINING.sub("", subject[: found[-1].start]).rstrip(" ,")
    when = read_when(found[-1].text, turn.reading, prefer="future")
    if when is None or not what or when.first_day < turn.reading.today or (when.is_range and not when.has_time):
        return {}
    return {"task_subject": what, "task_due": found[-1].text}


def _what_to_do(turn: Turn) -> str | None:
    found = _REMIND_ME.search(turn.call.text)
    if found is None or turn.call.first("subject") is not None:
        return None
    what = found["what"]
    for date in reversed(find_values(what, turn.reading, kinds=frozenset({"date"}))):
        what = f"{what[: date.start].rstrip(' ,')} {what[date.end :].lstrip(' ,')}"
    what = _JOINING.sub("", _LEADING.sub("", " ".join(what.split()))).strip(" .,!?")
    return what if sum(char.isalpha() for char in what) > _FEWEST_LETTERS and " " in what else None


def due_for(turn: Turn, said: str) -> Due:
    """When ``said`` is; raises SlotRejected, or what ``resolve_deal`` raises when it hangs on an unknown deal."""
    anchored = read_anchored(said, turn.reading)
    if anchored is not None:
        return _before_closing(turn, anchored, _deal_closing(turn))
    at, recurrence = due_from(turn, said)
    return Due(at=at, recurrence=recurrence)


def due_from(turn: Turn, said: str) -> tuple[datetime, str | None]:
    """The instant something is due, aware UTC, and its repetition (RRULE) when it has one; raises SlotRejected."""
    if _BARE_HOUR.fullmatch(said):
        said = f"at {said.strip()}"
    recurrence = read_recurrence(said, turn.reading)
    if recurrence is not None:
        first = recurrence.next_after(turn.reading.now)
        if first is not None:
            return first, recurrence.canonical
    until = _UNTIL.match(said)
    if until is not None:
        # "till next week" ends as that week begins; "until Friday" on Friday.
        when = read_when(said[until.end() :], turn.reading, prefer="future")
        if when is not None and when.first_day > turn.reading.today:
            return when.instant(DEFAULT_TIME), None
    when = read_when(said, turn.reading, prefer="future")
    if when is not None:
        return _still_ahead(turn, said, when), None
    duration = read_duration(said)
    if duration is not None:
        return duration.after(turn.reading.now.astimezone(turn.reading.zone)), None
    raise SlotRejected("utter_unreadable_date", {"said": said})


def _deal_closing(turn: Turn) -> Deal:
    """The deal on whose close date a time hangs; its name may be in the time: "before the Globex deal closes"."""
    if turn.call.first("account") is None and turn.call.first("deal") is None:
        times = (each.text for each in turn.call.entities if each.entity == "date")
        named = next((name for each in times if (name := closing_of(each)) is not None), None)
        if named is not None:
            entity = "account" if find_by_name(turn.session, Account, named).best else "deal"
            turn.call = turn.call.with_entities(Command(turn.call.intent, {entity: named}))
    return resolve_deal(turn)


def _before_closing(turn: Turn, anchored: Anchored, deal: Deal) -> Due:
    if deal.close_date is None:
        raise refused("utter_deal_has_no_close_date", deal=deal.name)
    due = anchored.moment(deal.close_date, turn.reading.zone)
    if due <= turn.reading.now:
        raise refused("utter_close_date_too_near", deal=deal.name, when=moment_text(due, turn.reading))
    return Due(at=due, deal=deal, anchor_days=(due.date() - deal.close_date).days)


def _still_ahead(turn: Turn, said: str, when: When) -> datetime:
    if when.is_range and when.first_day <= turn.reading.today and when.last_day > turn.reading.today:
        # "until Friday" begins now; what is meant is its end.
        return datetime.combine(when.last_day, DEFAULT_TIME, turn.reading.zone).astimezone(UTC)
    due = when.instant(DEFAULT_TIME)
    if when.has_time or when.is_range or when.first_day != turn.reading.today or due > turn.reading.now:
        return due
    if "today" in said.casefold() or "day" not in said.casefold():
        # "remind me today" after nine: within the hour rather than in the past.
        return turn.reading.now + timedelta(hours=1)
    # "Friday", said on a Friday after nine, is the next one.
    return due + timedelta(days=7)
