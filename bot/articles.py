"""The help centre's index, kept in step with the articles on record."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from actions.help_centre import FoundArticle
from crm_store.article_verdicts import questions_that_helped
from crm_store.models import Article, ArticleVerdict
from nlu.article_entries import Article as Indexed
from nlu.encoder import Encoder
from nlu.retrieval import ArticleIndex

ANSWERS = 0.5
"""Confidence from which an article counts as an answer."""


class IndexedHelpCentre:
    """Implements ``actions.help_centre.HelpCentre``: indexed on first use, renewed where an article has changed."""

    def __init__(self, encoder: Encoder | None, keep_in: Path | None = None) -> None:
        """Find with ``encoder``; the folder ``keep_in`` spares the next start encoding the same articles again."""
        self._index = ArticleIndex(encoder=encoder, keep_in=keep_in)
        self._lock = threading.Lock()
        self._stamp: tuple[object, ...] | None = None
        self._known: dict[str, tuple[datetime, tuple[str, ...]]] = {}

    def search(self, session: Session, question: str, *, limit: int = 3) -> tuple[FoundArticle, ...]:
        """The articles closest to a question, best first."""
        self.prepare(session)()
        return tuple(
            FoundArticle(
                article_id=int(hit.article_id),
                title=hit.title,
                passage=hit.passage,
                confidence=hit.confidence,
                answers=hit.confidence >= ANSWERS,
            )
            for hit in self._index.search(question, limit=limit)
        )

    def prepare(self, session: Session) -> Callable[[], None]:
        """Read what has changed; the result brings the index up to date, slowly the first time, without the session."""
        count, newest = session.execute(select(func.count(Article.id), func.max(Article.updated_at))).one()
        stamp = (count, newest, session.scalar(select(func.max(ArticleVerdict.id))))
        if self._stamp == stamp:
            return lambda: None
        learned = questions_that_helped(session)
        stamps = {
            str(key): (at, learned.get(key, ())) for key, at in session.execute(select(Article.id, Article.updated_at))
        }
        changed = [int(key) for key, state in stamps.items() if self._known.get(key) != state]
        articles = tuple(
            Indexed(
                article_id=str(article.id),
                title=article.title,
                body=article.body,
                questions=(*article.phrasings.splitlines(), *learned.get(article.id, ())),
            )
            for article in session.scalars(select(Article).where(Article.id.in_(changed)))
        )
        return lambda: self._take(stamp, stamps, articles)

    def _take(
        self,
        stamp: tuple[object, ...],
        stamps: dict[str, tuple[datetime, tuple[str, ...]]],
        articles: tuple[Indexed, ...],
    ) -> None:
        with self._lock:
            if self._stamp == stamp:
                return
            self._index.put_many(articles)
            for gone in set(self._known) - set(stamps):
                self._index.remove(gone)
            self._known, self._stamp = stamps, stamp
