"""A browser without a screen: cookies over HTTP, frames over a WebSocket."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.bot.channels.served import ServedChat

PATIENCE = 20.0


class Tab:
    """One open socket of the page."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def send(self, **frame: Any) -> None:
        self.socket.send(json.dumps(frame))

    def say(self, text: str, frame_id: str | None = None) -> str:
        frame_id = frame_id or str(uuid.uuid4())
        self.send(type="say", id=frame_id, text=text)
        return frame_id

    def receive(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(self.socket.recv(timeout=PATIENCE))
        return frame

    def wait_for(self, kind: str) -> dict[str, Any]:
        """The next frame of this type; those before it are let go."""
        while (frame := self.receive())["type"] != kind:
            pass
        return frame

    def frames_until(self, kind: str) -> list[dict[str, Any]]:
        frames = [self.receive()]
        while frames[-1]["type"] != kind:
            frames.append(self.receive())
        return frames

    def history(self, after: int = 0, after_own: int = 0) -> list[dict[str, Any]]:
        self.send(type="hello", after=after, after_own=after_own)
        lines: list[dict[str, Any]] = self.wait_for("history")["lines"]
        return lines


class Browser:
    """Cookies and requests of one browser."""

    def __init__(self, chat: ServedChat[Any]) -> None:
        self._chat = chat
        self.http = httpx.Client(base_url=chat.url, headers={"Origin": chat.url}, timeout=PATIENCE)

    def become(self, person: str) -> Browser:
        assert self.http.post("/demo/become", json={"person": person}).status_code == 200
        return self

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())

    @contextmanager
    def tab(self, *, origin: str | None = None, cookie: str | None = None) -> Iterator[Tab]:
        url = self._chat.url.replace("http", "ws", 1) + "/ws"
        headers = {"Cookie": self.cookie if cookie is None else cookie}
        with connect(
            url, origin=Origin(origin or self._chat.url), additional_headers=headers, max_queue=None
        ) as socket:
            yield Tab(socket)

    def close(self) -> None:
        self.http.close()


@contextmanager
def browser(chat: ServedChat[Any], person: str | None = None) -> Iterator[Browser]:
    opened = Browser(chat)
    try:
        if person is not None:
            opened.become(person)
        yield opened
    finally:
        opened.close()


def texts(lines: list[dict[str, Any]]) -> list[str]:
    """What the lines of a history say."""
    return [line["text"] if line["type"] == "own" else line["body"]["parts"][0]["text"] for line in lines]
