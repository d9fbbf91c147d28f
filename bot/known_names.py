"""The names on record, to find them in text that must not contain any.

Unlike the engine's gazetteer this knows deleted records too, parts of people's names ("Jane" of Jane Doe), and does not
depend on which engine reads messages.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm_store.models import Account, Contact, Deal, JournalChange, Product, Stage, User
from crm_store.names import name_key, spelled_words

NameKind = Literal["contact", "person", "account", "deal", "product", "stage"]

_PRECEDENCE: tuple[NameKind, ...] = ("stage", "product", "deal", "account", "person", "contact")
"""Of several records with one name the later kind counts: what is most personal."""

_KIND_OF_RECORD: dict[str, NameKind] = {
    "account": "account",
    "contact": "contact",
    "deal": "deal",
    "product": "product",
    "user": "person",
}
_WORD = re.compile(r"[^\W_]+")
_JOINING = re.compile(r"['\u2019_]")
_WIDEST_GAP = 3
_PARTICLES = frozenset("al bin da de del den der di dos du el ibn la le ten ter the van von zu zur".split())
_ALSO_WORDS = frozenset(
    "ace ally amber an angel art ash asked bank barn bay bell berry best bill black blue bond brook brown buck bush "
    "carol case cash chance chase clay close cloud cook cool cross crystal daily dale data day deal dean delta do "
    "dollar dot drew east faith fern field first fisher focus ford fox france frank free gap gay ginger glass gold "
    "good grace grant gray green hall hardy he heart heath hill holiday holly hope hunter iris ivy jack jay jean "
    "jewel joy king knight lance lane law lee legal level lily little long lot love low major mark mason may me mercy "
    "mike miles mill miller moon my new next no north notion open oracle order page park parker pat patience peace "
    "pearl penny per phoenix piper pool price prince prudence quick rain ray red reed rich ridge rob robin rock rose "
    "ruby rusty sage sale sales sally sandy share sharp shell short skip sky small snow so son south spring square "
    "star steel sterling stone storm strong sue summer sun sunny swift target taylor team term terry to true trust "
    "turner unity us visa wade walker ward warren wave way we web weeks west white will wind winter wise wolf wood "
    "woods worth young zoom".split()
)
"""Ordinary words that are also names; in lower case they are taken for words."""


class NameFound(NamedTuple):
    """A name on record at characters ``start`` to ``end`` (exclusive) of a text."""

    kind: NameKind
    start: int
    end: int


class NamesOnRecord:
    """Finds names of people, companies and deals. Safe to use from several threads.

    Read from the tables on first use, then kept up to date from the journal.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: int | None = None
        self._phrases: dict[str, NameKind] = {}
        self._longest: dict[str, int] = {}

    def refresh(self, session: Session) -> None:
        """Learn the names added since the last call, whoever may see them; one indexed query when there are none."""
        newest = session.scalar(select(func.max(JournalChange.id))) or 0
        with self._lock:
            if self._seen is None:
                self._load(session)
            elif newest > self._seen:
                self._follow_journal(session, self._seen)
            self._seen = newest

    def find(self, text: str) -> tuple[NameFound, ...]:
        """The names in ``text`` from the left, longest first; single ordinary words only where written as a name."""
        words = [(match, "".join(spelled_words(match.group()))) for match in _WORD.finditer(text)]
        found = []
        position = 0
        while position < len(words):
            length = self._longest_at(words, position)
            if length:
                first, last = words[position][0], words[position + length - 1][0]
                phrase = " ".join(word for _, word in words[position : position + length])
                found.append(NameFound(self._phrases[phrase], first.start(), last.end()))
            position += length or 1
        return tuple(found)

    def _longest_at(self, words: list[tuple[re.Match[str], str]], position: int) -> int:
        match, word = words[position]
        limit = min(self._longest.get(word, 0), len(words) - position)
        while limit > 1:
            stretch = words[position : position + limit]
            near = all(after[0].start() - before[0].end() <= _WIDEST_GAP for before, after in pairwise(stretch))
            if near and " ".join(each for _, each in stretch) in self._phrases:
                return limit
            limit -= 1
        if word not in self._phrases or (word in _ALSO_WORDS and not match.group()[0].isupper()):
            return 0
        return 1

    def _load(self, session: Session) -> None:
        # On the tables, below the filters of the session: what the asker may not see must not be kept either.
        columns: tuple[tuple[NameKind, Any], ...] = (
            ("stage", Stage.__table__.c.name),
            ("product", Product.__table__.c.name),
            ("deal", Deal.__table__.c.name),
            ("account", Account.__table__.c.name),
            ("person", User.__table__.c.name),
            ("person", User.__table__.c.handle),
            ("contact", Contact.__table__.c.name),
        )
        for kind, column in columns:
            self._learn(kind, session.scalars(select(column).distinct()))

    def _follow_journal(self, session: Session, seen: int) -> None:
        changes = session.scalars(
            select(JournalChange).where(JournalChange.id > seen, JournalChange.record_kind.in_(tuple(_KIND_OF_RECORD)))
        )
        for change in changes:
            names = [change.after.get(field) for field in ("name", "handle")]
            self._learn(_KIND_OF_RECORD[change.record_kind], [name for name in names if isinstance(name, str)])

    def _learn(self, kind: NameKind, names: Iterable[str]) -> None:
        for name in names:
            for key in _keys(name):
                words = key.split()
                if words and (kind != "deal" or len(words) > 1):
                    self._put(kind, words)
            if kind in {"contact", "person"}:
                for part in re.split(r"[\s_-]+", name):
                    for key in _keys(part):
                        if len(key) > 1 and key not in _PARTICLES:
                            self._put(kind, key.split())

    def _put(self, kind: NameKind, words: list[str]) -> None:
        phrase = " ".join(words)
        known = self._phrases.get(phrase)
        if known is None or _PRECEDENCE.index(kind) > _PRECEDENCE.index(known):
            self._phrases[phrase] = kind
        self._longest[words[0]] = max(self._longest.get(words[0], 0), len(words))


def _keys(name: str) -> set[str]:
    """How a name may be found: "O'Brien" is one word, but two where a text is taken apart."""
    return {name_key(name), name_key(_JOINING.sub(" ", name))}
