"""The channel's promises, driven over real sockets against the stand-in."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from bot.channels.telegram.settings import Limits
from crm_store.models import ChannelIdentity, Inbox, Outbox, OutboxStatus
from tests.assistants import NOW, Rig
from tests.telegram.phone import Phone
from tests.telegram.platform import TOKEN, Platform, Rates
from tests.telegram.running import RunningTelegram
from tests.telegram.serving import TelegramStandIn

GREET, HELP = "/greet", "/help"


@pytest.fixture
def phone(rig: Rig, stand_in: TelegramStandIn) -> Iterator[Phone]:
    """Somebody whose commands are understood; the platform must have taken every call."""
    with RunningTelegram(rig.assistant, stand_in):
        yield Phone(stand_in.platform)
    assert stand_in.platform.refusals == []


def kept(rig: Rig) -> list[Any]:
    """What the inbox keeps beside the words, message by message."""
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        return list(uow.session.scalars(select(Inbox.attachments).order_by(Inbox.id)))


def test_a_photo_a_voice_message_and_a_document_are_kept_on_disk(phone: Phone, rig: Rig) -> None:
    files = {"photo": b"jpeg" * 100, "voice": b"ogg" * 50, "document": b"%PDF-" + bytes(500)}
    for kind, data in files.items():
        phone.send_file(kind, data)
        assert "attachment" in phone.hear().text
    home = rig.assistant.settings.files_dir
    places = [home / rows[0]["path"] for rows in kept(rig)]
    deadline = time.monotonic() + 20
    while not all(place.exists() for place in places) and time.monotonic() < deadline:
        with phone.platform.changed:
            phone.platform.changed.wait(0.1)
    assert [place.read_bytes() for place in places] == list(files.values())
    assert [rows[0]["kind"] for rows in kept(rig)] == list(files)


def test_a_file_that_is_too_large_is_named_but_not_fetched(phone: Phone, rig: Rig) -> None:
    phone.send_file("document", b"x", claimed_bytes=15_000_000)
    assert "too large" in phone.hear().text
    ((row,),) = kept(rig)
    assert row["refused"] == "too_large"
    assert "path" not in row
    assert "getFile" not in [method for method, _ in phone.platform.calls]


def test_a_file_name_leads_nowhere_on_our_disk(phone: Phone, rig: Rig) -> None:
    file = {"file_id": "F1", "file_unique_id": "../../etc/passwd", "file_size": 3, "file_name": "../../x/../evil.PDF"}
    phone.platform.files["F1"] = b"abc"
    phone.send(document=file)
    phone.hear()
    ((row,),) = kept(rig)
    assert "path" not in row
    assert row["name"] == "evil.PDF"


def test_a_caption_is_read_and_a_place_is_kept(phone: Phone, rig: Rig) -> None:
    phone.send_file("photo", b"jpeg", caption=GREET)
    assert phone.hear().text.startswith("Hi there")
    phone.send(location={"latitude": 48.2, "longitude": 16.37})
    phone.hear()
    assert kept(rig)[1] == [{"kind": "location", "latitude": 48.2, "longitude": 16.37}]


def test_an_edited_message_is_answered_anew_and_a_moving_place_is_not(phone: Phone, rig: Rig) -> None:
    phone.ask("/nothing_of_the_kind")
    phone.edit(location={"latitude": 1.0, "longitude": 2.0})
    phone.edit(text=GREET)
    assert phone.hear().text.startswith("Hi there")
    assert len(kept(rig)) == 2


def test_a_repeated_update_is_answered_once(phone: Phone) -> None:
    update = phone.say(GREET)
    phone.hear()
    # Telegram may give out an update again after a lost confirmation.
    phone.platform.push_again(update, message=phone.message(text=GREET))
    phone.say(HELP)
    assert not phone.hear().text.startswith("Hi there")


def test_a_group_is_told_once_and_left(phone: Phone) -> None:
    group = {"id": -100123, "type": "supergroup", "title": "Friends"}
    message = phone.message(text=GREET) | {"chat": group}
    phone.platform.push(message=message)
    phone.say(GREET)
    phone.hear()
    with phone.platform.changed:
        assert phone.platform.changed.wait_for(lambda: -100123 in phone.platform.left, 20)
    (told,) = [sent.text for sent in phone.platform.sent if sent.chat == -100123]
    assert "https://t.me/rapport_test_bot" in told


def test_an_invented_button_is_refused_and_its_spinner_stopped(phone: Phone) -> None:
    phone.press_data("o-not-a-token-of-ours")
    assert phone.hear().text
    phone.press_data('/sign_in{"own_phone": "+12125550187"}')
    assert "Thank you" not in phone.hear().text
    with phone.platform.changed:
        assert phone.platform.changed.wait_for(lambda: len(phone.platform.answered_presses) == 2, 20)


def test_somebody_elses_button_does_nothing(phone: Phone) -> None:
    answer = phone.ask(HELP)
    other = Phone(phone.platform, first_name="Lou")
    other.press_data(answer.data(answer.labels[0]))
    assert other.hear().text != ""
    assert phone.messages() == [answer]


def test_a_button_works_after_a_restart(rig: Rig, stand_in: TelegramStandIn) -> None:
    phone = Phone(stand_in.platform)
    with RunningTelegram(rig.assistant, stand_in):
        answer = phone.ask(HELP)
    with RunningTelegram(rig.assistant, stand_in):
        phone.press(answer, "Let me talk to a human")
        assert phone.hear().text


def test_what_came_while_nobody_listened_is_answered_in_order(rig: Rig, stand_in: TelegramStandIn) -> None:
    phone = Phone(stand_in.platform)
    for text in (GREET, HELP, GREET):
        phone.say(text)
    with RunningTelegram(rig.assistant, stand_in):
        first, second, third = phone.read(3)
    assert first.text.startswith("Hi there")
    assert not second.text.startswith("Hi there")
    assert third.text.startswith("Hi there")


def test_who_blocked_the_bot_is_left_alone_until_they_write_again(rig: Rig, stand_in: TelegramStandIn) -> None:
    phone = Phone(stand_in.platform)
    with RunningTelegram(rig.assistant, stand_in) as running:
        phone.ask(GREET)
        phone.say(GREET)
        phone.block()
        other = Phone(stand_in.platform)
        other.ask(GREET)
        assert running.service is not None
        running.do(running.service.settle())
        with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
            identity = uow.session.scalars(
                select(ChannelIdentity).where(ChannelIdentity.external_id == str(phone.number))
            ).one()
            assert identity.unreachable_since is not None
        phone.unblock()
        seen = len(phone.messages())
        phone.say(GREET)
        phone.seen = seen
        assert phone.hear().text.startswith("Hi there")


def test_a_chat_that_must_wait_waits_as_long_as_told_and_the_others_go_on(rig: Rig) -> None:
    started = time.monotonic()
    object.__setattr__(rig.assistant.pipeline, "clock", lambda: NOW + timedelta(seconds=time.monotonic() - started))
    platform = Platform(rates=Rates(chat_per_second=1, retry_after=2))
    with TelegramStandIn(platform) as stand_in, RunningTelegram(rig.assistant, stand_in):
        busy, calm = Phone(platform), Phone(platform, first_name="Lou")
        for _ in range(3):
            busy.say(GREET)
        calm.ask(GREET)
        busy.read(3)
    too_fast = [text for _, text in platform.refusals]
    assert too_fast
    assert all("Too Many Requests" in text for text in too_fast)
    assert len(too_fast) <= 3, "who was told to wait did not knock meanwhile"
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        assert set(uow.session.scalars(select(Outbox.status))) == {OutboxStatus.DELIVERED}


def test_our_own_pace_keeps_within_the_platforms_limits(rig: Rig) -> None:
    platform = Platform(rates=Rates(chat_per_second=3, overall_per_second=30))
    limits = Limits(overall_per_second=30, chat_burst=2, chat_seconds=2)
    with TelegramStandIn(platform) as stand_in, RunningTelegram(rig.assistant, stand_in, limits=limits):
        phones = [Phone(platform) for _ in range(6)]
        for phone, _ in itertools.product(phones, range(4)):
            phone.say(GREET)
        for phone in phones:
            phone.read(4)
    assert platform.refusals == []


def test_the_webhook_takes_only_telegrams_posts(rig: Rig) -> None:
    platform = Platform()
    with TelegramStandIn(platform) as stand_in, RunningTelegram(rig.assistant, stand_in, webhook=True) as running:
        phone = Phone(platform)
        assert phone.ask(GREET).text.startswith("Hi there")
        assert platform.webhook["secret_token"]
        forged = phone.message(text=HELP)
        body = {"update_id": 99, "message": forged}
        for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "guess"}):
            assert httpx.post(running.webhook_url, json=body, headers=headers).status_code == 403
        secret = {"X-Telegram-Bot-Api-Secret-Token": platform.webhook["secret_token"]}
        assert httpx.post(running.webhook_url, content=b"[]", headers=secret).status_code == 400
        assert httpx.post(running.webhook_url, content=b"x" * 1_000_001, headers=secret).status_code == 413
        assert phone.ask(GREET).text.startswith("Hi there")
        assert platform.pending() == []


def test_the_stand_in_confirms_by_offset_and_knows_one_bot(stand_in: TelegramStandIn) -> None:
    phone = Phone(stand_in.platform)
    first, second = phone.say("a"), phone.say("b")
    assert [each["update_id"] for each in stand_in.platform.pending()] == [first, second]
    url = f"{stand_in.url}/bot{TOKEN}/getUpdates"
    assert [u["update_id"] for u in httpx.get(url, params={"offset": second}).json()["result"]] == [second]
    assert [u["update_id"] for u in httpx.get(url).json()["result"]] == [second]
    assert httpx.get(f"{stand_in.url}/bot1:x/getUpdates").status_code == 401
    refused = httpx.post(f"{stand_in.url}/bot{TOKEN}/sendMessage", data={"chat_id": "1", "text": "<b>x"}).json()
    assert refused["ok"], "without parse_mode a tag is text"
    refused = httpx.post(
        f"{stand_in.url}/bot{TOKEN}/sendMessage", data={"chat_id": "1", "text": "<b>x", "parse_mode": "HTML"}
    ).json()
    assert "can't parse entities" in refused["description"]
    refused = httpx.post(f"{stand_in.url}/bot{TOKEN}/sendMessage", data={"chat_id": "1", "words": "x"}).json()
    assert "no parameter" in refused["description"]
