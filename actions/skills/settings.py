"""What a person may set for themselves: language, time zone and quiet hours; and what the assistant takes them for."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select

from actions.errors import Missing, refused
from actions.formatting import clock_text, date_text, moment_text, money_text
from actions.home_settings import LOCALES
from actions.locales import find_locale, language_name
from actions.own_details import own_email, own_phone
from actions.quiet_hours import QuietHours, read_quiet_hours
from actions.reaching import heard_again, keep_quiet_for_a_while, prefer_channel
from actions.registry import EVERYONE, audience_of, skill
from actions.said import own_words
from actions.sign_in_first import ask_for_proof
from actions.skills.speaking_up import set_nudges, speaks_of_nudges
from actions.turn import Turn
from actions.working_hours import SPEAKS_OF_THEM, keep_working_hours
from actions.zones import find_zones, zone_label
from crm_store.models import Account, Contact, Team, User
from crm_store.money import Money

_SAMPLE = Decimal("1234.50")


@skill("action_set_language", audience=EVERYONE)
def set_language(turn: Turn) -> None:
    """Write dates and numbers as another language does; the words stay English, and that is said."""
    said = turn.call.first("language")
    if said is None:
        turn.say("utter_english_only")
        raise Missing("language", "utter_ask_language", _language_choices(), free_text=True)
    locale = find_locale(said, current=turn.reading.locale)
    if locale is None:
        raise refused("utter_unknown_language", said=said[:60])
    person = _person(turn)
    if person is None:
        turn.say("utter_english_only")
        ask_for_proof(turn, None)
        return
    changed = person.locale != locale
    person.locale = locale
    turn.uow.flush()
    reading = replace(turn.reading, locale=locale)
    turn.say(
        "utter_language_set" if changed else "utter_language_kept",
        language=language_name(locale),
        date=date_text(reading.today, reading),
        number=money_text(Money(_SAMPLE, turn.policy.currency), reading),
    )
    turn.offer_undo()


@skill("action_set_timezone", audience=EVERYONE)
def set_timezone(turn: Turn) -> None:
    """Read and write times by another zone's clock."""
    said = turn.call.first("timezone")
    if said is None:
        raise Missing("timezone", "utter_ask_timezone", free_text=True)
    zones = find_zones(said, now=turn.reading.now)
    if not zones:
        raise Missing("timezone", "utter_unknown_timezone", free_text=True)
    if len(zones) > 1:
        choices = tuple((zone_label(zone, now=turn.reading.now), zone) for zone in zones)
        raise Missing("timezone", "utter_ask_which_timezone", choices, free_text=True)
    person = _person(turn)
    if person is None:
        ask_for_proof(turn, None)
        return
    (zone,) = zones
    changed = person.timezone != zone
    person.timezone = zone
    turn.uow.flush()
    reading = replace(turn.reading, zone=ZoneInfo(zone))
    turn.say(
        "utter_timezone_set" if changed else "utter_timezone_kept",
        zone=zone_label(zone, now=turn.reading.now),
        when=moment_text(turn.reading.now, reading),
    )
    turn.offer_undo()


@skill("action_set_quiet_hours", audience=EVERYONE)
def set_quiet_hours(turn: Turn) -> None:
    """Keep the hours of every day in which nothing is sent, or forget them; or keep the hours somebody works."""
    user = _colleague(turn)
    if user is None:
        turn.say("utter_no_messages_to_quiet")
        return
    said = turn.call.first("answer") or own_words(turn)
    if turn.call.first("answer") is None and SPEAKS_OF_THEM.search(said):
        keep_working_hours(turn, said)
        return
    if turn.call.first("answer") is None and prefer_channel(turn, said):
        return
    hours = read_quiet_hours(said)
    if hours is None and turn.call.first("answer") is None and speaks_of_nudges(said):
        set_nudges(turn)
        return
    if hours is None and turn.call.first("answer") is None and keep_quiet_for_a_while(turn, said):
        return
    if hours is None:
        choices = tuple((turn.words.label(f"quiet_{key}"), turn.words.label(f"quiet_{key}")) for key in _QUIET_CHOICES)
        raise Missing("answer", "utter_ask_quiet_hours", choices, free_text=True)
    unchanged = (user.quiet_from, user.quiet_until) == (hours.start, hours.end)
    user.quiet_from, user.quiet_until = hours.start, hours.end
    turn.uow.flush()
    text = quiet_text(turn, hours)
    if text is None and heard_again(turn):
        return
    if text is None:
        turn.say("utter_quiet_already_off" if unchanged else "utter_quiet_off")
    else:
        turn.say("utter_quiet_kept" if unchanged else "utter_quiet_set", hours=text)
    turn.offer_undo()


_QUIET_CHOICES = ("evening", "night", "off")


def quiet_text(turn: Turn, hours: QuietHours) -> str | None:
    """Quiet hours in words, in the person's locale; None when there are none."""
    if hours.start is None or hours.end is None:
        return None
    start, end = (clock_text(each, turn.reading) for each in (hours.start, hours.end))
    return turn.words.say("utter_quiet_hours_text", start=start, end=end)


@skill("action_who_am_i", audience=EVERYONE)
def who_am_i(turn: Turn) -> None:
    """Whom the assistant takes the asker for, what they may see, and what they have set."""
    audience = audience_of(turn)
    label = turn.words.label
    if turn.user is not None:
        user = turn.user
        team = turn.session.scalar(select(Team.name).where(Team.id == user.team_id)) if user.team_id else None
        quiet = quiet_text(turn, QuietHours(user.quiet_from, user.quiet_until))
        turn.card(
            user,
            title=user.name,
            subtitle=label(f"role_{audience}"),
            fields={
                "team": team,
                "email": user.email,
                "may_see": turn.words.say(f"utter_sees_{audience}"),
                "quiet_hours": quiet or label("none"),
                **_reading_fields(turn),
            },
        )
    elif turn.contact is not None:
        contact = turn.contact
        account = turn.session.get(Account, contact.account_id) if contact.account_id is not None else None
        turn.card(
            contact,
            title=contact.name,
            subtitle=account.name if account is not None else "",
            fields={
                "email": own_email(turn, contact),
                "phone": own_phone(turn, contact),
                "may_see": turn.words.say("utter_sees_customer"),
                **_reading_fields(turn),
            },
        )
    else:
        turn.say("utter_you_are_a_visitor")
        turn.offer(turn.words.label("intent_sign_in"), "sign_in")


def _reading_fields(turn: Turn) -> dict[str, str | None]:
    return {
        "timezone": zone_label(turn.reading.zone.key, now=turn.reading.now),
        "locale": turn.words.say("utter_locale_text", language=language_name(turn.reading.locale)),
        "channel": turn.conversation.channel,
    }


def _person(turn: Turn) -> User | Contact | None:
    """The asker as the store has them: what the turn holds was loaded to find out who asks, and is not written back."""
    return _colleague(turn) or (turn.session.get_one(Contact, turn.contact.id) if turn.contact is not None else None)


def _colleague(turn: Turn) -> User | None:
    return turn.session.get_one(User, turn.user.id) if turn.user is not None else None


def _language_choices() -> tuple[tuple[str, str], ...]:
    return tuple((language_name(locale), locale) for locale in LOCALES)
