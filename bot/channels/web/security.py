"""What guards every answer: strict headers, and no request for, or from, a foreign address."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.channels.web.settings import WebSettings


def content_security_policy(sites: Iterable[str] = ()) -> str:
    """The policy of a page that only the ``sites`` (origins) may put into a frame; by default nobody."""
    ancestors = " ".join(sorted(sites)) or "'none'"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        f"form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
    )


_HEADERS = {
    "Content-Security-Policy": content_security_policy(),
    "X-Content-Type-Options": "nosniff",
    # With "no-referrer" browsers would send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_OPEN_TO_ANY_HOST = "/healthz"
_SAFE_METHODS = {"GET", "HEAD"}


class Guard:
    """Refuses a foreign Host (DNS rebinding) and a foreign Origin (cross-site requests), and adds the headers."""

    def __init__(self, app: ASGIApp, settings: WebSettings) -> None:
        self._app = app
        self._settings = settings
        self._hosts = settings.hosts()
        self._origins = settings.origins()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(HTTPConnection(scope), scope["method"])
        await (refusal or self._app)(scope, receive, self._with_headers(send))

    def _refusal(self, request: HTTPConnection, method: str) -> PlainTextResponse | None:
        host = request.headers.get("host", "").lower()
        if host not in self._hosts and request.url.path != _OPEN_TO_ANY_HOST:
            known = ", ".join(sorted(self._origins))
            return PlainTextResponse(f"This page is not served at {host}. It is at: {known}\n", status_code=421)
        if method not in _SAFE_METHODS and request.headers.get("origin", "").lower() not in self._origins:
            return PlainTextResponse("This request came from another page.\n", status_code=403)
        return None

    def _with_headers(self, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-cache")
                if self._settings.secure:
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        return send_with_headers
