"""When the bot calls a person by itself: a rule says so, the mood is bad, or it keeps being unsure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from crm_store.models import HandoverReason

_ANGRY = re.compile(
    r"\b(?:ridiculous|unacceptable|furious|disgrac\w*|fed up|had enough|worst|useless|incompetent|scam|rip-?off"
    r"|liars?|pathetic|terrible|horrible|awful|outrageous|sick of|waste of (?:my )?time|wtf|ffs|bullshit|damn"
    r"|are you (?:kidding|serious)|not helpful|never (?:works?|helps?)|nobody (?:helps?|answers?|cares?))\b"
    r"|!{3,}|\?!|!\?",
    re.IGNORECASE,
)
_SHOUTED, _LEAST_LETTERS = 0.8, 12
ANGRY_OF = 3
"""Of so many messages in a row, two angry ones call a person."""
_ENOUGH = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One message of a customer: what it said, whether it insulted, and whether the bot had no answer to it."""

    text: str
    insult: bool
    unsure: bool


def is_angry(text: str) -> bool:
    """Whether somebody sounds angry: by their words, or because they shout."""
    letters = [char for char in text if char.isalpha()]
    shouted = sum(char.isupper() for char in letters)
    return bool(_ANGRY.search(text)) or (len(letters) >= _LEAST_LETTERS and shouted >= _SHOUTED * len(letters))


def reason_to_call(latest: Sequence[Heard], *, words: Sequence[str], unsure_limit: int) -> HandoverReason | None:
    """Why a person should take over after these messages of one customer, the newest first; None: no reason.

    Pure. A rule needs one message, a bad mood two of the last three, being unsure ``unsure_limit`` in a row.
    """
    if not latest:
        return None
    said = latest[0].text
    if any(re.search(rf"\b{re.escape(word)}\b", said, re.IGNORECASE) for word in words):
        return HandoverReason.RULE
    angry = [heard.insult or is_angry(heard.text) for heard in latest[:ANGRY_OF]]
    if angry[0] and sum(angry) >= _ENOUGH:
        return HandoverReason.MOOD
    if len(latest) >= unsure_limit and all(heard.unsure for heard in latest[:unsure_limit]):
        return HandoverReason.UNSURE
    return None
