"""Opening hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from actions.formatting import clock_text, day_text
from actions.opening_hours import OpeningHours, UnreadableHours
from actions.registry import skill
from actions.said import said_date
from actions.sign_in_first import CLIENTS
from actions.turn import Turn
from crm_store.models import Role
from nlu.values import read_when
from nlu.values.reading import Reading

_LONGEST = 7


@skill("action_opening_hours", audience=CLIENTS | {Role.ADMIN})
def opening_hours(turn: Turn) -> None:
    """The week's hours, whether somebody is there now or on the asked day, and in the asker's own time."""
    hours = company_hours(turn)
    zone = turn.policy.time_zone.replace("_", " ")
    turn.say("utter_opening_hours", company=turn.policy.name, hours=turn.policy.opening_hours, zone=zone)
    if hours is None:
        return
    said = said_date(turn)
    # "Saturday" is a day of the company's calendar, not of the asker's.
    theirs = Reading(now=turn.reading.now, zone=hours.zone, locale=turn.reading.locale)
    when = read_when(said, theirs, prefer="future") if said else None
    if when is None or (when.last_day - when.first_day).days >= _LONGEST:
        say_whether_open(turn, hours)
        return
    day = when.first_day
    while day <= when.last_day:
        _say_day(turn, hours, day)
        day += timedelta(days=1)


def company_hours(turn: Turn) -> OpeningHours | None:
    """The company's hours; None when what is configured cannot be read."""
    try:
        return OpeningHours.from_text(turn.policy.opening_hours, ZoneInfo(turn.policy.time_zone))
    except UnreadableHours:
        return None


def say_whether_open(turn: Turn, hours: OpeningHours) -> None:
    """One sentence: open until when, or closed and from when on again, in the asker's time."""
    closes = hours.closes_at(turn.reading.now)
    if closes is not None:
        turn.say("utter_open_now", until=moment_in(turn, closes))
    else:
        turn.say("utter_closed_now", opening=moment_in(turn, hours.next_opening(turn.reading.now)))


def moment_in(turn: Turn, moment: datetime) -> str:
    """An instant by the asker's clock, and by the company's where that differs."""
    company = ZoneInfo(turn.policy.time_zone)
    own, theirs = moment.astimezone(turn.reading.zone), moment.astimezone(company)
    text = turn.words.say("utter_day_and_time", day=day_text(own.date(), turn.reading), time=_clock(turn, own))
    if own.utcoffset() == theirs.utcoffset():
        return text
    place = turn.policy.time_zone.rpartition("/")[2].replace("_", " ")
    there = _clock(turn, theirs)
    if theirs.date() != own.date():
        day = day_text(theirs.date(), turn.reading)
        there = turn.words.say("utter_day_and_time", day=day, time=there)
    return turn.words.say("utter_both_clocks", own=text, there=there, place=place)


def _say_day(turn: Turn, hours: OpeningHours, day: date) -> None:
    stretches = hours.on(day)
    name = day_text(day, turn.reading)
    if not stretches:
        turn.say("utter_closed_that_day", day=name)
        return
    turn.say("utter_open_that_day", day=name, hours=_stretches_text(turn, stretches))
    own = [(start.astimezone(turn.reading.zone), end.astimezone(turn.reading.zone)) for start, end in stretches]
    if own[0][0].utcoffset() != stretches[0][0].utcoffset():
        turn.say("utter_open_that_day_yours", hours=_stretches_text(turn, own))


def _stretches_text(turn: Turn, stretches: Sequence[tuple[datetime, datetime]]) -> str:
    texts = (
        turn.words.say("utter_from_to", start=_clock(turn, start), end=_clock(turn, end)) for start, end in stretches
    )
    return ", ".join(texts)


def _clock(turn: Turn, moment: datetime) -> str:
    return clock_text(moment.time(), turn.reading)
