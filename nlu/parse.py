"""What understanding a message yields, whichever engine read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from nlu.values.reading import Reading

FALLBACK_INTENT = "nlu_fallback"
"""The intent of a message the engine does not understand well enough, as in Rasa's FallbackClassifier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentScore:
    """One candidate intent with its calibrated probability in [0, 1]."""

    name: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A stretch of the message that names something.

    ``start`` and ``end`` are character offsets into the message (end exclusive) and ``text == message[start:end]``.
    ``value`` is the canonical text of what was said: for a date "2027-03-31" or "2027-01-01/2027-04-01", for an amount
    "40000 EUR" or "40000", for a name the spelling on record when it is known; otherwise it equals ``text``.
    ``role`` tells two entities of one kind apart ("from" and "to" for stages). ``extractor`` names what found it.
    """

    entity: str
    start: int
    end: int
    text: str
    value: str
    role: str | None = None
    confidence: float | None = None
    extractor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseResult:
    """The reading of one message.

    ``intent`` is FALLBACK_INTENT when the message is out of scope or too uncertain; ``ranking`` always holds the real
    candidates, best first, so a caller can offer the top two. ``in_scope`` in [0, 1] says how much the message looks
    like anything the engine was trained on.
    """

    text: str
    intent: IntentScore
    ranking: tuple[IntentScore, ...] = ()
    entities: tuple[Entity, ...] = ()
    in_scope: float = 1.0


class Engine(Protocol):
    """Reads messages. Implementations are safe to call from several threads at once and never raise on any text."""

    def parse(self, text: str, *, reading: Reading) -> ParseResult:
        """Read ``text`` as said at ``reading.now`` by a person in ``reading.zone`` with ``reading.locale``."""
        ...

    def learn_names(self, names: Mapping[str, Mapping[str, str]]) -> None:
        """Add names to the gazetteer: ``{entity kind: {name or alias: canonical name}}``. Takes effect at once."""
        ...

    def forget_names(self, names: Mapping[str, frozenset[str]]) -> None:
        """Remove names from the gazetteer: ``{entity kind: names}``. Unknown names are ignored."""
        ...
