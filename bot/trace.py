"""What a turn did and why, kept with its message: what ``rapport say --json`` prints and "why?" answers from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.dialogue.holding import Steps
from nlu.parse import ParseResult


@dataclass(slots=True)
class Trace:
    """Why the assistant did what it did with one message."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    milliseconds: float = 0.0

    def add(self, parse: ParseResult, meant: ParseResult, steps: Steps) -> None:
        """Note one request: how it was parsed, what it was taken for, and what was done."""
        self.requests.append(
            {
                "text": parse.text,
                "intent": meant.intent.name,
                "confidence": round(meant.intent.confidence, 4),
                "parsed": parse.intent.name,
                "in_scope": round(parse.in_scope, 4),
                "ranking": [[score.name, round(score.confidence, 4)] for score in parse.ranking[:3]],
                "entities": [
                    {
                        "entity": e.entity,
                        "start": e.start,
                        "end": e.end,
                        "text": e.text,
                        "value": e.value,
                        "role": e.role,
                        "extractor": e.extractor,
                    }
                    for e in (parse.entities or meant.entities)
                ],
                "actions": steps.actions,
                "error": steps.failure.error if steps.failure else None,
            }
        )

    def to_json(self) -> dict[str, Any]:
        """The form kept with the message."""
        return {"requests": self.requests, "ms": round(self.milliseconds, 1)}
