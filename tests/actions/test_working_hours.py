"""Hours of work, read from how people say them."""

from __future__ import annotations

from datetime import time

import pytest

from actions.working_hours import SPEAKS_OF_THEM, read_working_hours


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        ("I work 9 to 17", time(9), time(17)),
        ("i work 9 to 5", time(9), time(17)),
        ("my working hours are 8:30-16:30", time(8, 30), time(16, 30)),
        ("I work from 8am to 4pm", time(8), time(16)),
        ("office hours 10 until 6", time(10), time(18)),
    ],
)
def test_hours_of_one_day_are_read(said: str, start: time, end: time) -> None:
    assert SPEAKS_OF_THEM.search(said)
    assert read_working_hours(said) == (start, end)


@pytest.mark.parametrize("said", ["I work hard", "I work 22 to 6"])
def test_what_is_no_day_of_work_is_asked_about(said: str) -> None:
    assert read_working_hours(said) is None


@pytest.mark.parametrize(
    "said", ["don't write to me 9 to 11, I work then", "quiet hours 20 to 7", "no messages 9 to 17"]
)
def test_who_wants_quiet_says_nothing_of_their_work(said: str) -> None:
    assert not SPEAKS_OF_THEM.search(said)
