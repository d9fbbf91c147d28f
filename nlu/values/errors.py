"""What the readers raise."""

from __future__ import annotations


class UnreadableValue(ValueError):
    """A value is there but cannot be taken as said.

    ``kind`` is the kind of value ("money", "date", "duration", "recurrence", "percent", "number", "phone"),
    ``reason`` a
    fixed word a reply can be chosen by ("negative", "too_large", "no_such_day", ...), ``text`` what was said.
    """

    def __init__(self, *, kind: str, reason: str, text: str) -> None:
        super().__init__(f"{kind} {text!r}: {reason}")
        self.kind = kind
        self.reason = reason
        self.text = text
