"""Text as people send it, made plain for the models, with every character traceable to where it came from."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MAX_CHARACTERS = 2000
"""Only this much of a message is read: beyond it is pasted material, and reading time must stay bounded."""

_TYPOGRAPHIC = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4\u0060\u02bc", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033", '"'),
    **dict.fromkeys("\u2010\u2011\u2212", "-"),
    "\u2026": "...",
}
_SPACES = re.compile(r"[^\S\n]")
# Compatibility forms worth unfolding: ligatures, full-width ASCII, "mathematical" bold and italic letters. NFKC on
# everything would also turn "½" into "1⁄2" and "Acme™" into "AcmeTM".
_UNFOLDED = re.compile("[\ufb00-\ufb06\uff01-\uffee\U0001d400-\U0001d7ff]")
_EMOJI = re.compile("[\u2190-\u21ff\u2300-\u27bf\u2900-\u2bff\U0001f000-\U0001faff]")
_SHORTCODE = r":[a-z][a-z0-9_+'-]*:"
_LEADING_SHORTCODES = re.compile(rf"(?:{_SHORTCODE}\s*)+", re.IGNORECASE)
_TRAILING_SHORTCODES = re.compile(rf"(?:\s+{_SHORTCODE})+$", re.IGNORECASE)
# "> 50k" inside a sentence is a comparison; only a line that starts with it quotes, and never straight before a number.
_QUOTED_LINE = re.compile(r"\s*>(?!\s*[=\d$€£])")
_ATTRIBUTION = re.compile(r"\s*(?:On|Am)\s.{4,200}\s(?:wrote|schrieb.{0,80}):\s*$")
_SIGNATURE_MARK = re.compile(r"\s*(?:--|—|__+)\s*$")
_DEVICE_SIGNATURE = re.compile(
    r"\s*(?:sent from (?:my|the) \S.{0,40}|get outlook for \w+|von meinem \S.{0,40} gesendet)\s*$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanText:
    """What the models read of a message, and where each of its characters stands in the message.

    ``starts[i]`` and ``ends[i]`` are the offsets in ``original`` that character ``i`` of ``text`` was made from (end
    exclusive); both rise with ``i``.
    """

    original: str
    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Return where the non-empty stretch ``start`` to ``end`` of ``text`` stands in ``original``."""
        return self.starts[start], self.ends[end - 1]


@dataclass(frozen=True, slots=True)
class _Character:
    """One character of the cleaned text with its place in the original."""

    text: str
    start: int
    end: int


def clean(message: str, *, limit: int = MAX_CHARACTERS) -> CleanText:
    """Return ``message`` without decoration: plain quotes and spaces, no invisible marks, quotations or signature.

    Emoji around the words go, emoji between words stay (they may be all there is: "👍"). Lines are kept apart by a
    single newline, everything else by single spaces. At most ``limit`` characters of the message are looked at. A
    message that consists of nothing but quotation is kept whole, so that an empty result means an empty message.
    """
    characters = _plain_characters(message[:limit])
    kept = _without_quotation(characters)
    stripped = _without_padding(_single_spaced(kept or characters))
    return CleanText(
        original=message,
        text="".join(character.text for character in stripped),
        starts=tuple(character.start for character in stripped),
        ends=tuple(character.end for character in stripped),
    )


def _plain_characters(message: str) -> list[_Character]:
    """Unfold, compose and simplify character by character; one entry per resulting character."""
    characters: list[_Character] = []
    for index, symbol in enumerate(message):
        if unicodedata.combining(symbol) and characters:
            composed = unicodedata.normalize("NFC", characters[-1].text + symbol)
            if len(composed) == 1:
                characters[-1] = _Character(composed, characters[-1].start, index + 1)
                continue
        characters.extend(_Character(plain, index, index + 1) for plain in _plain(symbol))
    return characters


def _plain(symbol: str) -> str:
    """Return what one character is read as; nothing for characters that only steer the display."""
    if symbol in _TYPOGRAPHIC:
        return _TYPOGRAPHIC[symbol]
    if symbol in "\n\r\u2028\u2029":
        return "\n"
    if _SPACES.match(symbol):
        return " "
    if _UNFOLDED.match(symbol):
        return unicodedata.normalize("NFKC", symbol)
    # Cf: zero-width characters, soft hyphens and direction marks. Cs: lone surrogates, which no encoder takes.
    if unicodedata.category(symbol) in {"Cc", "Cf", "Cs"} or symbol in "\ufe0e\ufe0f\u2122\u00ae":
        return ""
    return symbol


def _without_quotation(characters: list[_Character]) -> list[_Character]:
    """Drop quoted reply lines with the line that introduces them, and everything from a signature mark on."""
    kept: list[_Character] = []
    for line in _lines(characters):
        words = "".join(character.text for character in line)
        if _DEVICE_SIGNATURE.match(words) or _SIGNATURE_MARK.match(words):
            break
        if not _QUOTED_LINE.match(words) and not _ATTRIBUTION.match(words):
            kept.extend(line)
    return kept if any(not character.text.isspace() for character in kept) else []


def _lines(characters: list[_Character]) -> list[list[_Character]]:
    """Cut after every newline."""
    lines: list[list[_Character]] = [[]]
    for character in characters:
        lines[-1].append(character)
        if character.text == "\n":
            lines.append([])
    return lines


def _single_spaced(characters: list[_Character]) -> list[_Character]:
    """Leave one space or newline where several stand together, and none at the ends; a newline outweighs spaces."""
    spaced: list[_Character] = []
    for character in characters:
        if not character.text.isspace() or (spaced and not spaced[-1].text.isspace()):
            spaced.append(character)
        elif spaced and character.text == "\n":
            spaced[-1] = character
    while spaced and spaced[-1].text.isspace():
        spaced.pop()
    return spaced


def _without_padding(characters: list[_Character]) -> list[_Character]:
    """Drop emoji and emoji codes before the first and after the last word, unless they are the whole message."""
    text = "".join(character.text for character in characters)
    start, end = 0, len(text)
    while start < end and (text[start].isspace() or _EMOJI.match(text[start])):
        start += 1
    if leading := _LEADING_SHORTCODES.match(text, start):
        start = leading.end()
    while start < end and (text[end - 1].isspace() or _EMOJI.match(text[end - 1])):
        end -= 1
    if trailing := _TRAILING_SHORTCODES.search(text, start, end):
        end = trailing.start()
    return characters[start:end] if text[start:end].strip() else characters
