"""The table of phrases: when people mean, at its next five times."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from actions.call import ActionCall
from actions.due_dates import due_as_said, due_from
from actions.errors import SlotRejected
from actions.turn import Turn
from nlu.parse import Entity
from nlu.values import Reading, UnreadableValue, find_values, read_anchored, read_recurrence
from tests.actions.reminder_phrases import PHRASES

BERLIN = ZoneInfo("Europe/Berlin")
HERE = Reading(now=datetime(2027, 3, 10, 10, 30, tzinfo=UTC), zone=BERLIN)
CLOSES = date(2027, 4, 30)
LEAST_PHRASES, LEAST_RIGHT = 150, 0.98


class Said:
    """As much of a turn as reading a time needs: when it was said, and the entities of the message."""

    def __init__(self, phrase: str) -> None:
        self.reading = HERE
        message = f"remind me {phrase} to send the contract"
        found = [value for value in find_values(message, HERE) if value.kind == "date"]
        self.call = ActionCall(
            action="action_create_task",
            text=message,
            entities=tuple(
                Entity(entity="date", start=each.start, end=each.end, text=each.text, value=each.canonical)
                for each in found
            ),
        )


def occurrences(phrase: str, *, in_a_message: bool) -> list[str]:
    """The next times of what is said, as an answer to "When?" or inside a whole message."""
    said = cast("Any", Said(phrase))
    value = said.call.first("date") if in_a_message else phrase
    if value is None:
        return ["nothing found"]
    text = due_as_said(cast(Turn, said), value)
    anchored = read_anchored(text, HERE)
    if anchored is not None:
        return [f"{anchored.moment(CLOSES, BERLIN):%Y-%m-%dT%H:%M}"]
    due, rule = due_from(cast(Turn, said), text)
    recurrence = read_recurrence(rule, HERE) if rule is not None else None
    times = [due]
    while recurrence is not None and len(times) < 5:
        following = recurrence.next_after(times[-1])
        if following is None:
            break
        times.append(following)
    return [f"{each.astimezone(BERLIN):%Y-%m-%dT%H:%M}" for each in islice(times, 5)]


def expected(row: str) -> list[str]:
    """The table's shorthand written out."""
    *days, last = row.split()
    times = [f"{day}T{last}" for day in days] if "T" not in last else [*days, last]
    return [time if time.startswith("20") else f"2027-{time}" for time in times]


@pytest.mark.parametrize("in_a_message", [False, True], ids=["as an answer", "in a message"])
def test_phrases_mean_their_times(in_a_message: bool) -> None:
    wrong = []
    for phrase, row in PHRASES:
        try:
            found = occurrences(phrase, in_a_message=in_a_message)
        except (SlotRejected, UnreadableValue) as error:
            found = [repr(error)]
        if found != expected(row):
            wrong.append(f"{phrase}: {found}, not {expected(row)}")
    assert len(PHRASES) >= LEAST_PHRASES
    assert len(wrong) <= (1 - LEAST_RIGHT) * len(PHRASES), "\n".join(wrong)


def test_the_phrases_are_different_ones() -> None:
    assert len({phrase for phrase, _ in PHRASES}) == len(PHRASES)


def test_a_day_that_hangs_on_a_close_date_reads_back_as_itself() -> None:
    found = read_anchored("two days before the close date at 10", HERE)
    assert found is not None
    assert found.canonical == "close_date-P2D@10:00"
    assert read_anchored(found.canonical, HERE) == found
    monday = read_anchored("the Monday before the close date at 10", HERE)
    assert monday is not None
    assert monday.canonical == "close_date-MO@10:00"
    assert read_anchored(monday.canonical, HERE) == monday


def test_a_repetition_with_an_end_reads_back_as_itself_and_ends() -> None:
    found = read_recurrence("every 2 hours until tomorrow", HERE)
    assert found is not None
    assert read_recurrence(found.canonical, HERE) == found
    assert found.next_after(datetime(2027, 3, 11, 21, 0, tzinfo=UTC)) == datetime(2027, 3, 11, 22, 30, tzinfo=UTC)
    assert found.next_after(datetime(2027, 3, 11, 22, 45, tzinfo=UTC)) is None
