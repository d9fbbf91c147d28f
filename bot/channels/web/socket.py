"""The WebSocket: one socket of one person, from hello to goodbye."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.channels.gateway import Gateway
from bot.channels.web.arriving import make_reachable
from bot.channels.web.frames import CloseCode, ErrorCode, Hello, Ping, Press, Say, error_frame, read_frame
from bot.channels.web.hub import Connection, Hub
from bot.channels.web.people import Person, load_person
from bot.channels.web.sessions import SessionCookies, WebSession
from bot.channels.web.transcript import CHANNEL, event_of, read_history, read_own_line
from bot.messages import MAX_TEXT, InboundMessage, Receipt
from crm_store.errors import DatabaseUnavailable


class SocketEndpoint:
    """Serves /ws."""

    def __init__(self, gateway: Gateway, hub: Hub, cookies: SessionCookies, origins: frozenset[str]) -> None:
        self._gateway = gateway
        self._hub = hub
        self._cookies = cookies
        self._origins = origins

    async def serve(self, socket: WebSocket) -> None:
        """Talk to one socket until it closes."""
        # Browsers let any page open a socket here, cookies included; the Origin header is what tells them apart.
        if socket.headers.get("origin", "").lower() not in self._origins:
            await socket.close(1008)
            return
        session = self._cookies.read(socket)
        person = await asyncio.to_thread(self._load, session) if session is not None else None
        await socket.accept()
        if session is None or person is None:
            await socket.close(CloseCode.SIGNED_OUT)
            return
        connection = self._hub.connect(person.key, session.id)
        if connection is None:
            await socket.close(CloseCode.TOO_MANY_CONNECTIONS)
            return
        writer = asyncio.create_task(connection.write_to(socket))
        try:
            await self._read(socket, session, person, connection)
        finally:
            self._hub.disconnect(person.key, connection)
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer

    async def _read(self, socket: WebSocket, session: WebSession, person: Person, connection: Connection) -> None:
        frames = self._hub.new_frame_limit()
        talk = _Talk(self._gateway, self._hub, session, person, connection)
        while (event := await socket.receive())["type"] != "websocket.disconnect":
            if frames.wait() > 0:
                connection.close(CloseCode.FLOOD)
                continue
            frame = read_frame(event.get("text") or "")
            try:
                await talk.answer(frame)
            except DatabaseUnavailable:
                about = frame.id if isinstance(frame, Say | Press) else None
                connection.send(error_frame(ErrorCode.TRY_AGAIN, about))
            except WebSocketDisconnect:
                return

    def _load(self, session: WebSession) -> Person | None:
        with self._gateway.store.unit_of_work(now=self._gateway.clock(), read_only=True) as uow:
            return load_person(uow.session, session.person, opened_at=session.opened_at)


class _Talk:
    """What one socket's frames do."""

    def __init__(self, gateway: Gateway, hub: Hub, session: WebSession, person: Person, connection: Connection) -> None:
        self._gateway = gateway
        self._hub = hub
        self._session = session
        self._person = person
        self._connection = connection

    async def answer(self, frame: Hello | Say | Press | Ping | None) -> None:
        match frame:
            case None:
                self._connection.send(error_frame(ErrorCode.MALFORMED))
            case Ping():
                self._connection.send({"type": "pong"})
            case Hello():
                self._connection.send(await asyncio.to_thread(self._history, frame, self._gateway.clock()))
                with suppress(DatabaseUnavailable):  # then the next time they open the page
                    now = self._gateway.clock()
                    await asyncio.to_thread(make_reachable, self._gateway.store, self._person, now=now)
            case Say():
                await self._say(frame)
            case Press():
                await self._receive(frame.id, token=frame.token)

    async def _say(self, frame: Say) -> None:
        # PostgreSQL keeps no NUL characters in text.
        text = frame.text.replace("\0", "").strip()
        if len(text) > MAX_TEXT:
            self._connection.send(error_frame(ErrorCode.TOO_LONG, frame.id, limit=MAX_TEXT, length=len(text)))
        elif not text:
            self._connection.send(error_frame(ErrorCode.EMPTY, frame.id))
        else:
            await self._receive(frame.id, text=text)

    async def _receive(self, frame_id: str, *, text: str = "", token: str | None = None) -> None:
        seconds = self._hub.message_limit(self._person.key).wait()
        if seconds > 0:
            self._connection.send(error_frame(ErrorCode.TOO_FAST, frame_id, retry_after=round(seconds, 1)))
            return
        now = self._gateway.clock()
        if await asyncio.to_thread(self._still_there, now) is None:
            self._connection.send(error_frame(ErrorCode.SIGNED_OUT, frame_id))
            self._connection.close(CloseCode.SIGNED_OUT)
            return
        receipt = await self._gateway.receive(
            InboundMessage(
                source=CHANNEL,
                event_id=event_of(self._person.key, frame_id),
                channel=CHANNEL,
                conversation=self._person.key,
                sender=self._person.key,
                sender_name=self._person.name,
                person=self._person.proven,
                sent_at=now,
                text=text,
                token=token,
            )
        )
        await self._tell(frame_id, receipt, now)

    async def _tell(self, frame_id: str, receipt: Receipt, now: datetime) -> None:
        line = await asyncio.to_thread(self._own_line, receipt.inbox_id, now)
        self._connection.send({"type": "received", "id": frame_id, "inbox_id": receipt.inbox_id, "at": line["at"]})
        if receipt.repeat:
            return
        self._hub.push(self._person.key, line, but=self._connection)
        self._hub.push(self._person.key, {"type": "typing", "inbox_id": receipt.inbox_id})

    def _history(self, frame: Hello, now: datetime) -> dict[str, Any]:
        with self._gateway.store.unit_of_work(now=now, read_only=True) as uow:
            history = read_history(uow.session, self._person.key, after=frame.after, after_own=frame.after_own, now=now)
        return {"type": "history", "lines": history.lines, "earlier": history.earlier}

    def _own_line(self, inbox_id: int, now: datetime) -> dict[str, Any]:
        with self._gateway.store.unit_of_work(now=now, read_only=True) as uow:
            return read_own_line(uow.session, inbox_id, now)

    def _still_there(self, now: datetime) -> Person | None:
        with self._gateway.store.unit_of_work(now=now, read_only=True) as uow:
            return load_person(uow.session, self._person.key, opened_at=self._session.opened_at)
