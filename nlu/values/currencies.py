"""What people call currencies, in ISO 4217."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import get_territory_currencies, list_currencies

_SYMBOLS = {
    "€": "EUR",
    "£": "GBP",
    "₤": "GBP",
    "₹": "INR",
    "₽": "RUB",
    "₺": "TRY",
    "₩": "KRW",
    "₪": "ILS",
    "₫": "VND",
    "฿": "THB",
    "₴": "UAH",
    "₦": "NGN",
    "₱": "PHP",
    "₡": "CRC",
    "₲": "PYG",
    "₭": "LAK",
    "₮": "MNT",
    "₸": "KZT",
    "₾": "GEL",
    "₵": "GHS",
    "₼": "AZN",
    "₨": "INR",
    "元": "CNY",
    "円": "JPY",
}
_DOLLAR_PREFIXES = {
    "us": "USD",
    "u.s.": "USD",
    "c": "CAD",
    "ca": "CAD",
    "can": "CAD",
    "cdn": "CAD",
    "a": "AUD",
    "au": "AUD",
    "aus": "AUD",
    "nz": "NZD",
    "hk": "HKD",
    "s": "SGD",
    "sg": "SGD",
    "r": "BRL",
    "mex": "MXN",
    "mx": "MXN",
    "mxn": "MXN",
    "nt": "TWD",
}
_NAMES = {
    "euro": "EUR",
    "euros": "EUR",
    "quid": "GBP",
    "sterling": "GBP",
    "yen": "JPY",
    "yens": "JPY",
    "yuan": "CNY",
    "yuans": "CNY",
    "renminbi": "CNY",
    "rmb": "CNY",
    "rupee": "INR",
    "rupees": "INR",
    "rs": "INR",
    "zloty": "PLN",
    "zlotys": "PLN",
    "zł": "PLN",
    "zl": "PLN",
    "forint": "HUF",
    "forints": "HUF",
    "ruble": "RUB",
    "rubles": "RUB",
    "rouble": "RUB",
    "roubles": "RUB",
    "shekel": "ILS",
    "shekels": "ILS",
    "nis": "ILS",
    "baht": "THB",
    "rand": "ZAR",
    "rands": "ZAR",
    "hryvnia": "UAH",
    "ringgit": "MYR",
    "won": "KRW",
    "koruna": "CZK",
    "kč": "CZK",
    "fr": "CHF",
    "sfr": "CHF",
    "francs": "CHF",
    "franc": "CHF",
    "lira": "TRY",
    "liras": "TRY",
    "real": "BRL",
    "reais": "BRL",
    "reals": "BRL",
}
_NATIONAL = {
    ("us", "dollar"): "USD",
    ("american", "dollar"): "USD",
    ("canadian", "dollar"): "CAD",
    ("australian", "dollar"): "AUD",
    ("aussie", "dollar"): "AUD",
    ("singapore", "dollar"): "SGD",
    ("hong", "kong", "dollar"): "HKD",
    ("new", "zealand", "dollar"): "NZD",
    ("united", "states", "dollar"): "USD",
    ("british", "pound"): "GBP",
    ("english", "pound"): "GBP",
    ("pound", "sterling"): "GBP",
    ("egyptian", "pound"): "EGP",
    ("swiss", "franc"): "CHF",
    ("swedish", "krona"): "SEK",
    ("swedish", "kronor"): "SEK",
    ("swedish", "krone"): "SEK",
    ("norwegian", "krone"): "NOK",
    ("norwegian", "kroner"): "NOK",
    ("danish", "krone"): "DKK",
    ("danish", "kroner"): "DKK",
    ("icelandic", "krona"): "ISK",
    ("czech", "koruna"): "CZK",
    ("japanese", "yen"): "JPY",
    ("chinese", "yuan"): "CNY",
    ("indian", "rupee"): "INR",
    ("pakistani", "rupee"): "PKR",
    ("sri", "lankan", "rupee"): "LKR",
    ("russian", "ruble"): "RUB",
    ("mexican", "peso"): "MXN",
    ("argentine", "peso"): "ARS",
    ("argentinian", "peso"): "ARS",
    ("chilean", "peso"): "CLP",
    ("colombian", "peso"): "COP",
    ("philippine", "peso"): "PHP",
    ("brazilian", "real"): "BRL",
    ("turkish", "lira"): "TRY",
    ("south", "african", "rand"): "ZAR",
    ("south", "korean", "won"): "KRW",
    ("korean", "won"): "KRW",
    ("polish", "zloty"): "PLN",
    ("israeli", "shekel"): "ILS",
    ("thai", "baht"): "THB",
    ("saudi", "riyal"): "SAR",
    ("uae", "dirham"): "AED",
}
NATIONAL_STARTS = frozenset(name[0] for name in _NATIONAL)

SHARED = {
    "$": ("USD", frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "ARS", "CLP", "COP", "TWD"})),
    "dollar": ("USD", frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD"})),
    "pound": ("GBP", frozenset({"GBP", "EGP"})),
    "¥": ("JPY", frozenset({"JPY", "CNY"})),
    "kr": ("", frozenset({"SEK", "NOK", "DKK", "ISK"})),
    "peso": ("", frozenset({"MXN", "ARS", "CLP", "COP", "PHP"})),
}
"""Names several currencies share: the one of the speaker's country when it is among them, else the one said first here.

Without such a first one ("kr") the name is ambiguous elsewhere.
"""
_SHARED_WORDS = {
    "$": "$",
    "¥": "¥",
    "kr": "kr",
    "krona": "kr",
    "kronor": "kr",
    "krone": "kr",
    "kroner": "kr",
    "kronas": "kr",
    "dollar": "dollar",
    "dollars": "dollar",
    "dollor": "dollar",
    "dollors": "dollar",
    "bucks": "dollar",
    "buck": "dollar",
    "pound": "pound",
    "pounds": "pound",
    "peso": "peso",
    "pesos": "peso",
}
CENTS = {
    "cent": ("dollar", Decimal("0.01")),
    "cents": ("dollar", Decimal("0.01")),
    "penny": ("pound", Decimal("0.01")),
    "pence": ("pound", Decimal("0.01")),
    "pennies": ("pound", Decimal("0.01")),
}
_CODE_CLASHES = frozenset(
    {"all", "top", "try", "cup", "gel", "mop", "bob", "lak", "lek", "sos", "bam", "ars", "mad", "pen", "std"}
)
"""ISO codes that are English words; they count only right beside a number, in capitals."""


@lru_cache(maxsize=1)
def iso_codes() -> frozenset[str]:
    """All ISO 4217 codes Babel knows, in lower case."""
    return frozenset(code.lower() for code in list_currencies() if code.isascii()) - {"xxx", "xts"}


@lru_cache(maxsize=64)
def home_currency(locale: str) -> str | None:
    """The currency used today in a locale's country; None when the locale names no country."""
    try:
        territory = Locale.parse(locale, sep="-" if "-" in locale else "_").territory
    except (UnknownLocaleError, ValueError):
        return None
    current = get_territory_currencies(territory) if territory else []
    return current[0] if current else None


def is_common_word(code: str) -> bool:
    """Whether a lower-case ISO code is an English word too."""
    return code in _CODE_CLASHES


def national_currency(words: tuple[str, ...]) -> str | None:
    """The currency of words like ("us", "dollars")."""
    return _NATIONAL.get(words) or _NATIONAL.get((*words[:-1], words[-1].removesuffix("s")))


def dollar_of(prefix: str) -> str | None:
    """The currency of a prefixed dollar sign: "us" for "US$"."""
    return _DOLLAR_PREFIXES.get(prefix)


def own_currency(word: str) -> str | None:
    """The currency that alone bears a symbol or name."""
    return _SYMBOLS.get(word) or _NAMES.get(word)


def shared_name(word: str) -> str | None:
    """The entry of ``SHARED`` for a symbol or name that several currencies bear."""
    return _SHARED_WORDS.get(word)


def settle_shared(name: str, locale: str) -> str | None:
    """The currency meant by a shared name in a locale; None when that is ambiguous."""
    usual, bearers = SHARED[name]
    home = home_currency(locale)
    return home if home in bearers else usual or None
