"""When two spellings are the same name: case, accents, punctuation, possessives and legal forms do not count."""

from __future__ import annotations

import unicodedata

from nlu.entities.tokens import Token, tokenize, words_of

_LEGAL_FORMS = frozenset(
    "inc incorporated llc llp lp ltd limited plc corp corporation co company gmbh mbh ag kg kgaa ohg ug se sa sarl sas "
    "bv nv oy oyj ab as asa aps srl spa pty kk".split()
)
# Legal forms that are no ordinary word and so belong to the name wherever they follow one in running text.
UNMISTAKABLE_LEGAL_FORMS = frozenset("inc incorporated llc llp ltd plc corp gmbh mbh kgaa ohg sarl srl pty".split())


def folded(word: str) -> str:
    """Return ``word`` without case, accents and apostrophes."""
    if not word.isascii():
        word = "".join(part for part in unicodedata.normalize("NFKD", word) if not unicodedata.combining(part))
    return word.casefold().replace("'", "").replace("’", "")


def name_tokens(text: str) -> list[Token]:
    """Return the tokens of ``text`` that make up names, folded, at their places in ``text``.

    Punctuation and possessive endings are left out; "&" and "+" count as "and".
    """
    tokens = []
    for token in tokenize(text):
        first = token.text[0]
        if first.isalnum():
            tokens.append(Token(folded(token.text), token.start, token.end))
        elif first in "&+":
            tokens.append(Token("and", token.start, token.end))
    return tokens


def name_key(name: str, *, company: bool) -> str:
    """Return what all spellings of ``name`` share; legal forms at the end of a ``company`` name do not count."""
    tokens = (word for word in words_of(name) if word[0].isalnum() or word in "&+")
    words = [folded(word) if word[0].isalnum() else "and" for word in tokens]
    return " ".join(without_legal_form(words) if company else words)


def without_legal_form(words: list[str]) -> list[str]:
    """Return ``words`` without "GmbH", "Inc", "GmbH & Co KG" at the end; at least one word stays."""
    end = len(words)
    while end > 1 and (words[end - 1] in _LEGAL_FORMS or (end < len(words) and words[end - 1] == "and")):
        end -= 1
    return words[:end]
