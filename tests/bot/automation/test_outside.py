"""Letters and calls of rules reach real servers: signed, tried again, and never inside our own network."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from bot.automation.effects import ATTEMPTS, Outside
from bot.automation.webhooks import CallFailed, call_webhook
from bot.mail import LogMailer, SmtpMailer
from crm_store.consents import record_consent
from crm_store.models import ConsentPurpose, Contact
from tests.assistants import NOW
from tests.bot.automation.office import Office, office
from tests.bot.test_mail import Letterbox, letterbox, server

__all__ = ["letterbox", "office", "server"]

SECRET = "sesame"
CREATED = {"event": "created", "record": "deal"}


@dataclass(slots=True)
class Heard:
    """What a webhook's server was called with, and what it answers, the last answer again and again."""

    port: int = 0
    answers: list[int] = field(default_factory=lambda: [204])
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def host(self) -> str:
        """Its host and port, as settings name it."""
        return f"127.0.0.1:{self.port}"


@pytest.fixture
def hook() -> Iterator[Heard]:
    heard = Heard()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.calls.append((dict(self.headers), body))
            answer = heard.answers.pop(0) if len(heard.answers) > 1 else heard.answers[0]
            self.send_response(answer)
            if answer == 302:
                self.send_header("Location", f"http://127.0.0.1:{heard.port}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    heard.port = listening.server_port
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    yield heard
    listening.shutdown()
    thread.join()
    listening.server_close()


def outside(hook: Heard) -> Outside:
    return Outside(letters=LogMailer(), secret=SECRET, allowed_hosts={hook.host})


def test_a_call_is_signed_and_tells_of_the_record(office: Office, hook: Heard) -> None:
    office.rule(when=CREATED, then=[{"do": "call_webhook", "url": hook.url}], name="Tell the ERP")
    deal = office.deal_of("dana")
    office.tick()
    assert office.send(outside(hook)) == 1
    ((headers, body),) = hook.calls
    seconds, signature = (part.split("=", 1)[1] for part in headers["X-Rapport-Signature"].split(","))
    assert signature == hmac.new(SECRET.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
    told = json.loads(body)
    assert (told["rule"], told["ref"], told["record"]["amount"]) == ("Tell the ERP", f"deal:{deal}", "60000")
    assert office.send(outside(hook)) == 0


def test_a_call_that_fails_is_repeated_with_the_same_number_until_it_is_taken(office: Office, hook: Heard) -> None:
    hook.answers = [500, 429, 200]
    office.rule(when=CREATED, then=[{"do": "call_webhook", "url": hook.url}])
    office.deal_of("dana")
    office.tick()
    for _ in range(3):
        office.send(outside(hook))
        assert office.send(outside(hook)) == 0, "it waits before it tries again"
        office.rig.clock.advance(minutes=5)
    assert len(hook.calls) == 3
    assert len({headers["X-Rapport-Delivery"] for headers, _ in hook.calls}) == 1
    assert [effect.status.value for effect in office.effects()] == ["sent"]


def test_a_call_nobody_ever_takes_is_given_up_and_told(office: Office, hook: Heard) -> None:
    hook.answers = [503]
    office.rule(when=CREATED, then=[{"do": "call_webhook", "url": hook.url}])
    office.deal_of("dana")
    office.tick()
    for _ in range(ATTEMPTS + 2):
        office.send(outside(hook))
        office.rig.clock.advance(days=1)
    assert len(hook.calls) == ATTEMPTS
    assert [effect.status.value for effect in office.effects()] == ["failed"]
    assert office.told() == ["morgan"]


@pytest.mark.parametrize("answer", [400, 404, 410, 302])
def test_a_call_that_is_refused_or_sent_elsewhere_is_not_repeated(office: Office, hook: Heard, answer: int) -> None:
    hook.answers = [answer]
    office.rule(when=CREATED, then=[{"do": "call_webhook", "url": hook.url}])
    office.deal_of("dana")
    office.tick()
    office.send(outside(hook))
    office.rig.clock.advance(days=1)
    assert office.send(outside(hook)) == 0
    assert len(hook.calls) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x",
        "https://localhost/x",
        "https://10.1.2.3/x",
        "https://192.168.0.10/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/x",
        "https://[fd00::1]/x",
        "https://[::ffff:10.0.0.1]/x",
        "https://0.0.0.0/x",
        "http://93.184.216.34/x",
    ],
)
def test_nothing_in_a_private_network_and_nothing_in_clear_text_is_called(url: str) -> None:
    with pytest.raises(CallFailed) as refused:
        asyncio.run(call_webhook(url, {}, delivery="1", secret=SECRET, allowed_hosts=(), now=NOW))
    assert refused.value.permanent


def test_without_a_secret_nothing_is_called(hook: Heard) -> None:
    with pytest.raises(CallFailed, match="RAPPORT_WEBHOOK_SECRET"):
        asyncio.run(call_webhook(hook.url, {}, delivery="1", secret="", allowed_hosts={hook.host}, now=NOW))
    assert hook.calls == []


def test_a_letter_to_the_owner_goes_through_a_real_mail_server(
    office: Office, server: Controller, letterbox: Letterbox
) -> None:
    then = [{"do": "send_email", "to": "owner", "subject": "{record} is new", "text": "It is worth {amount}."}]
    office.rule(when=CREATED, then=then)
    office.deal_of("dana", name="Solar roof")
    office.tick()
    mailer = SmtpMailer(f"smtp://127.0.0.1:{server.port}?from=crm@rapport.test")
    assert office.send(Outside(letters=mailer, secret=SECRET)) == 1
    letter = message_from_bytes(letterbox.envelopes[0].content or b"")  # type: ignore[arg-type]
    assert (letter["To"], letter["Subject"]) == ("dana@brightwater.example", "Solar roof is new")
    assert str(letter.get_payload()).strip() == "It is worth 60,000 USD."


def test_a_letter_waits_while_the_mail_server_is_away(office: Office) -> None:
    office.rule(when=CREATED, then=[{"do": "send_email", "to": "me", "subject": "New", "text": "New"}])
    office.deal_of("dana")
    office.tick()
    office.send(Outside(letters=SmtpMailer("smtp://127.0.0.1:1"), secret=SECRET))
    (effect,) = office.effects()
    assert (effect.status.value, effect.attempts, effect.next_at) == ("waiting", 1, NOW + timedelta(seconds=10))


def customer_of_a_new_deal(office: Office, *, agrees: bool | None) -> int:
    """Their number; ``agrees`` is what they said about offers by mail, None: nothing."""
    with office.rig.assistant.store.unit_of_work(now=NOW) as uow:
        contact = uow.session.scalars(select(Contact).where(Contact.email.is_not(None)).limit(1)).one()
        uow.commit()
    office.deal_of("dana", contact_id=contact.id)
    if agrees is not None:
        decide(office, contact.id, given=agrees)
    return contact.id


def decide(office: Office, contact_id: int, *, given: bool) -> None:
    with office.rig.assistant.store.unit_of_work(now=office.rig.clock()) as uow:
        record_consent(
            uow.session,
            purpose=ConsentPurpose.MARKETING,
            given=given,
            now=office.rig.clock(),
            source="test",
            recorded_by="system",
            contact_id=contact_id,
        )
        uow.commit()


@pytest.mark.parametrize("agrees", [None, False])
def test_a_customer_who_has_not_agreed_gets_no_letter(office: Office, agrees: bool | None) -> None:
    then = [{"do": "send_email", "to": "contact", "subject": "Hello", "text": "Hello"}]
    office.rule(when=CREATED, then=then)
    customer_of_a_new_deal(office, agrees=agrees)
    office.tick()
    assert office.effects() == []
    ((status, detail),) = office.firings()
    assert status == "failed"
    assert "has not agreed" in detail


def test_a_customer_who_agreed_gets_the_letter_unless_they_take_it_back_before_it_goes(
    office: Office, server: Controller, letterbox: Letterbox
) -> None:
    outside = Outside(letters=SmtpMailer(f"smtp://127.0.0.1:{server.port}?from=crm@rapport.test"), secret=SECRET)
    office.rule(when=CREATED, then=[{"do": "send_email", "to": "contact", "subject": "Hello", "text": "Hello"}])
    contact = customer_of_a_new_deal(office, agrees=True)
    office.tick()
    office.send(outside)
    assert len(letterbox.envelopes) == 1
    office.deal_of("dana", contact_id=contact)
    office.tick()
    office.rig.clock.advance(minutes=1)
    decide(office, contact, given=False)
    office.send(outside)
    assert len(letterbox.envelopes) == 1
    assert [effect.status.value for effect in office.effects()] == ["sent", "failed"]
