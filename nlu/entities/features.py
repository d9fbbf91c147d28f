"""What a tagger gets to know about each token of a message."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nlu.entities.tokens import Token

_LONG_RUN = re.compile(r"(.)\1{2,}")
_START, _END = "<s>", "</s>"


def word_shape(word: str) -> str:
    """Return the kinds of characters in ``word``: "Initech" → "Xxx", "10423" → "dd", "-" → "-"."""
    kinds = "".join(
        "X" if c.isupper() else "x" if c.islower() else "d" if c.isdigit() else "x" if c.isalpha() else c for c in word
    )
    return _LONG_RUN.sub(r"\1\1", kinds)


def spelling_features(tokens: Sequence[Token]) -> list[list[str]]:
    """Return, for each token, features of its spelling and of the words around it (two to each side).

    The window of words, word pairs, affixes and shapes is the usual one for linear-chain taggers (e.g. Ratinov and
    Roth 2009, "Design Challenges and Misconceptions in Named Entity Recognition").
    """
    words = [_START, _START, *(token.text.lower() for token in tokens), _END, _END]
    shapes = [_START, _START, *(word_shape(token.text) for token in tokens), _END, _END]
    last = len(tokens) - 1
    return [_of_token(words, shapes, index + 2, first=index == 0, last=index == last) for index in range(len(tokens))]


def _of_token(words: list[str], shapes: list[str], at: int, *, first: bool, last: bool) -> list[str]:
    word, before, after = words[at], words[at - 1], words[at + 1]
    features = [
        "bias",
        f"w={word}",
        f"w-1={before}",
        f"w+1={after}",
        f"w-2={words[at - 2]}",
        f"w+2={words[at + 2]}",
        f"w-1,0={before}|{word}",
        f"w0,+1={word}|{after}",
        f"w-1,+1={before}|{after}",
        f"w-2,-1={words[at - 2]}|{before}",
        f"w+1,+2={after}|{words[at + 2]}",
        f"s={shapes[at]}",
        f"s-1={shapes[at - 1]}",
        f"s+1={shapes[at + 1]}",
        f"s-1,0,+1={shapes[at - 1]}|{shapes[at]}|{shapes[at + 1]}",
        f"suf3-1={before[-3:]}",
        f"suf3+1={after[-3:]}",
    ]
    for length in range(1, min(len(word), 4) + 1):
        features.append(f"pre{length}={word[:length]}")
        features.append(f"suf{length}={word[-length:]}")
    if first:
        features.append("first")
    if last:
        features.append("last")
    return features
