"""A small service behind the channels: a real store, an inbox, an outbox, and answers that follow a script.

It keeps the same promises as the real one: a message is committed before ``receive`` returns, a repeat is dropped, one
message is handled after the other, and outbox rows that were not delivered go out after a restart.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar

from sqlalchemy import select

from actions.reply import Button, Card, Document, Part, Picture, Table, Text, part_to_json
from bot.messages import Channel, InboundMessage, OutgoingMessage, Receipt
from crm_store.models import ChannelIdentity, Conversation, Inbox, InboxStatus, Offer, Outbox, OutboxStatus
from crm_store.store import Store
from tests.bot.channels.served import ServedChat

T = TypeVar("T")

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def system_clock() -> datetime:
    return datetime.now(UTC)


class ScriptedGateway:
    def __init__(self, store: Store, home: Path, clock: Callable[[], datetime] = system_clock) -> None:
        self.store = store
        self.home = home
        self.clock = clock
        self.received: list[InboundMessage] = []
        self._channels: dict[str, Channel] = {}
        self._wake = asyncio.Event()
        self._paused = False
        (home / "files").mkdir(parents=True, exist_ok=True)

    async def take_in(self, work: Callable[[], T]) -> T:
        """In a thread, as the service does."""
        return await asyncio.to_thread(work)

    def wake(self, conversation_id: int) -> None:
        """Look at everything again."""
        self._wake.set()

    def register(self, channel: Channel) -> None:
        self._channels[channel.name] = channel

    def pause(self) -> None:
        """Receive messages, but do not answer them."""
        self._paused = True

    def go_on(self) -> None:
        self._paused = False
        self._wake.set()

    async def receive(self, message: InboundMessage) -> Receipt:
        self.received.append(message)
        receipt = await asyncio.to_thread(self._commit, message)
        self._wake.set()
        return receipt

    async def work(self) -> None:
        """Answer and deliver until cancelled."""
        self._wake = asyncio.Event()  # an event belongs to one loop, and a restart brings a new one
        while True:
            if not self._paused:
                await asyncio.to_thread(self._answer_everything)
                await self._deliver_everything()
            await self._wake.wait()
            self._wake.clear()

    def tell(self, conversation: str, *parts: Part) -> None:
        """Have the assistant speak up by itself; it goes out when the worker wakes next."""
        with self.store.unit_of_work(now=self.clock()) as uow:
            row = uow.session.scalars(select(Conversation).where(Conversation.external_id == conversation)).one()
            self._queue(uow.session, row.id, None, list(parts), [])
            uow.commit()

    def _commit(self, message: InboundMessage) -> Receipt:
        with self.store.unit_of_work(now=self.clock()) as uow:
            key = (Inbox.source == message.source, Inbox.event_id == message.event_id)
            known = uow.session.scalars(select(Inbox).where(*key)).one_or_none()
            if known is not None:
                return Receipt(inbox_id=known.id, conversation_id=known.conversation_id, repeat=True)
            conversation = uow.session.scalars(
                select(Conversation).where(Conversation.external_id == message.conversation)
            ).one_or_none() or Conversation(
                channel=message.channel,
                external_id=message.conversation,
                created_at=uow.now,
                last_message_at=uow.now,
            )
            identity = uow.session.scalars(
                select(ChannelIdentity).where(ChannelIdentity.external_id == message.sender)
            ).one_or_none() or ChannelIdentity(channel=message.channel, external_id=message.sender, created_at=uow.now)
            row = Inbox(
                source=message.source,
                event_id=message.event_id,
                conversation=conversation,
                identity=identity,
                text=message.text,
                payload=message.token,
                sent_at=message.sent_at,
                received_at=uow.now,
            )
            uow.session.add(row)
            uow.commit()
            return Receipt(inbox_id=row.id, conversation_id=conversation.id, repeat=False)

    def _answer_everything(self) -> None:
        with self.store.unit_of_work(now=self.clock()) as uow:
            waiting = select(Inbox).where(Inbox.status == InboxStatus.RECEIVED).order_by(Inbox.id)
            for row in uow.session.scalars(waiting).all():
                parts, buttons = self._script(uow.session, row)
                self._queue(uow.session, row.conversation_id, row.id, parts, buttons)
                row.status = InboxStatus.DONE
            uow.commit()

    def _script(self, session: Any, row: Inbox) -> tuple[list[Part], list[Button]]:
        if row.payload:
            offer = session.scalars(select(Offer).where(Offer.token == row.payload)).one()
            offer.used_at = self.clock()
            return [Text(f"You pressed {offer.label}.")], []
        text = row.text.lower()
        if "log a deal" in text:
            card = Card(
                title="Initech",
                subtitle="Deal in Qualification",
                ref="deal:12",
                fields=(("Amount", "$40,000.00"), ("Closes", "31 March 2027"), ("Owner", "Dana Reyes")),
            )
            undo = Button(label="Undo", command="/undo", single_use=True)
            edit = Button(label="Change the amount", command="/edit", single_use=True)
            more = Button(label="Show history", command="/history")
            return [Text("Logged."), card], [undo, edit, more]
        if "pipeline" in text and "chart" in text:
            path = self.home / "files" / "chart.png"
            if not path.exists():
                path.write_bytes(PNG)
            return [Picture(path=path, alt="Open deals by stage")], []
        if "pipeline" in text:
            columns: tuple[tuple[str, Literal["text", "number"]], ...] = (
                ("Deal", "text"),
                ("Stage", "text"),
                ("Closes", "text"),
                ("Amount", "number"),
            )
            rows = tuple(
                (f"{name} {what}", stage, f"{day} March 2027", f"${amount:,}.00")
                for name, what, stage, day, amount in (
                    ("Initech", "annual license renewal", "Negotiation", 31, 40000),
                    ("Globex", "website redesign", "Proposal", 12, 8500),
                    ("Umbrella", "onboarding package", "Qualification", 2, 127300),
                )
            )
            note = "Two deals without an amount are left out."
            return [Text("3 open deals."), Table(title="Open deals", columns=columns, rows=rows, note=note)], []
        if "invoice" in text:
            path = self.home / "files" / "2041.pdf"
            path.write_bytes(b"%PDF-1.4 an invoice")
            return [Document(path=path, name="INV-2041.pdf", media_type="application/pdf")], []
        return [Text(f"You said: {row.text}")], []

    def _queue(
        self, session: Any, conversation_id: int, inbox_id: int | None, parts: list[Part], buttons: list[Button]
    ) -> None:
        now = self.clock()
        group = secrets.token_hex(4)
        offers = [
            Offer(
                token=f"o-{secrets.token_urlsafe(8)}",
                group=group,
                conversation_id=conversation_id,
                label=button.label,
                command=button.command,
                single_use=button.single_use,
                created_at=now,
                expires_at=now + timedelta(days=1),
            )
            for button in buttons
        ]
        session.add_all(offers)
        body = {
            "parts": [part_to_json(part) for part in parts],
            "buttons": [
                {"label": button.label, "token": offer.token, "style": button.style}
                for button, offer in zip(buttons, offers, strict=True)
            ],
        }
        session.add(
            Outbox(
                key=secrets.token_hex(8),
                conversation_id=conversation_id,
                inbox_id=inbox_id,
                body=body,
                created_at=now,
            )
        )

    async def _deliver_everything(self) -> None:
        for channel, message in await asyncio.to_thread(self._undelivered):
            await self._channels[channel].deliver(message)
            await asyncio.to_thread(self._mark_delivered, message.outbox_id)

    def _undelivered(self) -> list[tuple[str, OutgoingMessage]]:
        with self.store.unit_of_work(now=self.clock(), read_only=True) as uow:
            queued = select(Outbox).where(Outbox.status == OutboxStatus.QUEUED).order_by(Outbox.id)
            return [
                (
                    row.conversation.channel,
                    OutgoingMessage(
                        outbox_id=row.id,
                        conversation_id=row.conversation_id,
                        channel=row.conversation.channel,
                        conversation=row.conversation.external_id,
                        body=row.body,
                        created_at=row.created_at,
                    ),
                )
                for row in uow.session.scalars(queued)
            ]

    def _mark_delivered(self, outbox_id: int) -> None:
        with self.store.unit_of_work(now=self.clock()) as uow:
            uow.session.get_one(Outbox, outbox_id).status = OutboxStatus.DELIVERED
            uow.commit()


ScriptedChat = ServedChat[ScriptedGateway]
