"""Now is Wednesday, 10 March 2027, 11:30 in Berlin."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from nlu.values import OPEN_END, OPEN_START, Reading, UnreadableValue, When, read_when

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2027, 3, 10, 10, 30, tzinfo=UTC)
HERE = Reading(now=NOW, zone=BERLIN)


def when(said: str, **how: str) -> When:
    found = read_when(said, HERE, **how)  # type: ignore[arg-type]
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("said", "canonical"),
    [
        ("today", "2027-03-10"),
        ("yesterday", "2027-03-09"),
        ("tomorrow", "2027-03-11"),
        ("tmrw", "2027-03-11"),
        ("day after tomorrow", "2027-03-12"),
        ("the day after Easter", "2027-03-29"),
        ("the day before April 5", "2027-04-04"),
        ("remind me wed to call", "2027-03-10"),
        ("price check granite, wed", "2027-03-10"),
        ("fri-mon", "2027-03-12/2027-03-16"),
        ("tmrw 10 to ring the office", "2027-03-11T10:00+01:00"),
        ("sat to tuesday", "2027-03-13/2027-03-17"),
        ("Mon-Thu", "2027-03-15/2027-03-19"),
        ("tmrw 10", "2027-03-11T10:00+01:00"),
        ("ring the office friday 9", "2027-03-12T09:00+01:00"),
        ("send boxes tomorrow 40", "2027-03-11"),
        ("friday 3 boxes", "2027-03-12"),
        ("the day before yesterday", "2027-03-08"),
        ("end of next month", "2027-04-30"),
        ("closing end of March", "2027-03-31"),
        ("mid-March", "2027-03-15"),
        ("early April", "2027-04-01/2027-04-11"),
        ("late April", "2027-04-21/2027-05-01"),
        ("in March", "2027-03-01/2027-04-01"),
        ("March 2028", "2028-03-01/2028-04-01"),
        ("Q1", "2027-01-01/2027-04-01"),
        ("Q3", "2027-07-01/2027-10-01"),
        ("Q2 next year", "2028-04-01/2028-07-01"),
        ("second quarter of 2026", "2026-04-01/2026-07-01"),
        ("last quarter", "2026-10-01/2027-01-01"),
        ("H1 2027", "2027-01-01/2027-07-01"),
        ("in two weeks", "2027-03-24"),
        ("in a fortnight", "2027-03-24"),
        ("two weeks ago", "2027-02-24"),
        ("a month from now", "2027-04-10"),
        ("3 days after Friday", "2027-03-15"),
        ("a week from tomorrow", "2027-03-18"),
        ("in 5 business days", "2027-03-17"),
        ("Friday", "2027-03-12"),
        ("this Friday", "2027-03-12"),
        ("next Friday", "2027-03-19"),
        ("last Friday", "2027-03-05"),
        ("Wednesday", "2027-03-10"),
        ("Friday of next week", "2027-03-19"),
        ("next week on Tuesday", "2027-03-16"),
        ("31.3.", "2027-03-31"),
        ("31.3.2027", "2027-03-31"),
        ("31/3/2027", "2027-03-31"),
        ("2027-03-31", "2027-03-31"),
        ("3rd of May", "2027-05-03"),
        ("May 3rd", "2027-05-03"),
        ("May 3, 2028", "2028-05-03"),
        ("twenty-third of September", "2027-09-23"),
        ("5-jan-2028", "2028-01-05"),
        ("the 17th", "2027-03-17"),
        ("the 5th", "2027-04-05"),
        ("by end of month", "2027-03-31"),
        ("EOM", "2027-03-31"),
        ("EOQ", "2027-03-31"),
        ("EOY", "2027-12-31"),
        ("end of the year", "2027-12-31"),
        ("end of week", "2027-03-12"),
        ("first Monday of June", "2027-06-07"),
        ("the last workday of the month", "2027-03-31"),
        ("last Friday of April", "2027-04-30"),
        ("week 12", "2027-03-22/2027-03-29"),
        ("2027-W12", "2027-03-22/2027-03-29"),
        ("this week", "2027-03-08/2027-03-15"),
        ("next week", "2027-03-15/2027-03-22"),
        ("weekend", "2027-03-13/2027-03-15"),
        ("next year", "2028-01-01/2029-01-01"),
        ("2027", "2027-01-01/2028-01-01"),
        ("FY27", "2027-01-01/2028-01-01"),
        ("summer 2027", "2027-06-01/2027-09-01"),
        ("Christmas", "2027-12-25"),
        ("Easter Monday", "2027-03-29"),
        ("Thanksgiving", "2027-11-25"),
        ("year to date", "2027-01-01/2027-03-11"),
        ("last 30 days", "2027-02-08/2027-03-10"),
        ("past two weeks", "2027-02-24/2027-03-10"),
        ("next 3 days", "2027-03-11/2027-03-14"),
        ("last 2 quarters", "2026-07-01/2027-01-01"),
        ("between 1 May and 10 June", "2027-05-01/2027-06-11"),
        ("from March to June", "2027-03-01/2027-07-01"),
        ("May to September", "2027-05-01/2027-10-01"),
        ("November to March 2028", "2027-11-01/2028-04-01"),
        ("1-10 May", "2027-05-01/2027-05-11"),
        ("April 9th through 17th", "2027-04-09/2027-04-18"),
        ("since Monday", "2027-03-08/2027-03-11"),
        ("until Friday", "2027-03-10/2027-03-13"),
        ("before May", "../2027-05-01"),
        ("after May 3", "2027-05-04/.."),
        ("rest of the month", "2027-03-10/2027-04-01"),
    ],
)
def test_places_days_and_periods(said: str, canonical: str) -> None:
    assert when(said).canonical == canonical


@pytest.mark.parametrize(
    ("said", "canonical"),
    [
        ("tomorrow at 3pm", "2027-03-11T15:00+01:00"),
        ("tomorrow at 3", "2027-03-11T15:00+01:00"),
        ("Mon 9am", "2027-03-15T09:00+01:00"),
        ("9:30 on Friday", "2027-03-12T09:30+01:00"),
        ("noon", "2027-03-10T12:00+01:00"),
        ("9am", "2027-03-11T09:00+01:00"),
        ("half past seven in the evening", "2027-03-10T19:30+01:00"),
        ("quarter to 5", "2027-03-10T16:45+01:00"),
        ("Wednesday 9am", "2027-03-17T09:00+01:00"),
        ("EOD", "2027-03-10T17:00+01:00"),
        ("COB Friday", "2027-03-12T17:00+01:00"),
        ("31 March 2027 15:00", "2027-03-31T15:00+02:00"),
        ("in 20 minutes", "2027-03-10T11:50+01:00"),
        ("2 hours from now", "2027-03-10T13:30+01:00"),
        ("in an hour and a half", "2027-03-10T13:00+01:00"),
        ("3 hours ago", "2027-03-10T08:30+01:00"),
        ("tonight", "2027-03-10T20:00+01:00/2027-03-11T00:00+01:00"),
        ("tonight at 8", "2027-03-10T20:00+01:00"),
        ("tomorrow morning", "2027-03-11T08:00+01:00/2027-03-11T12:00+01:00"),
        ("tomorrow between 2 and 4pm", "2027-03-11T14:00+01:00/2027-03-11T16:00+01:00"),
        ("Friday 9-11", "2027-03-12T09:00+01:00/2027-03-12T11:00+01:00"),
        ("from 2pm for 2 hours", "2027-03-10T14:00+01:00/2027-03-10T16:00+01:00"),
        ("Thursday before 5pm", "2027-03-11T00:00+01:00/2027-03-11T17:00+01:00"),
        ("Wednesday evening next week", "2027-03-17T18:00+01:00/2027-03-17T21:00+01:00"),
    ],
)
def test_places_instants_and_times_of_day(said: str, canonical: str) -> None:
    assert when(said).canonical == canonical


@pytest.mark.parametrize(
    ("said", "future", "past"),
    [
        ("February", "2028-02-01/2028-03-01", "2027-02-01/2027-03-01"),
        ("April", "2027-04-01/2027-05-01", "2026-04-01/2026-05-01"),
        ("Friday", "2027-03-12", "2027-03-05"),
        ("Q4", "2027-10-01/2028-01-01", "2026-10-01/2027-01-01"),
        ("May 3", "2027-05-03", "2026-05-03"),
        ("29 February", "2028-02-29", "2024-02-29"),
        ("week 20", "2027-05-17/2027-05-24", "2026-05-11/2026-05-18"),
    ],
)
def test_a_missing_year_or_week_is_the_next_or_the_latest(said: str, future: str, past: str) -> None:
    assert when(said).canonical == future
    assert when(said, prefer="past").canonical == past


@pytest.mark.parametrize(
    ("locale", "canonical"), [("en_US", "2028-03-04"), ("en_GB", "2027-04-03"), ("de_DE", "2027-04-03")]
)
def test_the_locale_says_whether_the_month_comes_first(locale: str, canonical: str) -> None:
    found = read_when("3/4", Reading(now=NOW, zone=BERLIN, locale=locale))
    assert found is not None
    assert found.canonical == canonical


@pytest.mark.parametrize(
    ("said", "canonical"),
    [
        ("fiscal Q2", "2027-07-01/2027-10-01"),
        ("FY27", "2026-04-01/2027-04-01"),
        ("Q1 FY28", "2027-04-01/2027-07-01"),
        ("this fiscal year", "2026-04-01/2027-04-01"),
        ("next fiscal quarter", "2027-04-01/2027-07-01"),
        ("Q2", "2027-04-01/2027-07-01"),
    ],
)
def test_fiscal_periods_start_with_the_companys_fiscal_year(said: str, canonical: str) -> None:
    found = read_when(said, Reading(now=NOW, zone=BERLIN, fiscal_year_start=4))
    assert found is not None
    assert found.canonical == canonical


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("Feb 30", "no_such_day"),
        ("32 March", "no_such_day"),
        ("31 April 2027", "no_such_day"),
        ("2027-02-29", "no_such_day"),
        ("25:99", "no_such_time"),
        ("week 53 of 2027", "no_such_week"),
        ("in 9000 years", "out_of_range"),
    ],
)
def test_refuses_days_and_times_that_do_not_exist(said: str, reason: str) -> None:
    with pytest.raises(UnreadableValue) as caught:
        read_when(said, HERE)
    assert (caught.value.kind, caught.value.reason) == ("date", reason)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "hello",
        "40k",
        "we may need a quote",
        "this may take longer",
        "INV-2041",
        "1.5",
        "the second one",
        "2 hours",
        "the 2nd deal",
        "24/7 support",
        "10 apples",
        "at 40k",
        "two to four people",
    ],
)
def test_finds_no_date_where_none_is_said(said: str) -> None:
    assert read_when(said, HERE) is None


def test_first_and_last_day_of_a_month() -> None:
    march = when("in March")
    assert march.is_range
    assert (march.first_day, march.last_day, march.grain) == (date(2027, 3, 1), date(2027, 3, 31), "month")


def test_a_range_open_to_one_side_says_so() -> None:
    assert when("before May").start == OPEN_START
    assert when("after May 3").end == OPEN_END
    assert when("after May 3").last_day == OPEN_END


@pytest.mark.parametrize(
    ("said", "grain"),
    [("Friday", "day"), ("next week", "week"), ("Q3", "quarter"), ("2028", "year"), ("at 15:00", "minute")],
)
def test_the_grain_is_the_unit_said(said: str, grain: str) -> None:
    assert when(said).grain == grain


def test_a_time_the_clock_skips_moves_forward() -> None:
    spring = Reading(now=datetime(2027, 3, 27, 12, tzinfo=UTC), zone=BERLIN)
    found = read_when("tomorrow at 02:30", spring)
    assert found is not None
    assert found.instant(time(9)) == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert found.canonical == "2027-03-28T03:30+02:00"


def test_a_time_that_comes_twice_is_the_first() -> None:
    autumn = Reading(now=datetime(2027, 10, 30, 12, tzinfo=UTC), zone=BERLIN)
    found = read_when("tomorrow at 02:30", autumn)
    assert found is not None
    assert found.instant(time(9)) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_a_day_without_a_time_starts_at_the_default_time_of_the_zone() -> None:
    assert when("tomorrow").instant(time(9)) == datetime(2027, 3, 11, 8, 0, tzinfo=UTC)
    assert when("1 July").instant(time(9)) == datetime(2027, 7, 1, 7, 0, tzinfo=UTC)


def test_today_is_the_speakers_day_not_the_servers() -> None:
    late = Reading(now=datetime(2027, 3, 10, 23, 30, tzinfo=UTC), zone=ZoneInfo("Asia/Tokyo"))
    found = read_when("today", late)
    assert found is not None
    assert found.start == date(2027, 3, 11)
