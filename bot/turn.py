"""One turn: a message from the inbox becomes effects, a journal entry, a new dialogue state and outgoing messages.

All of it happens in one transaction, or none of it. What happened on the way is kept with the message as its trace.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import perf_counter
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.orm.exc import StaleDataError

from actions.call import ActionCall
from actions.help_centre import HelpCentre
from actions.pending import Pending
from actions.reply import Reply, Text
from actions.review_queue import GroupMessages
from actions.turn import CompanyPolicy, Turn
from actions.words import Words
from bot.answers import as_answer
from bot.dialogue.state import DialogueState
from bot.embedded import Dialogue, Steps
from bot.names import NameDirectory
from bot.offers import outgoing_body, press, token_for_label
from bot.review import RequestSeen, ReviewNotes
from bot.settings import Settings
from bot.speakers import Speaker, identify, reading_for
from bot.understanding import as_said, parse_of_command, understand
from crm_store.errors import DatabaseUnavailable
from crm_store.journal import Origin
from crm_store.models import Conversation, Inbox, InboxStatus, Message, Outbox, OutboxStatus
from crm_store.store import Store
from crm_store.unit_of_work import UnitOfWork
from nlu.parse import Engine, ParseResult
from nlu.segments import split_requests
from nlu.values.reading import Reading

_log = structlog.get_logger(__name__)
MAX_ATTEMPTS = 3

SAY = "say"
"""The command of a button that stands for a message: pressing it says the message."""

OnStep = Callable[[str], None]
"""Told the name of each step of a turn when it is reached; tests kill the process there."""


@dataclass(slots=True)
class Trace:
    """Why the assistant did what it did with one message."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    milliseconds: float = 0.0

    def add(self, parse: ParseResult, meant: ParseResult, steps: Steps) -> None:
        """Note one request: how it was parsed, what it was taken for, and what was done."""
        self.requests.append(
            {
                "text": parse.text,
                "intent": meant.intent.name,
                "confidence": round(meant.intent.confidence, 4),
                "parsed": parse.intent.name,
                "in_scope": round(parse.in_scope, 4),
                "ranking": [[score.name, round(score.confidence, 4)] for score in parse.ranking[:3]],
                "entities": [
                    {
                        "entity": e.entity,
                        "start": e.start,
                        "end": e.end,
                        "text": e.text,
                        "value": e.value,
                        "role": e.role,
                        "extractor": e.extractor,
                    }
                    for e in (parse.entities or meant.entities)
                ],
                "actions": steps.actions,
                "error": steps.failure.error if steps.failure else None,
            }
        )

    def to_json(self) -> dict[str, Any]:
        """The form kept with the message."""
        return {"requests": self.requests, "ms": round(self.milliseconds, 1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnPipeline:
    """Processes inbox rows with the embedded engine. Safe to use from several threads."""

    store: Store
    engine: Engine
    dialogue: Dialogue
    words: Words
    settings: Settings
    policy: CompanyPolicy
    names: NameDirectory
    help_centre: HelpCentre
    review: ReviewNotes
    alike: GroupMessages
    clock: Callable[[], datetime]
    on_step: OnStep = lambda _step: None

    def process_next(self, conversation_id: int) -> int | None:
        """Process the conversation's oldest unprocessed message; its inbox id, or None when there is none.

        Raises DatabaseUnavailable; the message stays in the inbox and can be tried again.
        """
        for _ in range(MAX_ATTEMPTS - 1):
            try:
                return self._process_next(conversation_id, answered_else=(DatabaseUnavailable, StaleDataError))
            except StaleDataError:
                # Somebody changed one of the records meanwhile; the whole turn is done again on what is there now.
                _log.info("turn_repeated", conversation_id=conversation_id)
        return self._process_next(conversation_id, answered_else=(DatabaseUnavailable,))

    def _process_next(self, conversation_id: int, *, answered_else: tuple[type[Exception], ...]) -> int | None:
        started = perf_counter()
        now = self.clock()
        inbox_id: int | None = None
        try:
            with self.store.unit_of_work(now=now) as uow:
                inbox = self._claim(uow.session, conversation_id)
                if inbox is None:
                    return None
                inbox_id = inbox.id
                self.on_step("claimed")
                self._answer(uow, inbox, started)
                self.on_step("before_commit")
                uow.commit()
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

    @staticmethod
    def _claim(session: Session, conversation_id: int) -> Inbox | None:
        if session.get_bind().dialect.name != "sqlite":
            # The lock on the conversation keeps two processes from answering two of its messages at once. It is a
            # statement of its own, so that what is read next is what the process before has left. On SQLite the
            # transaction is alone anyway.
            session.execute(select(Conversation.id).where(Conversation.id == conversation_id).with_for_update())
        return session.scalar(
            select(Inbox)
            .where(Inbox.conversation_id == conversation_id, Inbox.status == InboxStatus.RECEIVED)
            .order_by(Inbox.id)
            .limit(1)
            .options(joinedload(Inbox.conversation), joinedload(Inbox.identity))
        )

    def _answer(self, uow: UnitOfWork, inbox: Inbox, started: float) -> None:
        speaker = identify(self.store, uow.session, inbox.identity)
        uow.become(speaker.actor)
        self.names.refresh(uow.session, self.engine)
        reading = reading_for(speaker, said_at=inbox.sent_at, company=self.settings.config.company)
        trace = Trace()
        replies = _TurnInProgress(
            pipeline=self, uow=uow, inbox=inbox, speaker=speaker, reading=reading, trace=trace
        ).run()
        trace.milliseconds = (perf_counter() - started) * 1000
        self._finish(uow, inbox, replies, trace, author=str(speaker.actor))
        _log.info(
            "turn",
            inbox_id=inbox.id,
            conversation_id=inbox.conversation_id,
            actor=str(speaker.actor),
            intents=[request["intent"] for request in trace.requests],
            actions=[action for request in trace.requests for action in request["actions"]],
            ms=round(trace.milliseconds, 1),
        )

    @staticmethod
    def _finish(uow: UnitOfWork, inbox: Inbox, replies: Sequence[Reply], trace: Trace, *, author: str) -> None:
        now = uow.now
        session = uow.session
        session.add(
            Message(conversation_id=inbox.conversation_id, author=author, text=inbox.text, at=now, inbox_id=inbox.id)
        )
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
            session.add(
                Message(
                    conversation_id=inbox.conversation_id,
                    author="assistant",
                    text=reply.as_text(),
                    at=now,
                    inbox_id=inbox.id,
                )
            )
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


class _TurnInProgress:
    """The requests of one message, answered one after the other, each with a reply of its own."""

    def __init__(
        self,
        *,
        pipeline: TurnPipeline,
        uow: UnitOfWork,
        inbox: Inbox,
        speaker: Speaker,
        reading: Reading,
        trace: Trace,
    ) -> None:
        self._pipeline = pipeline
        self._uow = uow
        self._inbox = inbox
        self._speaker = speaker
        self._reading = reading
        self._trace = trace
        self._replies = [Reply()]
        self._state = DialogueState.from_json(inbox.conversation.dialogue).known_to(pipeline.dialogue.domain)

    def run(self) -> list[Reply]:
        pressed = self._pressed()
        if pressed is not None and pressed.intent.name == SAY:
            self._read_text(pressed.entities[0].value)
        elif pressed is not None:
            self._respond(pressed, pressed)
        elif self._inbox.payload is None:
            self._read_text(self._inbox.text)
        while self._state.later and self._state.form is None and not self._inbox.conversation.pending:
            following, *rest = self._state.later
            self._state = replace(self._state, later=tuple(rest))
            parse = self._understand(following)
            self._respond(parse, as_said(parse))
        self._inbox.conversation.dialogue = self._state.to_json()
        return self._replies

    def _pressed(self) -> ParseResult | None:
        session = self._uow.session
        token = self._inbox.payload
        if token is None:
            token = token_for_label(
                session,
                self._inbox.text,
                conversation_id=self._inbox.conversation_id,
                identity_id=self._inbox.identity_id,
            )
        if token is None:
            return None
        outcome = press(
            session,
            token,
            conversation_id=self._inbox.conversation_id,
            identity_id=self._inbox.identity_id,
            now=self._uow.now,
        )
        if outcome.command is None:
            self._inbox.payload = token
            self._turn_for(ActionCall(action="")).say(f"utter_button_{outcome.problem or 'unknown'}")
            self._trace.requests.append(
                {"text": self._inbox.text, "intent": None, "actions": [], "error": f"button_{outcome.problem}"}
            )
            return None
        return parse_of_command(outcome.command, self._inbox.text)

    def _read_text(self, text: str) -> None:
        if not text.strip():
            response = "utter_attachment_kept" if self._inbox.attachments else "utter_empty"
            self._turn_for(ActionCall(action="")).say(response)
            self._trace.requests.append({"text": text, "intent": None, "actions": [response], "error": "empty"})
            return
        conversation = self._inbox.conversation
        whole = self._understand(text)
        answer = as_answer(
            text,
            as_said(whole),
            pending=Pending.from_json(conversation.pending),
            domain=self._pipeline.dialogue.domain,
            state=self._state,
            reading=self._reading,
            interruption_threshold=self._pipeline.settings.config.understanding.interruption_threshold,
        )
        if answer is not None:
            self._respond(whole, parse_of_command(answer, text))
            return
        segments = split_requests(text, self._understand)
        if len(segments) == 1:
            self._respond(whole, as_said(whole))
            return
        self._state = replace(self._state, later=(*segments, *self._state.later)[:10])

    def _understand(self, text: str) -> ParseResult:
        margin = self._pipeline.settings.config.understanding.ambiguity_margin
        return understand(self._pipeline.engine, text, reading=self._reading, ambiguity_margin=margin)

    def _respond(self, parse: ParseResult, meant: ParseResult) -> None:
        self._replies.append(Reply())
        self._uow.journal.start_entry(
            Origin(
                conversation_id=self._inbox.conversation_id,
                inbox_id=self._inbox.id,
                intent=meant.intent.name,
                confidence=meant.intent.confidence,
            )
        )
        seen = RequestSeen(
            inbox=self._inbox,
            number=len(self._trace.requests),
            parse=parse,
            meant=meant,
            was_asked=bool(self._inbox.conversation.pending) or self._state.form is not None,
        )
        self._pipeline.review.note(self._uow, self._speaker, self._reading, seen)
        self._state, steps = self._pipeline.dialogue.respond(self._state, meant, self._turn_for)
        self._trace.add(parse, meant, steps)
        self._pipeline.on_step("acted")

    def _turn_for(self, call: ActionCall) -> Turn:
        return Turn(
            uow=self._uow,
            call=call,
            reading=self._reading,
            words=self._pipeline.words,
            conversation=self._inbox.conversation,
            identity_id=self._inbox.identity_id,
            files=self._pipeline.settings.files_dir,
            policy=self._pipeline.policy,
            user=self._speaker.user,
            contact=self._speaker.contact,
            help_centre=self._pipeline.help_centre,
            alike=self._pipeline.alike,
            reply=self._replies[-1],
        )
