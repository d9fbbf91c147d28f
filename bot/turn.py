"""One turn: a message from the inbox becomes effects, a journal entry, a new dialogue state and outgoing messages.

All of it happens in one transaction, or none of it. What happened on the way is kept with the message as its trace.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from queue import SimpleQueue
from time import perf_counter

import structlog
from sqlalchemy import bindparam, exists, insert, select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.orm.exc import StaleDataError

from actions.desk.desk import Desk
from actions.help_centre import HelpCentre
from actions.reply import Reply, Text
from actions.review_queue import GroupMessages
from actions.turn import CompanyPolicy
from actions.words import Words
from bot.desk_listening import RELAYED, hear_customer
from bot.desk_posts import write_postings
from bot.dialogue.holding import DialogueEngine
from bot.errors import EngineUnavailable
from bot.flooding import is_flooding, was_told
from bot.names import NameDirectory
from bot.offers import outgoing_body
from bot.requests import RequestsOfOneMessage
from bot.review import ReviewNotes
from bot.settings import Settings
from bot.speakers import Speaker, identify, reading_for
from bot.trace import Trace
from bot.waiting import ask_to_wait
from crm_store.actors import SYSTEM
from crm_store.errors import DatabaseUnavailable
from crm_store.models import Conversation, Inbox, InboxStatus, Message, Outbox, OutboxStatus
from crm_store.store import Store
from crm_store.unit_of_work import UnitOfWork
from nlu.parse import Engine
from nlu.values.reading import Reading

_log = structlog.get_logger(__name__)
MAX_ATTEMPTS = 3
_TRIED_AGAIN: tuple[type[Exception], ...] = (DatabaseUnavailable, EngineUnavailable)
# Made once: to put a statement together costs as much as to run it.
_WAITING = (Inbox.conversation_id == bindparam("conversation"), Inbox.status == InboxStatus.RECEIVED)
_WAITS = select(exists().where(*_WAITING))
_NEXT = (
    select(Inbox)
    .where(*_WAITING)
    .order_by(Inbox.id)
    .limit(1)
    .options(joinedload(Inbox.conversation), joinedload(Inbox.identity))
)

OnStep = Callable[[str], None]
"""Told the name of each step of a turn when it is reached; tests kill the process there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnPipeline:
    """Processes inbox rows, with whichever engine. Safe to use from several threads."""

    store: Store
    engine: Engine
    dialogue: DialogueEngine
    words: Words
    settings: Settings
    policy: CompanyPolicy
    names: NameDirectory
    help_centre: HelpCentre
    review: ReviewNotes
    alike: GroupMessages
    clock: Callable[[], datetime]
    on_step: OnStep = lambda _step: None
    require_ready: Callable[[], None] = lambda: None
    elsewhere: SimpleQueue[int] = field(default_factory=SimpleQueue)
    """Other conversations in which turns have said something, for whoever delivers; a crash before that is recovered
    from the outbox."""

    def process_next(self, conversation_id: int) -> int | None:
        """Process the conversation's oldest unprocessed message; its inbox id, or None when there is none.

        Raises DatabaseUnavailable or EngineUnavailable; the message stays in the inbox and can be tried again.
        """
        if not self.store.look(_WAITS, {"conversation": conversation_id})[0]:
            return None  # found out without the write lock, which others may need
        try:
            return self._until_unchallenged(conversation_id)
        except EngineUnavailable as error:
            if not self._ask_to_wait(conversation_id, error):
                return None
            raise

    def _until_unchallenged(self, conversation_id: int) -> int | None:
        for _ in range(MAX_ATTEMPTS - 1):
            try:
                return self._process_next(conversation_id, answered_else=(*_TRIED_AGAIN, StaleDataError))
            except StaleDataError:
                # Somebody changed one of the records meanwhile; the whole turn is done again on what is there now.
                _log.info("turn_repeated", conversation_id=conversation_id)
        return self._process_next(conversation_id, answered_else=_TRIED_AGAIN)

    def _ask_to_wait(self, conversation_id: int, error: EngineUnavailable) -> bool:
        """Whether there is a message that has to wait."""
        now = self.clock()
        with self.store.unit_of_work(now=now) as uow:
            inbox = self._claim(uow.session, conversation_id)
            if inbox is None:
                return False
            _log.warning("engine_unavailable", inbox_id=inbox.id, problem=str(error))
            ask_to_wait(uow.session, inbox, self.words, now=now)
            uow.commit()
        return True

    def _process_next(self, conversation_id: int, *, answered_else: tuple[type[Exception], ...]) -> int | None:
        started = perf_counter()
        now = self.clock()
        inbox_id: int | None = None
        # Found out before the transaction begins: nobody else is to wait for an engine that is away.
        self.require_ready()
        try:
            with self.store.unit_of_work(now=now) as uow:
                inbox = self._claim(uow.session, conversation_id)
                if inbox is None:
                    return None
                inbox_id = inbox.id
                self.on_step("claimed")
                woken = self._answer(uow, inbox, started)
                self.on_step("before_commit")
                uow.commit()
            for each in woken:
                self.elsewhere.put(each)
            self.on_step("committed")
        except answered_else:
            raise
        except Exception:  # the turn's edge: whatever broke, the person hears of it and the message is kept
            if inbox_id is None:
                raise
            self._apologise(inbox_id, traceback.format_exc())
        return inbox_id

    def give_up(self, inbox_id: int, reason: str) -> None:
        """Answer a message that cannot be processed with an apology, so that it no longer blocks its conversation."""
        self._apologise(inbox_id, reason)

    def identify(self, uow: UnitOfWork, inbox: Inbox) -> tuple[Speaker, Reading]:
        """Who wrote a message, by what is known of them now, and how they are to be read; goes on as that actor."""
        # Who is nobody yet may not even see the contact they are about to be.
        uow.become(SYSTEM)
        speaker = identify(self.store, uow.session, inbox.identity, now=uow.now, proofs=self.policy.proofs)
        uow.become(speaker.actor)
        return speaker, reading_for(speaker, said_at=inbox.sent_at, company=self.settings.config.company)

    @staticmethod
    def _claim(session: Session, conversation_id: int) -> Inbox | None:
        if session.get_bind().dialect.name != "sqlite":
            # The lock on the conversation keeps two processes from answering two of its messages at once. It is a
            # statement of its own, so that what is read next is what the process before has left. On SQLite the
            # transaction is alone anyway.
            session.execute(select(Conversation.id).where(Conversation.id == conversation_id).with_for_update())
        return session.scalar(_NEXT, {"conversation": conversation_id})

    def _answer(self, uow: UnitOfWork, inbox: Inbox, started: float) -> list[int]:
        """The other conversations that are to be woken for what is said there."""
        desk = Desk(session=uow.session, now=uow.now, company=self.policy, words=self.words)
        silent = hear_customer(uow, inbox, desk, files=self.settings.files_dir)
        speaker, reading = self.identify(uow, inbox)
        self.names.refresh(uow.session, self.engine)
        trace = Trace()
        replies: Sequence[Reply] = ()
        if silent:
            trace.requests.append({"text": inbox.text, "intent": None, "actions": [RELAYED], "error": None})
        elif is_flooding(uow.session, inbox, self.settings.config.abuse):
            replies = self._calm(uow.session, inbox, trace)
        else:
            replies = RequestsOfOneMessage(
                pipeline=self,
                uow=uow,
                inbox=inbox,
                speaker=speaker,
                reading=reading,
                trace=trace,
                postings=desk.postings,
            ).run()
        trace.milliseconds = (perf_counter() - started) * 1000
        self._finish(uow, inbox, replies, trace, author=str(speaker.actor))
        woken = write_postings(uow, desk.postings)
        _log.info(
            "turn",
            inbox_id=inbox.id,
            conversation_id=inbox.conversation_id,
            actor=str(speaker.actor),
            intents=[request["intent"] for request in trace.requests],
            actions=[action for request in trace.requests for action in request["actions"]],
            ms=round(trace.milliseconds, 1),
        )
        return woken

    def _calm(self, session: Session, inbox: Inbox, trace: Trace) -> list[Reply]:
        """One sentence for somebody who writes too fast, and silence after it; the message itself is kept."""
        sentence = self.words.say("utter_slow_down")
        trace.requests.append({"text": inbox.text, "intent": None, "actions": [], "error": "flood"})
        if was_told(session, inbox, sentence):
            return []
        reply = Reply()
        reply.parts.append(Text(sentence))
        return [reply]

    @staticmethod
    def _finish(uow: UnitOfWork, inbox: Inbox, replies: Sequence[Reply], trace: Trace, *, author: str) -> None:
        now = uow.now
        session = uow.session
        about = {"conversation_id": inbox.conversation_id, "at": now, "inbox_id": inbox.id}
        said = [{"author": author, "text": inbox.text, **about}]
        for number, reply in enumerate(reply for reply in replies if not reply.is_empty):
            body = outgoing_body(
                session, reply, conversation_id=inbox.conversation_id, identity_id=inbox.identity_id, now=now
            )
            session.add(
                Outbox(
                    key=f"inbox:{inbox.id}:{number}",
                    conversation_id=inbox.conversation_id,
                    inbox_id=inbox.id,
                    body=body,
                    created_at=now,
                    status=OutboxStatus.QUEUED,
                )
            )
            said.append({"author": "assistant", "text": reply.as_text(), **about})
        session.connection().execute(insert(Message), said)
        inbox.conversation.last_message_at = now
        inbox.status = InboxStatus.DONE
        inbox.done_at = now
        inbox.trace = trace.to_json()

    def _apologise(self, inbox_id: int, detail: str) -> None:
        _log.error("turn_failed", inbox_id=inbox_id, detail=detail)
        with self.store.unit_of_work(now=self.clock()) as uow:
            inbox = uow.session.get_one(Inbox, inbox_id)
            if inbox.status is not InboxStatus.RECEIVED:
                return
            reply = Reply()
            reply.parts.append(Text(self.words.say("utter_something_broke", reference=f"m{inbox_id}")))
            trace = Trace(requests=[{"text": inbox.text, "intent": None, "actions": [], "error": "internal"}])
            self._finish(uow, inbox, [reply], trace, author=f"anonymous:{inbox.identity_id}")
            inbox.status = InboxStatus.FAILED
            uow.commit()
