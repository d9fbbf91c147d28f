"""Which help article a colleague means."""

from __future__ import annotations

import re

from sqlalchemy import or_, select

from actions.errors import Ambiguous, Missing, UnknownName
from actions.resolving import by_ref
from actions.turn import Turn
from crm_store.models import Article

MOST = 5
_LANGUAGES = {
    "english": "en",
    "german": "de",
    "french": "fr",
    "spanish": "es",
    "italian": "it",
    "dutch": "nl",
    "portuguese": "pt",
    "polish": "pl",
}


def resolve_article(turn: Turn) -> Article:
    """The article named by reference, title, key or what it is about; raises Missing, Ambiguous or UnknownName."""
    referred = by_ref(turn, turn.call.first("ref"), Article.kind)
    if isinstance(referred, Article):
        return referred
    said = (turn.call.first("subject") or turn.call.first("title") or "").strip(" \"'.?")
    if not said:
        raise Missing("subject", "utter_ask_which_article", free_text=True)
    language = said_language(turn)
    titled = select(Article).where(or_(Article.title.icontains(said, autoescape=True), Article.key == slug(said)))
    if language is not None:
        titled = titled.where(Article.language == language)
    found = list(turn.session.scalars(titled.order_by(Article.id).limit(MOST)))
    exact = [article for article in found if article.title.casefold() == said.casefold()]
    if len(exact) == 1 or len(found) == 1:
        return (exact or found)[0]
    if found:
        raise Ambiguous("article", said, tuple(found))
    near = [turn.session.get(Article, hit.article_id) for hit in turn.help_centre.search(turn.session, said, limit=3)]
    raise UnknownName("article", said, tuple(article for article in near if article is not None))


def articles_about(turn: Turn, said: str) -> list[Article]:
    """Articles with these words in title, questions or text."""
    words = [word for word in re.findall(r"\w+", said.casefold()) if len(word) > 2]
    query = select(Article).order_by(Article.category, Article.title)
    for word in words:
        stem = word.removesuffix("s")
        query = query.where(
            or_(
                Article.title.icontains(stem, autoescape=True),
                Article.phrasings.icontains(stem, autoescape=True),
                Article.body.icontains(stem, autoescape=True),
            )
        )
    return list(turn.session.scalars(query))


def said_language(turn: Turn) -> str | None:
    """The two-letter code of a language that was named."""
    said = (turn.call.first("language") or "").casefold()
    return _LANGUAGES.get(said, said if re.fullmatch(r"[a-z]{2}", said) else None)


def slug(title: str) -> str:
    """A key from a title: "Reset your password" is "reset-your-password"."""
    return "-".join(re.findall(r"[a-z0-9]+", title.casefold()))[:80] or "article"
