"""Reminders come once, when they are due, to where their person is."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.reminders import end_of_quiet_hours, queue_due_reminders
from crm_store.models import ChannelIdentity, Conversation, JournalEntry, Outbox, Task, User
from tests.assistants import NOW, Rig

NEW_YORK = ZoneInfo("America/New_York")


@dataclass(frozen=True, slots=True)
class Desk:
    """Dana's reminders."""

    rig: Rig

    def at(self, when: datetime, **fields: Any) -> int:
        """A reminder for dana; its number."""
        with self.rig.assistant.store.unit_of_work(now=NOW) as uow:
            dana = self.user(uow.session)
            values = {
                "subject": "Send the contract",
                "due_at": when,
                "remind_at": when,
                "creator_id": dana.id,
                **fields,
            }
            task = uow.add(Task(assignee_id=dana.id, **values))
            uow.commit()
            return task.id

    @staticmethod
    def user(session: Any) -> User:
        """Dana."""
        return session.scalars(select(User).where(User.handle == "dana")).one()  # type: ignore[no-any-return]

    def task(self, task_id: int) -> Task:
        """The task as it is now."""
        with self.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
            return uow.session.get_one(Task, task_id)

    def tick(self, now: datetime) -> list[int]:
        """What the scheduler does every second."""
        return queue_due_reminders(self.rig.assistant.pipeline, now=now)

    def sent(self) -> list[str]:
        """What has been put into the outbox, in order."""
        with self.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
            rows = uow.session.scalars(select(Outbox).where(Outbox.key.startswith("reminder:")).order_by(Outbox.id))
            return [row.body["parts"][0]["text"] for row in rows]

    def be_reachable(self, *, channel: str = "web", name: str = "user:dana") -> int:
        """Dana has a channel and a conversation on it; its number."""
        with self.rig.assistant.store.unit_of_work(now=NOW) as uow:
            dana = self.user(uow.session)
            here = Conversation(channel=channel, external_id=name, created_at=NOW, last_message_at=NOW)
            uow.session.add_all(
                [here, ChannelIdentity(channel=channel, external_id=name, user_id=dana.id, created_at=NOW)]
            )
            uow.commit()
            return here.id

    def change_user(self, **fields: Any) -> None:
        """Set something about dana."""
        with self.rig.assistant.store.unit_of_work(now=NOW) as uow:
            for field, value in fields.items():
                setattr(self.user(uow.session), field, value)
            uow.commit()


@pytest.fixture
def desk(rig: Rig) -> Desk:
    with rig.assistant.store.unit_of_work(now=NOW) as uow:
        for task in uow.session.scalars(select(Task).where(Task.remind_at.is_not(None))):
            task.remind_at = None
        uow.commit()
    found = Desk(rig)
    found.change_user(timezone="America/New_York", quiet_from=None, quiet_until=None)
    return found


def test_a_reminder_comes_once_when_it_is_due(desk: Desk) -> None:
    here = desk.be_reachable()
    desk.at(NOW)
    assert desk.tick(NOW - timedelta(seconds=1)) == []
    assert desk.tick(NOW) == [here]
    assert desk.tick(NOW) == []
    assert desk.tick(NOW + timedelta(days=1)) == []
    (text,) = desk.sent()
    assert "Send the contract" in text


def test_a_reminder_shows_its_buttons_and_they_work_for_its_person_only(desk: Desk) -> None:
    here = desk.be_reachable()
    task_id = desk.at(NOW)
    desk.tick(NOW)
    with desk.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        row = uow.session.scalars(select(Outbox).where(Outbox.key.startswith("reminder:"))).one()
        assert (row.conversation_id, row.inbox_id) == (here, None)
        tokens = [button["token"] for button in row.body["buttons"]]
    stranger = desk.rig.speaker("marcus", conversation="elsewhere")
    for token in tokens:
        assert "button_not_yours" in (stranger.press(token).error or "")
    assert desk.task(task_id).done_at is None


def test_one_that_was_missed_is_sent_late_and_says_so(desk: Desk) -> None:
    desk.be_reachable()
    desk.at(NOW - timedelta(hours=3))
    desk.at(NOW)
    desk.tick(NOW)
    late, punctual = desk.sent()
    assert late != punctual
    words = desk.rig.assistant.pipeline.words
    assert late == words.say("utter_reminder_late", subject="Send the contract")
    assert punctual == words.say("utter_reminder", subject="Send the contract")


def test_a_task_that_is_done_or_deleted_reminds_nobody(desk: Desk) -> None:
    desk.be_reachable()
    desk.at(NOW, done_at=NOW)
    desk.at(NOW, deleted_at=NOW)
    assert desk.tick(NOW) == []


def _wall(year: int, month: int, day: int, hour: int, minute: int) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("local", "end"),
    [
        (_wall(2026, 11, 18, 21, 59), None),
        (_wall(2026, 11, 18, 22, 0), _wall(2026, 11, 19, 7, 30)),
        (_wall(2026, 11, 18, 23, 59), _wall(2026, 11, 19, 7, 30)),
        (_wall(2026, 11, 19, 0, 0), _wall(2026, 11, 19, 7, 30)),
        (_wall(2026, 11, 19, 7, 29), _wall(2026, 11, 19, 7, 30)),
        (_wall(2026, 11, 19, 7, 30), None),
        (_wall(2026, 3, 8, 1, 0), _wall(2026, 3, 8, 7, 30)),  # the clocks go forward that night
        (_wall(2026, 11, 1, 0, 30), _wall(2026, 11, 1, 7, 30)),  # and back this one
    ],
)
def test_quiet_hours_end_by_the_persons_own_clock(local: datetime, end: datetime | None) -> None:
    user = User(quiet_from=time(22), quiet_until=time(7, 30))
    assert end_of_quiet_hours(user, local.astimezone(UTC), zone=NEW_YORK) == end


def test_quiet_hours_within_a_day_and_none_at_all() -> None:
    noon = User(quiet_from=time(12), quiet_until=time(13))
    assert end_of_quiet_hours(noon, datetime(2026, 11, 18, 12, 30, tzinfo=NEW_YORK), zone=NEW_YORK) is not None
    assert end_of_quiet_hours(noon, datetime(2026, 11, 18, 13, 0, tzinfo=NEW_YORK), zone=NEW_YORK) is None
    for never in (User(), User(quiet_from=time(9), quiet_until=time(9)), User(quiet_from=time(9))):
        assert end_of_quiet_hours(never, NOW, zone=NEW_YORK) is None


def test_quiet_hours_postpone_and_then_it_is_not_late(desk: Desk) -> None:
    desk.be_reachable()
    desk.change_user(quiet_from=time(9), quiet_until=time(17))
    desk.at(NOW)  # ten in the morning
    assert desk.tick(NOW) == []
    five = datetime(2026, 11, 18, 17, 0, tzinfo=NEW_YORK)
    assert desk.tick(five - timedelta(seconds=1)) == []
    assert len(desk.tick(five)) == 1
    assert desk.sent() == [desk.rig.assistant.pipeline.words.say("utter_reminder", subject="Send the contract")]


def test_two_ticks_at_once_send_it_once(desk: Desk) -> None:
    desk.be_reachable()
    for _ in range(10):
        desk.at(NOW)
    woken: list[int] = []
    threads = [threading.Thread(target=lambda: woken.extend(desk.tick(NOW))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(woken) == len(desk.sent()) == 10


def test_a_clock_set_back_sends_nothing_again(desk: Desk) -> None:
    desk.be_reachable()
    task_id = desk.at(NOW)
    desk.tick(NOW)
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        uow.session.get_one(Task, task_id).reminded_at = None  # as a restored backup would have it
        uow.commit()
    desk.at(NOW + timedelta(minutes=1))
    assert len(desk.tick(NOW + timedelta(minutes=1))) == 1
    assert len(desk.sent()) == 2, "the one already sent does not keep the next from going out"


def test_somebody_without_a_channel_is_reminded_as_soon_as_they_have_one(desk: Desk) -> None:
    task_id = desk.at(NOW)
    assert desk.tick(NOW) == []
    desk.be_reachable(channel="terminal")
    assert desk.tick(NOW + timedelta(hours=1)) == []
    assert desk.task(task_id).reminded_at is None
    here = desk.be_reachable()
    assert desk.tick(NOW + timedelta(hours=2)) == [here]


def test_those_who_cannot_be_reached_do_not_keep_others_waiting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.reminders.BATCH", 2)
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        eli = uow.session.scalars(select(User).where(User.handle == "marcus")).one()
        for _ in range(5):
            uow.add(Task(subject="Unreachable", assignee_id=eli.id, remind_at=NOW - timedelta(days=1)))
        uow.commit()
    desk.be_reachable()
    desk.at(NOW)
    assert len(desk.tick(NOW)) == 1


def test_it_comes_where_it_was_asked_for(desk: Desk) -> None:
    desk.be_reachable()
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        thread = Conversation(channel="web", external_id="thread-7", created_at=NOW, last_message_at=NOW)
        uow.session.add(thread)
        uow.commit()
    desk.at(NOW, conversation_id=thread.id)
    assert desk.tick(NOW) == [thread.id]


DAILY_AT_TEN = "RRULE:FREQ=DAILY;BYHOUR=10;BYMINUTE=0"


def test_a_repeating_reminder_comes_again_though_nobody_ticked_it_off(desk: Desk) -> None:
    desk.be_reachable()
    task_id = desk.at(NOW, recurrence=DAILY_AT_TEN)
    for day in range(3):
        assert len(desk.tick(NOW + timedelta(days=day))) == 1
        assert desk.tick(NOW + timedelta(days=day, hours=1)) == []
    assert len(desk.sent()) == 3
    assert desk.task(task_id).due_at == NOW, "it is overdue since the first time it was missed"


def test_after_a_pause_a_repeating_reminder_comes_once_and_goes_on_from_now(desk: Desk) -> None:
    desk.be_reachable()
    task_id = desk.at(NOW, recurrence=DAILY_AT_TEN)
    week_later = NOW + timedelta(days=7, minutes=30)
    assert len(desk.tick(week_later)) == 1
    assert desk.tick(week_later) == []
    assert desk.task(task_id).remind_at == NOW + timedelta(days=8)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (_wall(2027, 3, 13, 10, 0), _wall(2027, 3, 14, 10, 0)),  # 14 March 2027: forward
        (_wall(2026, 10, 31, 10, 0), _wall(2026, 11, 1, 10, 0)),  # 1 November 2026: back
    ],
)
def test_a_repeating_reminder_keeps_to_the_wall_clock_when_the_clocks_change(
    desk: Desk, first: datetime, second: datetime
) -> None:
    desk.be_reachable()
    task_id = desk.at(first, recurrence=DAILY_AT_TEN)
    desk.tick(first)
    following = desk.task(task_id).remind_at
    assert following == second.astimezone(UTC)


def test_ticking_off_a_repeating_task_moves_it_to_its_next_time(desk: Desk) -> None:
    desk.be_reachable()
    task_id = desk.at(NOW, recurrence=DAILY_AT_TEN)
    desk.tick(NOW)
    desk.rig.clock.advance(minutes=5)
    desk.rig.speaker("dana").say(f'/complete_task{{"ref": "task:{task_id}"}}')
    task = desk.task(task_id)
    assert task.done_at is None
    assert task.due_at == task.remind_at == NOW + timedelta(days=1)
    assert desk.tick(NOW + timedelta(hours=1)) == []
    assert len(desk.tick(NOW + timedelta(days=1))) == 1


def test_a_rule_nobody_can_read_does_not_stop_the_others(desk: Desk) -> None:
    desk.be_reachable()
    desk.at(NOW - timedelta(hours=1), recurrence="RRULE:FREQ=SOMETIMES")
    desk.at(NOW)
    assert len(desk.tick(NOW)) == 2
    assert desk.tick(NOW + timedelta(days=1)) == []


def test_what_a_reminder_writes_is_journaled_as_the_systems(desk: Desk) -> None:
    desk.be_reachable()
    desk.at(NOW)
    desk.tick(NOW)
    with desk.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        last = uow.session.scalars(select(JournalEntry).order_by(JournalEntry.id.desc()).limit(1)).one()
        assert last.actor == "system"


def test_a_missing_zone_falls_back_to_the_companys(desk: Desk, rig: Rig) -> None:
    desk.be_reachable()
    desk.change_user(timezone="Mars/Olympus", quiet_from=time(22), quiet_until=time(6))
    desk.at(NOW)
    assert len(desk.tick(NOW)) == 1
