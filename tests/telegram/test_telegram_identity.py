"""Attacks on identity as they come over Telegram: contacts of others, used links, commands and markup in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from crm_store.models import Contact, Inbox
from tests.assistants import NOW, Rig
from tests.telegram.phone import Phone
from tests.telegram.running import RunningTelegram
from tests.telegram.serving import TelegramStandIn

KIMS_NUMBER = "+12125550187"
ORDER = "/order_status"


@pytest.fixture
def rig_with_phone(rig: Rig) -> Rig:
    """Kim has a phone number on record, and the bot has a name."""
    with rig.assistant.store.unit_of_work(now=NOW) as uow:
        kim = uow.session.scalars(select(Contact).where(Contact.email == "kim@example.com")).one()
        kim.phone = "+1 (212) 555-0187"
        uow.commit()
    pipeline = rig.assistant.pipeline
    object.__setattr__(pipeline, "policy", replace(pipeline.policy, telegram_bot="rapport_test_bot"))
    return rig


@pytest.fixture
def phone(rig_with_phone: Rig, stand_in: TelegramStandIn) -> Iterator[Phone]:
    with RunningTelegram(rig_with_phone.assistant, stand_in):
        yield Phone(stand_in.platform)
    assert stand_in.platform.refusals == []


def a_link(rig: Rig) -> str:
    answer = rig.speaker("sam").say('/link_contact{"contact": "Kim Lee"}')
    found = re.search(r"\?start=([A-Za-z0-9_-]+)", answer.text)
    assert found is not None, answer.text
    return found[1]


def test_the_key_shares_ones_own_number_and_the_request_goes_on(phone: Phone) -> None:
    asked = phone.ask(ORDER)
    assert ("Share my phone number", True) in asked.phone_keys
    phone.share_contact(KIMS_NUMBER.removeprefix("+"))
    signed_in, orders = phone.read(2)
    assert "Kim Lee" in signed_in.text
    assert "orders on the way" in orders.text


def test_a_contact_from_the_address_book_and_a_forwarded_one_prove_nothing(phone: Phone) -> None:
    phone.share_contact(KIMS_NUMBER, of=999)
    assert "only take your own number" in phone.hear().text
    origin = {"type": "user", "date": 1_700_000_000, "sender_user": phone.user}
    phone.share_contact(KIMS_NUMBER, forward_origin=origin)
    assert "only take your own number" in phone.hear().text
    assert "Please sign in first" in phone.ask(ORDER).text


def test_a_link_opens_once_and_its_token_is_not_in_the_transcript(phone: Phone, rig_with_phone: Rig) -> None:
    token = a_link(rig_with_phone)
    phone.say(f"/start {token}")
    assert "Kim Lee" in phone.hear().text
    thief = Phone(phone.platform, first_name="Mal")
    assert "has been used" in thief.ask(f"/start {token}").text
    assert "Please sign in first" in thief.ask(ORDER).text
    with rig_with_phone.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        assert not any(token in text for text in uow.session.scalars(select(Inbox.text)))


@pytest.mark.parametrize("text", ["/start <b>x</b>", "/start a b", "/start " + "x" * 65, "/start@other_bot"])
def test_a_start_that_is_no_link_of_ours_signs_nobody_in(phone: Phone, text: str) -> None:
    assert "Thank you" not in phone.ask(text).text
    assert "Please sign in first" in phone.ask(ORDER).text


def test_markup_in_what_people_write_stays_text(phone: Phone) -> None:
    answer = phone.ask('/order_status{"order_number": "<a href=x>&lt;"}')
    assert "<a" not in answer.markup
    refused = phone.ask('/set_timezone{"timezone": "<b>&amp;</i>"}')
    assert "<b>" not in refused.markup
