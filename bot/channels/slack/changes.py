"""Messages people edit or delete after they were sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.call import Command
from actions.reply import Button, Reply, Text
from actions.words import Words
from bot.channels.slack.hearing import Deleted, Edited
from bot.channels.slack.places import CHANNEL
from bot.notices import queue_notice
from bot.requests import SAY
from crm_store.models import Inbox, InboxStatus, JournalEntry
from crm_store.store import Store
from crm_store.unit_of_work import UnitOfWork

_WAITING = frozenset({InboxStatus.HELD, InboxStatus.RECEIVED})


class MessageChanges:
    """A message not answered yet is simply changed. One that was answered stays so; its writer is offered what can be
    done about it, since neither an edit nor a deletion says that what was done should be undone. Synchronous."""

    def __init__(self, store: Store, words: Words, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._words = words
        self._clock = clock

    def edited(self, edited: Edited, text: str) -> tuple[int, ...]:
        """Take an edit in; the conversations to wake. ``text`` is the new text, plain."""
        with self._store.unit_of_work(now=self._clock()) as uow:
            row = _message(uow.session, edited.said.event_id)
            if row is None or row.text == text:
                return ()
            if row.status in _WAITING:
                row.text = text
                uow.commit()
                return ()
            reply = Reply(parts=[Text(self._words.say("utter_slack_edited"))])
            if text:
                again = Command(SAY, {"text": text})
                reply.buttons.append(
                    Button(
                        label=self._words.label("slack_take_edit"), command=str(again), style="primary", single_use=True
                    )
                )
            return self._notice(uow, row, reply, key=f"slack:edited:{row.id}:{edited.at}")

    def deleted(self, deleted: Deleted) -> tuple[int, ...]:
        """Take a deletion in; the conversations to wake."""
        with self._store.unit_of_work(now=self._clock()) as uow:
            row = _message(uow.session, deleted.event_id)
            if row is None:
                return ()
            if row.status in _WAITING:
                row.status, row.done_at = InboxStatus.DONE, uow.now
                row.trace = {"requests": [{"text": "", "intent": None, "actions": [], "error": "taken_back"}]}
                uow.commit()
                return ()
            if _entry(uow.session, row) is None:
                return ()
            reply = Reply(parts=[Text(self._words.say("utter_slack_deleted"))])
            return self._notice(uow, row, reply, key=f"slack:deleted:{row.id}")

    def _notice(self, uow: UnitOfWork, row: Inbox, reply: Reply, *, key: str) -> tuple[int, ...]:
        entry = _entry(uow.session, row)
        if entry is not None:
            undo = Command("undo", {"entry": str(entry)})
            reply.buttons.append(Button(label=self._words.label("undo"), command=str(undo), single_use=True))
        queue_notice(
            uow,
            reply,
            key=key,
            conversation_id=row.conversation_id,
            identity_id=row.identity_id,
            inbox_id=row.id,
        )
        uow.commit()
        return (row.conversation_id,)


def _message(session: Session, event_id: str) -> Inbox | None:
    return session.scalar(select(Inbox).where(Inbox.source == CHANNEL, Inbox.event_id == event_id))


def _entry(session: Session, row: Inbox) -> int | None:
    """The last thing that was done because of the message."""
    return session.scalar(
        select(JournalEntry.id).where(JournalEntry.inbox_id == row.id).order_by(JournalEntry.id.desc()).limit(1)
    )
