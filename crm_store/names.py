"""How names are compared: without case, accents, punctuation or legal suffixes."""

from __future__ import annotations

import re
import unicodedata

_LEGAL = frozenset(
    "inc incorporated ltd limited llc llp plc corp corporation co company gmbh ag kg ug se sa sas sarl srl spa bv nv "
    "ab as asa oy aps pty pte kk lp".split()
)
_WORD = re.compile(r"\w+", re.UNICODE)


def name_key(name: str) -> str:
    """The form under which two spellings of one name are equal; "" when nothing of a name is left.

    "ACME, Inc." and "acme" share a key; a name that consists of suffixes only ("Co") keeps them.
    """
    words = spelled_words(name)
    while len(words) > 1 and words[-1] in _LEGAL:
        words.pop()
    return " ".join(words)


def spelled_words(name: str) -> list[str]:
    """The words of a name, legal suffixes too, without case, accents and punctuation."""
    # Folded between two decompositions: a styled letter decomposes into a capital, and folding can compose again.
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    plain = "".join(char for char in plain if not unicodedata.combining(char)).replace("'", "").replace("\u2019", "")
    return _WORD.findall(plain.replace("&", " and "))
