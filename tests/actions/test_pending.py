"""What picks one of the choices a question offers, and what is a request of its own."""

from __future__ import annotations

import pytest

from actions.call import Command
from actions.pending import Pending

WHO = Pending(
    resume=Command("log_activity", {"note": "wants a discount"}),
    fill="contact",
    choices=(
        ("Diego Peters (Lighthouse)", "contact:1"),
        ("Peter Gibbs (Initech)", "contact:2"),
        ("Ann Wood", "contact:3"),
    ),
)


@pytest.mark.parametrize(
    ("said", "picked"),
    [
        ("2", "contact:2"),
        ("(2)", "contact:2"),
        ("2 please", "contact:2"),
        ("#3", "contact:3"),
        ("option b", "contact:2"),
        ("a", "contact:1"),
        ("the second one", "contact:2"),
        ("no, I meant the first one", "contact:1"),
        ("I'd take the last, thanks", "contact:3"),
        ("the one before the last", "contact:2"),
        ("the 2nd Peter", "contact:2"),
        ("Gibbs", "contact:2"),
        ("ann wood", "contact:3"),
    ],
)
def test_a_position_or_a_part_of_a_label_picks(said: str, picked: str) -> None:
    assert WHO.choice_for(said) == picked


@pytest.mark.parametrize(
    "said",
    [
        "push the close date by 2 weeks",
        "call him at 2",
        "snooze to the 2nd",
        "log a deal with Acme, 2 seats",
        "close the second half of the year",
        "4",
        "",
    ],
)
def test_a_number_in_another_request_picks_nothing(said: str) -> None:
    assert WHO.choice_for(said) is None
