"""Showing what the help centre says."""

from __future__ import annotations

from sqlalchemy import select

from actions.call import Command
from actions.excerpts import excerpt
from actions.turn import Turn
from crm_store.models import Article


def quote(turn: Turn, article: Article, passage: str) -> None:
    """Quote the part of an article around ``passage`` and name the article as the source."""
    turn.say("utter_article_says", text=excerpt(article.body, passage))
    turn.say("utter_article_source", title=article.title)


def offer_article(turn: Turn, key: str, title: str, *, question: str = "") -> None:
    """A button that shows an article; ``question`` is what it is offered for."""
    asked = {"words": question} if question else {}
    turn.offer_command(title, Command("ask_question", {"topic": key, **asked}))


NO_HELP = "no_help"
"""In a conversation's focus: what "that didn't work", as the very next message, stands for."""


def when_no_help(turn: Turn, command: Command) -> None:
    """Keep what is to be done when the person says at once that what they were told does not help."""
    turn.conversation.focus = {**turn.conversation.focus, NO_HELP: str(command)}


def in_their_language(turn: Turn, article: Article) -> Article:
    """The article of the same key in the person's own language where there is one, else this one."""
    language = turn.reading.locale[:2]
    if article.language == language:
        return article
    query = select(Article).where(Article.key == article.key, Article.language == language)
    return turn.session.scalar(query) or article
