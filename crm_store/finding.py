"""Finding records by what people call them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from rapidfuzz import fuzz, process
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from crm_store.models import Account, Contact, Deal, Product, User
from crm_store.names import name_key, spelled_words

NamedRecord = Account | Contact | Deal | Product | User
Named = TypeVar("Named", bound=NamedRecord)

NEAR = 78
"""RapidFuzz score from which a name counts as "did you mean"."""

TYPO = 90
"""Score from which a single near name is taken for a misspelling rather than another name."""

_FUZZY_POOL = 20_000


@dataclass(frozen=True, slots=True)
class Matches(Generic[Named]):
    """What a name found: ``exact`` share its key, ``partial`` contain its words, ``near`` are spelled alike."""

    exact: tuple[Named, ...] = ()
    partial: tuple[Named, ...] = ()
    near: tuple[Named, ...] = ()

    @property
    def best(self) -> tuple[Named, ...]:
        """The candidates that are more than alike."""
        return (*self.exact, *self.partial)


def find_by_name(session: Session, record_class: type[Named], name: str, *, limit: int = 6) -> Matches[Named]:
    """The visible records called ``name``; likeness is only looked for when nothing else fits.

    "acme" finds "Acme Corp" and "Acme Logistics"; "Intech" is near "Initech".
    """
    key = name_key(name)
    if not key:
        return Matches()
    base = select(record_class)
    column: InstrumentedAttribute[str] = record_class.name_key
    exact = tuple(session.scalars(base.where(column == key).limit(limit)))
    said = spelled_words(name)
    spelled_out = tuple(record for record in exact if spelled_words(record.name) == said)
    if spelled_out or (exact and " " in key):
        return Matches(exact=spelled_out or exact)
    starts = column.startswith(key + " ", autoescape=True)
    ends, within = column.endswith(" " + key, autoescape=True), column.contains(f" {key} ", autoescape=True)
    partial = tuple(session.scalars(base.where(starts | ends | within).order_by(column).limit(limit)))
    if not partial:
        # Only where nobody is called just that: who says "Peter" and knows one does not mean Mr Peters.
        begun = column.contains(" " + key, autoescape=True)
        partial = tuple(session.scalars(base.where(begun).order_by(column).limit(limit)))
    if exact or partial:
        # A single word that is one name without its legal suffix may still be the start of another: "Acme".
        return Matches(exact=exact, partial=partial)
    return Matches(near=_near(session, record_class, key, limit=limit))


def _near(session: Session, record_class: type[Named], key: str, *, limit: int) -> tuple[Named, ...]:
    rows = _fuzzy_pool(session, record_class, key)
    scored = process.extract(
        key, {row.id: row.name_key for row in rows}, scorer=_likeness, score_cutoff=NEAR, limit=limit
    )
    found = [session.get(record_class, record_id) for _, _, record_id in scored]
    return tuple(record for record in found if record is not None)


def _likeness(query: str, choice: str, **options: Any) -> float:
    whole = fuzz.ratio(query, choice, score_cutoff=options.get("score_cutoff"))
    first_words = " ".join(choice.split()[: len(query.split())])
    return max(whole, fuzz.ratio(query, first_words, score_cutoff=options.get("score_cutoff")))


def _fuzzy_pool(session: Session, record_class: type[Named], key: str) -> Sequence[Any]:
    columns = select(record_class.id, record_class.name_key)
    same_initial = columns.where(record_class.name_key.startswith(key[0], autoescape=True)).limit(_FUZZY_POOL)
    return session.execute(same_initial).all()


def is_typo_of(said: str, name: str) -> bool:
    """Whether ``said`` is so close to ``name`` that asking back would be pedantry."""
    return _likeness(name_key(said), name_key(name)) >= TYPO
