"""Language, time zone and quiet hours, who somebody is taken for, and explaining the last answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from actions.locales import find_locale
from actions.quiet_hours import QuietHours, read_quiet_hours
from actions.zones import find_zones, zone_label
from crm_store.models import Contact, User
from tests.assistants import Heard, Rig, Speaker

NOW = datetime(2026, 11, 18, 15, tzinfo=UTC)
KIM = "customer:kim@example.com"


def ask(speaker: Speaker, intent: str, **entities: str) -> Heard:
    return speaker.say(f"/{intent}{json.dumps(entities)}" if entities else f"/{intent}")


def user(rig: Rig, handle: str) -> User:
    with rig.assistant.store.unit_of_work(now=rig.clock(), read_only=True) as uow:
        return uow.session.scalars(select(User).where(User.handle == handle)).one()


def kim_on_record(rig: Rig) -> Contact:
    with rig.assistant.store.unit_of_work(now=rig.clock(), read_only=True) as uow:
        return uow.session.scalars(select(Contact).where(Contact.email == "kim@example.com")).one()


def test_another_language_changes_numbers_and_dates_only_and_that_is_said(rig: Rig) -> None:
    kim = rig.speaker(KIM)
    answer = ask(kim, "set_language", language="German")
    assert "I still speak English" in answer.text
    assert "18.11.2026" in answer.text
    assert kim_on_record(rig).locale == "de_DE"
    kim.press(answer.token("Undo"))
    assert kim_on_record(rig).locale == "en_US"


def test_a_zone_is_kept_for_colleagues_and_customers(rig: Rig) -> None:
    assert "4:00 PM" in ask(rig.speaker("dana"), "set_timezone", timezone="Berlin").text
    assert user(rig, "dana").timezone == "Europe/Berlin"
    ask(rig.speaker(KIM), "set_timezone", timezone="Tokyo")
    assert kim_on_record(rig).timezone == "Asia/Tokyo"


def test_a_place_that_is_not_known_is_asked_for_again(rig: Rig) -> None:
    dana = rig.speaker("dana")
    assert "don't know that place" in ask(dana, "set_timezone", timezone="Narnia").text
    assert "London" in dana.say("London").text


def test_quiet_hours_are_kept_undone_and_switched_off(rig: Rig) -> None:
    dana = rig.speaker("dana")
    before = user(rig, "dana")
    answer = ask(dana, "set_quiet_hours", answer="8pm to 7am")
    assert (user(rig, "dana").quiet_from, user(rig, "dana").quiet_until) == (time(20), time(7))
    dana.press(answer.token("Undo"))
    assert (user(rig, "dana").quiet_from, user(rig, "dana").quiet_until) == (before.quiet_from, before.quiet_until)
    ask(dana, "set_quiet_hours", answer="off")
    assert user(rig, "dana").quiet_from is None


@pytest.mark.parametrize("intent", ["set_language", "set_timezone"])
def test_a_visitors_settings_are_not_kept_anywhere(rig: Rig, intent: str) -> None:
    answer = ask(rig.speaker("visitor"), intent, language="German", timezone="Berlin")
    assert "sign in first" in answer.text


def test_everybody_is_told_who_they_are_taken_for(rig: Rig) -> None:
    assert "Sales manager" in ask(rig.speaker("morgan"), "who_am_i").text
    assert "Northwind Traders" in ask(rig.speaker(KIM), "who_am_i").text
    assert "don't know who you are" in ask(rig.speaker("visitor"), "who_am_i").text


def test_the_last_answer_is_explained_with_what_it_changed(rig: Rig) -> None:
    dana = rig.speaker("dana")
    assert "nothing before this" in ask(dana, "why").text
    ask(dana, "set_timezone", timezone="Berlin")
    explained = ask(dana, "why")
    assert "Change the time zone (95% sure)" in explained.text
    assert "Time zone: Berlin" in explained.text
    assert "1 change" in explained.text
    assert "Undo" in explained.labels


def test_what_was_not_understood_is_explained_as_that(rig: Rig) -> None:
    dana = rig.speaker("dana")
    dana.say("blorf the snorf")
    assert 'I wasn\'t sure enough what "blorf the snorf" means' in ask(dana, "why").text


def test_a_refusal_is_explained(rig: Rig) -> None:
    kim = rig.speaker(KIM)
    ask(kim, "order_status", order_number="ORD-10001")
    explained = ask(kim, "why").text
    assert "Check an order" in explained
    assert "Nothing on record was changed" in explained


def test_nobody_is_told_what_others_wrote_in_the_same_conversation(rig: Rig) -> None:
    ask(rig.speaker("dana", conversation="shared"), "show_record", account="Initech")
    assert "nothing before this" in ask(rig.speaker("riley", conversation="shared"), "why").text


@pytest.mark.parametrize(
    ("said", "zones"),
    [
        ("Berlin", ("Europe/Berlin",)),
        ("São Paulo", ("America/Sao_Paulo",)),
        ("Cape Town", ("Africa/Johannesburg",)),
        ("eastern time", ("America/New_York",)),
        ("EST", ("America/New_York",)),
        ("IST", ("Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem")),
        ("GMT+3", ("Etc/GMT-3",)),
        ("UTC-5", ("Etc/GMT+5",)),
        ("UTC+5:30", ("Asia/Kolkata",)),
        ("europe/london", ("Europe/London",)),
        ("Germany", ("Europe/Berlin",)),
        ("Narnia", ()),
        ("", ()),
        ("UTC+99", ()),
    ],
)
def test_places_abbreviations_and_offsets_are_zones(said: str, zones: tuple[str, ...]) -> None:
    assert find_zones(said, now=NOW) == zones


def test_a_large_country_has_several_zones() -> None:
    zones = find_zones("USA", now=NOW)
    assert {"America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"} <= set(zones)
    assert len(zones) == len({zone_label(zone, now=NOW) for zone in zones})


@given(st.text(max_size=40))
def test_any_text_names_zones_that_exist_or_none(said: str) -> None:
    assert set(find_zones(said, now=NOW)) <= available_timezones()


@pytest.mark.parametrize("zone", sorted(available_timezones())[::40])
def test_a_zones_own_name_means_it(zone: str) -> None:
    found = find_zones(zone, now=NOW)
    if found and "/" in zone:
        assert NOW.astimezone(ZoneInfo(found[0])).utcoffset() == NOW.astimezone(ZoneInfo(zone)).utcoffset()


@pytest.mark.parametrize(
    ("said", "hours"),
    [
        ("no messages after 6pm", (time(18), time(8))),
        ("quiet hours 8pm to 7am", (time(20), time(7))),
        ("quiet hours from 22:00 to 06:30", (time(22), time(6, 30))),
        ("between 8 and 7", (time(20), time(7))),
        ("don't text me before 9", (time(20), time(9))),
        ("after six", (time(18), time(8))),
        ("turn off quiet hours", (None, None)),
        ("unmute", (None, None)),
    ],
)
def test_daily_quiet_hours_are_read(said: str, hours: tuple[time | None, time | None]) -> None:
    assert read_quiet_hours(said) == QuietHours(*hours)


@pytest.mark.parametrize(
    "said", ["mute until Monday", "dnd for 2 hours", "stop messaging me", "25:00 to 7", "8pm to 8pm"]
)
def test_what_is_no_daily_range_is_not_taken_for_one(said: str) -> None:
    assert read_quiet_hours(said) is None


@given(st.text(max_size=60))
def test_any_text_is_read_as_hours_or_not_without_an_error(said: str) -> None:
    hours = read_quiet_hours(said)
    assert hours is None or (hours.start is None) == (hours.end is None)


@pytest.mark.parametrize(
    ("said", "locale"),
    [("German", "de_DE"), ("British English", "en_GB"), ("de-AT", "de_AT"), ("English", "en_GB"), ("Klingon", None)],
)
def test_languages_have_locales(said: str, locale: str | None) -> None:
    assert find_locale(said, current="en_GB") == locale
