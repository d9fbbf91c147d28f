"""Questions that the help centre answers, and owning up where it does not."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import select, update

from actions.call import Command
from actions.desk.desk import desk_of
from actions.desk.events import note_event
from actions.errors import Missing, refused
from actions.help_centre import FoundArticle
from actions.products_asked import tell_about_products
from actions.quoting import in_their_language, offer_article, quote, when_no_help
from actions.registry import EVERYONE, skill
from actions.said import own_words, words_before
from actions.skills.invoices import invoice_copy
from actions.turn import Turn
from crm_store.models import Article, ArticleVerdict, Invoice, SupportEventKind, UnansweredQuestion, UnansweredReason
from crm_store.refs import row_number

PLAUSIBLE = 0.25
"""Confidence from which an article that does not answer is worth offering."""

MAX_RELATED = 3
HELPFUL, UNHELPFUL, NONE = "helpful", "unhelpful", "none"
_LONG = {
    "pw": "password",
    "pwd": "password",
    "passwd": "password",
    "acct": "account",
    "addr": "address",
    "inv": "invoice",
    "2fa": "two-factor authentication",
    "wifi": "Wi-Fi",
    "cc": "credit card",
    "xmas": "Christmas",
}
_PAID = re.compile(r"^(?=.*\b(?:it|that|this)\b).*\b(?:paid|due|settled|overdue)\b", re.IGNORECASE)
_SHORT = re.compile(rf"\b(?:{'|'.join(_LONG)})\b", re.IGNORECASE)
_KEPT = 500
"""So many characters of a question travel with its buttons."""


@skill("action_ask_question", audience=EVERYONE)
def ask_question(turn: Turn) -> None:
    """Quote the article that answers; when not sure enough, name up to three to choose from; else say so.

    Buttons name an article, tell whether one helped, or that none of those named is meant.
    """
    verdict, topic = turn.call.first("answer"), turn.call.first("topic")
    if verdict is not None:
        _take_verdict(turn, verdict)
        return
    if topic is not None:
        article = turn.session.scalar(select(Article).where(Article.key == topic).order_by(Article.id).limit(1))
        if article is None:
            raise refused("utter_article_gone")
        _answer_with(turn, in_their_language(turn, article), "", [], question=turn.call.first("words") or "")
        return
    question = own_words(turn)
    if not any(char.isalnum() for char in question):
        raise Missing("note", "utter_ask_question", free_text=True)
    if _is_about_the_invoice(turn, question):
        invoice_copy(turn)
        return
    if tell_about_products(turn, question):
        return
    found = turn.help_centre.search(turn.session, _spelled_out(question), limit=2 * (1 + MAX_RELATED))
    article = turn.session.get(Article, found[0].article_id) if found and found[0].answers else None
    if article is not None:
        own = in_their_language(turn, article)
        _answer_with(turn, own, found[0].passage if own is article else "", found[1:], question=question)
    else:
        _own_up(turn, question, found)


def _is_about_the_invoice(turn: Turn, question: str) -> bool:
    """ "Is it paid?", right after an invoice was shown."""
    focus = turn.last_focus()
    return (
        turn.contact is not None and focus is not None and focus.kind == Invoice.kind and bool(_PAID.search(question))
    )


def _spelled_out(question: str) -> str:
    """The question with what people shorten in chat in the words of the articles."""
    return _SHORT.sub(lambda found: _LONG[found[0].casefold()], question)


def _answer_with(turn: Turn, article: Article, passage: str, others: Sequence[FoundArticle], *, question: str) -> None:
    quote(turn, article, passage)
    turn.say("utter_did_that_help")
    asked = {"words": question[:_KEPT]} if question else {}
    when_no_help(turn, Command("ask_question", {"answer": f"{UNHELPFUL}:{article.id}", **asked}))
    for name, opinion in (("yes", HELPFUL), ("no", UNHELPFUL)):
        told = Command("ask_question", {"answer": f"{opinion}:{article.id}", **asked})
        turn.offer_command(turn.words.label(name), told, once=True)
    keys = [key for key in article.related.split(",") if key]
    related = list(
        turn.session.scalars(select(Article).where(Article.key.in_(keys), Article.language == article.language))
    )
    related.sort(key=lambda each: keys.index(each.key))
    shown = {each.key: each.title for each in (*related, *_near(turn, others))}
    shown.pop(article.key, None)
    for key, title in list(shown.items())[:MAX_RELATED]:
        offer_article(turn, key, title)


def _near(turn: Turn, found: Sequence[FoundArticle]) -> list[Article]:
    """The articles worth offering, one for each key, in the person's language where there is one."""
    articles = [turn.session.get(Article, hit.article_id) for hit in found if hit.confidence >= PLAUSIBLE]
    return list({each.key: in_their_language(turn, each) for each in articles if each is not None}.values())


def _own_up(turn: Turn, question: str, found: Sequence[FoundArticle]) -> None:
    articles = _near(turn, found)[:MAX_RELATED]
    _keep(turn, question, UnansweredReason.CHOICES if articles else UnansweredReason.NOTHING)
    turn.say("utter_no_answer_near" if articles else "utter_no_answer")
    for article in articles:
        offer_article(turn, article.key, article.title, question=question[:_KEPT])
    if articles:
        none = Command("ask_question", {"answer": f"{NONE}:0", "words": question[:_KEPT]})
        turn.offer_command(turn.words.label("none_of_these"), none, once=True)
    _offer_people(turn, question)


def _keep(turn: Turn, question: str, reason: UnansweredReason) -> None:
    turn.session.add(
        UnansweredQuestion(
            conversation_id=turn.conversation.id,
            text=question,
            at=turn.uow.now,
            asked_by=str(turn.actor),
            reason=reason,
        )
    )


def _offer_people(turn: Turn, question: str) -> None:
    if turn.user is None:
        turn.offer(turn.words.label("human"), "talk_to_human")
        turn.offer(turn.words.label("intent_open_ticket"), "open_ticket", subject=question[:500], answer="anyway")


def _take_verdict(turn: Turn, verdict: str) -> None:
    """Count that an article helped or did not. Its button is single-use, so nobody counts twice."""
    opinion, _, said = verdict.partition(":")
    asked = turn.call.first("words") or ""
    if opinion == NONE:
        # The question is kept as unanswered already, since the titles were named.
        turn.say("utter_no_answer")
        _offer_people(turn, asked)
        return
    number = row_number(said)
    if opinion not in {HELPFUL, UNHELPFUL} or number is None:
        raise refused("utter_article_gone")
    column = Article.helpful if opinion == HELPFUL else Article.unhelpful
    # Readers may not write articles, and a count is no edit: below the store's access rules and its journal, one
    # statement adds one, so two readers at once are both counted and the article's version stays as it is.
    turn.uow.flush()
    turn.session.connection().execute(update(Article).where(Article.id == number).values({column: column + 1}))
    if turn.session.get(Article, number) is not None:
        turn.session.add(
            ArticleVerdict(
                article_id=number,
                conversation_id=turn.conversation.id,
                question=asked,
                helpful=opinion == HELPFUL,
                at=turn.uow.now,
                said_by=str(turn.actor),
            )
        )
    if opinion == HELPFUL:
        turn.say("utter_glad_it_helped")
        if turn.user is None:
            note_event(
                desk_of(turn),
                SupportEventKind.BOT_RESOLVED,
                turn.uow.now.isoformat(),
                conversation_id=turn.conversation.id,
                contact_id=turn.contact.id if turn.contact is not None else None,
                article=number,
            )
        return
    if asked:
        _keep(turn, asked, UnansweredReason.UNHELPFUL)
    turn.say("utter_sorry_no_help")
    _offer_people(turn, asked or words_before(turn) or turn.words.say("utter_subject_question"))
