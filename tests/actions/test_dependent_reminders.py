"""Reminders that depend on something: an answer that may come, a close date that may move."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from actions.answers_awaited import CONDITION
from crm_store.models import Account, Activity, ActivityKind, Deal, Message, Task, User
from tests.assistants import NOW, Rig
from tests.bot.scheduler.desk import Desk, desk

__all__ = ["desk"]

THURSDAY = datetime(2026, 11, 19, 14, 0, tzinfo=UTC)
"""Nine in the morning in New York."""


def waiting_for_globex(desk: Desk) -> Task:
    """Dana says it; the task as it was saved."""
    heard = desk.rig.speaker("dana").say(
        '/create_task{"subject": "if Globex hasn\'t answered", "date": "2026-11-19T09:00"}'
    )
    assert "unless I see an answer before: Globex hasn't answered" in heard.text
    with desk.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        return uow.session.scalars(select(Task).order_by(Task.id.desc()).limit(1)).one()


def test_a_customer_who_has_not_answered_is_reminded_of(desk: Desk) -> None:
    desk.be_reachable()
    task = waiting_for_globex(desk)
    assert (task.unless_answered, task.subject) == (True, "Globex hasn't answered")
    assert desk.tick(THURSDAY - timedelta(seconds=1)) == []
    desk.tick(THURSDAY)
    assert desk.sent() == ["No answer yet, as far as I can see: Globex hasn't answered"]


@pytest.mark.parametrize("by", ["call", "chat"])
def test_one_who_has_answered_is_not_and_the_task_is_done(desk: Desk, by: str) -> None:
    desk.be_reachable()
    task = waiting_for_globex(desk)
    later = NOW + timedelta(hours=2)
    with desk.rig.assistant.store.unit_of_work(now=later) as uow:
        account = uow.session.get_one(Account, task.account_id)
        if by == "call":
            dana = desk.user(uow.session)
            uow.add(Activity(activity_kind=ActivityKind.CALL, at=later, owner_id=dana.id, account_id=account.id))
        else:
            author = f"contact:{account.contacts[0].id}"
            uow.session.add(Message(conversation_id=1, author=author, text="Yes, please go ahead", at=later))
        uow.commit()
    desk.tick(THURSDAY)
    assert desk.sent() == []
    assert desk.task(task.id).done_at == THURSDAY


def test_a_note_about_a_customer_is_no_answer_from_them(desk: Desk) -> None:
    desk.be_reachable()
    task = waiting_for_globex(desk)
    later = NOW + timedelta(hours=2)
    with desk.rig.assistant.store.unit_of_work(now=later) as uow:
        owner = desk.user(uow.session).id
        uow.add(Activity(activity_kind=ActivityKind.NOTE, at=later, owner_id=owner, account_id=task.account_id))
        uow.commit()
    desk.tick(THURSDAY)
    assert len(desk.sent()) == 1


def test_what_to_do_without_an_answer_stays_the_subject(rig: Rig) -> None:
    heard = rig.speaker("dana").say(
        '/create_task{"subject": "call Jane if Globex doesn\'t reply", "date": "2026-11-19T09:00"}'
    )
    assert "unless I see an answer before: call Jane." in heard.text


@pytest.mark.parametrize(
    ("said", "who"),
    [
        ("if Globex hasn't answered by Thursday", "Globex"),
        ("if Globex has not replied", "Globex"),
        ("if Jane doesn't get back to me by Friday", "Jane"),
        ("if I haven't heard from Initech by Monday", "Initech"),
        ("if I don't hear back from Kim Lee", "Kim Lee"),
        ("if we hear nothing from Acme by then", "Acme"),
        ("if there's no answer from Hooli by Thursday", "Hooli"),
        ("if there is still no reply from Hooli", "Hooli"),
        ("unless Globex answers by Thursday", "Globex"),
        ("unless they have replied", "they"),
        ("when Globex hasn't responded yet", "Globex"),
        ("in case Globex did not call back", "Globex"),
        ("chase them if they haven't written back", "they"),
    ],
)
def test_the_words_for_no_answer(said: str, who: str) -> None:
    found = CONDITION.search(said)
    assert found is not None
    assert next(each for each in found.groupdict().values() if each and not each.startswith(" ")) == who


@pytest.mark.parametrize(
    "said", ["answer Globex", "reply to Jane if needed", "call Jane", "unless it rains", "hear Bo"]
)
def test_words_that_depend_on_no_answer(said: str) -> None:
    assert CONDITION.search(said) is None


def _close_on(rig: Rig, day: date) -> None:
    with rig.assistant.store.unit_of_work(now=NOW) as uow:
        deal = uow.session.scalars(select(Deal).where(Deal.name == "Website redesign")).one()
        deal.close_date = day
        uow.commit()


@pytest.fixture
def eastern(rig: Rig) -> Rig:
    with rig.assistant.store.unit_of_work(now=NOW) as uow:
        uow.session.scalars(select(User).where(User.handle == "dana")).one().timezone = "America/New_York"
        uow.commit()
    return rig


def test_a_reminder_before_the_close_date_moves_with_it(eastern: Rig) -> None:
    zone = ZoneInfo("America/New_York")
    _close_on(eastern, date(2027, 3, 12))
    heard = eastern.speaker("dana").say(
        '/create_task{"subject": "send the contract", "date": "close_date-P2D@10:00", "deal": "Website redesign"}'
    )
    assert "move it when the close date of Website redesign moves" in heard.text

    def due() -> datetime | None:
        with eastern.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
            return uow.session.scalars(select(Task).order_by(Task.id.desc()).limit(1)).one().remind_at

    assert due() == datetime(2027, 3, 10, 10, 0, tzinfo=zone)
    _close_on(eastern, date(2027, 3, 19))
    # The clocks went forward in between: still ten o'clock.
    assert due() == datetime(2027, 3, 17, 10, 0, tzinfo=zone)


def test_a_close_date_moved_in_a_conversation_moves_the_reminder(eastern: Rig) -> None:
    _close_on(eastern, date(2027, 3, 12))
    speaker = eastern.speaker("dana")
    speaker.say('/create_task{"subject": "call", "date": "close_date-P1W", "deal": "Website redesign"}')
    assert speaker.say('/update_deal{"deal": "Website redesign", "date": "2027-04-30"}').error is None
    with eastern.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        task = uow.session.scalars(select(Task).order_by(Task.id.desc()).limit(1)).one()
    assert task.due_at is not None
    assert task.due_at.date() == date(2027, 4, 23)


def test_one_that_would_lie_in_the_past_is_refused(eastern: Rig) -> None:
    _close_on(eastern, date(2026, 11, 19))
    heard = eastern.speaker("dana").say(
        '/create_task{"subject": "send", "date": "close_date-P2D", "deal": "Website redesign"}'
    )
    assert "in the past" in heard.text
