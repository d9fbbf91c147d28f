"""The names a question may hold: colleagues, teams, stages, products, sources, places and the like, from the store."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from babel import Locale
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from actions.asking.lexicon import COUNTRIES, COUNTRY_GROUPS, VALUE_ALIASES
from actions.asking.words import Words, split
from crm_store.insights.query.layer import Dimension
from crm_store.insights.values_in_use import values_in_use
from crm_store.models import (
    Account,
    ActivityKind,
    Address,
    Deal,
    ExchangeRate,
    JournalChange,
    OrderStatus,
    Product,
    Stage,
    StageType,
    Team,
    Ticket,
    TicketPriority,
    TicketStatus,
    User,
)
from crm_store.names import name_key
from crm_store.unit_of_work import UnitOfWork

_SOLVED = "solved"
_OF_A_BRAND = 3
"""So many products that begin with one word are also called without it."""

_STATE = select(
    select(func.max(JournalChange.id)).scalar_subquery(),
    select(func.max(ExchangeRate.id)).scalar_subquery(),
    select(func.aggregate_strings(Team.name, ",")).scalar_subquery(),
    select(func.aggregate_strings(Stage.name, ",")).scalar_subquery(),
)
"""Grows or changes with whatever a vocabulary is made of; teams, stages and rates are not journaled."""
_kept: WeakKeyDictionary[Engine, tuple[tuple[Any, ...], Vocabulary]] = WeakKeyDictionary()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A value of a dimension: its keys in the store and the name it is shown by."""

    dimension: Dimension
    keys: tuple[int | str, ...]
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """What names mean, by their words; several values may share a name. Accounts are looked up one question at a time.

    ``team_members`` are the users of each team.
    """

    values: Mapping[Words, tuple[NamedValue, ...]]
    team_members: Mapping[int, frozenset[int]]
    longest: int

    @classmethod
    def load(cls, session: Session) -> Vocabulary:
        """Read the names; a handful of small queries. Names are no secret from colleagues, their records are."""
        found: dict[Words, dict[NamedValue, None]] = {}
        for said, value in _everything(session):
            words = split(said)
            if words:
                found.setdefault(words, {})[value] = None
        users, members = User.__table__.c, dict[int, set[int]]()
        for user, team in session.execute(select(users.id, users.team_id).where(users.team_id.is_not(None))):
            members.setdefault(team, set()).add(user)
        return cls(
            values={words: tuple(values) for words, values in found.items()},
            team_members={team: frozenset(ids) for team, ids in members.items()},
            longest=max(map(len, found), default=1),
        )


def vocabulary_of(uow: UnitOfWork) -> Vocabulary:
    """The vocabulary of a store, read again only when something it may be made of has changed."""
    if uow.has_journaled:
        # What is not yet committed may never be: whoever asks next must not be told of it.
        return Vocabulary.load(uow.session)
    engine, state = uow.session.connection().engine, tuple(uow.session.execute(_STATE).one())
    with _lock:
        kept = _kept.get(engine)
    if kept is None or kept[0] != state:
        kept = (state, Vocabulary.load(uow.session))
        with _lock:
            _kept[engine] = kept
    return kept[1]


def accounts_named(session: Session, candidates: Iterable[Words]) -> dict[Words, tuple[NamedValue, ...]]:
    """The visible accounts called by one of these stretches of words."""
    by_key: dict[str, list[Words]] = {}
    for words in candidates:
        key = name_key(" ".join(words))
        if key:
            by_key.setdefault(key, []).append(words)
    found: dict[Words, tuple[NamedValue, ...]] = {}
    query = select(Account.id, Account.name, Account.name_key).where(Account.name_key.in_(sorted(by_key)))
    for number, name, key in session.execute(query):
        value = NamedValue(Dimension.ACCOUNT, (number,), name)
        for words in by_key[key]:
            found[words] = (*found.get(words, ()), value)
    return found


def _everything(session: Session) -> Iterator[tuple[str, NamedValue]]:
    yield from _people(session)
    teams = Team.__table__.c
    for number, name in session.execute(select(teams.id, teams.name)):
        value = NamedValue(Dimension.TEAM, (number,), name)
        yield name, value
        yield f"{name} team", value
        yield f"team {name}", value
    yield from _stages(session)
    products = Product.__table__.c
    kinds: dict[str, list[int]] = {}
    named = list(session.execute(select(products.id, products.name, products.sku)))
    firsts = Counter(name.split()[0] for _, name, _ in named)
    for number, name, _ in named:
        first, *rest = name.split()
        if rest and firsts[first] >= _OF_A_BRAND:
            short = " ".join(rest)
            yield from ((said, NamedValue(Dimension.PRODUCT, (number,), name)) for said in (short, *_plurals(short)))
    for number, name, sku in named:
        value = NamedValue(Dimension.PRODUCT, (number,), name)
        yield name, value
        yield sku, value
        yield from ((plural, value) for plural in _plurals(name))
        kind = " ".join(word for word in name.split() if not any(char.isdigit() for char in word))
        if kind and kind != name:
            kinds.setdefault(kind, []).append(number)
    for kind, numbers in kinds.items():
        value = NamedValue(Dimension.PRODUCT, tuple(numbers), kind)
        yield from ((said, value) for said in (kind, *_plurals(kind)))
    for dimension, table, column in (
        (Dimension.SOURCE, Deal.__table__, "source"),
        (Dimension.REASON, Deal.__table__, "lost_reason"),
        (Dimension.INDUSTRY, Account.__table__, "industry"),
        (Dimension.REGION, Account.__table__, "region"),
        (Dimension.CATEGORY, Ticket.__table__, "category"),
    ):
        yield from _plain(dimension, _distinct(session, table, column))
    yield from _countries(_distinct(session, Address.__table__, "country"))
    yield from _plain(Dimension.KIND, ActivityKind)
    yield from _plain(Dimension.PRIORITY, TicketPriority)
    yield from ((f"{each} priority", NamedValue(Dimension.PRIORITY, (each,), each.value)) for each in TicketPriority)
    yield from _plain(Dimension.STATUS, (*OrderStatus, TicketStatus.OPEN, TicketStatus.WAITING))
    solved = NamedValue(Dimension.STATUS, (TicketStatus.SOLVED, TicketStatus.CLOSED), _SOLVED)
    yield from ((word, solved) for word in (_SOLVED, "resolved", "closed", "solve", "resolve"))
    codes = set(session.scalars(select(ExchangeRate.currency).distinct()))
    yield from ((code, NamedValue(Dimension.CURRENCY, (code,), code)) for code in codes | {"USD"})


def _people(session: Session) -> Iterator[tuple[str, NamedValue]]:
    users = User.__table__.c
    rows = list(session.execute(select(users.id, users.handle, users.name).where(users.deleted_at.is_(None))))
    for number, handle, name in rows:
        value = NamedValue(Dimension.REP, (number,), name)
        yield from ((said, value) for said in (handle, name, name.split()[0], name.split()[-1]))


def _stages(session: Session) -> Iterator[tuple[str, NamedValue]]:
    """Stages of one name in several pipelines are one value."""
    by_name: dict[str, list[int]] = {}
    for number, name, type_ in session.execute(select(Stage.id, Stage.name, Stage.type)):
        if type_ is StageType.OPEN:
            by_name.setdefault(name, []).append(number)
    for name, numbers in by_name.items():
        yield name, NamedValue(Dimension.STAGE, tuple(numbers), name)


def _countries(codes: Sequence[str]) -> Iterator[tuple[str, NamedValue]]:
    territories = Locale("en").territories
    for code in codes:
        value = NamedValue(Dimension.COUNTRY, (code,), code)
        yield territories.get(code, code), value
        yield from ((said, value) for said, meant in COUNTRIES.items() if meant == code)
    used = set(codes)
    for said, group in COUNTRY_GROUPS.items():
        present = tuple(code for code in group if code in used)
        if present:
            yield said, NamedValue(Dimension.COUNTRY, present, said)


def _plain(dimension: Dimension, names: Iterable[str]) -> Iterator[tuple[str, NamedValue]]:
    for name in names:
        text = str(name)
        value = NamedValue(dimension, (text,), text)
        yield text, value
        yield from ((plural, value) for plural in _plurals(text))
        yield from ((said, value) for said, meant in VALUE_ALIASES.get(dimension, {}).items() if meant == text)


def _plurals(name: str) -> tuple[str, ...]:
    return (name[:-1] + "ies", name + "s") if name.endswith("y") else (name + "s",)


def _distinct(session: Session, table: Any, column: str) -> list[str]:
    return [value for value in values_in_use(session, table.c[column]) if value]
