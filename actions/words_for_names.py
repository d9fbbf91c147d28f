"""Short answers that name something: the words that only point, and what nobody can be called."""

from __future__ import annotations

import re

POINTING = frozenset(
    """a an the one ones this that thats that's these those it its it's is was of from in on at by them list all before
    but i id ill lets let me my we us mean meant want wanted need take use choose pick select go with would be
    say said think guess probably please pls plz thanks thx thank you yes yeah yep ok okay sure no nah not just
    to for and course top bottom up down option choice number nr item answer variant entry last next guy person
    company account contact customer client deal task ticket order article""".split()
)
"""Words with which people point at a choice: "the corp one", "I mean the second, please"."""
_MOST_POINTED = 8
_REQUEST = re.compile(
    r"^\W*(?:(?:and|but|ok|okay|hey|so|well|btw)\b\W*)*(?:what|who|whom|whose|when|where|why|which|how|can|could|would|will"
    r"|should|is|are|was|were|do|does|did|am|has|have|show|list|tell|log|remind|move|set|send|open|close|add"
    r"|give|call it|whats|whos|hows|wheres|lets|let|i|we|they|he|she|its|it)(?:'\w+)?\b",
    re.IGNORECASE,
)
_LONGEST_NAME, _SHORTEST_SENTENCE = 6, 4


_POINTED = re.compile(
    r"\W*(?:(?:no|nah|yes|ok)\b\W*)?(?:(?:i mean|i meant|it'?s|that'?s|use|take|choose|pick)\s+)?"
    r"(?:the\s+ones?\s+(?:at|in|from|with|of|for|called|named)\s+(?:the\s+)?|the\s+(?=.*\sone\W*$))?"
    r"(?P<name>\S.*?)(?:\s+one)?(?:\W+(?:please|pls))?[\s.!]*",
    re.IGNORECASE,
)


def telling_words(text: str) -> frozenset[str]:
    """The words of a short answer that can tell one choice from another; none of a long one."""
    words = re.findall(r"[^\s,.!?;:]+", text.casefold())
    return frozenset(word for word in words if word not in POINTING) if len(words) <= _MOST_POINTED else frozenset()


def name_pointed_at(text: str) -> str:
    """The name in an answer, without the words that only point: "the one at Palisade" → "Palisade"."""
    found = _POINTED.fullmatch(text)
    return found["name"] if found is not None else text.strip()


def is_no_name(text: str) -> bool:
    """Whether a message is a question, a sentence or too long, so that nobody can be called that."""
    words = len(text.split())
    asks = words >= _SHORTEST_SENTENCE and _REQUEST.match(text) is not None
    return text.rstrip().endswith("?") or asks or words > _LONGEST_NAME
