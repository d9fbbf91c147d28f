"""The digest of one's day or week: asked for at a time, looked at, or given up."""

from __future__ import annotations

import re
from datetime import time

from babel.dates import get_day_names

from actions.attention import own_wishes
from actions.consents import decide_consent
from actions.formatting import clock_text
from actions.notices.digests import say_digest
from actions.registry import EVERYONE, skill
from actions.said import own_words
from actions.turn import Turn
from nlu.values import read_recurrence, read_when

DIGEST_AT = time(8)
"""When a digest comes that was asked for without a time."""
_MONDAY = 0
_STOP = re.compile(
    r"\b(?:stop|no|don'?t|cancel|disable|off|unsubscribe|without|end|mute|enough|quit|drop)\b", re.IGNORECASE
)
_WEEKDAY = re.compile(r"\b(?:mon|tue(?:s)?|wed(?:nes)?|thu(?:rs|r)?|fri|sat(?:ur)?|sun)(?:days?|s)?\b", re.IGNORECASE)
_WEEKLY = re.compile(rf"\bweek(?:ly)?\b|{_WEEKDAY.pattern}", re.IGNORECASE)
_ASKS = re.compile(
    r"^\W*(?:what(?:'?s)?|which|when(?:'?s)?|do i|am i|is there|how often|show)\b(?!.*\bdigest me\b)", re.IGNORECASE
)
_NOW = re.compile(
    r"\b(?:now|right away|at once|straight away|immediately|today'?s|this (?:week|morning)'?s)\b", re.IGNORECASE
)


@skill("action_set_digest", audience=EVERYONE)
def set_digest(turn: Turn) -> None:
    """Send a daily or weekly digest at a time, show it at once, say when it comes, or stop sending it.

    Customers get none and mean all messages.
    """
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
    times = _Times(turn, said)
    if _NOW.search(said) and times.clock is None:
        if not say_digest(turn, weekly=weekly):
            turn.say("utter_digest_empty")
        return
    if _ASKS.search(said):
        # Whoever asks when it comes has not asked for one.
        _say_when(turn)
        return
    if weekly:
        wishes.weekly_digest_day, wishes.weekly_digest_at = times.weekday, times.clock or DIGEST_AT
        _say_weekly(turn, times.weekday, times.clock or DIGEST_AT)
    else:
        wishes.daily_digest_at = times.clock or DIGEST_AT
        turn.say("utter_digest_daily_set", time=clock_text(wishes.daily_digest_at, turn.reading))
    turn.offer(turn.words.label("stop_digest"), "set_digest", topic="weekly" if weekly else "daily", answer="off")


def _say_when(turn: Turn) -> None:
    wishes = own_wishes(turn)
    if wishes.daily_digest_at is not None:
        turn.say("utter_digest_daily_set", time=clock_text(wishes.daily_digest_at, turn.reading))
    if wishes.weekly_digest_at is not None and wishes.weekly_digest_day is not None:
        _say_weekly(turn, wishes.weekly_digest_day, wishes.weekly_digest_at)
    if wishes.daily_digest_at is None and wishes.weekly_digest_at is None:
        turn.say("utter_digest_none")


def _say_weekly(turn: Turn, weekday: int, at: time) -> None:
    day = get_day_names("wide", locale=turn.reading.locale)[weekday]
    turn.say("utter_digest_weekly_set", day=day, time=clock_text(at, turn.reading))


class _Times:
    """The time of day and the weekday said, in one date or in several ("weekly summary, fri 4pm")."""

    def __init__(self, turn: Turn, said: str) -> None:
        self.clock: time | None = None
        self.weekday = _MONDAY
        """Monday when none is named. "Weekly" alone would be today's, which nobody means."""
        for date in turn.call.all("date"):
            recurrence = read_recurrence(date, turn.reading)
            when = read_when(date, turn.reading, prefer="future") if recurrence is None else None
            if recurrence is not None:
                following = recurrence.next_after(turn.reading.now)
                day = following.astimezone(turn.reading.zone).weekday() if following is not None else None
                clock = recurrence.local_time
            else:
                day = when.first_day.weekday() if when is not None else None
                has_time = when is not None and when.has_time
                clock = when.instant(DIGEST_AT).astimezone(turn.reading.zone).time() if when and has_time else None
            self.clock = clock or self.clock
            if day is not None and _WEEKDAY.search(said) and date.casefold() not in {"weekly", "every week"}:
                self.weekday = day
