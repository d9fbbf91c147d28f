"""Fakes for what we own."""

from __future__ import annotations

from collections.abc import Mapping

from actions.call import Command, command_entities
from nlu.parse import FALLBACK_INTENT, IntentScore, ParseResult
from nlu.values.reading import Reading


class FakeEngine:
    """Understands messages written as commands ("/log_deal{"account": "Initech"}") and nothing else.

    For tests of what comes after understanding. The real engine has no such feature.
    """

    def __init__(self) -> None:
        self.names: dict[str, dict[str, str]] = {}

    def parse(self, text: str, *, reading: Reading) -> ParseResult:
        """Read a command; anything else is a fallback."""
        command = Command.from_text(text)
        if command is None:
            return ParseResult(text=text, intent=IntentScore(name=FALLBACK_INTENT, confidence=0.9), in_scope=0.1)
        score = IntentScore(name=command.intent, confidence=0.95)
        return ParseResult(text=text, intent=score, ranking=(score,), entities=command_entities(command))

    def learn_names(self, names: Mapping[str, Mapping[str, str]]) -> None:
        """Remember the names, for tests to look at."""
        for kind, entries in names.items():
            self.names.setdefault(kind, {}).update(entries)

    def forget_names(self, names: Mapping[str, frozenset[str]]) -> None:
        """Forget the names."""
        for kind, entries in names.items():
            for name in entries:
                self.names.get(kind, {}).pop(name, None)
