"""The customers' dialogue scripts, held over Telegram: real updates in, messages and buttons out.

What a script expects to be read must be readable on the phone. Its lines about time passing and about colleagues are
left to the scripts' own test.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from crm_store.models import ChannelIdentity, Contact, Inbox, InboxStatus
from tests.assistants import NOW, Rig
from tests.bot.dialogue_scripts import Line, Script, load_scripts
from tests.telegram.phone import Phone
from tests.telegram.platform import Platform, Sent
from tests.telegram.running import RunningTelegram
from tests.telegram.serving import TelegramStandIn

_PATIENCE, _LONGEST = 60.0, 4_096


def customers_scripts() -> list[Script]:
    """The scripts in which only customers and visitors speak, no time passes, and a phone can send every line."""
    return [script for script in load_scripts() if all(_is_by_a_customer(line) for line in script.lines)]


def _is_by_a_customer(line: Line) -> bool:
    if len(line.say or "") > _LONGEST:
        return False
    return not line.wait and (line.speaker == "visitor" or line.speaker.startswith("customer:"))


@pytest.fixture(scope="module")
def platform() -> Iterator[TelegramStandIn]:
    """One stand-in for all scripts: every one has phones of its own."""
    with TelegramStandIn() as stand_in:
        yield stand_in


@dataclass(slots=True)
class Talk:
    """People with phones, and the assistant they talk to."""

    rig: Rig
    running: RunningTelegram
    platform: Platform
    phones: dict[str, Phone]

    def phone_of(self, speaker: str) -> Phone:
        """A phone; of a customer it is known whose it is."""
        if speaker not in self.phones:
            phone = self.phones[speaker] = Phone(self.platform)
            _, _, email = speaker.partition(":")
            if email:
                self._introduce(phone, email)
        return self.phones[speaker]

    def _introduce(self, phone: Phone, email: str) -> None:
        with self.rig.assistant.store.unit_of_work(now=NOW) as uow:
            contact = uow.session.scalars(select(Contact).where(Contact.email == email)).one()
            known = {"display_name": contact.name, "contact_id": contact.id}
            times = dict.fromkeys(("proven_at", "vouched_at", "created_at"), NOW)
            uow.session.add(ChannelIdentity(channel="telegram", external_id=str(phone.number), **known, **times))
            uow.commit()

    def hold(self, line: Line) -> tuple[list[Sent], dict[str, Any]]:
        """Say or press what a line says; what the phone shows then, and the turn's trace."""
        phone = self.phone_of(line.speaker)
        before = phone.messages()
        if line.press is not None:
            with_it = next(sent for sent in reversed(before) if line.press in sent.labels)
            update = phone.press(with_it, line.press)
        else:
            update = phone.say(line.say or "")
        trace = self._answered(update)
        assert self.running.service is not None
        self.running.do(self.running.service.settle())
        return phone.messages()[len(before) :], trace

    def _answered(self, update: int) -> dict[str, Any]:
        store, until = self.rig.assistant.store, time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            with store.unit_of_work(now=NOW, read_only=True) as uow:
                row = uow.session.scalar(select(Inbox).where(Inbox.event_id == str(update)))
                if row is not None and row.status is not InboxStatus.RECEIVED:
                    return dict(row.trace)
            with self.platform.changed:
                self.platform.changed.wait(0.02)
        raise AssertionError("never answered")


@pytest.fixture
def talk(trained_rig: Rig, platform: TelegramStandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[Talk]:
    monkeypatch.setattr("tests.telegram.phone.time", SimpleNamespace(time=NOW.timestamp))
    refused = len(platform.platform.refusals)
    with RunningTelegram(trained_rig.assistant, platform) as running:
        yield Talk(trained_rig, running, platform.platform, {})
    assert platform.platform.refusals[refused:] == []


@pytest.mark.parametrize("script", customers_scripts(), ids=lambda script: script.name)
def test_a_customers_conversation_goes_as_scripted_on_telegram(script: Script, talk: Talk) -> None:
    log: list[str] = []
    for line in script.lines:
        shown, trace = talk.hold(line)
        text = "\n".join(f"{sent.text} {sent.file_name}" for sent in shown)
        labels = [label for sent in shown for label in sent.labels]
        log.append(f"{line.speaker}> {line.say or f'[{line.press}]'}\n{text}\n{labels}")
        told = "\n".join(log)
        for wanted in line.expect:
            assert wanted.casefold() in text.casefold(), f"expected {wanted!r} in:\n{told}\n({trace})"
        for unwanted in line.never:
            assert unwanted.casefold() not in text.casefold(), f"did not expect {unwanted!r} in:\n{told}\n({trace})"
        for label in line.buttons:
            assert label in labels, f"expected the button {label!r} in:\n{told}"


def test_there_are_forty_of_them() -> None:
    assert len(customers_scripts()) >= 40
