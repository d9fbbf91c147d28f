"""What people decide about being spoken to unasked: nudges, and being left in peace."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, or_, select

from actions.attention import own_wishes
from actions.call import Command
from actions.consents import decide_consent
from actions.describing import describe_briefly
from actions.due_dates import due_from
from actions.formatting import day_text
from actions.notices.digests import held_back_today
from actions.registry import EVERYONE, skill
from actions.resolving import by_ref, resolve_account, resolve_deal
from actions.said import own_words, said_date
from actions.score_words import joined
from actions.skills.records import delete_record
from actions.tasks_meant import reminder_named
from actions.turn import Turn
from crm_store.models import Deal, Silence, Stage, StageType
from crm_store.refs import RecordRef
from nlu.values import read_number

_STOP = re.compile(
    r"\b(?:stop|no|don'?t|cancel|disable|off|unsubscribe|without|end|mute|enough|quit|drop)\b", re.IGNORECASE
)
_HUSH = re.compile(rf"{_STOP.pattern}|\b(?:silence|pause|snooze|hush|shut|never|leave (?:me )?alone)\b", re.IGNORECASE)
_ASKS = re.compile(r"^\W*(?:(?:and|so|pls|please)\s+)?(?:what(?:'?s)?|which|why|list|show)\b", re.IGNORECASE)
_AGAIN = re.compile(
    r"\b(?:again|resume|back|turn on|switch on|unmute|start|enable|opt in)\b|\bon(?:\s+(?:please|pls|now))?\W*$",
    re.IGNORECASE,
)
_HELD_BACK = re.compile(r"\b(?:held|hold(?:ing)?|kept|keep(?:ing)?) (?:\w+ )?(?:back|from me)\b", re.IGNORECASE)
_OF_A_DEAL = re.compile(r"\b(?:deal|opportunity)\b", re.IGNORECASE)
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
    "churn_risk": re.compile(r"\b(?:churn\w*|leaving|leavers|(?:may|might|could) leave|at risk)\b", re.IGNORECASE),
    "renewal": re.compile(r"\brenew\w*\b", re.IGNORECASE),
    "birthday": re.compile(r"\bb(?:irth|-)?-?days?\b", re.IGNORECASE),
}
ALL_TOPICS = "all"
_MOST_OFFERED = 3


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
    task = reminder_named(turn) if button is None and _HUSH.search(said) else None
    if task is not None:
        # "No more reminders about my expenses" is about the reminder somebody set.
        turn.call = turn.call.with_entities(Command("delete_record", {"ref": str(task.ref)}))
        delete_record(turn)
        return
    if button is None and _HELD_BACK.search(said):
        if not held_back_today(turn):
            turn.say("utter_nothing_held_back")
        return
    if button is None and _ASKS.search(said):
        # Whoever asks what they get must not lose it.
        _say_wishes(turn)
        return
    topic = button or _topic_said(said)
    refs, until = _records_said(turn, said), _until_said(turn)
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
    if button is None and not refs and until is None and not _HUSH.search(said):
        _say_wishes(turn)
        return
    chosen = topic or ALL_TOPICS
    keep_silent(turn, chosen, until=until, refs=refs)


def keep_silent(turn: Turn, topic: str, *, until: datetime | None, refs: Sequence[RecordRef] = ()) -> None:
    """Say nothing unasked of a topic, or of these records only, until a moment (None: for good), and say so."""
    for ref in refs or (None,):
        kept = str(ref) if ref is not None else None
        turn.session.add(
            Silence(user_id=turn.colleague.id, topic=topic, ref=kept, until=until, created_at=turn.uow.now)
        )
    about = _topic_text(turn, topic)
    first = by_ref(turn, str(refs[0])) if refs else None
    if first is not None:
        about = turn.words.say("utter_topic_of_record", topic=about, record=describe_briefly(first))
    when = day_text(until.astimezone(turn.reading.zone).date(), turn.reading) if until is not None else ""
    turn.say("utter_nudges_quiet_until" if until is not None else "utter_nudges_quiet", topic=about, when=when)
    turn.offer(turn.words.label("nudge_again"), "set_nudges", topic=topic, answer="on")


def _records_said(turn: Turn, said: str) -> list[RecordRef]:
    """The records on the button or named: a deal, or a company with its open deals."""
    ref = by_ref(turn, turn.call.first("ref"))
    if ref is not None:
        return [ref.ref]
    if turn.call.first("deal") is not None or (_OF_A_DEAL.search(said) and turn.call.first("account") is not None):
        return [resolve_deal(turn).ref]
    account = resolve_account(turn) if turn.call.first("account") is not None else None
    if account is None:
        return []
    deals = select(Deal).join(Stage).where(Deal.account_id == account.id, Stage.type == StageType.OPEN)
    return [account.ref, *(deal.ref for deal in turn.session.scalars(deals))]


def speaks_of_nudges(said: str) -> bool:
    """Whether words about quiet are about what the assistant notices ("mute quota stuff") or ask what is muted."""
    return _topic_said(said) is not None or (_ASKS.search(said) is not None and "hours" not in said.casefold())


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


def _topic_said(said: str) -> str | None:
    return next((topic for topic, words in _TOPICS.items() if words.search(said)), None)


def _until_said(turn: Turn) -> datetime | None:
    said = said_date(turn)
    if said is None:
        return None
    until, _ = due_from(turn, said)
    return until if until > turn.reading.now else None


def _topic_text(turn: Turn, topic: str) -> str:
    return turn.words.label(f"nudge_{topic}")
