"""The help centre's articles, written and kept by chat. What customers will read is shown first and waits for a yes."""

from __future__ import annotations

import re

from sqlalchemy import select

from actions.articles_meant import articles_about, resolve_article, said_language, slug
from actions.call import Command
from actions.errors import refused
from actions.excerpts import excerpt, shorten
from actions.formatting import stamp_text
from actions.pending import Pending
from actions.proposing import propose_changes, propose_record
from actions.registry import skill
from actions.reply import Table
from actions.turn import Turn
from crm_store.article_versions import SAID, versions_of
from crm_store.changes import describe_changes
from crm_store.models import Article, Role, User
from crm_store.refs import RecordRef

AUTHORS = frozenset({Role.SUPPORT.value, Role.MANAGER.value, Role.MARKETER.value, Role.ADMIN.value})
SHOWN = 15
_OPERATIONS = (
    ("versions", re.compile(r"\b(?:versions|history|before|used to say)\b", re.IGNORECASE)),
    ("restore", re.compile(r"\b(?:restore|roll\w* back|back to|revert|undo|previous version)\b", re.IGNORECASE)),
    ("retire", re.compile(r"\b(?:delete|remove|retire|offline|unpublish|take down)\b", re.IGNORECASE)),
    ("question", re.compile(r"\badd (?:a|this|another|the) (?:question|phrasing)\b", re.IGNORECASE)),
    ("rename", re.compile(r"\b(?:rename|(?:change|edit|fix) the title|new title|retitle)\b", re.IGNORECASE)),
    ("translate", re.compile(r"\b(?:translat\w+|(?:\w+) version of)\b", re.IGNORECASE)),
    (
        "list",
        re.compile(
            r"\b(?:list|(?:which|what|all|help) articles|show (?:me )?(?:all |the )?(?:help centre )?articles)\b",
            re.IGNORECASE,
        ),
    ),
    ("edit", re.compile(r"\b(?:edit|change|update|rewrite|fix|correct|wrong|needs? an update)\b", re.IGNORECASE)),
    ("write", re.compile(r"\b(?:write|new|add|create|draft|publish|compose)\b", re.IGNORECASE)),
)
_VERSION = re.compile(r"\bversion (\d{1,4})\b|\bv(\d{1,4})\b", re.IGNORECASE)
_ASKS = {
    "write": "utter_ask_article_body",
    "edit": "utter_ask_article_edit",
    "translate": "utter_ask_article_body",
    "question": "utter_ask_article_question",
    "rename": "utter_ask_article_title",
}


@skill("action_manage_article", audience=AUTHORS)
def manage_article(turn: Turn) -> None:
    """Write, edit, rename, translate, list or retire an article, show its versions, or restore one."""
    operation = _operation(turn)
    match operation:
        case "list":
            _list(turn)
        case "write":
            _write(turn)
        case "versions":
            _show_versions(turn, resolve_article(turn))
        case "restore":
            _restore(turn, resolve_article(turn))
        case "retire":
            article = resolve_article(turn)
            changes = describe_changes(article, deleted_at=turn.uow.now)
            propose_changes(turn, changes, summary=turn.words.say("utter_summary_article_retire", title=article.title))
        case "translate":
            _translate(turn, resolve_article(turn))
        case _:
            _change(turn, resolve_article(turn), operation)


def _operation(turn: Turn) -> str:
    said = turn.call.first("answer")
    if said is not None and said in {name for name, _ in _OPERATIONS}:
        return said
    return next((name for name, pattern in _OPERATIONS if pattern.search(turn.call.words)), "list")


def _ask(turn: Turn, operation: str, **entities: str) -> None:
    """Ask for a text; whatever is typed next is that text."""
    turn.say(_ASKS[operation])
    resume = Command("manage_article", {"answer": operation, **entities})
    turn.conversation.pending = Pending(resume=resume, fill="note", free_text=True).to_json()
    turn.offer(turn.words.label("cancel"), "cancel")


def _write(turn: Turn) -> None:
    title, asked = turn.call.first("subject") or "", turn.call.first("words") if turn.call.first("answer") else None
    body = turn.call.first("note")
    language = said_language(turn) or "en"
    entities = {"language": language} | ({"subject": title} if title else {}) | ({"words": asked} if asked else {})
    if body is None:
        _ask(turn, "write", **entities)
        return
    heading = re.match(r"#{1,3}\s+(.+)\n+", body)
    if heading:
        title, body = heading[1].strip(), body[heading.end() :]
    if not title:
        title = shorten(asked or body.strip().splitlines()[0], 80)
    title = title[:1].upper() + title[1:]
    key = slug(title)
    if turn.session.scalar(select(Article).where(Article.key == key, Article.language == language)) is not None:
        raise refused("utter_article_there_already", title=title)
    values = {
        "key": key,
        "language": language,
        "title": title[:120],
        "category": "general",
        "body": body.strip(),
        "phrasings": asked or "",
        "updated_at": turn.uow.now,
    }
    turn.say("utter_article_says", text=excerpt(body, ""))
    propose_record(turn, Article, values, summary=turn.words.say("utter_summary_article_new", title=title))


def _translate(turn: Turn, article: Article) -> None:
    language, body = said_language(turn), turn.call.first("note")
    if language is None or language == article.language:
        raise refused("utter_article_which_language")
    there = select(Article).where(Article.key == article.key, Article.language == language)
    if turn.session.scalar(there) is not None:
        raise refused("utter_article_there_already", title=article.title)
    if body is None:
        _ask(turn, "translate", ref=str(article.ref), language=language)
        return
    heading = re.match(r"#{1,3}\s+(.+)\n+", body)
    values = {
        "key": article.key,
        "language": language,
        "title": heading[1].strip()[:120] if heading else article.title,
        "category": article.category,
        "body": body[heading.end() :].strip() if heading else body.strip(),
        "related": article.related,
        "updated_at": turn.uow.now,
    }
    propose_record(
        turn, Article, values, summary=turn.words.say("utter_summary_article_new", title=str(values["title"]))
    )


def _change(turn: Turn, article: Article, operation: str) -> None:
    said = turn.call.first("note")
    if said is None or not said.strip():
        if operation == "edit":
            turn.say("utter_article_now", title=article.title, text=article.body)
        _ask(turn, operation, ref=str(article.ref))
        return
    now = turn.uow.now
    if operation == "question":
        # Customers never see it; it only helps them to find the article.
        article.phrasings = "\n".join(filter(None, [article.phrasings, " ".join(said.split())[:300]]))
        article.updated_at = now
        turn.say("utter_article_question_added", title=article.title)
        turn.offer_undo()
        return
    if operation == "rename":
        title = " ".join(said.split())[:120]
        changes = describe_changes(article, title=title, updated_at=now)
        propose_changes(
            turn, changes, summary=turn.words.say("utter_summary_article_rename", title=article.title, new=title)
        )
        return
    changes = describe_changes(article, body=said.strip(), updated_at=now)
    turn.say("utter_article_says", text=excerpt(said, ""))
    propose_changes(turn, changes, summary=turn.words.say("utter_summary_article_edit", title=article.title))


def _show_versions(turn: Turn, article: Article) -> None:
    versions = versions_of(turn.session, article)
    label = turn.words.label
    names = ("version", "saved", "by", "title", "text")
    rows = tuple(
        (
            str(each.number),
            stamp_text(each.saved_at, turn.reading),
            _author(turn, each.saved_by),
            each.title,
            shorten(" ".join(each.body.split()), 80),
        )
        for each in versions[:SHOWN]
    )
    columns = tuple((label(name)[:1].upper() + label(name)[1:], "text") for name in names)
    turn.show(Table(title=article.title, columns=columns, rows=rows))  # type: ignore[arg-type]
    for each in versions[1:4]:
        said = turn.words.say("utter_button_restore", n=str(each.number))
        turn.offer(said, "manage_article", answer="restore", ref=str(article.ref), version=str(each.number))


def _author(turn: Turn, saved_by: str) -> str:
    ref = RecordRef.from_text(saved_by)
    user = turn.session.get(User, ref.id) if ref is not None and ref.kind == User.kind else None
    return user.name if user is not None else saved_by


def _restore(turn: Turn, article: Article) -> None:
    versions = versions_of(turn.session, article)
    said = _VERSION.search(turn.call.words)
    number = turn.call.first("version") or (said and (said[1] or said[2]))
    wanted = next((each for each in versions if str(each.number) == number), None) if number else None
    if wanted is None:
        if number or len(versions) < 2:
            raise refused("utter_article_no_version", title=article.title)
        wanted = versions[1]
    values = {name: getattr(wanted, name) for name in SAID}
    changes = describe_changes(article, **values)
    if not changes:
        raise refused("utter_article_same_already", title=article.title, n=str(wanted.number))
    turn.say("utter_article_says", text=excerpt(wanted.body, ""))
    summary = turn.words.say("utter_summary_article_restore", title=article.title, n=str(wanted.number))
    propose_changes(turn, (*changes, *describe_changes(article, updated_at=turn.uow.now)), summary=summary)


def _list(turn: Turn) -> None:
    said = turn.call.first("subject")
    articles = articles_about(turn, said or "")
    if not articles:
        raise refused("utter_no_articles_about", said=(said or "")[:80])
    label = turn.words.label
    names = ("article", "category", "language", "helped", "updated")
    rows = tuple(
        (
            each.title,
            each.category,
            each.language,
            f"{each.helpful}/{each.helpful + each.unhelpful}",
            stamp_text(each.updated_at, turn.reading),
        )
        for each in articles[:SHOWN]
    )
    left = len(articles) - SHOWN
    turn.show(
        Table(
            title=turn.words.say("utter_articles_title", n=str(len(articles))),
            columns=tuple((label(name)[:1].upper() + label(name)[1:], "text") for name in names),
            rows=rows,
            note=turn.words.say("utter_more_left_out", n=f"{left:,}") if left > 0 else "",
        )
    )
