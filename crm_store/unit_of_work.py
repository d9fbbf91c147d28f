"""One piece of work on the store: for one actor, at one moment, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction

from crm_store.access import HIDE_DELETED, Permission, live_row_criteria, permission_to_write, row_criteria
from crm_store.actors import Actor
from crm_store.article_versions import articles_changed, write_versions
from crm_store.errors import NotAllowed
from crm_store.journal import JournalWriter, Origin
from crm_store.models import Article, Record
from crm_store.refs import RecordRef
from crm_store.reminding import move_with_close_dates
from crm_store.sales_rules import apply_sales_rules

R = TypeVar("R", bound=Record)
_OWNER = "unit_of_work"


class GuardedSession(Session):
    """A session that works for one unit of work only, which filters its reads and journals its writes.

    The listeners are the class's: putting them on every session would cost a turn as much as a dozen small queries.
    """


class UnitOfWork:
    """A session that shows only what ``actor`` may see, journals every change and rolls back unless committed.

    ``now`` is the moment everything in it happens at. Writing a record the actor may not write raises NotAllowed at the
    flush; a write that needs a confirmation is let through only when ``origin.confirmed_by`` is set. A record is never
    deleted, only marked, and never written by a bulk statement: both would pass the journal by, and raise NotAllowed.
    """

    def __init__(
        self, session_factory: Callable[[], GuardedSession], *, actor: Actor, now: datetime, origin: Origin
    ) -> None:
        self.session: Session = session_factory()
        self.session.info[_OWNER] = self
        self.actor = actor
        self.now = now
        self.journal = JournalWriter(self.session, actor=str(actor), now=now, origin=origin)
        self._rows = live_row_criteria(actor)
        self._reaching_deleted = False
        self._below_access = False
        self._articles: list[Article] = []
        self.has_journaled = False
        """Whether it has changed any record by now, committed or not."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()

    def commit(self) -> None:
        """Make everything so far permanent."""
        self.session.commit()

    def flush(self) -> None:
        """Write everything so far into the transaction; raises NotAllowed."""
        self.session.flush()

    def become(self, actor: Actor) -> None:
        """Go on as another actor in the same transaction: a turn learns who speaks only by loading the message."""
        self.session.flush()
        for item in list(self.session):
            if isinstance(item, Record):
                self.session.expunge(item)
        self.actor = actor
        self._rows = live_row_criteria(actor)
        self.journal = JournalWriter(self.session, actor=str(actor), now=self.now, origin=self.journal.origin)

    def add(self, record: R) -> R:
        """Add a new record and give it its number."""
        if record.created_at is None:
            record.created_at = self.now
        self.session.add(record)
        self.session.flush()
        return record

    def get_even_deleted(self, record_class: type[R], record_id: int) -> R | None:
        """A record by number, also when it is marked deleted, if the actor may see it otherwise."""
        self._reaching_deleted = True
        try:
            return self.session.get(record_class, record_id)
        finally:
            self._reaching_deleted = False

    def get_below_access(self, record_class: type[R], record_id: int) -> R | None:
        """A record by number, whoever asks and unless it is deleted.

        For going on with what somebody has begun in their own conversation, where a visitor sees nothing of what they
        began; what it holds is not theirs to be shown. Writing it takes the usual permission.
        """
        self._below_access = True
        try:
            return self.session.get(record_class, record_id)
        finally:
            self._below_access = False

    @contextmanager
    def below_access(self) -> Iterator[None]:
        """Whoever asks, all records that are not deleted are read inside.

        Only for sums somebody may be told without seeing what they are of, as those of a leaderboard.
        """
        self._below_access = True
        try:
            yield
        finally:
            self._below_access = False

    def permission(self, record: Record) -> Permission:
        """Whether the actor may change ``record``."""
        return permission_to_write(self.actor, record)

    def filter_read(self, state: ORMExecuteState) -> None:
        """Add to a SELECT what the actor may see; refuse what would pass the journal by. Raises NotAllowed."""
        if state.is_update or state.is_delete or state.is_insert:
            self._refuse_bulk_writes(state)
        if not state.is_select or state.is_column_load:
            return
        rows = row_criteria(self.actor) if self._reaching_deleted else self._rows
        if self._below_access:
            rows = HIDE_DELETED
        state.statement = state.statement.options(rows)

    @staticmethod
    def _refuse_bulk_writes(state: ORMExecuteState) -> None:
        mapper = state.bind_mapper
        if mapper is not None and issubclass(mapper.class_, Record):
            raise NotAllowed("write past the journal", RecordRef(mapper.class_.kind, 0))

    def before_flush(self, session: Session) -> None:
        """Apply the rules and the permissions to what is about to be written. Raises NotAllowed."""
        apply_sales_rules(session, now=self.now)
        move_with_close_dates(session, session.dirty)
        for record in session.dirty:
            if isinstance(record, Record) and session.is_modified(record):
                self._require_permission(record, "change")
        for record in session.new:
            if isinstance(record, Record):
                self._require_permission(record, "create")
        for record in session.deleted:
            if isinstance(record, Record):
                raise NotAllowed("delete for good", record.ref)
        self.journal.collect([r for r in session.dirty if session.is_modified(r)], session.new)
        self._articles = articles_changed(session)

    def after_flush(self, session: Session) -> None:
        """Write what follows from what was written: the journal and the versions of articles."""
        self.has_journaled |= self.journal.write()
        if self._articles:
            write_versions(session, self._articles, actor=str(self.actor), now=self.now)
            self._articles = []

    def _require_permission(self, record: Record, operation: str) -> None:
        permission = permission_to_write(self.actor, record)
        confirmed = self.journal.origin.confirmed_by is not None
        if permission is Permission.NO or (permission is Permission.CONFIRM and not confirmed):
            raise NotAllowed(operation, RecordRef(record.kind, record.id or 0))


def _owner_of(session: Session) -> UnitOfWork:
    # Without one nothing can be read or written: a KeyError is better than an unfiltered read.
    owner: UnitOfWork = session.info[_OWNER]
    return owner


@event.listens_for(GuardedSession, "do_orm_execute")
def _filter_read(state: ORMExecuteState) -> None:
    _owner_of(state.session).filter_read(state)


@event.listens_for(GuardedSession, "before_flush")
def _before_flush(session: Session, _context: Any, _instances: Any) -> None:
    _owner_of(session).before_flush(session)


@event.listens_for(GuardedSession, "after_flush")
def _after_flush(session: Session, _context: UOWTransaction) -> None:
    _owner_of(session).after_flush(session)
