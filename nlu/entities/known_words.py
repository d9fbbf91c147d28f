"""Time zones and languages, so that a tagger learns where they stand and not only those in the examples."""

from __future__ import annotations

from random import Random

_ZONES = (
    "Africa/Cairo Africa/Casablanca Africa/Johannesburg Africa/Lagos Africa/Nairobi America/Argentina/Buenos_Aires "
    "America/Bogota America/Caracas America/Chicago America/Denver America/Halifax America/Lima America/Los_Angeles "
    "America/Mexico_City America/New_York America/Phoenix America/Santiago America/Sao_Paulo America/Toronto "
    "America/Vancouver Asia/Bangkok Asia/Dhaka Asia/Dubai Asia/Hong_Kong Asia/Jakarta Asia/Jerusalem Asia/Karachi "
    "Asia/Kolkata Asia/Kuala_Lumpur Asia/Manila Asia/Riyadh Asia/Seoul Asia/Shanghai Asia/Singapore Asia/Taipei "
    "Asia/Tehran Asia/Tokyo Atlantic/Reykjavik Australia/Adelaide Australia/Brisbane Australia/Melbourne "
    "Australia/Perth Australia/Sydney Europe/Amsterdam Europe/Athens Europe/Berlin Europe/Brussels Europe/Bucharest "
    "Europe/Budapest Europe/Copenhagen Europe/Dublin Europe/Helsinki Europe/Istanbul Europe/Kyiv Europe/Lisbon "
    "Europe/London Europe/Madrid Europe/Oslo Europe/Paris Europe/Prague Europe/Rome Europe/Sofia Europe/Stockholm "
    "Europe/Vienna Europe/Warsaw Europe/Zurich Pacific/Auckland Pacific/Fiji Pacific/Honolulu"
).split()
_ABBREVIATIONS = "ACST AEST AST BST CEST CET CST EDT EEST EET EST GMT HKT IST JST MSK MST NZST PDT PST SAST UTC".split()
_LANGUAGES = (
    "Arabic Bengali Bulgarian Catalan Chinese Croatian Czech Danish Dutch English Estonian Finnish French German Greek "
    "Hebrew Hindi Hungarian Icelandic Indonesian Irish Italian Japanese Korean Latvian Lithuanian Malay Mandarin "
    "Norwegian Persian Polish Portuguese Romanian Russian Serbian Slovak Slovenian Spanish Swahili Swedish Thai "
    "Turkish Ukrainian Urdu Vietnamese Welsh Deutsch français español italiano português Nederlands polski svenska"
).split()


def any_time_zone(random: Random) -> str:
    """Return a time zone as people write it: "Asia/Tokyo", "Tokyo", "CET" or "UTC+3"."""
    form = random.random()
    if form < 0.2:
        return random.choice(_ABBREVIATIONS)
    if form < 0.3:
        return f"{random.choice(('UTC', 'GMT'))}{random.choice('+-')}{random.randint(1, 11)}"
    zone = random.choice(_ZONES)
    return zone if form < 0.5 else zone.rpartition("/")[2].replace("_", " ")


def any_language(random: Random) -> str:
    """Return the name of a language, in English or in itself."""
    return random.choice(_LANGUAGES)
