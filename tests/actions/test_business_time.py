"""The desk's clock: what is added can be measured again, closed time never counts, whatever the hours and the zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actions.desk.business_time import BusinessTime

HOURS = ("Mon-Fri 09:00-18:00", "Mon-Fri 09:00-12:00 13:00-17:30, Sat 10:00-14:00", "daily 22:00-06:00", "24/7",
         "Sun 01:30-03:30", "Mon-Fri 09:00-15:00 14:00-18:00")  # fmt: skip
ZONES = ("America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC")
clocks = st.builds(
    BusinessTime.from_text, st.sampled_from(HOURS), st.sampled_from(ZONES), st.sampled_from((None, "US", "DE"))
)
moments = st.integers(0, 5 * 366 * 24 * 60).map(lambda n: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=n))
spans = st.timedeltas(timedelta(minutes=1), timedelta(days=20)).map(
    lambda span: timedelta(minutes=span // timedelta(minutes=1))
)
NEW_YORK = BusinessTime.from_text("Mon-Fri 09:00-18:00", "America/New_York", "US")


@given(clocks, moments, spans)
def test_what_is_added_is_what_lies_between(clock: BusinessTime, start: datetime, span: timedelta) -> None:
    assert clock.between(start, clock.add(start, span)) == span


@given(clocks, moments, spans, spans)
def test_adding_twice_is_adding_the_sum(clock: BusinessTime, start: datetime, one: timedelta, two: timedelta) -> None:
    assert clock.add(clock.add(start, one), two) == clock.add(start, one + two)


@given(clocks, moments, st.timedeltas(timedelta(0), timedelta(days=9)), st.timedeltas(timedelta(0), timedelta(days=9)))
@example(BusinessTime.from_text("Sun 01:30-03:30", "Europe/Berlin"), datetime(2026, 3, 28, tzinfo=UTC),
         timedelta(days=1), timedelta(days=1))  # fmt: skip
def test_time_between_adds_up_and_never_exceeds_the_clock(
    clock: BusinessTime, start: datetime, one: timedelta, two: timedelta
) -> None:
    middle, end = start + one, start + one + two
    assert clock.between(start, end) == clock.between(start, middle) + clock.between(middle, end)
    assert clock.between(start, end) <= one + two


@given(clocks, moments)
def test_it_opens_when_it_is_open(clock: BusinessTime, moment: datetime) -> None:
    opening = clock.next_opening(moment)
    assert clock.is_open(opening)
    assert clock.between(moment, opening) == timedelta(0)
    assert (opening == moment) == clock.is_open(moment)


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-11-18T15:00", 60, "2026-11-18T16:00"),  # within a day
        ("2026-11-18T22:30", 60, "2026-11-19T14:30"),  # half an hour before closing at 23:00 UTC
        ("2026-11-20T22:00", 120, "2026-11-23T15:00"),  # over the weekend
        ("2026-11-25T22:00", 120, "2026-11-27T15:00"),  # over Thanksgiving
        ("2026-11-21T12:00", 1, "2026-11-23T14:01"),  # written on a Saturday
        ("2026-10-30T21:00", 120, "2026-11-02T15:00"),  # the clocks went back on Sunday
    ],
)
def test_a_promise_in_new_york(start: str, minutes: int, end: str) -> None:
    begun = datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert NEW_YORK.add(begun, timedelta(minutes=minutes)) == datetime.fromisoformat(end).replace(tzinfo=UTC)


def test_a_shift_over_the_change_of_the_clocks_has_its_real_length() -> None:
    nights = BusinessTime.from_text("Sat 22:00-06:00", "Europe/Berlin")
    spring = datetime(2026, 3, 28, 12, tzinfo=UTC)
    assert nights.between(spring, spring + timedelta(days=1)) == timedelta(hours=7)
    autumn = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert nights.between(autumn, autumn + timedelta(days=1)) == timedelta(hours=9)
