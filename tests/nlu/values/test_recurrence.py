"""Now is Wednesday, 10 March 2027, 11:30 in Berlin; the clocks go forward on 28 March."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr

from nlu.values import Reading, Recurrence, UnreadableValue, read_recurrence

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2027, 3, 10, 10, 30, tzinfo=UTC)
HERE = Reading(now=NOW, zone=BERLIN)


def recurrence(said: str, reading: Reading = HERE) -> Recurrence:
    found = read_recurrence(said, reading)
    assert found is not None
    return found


NEXT_TWO = [
    ("every Monday at 9", "2027-03-15 09:00", "2027-03-22 09:00"),
    ("every monday at 9am", "2027-03-15 09:00", "2027-03-22 09:00"),
    ("at 9 every Monday", "2027-03-15 09:00", "2027-03-22 09:00"),
    ("9am every Monday", "2027-03-15 09:00", "2027-03-22 09:00"),
    ("each Tuesday at 14:30", "2027-03-16 14:30", "2027-03-23 14:30"),
    ("Mondays at 9", "2027-03-15 09:00", "2027-03-22 09:00"),
    ("on Mondays", "2027-03-15 09:00", "2027-03-22 09:00"),
    ("every Wednesday at 9", "2027-03-17 09:00", "2027-03-24 09:00"),
    ("every Wednesday at 5pm", "2027-03-10 17:00", "2027-03-17 17:00"),
    ("every Monday and Thursday at 9", "2027-03-11 09:00", "2027-03-15 09:00"),
    ("every Mon, Wed and Fri at 10", "2027-03-12 10:00", "2027-03-15 10:00"),
    ("Tuesdays and Thursdays at 5pm", "2027-03-11 17:00", "2027-03-16 17:00"),
    ("every other Monday at 9", "2027-03-15 09:00", "2027-03-29 09:00"),
    ("every second Friday at noon", "2027-03-12 12:00", "2027-03-26 12:00"),
    ("every third Tuesday at 9", "2027-03-16 09:00", "2027-04-20 09:00"),
    ("every 2 weeks on Friday at 9", "2027-03-12 09:00", "2027-03-26 09:00"),
    ("biweekly on Monday at 9", "2027-03-15 09:00", "2027-03-29 09:00"),
    ("fortnightly on Thursday", "2027-03-11 09:00", "2027-03-25 09:00"),
    ("daily at 8:30", "2027-03-11 08:30", "2027-03-12 08:30"),
    ("every day at 18:00", "2027-03-10 18:00", "2027-03-11 18:00"),
    ("everyday at 6am", "2027-03-11 06:00", "2027-03-12 06:00"),
    ("each day at noon", "2027-03-10 12:00", "2027-03-11 12:00"),
    ("daily", "2027-03-11 09:00", "2027-03-12 09:00"),
    ("every other day at 9", "2027-03-12 09:00", "2027-03-14 09:00"),
    ("every 3 days at 15:00", "2027-03-10 15:00", "2027-03-13 15:00"),
    ("weekdays at 9", "2027-03-11 09:00", "2027-03-12 09:00"),
    ("every weekday at 8:30", "2027-03-11 08:30", "2027-03-12 08:30"),
    ("every working day at 17:00", "2027-03-10 17:00", "2027-03-11 17:00"),
    ("weekends at 10", "2027-03-13 10:00", "2027-03-14 10:00"),
    ("every weekend", "2027-03-13 09:00", "2027-03-14 09:00"),
    ("every morning", "2027-03-11 08:00", "2027-03-12 08:00"),
    ("every morning at 7:45", "2027-03-11 07:45", "2027-03-12 07:45"),
    ("every evening at 7", "2027-03-10 19:00", "2027-03-11 19:00"),
    ("Friday mornings", "2027-03-12 08:00", "2027-03-19 08:00"),
    ("every Friday afternoon", "2027-03-12 13:00", "2027-03-19 13:00"),
    ("weekly", "2027-03-17 09:00", "2027-03-24 09:00"),
    ("weekly on Friday at 16:00", "2027-03-12 16:00", "2027-03-19 16:00"),
    ("once a week", "2027-03-17 09:00", "2027-03-24 09:00"),
    ("every week on Tuesday", "2027-03-16 09:00", "2027-03-23 09:00"),
    ("monthly", "2027-04-10 09:00", "2027-05-10 09:00"),
    ("every month on the 1st", "2027-04-01 09:00", "2027-05-01 09:00"),
    ("monthly on the 15th at 10", "2027-03-15 10:00", "2027-04-15 10:00"),
    ("the 15th of every month", "2027-03-15 09:00", "2027-04-15 09:00"),
    ("on the 1st and 15th", "2027-03-15 09:00", "2027-04-01 09:00"),
    ("on the 1st and 15th of each month at 8", "2027-03-15 08:00", "2027-04-01 08:00"),
    ("every 31st", "2027-03-31 09:00", "2027-04-30 09:00"),
    ("the last day of every month at 12:00", "2027-03-31 12:00", "2027-04-30 12:00"),
    ("the last workday of the month", "2027-03-31 09:00", "2027-04-30 09:00"),
    ("last business day of every month at 16:00", "2027-03-31 16:00", "2027-04-30 16:00"),
    ("the first workday of each month", "2027-04-01 09:00", "2027-05-03 09:00"),
    ("every first Monday of the month at 10", "2027-04-05 10:00", "2027-05-03 10:00"),
    ("first Monday of every month", "2027-04-05 09:00", "2027-05-03 09:00"),
    ("every last Friday of the month", "2027-03-26 09:00", "2027-04-30 09:00"),
    ("monthly on the second Tuesday", "2027-04-13 09:00", "2027-05-11 09:00"),
    ("every 3 months", "2027-06-10 09:00", "2027-09-10 09:00"),
    ("quarterly", "2027-06-10 09:00", "2027-09-10 09:00"),
    ("every quarter on the 1st", "2027-04-01 09:00", "2027-07-01 09:00"),
    ("every year on 5 May", "2027-05-05 09:00", "2028-05-05 09:00"),
    ("every 5 May at 8", "2027-05-05 08:00", "2028-05-05 08:00"),
    ("every May 5th", "2027-05-05 09:00", "2028-05-05 09:00"),
    ("yearly", "2028-03-10 09:00", "2029-03-10 09:00"),
    ("annually on March 1st", "2028-03-01 09:00", "2029-03-01 09:00"),
    ("every January", "2028-01-01 09:00", "2029-01-01 09:00"),
    ("hourly", "2027-03-10 12:30", "2027-03-10 13:30"),
    ("every 2 hours", "2027-03-10 13:30", "2027-03-10 15:30"),
    ("every 20 minutes", "2027-03-10 11:50", "2027-03-10 12:10"),
    ("remind me every Friday at 3 to call Jane", "2027-03-12 15:00", "2027-03-19 15:00"),
]


@pytest.mark.parametrize(("said", "first", "second"), NEXT_TWO)
def test_computes_the_next_occurrences(said: str, first: str, second: str) -> None:
    found = recurrence(said)
    one = found.next_after(NOW)
    assert one is not None
    two = found.next_after(one)
    assert two is not None
    assert [f"{each:%Y-%m-%d %H:%M}" for each in (one, two)] == [first, second]


@pytest.mark.parametrize("said", [row[0] for row in NEXT_TWO])
def test_canonical_text_reads_as_the_same_repetition(said: str) -> None:
    found = recurrence(said)
    later = Reading(now=NOW + timedelta(days=40), zone=BERLIN)
    assert read_recurrence(found.canonical, later) == found


@pytest.mark.parametrize("said", [row[0] for row in NEXT_TWO])
def test_canonical_text_is_a_rule_other_calendars_read(said: str) -> None:
    assert rrulestr(recurrence(said).canonical, dtstart=NOW.replace(tzinfo=None)) is not None


def test_a_plain_rule_needs_no_start() -> None:
    assert recurrence("every Monday at 9").canonical == "RRULE:FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0"
    assert recurrence("every Monday at 9").local_time == time(9)
    assert recurrence("every Monday").local_time is None


def test_the_wall_clock_time_stays_when_the_clocks_change() -> None:
    found = recurrence("daily at 9")
    before = found.next_after(datetime(2027, 3, 27, 6, tzinfo=UTC))
    after = found.next_after(datetime(2027, 3, 28, 6, tzinfo=UTC))
    assert before is not None
    assert after is not None
    assert (before.hour, after.hour) == (9, 9)
    assert after.astimezone(UTC) - before.astimezone(UTC) == timedelta(hours=23)


def test_a_time_the_clock_skips_happens_an_hour_later_that_day() -> None:
    found = recurrence("daily at 02:30").next_after(datetime(2027, 3, 27, 12, tzinfo=UTC))
    assert found is not None
    assert found.isoformat() == "2027-03-28T03:30:00+02:00"


def test_a_time_that_comes_twice_happens_once() -> None:
    found = recurrence("daily at 02:30")
    first = found.next_after(datetime(2027, 10, 30, 12, tzinfo=UTC))
    assert first is not None
    second = found.next_after(first)
    assert second is not None
    assert first.astimezone(UTC) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert f"{second:%m-%d %H:%M}" == "11-01 02:30"


def test_every_other_week_keeps_its_rhythm_over_the_turn_of_the_year() -> None:
    found = recurrence("every other Monday at 9")
    moment, days = NOW, []
    for _ in range(60):
        following = found.next_after(moment)
        assert following is not None
        days.append(following.date())
        moment = following
    assert {(later - earlier).days for earlier, later in pairwise(days)} == {14}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("twice a week", "no_fixed_days"),
        ("three times a month", "no_fixed_days"),
        ("every February 30th", "no_such_day"),
        ("RRULE:FREQ=SECONDLY", "not_a_rule"),
        ("RRULE:FREQ=WEEKLY;BYDAY=XX", "not_a_rule"),
        ("RRULE:FREQ=WEEKLY;BYDAY=2MO", "not_a_rule"),
        ("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "no_such_day"),
    ],
)
def test_refuses_repetitions_that_cannot_be_carried_out(said: str, reason: str) -> None:
    with pytest.raises(UnreadableValue) as caught:
        read_recurrence(said, HERE)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "said", ["", "hello", "Monday", "next Friday at 9", "2 hours", "the 15th", "everyone", "end of March"]
)
def test_finds_no_repetition_where_none_is_said(said: str) -> None:
    assert read_recurrence(said, HERE) is None
