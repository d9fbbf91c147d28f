"""Requests not to do something."""

from __future__ import annotations

import re

# "don't close it", "please do not delete the deal yet". Not: "don't forget to call", "don't let me miss it" (requests
# to do something), "I don't know" (no request), "we didn't win" (a statement).
_PROHIBITION = re.compile(
    r"^\W*(?:(?:please|pls|no|wait|stop|hey|hold on|actually|oh|but)\b\W*)*"
    r"(?:do\s+not|don'?t|dont|never)\s+(?!forget|let\s+me|you|want|need|miss|worry|know|think|understand|mind|have|like|see|hesitate)\w+",
    re.IGNORECASE,
)


def is_prohibition(text: str) -> bool:
    """Say whether ``text`` asks not to do something."""
    return _PROHIBITION.match(text) is not None
