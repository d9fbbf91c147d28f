"""Short answers that name something: the words that only point, and what nobody can be called."""

from __future__ import annotations

import re

_POINTING = frozenset(
    "the a an one ones i mean meant it its it's is that that's thats this at from in with of for on by no nah not yes "
    "please pls take use pick choose of course company account deal contact person customer client guy".split()
)
"""Words with which people point at a choice: "the corp one", "I mean the one at Palisade"."""
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
    return frozenset(word for word in words if word not in _POINTING) if len(words) <= _MOST_POINTED else frozenset()


def name_pointed_at(text: str) -> str:
    """The name in an answer, without the words that only point: "the one at Palisade" → "Palisade"."""
    found = _POINTED.fullmatch(text)
    return found["name"] if found is not None else text.strip()


def is_no_name(text: str) -> bool:
    """Whether a message is a question, a sentence or too long, so that nobody can be called that."""
    words = len(text.split())
    asks = words >= _SHORTEST_SENTENCE and _REQUEST.match(text) is not None
    return text.rstrip().endswith("?") or asks or words > _LONGEST_NAME
