"""The chat inside other sites' pages: one script tag there, a frame from here, visitors only.

A frame's cookie is its own and never the page's: whoever is signed in as a colleague on this server is still a visitor
in the widget, so nothing of theirs can be shown, or clicked, on a foreign page. It is partitioned by the embedding site
(CHIPS), so it follows nobody from site to site.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from bot.channels.gateway import Gateway
from bot.channels.web.pages import STATIC, page_of, person_of
from bot.channels.web.people import VISITOR, Person, new_visitor_key
from bot.channels.web.security import content_security_policy
from bot.channels.web.sessions import SessionCookies
from bot.channels.web.settings import WebSettings


class WidgetPages:
    """Answers what the widget loads: the script of the embedding page, and the page in the frame."""

    def __init__(self, *, gateway: Gateway, cookies: SessionCookies, settings: WebSettings) -> None:
        self._gateway = gateway
        self._cookies = cookies
        self._settings = settings

    async def script(self, _request: Request) -> Response:
        """The script that puts a button and the frame into a page; any site may load it, allowed ones can use it."""
        headers = {"Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "public, max-age=300"}
        return FileResponse(STATIC / "widget.js", media_type="text/javascript", headers=headers)

    async def page(self, request: Request) -> Response:
        """The chat for a frame; browsers refuse to show it on sites that are not allowed."""
        session = self._cookies.read(request)
        person = await asyncio.to_thread(person_of, self._gateway, session) if session is not None else None
        if person is None or person.kind != VISITOR:
            person = None
        shown = person or Person(key=new_visitor_key(), name="", role=VISITOR)
        page = page_of("index.html", {"you": shown.to_json(), "demo": False, "people": [], "embedded": True})
        page.headers["Content-Security-Policy"] = content_security_policy(self._settings.sites())
        if person is None:
            self._cookies.start(page, shown.key)
        return page
