"""How the stand-in sends what happens: signed requests over HTTP, or envelopes over Socket Mode. Both try again."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode

import aiohttp
from aiohttp import WSMsgType, web

from tests.slack.standin.workspace import SIGNING_SECRET


@dataclass(slots=True)
class Sent:
    """What became of one event: whether it was acknowledged, how long that took (s), and the answer's payload."""

    acknowledged: bool = False
    seconds: float = 0.0
    answer: Any = None
    attempts: int = 0
    statuses: list[int] = field(default_factory=list)


class Transport(Protocol):
    """A way to the app. ``kind`` is "events_api", "interactive" or "slash_commands"."""

    async def send(self, kind: str, payload: dict[str, Any]) -> Sent:
        """Send until it is acknowledged, at most four times."""
        ...


class HttpTransport:
    """Signed requests to the app's address. ``pauses`` are the waits before each further attempt."""

    def __init__(
        self,
        url: str,
        *,
        secret: str = SIGNING_SECRET,
        patience: float = 3.0,
        pauses: tuple[float, ...] = (0, 0.2, 0.5),
    ) -> None:
        self.url = url
        self._secret = secret
        self._patience = patience
        self._pauses = pauses
        self._session = aiohttp.ClientSession()

    async def send(self, kind: str, payload: dict[str, Any]) -> Sent:
        sent = Sent()
        tries = (None, *self._pauses) if kind == "events_api" else (None,)
        for number, pause in enumerate(tries):
            if pause:
                await asyncio.sleep(pause)
            await self._attempt(kind, payload, sent, number)
            if sent.acknowledged:
                break
        return sent

    async def _attempt(self, kind: str, payload: dict[str, Any], sent: Sent, number: int) -> None:
        body, headers = self._request(kind, payload)
        if number:
            headers |= {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": "http_timeout"}
        started = time.perf_counter()
        sent.attempts += 1
        try:
            timeout = aiohttp.ClientTimeout(total=self._patience)
            async with self._session.post(self.url, data=body, headers=headers, timeout=timeout) as response:
                text = await response.text()
        except (aiohttp.ClientError, TimeoutError):
            return
        sent.seconds = time.perf_counter() - started
        sent.statuses.append(response.status)
        sent.acknowledged = response.status == 200
        sent.answer = json.loads(text) if text.startswith("{") else text

    def _request(self, kind: str, payload: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
        if kind == "events_api":
            body, media_type = json.dumps(payload).encode(), "application/json"
        elif kind == "slash_commands":
            body, media_type = urlencode(payload).encode(), "application/x-www-form-urlencoded"
        else:
            body, media_type = urlencode({"payload": json.dumps(payload)}).encode(), "application/x-www-form-urlencoded"
        stamp = str(int(time.time()))
        return body, {"Content-Type": media_type, **signature(body, stamp, self._secret)}

    async def close(self) -> None:
        await self._session.close()


def signature(body: bytes, stamp: str, secret: str = SIGNING_SECRET) -> dict[str, str]:
    """The headers that prove a request is Slack's."""
    base = b"v0:" + stamp.encode() + b":" + body
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


class SocketTransport:
    """Envelopes over the web sockets the app has opened; each goes to one of them. ``pauses`` as for HTTP."""

    def __init__(self, tickets: set[str], *, patience: float = 3.0, pauses: tuple[float, ...] = (0, 2, 10)) -> None:
        self._tickets = tickets
        self.pauses = pauses
        self.patience = patience
        self._sockets: list[web.WebSocketResponse] = []
        self._arrived = asyncio.Event()
        self._turn = itertools.count()
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self.connections = 0

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/link", self._link)]

    async def connected(self) -> None:
        """Wait until the app has a socket open; on a busy machine it may start for minutes."""
        while not self._open():
            self._arrived.clear()
            await asyncio.wait_for(self._arrived.wait(), 900)

    async def disconnect(self, *, announced: bool) -> None:
        """Close the app's sockets: told before, as Slack does now and then, or just so."""
        for socket in self._open():
            if announced:
                await socket.send_json({"type": "disconnect", "reason": "refresh_requested"})
            else:
                await socket.close()

    async def send(self, kind: str, payload: dict[str, Any]) -> Sent:
        sent = Sent()
        for number, pause in enumerate((0.0, *self.pauses)):
            await asyncio.sleep(pause)
            await self.connected()
            await self._attempt(kind, payload, sent, number)
            if sent.acknowledged:
                break
        return sent

    async def _attempt(self, kind: str, payload: dict[str, Any], sent: Sent, number: int) -> None:
        envelope_id = f"e{next(self._turn)}"
        envelope: dict[str, Any] = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        if number:
            envelope |= {"retry_attempt": number, "retry_reason": "timeout"}
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = future
        sockets = self._open()
        started = time.perf_counter()
        sent.attempts += 1
        try:
            await sockets[number % len(sockets)].send_json(envelope)
            sent.answer = await asyncio.wait_for(future, self.patience)
            sent.seconds = time.perf_counter() - started
            sent.acknowledged = True
        except (TimeoutError, ConnectionError, IndexError):
            pass
        finally:
            self._waiting.pop(envelope_id, None)

    def _open(self) -> list[web.WebSocketResponse]:
        self._sockets = [socket for socket in self._sockets if not socket.closed]
        return self._sockets

    async def _link(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connections += 1
        await socket.send_json({"type": "hello", "num_connections": self.connections})
        self._sockets.append(socket)
        self._arrived.set()
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                answer = json.loads(message.data)
                future = self._waiting.get(answer.get("envelope_id"))
                if future is not None and not future.done():
                    future.set_result(answer.get("payload"))
        return socket
