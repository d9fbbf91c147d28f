"""Being away: from when to when, who stands in, being back, and whose holidays somebody keeps."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from actions.attention import own_wishes
from actions.countries import country_said, country_text
from actions.errors import Missing, SlotRejected
from actions.formatting import day_text
from actions.public_holidays import say_whether_holiday, say_whose
from actions.registry import STAFF, skill
from actions.resolving import resolve_user
from actions.said import own_words
from actions.turn import Turn
from actions.working_hours import SPEAKS_OF_THEM, keep_working_hours, read_working_hours
from crm_store.absences import absences_at, absences_between, be_away, be_back
from crm_store.models import Absence, User
from nlu.values import When, find_values, read_duration, read_when

_BACK = re.compile(
    r"\b(?:i'?m|i am|we'?re|am) back\b|^\W*back (?:at|in|from|to)\b|\bno longer (?:away|out)\b"
    r"|\b(?:cancel|end|stop|delete|remove|turn off|switch off)\b"
    r".*\b(?:out of office|ooo|vacation|holiday|leave|absence|away)",
    re.IGNORECASE,
)
_ASKS_ALL = re.compile(
    r"\bwho(?:'s| is| are)?\s+(?:away|out|off|on (?:vacation|holiday|leave)|not (?:in|here))\b", re.IGNORECASE
)
_ASKS_ONE = re.compile(r"^\W*(?:is|are)\s+(?!i\b)\w+.*\b(?:away|out|off|back|in)\b|^\W*when is\b", re.IGNORECASE)
_ASKS_ME = re.compile(r"\bam i\b|\bwho (?:covers|stands|is covering)\b", re.IGNORECASE)
_HOLIDAYS = re.compile(r"\b(?:public |bank )?holidays\b", re.IGNORECASE)
_BEING_ON = re.compile(r"\b(?:on|for|during|my|going on|take|taking)\s+holidays\b", re.IGNORECASE)
_ASKS_HOLIDAY = re.compile(
    r"^\W*(?:is|are|was|do we have|have we|any|which|what)\b.*\b(?:holidays?|days? off|bank holidays?)\b", re.IGNORECASE
)
_ASKS_WHICH = re.compile(r"^\W*(?:which|what|whose)\b", re.IGNORECASE)
_UNTIL = re.compile(r"^(?:until|till|til|through|up to)\s+", re.IGNORECASE)
_ROLLING = timedelta(days=7)


class _Stretch(NamedTuple):
    """Aware instants; the end is when they are back."""

    start: datetime
    end: datetime


@skill("action_set_away", audience=STAFF)
def set_away(turn: Turn) -> None:
    """Be away, be back, or say who is."""
    said = own_words(turn)
    if turn.call.first("answer") == "back" or _BACK.search(said):
        ended = be_back(turn.session, turn.colleague.id, now=turn.uow.now)
        turn.say("utter_away_back" if ended else "utter_away_not")
        return
    if SPEAKS_OF_THEM.search(said) and read_working_hours(said) is not None:
        keep_working_hours(turn, said)
        return
    country = country_said(said) if _HOLIDAYS.search(said) and turn.call.first("date") is None else None
    if country is not None:
        own_wishes(turn).country = country
        turn.say("utter_holidays_kept", country=country_text(country, turn.reading.locale))
        return
    if _HOLIDAYS.search(said) and turn.call.first("date") is None and not _BEING_ON.search(said):
        if not _ASKS_WHICH.search(said):
            # "The Bavarian holidays": countries are known, not their parts.
            turn.say("utter_holidays_of_countries")
        say_whose(turn)
        return
    if _ASKS_HOLIDAY.search(said):
        when = read_when(turn.call.first("date") or "today", turn.reading, prefer="future")
        if when is not None:
            say_whether_holiday(turn, when)
            return
    if _ASKS_ALL.search(said) or _ASKS_ONE.search(said) or _ASKS_ME.search(said):
        _say_who_is(turn, said)
        return
    _go(turn)


def _go(turn: Turn) -> None:
    me, person = turn.colleague, turn.call.first("person")
    delegate = resolve_user(turn, person) if person is not None else None
    stretch = _stretch(turn)
    current = absences_at(turn.session, turn.uow.now).get(me.id) or _next(turn)
    if stretch is None and delegate is not None and current is not None:
        # "Riley covers for me", said after it.
        stretch = _Stretch(current.starts_at, current.ends_at)
    if stretch is None:
        raise Missing("date", "utter_ask_away_until", free_text=True)
    if stretch.end <= turn.uow.now:
        raise SlotRejected("utter_away_over", {"when": _day(turn, stretch.end)})
    if delegate is not None and delegate.id == me.id:
        raise Missing("person", "utter_ask_delegate", free_text=True)
    be_away(
        turn.session,
        me.id,
        starts_at=stretch.start,
        ends_at=stretch.end,
        delegate_id=delegate.id if delegate is not None else None,
        now=turn.uow.now,
    )
    data = {"start": _day(turn, max(stretch.start, turn.uow.now)), "back": _day(turn, stretch.end)}
    if delegate is None:
        turn.say("utter_away_set", **data)
    else:
        turn.say("utter_away_set_delegate", person=delegate.name, **data)
        theirs = absences_between(turn.session, stretch.start, stretch.end)
        if any(each.user_id == delegate.id for each in theirs):
            turn.say("utter_away_delegate_too", person=delegate.name)
    turn.offer(turn.words.label("i_am_back"), "set_away", answer="back")


def _stretch(turn: Turn) -> _Stretch | None:
    """The time said: "until Monday" ends as Monday begins, "from Monday to Friday" as Friday ends."""
    entity = next((each for each in turn.call.entities if each.entity == "date"), None)
    if entity is None:
        return None
    reading, text = turn.reading, entity.text or entity.value
    until = _UNTIL.match(text)
    if until is not None:
        when = read_when(text[until.end() :], reading, prefer="future")
        return _Stretch(turn.uow.now, _instant(turn, when.start)) if when is not None else None
    when = read_when(text, reading, prefer="future")
    if when is not None:
        begins = min((_instant(turn, each.start) for each in _days_said(turn)), default=_instant(turn, when.start))
        return _Stretch(min(begins, _instant(turn, when.start)), max(_instant(turn, when.end), _last_end(turn)))
    length = read_duration(text, reading)
    return _Stretch(turn.uow.now, length.after(turn.uow.now)) if length is not None else None


def _last_end(turn: Turn) -> datetime:
    """When the last of several days said one after the other is over: "Thursday and Friday"."""
    ends = [when.end for when in _days_said(turn)[1:]]
    return max((_instant(turn, end) for end in ends), default=turn.uow.now)


def _days_said(turn: Turn) -> list[When]:
    """Every day or period in the words, the first first, also where the engine has heard only one of them."""
    found = find_values(turn.call.text, turn.reading, kinds=frozenset({"date"}))
    whens = [read_when(turn.call.text[each.start : each.end], turn.reading, prefer="future") for each in found]
    return [when for when in whens if when is not None]


def _instant(turn: Turn, moment: date | datetime) -> datetime:
    if isinstance(moment, datetime):
        return moment.astimezone(UTC)
    return datetime.combine(moment, time(0), turn.reading.zone).astimezone(UTC)


def _next(turn: Turn) -> Absence | None:
    coming = absences_between(turn.session, turn.uow.now, turn.uow.now + timedelta(days=365))
    return next((each for each in coming if each.user_id == turn.colleague.id), None)


def _say_who_is(turn: Turn, said: str) -> None:
    person = turn.call.first("person")
    if _ASKS_ALL.search(said):
        stretch = _stretch(turn) or _Stretch(turn.uow.now, turn.uow.now + _ROLLING)
        found = absences_between(turn.session, stretch.start, stretch.end)
    else:
        wanted = turn.colleague.id if person is None else resolve_user(turn, person).id
        ahead = absences_between(turn.session, turn.uow.now, turn.uow.now + timedelta(days=365))
        found = [each for each in ahead if each.user_id == wanted][:1]
    if not found:
        turn.say("utter_away_nobody" if _ASKS_ALL.search(said) or person is not None else "utter_away_not")
        return
    for absence in found:
        who = turn.session.get_one(User, absence.user_id).name
        data = {"person": who, "start": _day(turn, absence.starts_at), "back": _day(turn, absence.ends_at)}
        if absence.delegate_id is None:
            turn.say("utter_away_is", **data)
        else:
            delegate = turn.session.get_one(User, absence.delegate_id).name
            turn.say("utter_away_is_delegate", delegate=delegate, **data)


def _day(turn: Turn, moment: datetime) -> str:
    return day_text(moment.astimezone(turn.reading.zone).date(), turn.reading)
