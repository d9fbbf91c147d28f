"""Messages that mean the same are shown as one."""

from __future__ import annotations

import pytest

from nlu.encoder import load_encoder
from nlu.grouping import group_alike

PARKING = ("where can I park my car", "is there parking at the office", "do you have a car park")
LUNCH = ("what is for lunch today", "lunch menu please")


def test_messages_about_one_thing_are_one_group_and_the_biggest_comes_first() -> None:
    encoder = load_encoder()
    if encoder is None:
        pytest.skip("the sentence encoder is not installed")
    texts = [LUNCH[0], *PARKING, LUNCH[1], "reset my password"]
    groups = group_alike(texts, encoder=encoder)
    assert [{texts[i] for i in group} for group in groups] == [set(PARKING), set(LUNCH), {"reset my password"}]


def test_without_an_encoder_messages_worded_alike_are_one_group() -> None:
    texts = ["zorble the contract", "please zorble the contracts", "what about lunch"]
    assert group_alike(texts, encoder=None) == ((0, 1), (2,))


def test_every_message_is_in_one_group() -> None:
    texts = ["", "a", "<contact>", "ring <contact>", "a"]
    groups = group_alike(texts, encoder=None)
    assert sorted(i for group in groups for i in group) == list(range(len(texts)))
    assert group_alike([], encoder=None) == ()
    assert group_alike(["only one"], encoder=None) == ((0,),)
