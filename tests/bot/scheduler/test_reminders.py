"""Reminders come once, when they are due, to where their person is."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from crm_store.models import Attention, ChannelIdentity, Conversation, Notice, NoticeStatus, Outbox, Task, User
from tests.assistants import NOW
from tests.bot.scheduler.desk import Desk, desk

NEW_YORK = ZoneInfo("America/New_York")


__all__ = ["desk"]


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
        row = uow.session.scalars(select(Outbox).where(Outbox.key.startswith("notice:"))).one()
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
    ((late, punctual),) = desk.messages()
    assert late == "Reminder (late, it was due today 7:00 AM): Send the contract"
    assert punctual == "Reminder: Send the contract"


def test_several_missed_times_of_one_reminder_are_said_in_one_line(desk: Desk) -> None:
    desk.at(NOW - timedelta(days=2), recurrence="RRULE:FREQ=DAILY;BYHOUR=10;BYMINUTE=0")
    for days in (2, 1):
        assert desk.tick(NOW - timedelta(days=days)) == [], "there is no place to reach them yet"
    desk.be_reachable()
    desk.tick(NOW)
    assert [len(message) for message in desk.messages()] == [1]
    with desk.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        said = uow.session.scalars(select(Notice.said_at)).all()
    assert said == [NOW] * 3


def test_a_task_that_is_done_or_deleted_reminds_nobody(desk: Desk) -> None:
    desk.be_reachable()
    desk.at(NOW, done_at=NOW)
    desk.at(NOW, deleted_at=NOW)
    assert desk.tick(NOW) == []


def _wall(year: int, month: int, day: int, hour: int, minute: int) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=NEW_YORK)


def test_quiet_hours_postpone_and_then_it_is_not_late(desk: Desk) -> None:
    desk.be_reachable()
    desk.change_user(quiet_from=time(9), quiet_until=time(17))
    desk.at(NOW)  # ten in the morning
    assert desk.tick(NOW) == []
    five = datetime(2026, 11, 18, 17, 0, tzinfo=NEW_YORK)
    assert desk.tick(five - timedelta(seconds=1)) == []
    assert len(desk.tick(five)) == 1
    assert desk.sent() == ["Reminder: Send the contract"]


def test_ticks_at_once_say_each_reminder_once(desk: Desk) -> None:
    desk.be_reachable()
    numbers = [desk.at(NOW, subject=f"Call number {each}") for each in range(3)]
    woken: list[int] = []
    threads = [threading.Thread(target=lambda: woken.extend(desk.tick(NOW))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    desk.tick(NOW + timedelta(minutes=2))
    assert sorted(desk.sent()) == [f"Reminder: Call number {each}" for each in range(len(numbers))]


def test_what_comes_due_within_a_minute_is_said_together_after_it(desk: Desk) -> None:
    desk.be_reachable()
    desk.at(NOW, subject="First")
    for number in range(2):
        desk.at(NOW + timedelta(seconds=20 + number), subject=f"Soon after {number}")
    for second in range(90):
        desk.tick(NOW + timedelta(seconds=second))
    assert desk.messages() == [["Reminder: First"], ["Reminder: Soon after 0", "Reminder: Soon after 1"]]


def test_many_at_once_are_one_list(desk: Desk) -> None:
    desk.be_reachable()
    for number in range(30):
        desk.at(NOW, subject=f"Call number {number}")
    desk.tick(NOW)
    with desk.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        (row,) = uow.session.scalars(select(Outbox).where(Outbox.key.startswith("notice:"))).all()
    (table,) = row.body["parts"]
    assert table["title"] == "30 reminders are due"
    assert len(table["rows"]) == 20
    assert table["note"] == "and 10 more"


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
    desk.at(NOW)
    assert desk.tick(NOW) == []
    desk.be_reachable(channel="terminal")
    assert desk.tick(NOW + timedelta(hours=1)) == []
    assert desk.sent() == []
    here = desk.be_reachable()
    assert desk.tick(NOW + timedelta(hours=2)) == [here]


def test_those_who_cannot_be_reached_do_not_keep_others_waiting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.scheduler.speaking.PEOPLE", 1)
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        eli = uow.session.scalars(select(User).where(User.handle == "marcus")).one()
        for _ in range(5):
            uow.add(Task(subject="Unreachable", assignee_id=eli.id, remind_at=NOW - timedelta(days=1)))
        uow.commit()
    desk.be_reachable()
    desk.at(NOW)
    assert len(desk.tick(NOW)) == 1


def test_it_comes_where_the_person_spoke_last(desk: Desk) -> None:
    desk.be_reachable()
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        dana = desk.user(uow.session)
        later = NOW + timedelta(hours=1)
        slack = Conversation(channel="slack", external_id="U1", created_at=NOW, last_message_at=later)
        uow.session.add_all(
            [slack, ChannelIdentity(channel="slack", external_id="U1", user_id=dana.id, created_at=NOW)]
        )
        uow.commit()
    desk.at(NOW)
    assert desk.tick(later) == [slack.id]


def test_a_preferred_channel_goes_before_the_one_used_last(desk: Desk) -> None:
    web = desk.be_reachable()
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        dana = desk.user(uow.session)
        later = NOW + timedelta(hours=1)
        uow.session.add_all(
            [
                Conversation(channel="slack", external_id="U1", created_at=NOW, last_message_at=later),
                ChannelIdentity(channel="slack", external_id="U1", user_id=dana.id, created_at=NOW),
                Attention(user_id=dana.id, channels=["web", "slack"]),
            ]
        )
        uow.commit()
    desk.at(NOW)
    assert desk.tick(later) == [web]


def test_nobody_is_reminded_in_a_thread_that_others_read(desk: Desk) -> None:
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        thread = Conversation(channel="slack", external_id="C7:170", created_at=NOW, last_message_at=NOW)
        dana = desk.user(uow.session)
        uow.session.add_all(
            [thread, ChannelIdentity(channel="slack", external_id="U1", user_id=dana.id, created_at=NOW)]
        )
        uow.commit()
    desk.at(NOW, conversation_id=thread.id)
    assert desk.tick(NOW) == []


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
    assert len(desk.tick(NOW)) == 1
    assert len(desk.sent()) == 2
    assert desk.tick(NOW + timedelta(days=1)) == []


def test_each_occurrence_has_a_notice_that_says_what_became_of_it(desk: Desk) -> None:
    desk.be_reachable()
    task_id = desk.at(NOW, recurrence=DAILY_AT_TEN)
    desk.tick(NOW)
    desk.tick(NOW + timedelta(days=1))
    with desk.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        notices = uow.session.scalars(select(Notice).where(Notice.ref == f"task:{task_id}").order_by(Notice.id)).all()
    assert [(each.due_at, each.status, each.said_at) for each in notices] == [
        (NOW + timedelta(days=day), NoticeStatus.SAID, NOW + timedelta(days=day)) for day in range(2)
    ]


def test_one_that_is_put_off_while_it_waits_is_not_said_at_its_old_time(desk: Desk) -> None:
    desk.be_reachable()
    desk.change_user(quiet_from=time(9), quiet_until=time(17))
    task_id = desk.at(NOW)
    assert desk.tick(NOW) == []
    desk.rig.speaker("dana").say(f'/snooze_task{{"ref": "task:{task_id}", "date": "2026-11-19T10:00"}}')
    assert desk.tick(datetime(2026, 11, 18, 17, 0, tzinfo=NEW_YORK)) == []
    desk.change_user(quiet_from=None, quiet_until=None)
    assert len(desk.tick(datetime(2026, 11, 19, 10, 0, tzinfo=NEW_YORK))) == 1


def test_done_said_after_a_reminder_means_the_task_it_was_about(desk: Desk) -> None:
    here = desk.be_reachable()
    task_id = desk.at(NOW)
    desk.tick(NOW)
    with desk.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        assert uow.session.get_one(Conversation, here).focus["last"] == f"task:{task_id}"


def test_a_missing_zone_falls_back_to_the_companys(desk: Desk) -> None:
    desk.be_reachable()
    desk.change_user(timezone="Mars/Olympus", quiet_from=time(22), quiet_until=time(6))
    desk.at(NOW)
    assert len(desk.tick(NOW)) == 1
