"""The sentences people read: responses of domain.yml, filled with data."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence


class UnknownResponse(KeyError):
    """domain.yml has no response of this name."""


class Words:
    """The responses by name. Immutable; safe to share."""

    def __init__(self, responses: Mapping[str, Sequence[str]]) -> None:
        self._responses = {name: tuple(texts) for name, texts in responses.items()}

    def say(self, response: str, /, **data: str) -> str:
        """The sentence, its placeholders filled; raises UnknownResponse, or KeyError for a missing placeholder."""
        try:
            template = self._responses[response][0]
        except KeyError as err:
            raise UnknownResponse(response) from err
        return string.Formatter().vformat(template, (), data).strip()

    def label(self, name: str) -> str:
        """The short text ``utter_label_<name>``, as used for fields and buttons."""
        return self.say(f"utter_label_{name}")

    def counted(self, noun: str, n: int) -> str:
        """A number with its noun, as "1 deal" or "3 deals" (responses ``utter_count_<noun>_one`` and ``_many``)."""
        return self.say(f"utter_count_{noun}_{'one' if n == 1 else 'many'}", n=f"{n:,}")

    def has(self, response: str) -> bool:
        """Whether there is a response of this name."""
        return response in self._responses

    def placeholders(self, response: str) -> frozenset[str]:
        """The names a response must be given."""
        template = self._responses[response][0]
        return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name)
