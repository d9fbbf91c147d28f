"""All of one customer's personal data, over every table: given out as JSON, or erased, with a proof of either.

Erasing leaves the bones (a contact without a name, tickets without words) so that counts and accounts stay right.
Orders, their lines and invoices stay as they are: the law wants them kept, and without the contact's name they name
nobody. Deals stay the company's: the person is taken out of them and of their names and notes, in the journal too. What
the support desk counts stays without the person. Written below the access rules and the journal, which would keep what
is to go.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, cast

from sqlalchemy import ColumnElement, String, Table, and_, delete, func, literal, or_, select, update
from sqlalchemy import cast as cast_to
from sqlalchemy.orm import Session

from crm_store.models import (
    Activity,
    Address,
    ArticleVerdict,
    Base,
    ChannelIdentity,
    Consent,
    Contact,
    ContactLink,
    Conversation,
    Deal,
    Handover,
    IdentityProof,
    Inbox,
    Invoice,
    JournalChange,
    Message,
    Notice,
    Offer,
    Order,
    Outbox,
    OutboxStatus,
    PrivacyAct,
    PrivacyActKind,
    ProofCode,
    Proposal,
    Record,
    ReviewItem,
    SessionEnd,
    SignInLink,
    SupportEvent,
    Survey,
    Task,
    Ticket,
    TicketMessage,
    UnansweredQuestion,
)
from crm_store.models.customers import contact_tag
from crm_store.refs import RecordRef
from crm_store.unnaming import take_name_out_of_deals

ERASED = "[erased]"
_JOURNALED: tuple[type[Record], ...] = (Contact, Ticket, Activity, Task, Address)


class Fate(Enum):
    """What erasing does to rows: they go, they stay as they are, or some of their columns are emptied."""

    DELETED = "deleted"
    KEPT = "kept"
    EMPTIED = "emptied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Rows of one table that are about the person, and what erasing sets in them (``values``; empty: see ``fate``)."""

    table: Table
    where: ColumnElement[bool]
    fate: Fate
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The table's name."""
        return self.table.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was done: the proof's number, how many rows of which kind, the digest, and files to be removed from disk."""

    act_id: int
    counts: Mapping[str, int]
    digest: str
    files: tuple[str, ...] = ()


def parts_of(session: Session, contact_id: int) -> tuple[Part, ...]:
    """Where the data of a contact is. The tables are read, nothing is written."""
    connection = session.connection()
    identities = tuple(
        connection.scalars(select(_t(ChannelIdentity).c.id).where(_t(ChannelIdentity).c.contact_id == contact_id))
    )
    tickets = tuple(connection.scalars(select(_t(Ticket).c.id).where(_t(Ticket).c.contact_id == contact_id)))
    own = tuple(
        connection.scalars(
            select(_t(Inbox).c.conversation_id).where(_t(Inbox).c.identity_id.in_(identities)).distinct()
        )
    )
    # What a customer wrote also stands in the thread in which colleagues answered it.
    threads = connection.scalars(
        select(_t(Handover).c.thread_id).where(
            _t(Handover).c.conversation_id.in_(own), _t(Handover).c.thread_id.is_not(None)
        )
    )
    talks = (*own, *threads)
    messages = select(_t(Inbox).c.id).where(_t(Inbox).c.conversation_id.in_(talks))
    activities = tuple(connection.scalars(select(_t(Activity).c.id).where(_t(Activity).c.contact_id == contact_id)))
    addresses = tuple(connection.scalars(select(_t(Address).c.id).where(_t(Address).c.contact_id == contact_id)))
    tasks = tuple(connection.scalars(select(_t(Task).c.id).where(_t(Task).c.contact_id == contact_id)))
    refs = [f"{Contact.kind}:{contact_id}", *(f"{Ticket.kind}:{number}" for number in tickets)]
    journal = _t(JournalChange).c
    journaled = or_(
        *(
            and_(journal.record_kind == cls.kind, journal.record_id.in_(ids))
            for cls, ids in zip(_JOURNALED, ((contact_id,), tickets, activities, tasks, addresses), strict=True)
        )
    )

    def of_contact(cls: type[Base]) -> ColumnElement[bool]:
        return _t(cls).c.contact_id == contact_id

    def of_identity(cls: type[Base]) -> ColumnElement[bool]:
        return _t(cls).c.identity_id.in_(identities)

    def of_talk(cls: type[Base]) -> ColumnElement[bool]:
        return _t(cls).c.conversation_id.in_(talks)

    nobody = {
        "name": f"Erased contact {contact_id}",
        "name_key": f"erased contact {contact_id}",
        "email": None,
        "phone": None,
        "title": None,
        "birthday": None,
        "timezone": None,
    }
    said = {"text": ERASED}
    talk: dict[str, Any] = {
        "focus": {},
        "dialogue": {},
        "pending": {},
        "interrupted": None,
        "external_id": _erased_number(Conversation),
    }
    chat = {"external_id": _erased_number(ChannelIdentity), "display_name": "", "contact_id": None}
    return (
        Part(table=_t(Contact), where=_t(Contact).c.id == contact_id, fate=Fate.EMPTIED, values=nobody),
        Part(table=_t(Address), where=of_contact(Address), fate=Fate.DELETED),
        Part(table=contact_tag, where=contact_tag.c.contact_id == contact_id, fate=Fate.DELETED),
        Part(table=_t(Deal), where=of_contact(Deal), fate=Fate.EMPTIED, values={"contact_id": None}),
        Part(table=_t(Ticket), where=of_contact(Ticket), fate=Fate.EMPTIED, values={"subject": ERASED}),
        Part(table=_t(TicketMessage), where=_t(TicketMessage).c.ticket_id.in_(tickets), fate=Fate.EMPTIED, values=said),
        Part(table=_t(Activity), where=of_contact(Activity), fate=Fate.EMPTIED, values={"note": ERASED}),
        Part(table=_t(Task), where=of_contact(Task), fate=Fate.EMPTIED, values={"subject": ERASED}),
        Part(table=_t(Message), where=of_talk(Message), fate=Fate.EMPTIED, values=said),
        Part(
            table=_t(Inbox),
            where=of_talk(Inbox),
            fate=Fate.EMPTIED,
            values={
                **said,
                "payload": None,
                "attachments": [],
                "place": None,
                "trace": {},
            },
        ),
        Part(table=_t(Outbox), where=of_talk(Outbox), fate=Fate.EMPTIED, values={"body": {"parts": []}, "error": None}),
        Part(table=_t(Offer), where=of_talk(Offer), fate=Fate.DELETED),
        Part(table=_t(Proposal), where=of_talk(Proposal), fate=Fate.EMPTIED, values={"summary": ERASED, "changes": []}),
        Part(table=_t(Conversation), where=_t(Conversation).c.id.in_(own), fate=Fate.EMPTIED, values=talk),
        Part(table=_t(IdentityProof), where=of_contact(IdentityProof), fate=Fate.DELETED),
        Part(table=_t(ProofCode), where=or_(of_contact(ProofCode), of_identity(ProofCode)), fate=Fate.DELETED),
        Part(table=_t(ContactLink), where=of_contact(ContactLink), fate=Fate.DELETED),
        Part(table=_t(SignInLink), where=of_contact(SignInLink), fate=Fate.DELETED),
        Part(table=_t(UnansweredQuestion), where=of_talk(UnansweredQuestion), fate=Fate.DELETED),
        Part(table=_t(ArticleVerdict), where=of_talk(ArticleVerdict), fate=Fate.EMPTIED, values={"question": ""}),
        Part(table=_t(ReviewItem), where=_t(ReviewItem).c.inbox_id.in_(messages), fate=Fate.DELETED),
        Part(
            table=_t(Survey), where=or_(of_contact(Survey), of_talk(Survey)), fate=Fate.EMPTIED, values={"comment": ""}
        ),
        Part(
            table=_t(SupportEvent),
            where=or_(of_contact(SupportEvent), of_talk(SupportEvent), _t(SupportEvent).c.ticket_id.in_(tickets)),
            fate=Fate.EMPTIED,
            values={"contact_id": None},
        ),
        Part(table=_t(SessionEnd), where=of_contact(SessionEnd), fate=Fate.KEPT),
        Part(table=_t(Notice), where=_t(Notice).c.ref.in_(refs), fate=Fate.EMPTIED, values={"data": {}}),
        Part(table=_t(JournalChange), where=journaled, fate=Fate.EMPTIED, values={"before": {}, "after": {}}),
        Part(table=_t(ChannelIdentity), where=_t(ChannelIdentity).c.id.in_(identities), fate=Fate.EMPTIED, values=chat),
        Part(
            table=_t(Consent),
            where=or_(of_contact(Consent), of_identity(Consent)),
            fate=Fate.EMPTIED,
            values={"wording": ""},
        ),
        Part(table=_t(Order), where=of_contact(Order), fate=Fate.KEPT),
        Part(table=_t(Invoice), where=of_contact(Invoice), fate=Fate.KEPT),
    )


def preview(session: Session, contact_id: int) -> dict[Fate, dict[str, int]]:
    """How many rows of which kind erasing would delete, empty and keep."""
    counts: dict[Fate, dict[str, int]] = {fate: {} for fate in Fate}
    for part in parts_of(session, contact_id):
        number = session.connection().scalar(select(func.count()).select_from(part.table).where(part.where)) or 0
        if number:
            counts[part.fate][part.kind] = number
    return counts


def export(session: Session, contact_id: int, *, now: datetime, by: str) -> tuple[str, Done]:
    """Everything on record about a contact as JSON, and the proof that it was given out. Secrets are left out."""
    content, counts = _as_json(session, parts_of(session, contact_id))
    return content, _prove(session, PrivacyActKind.EXPORT, contact_id, content, counts, now=now, by=by)


def erase(session: Session, contact_id: int, *, now: datetime, by: str) -> Done:
    """Erase a contact's personal data for good. The caller commits, then removes the files that are named.

    What waits to be sent to them is not sent. Erasing twice does no harm.
    """
    session.flush()
    parts = parts_of(session, contact_id)
    content, counts = _as_json(session, parts)
    connection = session.connection()
    files = tuple(_files(session, parts))
    take_name_out_of_deals(session, contact_id)
    _end_sessions(session, contact_id, now)
    for part in parts:
        if part.fate is Fate.DELETED:
            connection.execute(delete(part.table).where(part.where))
        elif part.fate is Fate.EMPTIED:
            connection.execute(update(part.table).where(part.where).values(**part.values))
        if part.table is _t(Outbox):
            waiting = part.table.c.status.in_((OutboxStatus.QUEUED, OutboxStatus.ATTEMPTING))
            connection.execute(
                update(part.table).where(part.where, waiting).values(status=OutboxStatus.FAILED, error=ERASED)
            )
    contact = _t(Contact)
    asked = func.coalesce(contact.c.forget_requested_at, literal(now, contact.c.forget_requested_at.type))
    connection.execute(update(contact).where(contact.c.id == contact_id).values(forget_requested_at=asked))
    session.expire_all()
    proof = _prove(session, PrivacyActKind.ERASE, contact_id, content, counts, now=now, by=by)
    return replace(proof, files=files)


def _end_sessions(session: Session, contact_id: int, now: datetime) -> None:
    """Browsers in which the person is signed in are signed out; the row says nothing but when."""
    ends = session.get(SessionEnd, contact_id)
    if ends is None:
        session.add(SessionEnd(contact_id=contact_id, at=now))
    else:
        ends.at = now
    session.flush()


def _prove(
    session: Session,
    kind: PrivacyActKind,
    contact_id: int,
    content: str,
    counts: Mapping[str, int],
    *,
    now: datetime,
    by: str,
) -> Done:
    digest = hashlib.sha256(content.encode()).hexdigest()
    act = PrivacyAct(
        kind=kind,
        subject=str(RecordRef(Contact.kind, contact_id)),
        done_by=by,
        at=now,
        counts=dict(counts),
        digest=digest,
    )
    session.add(act)
    session.flush()
    return Done(act_id=act.id, counts=counts, digest=digest)


_SECRET = frozenset({"token", "token_hash", "code_hash", "salt", "address_hash", "command"})


def _as_json(session: Session, parts: Sequence[Part]) -> tuple[str, dict[str, int]]:
    data: dict[str, list[dict[str, Any]]] = {}
    for part in parts:
        columns = [column for column in part.table.columns if column.name not in _SECRET]
        rows = (
            session.connection()
            .execute(select(*columns).where(part.where).order_by(*part.table.primary_key))
            .mappings()
        )
        found = [{key: _plain(value) for key, value in row.items()} for row in rows]
        if found:
            data[part.kind] = found
    counts = {kind: len(rows) for kind, rows in data.items()}
    return json.dumps(data, ensure_ascii=False, indent=2, sort_keys=True), counts


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return None
    return value.value if isinstance(value, Enum) else value


def _files(session: Session, parts: Sequence[Part]) -> list[str]:
    inbox = next(part for part in parts if part.table is _t(Inbox))
    rows = session.connection().scalars(select(inbox.table.c.attachments).where(inbox.where))
    return [str(item["path"]) for row in rows for item in row or () if isinstance(item, dict) and item.get("path")]


def _erased_number(cls: type[Base]) -> ColumnElement[str]:
    """A name nobody on the platform has, so that whoever writes again is somebody new."""
    return literal("erased:") + cast_to(_t(cls).c.id, String)


def _t(cls: type[Base]) -> Table:
    return cast(Table, cls.__table__)
