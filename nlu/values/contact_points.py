"""E-mail addresses and telephone numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers
from babel import Locale, UnknownLocaleError
from phonenumbers import NumberParseException, PhoneNumberFormat

from nlu.values.errors import UnreadableValue
from nlu.values.source_text import SourceText

_EMAIL = re.compile(
    r"(?<![a-z0-9_.+%@-])"
    r"[a-z0-9!#$%&'*+/=?^_{|}~-]{1,64}(?:\.[a-z0-9!#$%&'*+/=?^_{|}~-]{1,64}){0,8}"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,24}(?![\w@-])"
)
_PHONE = re.compile(r"(?<![\w.@/-])(?:\+|\(|0|\d)[\d ()./-]{5,30}\d(?![\w@])")
_MIN_DIGITS, _MAX_DIGITS = 7, 15


def read_email(text: str) -> str | None:
    """The first e-mail address in ``text``, in lower case; None when there is none."""
    return next((value for _, _, value in find_emails(SourceText(text, "en_US"))), None)


def read_phone(text: str, *, locale: str = "en_US") -> str | None:
    """The first telephone number in ``text`` in E.164; None when there is none.

    A number without a country code is of the locale's country. Raises UnreadableValue(kind="phone",
    reason="not_a_phone") when the text is only a number and that is no valid one.
    """
    source = SourceText(text, locale)
    found = next((value for _, _, value in _phones(source, strict=False)), None)
    if found is None:
        digits = sum(character.isdigit() for character in source.normal)
        if digits >= 3 and not any(character.isalpha() for character in source.normal):
            raise UnreadableValue(kind="phone", reason="not_a_phone", text=text)
    return found


def find_emails(source: SourceText) -> Iterator[tuple[int, int, str]]:
    """The stretch of the normal text and value of every e-mail address."""
    if "@" not in source.normal:
        return
    position = 0
    while (at := source.normal.find("@", position)) >= 0:
        # Searching only around each "@" keeps long texts without addresses linear.
        match = _EMAIL.search(
            source.normal, _word_start(source.normal, at, position), min(len(source.normal), at + 256)
        )
        if match is not None:
            yield match.start(), match.end(), match.group()
            position = match.end()
        else:
            position = at + 1


def _word_start(text: str, at: int, floor: int) -> int:
    start = at
    while start > floor and at - start < 320 and not text[start - 1].isspace():
        start -= 1
    return start


def find_phones(source: SourceText) -> Iterator[tuple[int, int, str]]:
    """The stretch of the normal text and E.164 form of every telephone number that is unlikely to be anything else.

    Such a number is valid and has a country code, or is grouped and starts with 0 or a bracket, or is grouped in the
    American way.
    """
    return _phones(source, strict=True)


def _phones(source: SourceText, *, strict: bool) -> Iterator[tuple[int, int, str]]:
    text = source.normal
    for match in _PHONE.finditer(text):
        written = match.group()
        digits = sum(character.isdigit() for character in written)
        if not _MIN_DIGITS <= digits <= _MAX_DIGITS or (strict and not _looks_like_phone(written)):
            continue
        number = _international(written, source.locale, strict=strict)
        if number is not None:
            yield match.start(), match.end(), number


_GROUPED_AMERICAN = re.compile(r"(?:1[ .-])?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}")


def _looks_like_phone(written: str) -> bool:
    if written[0] in "+(" or written.startswith("00"):
        return True
    if written[0] == "0":
        return "/" not in written or written.count("/") == 1
    return _GROUPED_AMERICAN.fullmatch(written) is not None


def _international(written: str, locale: str, *, strict: bool) -> str | None:
    """The E.164 form. A number with its country code need only be possible, as in numbering plans that are newer than
    our library or are set aside for fiction; ``strict`` wants a national one to be valid.
    """
    if written.startswith("00"):
        written = "+" + written[2:]
    try:
        number = phonenumbers.parse(written, _region(locale))
    except NumberParseException:
        return None
    stated = written.startswith("+") or not strict
    if not (phonenumbers.is_possible_number(number) if stated else phonenumbers.is_valid_number(number)):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _region(locale: str) -> str:
    try:
        return Locale.parse(locale, sep="-" if "-" in locale else "_").territory or "US"
    except (UnknownLocaleError, ValueError):
        return "US"
