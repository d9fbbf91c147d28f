"""Questions that the help centre answers, and owning up where it does not."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update

from actions.desk.desk import desk_of
from actions.desk.events import note_event
from actions.errors import Missing, refused
from actions.help_centre import FoundArticle
from actions.quoting import offer_article, quote
from actions.registry import EVERYONE, skill
from actions.said import own_words, words_before
from actions.turn import Turn
from crm_store.models import Article, SupportEventKind, UnansweredQuestion

PLAUSIBLE = 0.25
"""Confidence from which an article that does not answer is worth offering."""

MAX_RELATED = 3
HELPFUL, UNHELPFUL = "helpful", "unhelpful"


@skill("action_ask_question", audience=EVERYONE)
def ask_question(turn: Turn) -> None:
    """Quote the article that answers; say so when none does. Buttons name an article or tell whether one helped."""
    verdict, topic = turn.call.first("answer"), turn.call.first("topic")
    if verdict is not None:
        _take_verdict(turn, verdict)
        return
    if topic is not None:
        article = turn.session.scalar(select(Article).where(Article.key == topic).order_by(Article.id).limit(1))
        if article is None:
            raise refused("utter_article_gone")
        _answer_with(turn, article, "", [])
        return
    question = own_words(turn)
    if not any(char.isalnum() for char in question):
        raise Missing("note", "utter_ask_question", free_text=True)
    found = turn.help_centre.search(turn.session, question, limit=1 + MAX_RELATED)
    article = turn.session.get(Article, found[0].article_id) if found and found[0].answers else None
    if article is not None:
        _answer_with(turn, article, found[0].passage, found[1:])
    else:
        _own_up(turn, question, found)


def _answer_with(turn: Turn, article: Article, passage: str, others: Sequence[FoundArticle]) -> None:
    quote(turn, article, passage)
    turn.say("utter_did_that_help")
    turn.offer(turn.words.label("yes"), "ask_question", once=True, answer=f"{HELPFUL}:{article.id}")
    turn.offer(turn.words.label("no"), "ask_question", once=True, answer=f"{UNHELPFUL}:{article.id}")
    keys = [key for key in article.related.split(",") if key]
    related = list(
        turn.session.scalars(select(Article).where(Article.key.in_(keys), Article.language == article.language))
    )
    related.sort(key=lambda each: keys.index(each.key))
    near = [turn.session.get(Article, hit.article_id) for hit in others if hit.confidence >= PLAUSIBLE]
    shown: dict[str, str] = {each.key: each.title for each in (*related, *near) if each is not None}
    shown.pop(article.key, None)
    for key, title in list(shown.items())[:MAX_RELATED]:
        offer_article(turn, key, title)


def _own_up(turn: Turn, question: str, found: Sequence[FoundArticle]) -> None:
    turn.session.add(
        UnansweredQuestion(
            conversation_id=turn.conversation.id, text=question, at=turn.uow.now, asked_by=str(turn.actor)
        )
    )
    near = [turn.session.get(Article, hit.article_id) for hit in found if hit.confidence >= PLAUSIBLE]
    articles = [article for article in near if article is not None][:MAX_RELATED]
    turn.say("utter_no_answer_near" if articles else "utter_no_answer")
    for article in articles:
        offer_article(turn, article.key, article.title)
    _offer_people(turn, question)


def _offer_people(turn: Turn, question: str) -> None:
    if turn.user is None:
        turn.offer(turn.words.label("human"), "talk_to_human")
        turn.offer(turn.words.label("intent_open_ticket"), "open_ticket", subject=question[:500], answer="anyway")


def _take_verdict(turn: Turn, verdict: str) -> None:
    """Count that an article helped or did not. Its button is single-use, so nobody counts twice."""
    opinion, _, number = verdict.partition(":")
    if opinion not in {HELPFUL, UNHELPFUL} or not number.isdecimal():
        raise refused("utter_article_gone")
    column = Article.helpful if opinion == HELPFUL else Article.unhelpful
    # Readers may not write articles, and a count is no edit: below the store's access rules and its journal, one
    # statement adds one, so two readers at once are both counted and the article's version stays as it is.
    turn.uow.flush()
    turn.session.connection().execute(update(Article).where(Article.id == int(number)).values({column: column + 1}))
    if opinion == HELPFUL:
        turn.say("utter_glad_it_helped")
        if turn.user is None:
            note_event(
                desk_of(turn),
                SupportEventKind.BOT_RESOLVED,
                turn.uow.now.isoformat(),
                conversation_id=turn.conversation.id,
                contact_id=turn.contact.id if turn.contact is not None else None,
                article=int(number),
            )
        return
    turn.say("utter_sorry_no_help")
    _offer_people(turn, words_before(turn) or turn.words.say("utter_subject_question"))
