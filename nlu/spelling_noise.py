"""Spelling mistakes as people make them on a phone, the same ones every time."""

from __future__ import annotations

import random
import zlib

_NEIGHBOURS = {
    "q": "wa", "w": "qe", "e": "wr", "r": "et", "t": "ry", "y": "tu", "u": "yi", "i": "uo", "o": "ip", "p": "ol",
    "a": "sq", "s": "ad", "d": "sf", "f": "dg", "g": "fh", "h": "gj", "j": "hk", "k": "jl", "l": "ko",
    "z": "xa", "x": "zc", "c": "xv", "v": "cb", "b": "vn", "n": "bm", "m": "n",
}  # fmt: skip

SHORTEST = 4
"""Words shorter than this are left alone: one wrong letter of three makes another word."""


def misspelled(text: str, *, rate: float = 0.25, seed: int = 0) -> str:
    """Return ``text`` with one mistake in about ``rate`` of its longer words, and in one of them at least.

    A mistake swaps two letters, drops, doubles, or replaces one by its neighbour on the keyboard; never the first
    letter. The same text and seed give the same mistakes.
    """
    chance = random.Random(zlib.crc32(text.encode()) + seed)
    words = text.split(" ")
    long_words = [number for number, word in enumerate(words) if len(word) >= SHORTEST and word.isalpha()]
    hit = [number for number in long_words if chance.random() < rate] or long_words[:1]
    for number in hit:
        words[number] = _with_mistake(words[number], chance)
    return " ".join(words)


def _with_mistake(word: str, chance: random.Random) -> str:
    place = chance.randrange(1, len(word) - 1)
    before, letter, after = word[:place], word[place], word[place + 1 :]
    match chance.randrange(4):
        case 0:
            return before + after[0] + letter + after[1:]
        case 1:
            return before + after
        case 2:
            return before + letter + letter + after
        case _:
            return before + chance.choice(_NEIGHBOURS.get(letter.lower(), letter)) + after
