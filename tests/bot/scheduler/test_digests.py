"""Digests come when people want them, hold what they may see, and stay away when there is nothing."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import select

from bot.scheduler.digests import queue_digests
from crm_store.models import Attention, ChannelIdentity, Conversation, Deal, Notice, NoticeStatus, Outbox, Task, User
from tests.assistants import NOW, Rig
from tests.bot.scheduler.desk import Desk, desk

__all__ = ["desk"]

ZONE = "America/New_York"


def at(local: str) -> datetime:
    """A moment of New York's clock; the offset is written out."""
    return datetime.fromisoformat(local)


def wish(desk: Desk, handle: str = "dana", **wishes: object) -> None:
    """Somebody's digests, and a place where they get them."""
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        user = uow.session.scalars(select(User).where(User.handle == handle)).one()
        user.timezone, user.quiet_from, user.quiet_until = ZONE, None, None
        uow.session.add_all(
            [
                Attention(user_id=user.id, **wishes),
                Conversation(channel="web", external_id=str(user.ref), created_at=NOW, last_message_at=NOW),
                ChannelIdentity(channel="web", external_id=str(user.ref), user_id=user.id, created_at=NOW),
            ]
        )
        uow.commit()


def queue(desk: Desk, now: datetime) -> None:
    queue_digests(desk.rig.assistant.store, now=now, company_zone=ZONE)
    desk.tick(now)


def titles(desk: Desk) -> list[str]:
    with desk.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        bodies = uow.session.scalars(select(Outbox.body).order_by(Outbox.id)).all()
    return [part.get("title") or part.get("text", "") for body in bodies for part in body["parts"]]


def clear_desk(desk: Desk) -> None:
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        dana = desk.user(uow.session).id
        for task in uow.session.scalars(select(Task).where(Task.assignee_id == dana)):
            task.done_at = NOW
        for deal in uow.session.scalars(select(Deal).where(Deal.owner_id == dana)):
            deal.last_activity_at, deal.close_date = NOW, (NOW + timedelta(days=90)).date()
        uow.commit()


def test_a_daily_digest_comes_once_at_its_time(desk: Desk) -> None:
    wish(desk, daily_digest_at=time(8))
    queue(desk, at("2026-11-18T07:59:59-05:00"))
    assert titles(desk) == []
    for minute in range(5):
        queue(desk, at(f"2026-11-18T08:0{minute}-05:00"))
    assert titles(desk).count("Your day, Nov 18, 2026") == 1


def test_it_keeps_to_the_clock_when_the_clocks_change_and_to_working_days(desk: Desk) -> None:
    wish(desk, daily_digest_at=time(8))
    moment = at("2027-03-12T00:00-05:00")
    while moment < at("2027-03-16T00:00-04:00"):
        queue_digests(desk.rig.assistant.store, now=moment, company_zone=ZONE)
        moment += timedelta(minutes=30)
    with desk.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        due = uow.session.scalars(select(Notice.due_at).where(Notice.topic == "daily").order_by(Notice.due_at)).all()
    assert list(due) == [at("2027-03-12T08:00-05:00"), at("2027-03-15T08:00-04:00")]


def test_a_holiday_is_no_working_day(desk: Desk) -> None:
    wish(desk, daily_digest_at=time(8), country="US")
    queue(desk, at("2026-11-26T08:00-05:00"))
    assert titles(desk) == [], "Thanksgiving"


def test_nothing_is_said_when_there_is_nothing(desk: Desk) -> None:
    wish(desk, daily_digest_at=time(8))
    clear_desk(desk)
    queue(desk, at("2026-11-18T08:00-05:00"))
    assert titles(desk) == []
    with desk.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        assert uow.session.scalars(select(Notice.status)).all() == [NoticeStatus.DROPPED]


def test_one_that_is_hours_late_is_left_to_the_next(desk: Desk) -> None:
    wish(desk, daily_digest_at=time(8))
    queue(desk, at("2026-11-18T15:00-05:00"))
    assert titles(desk) == []


def test_a_manager_gets_the_week_of_the_team(desk: Desk) -> None:
    wish(desk, "morgan", weekly_digest_day=2, weekly_digest_at=time(9))
    queue(desk, at("2026-11-17T09:00-05:00"))
    assert titles(desk) == [], "Tuesday"
    queue(desk, at("2026-11-18T09:00-05:00"))
    found = titles(desk)
    assert found[0] == "Your week, as of Nov 18, 2026"
    assert len(found) >= 4


@pytest.mark.parametrize(
    ("said", "field", "value"),
    [
        ('/set_digest{"date": "2026-11-19T08:15"}', "daily_digest_at", time(8, 15)),
        ('/set_digest{"topic": "weekly"}', "weekly_digest_day", 0),
        ('/set_digest{"topic": "daily", "answer": "off"}', "daily_digest_at", None),
    ],
)
def test_words_set_it(rig: Rig, said: str, field: str, value: object) -> None:
    rig.speaker("dana").say(said)
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        (wishes,) = uow.session.scalars(select(Attention))
        assert getattr(wishes, field) == value
