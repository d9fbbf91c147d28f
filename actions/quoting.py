"""Showing what the help centre says."""

from __future__ import annotations

from actions.excerpts import excerpt
from actions.turn import Turn
from crm_store.models import Article


def quote(turn: Turn, article: Article, passage: str) -> None:
    """Quote the part of an article around ``passage`` and name the article as the source."""
    turn.say("utter_article_says", text=excerpt(article.body, passage))
    turn.say("utter_article_source", title=article.title)


def offer_article(turn: Turn, key: str, title: str) -> None:
    """A button that shows an article."""
    turn.offer(title, "ask_question", topic=key)
