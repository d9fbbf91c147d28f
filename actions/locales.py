"""Which locale's dates and numbers go with a language, as people name it."""

from __future__ import annotations

import re

from babel import Locale, UnknownLocaleError
from babel.core import parse_locale

from crm_store.names import name_key

# The first name of each line is how the language is offered and confirmed.
_LANGUAGES = {
    "en_US": "American English, us english, english us, american, english usa, us",
    "en_GB": "British English, uk english, english uk, british, uk",
    "en_AU": "Australian English, australian",
    "en_CA": "Canadian English, canadian",
    "de_DE": "German, deutsch, allemand",
    "de_AT": "Austrian German, austrian",
    "de_CH": "Swiss German, swiss",
    "fr_FR": "French, francais, franzosisch",
    "fr_CA": "Canadian French, quebec french",
    "es_ES": "Spanish, espanol, castellano",
    "es_MX": "Mexican Spanish, mexican",
    "it_IT": "Italian, italiano",
    "pt_PT": "Portuguese, portugues",
    "pt_BR": "Brazilian Portuguese, brazilian",
    "nl_NL": "Dutch, nederlands",
    "da_DK": "Danish, dansk",
    "sv_SE": "Swedish, svenska",
    "nb_NO": "Norwegian, norsk",
    "fi_FI": "Finnish, suomi",
    "pl_PL": "Polish, polski",
    "cs_CZ": "Czech, cestina",
    "sk_SK": "Slovak",
    "hu_HU": "Hungarian, magyar",
    "ro_RO": "Romanian",
    "el_GR": "Greek",
    "tr_TR": "Turkish, turkce",
    "uk_UA": "Ukrainian",
    "ru_RU": "Russian",
    "ja_JP": "Japanese",
    "ko_KR": "Korean",
    "zh_CN": "Chinese, mandarin",
}
_BY_KEY = {name_key(name): locale for locale, names in _LANGUAGES.items() for name in names.split(", ")}
_CODE = re.compile(r"[A-Za-z]{2}(?:[-_][A-Za-z]{2})?")


def find_locale(said: str, *, current: str) -> str | None:
    """The Babel locale of a language or a code ("German", "de-AT"); None for one whose numbers we do not write.

    Plain "English" keeps an English locale that is set already.
    """
    key = name_key(said)
    if key in {"english", "en", "englisch", "anglais", "ingles"}:
        return current if current.startswith("en_") else "en_US"
    if key in _BY_KEY:
        return _BY_KEY[key]
    return _by_code(said.strip(), key) if _CODE.fullmatch(said.strip()) else None


def language_name(locale: str) -> str:
    """The language a locale is confirmed by ("German")."""
    names = _LANGUAGES.get(locale)
    return names.split(", ")[0] if names else str(Locale.parse(locale).english_name or locale)


def _by_code(code: str, key: str) -> str | None:
    if len(code) == 2:
        return next((locale for locale in _LANGUAGES if locale.startswith(f"{key}_")), None)
    try:
        parts = parse_locale(code.replace("-", "_"))
        locale = Locale(parts[0], territory=parts[1])
    except (ValueError, UnknownLocaleError):
        return None
    known = any(each.startswith(f"{locale.language}_") for each in _LANGUAGES)
    return str(locale) if known else None
