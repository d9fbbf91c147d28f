"""The pages and the small requests around the chat: sign-in, sign-out, the demo's switch, files, health."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.orm import Session
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response

from bot.channels.gateway import Gateway
from bot.channels.web.hub import Hub, RateLimit
from bot.channels.web.people import Person, demo_people, load_person, new_visitor_key
from bot.channels.web.sessions import SessionCookies, WebSession
from bot.channels.web.settings import WebSettings
from bot.channels.web.sign_in import TooManyLinks, UnknownAddress, create_sign_in_link, redeem_sign_in_link
from bot.channels.web.transcript import read_body
from bot.mail import Mailer, MailNotSent
from crm_store.errors import DatabaseUnavailable

STATIC = Path(__file__).parent / "static"
_SESSION_PLACE = "{{session}}"
_log = structlog.get_logger(__name__)


class _Address(BaseModel):
    model_config = ConfigDict(strict=True)
    email: str = Field(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")


class _Choice(BaseModel):
    model_config = ConfigDict(strict=True)
    person: str = Field(max_length=64)


class Pages:
    """Answers everything but the socket and the static files."""

    def __init__(
        self,
        *,
        gateway: Gateway,
        hub: Hub,
        cookies: SessionCookies,
        widget_cookies: SessionCookies,
        settings: WebSettings,
        mailer: Mailer,
        sign_in_limit: RateLimit,
    ) -> None:
        self._gateway = gateway
        self._hub = hub
        self._cookies = cookies
        self._widget_cookies = widget_cookies
        self._settings = settings
        self._mailer = mailer
        self._sign_in_limit = sign_in_limit

    async def chat(self, request: Request) -> Response:
        """The page itself, with who is looking at it; somebody new becomes a visitor, in a demo the first rep."""
        session = self._cookies.read(request)
        person, people = await asyncio.to_thread(self._people, session)
        shown = person.to_json() if person is not None else self._newcomer(people)
        page = page_of("index.html", {"you": shown, "demo": self._settings.demo, "people": people})
        if person is None:
            self._cookies.start(page, shown["key"])
        return page

    def _newcomer(self, people: list[dict[str, str]]) -> dict[str, str]:
        if self._settings.demo:
            for somebody in people:
                if somebody["role"] == "rep":
                    return somebody
        return Person(key=new_visitor_key(), name="", role="visitor").to_json()

    async def health(self, _request: Request) -> Response:
        """Whether the page can do its work: 200, or 503 when the database is out of reach."""
        try:
            await asyncio.to_thread(self._people, None)
        except DatabaseUnavailable:
            return JSONResponse({"status": "database unavailable"}, status_code=503)
        return JSONResponse({"status": "ok"})

    async def become(self, request: Request) -> Response:
        """The demo's switch: be one of the demo people, or a new visitor."""
        if not self._settings.demo:
            return _refused("not a demo", 404)
        try:
            key = _Choice.model_validate_json(await request.body()).person
        except ValidationError:
            return _refused("malformed", 400)
        _, people = await asyncio.to_thread(self._people, None)
        answer = JSONResponse({"ok": True})
        if key == "visitor":
            self._cookies.start_as_visitor(answer)
        elif key in {person["key"] for person in people}:
            self._cookies.start(answer, key)
        else:
            return _refused("nobody", 404)
        return answer

    async def ask_for_link(self, request: Request) -> Response:
        """Send a sign-in link; the answer says nothing about whether the address is known."""
        try:
            email = _Address.model_validate_json(await request.body()).email
        except ValidationError:
            return _refused("not_an_address", 400)
        if self._sign_in_limit.wait() > 0:
            return _refused("too_fast", 429)
        # The work is done after the answer has gone out, so that its time says nothing either.
        return JSONResponse({"ok": True}, background=BackgroundTask(self._send_link, email))

    async def sign_in_page(self, _request: Request) -> Response:
        """Ask for a click: mail scanners open links, and must not use them up."""
        return page_of("sign-in.html", {})

    async def sign_in(self, request: Request) -> Response:
        """Use the link up and start the person's session."""
        token = request.path_params["token"]
        person = await asyncio.to_thread(redeem_sign_in_link, self._gateway.store, token, self._gateway.clock())
        if person is None:
            return RedirectResponse("/?sign-in=invalid", status_code=303)
        answer = RedirectResponse("/", status_code=303)
        self._cookies.start(answer, person.key)
        return answer

    async def sign_out(self, request: Request) -> Response:
        """End this browser's session; its open pages are cut off."""
        session = self._cookies.read(request)
        if session is not None:
            self._hub.close_session(session.id)
        answer = JSONResponse({"ok": True})
        self._cookies.start_as_visitor(answer)
        return answer

    async def file(self, request: Request) -> Response:
        """A picture or document of a message in the asker's own conversation; 404 for everything else."""
        message, part = int(request.path_params["message"]), int(request.path_params["part"])
        found = None
        for cookies in (self._cookies, self._widget_cookies):
            session = cookies.read(request)
            if found is None and session is not None:
                found = await asyncio.to_thread(self._part, session, message, part)
        if found is None:
            return PlainTextResponse("There is no such file.\n", status_code=404)
        path, data = found
        headers = {"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "private, max-age=3600"}
        if data["type"] == "picture":
            return FileResponse(path, media_type="image/png", headers=headers)
        return FileResponse(path, media_type=data["media_type"], filename=data["name"], headers=headers)

    def _people(self, opened: WebSession | None) -> tuple[Person | None, list[dict[str, str]]]:
        with self._gateway.store.unit_of_work(now=self._gateway.clock(), read_only=True) as uow:
            person = _load(uow.session, opened) if opened is not None else None
            people = demo_people(uow.session) if self._settings.demo else []
            return person, [each.to_json() for each in people]

    def _part(self, opened: WebSession, message: int, part: int) -> tuple[Path, dict[str, Any]] | None:
        with self._gateway.store.unit_of_work(now=self._gateway.clock(), read_only=True) as uow:
            person = _load(uow.session, opened)
            body = read_body(uow.session, person.key, message) if person is not None else None
        parts = body.get("parts", []) if body is not None else []
        if part >= len(parts) or parts[part]["type"] not in {"picture", "document"}:
            return None
        files = (self._gateway.home / "files").resolve()
        path = (files / parts[part]["path"]).resolve()
        return (path, parts[part]) if path.is_relative_to(files) and path.is_file() else None

    async def _send_link(self, email: str) -> None:
        try:
            path = await asyncio.to_thread(create_sign_in_link, self._gateway.store, email, self._gateway.clock())
            await self._mailer.send_sign_in_link(email, self._settings.base_url.rstrip("/") + path)
        except (UnknownAddress, TooManyLinks, MailNotSent, DatabaseUnavailable) as err:
            _log.warning("sign_in_link_not_sent", reason=type(err).__name__, detail=str(err))


def _load(session: Session, opened: WebSession) -> Person | None:
    return load_person(session, opened.person, opened_at=opened.opened_at)


def person_of(gateway: Gateway, opened: WebSession) -> Person | None:
    """Who a session stands for now; None when they are gone."""
    with gateway.store.unit_of_work(now=gateway.clock(), read_only=True) as uow:
        return _load(uow.session, opened)


def page_of(name: str, session: dict[str, Any]) -> HTMLResponse:
    """One of our pages, with what its script is told."""
    # "<" would let a name end the script element; JSON may spell it otherwise.
    data = json.dumps(session, ensure_ascii=False).replace("<", "\\u003c")
    html = (STATIC / name).read_text(encoding="utf-8").replace(_SESSION_PLACE, data)
    return HTMLResponse(html, headers={"Cache-Control": "no-store"})


def _refused(error: str, status: int) -> JSONResponse:
    return JSONResponse({"ok": False, "error": error}, status_code=status)
