"""What holds for any text."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nlu.values import (
    Amount,
    Reading,
    Span,
    UnreadableValue,
    find_values,
    read_duration,
    read_email,
    read_money,
    read_number,
    read_ordinal,
    read_percent,
    read_phone,
    read_recurrence,
    read_when,
)
from nlu.values.dates.expression import expressions
from nlu.values.source_text import SourceText

ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]
WORDS = (
    "every other last next first second monday friday march may of the in until since between and from to at 9 9am "
    "3pm 31 "
    "2027 12:30 25:99 30 february q1 fy27 week 2 weeks days hours a half month year end mid ago before after through "
    "- / . , "
    ": $ € 40k 1.5 mio x % percent thousand million one hundred twenty 1e99 -5 kr usd dollars noon tonight weekday "
    "weekdays "
    "daily 1st 15th +44 @ kim@example.com # option b 2027-03-31 P2W rrule:freq=daily 0 99 christmas summer now twice "
    "once for"
).split()

readings = st.builds(
    Reading,
    now=st.integers(631152000, 4102444800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    locale=st.sampled_from(["en_US", "en_GB", "de_DE", "sv_SE", "ar", "xx_nonsense", ""]),
    fiscal_year_start=st.integers(1, 12),
)
messages = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join),
    st.lists(st.sampled_from(WORDS), max_size=8).map("".join),
)
Reader = Callable[[str, Reading], object]
READERS: dict[str, Reader] = {
    "money": lambda text, reading: read_money(text, locale=reading.locale),
    "when": read_when,
    "when, past": lambda text, reading: read_when(text, reading, prefer="past"),
    "duration": read_duration,
    "recurrence": read_recurrence,
    "percent": lambda text, reading: read_percent(text, locale=reading.locale),
    "number": lambda text, reading: read_number(text, locale=reading.locale),
    "ordinal": lambda text, reading: read_ordinal(text, locale=reading.locale),
    "email": lambda text, reading: read_email(text),
    "phone": lambda text, reading: read_phone(text, locale=reading.locale),
}
many = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("reader", READERS)
@many
@given(text=messages, reading=readings)
def test_a_reader_raises_nothing_but_unreadable_value(reader: str, text: str, reading: Reading) -> None:
    with suppress(UnreadableValue):
        READERS[reader](text, reading)


@many
@given(text=messages, reading=readings)
@example(text="¼0", reading=Reading(now=datetime(2027, 3, 10, tzinfo=UTC), zone=ZoneInfo("UTC")))
def test_finding_never_raises_and_yields_stretches_in_order(text: str, reading: Reading) -> None:
    end = 0
    for value in find_values(text, reading):
        assert end <= value.start < value.end <= len(text)
        assert text[value.start : value.end] == value.text
        end = value.end


@many
@given(text=messages, reading=readings)
def test_canonical_text_reads_as_the_same_value(text: str, reading: Reading) -> None:
    for value in find_values(text, reading):
        again = find_values(value.canonical, reading, kinds=frozenset({value.kind}))
        if value.kind == "number":
            assert abs(Decimal(value.canonical)) > 10**18 or read_number(value.canonical) == Decimal(value.canonical)
        elif value.kind == "money" and " " not in value.canonical:
            amount = read_money(value.canonical, locale=reading.locale)
            assert amount is not None
            assert amount.canonical == value.canonical
        elif value.kind == "ordinal":
            assert value.canonical.startswith("-") or read_ordinal(value.canonical) == int(value.canonical)
        else:
            assert [each.canonical for each in again] == [value.canonical]


@many
@given(
    value=st.decimals(0, 10**12, places=2), currency=st.sampled_from([None, "EUR", "USD", "GBP", "JPY", "ALL", "TRY"])
)
def test_canonical_amounts_read_as_themselves(value: Decimal, currency: str | None) -> None:
    whole = value.to_integral_value() if value == value.to_integral_value() else value
    amount = Amount(value=whole, currency=currency)
    for locale in ("en_US", "de_DE"):
        assert read_money(amount.canonical, locale=locale) == amount


@many
@given(span=st.builds(Span, months=st.integers(0, 999), days=st.integers(0, 9999), seconds=st.integers(0, 10**6)))
def test_canonical_lengths_read_as_themselves(span: Span) -> None:
    assert read_duration(span.canonical) == span


@many
@given(text=messages, reading=readings)
def test_canonical_points_and_ranges_read_as_themselves(text: str, reading: Reading) -> None:
    try:
        when = read_when(text, reading)
    except UnreadableValue:
        return
    if when is not None:
        assert read_when(when.canonical, reading) == when


@many
@given(text=messages, reading=readings)
def test_canonical_repetitions_read_as_themselves_and_lie_ahead(text: str, reading: Reading) -> None:
    try:
        recurrence = read_recurrence(text, reading)
    except UnreadableValue:
        return
    if recurrence is not None:
        assert read_recurrence(recurrence.canonical, reading) == recurrence
        following = recurrence.next_after(reading.now)
        assert following is None or following > reading.now


@pytest.mark.parametrize(
    "piece", ["1 ", "a ", "the last ", "1.000,", "@", "half a ", "every ", "week of ", "2 x ", "from may to "]
)
def test_work_grows_in_step_with_the_text(piece: str) -> None:
    """Counted in tries of grammar rules, not in time: ten times the text takes at most about ten times the tries."""

    def tries(length: int) -> int:
        source = SourceText((piece * length)[:length], "en_US")
        assert list(expressions(source, skip_unreadable=True)) is not None
        return len(source.memory)

    assert tries(10_000) <= 12 * max(50, tries(1_000))


def test_readers_may_be_called_from_several_threads() -> None:
    reading = Reading(now=datetime(2027, 3, 10, 10, 30, tzinfo=UTC), zone=ZoneInfo("Europe/Berlin"))
    texts = ["40k by Friday", "every Monday at 9", "from March to June", "tomorrow at 3pm", "€1.5m, 40%"] * 40
    alone = [find_values(text, reading) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda text: find_values(text, reading), texts)) == alone
