"""Keeping every version of every article, whoever changes it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, insert, inspect, select
from sqlalchemy.orm import Session

from crm_store.models import Article, ArticleVersion

SAID = ("title", "category", "body", "phrasings", "related")
"""What makes a version; counts and dates do not."""

_versions = ArticleVersion.__table__.c


def articles_changed(session: Session) -> list[Article]:
    """The articles a flush is about to write a new text of; called before it."""
    new = [item for item in session.new if isinstance(item, Article)]
    dirty = [item for item in session.dirty if isinstance(item, Article)]
    return new + [item for item in dirty if any(inspect(item).attrs[name].history.has_changes() for name in SAID)]


def write_versions(session: Session, articles: list[Article], *, actor: str, now: datetime) -> None:
    """Keep what the articles say now as their next version; called after the flush."""
    connection = session.connection()
    for article in articles:
        connection.execute(
            insert(ArticleVersion).values(
                article_id=article.id,
                number=_next_number(connection, article.id),
                saved_at=now,
                saved_by=actor,
                **{name: getattr(article, name) or "" for name in SAID},
            )
        )


def versions_of(session: Session, article: Article) -> list[ArticleVersion]:
    """All versions of an article, the newest first."""
    query = select(ArticleVersion).where(ArticleVersion.article_id == article.id)
    return list(session.scalars(query.order_by(ArticleVersion.number.desc())))


def restore(article: Article, version: ArticleVersion, *, now: datetime) -> None:
    """Let the article say again what it said in ``version``; that becomes its newest version."""
    for name in SAID:
        setattr(article, name, getattr(version, name))
    article.updated_at = now


def _next_number(connection: Connection, article_id: int) -> int:
    newest = connection.scalar(select(func.max(_versions.number)).where(_versions.article_id == article_id))
    return 1 + (newest or 0)
