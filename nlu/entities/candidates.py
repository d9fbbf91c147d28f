"""What the parts of the pipeline propose, before it is decided which proposals stand."""

from __future__ import annotations

from dataclasses import dataclass, field

from nlu.entities.tagger import Tagging
from nlu.gazetteer import NameHit


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueSpan:
    """A value read at characters ``start`` to ``end``: its ``kind`` as in ``nlu.values`` and its canonical text."""

    kind: str
    start: int
    end: int
    canonical: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentNumber:
    """The number of an order, invoice or ticket at characters ``start`` to ``end``, and its normal spelling."""

    entity: str
    start: int
    end: int
    canonical: str


@dataclass(slots=True)
class Candidates:
    """Everything proposed for one message; each part of the pipeline fills in its own."""

    values: tuple[ValueSpan, ...] = ()
    documents: tuple[DocumentNumber, ...] = ()
    names: tuple[NameHit, ...] = ()
    tagging: Tagging = field(default_factory=Tagging)
