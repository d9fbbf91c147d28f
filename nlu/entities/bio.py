"""Spans as one label per token, and back: B- for the first token of a span, I- for the others, O outside.

An entity with a role has its own labels ("stage/from"), so that a tagger learns the roles along with the spans.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from nlu.entities.tokens import Token
from nlu.training_data import AnnotatedSpan

OUTSIDE = "O"
_ROLE_MARK = "/"


class TokenSpan(NamedTuple):
    """Tokens ``first`` up to and including ``last`` carry ``label``."""

    label: str
    first: int
    last: int


def label_of(entity: str, role: str | None) -> str:
    """Return the label of an entity in a role."""
    return entity if role is None else f"{entity}{_ROLE_MARK}{role}"


def entity_and_role(label: str) -> tuple[str, str | None]:
    """Undo ``label_of``."""
    entity, mark, role = label.partition(_ROLE_MARK)
    return entity, role if mark else None


def encode(tokens: Sequence[Token], spans: Sequence[AnnotatedSpan]) -> list[str]:
    """Return the labels of ``tokens``; a token belongs to a span when they share a character.

    A span that shares a token with an earlier one is left out.
    """
    labels = [OUTSIDE] * len(tokens)
    for span in spans:
        inside = [at for at, token in enumerate(tokens) if token.start < span.end and token.end > span.start]
        if any(labels[at] != OUTSIDE for at in inside):
            continue
        name = label_of(span.entity, span.role)
        for at in inside:
            labels[at] = f"B-{name}" if at == inside[0] else f"I-{name}"
    return labels


def without_needless_beginnings(sentences: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the label sequences with I- for B- where no two spans of that label ever touch: nothing is lost.

    A chain model's training time grows with the square of the number of labels.
    """
    touching = {
        label[2:]
        for labels in sentences
        for before, label in pairwise(labels)
        if label[0] == "B" and before[2:] == label[2:]
    }
    return [
        [f"I-{label[2:]}" if label[0] == "B" and label[2:] not in touching else label for label in labels]
        for labels in sentences
    ]


def decode(labels: Sequence[str]) -> Iterator[TokenSpan]:
    """Yield the spans of a label sequence in order; an I- after something else starts a span of its own."""
    first, current = 0, ""
    for at, label in enumerate(labels):
        name = label[2:]
        if current and (label == OUTSIDE or label[0] == "B" or name != current):
            yield TokenSpan(current, first, at - 1)
            current = ""
        if label != OUTSIDE and not current:
            first, current = at, name
    if current:
        yield TokenSpan(current, first, len(labels) - 1)
