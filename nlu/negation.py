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


# "stop reminding me to call", "no more reminders about it", "forget the reminder": reminders there are, not a new one.
_ENDS_REMINDING = re.compile(
    r"^\W*(?:(?:please|pls|ok(?:ay)?|hey|can you|could you|you can|i want you to)\b\W*)*"
    r"(?:(?:stop|quit|no (?:more|longer|need to)|never|enough(?: of| with)?|don'?t|do not|cease)\s+"
    r"(?:to\s+)?(?:keep\s+)?remind(?:ing|ers?)?\b"
    r"|(?:cancel|kill|delete|remove|forget|drop|scrap|end|stop|lose|bin|no (?:more|longer))\s+"
    r"(?:(?:about|all|any|my|of|our|that|the|those|this)\s+)*(?:(?!(?:and|then|or|to|but)\b)[\w'-]+\s+){0,4}?reminders?\b)",
    re.IGNORECASE,
)


def ends_reminding(text: str) -> bool:
    """Say whether ``text`` asks for a reminder there is to be ended."""
    return _ENDS_REMINDING.match(text) is not None
