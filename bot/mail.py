"""Mail to people: sign-in links and one-time codes."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import structlog

_log = structlog.get_logger(__name__)
_TIMEOUT_SECONDS = 20
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class MailNotSent(Exception):
    """The mail server did not take the message."""


class LetterSender(Protocol):
    """Sends letters."""

    async def send(self, email: str, *, subject: str, text: str) -> None:
        """Send one; raises MailNotSent."""
        ...


class Mailer(Protocol):
    """Sends sign-in links."""

    async def send_sign_in_link(self, email: str, url: str) -> None:
        """Send ``url`` to ``email``; raises MailNotSent."""
        ...


class LogMailer:
    """Without a mail server: the link is logged, so that the operator can pass it on."""

    async def send_sign_in_link(self, email: str, url: str) -> None:
        """Log the link."""
        _log.warning("sign_in_link_not_mailed", email=email, url=url, hint="set RAPPORT_SMTP_URL to have links mailed")

    async def send(self, email: str, *, subject: str, text: str) -> None:
        """Log the letter."""
        _log.warning("letter_not_mailed", email=email, subject=subject, hint="set RAPPORT_SMTP_URL to have it mailed")


class SmtpMailer:
    """Sends through an SMTP server: "smtp://user:password@host:587?from=crm@example.com"; smtps:// for TLS at once.

    Over smtp:// STARTTLS is required, except on this very machine. Raises ValueError for another kind of address.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("the mail server's address starts with smtp:// or smtps://")
        self._implicit_tls = parts.scheme == "smtps"
        self._host = parts.hostname
        self._port = parts.port or (465 if self._implicit_tls else 587)
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._sender = parse_qs(parts.query).get("from", [self._user or f"rapport@{self._host}"])[0]

    async def send_sign_in_link(self, email: str, url: str) -> None:
        """Send the link."""
        await self.send(
            email,
            subject="Your sign-in link for Rapport",
            text=f"Hello,\n\nopen this link to sign in to Rapport. It works once, for 15 minutes:\n\n{url}\n\n"
            "If you did not ask for it, ignore this message; nothing has happened.\n",
        )

    async def send(self, email: str, *, subject: str, text: str) -> None:
        """Send a letter, in a thread because smtplib blocks."""
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = email
        message["Subject"] = subject
        message.set_content(text)
        try:
            await asyncio.to_thread(self._send, message)
        except (OSError, smtplib.SMTPException) as err:
            raise MailNotSent(str(err)) from err

    def _send(self, message: EmailMessage) -> None:
        context = ssl.create_default_context()
        if self._implicit_tls:
            with smtplib.SMTP_SSL(self._host, self._port, timeout=_TIMEOUT_SECONDS, context=context) as server:
                self._log_in_and_send(server, message)
            return
        with smtplib.SMTP(self._host, self._port, timeout=_TIMEOUT_SECONDS) as server:
            server.ehlo()
            if server.has_extn("starttls") or self._host not in _LOOPBACK:
                server.starttls(context=context)
            self._log_in_and_send(server, message)

    def _log_in_and_send(self, server: smtplib.SMTP, message: EmailMessage) -> None:
        if self._user:
            server.login(self._user, self._password)
        server.send_message(message)


def mailer_from_environment(environment: Mapping[str, str]) -> SmtpMailer | LogMailer:
    """The mailer RAPPORT_SMTP_URL asks for."""
    url = environment.get("RAPPORT_SMTP_URL", "")
    return SmtpMailer(url) if url else LogMailer()
