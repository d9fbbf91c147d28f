"""The way in: a database, opened once, handing out units of work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, Select
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from crm_store.access import user_actor
from crm_store.actors import SYSTEM, Actor, ActorKind
from crm_store.engine import open_engine
from crm_store.errors import DatabaseUnavailable
from crm_store.journal import Origin
from crm_store.models import Contact, User
from crm_store.proof_kinds import DataClass
from crm_store.unit_of_work import GuardedSession, UnitOfWork


class Store:
    """One database. Thread-safe; a unit of work belongs to one thread.

    ``rep_sees_team``: whether a rep sees the deals, tasks and activities of the other reps in their team.
    """

    def __init__(self, url: str, *, rep_sees_team: bool = True) -> None:
        self.engine: Engine = open_engine(url)
        self._rep_sees_team = rep_sees_team
        self._sessions = sessionmaker(self.engine, class_=GuardedSession, expire_on_commit=False, autoflush=True)
        self._readers = self.engine.execution_options(rapport_read_only=True)
        self._read_sessions = sessionmaker(self._readers, class_=GuardedSession, expire_on_commit=False, autoflush=True)

    @contextmanager
    def unit_of_work(
        self, *, now: datetime, actor: Actor = SYSTEM, origin: Origin | None = None, read_only: bool = False
    ) -> Iterator[UnitOfWork]:
        """A unit of work that rolls back unless committed.

        Raises DatabaseUnavailable when the database is gone or stays locked.
        ``read_only`` takes no write lock on SQLite.
        """
        factory: sessionmaker[GuardedSession] = self._read_sessions if read_only else self._sessions
        with translated_errors(), UnitOfWork(factory, actor=actor, now=now, origin=origin or Origin()) as uow:
            yield uow

    def look(self, statement: Select[*tuple[Any, ...]], parameters: Mapping[str, Any]) -> Row[*tuple[Any, ...]]:
        """The one row of a statement, as the system sees it; takes no write lock. Raises DatabaseUnavailable.

        For what is asked every second: it does without the session that a unit of work needs.
        """
        with translated_errors(), self._readers.connect() as connection:
            return connection.execute(statement, parameters).one()

    def look_for(
        self, statement: Select[*tuple[Any, ...]], parameters: Mapping[str, Any]
    ) -> Row[*tuple[Any, ...]] | None:
        """As ``look``, for a statement that may find nothing."""
        with translated_errors(), self._readers.connect() as connection:
            return connection.execute(statement, parameters).one_or_none()

    def actor_for_user(self, session: Session, user: User) -> Actor:
        """The actor a colleague is, with what they may see."""
        return user_actor(session, user, rep_sees_team=self._rep_sees_team)

    @staticmethod
    def actor_for_contact(contact: Contact, *, withheld: frozenset[DataClass] = frozenset()) -> Actor:
        """The actor an identified customer is; ``withheld`` is what their proof of identity does not open."""
        return Actor(kind=ActorKind.CONTACT, id=contact.id, account_id=contact.account_id, withheld=withheld)

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn the drivers' "cannot reach it" and "locked" into DatabaseUnavailable."""
    try:
        yield
    except DBAPIError as err:
        # SQLite says "not a database" and "malformed" as a plain DatabaseError.
        if err.connection_invalidated or isinstance(err, OperationalError) or type(err) is DatabaseError:
            raise DatabaseUnavailable(str(err.orig)) from err
        raise
