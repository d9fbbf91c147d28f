import pytest

from nlu.values import Span, UnreadableValue, read_duration


@pytest.mark.parametrize(
    ("said", "canonical"),
    [
        ("2 hours", "PT2H"),
        ("an hour and a half", "PT1H30M"),
        ("one and a half hours", "PT1H30M"),
        ("half an hour", "PT30M"),
        ("three quarters of an hour", "PT45M"),
        ("90 min", "PT1H30M"),
        ("30m", "PT30M"),
        ("1h30", "PT1H30M"),
        ("1h 30m", "PT1H30M"),
        ("2 1/2 hours", "PT2H30M"),
        ("½ hour", "PT30M"),
        ("a fortnight", "P2W"),
        ("2 weeks", "P2W"),
        ("ten days", "P10D"),
        ("2 weeks and 3 days", "P17D"),
        ("half a year", "P6M"),
        ("a year and a half", "P1Y6M"),
        ("18 months", "P1Y6M"),
        ("snooze it for 20 minutes", "PT20M"),
        ("a couple of days", "P2D"),
        ("1.5 days", "P1DT12H"),
        ("P2W", "P2W"),
        ("PT20M", "PT20M"),
        ("P1Y2M3DT4H5M6S", "P1Y2M3DT4H5M6S"),
    ],
)
def test_reads_lengths_of_time(said: str, canonical: str) -> None:
    found = read_duration(said)
    assert found is not None
    assert found.canonical == canonical
    assert read_duration(found.canonical) == found


@pytest.mark.parametrize("said", ["", "hello", "40k", "tomorrow", "the second one", "in March"])
def test_finds_no_length_where_none_is_said(said: str) -> None:
    assert read_duration(said) is None


def test_refuses_lengths_beyond_a_thousand_years() -> None:
    with pytest.raises(UnreadableValue) as caught:
        read_duration("5000 years")
    assert (caught.value.kind, caught.value.reason) == ("duration", "too_large")


def test_nothing_is_a_length_of_no_seconds() -> None:
    assert Span().canonical == "PT0S"
    assert read_duration("PT0S") == Span()
