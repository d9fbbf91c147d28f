"""The help centre's index, kept in step with the articles on record."""

from __future__ import annotations

import threading
from datetime import datetime

from nlu.retrieval import ArticleText, Hit, Retriever
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm_store.models import Article
from nlu.encoder import Encoder


class ArticleIndex:
    """Finds the article that answers a question. Built on first use and renewed when an article changes."""

    def __init__(self, encoder: Encoder | None) -> None:
        self._encoder = encoder
        self._lock = threading.Lock()
        self._stamp: tuple[int, datetime | None] | None = None
        self._retriever: Retriever | None = None

    def search(self, session: Session, question: str, *, limit: int = 3) -> list[Hit]:
        """The best articles for a question, best first; an empty list when none answers it."""
        return self._current(session).search(question, limit=limit)

    def _current(self, session: Session) -> Retriever:
        stamp = session.execute(select(func.count(Article.id), func.max(Article.updated_at))).one()
        found = (int(stamp[0]), stamp[1])
        with self._lock:
            if self._retriever is None or self._stamp != found:
                articles = [
                    ArticleText(id=str(article.id), title=article.title, body=article.body)
                    for article in session.scalars(select(Article).order_by(Article.id))
                ]
                self._retriever = Retriever.build(articles, encoder=self._encoder)
                self._stamp = found
            return self._retriever
