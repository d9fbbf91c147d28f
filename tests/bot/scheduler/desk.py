"""A desk to be spoken to at: Dana's, with nothing on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from bot.scheduler.claiming import BATCH, claim_due_reminders
from bot.scheduler.speaking import speak
from crm_store.models import ChannelIdentity, Conversation, Outbox, Task, User
from tests.assistants import NOW, Rig


@dataclass(frozen=True, slots=True)
class Desk:
    """Dana's reminders."""

    rig: Rig

    def at(self, when: datetime, **fields: Any) -> int:
        """A reminder for dana; its number."""
        with self.rig.assistant.store.unit_of_work(now=NOW) as uow:
            dana = self.user(uow.session)
            values = {
                "subject": "Send the contract",
                "due_at": when,
                "remind_at": when,
                "creator_id": dana.id,
                **fields,
            }
            task = uow.add(Task(assignee_id=dana.id, **values))
            uow.commit()
            return task.id

    @staticmethod
    def user(session: Any) -> User:
        """Dana."""
        return session.scalars(select(User).where(User.handle == "dana")).one()  # type: ignore[no-any-return]

    def task(self, task_id: int) -> Task:
        """The task as it is now."""
        with self.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
            return uow.session.get_one(Task, task_id)

    def tick(self, now: datetime) -> list[int]:
        """What the scheduler does every second; the conversations it woke."""
        pipeline = self.rig.assistant.pipeline
        claimed = BATCH
        woken: list[int] = []
        while claimed == BATCH:
            claimed = claim_due_reminders(pipeline.store, now=now, company_zone="America/New_York")
            handled = 1
            while handled:
                spoken = speak(pipeline, now=now)
                woken += spoken.conversation_ids
                handled = spoken.handled
        return woken

    def sent(self) -> list[str]:
        """The sentences of what was said unasked, in order."""
        return [text for message in self.messages() for text in message]

    def messages(self) -> list[list[str]]:
        """The messages said unasked, each as its sentences."""
        with self.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
            rows = uow.session.scalars(select(Outbox).where(Outbox.key.startswith("notice:")).order_by(Outbox.id))
            return [[part["text"] for part in row.body["parts"] if part["type"] == "text"] for row in rows]

    def buttons(self) -> list[dict[str, str]]:
        """The buttons of the last message said unasked."""
        with self.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
            last = select(Outbox).where(Outbox.key.startswith("notice:")).order_by(Outbox.id.desc()).limit(1)
            return list(uow.session.scalars(last).one().body["buttons"])

    def be_reachable(self, *, channel: str = "web", name: str = "user:dana") -> int:
        """Dana has a channel and a conversation on it; its number."""
        with self.rig.assistant.store.unit_of_work(now=NOW) as uow:
            dana = self.user(uow.session)
            here = Conversation(channel=channel, external_id=name, created_at=NOW, last_message_at=NOW)
            uow.session.add_all(
                [here, ChannelIdentity(channel=channel, external_id=name, user_id=dana.id, created_at=NOW)]
            )
            uow.commit()
            return here.id

    def change_user(self, **fields: Any) -> None:
        """Set something about dana."""
        with self.rig.assistant.store.unit_of_work(now=NOW) as uow:
            for field, value in fields.items():
                setattr(self.user(uow.session), field, value)
            uow.commit()


@pytest.fixture
def desk(rig: Rig) -> Desk:
    with rig.assistant.store.unit_of_work(now=NOW) as uow:
        for task in uow.session.scalars(select(Task).where(Task.remind_at.is_not(None))):
            task.remind_at = None
        uow.commit()
    found = Desk(rig)
    found.change_user(timezone="America/New_York", quiet_from=None, quiet_until=None)
    return found
