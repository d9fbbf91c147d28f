"""What somebody may set on their home page: the choices, and the request that each of them stands for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from zoneinfo import ZoneInfo

from actions.call import Command
from actions.formatting import clock_text
from actions.locales import language_name
from actions.quiet_hours import QuietHours, read_quiet_hours
from actions.words import Words
from actions.zones import zone_label
from crm_store.models import Attention, Role, User
from nlu.values.reading import Reading

LOCALES = ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES")
ZONES = (
    "Pacific/Honolulu America/Anchorage America/Los_Angeles America/Denver America/Phoenix America/Chicago "
    "America/Mexico_City America/New_York America/Bogota America/Lima America/Toronto America/Halifax "
    "America/Santiago America/Sao_Paulo America/Argentina/Buenos_Aires Atlantic/Azores Europe/London Europe/Dublin "
    "Europe/Lisbon Europe/Berlin Europe/Paris Europe/Madrid Europe/Rome Europe/Amsterdam Europe/Zurich Europe/Vienna "
    "Europe/Stockholm Europe/Warsaw Africa/Lagos Europe/Athens Europe/Helsinki Europe/Kyiv Africa/Cairo "
    "Africa/Johannesburg Asia/Jerusalem Europe/Istanbul Africa/Nairobi Asia/Riyadh Asia/Tehran Asia/Dubai Asia/Kabul "
    "Asia/Karachi Asia/Kolkata Asia/Kathmandu Asia/Dhaka Asia/Bangkok Asia/Jakarta Asia/Singapore Asia/Hong_Kong "
    "Asia/Shanghai Asia/Manila Australia/Perth Asia/Tokyo Asia/Seoul Australia/Adelaide Australia/Brisbane "
    "Australia/Sydney Pacific/Auckland UTC"
).split()
"""One place or a few for each clock people work by; any other can be said."""
_DIGEST_TIMES = (time(7), time(8), time(9))
_QUIET = ("evening", "night", "off")


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeSetting:
    """One setting: what it is now, and the choices with the command of each; ``current`` is among their labels."""

    label: str
    current: str
    choices: tuple[tuple[str, Command], ...]


def settings_of(user: User, wishes: Attention | None, *, words: Words, reading: Reading) -> tuple[HomeSetting, ...]:
    """The settings of a colleague, as texts in their own locale."""
    return (
        _time_zone(user, words, reading),
        _quiet_hours(user, words, reading),
        _digest("daily", wishes.daily_digest_at if wishes else None, words, reading),
        _digest("weekly", wishes.weekly_digest_at if wishes else None, words, reading),
        _language(user, words),
        *((_leaderboard(user, words),) if user.role in {Role.REP, Role.MANAGER} else ()),
    )


def _digest(which: str, at: time | None, words: Words, reading: Reading) -> HomeSetting:
    """A digest at one of the usual times, or at the one it comes at. A weekly one set here comes on Mondays."""
    off = words.label("quiet_off")
    times = sorted({*_DIGEST_TIMES, *([at] if at is not None else [])})
    named = [(words.say(f"utter_home_digest_{which}", time=clock_text(each, reading)), each) for each in times]
    said = "every Monday at {:%H:%M}" if which == "weekly" else "{:%H:%M}"
    return HomeSetting(
        label=words.label(f"{which}_digest"),
        current=next((label for label, each in named if each == at), off),
        choices=(
            (off, Command("set_digest", {"topic": which, "answer": "off"})),
            *((label, Command("set_digest", {"topic": which, "date": said.format(each)})) for label, each in named),
        ),
    )


def _time_zone(user: User, words: Words, reading: Reading) -> HomeSetting:
    zones = [*ZONES, *([user.timezone] if user.timezone not in ZONES else [])]
    named = sorted(
        ((zone, zone_label(zone, now=reading.now)) for zone in zones),
        key=lambda each: (reading.now.astimezone(ZoneInfo(each[0])).utcoffset(), each[1]),
    )
    return HomeSetting(
        label=_capitalised(words.label("timezone")),
        current=zone_label(user.timezone, now=reading.now),
        choices=tuple((label, Command("set_timezone", {"timezone": zone})) for zone, label in _distinct(named)),
    )


def _quiet_hours(user: User, words: Words, reading: Reading) -> HomeSetting:
    off = words.label("quiet_off")
    usual = {said: read_quiet_hours(said) for said in (words.label(f"quiet_{key}") for key in _QUIET)}
    choices = {_quiet_text(hours, words, reading) or off: said for said, hours in usual.items() if hours is not None}
    current = _quiet_text(QuietHours(user.quiet_from, user.quiet_until), words, reading) or off
    choices.setdefault(current, current)
    return HomeSetting(
        label=_capitalised(words.label("quiet_hours")),
        current=current,
        choices=tuple((text, Command("set_quiet_hours", {"answer": said})) for text, said in choices.items()),
    )


def _quiet_text(hours: QuietHours, words: Words, reading: Reading) -> str | None:
    if hours.start is None or hours.end is None:
        return None
    start, end = (clock_text(each, reading) for each in (hours.start, hours.end))
    return words.say("utter_quiet_hours_text", start=start, end=end)


def _language(user: User, words: Words) -> HomeSetting:
    locales = dict.fromkeys([*LOCALES, user.locale])
    return HomeSetting(
        label=_capitalised(words.label("locale")),
        current=language_name(user.locale),
        choices=tuple((language_name(locale), Command("set_language", {"language": locale})) for locale in locales),
    )


def _leaderboard(user: User, words: Words) -> HomeSetting:
    yes, no = words.label("board_shown"), words.label("board_not_shown")
    return HomeSetting(
        label=_capitalised(words.label("on_leaderboard")),
        current=yes if user.on_leaderboard else no,
        choices=(
            (no, Command("show_results", {"words": words.label("leave_board_said")})),
            (yes, Command("show_results", {"words": words.label("join_board_said")})),
        ),
    )


def _distinct(named: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    by_label = {label: zone for zone, label in named}
    return [(zone, label) for label, zone in by_label.items()]


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
