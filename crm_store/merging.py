"""Making one record of two that are the same company or person, and finding such pairs.

Merging is a list of field changes like any other: the records of the duplicate point to the survivor, the survivor's
empty fields are filled from it, and the duplicate is marked deleted. So it is journaled, and undone as a whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, inspect, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from crm_store.changes import FieldChange
from crm_store.models import RECORDS, Account, ChannelIdentity, Contact, Record
from crm_store.refs import RecordRef
from crm_store.unit_of_work import UnitOfWork
from crm_store.values import to_json

Mergeable = Account | Contact
_KEPT = frozenset({"id", "version", "created_at", "deleted_at", "name", "name_key", "owner_id"})
_MOST_PAIRS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """What making one of two would do: ``moved`` records change hands; ``hidden`` of them the actor may not see."""

    changes: tuple[FieldChange, ...]
    moved: int
    hidden: int


def plan_merge(uow: UnitOfWork, survivor: Mergeable, duplicate: Mergeable) -> Merge:
    """What merging ``duplicate`` into ``survivor`` would change; nothing is changed yet.

    A merge with ``hidden`` records must not be carried out: they would stay behind with a deleted record.
    """
    if type(survivor) is not type(duplicate) or survivor.id == duplicate.id:
        raise ValueError("a merge takes two records of one kind")
    changes: list[FieldChange] = []
    moved = hidden = 0
    for record_class, field in _pointing_to(type(survivor)):
        column: InstrumentedAttribute[int | None] = getattr(record_class, field)
        seen = uow.session.scalars(select(record_class.id).where(column == duplicate.id)).all()
        changes += [
            FieldChange(
                ref=RecordRef(record_class.kind, record_id), field=field, before=duplicate.id, after=survivor.id
            )
            for record_id in seen
        ]
        moved += len(seen)
        hidden += _all_pointing(uow.session, record_class, field, duplicate.id) - len(seen)
    for field in _own_fields(type(survivor)):
        mine, theirs = getattr(survivor, field), getattr(duplicate, field)
        if mine in (None, "") and theirs not in (None, ""):
            changes.append(FieldChange(ref=survivor.ref, field=field, before=to_json(mine), after=to_json(theirs)))
    changes.append(FieldChange(ref=duplicate.ref, field="deleted_at", before=None, after=to_json(uow.now)))
    return Merge(changes=tuple(changes), moved=moved, hidden=hidden)


def talks_in_chat(session: Session, contact: Contact) -> bool:
    """Whether a chat account belongs to the contact, which a merge does not move to somebody else."""
    return (
        session.scalar(select(ChannelIdentity.id).where(ChannelIdentity.contact_id == contact.id).limit(1)) is not None
    )


def weight(uow: UnitOfWork, record: Mergeable) -> int:
    """How many visible records hang on this one: of two, the one with more is the better survivor."""
    return sum(
        uow.session.scalar(
            select(func.count()).select_from(record_class).where(getattr(record_class, field) == record.id)
        )
        or 0
        for record_class, field in _pointing_to(type(record))
    )


def likely_duplicates(
    session: Session, record_class: type[Account] | type[Contact]
) -> list[tuple[Mergeable, Mergeable]]:
    """Visible pairs that look like one: equal names but for case, accents and legal form, or an equal e-mail address.

    Contacts of one name count only at one company, since namesakes are common. At most 200 pairs, oldest record first.
    """
    groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
    company = Contact.account_id if record_class is Contact else Account.id * 0
    rows = session.execute(
        select(record_class.id, record_class.name_key, func.lower(record_class.email), company).order_by(
            record_class.id
        )
    )
    for record_id, key, email, at in rows:
        groups["name", key, at].append(record_id)
        if email:
            groups["email", email].append(record_id)
    pairs = {(ids[0], other) for ids in groups.values() for other in ids[1:]}
    found: list[tuple[Mergeable, Mergeable]] = []
    for first, second in sorted(pairs)[:_MOST_PAIRS]:
        one, two = session.get(record_class, first), session.get(record_class, second)
        if isinstance(one, Account | Contact) and isinstance(two, Account | Contact):
            found.append((one, two))
    return found


def _pointing_to(target: type[Record]) -> Iterator[tuple[type[Record], str]]:
    """Each kind of record and its field that points to records of ``target``."""
    table = inspect(target).local_table
    for record_class in RECORDS.values():
        for attribute in inspect(record_class).column_attrs:
            if any(key.column.table is table for column in attribute.columns for key in column.foreign_keys):
                yield record_class, attribute.key


def _all_pointing(session: Session, record_class: type[Record], field: str, record_id: int) -> int:
    # Past the filter of what the actor may see, by the table itself: nothing of the rows is told but their number.
    table = inspect(record_class).local_table
    columns = table.c
    count = select(func.count()).select_from(table).where(columns[field] == record_id, columns.deleted_at.is_(None))
    return session.connection().execute(count).scalar_one()


def _own_fields(record_class: type[Record]) -> Sequence[str]:
    return [a.key for a in inspect(record_class).column_attrs if a.key not in _KEPT]
