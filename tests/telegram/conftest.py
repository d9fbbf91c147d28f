"""Fixtures of the Telegram tests: the stand-in, and a phone on which the assistant answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from crm_store.models import Contact
from tests.assistants import Rig
from tests.telegram.attack import KIM, KIMS_NUMBER, Attack
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


@pytest.fixture
def attack(rig: Rig, stand_in: TelegramStandIn) -> Iterator[Attack]:
    """The assistant that reads commands, with Kim's number on record and the bot's name known."""
    with rig.assistant.store.unit_of_work(now=rig.clock()) as uow:
        uow.session.scalars(select(Contact).where(Contact.email == KIM)).one().phone = KIMS_NUMBER
        uow.commit()
    pipeline = rig.assistant.pipeline
    object.__setattr__(pipeline, "policy", replace(pipeline.policy, telegram_bot="rapport_test_bot"))
    with RunningTelegram(rig.assistant, stand_in) as running:
        yield Attack(rig, running, stand_in.platform)
    assert stand_in.platform.refusals == []
