"""Requests not to do something."""

import pytest

from nlu.negation import is_prohibition


@pytest.mark.parametrize(
    "text",
    [
        "don't close it",
        "dont delete the deal",
        "please do not move it yet",
        "No, don't log that",
        "wait! don't send it",
        "never delete deals",
        "DO NOT CLOSE IT",
    ],
)
def test_a_request_not_to_act_is_a_prohibition(text: str) -> None:
    assert is_prohibition(text)


@pytest.mark.parametrize(
    "text",
    [
        "don't forget to call Jane",
        "don't let me miss the meeting",
        "don't you know my name",
        "I don't know",
        "we didn't win Initech",
        "never mind",
        "close it, don't worry",
        "move it to do not contact",
        "do it",
        "",
    ],
)
def test_other_negations_are_none(text: str) -> None:
    assert not is_prohibition(text)
