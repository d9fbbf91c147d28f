"""When it is polite to speak, by the person's own clock and calendar."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from actions.countries import country_of
from bot.scheduler.manners import Held, Hours, end_of_quiet_hours, held_back
from crm_store.models import NoticeKind

NEW_YORK = ZoneInfo("America/New_York")
BERLIN = ZoneInfo("Europe/Berlin")


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
    hours = Hours(zone=NEW_YORK, quiet_from=time(22), quiet_until=time(7, 30))
    assert end_of_quiet_hours(hours, local.astimezone(UTC)) == end


def test_quiet_hours_within_a_day_and_none_at_all() -> None:
    noon = Hours(zone=NEW_YORK, quiet_from=time(12), quiet_until=time(13))
    assert end_of_quiet_hours(noon, _wall(2026, 11, 18, 12, 30)) == _wall(2026, 11, 18, 13, 0)
    assert end_of_quiet_hours(noon, _wall(2026, 11, 18, 13, 0)) is None
    for never in (
        Hours(zone=NEW_YORK),
        Hours(zone=NEW_YORK, quiet_from=time(9), quiet_until=time(9)),
        Hours(zone=NEW_YORK, quiet_from=time(9)),
    ):
        assert end_of_quiet_hours(never, _wall(2026, 11, 18, 12, 30)) is None


def berlin(wall: str) -> datetime:
    return datetime.fromisoformat(wall).replace(tzinfo=BERLIN)


def nudge(hours: Hours, at: datetime, severity: int = 2) -> Held | None:
    return held_back(hours, NoticeKind.NUDGE, severity, now=at.astimezone(UTC), last_said=None)


@pytest.mark.parametrize(
    ("local", "until"),
    [
        ("2026-11-18 07:59", "2026-11-18 08:00"),
        ("2026-11-18 08:00", None),
        ("2026-11-18 17:59", None),
        ("2026-11-18 18:00", "2026-11-19 08:00"),
        ("2026-11-20 20:00", "2026-11-23 08:00"),  # Friday evening
        ("2026-11-21 12:00", "2026-11-23 08:00"),  # Saturday
        ("2026-12-24 19:00", "2026-12-28 08:00"),  # Christmas falls on Friday and Saturday
        ("2026-10-25 01:00", "2026-10-26 08:00"),  # the clocks go back on that Sunday
    ],
)
def test_nudges_come_in_working_time_only(local: str, until: str | None) -> None:
    held = nudge(Hours(zone=BERLIN, country="DE"), berlin(local))
    assert held == (None if until is None else Held(berlin(until).astimezone(UTC), "off_hours"))


def test_an_urgent_one_does_not_wait_for_the_working_day_but_for_the_night_it_does() -> None:
    evening = datetime(2026, 11, 18, 19, 0, tzinfo=BERLIN)
    assert nudge(Hours(zone=BERLIN), evening, severity=3) is None
    asleep = Hours(zone=BERLIN, quiet_from=time(19), quiet_until=time(7))
    assert nudge(asleep, evening, severity=3) == Held(datetime(2026, 11, 19, 6, 0, tzinfo=UTC), "quiet")


def test_a_country_keeps_its_own_weekend() -> None:
    friday = datetime(2026, 11, 20, 12, 0, tzinfo=ZoneInfo("Asia/Riyadh"))
    assert nudge(Hours(zone=ZoneInfo("Asia/Riyadh"), country="SA"), friday) is not None
    assert nudge(Hours(zone=ZoneInfo("Asia/Riyadh"), country="SA"), friday + timedelta(days=2)) is None


def test_a_reminder_was_asked_for_at_its_time_and_does_not_wait_for_work() -> None:
    saturday = datetime(2026, 11, 21, 12, 0, tzinfo=BERLIN)
    hours = Hours(zone=BERLIN, country="DE")
    assert held_back(hours, NoticeKind.REMINDER, 2, now=saturday.astimezone(UTC), last_said=None) is None


def test_there_is_a_minute_between_two_messages_whatever_the_clock_does() -> None:
    now = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
    hours = Hours(zone=BERLIN)

    def after(seconds: float) -> Held | None:
        return held_back(hours, NoticeKind.REMINDER, 2, now=now, last_said=now - timedelta(seconds=seconds))

    assert after(59) == Held(now + timedelta(seconds=1), "pause")
    assert after(60) is None
    assert after(-3600) is None, "the clock was set back after the last message"


def test_a_zone_tells_the_country() -> None:
    assert [country_of(zone) for zone in ("Europe/Berlin", "America/New_York", "UTC")] == ["DE", "US", None]


def test_an_unknown_country_keeps_weekends() -> None:
    assert nudge(Hours(zone=BERLIN, country="ZZ"), datetime(2026, 11, 18, 12, 0, tzinfo=BERLIN)) is None
