"""Nudges in words, each with the buttons that settle it in one tap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from actions.call import Command
from actions.cards import SNOOZES, show_deal, show_task
from actions.describing import describe_briefly
from actions.formatting import date_text, money_text, percent_text
from actions.leaving import alert_values, is_no_risk_any_more
from actions.notices.focusing import focus_on_told
from actions.notices.meant import meant_for
from actions.report_periods import quarter_text
from actions.resolving import by_ref
from actions.turn import Turn
from crm_store.models import Account, Deal, Notice, Record, StageType, Task
from crm_store.money import Money

_WITH_BUTTONS = 3
_OPEN_DEAL = frozenset({"stale_deal", "close_date_passed", "no_next_step", "proposal_unanswered"})

_CALL_THEM = frozenset({"churn_risk", "renewal"})


def say_nudges(turn: Turn, notices: Sequence[Notice]) -> list[Notice]:
    """Say what is still true, the urgent first; one alone comes with its card, several as one list of sentences."""
    pairs = [(notice, record) for notice in notices if (record := _still_true(turn, notice)) is not None]
    pairs.sort(key=lambda pair: -pair[0].severity)
    if len(pairs) > 1:
        turn.say("utter_nudges_intro", n=str(len(pairs)))
    for notice, record in pairs:
        _say(turn, notice, record)
    if len(pairs) == 1:
        _show(turn, pairs[0][1])
    for number, (notice, record) in enumerate(pairs):
        if len(pairs) == 1:
            _offer_alone(turn, notice, record)
        else:
            _offer_among_others(turn, notice, record, with_buttons=number < _WITH_BUTTONS)
    focus_on_told(turn, [record for _, record in pairs])
    return [notice for notice, _ in pairs]


def _still_true(turn: Turn, notice: Notice) -> Record | None:
    """The record it is about, unless what was to be said of it has been settled since."""
    record = by_ref(turn, notice.ref)
    if notice.topic in _OPEN_DEAL:
        if not isinstance(record, Deal) or record.stage.type is not StageType.OPEN:
            return None
        settled = {
            "stale_deal": record.last_activity_at > notice.due_at,
            "close_date_passed": record.close_date is None or record.close_date.isoformat() != notice.data.get("date"),
            "no_next_step": bool(record.next_step),
            "proposal_unanswered": record.last_activity_at > record.stage_since,
        }
        return None if settled[notice.topic] or record.owner_id != meant_for(notice) else record
    if notice.topic == "churn_risk" and isinstance(record, Account) and is_no_risk_any_more(turn, record):
        return None
    if isinstance(record, Task) and (record.done_at is not None or record.due_at is None):
        return None
    if isinstance(record, Task) and record.due_at is not None and record.due_at > notice.due_at:
        return None
    return record


def _say(turn: Turn, notice: Notice, record: Record) -> None:
    data = notice.data
    values = {"record": describe_briefly(record)}
    scored = alert_values(turn, record) if notice.topic == "churn_risk" and isinstance(record, Account) else None
    if scored is not None:
        turn.say("utter_nudge_churn_scored", **values, **scored)
        return
    if "days" in data:
        values["days"] = turn.words.counted("day", int(data["days"]))
    if "date" in data:
        values["date"] = date_text(date.fromisoformat(data["date"]), turn.reading)
    if "quiet" in data:
        values["quiet"] = turn.words.counted("day", int(data["quiet"]))
        values["usual"] = turn.words.counted("day", int(data["usual"]))
    if "share" in data:
        values["share"] = percent_text(data["share"], turn.reading)
        values["elapsed"] = percent_text(data["elapsed"], turn.reading)
    if "before" in data:
        currency = turn.policy.currency
        values["before"] = money_text(Money(Decimal(int(data["before"])), currency), turn.reading)
        values["after"] = money_text(Money(Decimal(int(data["after"])), currency), turn.reading)
        values["quarter"] = quarter_text(date.fromisoformat(str(data["quarter"])))
    values |= {name: str(data[name]) for name in ("person", "order") if name in data}
    turn.say(f"utter_nudge_{notice.topic}", **values)


def _show(turn: Turn, record: Record) -> None:
    if isinstance(record, Deal):
        show_deal(turn, record, with_buttons=False)
    elif isinstance(record, Task):
        show_task(turn, record, with_buttons=False)


class _Way(NamedTuple):
    """A way to settle a nudge; those ``rarer`` are buttons only where one nudge comes alone."""

    label: str
    command: Command
    rarer: bool = False


def _offer_alone(turn: Turn, notice: Notice, record: Record) -> None:
    for way in _ways(turn, notice, record):
        turn.offer_command(way.label, way.command)


def _offer_among_others(turn: Turn, notice: Notice, record: Record, *, with_buttons: bool) -> None:
    """The first few have buttons; every one has a menu with all that settles it, where the channel shows menus."""
    name, ways = _short(record), _ways(turn, notice, record)
    for way in ways:
        if with_buttons and not way.rarer:
            turn.offer_command(f"{way.label}: {name}", way.command)
    if isinstance(record, Task):
        later = [turn.words.label(key) for key in SNOOZES]
        said = [turn.words.say("utter_button_snooze", until=each) for each in later]
        delays = [
            _Way(text, Command("snooze_task", {"ref": str(record.ref), "date": date}))
            for text, date in zip(said, later, strict=True)
        ]
        ways = [each for way in ways for each in (delays if way.command.intent == "snooze_task" else [way])]
    options = [(way.label, f"{way.label}: {name}", way.command) for way in ways]
    turn.offer_menu(turn.words.say("utter_settle_nudge", record=name), options)


def _ways(turn: Turn, notice: Notice, record: Record) -> list[_Way]:
    ref, label = str(record.ref), turn.words.label
    ways = [*_ways_of_its_own(turn, notice, record)]
    week = (turn.reading.today + timedelta(days=7)).isoformat()
    quiet = {"ref": ref, "topic": notice.topic, "date": week}
    ways.append(_Way(label("quiet_for_a_week"), Command("set_nudges", quiet)))
    ways.append(_Way(label("stop_these"), Command("set_nudges", {"topic": notice.topic}), rarer=True))
    return ways


def _ways_of_its_own(turn: Turn, notice: Notice, record: Record) -> Iterator[_Way]:
    ref, label, today = str(record.ref), turn.words.label, turn.reading.today
    if notice.topic in _OPEN_DEAL:
        if notice.topic == "close_date_passed":
            later = (today + timedelta(days=14)).isoformat()
            yield _Way(label("closes_in_two_weeks"), Command("update_deal", {"ref": ref, "date": later}))
        yield _Way(label("next_step"), Command("update_deal", {"ref": ref, "field": "next step"}))
        yield _Way(label("lost"), Command("lose_deal", {"ref": ref}), rarer=True)
    elif isinstance(record, Task):
        yield _Way(label("done"), Command("complete_task", {"ref": ref}))
        yield _Way(label("snooze"), Command("snooze_task", {"ref": ref}), rarer=True)
    elif notice.topic == "birthday":
        subject = turn.words.say("utter_congratulate_subject", record=_short(record))
        said = {"subject": subject, "contact": ref, "date": today.isoformat()}
        yield _Way(label("congratulate_today"), Command("create_task", said))
    elif notice.topic == "forecast_moved":
        yield _Way(label("what_changed"), Command("what_changed", {"scope": "team"}))
    elif notice.topic in _CALL_THEM:
        if notice.topic == "churn_risk":
            yield _Way(label("why"), Command("ask_churn", {"account": ref}), rarer=True)
        subject = turn.words.say("utter_call_subject", record=_short(record))
        said = {"subject": subject, "account": ref, "date": (today + timedelta(days=1)).isoformat()}
        yield _Way(label("call_tomorrow"), Command("create_task", said))


def _short(record: Record) -> str:
    text = describe_briefly(record)
    return text if len(text) <= 30 else text[:29] + "…"
