"""How a colleague wants to be reached unasked: on which channel first, and a stretch of quiet that passes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import delete, select

from actions.attention import own_wishes
from actions.due_dates import due_from
from actions.errors import SlotRejected
from actions.said import said_date
from actions.skills.speaking_up import ALL_TOPICS, keep_silent
from actions.turn import Turn
from crm_store.models import Silence

_CHANNEL = re.compile(
    r"\b(?:on|via|by|through|over|in|use|to|prefer)\s+(?:the\s+|my\s+)?(?P<channel>slack|telegram|web)\b", re.IGNORECASE
)
_REACHING = re.compile(
    r"\b(?:write|message|msg|reach|ping|text|notify|contact|tell|send|remind|prefer|come|deliver)\w*\b", re.IGNORECASE
)
_TODAY = re.compile(r"\b(?:rest of (?:the|my) day|for today|all day|tonight)\b", re.IGNORECASE)
_WEEKENDS = re.compile(r"\b(?:weekends?|holidays|saturdays|sundays)\b", re.IGNORECASE)


def prefer_channel(turn: Turn, said: str) -> bool:
    """Keep the channel somebody wants to be written to on first; whether the words are about that."""
    found = _CHANNEL.search(said)
    if found is None or _REACHING.search(said) is None:
        return False
    channel = found["channel"].casefold()
    wishes = own_wishes(turn)
    wishes.channels = [channel, *(each for each in wishes.channels if each != channel)]
    turn.say("utter_channel_preferred", channel=turn.words.label(f"channel_{channel}"))
    return True


def keep_quiet_for_a_while(turn: Turn, said: str) -> bool:
    """Leave somebody alone until a moment ("mute everything till Thursday") or on days off; whether that was asked."""
    if _WEEKENDS.search(said):
        turn.say("utter_days_off_kept")
        return True
    until, recurrence = _until(turn, said)
    if until is None:
        return False
    if recurrence is not None or until <= turn.reading.now:
        return False
    keep_silent(turn, ALL_TOPICS, until=until)
    turn.say("utter_reminders_still_come")
    return True


def _until(turn: Turn, said: str) -> tuple[datetime | None, str | None]:
    if _TODAY.search(said):
        tomorrow = turn.reading.today + timedelta(days=1)
        return datetime.combine(tomorrow, time(0), turn.reading.zone).astimezone(UTC), None
    date = said_date(turn)
    try:
        return due_from(turn, date) if date is not None else (None, None)
    except SlotRejected:
        return None, None


def heard_again(turn: Turn) -> bool:
    """End the stretch of quiet that ``keep_quiet_for_a_while`` began; False when there is none."""
    passing = (Silence.user_id == turn.colleague.id, Silence.topic == ALL_TOPICS, Silence.until > turn.uow.now)
    if turn.session.scalar(select(Silence.id).where(*passing).limit(1)) is None:
        return False
    turn.session.execute(delete(Silence).where(*passing))
    turn.say("utter_nudges_on", topic=turn.words.label(f"nudge_{ALL_TOPICS}"))
    return True
