"""The session cookie: who sits in front of this browser, signed so that only the server can have said so."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import HTTPConnection
from starlette.responses import Response

from bot.channels.web.people import new_visitor_key
from bot.channels.web.settings import WebSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSession:
    """One browser's session: whose it is and its own name, by which its sockets are closed at sign-out."""

    person: str
    id: str
    opened_at: datetime


class SessionCookies:
    """Reads and writes the session cookie."""

    def __init__(self, settings: WebSettings, *, embedded: bool = False) -> None:
        """``embedded``: the cookie of the widget in other sites' pages, apart from the page's own."""
        self._settings = settings
        self._embedded = embedded
        # A __Host- cookie cannot be planted by a neighbouring subdomain; browsers accept it over https only.
        self._name = "__Host-rapport" if settings.secure else "rapport"
        salt = "rapport.web.widget" if embedded else "rapport.web.session"
        if embedded:
            self._name = "rapport-widget"
        self._signer = URLSafeTimedSerializer(settings.secret_key, salt=salt)

    def read(self, connection: HTTPConnection) -> WebSession | None:
        """The session of a request or socket; None when there is none, it is too old or not from us."""
        cookie = connection.cookies.get(self._name)
        if cookie is None:
            return None
        try:
            longest = int(self._settings.session_length.total_seconds())
            data, opened_at = self._signer.loads(cookie, max_age=longest, return_timestamp=True)
        except BadSignature:
            return None
        return WebSession(person=data["person"], id=data["id"], opened_at=opened_at)

    def start(self, response: Response, person: str) -> WebSession:
        """Begin a new session for ``person`` in this browser."""
        session = WebSession(person=person, id=secrets.token_urlsafe(12), opened_at=datetime.now(UTC))
        response.set_cookie(
            self._name,
            self._signer.dumps({"person": session.person, "id": session.id}),
            max_age=int(self._settings.session_length.total_seconds()),
            path="/",
            secure=self._settings.secure or self._embedded,
            httponly=True,
            samesite="none" if self._embedded else "lax",
        )
        if self._embedded:
            # Starlette writes this attribute from Python 3.14 on only.
            response.headers["set-cookie"] += "; Partitioned"
        return session

    def start_as_visitor(self, response: Response) -> WebSession:
        """Begin a session for somebody nobody knows."""
        return self.start(response, new_visitor_key())
