"""Help articles from files: Markdown, HTML or CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from sqlalchemy import select

from crm_store.errors import InvalidValue
from crm_store.models import Article
from crm_store.unit_of_work import UnitOfWork

MARKDOWN, HTML = frozenset({".md", ".markdown"}), frozenset({".html", ".htm"})
_HEADING = re.compile(r"^# +(.+?) *#*$", re.MULTILINE)
_LONGEST_TITLE = 120
_BLOCKS = frozenset({"p", "div", "section", "article", "table", "tr", "ul", "ol", "blockquote", "pre"})
_UNREAD = frozenset({"script", "style", "head", "nav", "footer", "template"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleText:
    """An article as a file has it. ``questions`` are lines, one question each."""

    title: str
    body: str
    key: str = ""
    language: str = "en"
    category: str = "general"
    questions: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedArticles:
    """How many were new, changed, or said the same already."""

    created: int
    changed: int
    same: int


def holds_articles(path: Path) -> bool:
    """Whether a file looks like articles rather than records: by its name, or a CSV header with title and body."""
    if path.suffix.lower() in MARKDOWN | HTML:
        return True
    with path.open(encoding="utf-8-sig", newline="") as file:
        header = {name.strip().casefold() for name in next(csv.reader(file), [])}
    return {"title", "body"} <= header


def import_articles(uow: UnitOfWork, path: Path, *, language: str = "en") -> ImportedArticles:
    """Add the articles of a file, or replace those of the same key and language; all or none, the caller commits.

    A replaced article keeps its earlier versions. Raises InvalidValue for a file without articles or an article without
    a title or a text, and UnicodeDecodeError for one that is not UTF-8.
    """
    created = changed = same = 0
    for text in _read(path, language):
        if not text.title.strip() or not text.body.strip():
            raise InvalidValue("article", text.title or text.body[:60], "it needs a title and a text")
        key = text.key or _key(text.title)
        found = uow.session.scalar(select(Article).where(Article.key == key, Article.language == text.language))
        values = {"title": text.title.strip()[:_LONGEST_TITLE], "body": text.body.strip(), "category": text.category}
        if text.questions:
            values["phrasings"] = text.questions
        if found is None:
            created += 1
            uow.add(Article(key=key, language=text.language, updated_at=uow.now, **values))
        elif all(getattr(found, name) == value for name, value in values.items()):
            same += 1
        else:
            changed += 1
            for name, value in values.items():
                setattr(found, name, value)
            found.updated_at = uow.now
    if not created + changed + same:
        raise InvalidValue("article", path.name, "no article was found in it")
    uow.flush()
    return ImportedArticles(created=created, changed=changed, same=same)


def _read(path: Path, language: str) -> Iterator[ArticleText]:
    text = path.read_text(encoding="utf-8-sig")
    suffix = path.suffix.lower()
    if suffix in HTML:
        reader = _ToMarkdown()
        reader.feed(text)
        reader.close()
        text = reader.markdown()
    if suffix in HTML | MARKDOWN:
        yield from _from_markdown(text, language)
        return
    for row in csv.DictReader(io.StringIO(text)):
        cells = {(name or "").strip().casefold(): (value or "").strip() for name, value in row.items() if name}
        yield ArticleText(
            title=cells.get("title", ""),
            body=cells.get("body", ""),
            key=_key(cells["key"]) if cells.get("key") else "",
            language=(cells.get("language") or language)[:2].lower(),
            category=cells.get("category") or "general",
            questions="\n".join(filter(None, re.split(r"\s*[\n|;]\s*", cells.get("questions", "")))),
        )


def _from_markdown(text: str, language: str) -> Iterator[ArticleText]:
    """An article for each heading of the first level; what stands before the first is nobody's."""
    headings = list(_HEADING.finditer(text))
    for heading, following in zip(headings, [*headings[1:], None][: len(headings)], strict=True):
        body = text[heading.end() : following.start() if following is not None else len(text)]
        yield ArticleText(title=heading[1], body=body, language=language)


def _key(title: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", title.casefold()))[:80] or "article"


class _ToMarkdown(HTMLParser):
    """Headings, paragraphs, lists, tables' rows, emphasis and links of an HTML page as Markdown; the rest is text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._out: list[str] = []
        self._unread = 0
        self._lists: list[int | None] = []
        self._link = ""

    def markdown(self) -> str:
        """What was read."""
        text = re.sub(r"[ \t]*\n[ \t]*", "\n", "".join(self._out))
        return re.sub(r"\n{3,}", "\n\n", text).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin what a tag stands for."""
        if tag in _UNREAD:
            self._unread += 1
        elif re.fullmatch(r"h[1-6]", tag):
            self._out.append(f"\n\n{'#' * int(tag[1])} ")
        elif tag == "li":
            number = self._lists[-1] if self._lists else None
            self._out.append("\n- " if number is None else f"\n{number}. ")
            if self._lists and number is not None:
                self._lists[-1] = number + 1
        elif tag in {"strong", "b"}:
            self._out.append("**")
        elif tag == "br":
            self._out.append("\n")
        elif tag == "a":
            self._link = dict(attrs).get("href") or ""
            self._out.append("[" if self._link.startswith(("http://", "https://")) else "")
        elif tag in {"td", "th"}:
            self._out.append(" · " if self._out and not self._out[-1].endswith("\n") else "")
        if tag in {"ul", "ol"}:
            self._lists.append(1 if tag == "ol" else None)
        if tag in _BLOCKS:
            self._out.append("\n" if tag == "tr" else "\n\n")

    def handle_endtag(self, tag: str) -> None:
        """End it."""
        if tag in _UNREAD:
            self._unread = max(0, self._unread - 1)
        elif re.fullmatch(r"h[1-6]", tag) or tag in _BLOCKS:
            self._out.append("\n\n" if tag != "tr" else "")
        elif tag in {"strong", "b"}:
            self._out.append("**")
        elif tag == "a" and self._link.startswith(("http://", "https://")):
            self._out.append(f"]({self._link})")
        if tag in {"ul", "ol"} and self._lists:
            self._lists.pop()

    def handle_data(self, data: str) -> None:
        """Take text in; line breaks in the source mean nothing."""
        if not self._unread:
            self._out.append(re.sub(r"\s+", " ", data) if data.strip() else " " if data and self._out else "")
