"""The name of a record that may travel in a button, a journal or a link: its kind and number."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBER = r"[1-9][0-9]{0,17}"
_PATTERN = re.compile(rf"([a-z_]{{1,32}}):({_NUMBER})")


def row_number(text: str | None) -> int | None:
    """The number of a row as a button carries it; None when the text is none, or none a database could hold."""
    return int(text) if text is not None and re.fullmatch(_NUMBER, text) else None


@dataclass(frozen=True, slots=True, order=True)
class RecordRef:
    """One record. Its text form is "deal:12"."""

    kind: str
    id: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    @classmethod
    def from_text(cls, text: str) -> RecordRef | None:
        """Read "deal:12"; None when the text is nothing of the kind."""
        match = _PATTERN.fullmatch(text)
        return cls(match[1], int(match[2])) if match else None
