"""What a run on a file found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Choice = str | bool | Mapping[str, float] | list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Numbers by name, choices made by the procedure, and sentences about what was left out or assumed."""

    numbers: Mapping[str, float | int | None]
    choices: Mapping[str, Choice] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """One JSON object: numbers, choices and notes side by side."""
        return {**self.numbers, **self.choices, "notes": list(self.notes)}
