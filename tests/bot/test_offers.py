"""A button does what it says once, for its person, where and while it was offered."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from actions.call import Command
from actions.reply import Button, Reply, Text
from bot.inbox import receive
from bot.offers import LIFETIME, make_offers, outgoing_body, press, token_for_label
from crm_store.models import ChannelIdentity, Deal, Offer
from tests.assistants import NOW, Rig, Speaker
from tests.bot.speaking import message

MOVE = '/move_deal{"account": "Globex", "stage": "Negotiation"}'


def _stage(rig: Rig) -> str:
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        deal = uow.session.scalars(select(Deal).where(Deal.name == "Website redesign")).one()
        return deal.stage.name


def _moved(rig: Rig) -> tuple[Speaker, str]:
    speaker = rig.speaker("dana")
    token = speaker.say(MOVE).token("Undo")
    assert _stage(rig) == "Negotiation"
    return speaker, token


def test_a_button_pressed_twice_acts_once(rig: Rig) -> None:
    speaker, token = _moved(rig)
    assert speaker.press(token).error is None
    assert _stage(rig) == "Qualified"
    again = speaker.press(token)
    assert again.error == "button_used"
    assert _stage(rig) == "Qualified"


def test_somebody_elses_button_does_nothing(rig: Rig) -> None:
    conversation = "shared"
    token = rig.speaker("dana", conversation=conversation).say(MOVE).token("Undo")
    for who in ("marcus", "morgan", "customer:jane.doe@globex.example", "visitor"):
        assert rig.speaker(who, conversation=conversation).press(token).error == "button_not_yours", who
    assert _stage(rig) == "Negotiation"


def test_a_button_works_only_in_its_conversation(rig: Rig) -> None:
    _speaker, token = _moved(rig)
    assert rig.speaker("dana", conversation="another").press(token).error == "button_not_yours"
    assert _stage(rig) == "Negotiation"


def test_a_button_is_good_for_a_week(rig: Rig) -> None:
    speaker, token = _moved(rig)
    rig.clock.advance(days=6, hours=23, minutes=59)
    other, later = rig.speaker("dana"), LIFETIME
    assert later.days == 7
    rig.clock.advance(minutes=1)
    assert speaker.press(token).error == "button_expired"
    assert other.press(token).error == "button_not_yours"
    assert _stage(rig) == "Negotiation"


def test_a_button_just_within_its_week_still_works(rig: Rig) -> None:
    speaker, token = _moved(rig)
    rig.clock.advance(days=6, hours=23, minutes=59)
    assert speaker.press(token).error is None
    assert _stage(rig) == "Qualified"


@pytest.mark.parametrize("token", ["o-never-made", "", "garbage", "o-", "/undo", "'; DROP TABLE offer; --", "x" * 500])
def test_an_unknown_button_says_so(rig: Rig, token: str) -> None:
    assert rig.speaker("dana").press(token).error == "button_unknown"


def test_pressing_one_of_several_spends_the_others(rig: Rig) -> None:
    speaker = rig.speaker("dana")
    asked = speaker.say('/move_deal{"account": "Globex"}')
    tokens = [button["payload"] for button in asked.json["buttons"]]
    assert len(tokens) >= 3
    assert speaker.press(tokens[0]).error is None
    moved_to = _stage(rig)
    for token in tokens[1:]:
        assert speaker.press(token).error == "button_used"
    assert _stage(rig) == moved_to


def test_the_label_or_the_token_typed_presses_the_button(rig: Rig) -> None:
    speaker, token = _moved(rig)
    assert speaker.say(f" {token} ").action == "action_undo"
    assert _stage(rig) == "Qualified"
    speaker.say(MOVE)
    assert speaker.say("uNDO").action == "action_undo"
    assert _stage(rig) == "Qualified"


def test_a_typed_label_means_the_buttons_of_ones_own_latest_reply(rig: Rig) -> None:
    dana, marcus = rig.speaker("dana", conversation="room"), rig.speaker("marcus", conversation="room")
    dana.say(MOVE)
    marcus.say('/create_task{"subject": "Call the bank", "date": "tomorrow 9am"}')
    assert dana.say("Undo").error is None
    assert _stage(rig) == "Qualified"


def test_a_label_said_after_its_button_was_used_is_only_a_word(rig: Rig) -> None:
    speaker, _token = _moved(rig)
    speaker.say("Undo")
    assert speaker.say("Undo").error != "button_used"


def test_a_command_that_is_typed_is_not_a_button(rig: Rig) -> None:
    with rig.assistant.store.unit_of_work(now=NOW) as uow:
        assert token_for_label(uow.session, "/undo", conversation_id=1, identity_id=1) is None


NAMES = st.from_regex(r"[a-z_]{1,40}", fullmatch=True)
STORABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))


@given(NAMES, st.dictionaries(NAMES, STORABLE, max_size=5))
def test_a_command_survives_its_text_form(intent: str, entities: dict[str, str]) -> None:
    command = Command(intent, entities)
    assert Command.from_text(str(command)) == command


@given(st.text())
def test_any_text_is_a_command_or_none_and_never_an_error(text: str) -> None:
    command = Command.from_text(text)
    assert command is None or command.intent


@given(st.dictionaries(STORABLE, st.one_of(st.integers(), st.none(), STORABLE, st.lists(st.booleans())), max_size=3))
def test_values_of_a_command_are_always_text(data: dict[str, object]) -> None:
    command = Command.from_text(f"/inform{json.dumps(data)}")
    assert command is not None
    assert all(isinstance(value, str) for value in command.entities.values())


@pytest.fixture
def place(rig: Rig) -> tuple[Rig, int, int]:
    receipt = receive(rig.assistant.store, message("hi"), now=NOW)
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        identity = uow.session.scalars(select(ChannelIdentity).where(ChannelIdentity.channel == "web")).one()
    return rig, receipt.conversation_id, identity.id


def test_every_token_fits_the_smallest_platform_and_brings_back_its_command(place: tuple[Rig, int, int]) -> None:
    rig, conversation_id, identity_id = place
    commands = [Command("inform", {"note": text}) for text in ("", "é" * 300, '"}{"', "\n\t", "x" * 3000)]
    buttons = [Button(label=f"B{n}", command=str(command)) for n, command in enumerate(commands)]
    with rig.assistant.store.unit_of_work(now=NOW) as uow:
        where = {"conversation_id": conversation_id, "identity_id": identity_id, "now": NOW}
        offers = make_offers(uow.session, buttons, **where)  # type: ignore[arg-type]
        uow.flush()
        assert len({offer.token for offer in offers}) == len(commands)
        for offer, command in zip(offers, commands, strict=True):
            assert len(offer.token.encode()) <= 64  # Telegram's callback_data
            pressed = press(uow.session, offer.token, **where)  # type: ignore[arg-type]
            assert pressed.command == command


def test_what_leaves_the_house_is_the_token_only(place: tuple[Rig, int, int]) -> None:
    rig, conversation_id, identity_id = place
    reply = Reply(parts=[Text("Really?")], buttons=[Button(label="Yes", command='/affirm{"proposal": "7"}')])
    with rig.assistant.store.unit_of_work(now=NOW) as uow:
        body = outgoing_body(uow.session, reply, conversation_id=conversation_id, identity_id=identity_id, now=NOW)
        offer = uow.session.scalars(select(Offer).order_by(Offer.id.desc()).limit(1)).one()
        assert body["buttons"] == [{"label": "Yes", "token": offer.token, "style": "default"}]
        assert "proposal" not in json.dumps(body)
