"""Approving and rejecting in words: "approve", "reject the Initech one, too cheap"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from actions.approving import asker_of
from actions.turn import Turn
from crm_store.models import Proposal, Verdict
from crm_store.names import name_key
from nlu.values import read_ordinal


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What somebody said in words: "reject the Initech one, too cheap". ``about`` is what it may name."""

    verdict: Verdict
    about: str = ""
    comment: str | None = None


_RULING = re.compile(
    r"\W*(?:(?:yes|no|ok(?:ay)?|sorry|please|i)\b\W*)*"
    r"(?:i(?:'ll|'d| would| have to)?\s+|have to\s+)?"
    r"(?P<verdict>approv(?:ed|es|e)|reject(?:ed|s)?|declin(?:ed|es|e)|den(?:ied|y)|not approved)\b(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_COMMENT = re.compile(r"\s*(?:[,:;.!–—-]+(?:\s|$)|\b(?:because|since|as|but|due to)\b)\s*", re.IGNORECASE)
_FILLER = re.compile(
    r"\b(?:it|this|that|them|all|the|one|of|for|from|request|deal|change|approval|please|pls|thanks|proposal|'s)\b|\W",
    re.IGNORECASE,
)


def read_ruling(text: str) -> Ruling | None:
    """What was ruled in words, None when the text approves and rejects nothing."""
    match = _RULING.fullmatch(text.strip())
    if match is None:
        return None
    verdict = Verdict.APPROVED if match["verdict"].casefold().startswith("approv") else Verdict.REJECTED
    about, *rest = _COMMENT.split(match["rest"], maxsplit=1)
    comment = rest[0].strip() if rest else ""
    about = about.strip()
    return Ruling(verdict=verdict, about=about if _FILLER.sub("", about) else "", comment=comment or None)


def meant_by(turn: Turn, ruling: Ruling, waiting: Sequence[Proposal]) -> tuple[list[Proposal], str | None]:
    """The waiting proposals a ruling may be about, and its comment: what names none of them is said about them."""
    if not ruling.about:
        return list(waiting), ruling.comment
    place = read_ordinal(ruling.about)
    if place is not None and 1 <= place <= len(waiting):
        return [waiting[place - 1]], ruling.comment
    keys = [key for key in name_key(_FILLER.sub(" ", ruling.about)).split() if len(key) > 1 or key.isdigit()]
    named = [
        proposal
        for proposal in waiting
        if keys and all(key in name_key(f"{proposal.summary} {asker_of(turn, proposal).name}").split() for key in keys)
    ]
    if named:
        return named, ruling.comment
    said = " ".join(filter(None, (ruling.about, ruling.comment)))
    return list(waiting), said
