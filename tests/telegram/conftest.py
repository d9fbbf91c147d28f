"""Fixtures of the Telegram tests: the stand-in, and a phone on which the assistant answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.assistants import Rig
from tests.telegram.phone import Phone
from tests.telegram.running import RunningTelegram
from tests.telegram.serving import TelegramStandIn


@pytest.fixture
def stand_in() -> Iterator[TelegramStandIn]:
    with TelegramStandIn() as stand_in:
        yield stand_in


@pytest.fixture
def kim(trained_rig: Rig, stand_in: TelegramStandIn) -> Iterator[Phone]:
    """Somebody writing to the assistant that understands people; the platform must have taken every call."""
    with RunningTelegram(trained_rig.assistant, stand_in):
        yield Phone(stand_in.platform)
    assert stand_in.platform.refusals == []
