"""Countries as people name them: "Germany", "German", "the US"."""

from __future__ import annotations

import re
from functools import cache

from babel import Locale
from babel.core import get_global

from crm_store.names import name_key

_ADJECTIVES = {
    "american": "US", "argentinian": "AR", "australian": "AU", "austrian": "AT", "belgian": "BE", "brazilian": "BR",
    "british": "GB", "bulgarian": "BG", "canadian": "CA", "chilean": "CL", "chinese": "CN", "croatian": "HR",
    "czech": "CZ", "danish": "DK", "dutch": "NL", "english": "GB", "estonian": "EE", "finnish": "FI", "french": "FR",
    "german": "DE", "greek": "GR", "hungarian": "HU", "indian": "IN", "irish": "IE", "israeli": "IL", "italian": "IT",
    "japanese": "JP", "korean": "KR", "latvian": "LV", "lithuanian": "LT", "mexican": "MX", "norwegian": "NO",
    "polish": "PL", "portuguese": "PT", "romanian": "RO", "slovak": "SK", "slovenian": "SI", "spanish": "ES",
    "swedish": "SE", "swiss": "CH", "turkish": "TR", "ukrainian": "UA", "us": "US", "usa": "US", "uk": "GB",
    "england": "GB", "holland": "NL", "czech republic": "CZ", "america": "US",
}  # fmt: skip
_MOST_WORDS = 3


def country_said(text: str) -> str | None:
    """The ISO 3166 code of the first country named in ``text``; None when there is none."""
    names, words = _names(), re.findall(r"[\w'-]+", text)
    for begin in range(len(words)):
        for length in range(min(_MOST_WORDS, len(words) - begin), 0, -1):
            said = words[begin : begin + length]
            if said == ["us"]:  # "for us" is nobody's country; "the US" is
                continue
            code = names.get(name_key(" ".join(said)))
            if code is not None:
                return code
    return None


def country_text(code: str, locale: str) -> str:
    """The country's name in the reader's language."""
    return str(Locale.parse(locale).territories.get(code, code))


@cache
def _names() -> dict[str, str]:
    territories = Locale.parse("en").territories
    names = {name_key(str(name)): str(code) for code, name in territories.items() if len(code) == 2 and code.isalpha()}
    return names | _ADJECTIVES


def country_of(zone: str) -> str | None:
    """The country (ISO 3166) a zone lies in; None for "UTC" and the like."""
    code = str(get_global("zone_territories").get(zone, "001"))
    return code if len(code) == 2 and code.isalpha() else None
