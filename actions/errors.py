"""Why an action could not be done. The sentence for the person is chosen in actions.questions."""

from __future__ import annotations

from dataclasses import dataclass

from crm_store.models import Record
from crm_store.proof_kinds import DataClass


class ActionError(Exception):
    """Base of everything an action may raise on purpose; nothing it did is kept."""


@dataclass(eq=False)
class Ambiguous(ActionError):
    """Several records fit what was said. ``entity`` is the one to be replaced by the chosen reference."""

    kind: str
    said: str
    candidates: tuple[Record, ...]
    entity: str = "ref"


@dataclass(eq=False)
class UnknownName(ActionError):
    """No visible record has this name; ``nearest`` are the closest. ``creatable``: offer to make it."""

    kind: str
    said: str
    nearest: tuple[Record, ...] = ()
    entity: str = "ref"
    creatable: bool = False


@dataclass(eq=False)
class Missing(ActionError):
    """Something must be asked first. ``entity`` is what the answer fills; ``question`` names the response that asks.

    ``choices`` are (label, value) pairs to press.
    """

    entity: str
    question: str
    choices: tuple[tuple[str, str], ...] = ()
    free_text: bool = False


@dataclass(eq=False)
class Refused(ActionError):
    """It cannot or may not be done; ``response`` says why, with ``data`` for its placeholders."""

    response: str
    data: dict[str, str]


def refused(response: str, **data: str) -> Refused:
    """A Refused with its data as keywords."""
    return Refused(response, data)


@dataclass(eq=False)
class ProofNeeded(ActionError):
    """The asker has not shown well enough who they are to be told of ``data``; None: not at all who they are."""

    data: DataClass | None


@dataclass(eq=False)
class SlotRejected(ActionError):
    """A form cannot take this value; the question is asked again after ``response``."""

    response: str
    data: dict[str, str]
