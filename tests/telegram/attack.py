"""Phones in several hands: what somebody who is after another's data does on Telegram, and what comes of it."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select

from actions.call import Command
from bot.code_mail import mail_due_codes
from crm_store.models import Contact, Invoice, Order, Ticket, TicketMessage, TicketStatus
from tests.assistants import Rig
from tests.telegram.phone import Phone
from tests.telegram.platform import Sent
from tests.telegram.running import RunningTelegram

KIM, JO = "kim@example.com", "jo@example.com"
KIMS_NUMBER = "+12125550187"


@dataclass(slots=True)
class Attack:
    """Phones in several hands, and the letters that reach the right ones."""

    rig: Rig
    running: RunningTelegram
    platform: Any
    letters: list[str] = field(default_factory=list)

    async def send(self, email: str, *, subject: str, text: str) -> None:
        """Take a letter, as the mail server."""
        self.letters.append(text)

    def phone(self, first_name: str = "Kim") -> Phone:
        return Phone(self.platform, first_name=first_name)

    def say(self, phone: Phone, intent: str, **entities: str) -> Sent:
        """Ask for something and return all that is said to it, as one message."""
        return self.heard(phone, lambda: phone.say(str(Command(intent, entities))))

    def write(self, phone: Phone, text: str) -> Sent:
        return self.heard(phone, lambda: phone.say(text))

    def press(self, phone: Phone, message: Sent, label: str) -> Sent:
        return self.heard(phone, lambda: phone.press(message, label))

    def heard(self, phone: Phone, do: Any) -> Sent:
        before = len(phone.messages())
        do()
        phone.seen = before
        phone.hear()
        assert self.running.service is not None
        self.running.do(self.running.service.settle())
        new = phone.messages()[before:]
        phone.seen = before + len(new)
        keyboard = tuple(key for sent in new for key in sent.keyboard)
        return replace(new[-1], text="\n".join(sent.text + sent.file_name for sent in new), keyboard=keyboard)

    def by_code(self, phone: Phone, email: str = KIM, *, known: bool = False) -> Phone:
        """Prove to be a contact by a code, which opens everything."""
        self.say(phone, "sign_in", **({"code": "send"} if known else {"email": email}))
        pipeline, clock = self.rig.assistant.pipeline, self.rig.clock
        words, policy = pipeline.words, pipeline.policy
        asyncio.run(mail_due_codes(self.rig.assistant.store, self, words=words, policy=policy, clock=clock))
        found = re.search(r"\d{6}", self.letters[-1])
        assert found is not None
        assert "Thank you" in self.write(phone, found[0]).text
        return phone

    def by_link(self, phone: Phone, name: str = "Kim Lee") -> Phone:
        """Prove to be a contact by a colleague's link, which opens orders and tickets."""
        assert "Thank you" in self.write(phone, f"/start {self.link(name)}").text
        return phone

    def link(self, name: str = "Kim Lee") -> str:
        answer = self.rig.speaker("sam").say(str(Command("link_contact", {"contact": name})))
        found = re.search(r"\?start=([A-Za-z0-9_-]+)", answer.text)
        assert found is not None, answer.text
        return found[1]

    def rows(self, query: Any) -> list[Any]:
        with self.rig.assistant.store.unit_of_work(now=self.rig.clock(), read_only=True) as uow:
            return list(uow.session.scalars(query).unique())

    def contact(self, email: str) -> int:
        return int(self.rows(select(Contact.id).where(Contact.email == email))[0])

    def numbers(self, cls: type[Order] | type[Invoice] | type[Ticket], email: str = KIM) -> list[str]:
        return self.rows(select(cls.number).where(cls.contact_id == self.contact(email)).order_by(cls.id.desc()))

    def open_tickets(self, email: str) -> list[str]:
        still = (TicketStatus.OPEN, TicketStatus.WAITING)
        query = select(Ticket.number).where(Ticket.contact_id == self.contact(email), Ticket.status.in_(still))
        return self.rows(query.order_by(Ticket.id))

    def words_of(self, number: str) -> list[str]:
        query = select(TicketMessage.text).join(Ticket).where(Ticket.number == number).order_by(TicketMessage.id)
        return self.rows(query)
