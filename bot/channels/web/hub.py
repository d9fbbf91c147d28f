"""The open sockets, and the channel that delivers to them.

The store is the mailbox: a message for somebody who is not connected counts as delivered, and is read from the store
when they come back. Everything here belongs to one event loop.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.channels.web.frames import CloseCode
from bot.channels.web.transcript import CHANNEL, message_line
from bot.messages import DeliveryFailed, OutgoingMessage
from crm_store.errors import DatabaseUnavailable
from crm_store.store import Store

MOST_CONNECTIONS = 8
MESSAGES_PER_WINDOW = 20
FRAMES_PER_WINDOW = 200
WINDOW_SECONDS = 10.0
_QUEUE_LENGTH = 1_000


class RateLimit:
    """At most ``count`` events in any ``WINDOW_SECONDS``; ``seconds`` tells a time that never goes back."""

    def __init__(self, count: int, seconds: Callable[[], float]) -> None:
        self._count = count
        self._seconds = seconds
        self._events: deque[float] = deque()

    def wait(self) -> float:
        """Count one event and return 0, or say how many seconds until one is allowed again."""
        now = self._seconds()
        while self._events and self._events[0] <= now - WINDOW_SECONDS:
            self._events.popleft()
        if len(self._events) >= self._count:
            return self._events[0] + WINDOW_SECONDS - now
        self._events.append(now)
        return 0.0

    @property
    def idle(self) -> bool:
        """Nothing counted matters any more."""
        return not self._events or self._events[-1] <= self._seconds() - WINDOW_SECONDS


class Connection:
    """One socket's way out. Frames are queued, so that a slow reader holds up nobody else."""

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        self._frames: asyncio.Queue[dict[str, Any] | int] = asyncio.Queue()
        self._closing = False

    def send(self, frame: dict[str, Any]) -> None:
        """Queue a frame; a reader that is a thousand frames behind is cut off and catches up from the store."""
        if self._closing:
            return
        if self._frames.qsize() >= _QUEUE_LENGTH:
            self.close(CloseCode.TOO_SLOW)
            return
        self._frames.put_nowait(frame)

    def close(self, code: int) -> None:
        """Close the socket after what is queued."""
        if not self._closing:
            self._closing = True
            self._frames.put_nowait(code)

    async def write_to(self, socket: WebSocket) -> None:
        """Send what is queued until the socket closes."""
        try:
            while not isinstance(item := await self._frames.get(), int):
                await socket.send_text(json.dumps(item, ensure_ascii=False, separators=(",", ":")))
            await socket.close(item)
        except WebSocketDisconnect:
            return


class Hub:
    """Who is connected. A person may have the page open in several tabs and on several devices."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._connections: defaultdict[str, list[Connection]] = defaultdict(list)
        self._limits: dict[str, RateLimit] = {}

    def connect(self, person: str, session_id: str) -> Connection | None:
        """Add a socket of ``person``; None when they have too many already."""
        if len(self._connections[person]) >= MOST_CONNECTIONS:
            return None
        connection = Connection(session_id)
        self._connections[person].append(connection)
        return connection

    def disconnect(self, person: str, connection: Connection) -> None:
        """Forget a socket."""
        self._connections[person].remove(connection)
        if not self._connections[person]:
            del self._connections[person]
        # Limits outlive their sockets, or reconnecting would be a way around them.
        self._limits = {key: limit for key, limit in self._limits.items() if key in self._connections or not limit.idle}

    def message_limit(self, person: str) -> RateLimit:
        """How much ``person`` may say, over all their sockets."""
        return self._limits.setdefault(person, RateLimit(MESSAGES_PER_WINDOW, self._seconds))

    def new_frame_limit(self) -> RateLimit:
        """How many frames of any kind one socket may send."""
        return RateLimit(FRAMES_PER_WINDOW, self._seconds)

    def push(self, person: str, frame: dict[str, Any], *, but: Connection | None = None) -> None:
        """Send a frame to every socket of ``person``, except ``but``."""
        for connection in self._connections.get(person, []):
            if connection is not but:
                connection.send(frame)

    def close_session(self, session_id: str) -> None:
        """Close every socket of a session that was signed out."""
        for connections in self._connections.values():
            for connection in connections:
                if connection.session_id == session_id:
                    connection.close(CloseCode.SIGNED_OUT)


class WebChannel:
    """Delivers outbox rows to the open pages of their person."""

    name = CHANNEL
    repeatable = True
    """The page knows its lines by their outbox ids."""

    def __init__(self, hub: Hub, store: Store, clock: Callable[[], datetime]) -> None:
        self._hub = hub
        self._store = store
        self._clock = clock

    async def deliver(self, message: OutgoingMessage) -> str | None:
        """Show the message in every open page of its conversation; there is no platform that would give it an id."""
        try:
            line = await asyncio.to_thread(self._line, message)
        except DatabaseUnavailable as err:
            raise DeliveryFailed(str(err), retry_after=1) from err
        self._hub.push(message.conversation, line)
        return None

    def _line(self, message: OutgoingMessage) -> dict[str, Any]:
        now = self._clock()
        with self._store.unit_of_work(now=now, read_only=True) as uow:
            return message_line(
                uow.session,
                outbox_id=message.outbox_id,
                conversation_id=message.conversation_id,
                body=message.body,
                at=message.created_at,
                now=now,
            )
