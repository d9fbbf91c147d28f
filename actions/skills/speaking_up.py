"""What people decide about being spoken to unasked: digests, nudges, and being left in peace."""

from __future__ import annotations

import re
from datetime import datetime, time

from babel.dates import format_time, get_day_names
from sqlalchemy import delete, or_, select

from actions.attention import own_wishes
from actions.consents import decide_consent
from actions.due_dates import due_from
from actions.formatting import day_text
from actions.registry import EVERYONE, skill
from actions.said import own_words
from actions.score_words import joined
from actions.turn import Turn
from crm_store.models import Silence
from nlu.values import read_number, read_recurrence, read_when

DIGEST_AT = time(8)
"""When a digest comes that was asked for without a time."""
_MONDAY = 0
_STOP = re.compile(
    r"\b(?:stop|no|don'?t|cancel|disable|off|unsubscribe|without|end|mute|enough|quit|drop)\b", re.IGNORECASE
)
_HUSH = re.compile(rf"{_STOP.pattern}|\b(?:silence|pause|snooze|hush|shut|never|leave (?:me )?alone)\b", re.IGNORECASE)
_ASKS = re.compile(r"^\W*(?:what|which)\b", re.IGNORECASE)
_WEEKDAY = re.compile(r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b", re.IGNORECASE)
_WEEKLY = re.compile(rf"\bweek(?:ly)?\b|{_WEEKDAY.pattern}", re.IGNORECASE)
_AGAIN = re.compile(r"\b(?:again|resume|back|turn on|unmute|start|enable|opt in)\b", re.IGNORECASE)
_CAP = re.compile(r"\b(?:at most|max(?:imum)?|no more than|only|up to|limit|cap)\b", re.IGNORECASE)
_TOPICS = {
    "stale_deal": re.compile(r"\b(?:stale|cold|rott\w+|quiet|dormant|inactive|untouched)\b", re.IGNORECASE),
    "close_date_passed": re.compile(r"\b(?:clos\w+ dates?|slipp\w+|past due deals?)\b", re.IGNORECASE),
    "proposal_unanswered": re.compile(r"\b(?:proposals?|quotes?|offers?)\b", re.IGNORECASE),
    "forecast_moved": re.compile(r"\bforecasts?\b", re.IGNORECASE),
    "no_next_step": re.compile(r"\bnext steps?\b", re.IGNORECASE),
    "task_overdue": re.compile(r"\b(?:tasks?|overdue|to-?dos?)\b", re.IGNORECASE),
    "quota_behind": re.compile(r"\b(?:quotas?|targets?)\b", re.IGNORECASE),
    "big_deal_won": re.compile(r"\b(?:won|wins?|big deals?)\b", re.IGNORECASE),
    "churn_risk": re.compile(r"\b(?:churn\w*|leav\w+|at risk)\b", re.IGNORECASE),
    "renewal": re.compile(r"\brenew\w*\b", re.IGNORECASE),
    "birthday": re.compile(r"\bb(?:irth|-)?-?days?\b", re.IGNORECASE),
}
ALL_TOPICS = "all"
_MOST_OFFERED = 3


@skill("action_set_digest", audience=EVERYONE)
def set_digest(turn: Turn) -> None:
    """Send a daily or weekly digest at a time, or stop sending it; customers get none and mean all messages."""
    if not turn.actor.is_staff:
        decide_consent(turn)
        return
    wishes, said = own_wishes(turn), own_words(turn)
    weekly = turn.call.first("topic") == "weekly" or bool(_WEEKLY.search(said))
    if turn.call.first("answer") == "off" or _STOP.search(said):
        if weekly:
            wishes.weekly_digest_at = wishes.weekly_digest_day = None
        if not weekly or "digest" in said.casefold().split():
            wishes.daily_digest_at = None
        turn.say("utter_digest_off")
        return
    at = _time_said(turn) or DIGEST_AT
    clock = format_time(at, format="short", locale=turn.reading.locale).replace("\u202f", " ")
    if weekly:
        wishes.weekly_digest_day, wishes.weekly_digest_at = _weekday_said(turn, said), at
        names = get_day_names("wide", locale=turn.reading.locale)
        turn.say("utter_digest_weekly_set", day=names[wishes.weekly_digest_day], time=clock)
    else:
        wishes.daily_digest_at = at
        turn.say("utter_digest_daily_set", time=clock)
    turn.offer(turn.words.label("stop_digest"), "set_digest", topic="weekly" if weekly else "daily", answer="off")


@skill("action_set_nudges", audience=EVERYONE)
def set_nudges(turn: Turn) -> None:
    """Silence nudges of a topic or a record, for a while or for good; hear them again; or set how many a day.

    For customers and visitors: whether they may be written to unasked.
    """
    if not turn.actor.is_staff:
        decide_consent(turn)
        return
    said = own_words(turn)
    button = turn.call.first("topic")
    if button is None and _ASKS.search(said):
        # Whoever asks what they get must not lose it.
        _say_wishes(turn)
        return
    topic = button or _topic_said(said)
    ref, until = turn.call.first("ref"), _until_said(turn)
    wishes = own_wishes(turn)
    number = read_number(said) if _CAP.search(said) else None
    if number is not None and 0 <= number <= 100:
        wishes.daily_cap = int(number)
        turn.say("utter_nudges_capped", n=str(wishes.daily_cap))
        return
    if turn.call.first("answer") == "on" or (_AGAIN.search(said) and not _STOP.search(said)):
        theirs = delete(Silence).where(Silence.user_id == turn.colleague.id)
        if topic is not None:
            theirs = theirs.where(or_(Silence.topic == topic, Silence.topic == ALL_TOPICS))
        turn.session.execute(theirs)
        turn.say("utter_nudges_on", topic=_topic_text(turn, topic or ALL_TOPICS))
        return
    if button is None and ref is None and until is None and not _HUSH.search(said):
        _say_wishes(turn)
        return
    chosen = topic or ALL_TOPICS
    turn.session.add(Silence(user_id=turn.colleague.id, topic=chosen, ref=ref, until=until, created_at=turn.uow.now))
    when = day_text(until.astimezone(turn.reading.zone).date(), turn.reading) if until is not None else ""
    name = "utter_nudges_quiet_until" if until is not None else "utter_nudges_quiet"
    turn.say(name, topic=_topic_text(turn, chosen), when=when)
    turn.offer(turn.words.label("nudge_again"), "set_nudges", topic=chosen, answer="on")


def _say_wishes(turn: Turn) -> None:
    wishes = own_wishes(turn)
    still = or_(Silence.until.is_(None), Silence.until > turn.uow.now)
    theirs = select(Silence).where(Silence.user_id == turn.colleague.id, Silence.ref.is_(None), still)
    silent = sorted({each.topic for each in turn.session.scalars(theirs)})
    heard = [] if ALL_TOPICS in silent else [topic for topic in _TOPICS if topic not in silent]
    if heard:
        turn.say("utter_nudges_heard", topics=joined([_topic_text(turn, each) for each in heard]))
        turn.say("utter_nudges_capped", n=str(wishes.daily_cap))
    else:
        turn.say("utter_nudges_none_heard")
    if heard and silent:
        turn.say("utter_nudges_silent", topics=joined([_topic_text(turn, each) for each in silent]))
    for topic in silent[:_MOST_OFFERED]:
        label = turn.words.say("utter_button_hear_again", topic=_topic_text(turn, topic))
        turn.offer(label, "set_nudges", topic=topic, answer="on")


def _time_said(turn: Turn) -> time | None:
    said = turn.call.first("date")
    if said is None:
        return None
    recurrence = read_recurrence(said, turn.reading)
    if recurrence is not None:
        return recurrence.local_time
    when = read_when(said, turn.reading, prefer="future")
    return when.instant(DIGEST_AT).astimezone(turn.reading.zone).time() if when is not None and when.has_time else None


def _weekday_said(turn: Turn, said: str) -> int:
    """The weekday named; Monday when none is. "Weekly" alone would be today's, which nobody means."""
    date = turn.call.first("date")
    recurrence = read_recurrence(date, turn.reading) if date is not None and _WEEKDAY.search(said) else None
    following = recurrence.next_after(turn.reading.now) if recurrence is not None else None
    if following is not None:
        return following.weekday()
    when = read_when(date, turn.reading) if date is not None and _WEEKDAY.search(said) else None
    return when.first_day.weekday() if when is not None else _MONDAY


def _topic_said(said: str) -> str | None:
    return next((topic for topic, words in _TOPICS.items() if words.search(said)), None)


def _until_said(turn: Turn) -> datetime | None:
    said = turn.call.first("date")
    if said is None:
        return None
    until, _ = due_from(turn, said)
    return until if until > turn.reading.now else None


def _topic_text(turn: Turn, topic: str) -> str:
    return turn.words.label(f"nudge_{topic}")
