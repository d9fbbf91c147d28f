"""Requests not to do something."""

import pytest

from nlu.negation import ends_reminding, is_prohibition


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


@pytest.mark.parametrize(
    "text",
    [
        "stop reminding me to call Bob",
        "please stop reminding me",
        "no more reminders about the forecast",
        "kill the price list reminder",
        "forget the reminder to phone Initech",
        "quit reminding me of that",
        "don't keep reminding me about it",
        "cancel my weekly expenses reminder pls",
    ],
)
def test_a_reminder_is_ended(text: str) -> None:
    assert ends_reminding(text)


@pytest.mark.parametrize(
    "text",
    [
        "stop by the office and remind me at 5",
        "don't forget to remind me tomorrow",
        "remind me to stop the trial",
        "cancel the demo and set a reminder for Friday",
        "never mind",
        "remind me to cancel the reminder mail",
    ],
)
def test_a_reminder_is_not_ended_by_what_only_sounds_like_it(text: str) -> None:
    assert not ends_reminding(text)
