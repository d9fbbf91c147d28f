"""Keeping the engine's gazetteer in step with the names on record."""

from __future__ import annotations

import threading

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm_store.models import Account, Contact, Deal, JournalChange, Product, Stage, User
from nlu.parse import Engine

_NEWEST = select(func.max(JournalChange.id))
_ENTITY_OF = {"account": "account", "contact": "contact", "deal": "deal", "product": "product", "user": "person"}


class NameDirectory:
    """Remembers up to where in the journal the engine has been told about names.

    Other processes' additions arrive the same way as our own: as journal entries newer than the last one seen.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen = -1

    def load(self, session: Session, engine: Engine) -> None:
        """Tell the engine all names on record."""
        with self._lock:
            self._seen = session.scalar(_NEWEST) or 0
            names: dict[str, dict[str, str]] = {"stage": {}, "person": {}}
            for cls, entity in ((Account, "account"), (Contact, "contact"), (Product, "product"), (Deal, "deal")):
                names[entity] = {
                    name: name for name in session.scalars(select(cls.name).where(cls.deleted_at.is_(None)))
                }
            for handle, name in session.execute(select(User.handle, User.name)):
                first = name.split()[0]
                # "danas deals": in chat the apostrophe is left out.
                owning = {f"{each}s": name for each in (handle, first) if not each.endswith("s")}
                names["person"] |= {name: name, handle: name, first: name, **owning}
            names["stage"] = {name: name for name in session.scalars(select(Stage.name).distinct())}
            engine.learn_names(names)

    def refresh(self, session: Session, engine: Engine) -> None:
        """Tell the engine the names added or changed since the last call. One indexed query when nothing changed."""
        newest = session.scalar(_NEWEST) or 0
        if newest <= self._seen:
            return
        with self._lock:
            if newest <= self._seen:
                return
            changes = session.scalars(
                select(JournalChange).where(
                    JournalChange.id > self._seen, JournalChange.record_kind.in_(tuple(_ENTITY_OF))
                )
            )
            names: dict[str, dict[str, str]] = {}
            for change in changes:
                name = change.after.get("name")
                if isinstance(name, str):
                    names.setdefault(_ENTITY_OF[change.record_kind], {})[name] = name
            if names:
                engine.learn_names(names)
            self._seen = newest
