"""One look at everything that may be due, so that a second in which nothing is costs one small statement.

Each kind of work says itself, beside what does it, when it waits. Looking takes no lock; the work looks again before it
takes one, since another process may have been quicker.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import structlog
from sqlalchemy import ColumnElement, bindparam, select

from bot.service import Service
from crm_store.errors import DatabaseUnavailable
from crm_store.store import Store
from crm_store.types import UtcDateTime

_log = structlog.get_logger(__name__)
NOW: ColumnElement[datetime] = bindparam("now", type_=UtcDateTime())
"""The moment of looking, in the conditions given to :class:`Lookout`."""


class Lookout:
    """Says which of some kinds of work wait; built once, so that the statement is too.

    ``conditions``: by the name of the work, whether any waits at ``NOW``. They see every row: whatever a unit of work
    would leave out, such as deleted records, is theirs to leave out.
    """

    def __init__(self, store: Store, conditions: Mapping[str, ColumnElement[bool]]) -> None:
        self._store = store
        self._names = tuple(conditions)
        self._statement = select(*(condition.label(name) for name, condition in conditions.items()))

    def waiting(self, now: datetime) -> list[str]:
        """The names of the work that waits, in the order given. Raises DatabaseUnavailable."""
        found = self._store.look(self._statement, {"now": now})
        return [name for name, waits in zip(self._names, found, strict=True) if waits]


async def unless_unavailable(name: str, work: Callable[[], Awaitable[object]]) -> None:
    """Do ``work``; while the database is away it is left to a later tick."""
    try:
        await work()
    except DatabaseUnavailable as error:
        _log.warning("tick_skipped", tick=name, error=str(error))


Errand = tuple[ColumnElement[bool], Callable[[], Awaitable[object]]]
"""When it is to be done, and the doing."""


class Looking:
    """The tick of what must not be late: one look each second, and only what waits is done.

    Each kind of work goes on by itself, so that a mail server that hangs delays nobody's reminder; none is begun again
    while it is still going on.
    """

    def __init__(self, service: Service, errands: Mapping[str, Errand]) -> None:
        self._clock = service.clock
        self._lookout = Lookout(service.store, {name: condition for name, (condition, _) in errands.items()})
        self._work = {name: work for name, (_, work) in errands.items()}
        self._going_on: dict[str, asyncio.Task[None]] = {}

    async def look(self) -> None:
        """Begin what waits. Raises DatabaseUnavailable."""
        for name in await asyncio.to_thread(self._lookout.waiting, self._clock()):
            if name not in self._going_on:
                task = asyncio.create_task(unless_unavailable(name, self._work[name]), name=name)
                self._going_on[name] = task
                task.add_done_callback(self._ended)

    def stop(self) -> None:
        """Let go of what is still going on; a later start takes it up."""
        for task in self._going_on.values():
            task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._going_on.pop(task.get_name())
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("tick_failed", tick=task.get_name(), error=repr(error), exc_info=error)
