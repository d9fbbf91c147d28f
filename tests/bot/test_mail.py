from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from bot.mail import LogMailer, MailNotSent, SmtpMailer, mailer_from_environment

URL = "http://localhost:8000/sign-in/abc"


class Letterbox:
    """What arrived at the SMTP server."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's)
        self.envelopes.append(envelope)
        return "250 OK"

    def letter(self) -> Message:
        (envelope,) = self.envelopes
        assert isinstance(envelope.content, bytes)
        return message_from_bytes(envelope.content)


@pytest.fixture
def letterbox() -> Letterbox:
    return Letterbox()


@pytest.fixture
def server(letterbox: Letterbox) -> Iterator[Controller]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(letterbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield controller
    controller.stop()


def test_the_link_is_mailed(server: Controller, letterbox: Letterbox) -> None:
    mailer = SmtpMailer(f"smtp://127.0.0.1:{server.port}?from=crm@rapport.test")
    asyncio.run(mailer.send_sign_in_link("dana@rapport.test", URL))
    letter = letterbox.letter()
    assert (letter["From"], letter["To"]) == ("crm@rapport.test", "dana@rapport.test")
    assert URL in str(letter.get_payload())


def test_an_address_cannot_add_headers(server: Controller, letterbox: Letterbox) -> None:
    mailer = SmtpMailer(f"smtp://127.0.0.1:{server.port}?from=crm@rapport.test")
    with pytest.raises(ValueError):
        asyncio.run(mailer.send_sign_in_link("dana@rapport.test\nBcc: everybody@rapport.test", URL))
    assert letterbox.envelopes == []


def test_a_server_that_is_not_there_is_an_error_of_ours() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        with pytest.raises(MailNotSent):
            asyncio.run(
                SmtpMailer(f"smtp://127.0.0.1:{taken.getsockname()[1]}").send_sign_in_link("dana@rapport.test", URL)
            )


def test_without_a_server_links_are_logged() -> None:
    assert isinstance(mailer_from_environment({}), LogMailer)
    assert isinstance(mailer_from_environment({"RAPPORT_SMTP_URL": "smtps://mail.rapport.test"}), SmtpMailer)


@pytest.mark.parametrize("url", ["http://mail.test", "mail.test:25", "smtp://"])
def test_what_is_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        SmtpMailer(url)
