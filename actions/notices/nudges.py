"""Nudges in words, each with the buttons that settle it in one tap."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from actions.call import Command
from actions.cards import show_deal, show_task
from actions.describing import describe_briefly
from actions.formatting import date_text, money_text, percent_text
from actions.leaving import alert_values
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
    for notice, record in pairs[:_WITH_BUTTONS]:
        _offer(turn, notice, record, alone=len(pairs) == 1)
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


def _offer(turn: Turn, notice: Notice, record: Record, *, alone: bool) -> None:
    ref, name = str(record.ref), "" if alone else f": {_short(record)}"
    label = turn.words.label

    def offer(text: str, intent: str, **entities: str) -> None:
        turn.offer_command(f"{text}{name}", Command(intent, entities))

    if notice.topic in _OPEN_DEAL:
        later = (turn.reading.today + timedelta(days=14)).isoformat()
        if notice.topic == "close_date_passed":
            offer(label("closes_in_two_weeks"), "update_deal", ref=ref, date=later)
        offer(label("next_step"), "update_deal", ref=ref, field="next step")
        if alone:
            offer(label("lost"), "lose_deal", ref=ref)
    elif isinstance(record, Task):
        offer(label("done"), "complete_task", ref=ref)
        if alone:
            offer(label("snooze"), "snooze_task", ref=ref)
    elif notice.topic == "birthday":
        subject = turn.words.say("utter_congratulate_subject", record=_short(record))
        today = turn.reading.today.isoformat()
        offer(label("congratulate_today"), "create_task", subject=subject, contact=ref, date=today)
    elif notice.topic == "forecast_moved":
        offer(label("what_changed"), "what_changed", scope="team")
    elif notice.topic in _CALL_THEM:
        if alone and notice.topic == "churn_risk":
            offer(label("why"), "ask_churn", account=ref)
        tomorrow = (turn.reading.today + timedelta(days=1)).isoformat()
        subject = turn.words.say("utter_call_subject", record=_short(record))
        offer(label("call_tomorrow"), "create_task", subject=subject, account=ref, date=tomorrow)
    week = (turn.reading.today + timedelta(days=7)).isoformat()
    offer(label("quiet_for_a_week"), "set_nudges", ref=ref, topic=notice.topic, date=week)
    if alone:
        turn.offer(label("stop_these"), "set_nudges", topic=notice.topic)


def _short(record: Record) -> str:
    text = describe_briefly(record)
    return text if len(text) <= 30 else text[:29] + "…"
