"""One turn at a time, in this process: what ``say``, ``chat`` and the dialogue scripts speak through."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from actions.reply import Reply, part_from_json
from bot.bootstrap import Assistant
from bot.errors import EngineUnavailable
from bot.inbox import receive
from bot.messages import InboundMessage
from bot.outbox import next_to_deliver, record_delivered
from bot.persons import Person
from crm_store.models import Conversation, Inbox, Outbox

CHANNEL = "terminal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What one message came to."""

    body: dict[str, Any]
    trace: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The object ``rapport say --json`` prints for a turn."""
        requests: list[dict[str, Any]] = self.trace.get("requests") or [{}]
        first, last = requests[0], requests[-1]
        reply = Reply(parts=[part_from_json(part) for part in self.body.get("parts", [])])
        actions = [action for request in requests for action in request.get("actions", [])]
        return {
            "text": reply.as_text(),
            "buttons": [
                {"label": button["label"], "payload": button["token"]} for button in self.body.get("buttons", [])
            ],
            "files": [str(path) for path in reply.files()],
            "intent": first.get("intent"),
            "confidence": first.get("confidence"),
            "entities": [
                {key: entity[key] for key in ("entity", "start", "end", "text", "value")}
                for request in requests
                for entity in request.get("entities", [])
            ],
            "action": actions[-1] if actions else None,
            "error": last.get("error"),
            "trace": self.trace,
        }


class Talk:
    """A conversation with the assistant, spoken from this process."""

    def __init__(self, assistant: Assistant, person: Person, *, conversation: str | None = None) -> None:
        self._assistant = assistant
        self._person = person
        self._sender = str(person.ref) if person.ref else "visitor"
        self._conversation = conversation or self._sender

    def unheard(self, *, now: datetime | None = None) -> list[dict[str, Any]]:
        """What was said here meanwhile without being asked, to be shown now: it is not given again."""
        store, moment = self._assistant.store, now or self._assistant.pipeline.clock()
        with store.unit_of_work(now=moment, read_only=True) as uow:
            conversation_id = uow.session.scalar(
                select(Conversation.id).where(
                    Conversation.channel == CHANNEL, Conversation.external_id == self._conversation
                )
            )
        bodies = []
        while conversation_id is not None:
            message = next_to_deliver(store, conversation_id, now=moment, repeatable=(CHANNEL,))
            if message is None:
                break
            bodies.append(dict(message.body))
            record_delivered(store, message.outbox_id, external_id=None, now=moment)
        return bodies

    def say(self, text: str, *, token: str | None = None, now: datetime | None = None) -> Exchange:
        """Say one thing and wait for the answer; raises DatabaseUnavailable."""
        pipeline = self._assistant.pipeline
        moment = now or pipeline.clock()
        receipt = receive(
            self._assistant.store,
            InboundMessage(
                source=CHANNEL,
                event_id=uuid.uuid4().hex,
                channel=CHANNEL,
                conversation=self._conversation,
                sender=self._sender,
                sender_name=self._person.name,
                person=str(self._person.ref) if self._person.ref else None,
                text=text,
                token=token,
                sent_at=moment,
            ),
            now=moment,
        )
        try:
            while pipeline.process_next(receipt.conversation_id) is not None:
                pass
        except EngineUnavailable:
            pass  # the answer says so, and the message waits in the inbox
        exchange = self._exchange(receipt.inbox_id, moment)
        store = self._assistant.store
        while (
            message := next_to_deliver(store, receipt.conversation_id, now=moment, repeatable=(CHANNEL,))
        ) is not None:
            record_delivered(store, message.outbox_id, external_id=None, now=moment)
        return exchange

    def _exchange(self, inbox_id: int, now: datetime) -> Exchange:
        with self._assistant.store.unit_of_work(now=now, read_only=True) as uow:
            inbox = uow.session.get_one(Inbox, inbox_id)
            bodies = uow.session.scalars(
                select(Outbox.body).where(Outbox.inbox_id == inbox_id).order_by(Outbox.id)
            ).all()
            body: dict[str, Any] = {"parts": [], "buttons": [], "menus": []}
            for each in bodies:
                for name, collected in body.items():
                    collected += each.get(name, [])
            return Exchange(body=body, trace=inbox.trace)
