"""The stand-in on real sockets: the Bot API over HTTP, long polling, file downloads, and webhook posts."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from email import message_from_bytes
from email.policy import HTTP
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.telegram.platform import TOKEN, Platform, Refusal

_LONGEST_POLL = 50.0
_REPEAT_SECONDS = 0.05


class TelegramStandIn:
    """A Bot API at ``url`` for one bot. Used as a context manager; runs in a thread of its own."""

    def __init__(self, platform: Platform | None = None, *, port: int = 0) -> None:
        self.platform = platform or Platform()
        self.platform.on_update = self._wake
        self._listener = socket.create_server(("127.0.0.1", port))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news: asyncio.Event = asyncio.Event()
        self._polls = 0
        app = Starlette(
            routes=[
                Route("/bot{token}/getUpdates", self._get_updates, methods=["GET", "POST"]),
                Route("/bot{token}/{method}", self._method, methods=["GET", "POST"]),
                Route("/file/bot{token}/documents/{file_id}", self._download),
            ]
        )
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._wake()
        self._thread.join()
        self._listener.close()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        posting = asyncio.create_task(self._post_updates())
        await self._server.serve(sockets=[self._listener])
        posting.cancel()
        await asyncio.wait([posting])

    def _wake(self) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closing
                self._loop.call_soon_threadsafe(self._news.set)

    async def _method(self, request: Request) -> Response:
        if request.path_params["token"] != TOKEN:
            return _refusal(Refusal(401, "Unauthorized"))
        params, files, names = await _read_form(request)
        try:
            answer = self.platform.call(request.path_params["method"], params, files, names)
        except Refusal as err:
            return _refusal(err)
        self._news.set()
        return JSONResponse({"ok": True, "result": answer})

    async def _get_updates(self, request: Request) -> Response:
        if request.path_params["token"] != TOKEN:
            return _refusal(Refusal(401, "Unauthorized"))
        params, _, _ = await _read_form(request)
        if self.platform.webhook:
            return _refusal(Refusal(409, "Conflict: can't use getUpdates method while webhook is active"))
        self._polls += 1
        poll = self._polls
        until = asyncio.get_running_loop().time() + min(float(params.get("timeout", "0")), _LONGEST_POLL)
        offset = int(params["offset"]) if "offset" in params else None
        while True:
            self._news.clear()
            updates = self.platform.pending(offset, int(params.get("limit", "100")))
            left = until - asyncio.get_running_loop().time()
            if updates or left <= 0 or self._server.should_exit:
                return JSONResponse({"ok": True, "result": updates})
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), min(left, 0.5))
            if poll != self._polls:
                return _refusal(Refusal(409, "Conflict: terminated by other getUpdates request"))
            if await request.is_disconnected():
                return Response()

    async def _download(self, request: Request) -> Response:
        data = self.platform.files.get(request.path_params["file_id"])
        if request.path_params["token"] != TOKEN or data is None:
            return Response(status_code=404)
        return Response(data, media_type="application/octet-stream")

    async def _post_updates(self) -> None:
        """Post updates to the webhook, oldest first, each again until it is answered with 200."""
        async with httpx.AsyncClient(timeout=30) as client:
            while True:
                hook = self.platform.webhook
                waiting = self.platform.pending(limit=1) if hook else []
                if not waiting:
                    self._news.clear()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._news.wait(), 0.5)
                    continue
                headers = {"X-Telegram-Bot-Api-Secret-Token": hook.get("secret_token", "")}
                try:
                    answer = await client.post(hook["url"], json=waiting[0], headers=headers)
                except httpx.HTTPError:
                    await asyncio.sleep(_REPEAT_SECONDS)
                    continue
                if answer.status_code == 200:
                    self.platform.confirm(waiting[0]["update_id"])
                else:
                    await asyncio.sleep(_REPEAT_SECONDS)


def _refusal(refusal: Refusal) -> JSONResponse:
    body: dict[str, Any] = {"ok": False, "error_code": refusal.code, "description": refusal.description}
    if refusal.retry_after is not None:
        body["parameters"] = {"retry_after": refusal.retry_after}
    return JSONResponse(body, status_code=refusal.code)


async def _read_form(request: Request) -> tuple[dict[str, str], dict[str, bytes], dict[str, str]]:
    """The parameters, the uploaded files and their names, of each way the Bot API takes them."""
    body, kind = await request.body(), request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        return (
            {name: text if isinstance(text, str) else json.dumps(text) for name, text in json.loads(body).items()},
            {},
            {},
        )
    if not kind.startswith("multipart/form-data"):
        return dict(parse_qsl(body.decode() or request.url.query, keep_blank_values=True)), {}, {}
    params: dict[str, str] = {}
    files: dict[str, bytes] = {}
    names: dict[str, str] = {}
    for part in message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body, policy=HTTP).iter_parts():
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        assert isinstance(name, str)
        assert isinstance(data, bytes)
        if part.get_filename() is None:
            params[name] = data.decode()
        else:
            files[name], names[name] = data, part.get_filename() or ""
    # "attach://name" stands where the file belongs.
    for field, text in list(params.items()):
        if text.startswith("attach://"):
            attached = text.removeprefix("attach://")
            files[field], names[field] = files.pop(attached), names.pop(attached)
            del params[field]
    return params, files, names
