"""What the customer skills ask of the help centre's index."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundArticle:
    """An article near a question: its best passage, how sure the index is (in [0, 1]), and whether that is enough."""

    article_id: int
    title: str
    passage: str
    confidence: float
    answers: bool


class HelpCentre(Protocol):
    """Finds articles. Safe to call from several threads; sees articles changed up to the session's moment."""

    def prepare(self, session: Session) -> Callable[[], None]:
        """Read what has changed; calling the result brings the index up to date, which may take seconds."""
        ...

    def search(self, session: Session, question: str, *, limit: int = 3) -> tuple[FoundArticle, ...]:
        """The articles closest to a question, best first; the first one answers it only when it says so."""
        ...
