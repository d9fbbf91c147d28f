"""Time zones as people name them: by city, country, abbreviation or offset."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.core import get_global

from crm_store.names import name_key

_OFFSET = re.compile(r"(?:utc|gmt|z)?\s*([+\-−])\s*([0-9]{1,2})(?:[:.]?([0-9]{2}))?", re.IGNORECASE)
_FILLER = re.compile(r"\b(?:the|my|local|time ?zone|timezone|standard|daylight|summer|time|zone|tz)\b")
_REGIONS = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")

# What an abbreviation stands for where it is used most; several where no use prevails.
_ABBREVIATIONS = {
    "utc": ("UTC",),
    "gmt": ("Europe/London",),
    "bst": ("Europe/London",),
    "wet": ("Europe/Lisbon",),
    "cet": ("Europe/Berlin",),
    "cest": ("Europe/Berlin",),
    "mez": ("Europe/Berlin",),
    "eet": ("Europe/Helsinki",),
    "eest": ("Europe/Helsinki",),
    "msk": ("Europe/Moscow",),
    "est": ("America/New_York",),
    "edt": ("America/New_York",),
    "et": ("America/New_York",),
    "cst": ("America/Chicago", "Asia/Shanghai"),
    "cdt": ("America/Chicago",),
    "ct": ("America/Chicago",),
    "mst": ("America/Denver",),
    "mdt": ("America/Denver",),
    "mt": ("America/Denver",),
    "pst": ("America/Los_Angeles",),
    "pdt": ("America/Los_Angeles",),
    "pt": ("America/Los_Angeles",),
    "akst": ("America/Anchorage",),
    "hst": ("Pacific/Honolulu",),
    "ist": ("Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"),
    "jst": ("Asia/Tokyo",),
    "kst": ("Asia/Seoul",),
    "sgt": ("Asia/Singapore",),
    "hkt": ("Asia/Hong_Kong",),
    "sast": ("Africa/Johannesburg",),
    "brt": ("America/Sao_Paulo",),
    "aest": ("Australia/Sydney",),
    "aedt": ("Australia/Sydney",),
    "acst": ("Australia/Adelaide",),
    "awst": ("Australia/Perth",),
    "nzst": ("Pacific/Auckland",),
    "nzdt": ("Pacific/Auckland",),
    "eastern": ("America/New_York",),
    "central": ("America/Chicago",),
    "mountain": ("America/Denver",),
    "pacific": ("America/Los_Angeles",),
    "atlantic": ("America/Halifax",),
    "central european": ("Europe/Berlin",),
    "eastern european": ("Europe/Helsinki",),
    "western european": ("Europe/Lisbon",),
    "west coast": ("America/Los_Angeles",),
    "east coast": ("America/New_York",),
}

_HALF_HOURS = {
    (3, 30): "Asia/Tehran",
    (4, 30): "Asia/Kabul",
    (5, 30): "Asia/Kolkata",
    (5, 45): "Asia/Kathmandu",
    (6, 30): "Asia/Yangon",
    (9, 30): "Australia/Darwin",
}

# Large cities the zone database does not name, and other names of places; several where towns share a name.
_PLACES = {
    "America/New_York": "nyc, new york city, boston, philadelphia, miami, atlanta, washington, washington dc, "
    "charlotte, orlando, tampa, pittsburgh, cleveland, baltimore, brooklyn, manhattan",
    "America/Chicago": "dallas, houston, austin, san antonio, new orleans, minneapolis, st louis, kansas city, "
    "milwaukee, nashville, memphis, texas",
    "America/Denver": "salt lake city, albuquerque, colorado springs, colorado",
    "America/Mexico_City": "mexico city, cdmx, guadalajara",
    "America/Phoenix": "tucson, arizona",
    "America/Los_Angeles": "la, san francisco, sf, bay area, silicon valley, san diego, seattle, las vegas, portland, "
    "sacramento, san jose, oakland, california, palo alto",
    "America/Toronto": "montreal, ottawa, quebec",
    "America/Edmonton": "calgary",
    "America/Sao_Paulo": "rio, rio de janeiro, brasilia",
    "Europe/Berlin": "munich, muenchen, munchen, hamburg, cologne, koln, frankfurt, stuttgart, dusseldorf, leipzig, "
    "dresden, nuremberg",
    "Europe/London": "uk, england, scotland, wales, britain, great britain, manchester, birmingham, leeds, liverpool, "
    "edinburgh, glasgow, cardiff, bristol, oxford",
    "Europe/Paris": "lyon, marseille, nice, toulouse, bordeaux",
    "Europe/Madrid": "barcelona, valencia, seville, bilbao",
    "Europe/Rome": "milan, milano, naples, turin, florence, venice, roma",
    "Europe/Zurich": "geneva, basel, bern, lausanne",
    "Europe/Vienna": "graz, salzburg, wien",
    "Europe/Amsterdam": "rotterdam, utrecht, the hague, eindhoven, holland",
    "Europe/Brussels": "antwerp, ghent",
    "Europe/Warsaw": "krakow, wroclaw, gdansk",
    "Europe/Prague": "brno, czech republic",
    "Europe/Lisbon": "porto",
    "Europe/Stockholm": "gothenburg, malmo",
    "Europe/Moscow": "st petersburg, saint petersburg",
    "Europe/Istanbul": "ankara, turkey",
    "Europe/Kyiv": "kiev, lviv, odesa",
    "Asia/Kolkata": "mumbai, bombay, delhi, new delhi, bangalore, bengaluru, chennai, hyderabad, pune, calcutta",
    "Asia/Shanghai": "beijing, shenzhen, guangzhou",
    "Asia/Tokyo": "osaka, kyoto, yokohama",
    "Asia/Dubai": "abu dhabi, uae",
    "Asia/Ho_Chi_Minh": "saigon, hanoi",
    "Asia/Jerusalem": "tel aviv, haifa",
    "Africa/Johannesburg": "cape town, durban, pretoria",
    "Australia/Sydney": "canberra",
    "Pacific/Auckland": "wellington, christchurch",
}


def find_zones(said: str, *, now: datetime) -> tuple[str, ...]:
    """The IANA zones meant by a place, an abbreviation, an offset ("GMT+3") or a zone's own name; () when unknown.

    Several when the place has several: of zones with the same name for their time ("Central European Time") that show
    the same time at ``now``, the best known stands for all. At most six.
    """
    exact = _zones_by_key().get(said.strip().casefold())
    if exact is not None and "/" in exact:
        return (exact,)
    offset = _OFFSET.fullmatch(said.strip())
    if offset is not None:
        return _fixed_offset(offset)
    whole = name_key(said)
    bare = " ".join(_FILLER.sub(" ", whole).split()) or whole
    for key in dict.fromkeys((whole, bare)):
        named = _ABBREVIATIONS.get(key) or _places().get(key) or _countries().get(key)
        if named is not None:
            return _told_apart(named, now)
    return ()


def zone_label(zone: str, *, now: datetime) -> str:
    """A zone as it is offered and confirmed: its place and the offset it has now, as "New York (UTC-05:00)"."""
    offset = now.astimezone(ZoneInfo(zone)).utcoffset() or timedelta(0)
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    if zone.startswith("Etc/") or "/" not in zone:
        return f"UTC{sign}{hours:02}:{rest:02}"
    return f"{zone.rpartition('/')[2].replace('_', ' ')} (UTC{sign}{hours:02}:{rest:02})"


def _fixed_offset(match: re.Match[str]) -> tuple[str, ...]:
    hours, minutes = int(match[2]), int(match[3] or 0)
    ahead = match[1] == "+"
    if minutes:
        # The database has fixed offsets of whole hours only; places stand for the others.
        place = _HALF_HOURS.get((hours, minutes)) if ahead else None
        return (place,) if place else ()
    if hours > (14 if ahead else 12):
        return ()
    # POSIX signs: Etc/GMT-3 is three hours ahead of UTC.
    return ("UTC",) if hours == 0 else (f"Etc/GMT{'-' if ahead else '+'}{hours}",)


def _told_apart(zones: tuple[str, ...], now: datetime) -> tuple[str, ...]:
    if len(zones) == 1:
        return zones
    meta_zones = get_global("meta_zones")
    distinct: dict[tuple[str, object], str] = {}
    for zone in zones:
        distinct.setdefault((meta_zones.get(zone, zone), now.astimezone(ZoneInfo(zone)).utcoffset()), zone)
    return tuple(distinct.values())[:6]


@lru_cache(maxsize=1)
def _zones_by_key() -> dict[str, str]:
    return {zone.casefold(): zone for zone in available_timezones()}


@lru_cache(maxsize=1)
def _places() -> dict[str, tuple[str, ...]]:
    """Cities by name key: the last part of each zone's name, and the cities listed above."""
    found: dict[str, list[str]] = {}
    aliases = get_global("zone_aliases")
    for zone in sorted(available_timezones()):
        if zone.startswith(_REGIONS):
            key = name_key(zone.rpartition("/")[2].replace("_", " "))
            current = str(aliases.get(zone, zone))
            if current not in found.setdefault(key, []):
                found[key].append(current)
    for zone, names in _PLACES.items():
        for name in names.split(", "):
            # Montreal has a zone of its own in the database, one that only points elsewhere today.
            found[name_key(name)] = [zone]
    return {key: tuple(zones) for key, zones in found.items()}


@lru_cache(maxsize=1)
def _countries() -> dict[str, tuple[str, ...]]:
    """Zones by their country's English name and ISO code, those on no list of large cities last."""
    names = Locale("en").territories
    found: dict[str, list[str]] = {}
    known = [*_PLACES, *(zone for zones in _ABBREVIATIONS.values() for zone in zones)]
    territories = {zone: str(code) for zone, code in get_global("zone_territories").items() if code != "001"}
    available = available_timezones()
    for zone in sorted(territories, key=lambda zone: (zone not in known, zone)):
        if zone in available:
            found.setdefault(territories[zone], []).append(zone)
    keyed = {name_key(str(names[code])): tuple(zones) for code, zones in found.items() if code in names}
    keyed |= {"usa": tuple(found["US"]), "us": tuple(found["US"]), "america": tuple(found["US"])}
    return keyed
