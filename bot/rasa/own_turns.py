"""Action calls of a Rasa that talks to people itself, over its own channels: no turn of ours is open around them.

Every call is a transaction of its own. What it came to is kept with the message it belongs to, so that a call repeated
by an impatient client, a proxy or a restarted server gets the same answer and does nothing twice. Answers to questions,
names on record and values are read as in any turn; a payload nobody was offered as a button does nothing.
"""

from __future__ import annotations

import hashlib
import json
import traceback
from dataclasses import asdict, replace
from typing import Any

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from actions.call import ActionCall, Command
from actions.pending import Pending
from actions.registry import all_skills
from actions.reply import Button
from actions.turn import Turn
from bot.answers import as_answer
from bot.bootstrap import Assistant
from bot.dialogue.holding import Steps
from bot.errors import UnknownPerson
from bot.inbox import note_handled
from bot.messages import InboundMessage
from bot.offers import make_offers, press, token_for_command
from bot.persons import find_person
from bot.rasa.adapter import ActionAdapter
from bot.rasa.messages import to_rasa
from bot.rasa.open_turns import ActionOutcome, ActionRequest
from bot.rasa.reading import RasaEngine
from bot.rasa.tracker_view import TrackerView
from bot.rasa.vouching import vouched_person
from bot.trace import Trace
from bot.understanding import as_said, parse_of_command
from crm_store.errors import DatabaseUnavailable
from crm_store.journal import Origin
from crm_store.models import Inbox, Message
from crm_store.unit_of_work import UnitOfWork
from nlu.parse import ParseResult

_log = structlog.get_logger(__name__)
CHANNEL = "rasa"
_ATTEMPTS = 3
_CALLS, _PRESSED = "calls", "pressed"


class OwnTurns:
    """Runs actions for the people of one Rasa server. Safe to use from several threads.

    ``everybody`` is who all of them are (a handle, or customer:<e-mail>), to try things with; otherwise somebody is who
    their message's metadata vouches for with ``key``, and a visitor without that.
    """

    def __init__(
        self, assistant: Assistant, engine: RasaEngine, *, everybody: str | None = None, key: str | None = None
    ) -> None:
        self.pipeline = assistant.pipeline
        self.engine = engine
        self.domain = assistant.domain
        self.adapter = ActionAdapter(assistant.domain)
        self._everybody = everybody
        self._key = key

    def run(self, request: ActionRequest) -> ActionOutcome:
        """Run an action, or answer as before when this very call has been answered; raises DatabaseUnavailable."""
        for _ in range(_ATTEMPTS - 1):
            try:
                return self._run(request)
            except (IntegrityError, StaleDataError):
                # The same call twice at a time, or somebody changed a record: done again on what is there now.
                _log.info("rasa_action_again", action=request.action)
        return self._run(request)

    def _run(self, request: ActionRequest) -> ActionOutcome:
        view = TrackerView(request.tracker)
        call_id = _fingerprint(request.action, view)
        try:
            with self.pipeline.store.unit_of_work(now=self.pipeline.clock()) as uow:
                inbox = note_handled(uow.session, self._message(view, uow), now=uow.now)
                calls: dict[str, Any] = dict(inbox.trace.get(_CALLS) or {})
                if (before := calls.get(call_id)) is not None:
                    _log.info("rasa_action_repeated", action=request.action, inbox_id=inbox.id)
                    return ActionOutcome(events=tuple(before["events"]), messages=tuple(before["messages"]))
                outcome = _Answering(self, uow, inbox, view).run(request)
                calls[call_id] = asdict(outcome)
                inbox.trace = {**inbox.trace, _CALLS: calls}
                uow.commit()
            return outcome
        except (IntegrityError, StaleDataError, DatabaseUnavailable):
            raise
        except Exception:  # noqa: BLE001 - the turn's edge: whatever broke, the person hears of it
            _log.error("rasa_action_failed", action=request.action, detail=traceback.format_exc())
            sorry = self.pipeline.words.say("utter_something_broke", reference=call_id)
            return ActionOutcome(messages=({"text": sorry},))

    def _message(self, view: TrackerView, uow: UnitOfWork) -> InboundMessage:
        sender = str(view.data.get("sender_id") or "")
        person = self._everybody or vouched_person(view.metadata, sender=sender, key=self._key)
        try:
            ref = None if person is None else find_person(uow.session, person).ref
        except UnknownPerson:
            _log.warning("rasa_vouches_for_nobody", person=person)
            ref = None
        return InboundMessage(
            source=CHANNEL,
            event_id=f"{sender}:{view.message_id}",
            channel=CHANNEL,
            conversation=sender,
            sender=sender,
            sent_at=uow.now,
            text=view.text,
            person=None if ref is None else str(ref),
        )


class _Answering:
    """One action call in its transaction."""

    def __init__(self, turns: OwnTurns, uow: UnitOfWork, inbox: Inbox, view: TrackerView) -> None:
        self._turns = turns
        self._pipeline = turns.pipeline
        self._uow = uow
        self._inbox = inbox
        self._view = view
        self._speaker, self._reading = self._pipeline.identify(uow, inbox)
        self._then: list[Command] = []

    def run(self, request: ActionRequest) -> ActionOutcome:
        turns, conversation = self._turns, self._inbox.conversation
        self._pipeline.names.refresh(self._uow.session, turns.engine)
        first = not self._inbox.trace
        meant = self._meant()
        if meant is None:
            return self._refused()
        if request.action in all_skills() and Pending.from_json(conversation.pending) is not None:
            request = replace(request, action=self._resumed(meant) or request.action)
        self._uow.journal.start_entry(
            Origin(
                conversation_id=conversation.id,
                inbox_id=self._inbox.id,
                intent=meant.intent.name,
                confidence=meant.intent.confidence,
            )
        )
        steps = Steps()
        outcome = turns.adapter.run(request, meant, self._turn, steps)
        while (
            self._then and (action := self._resumed(following := parse_of_command(self._then.pop(0), ""))) is not None
        ):
            # What waited until the asker had shown who they are goes on as the person they now are.
            self._speaker, self._reading = self._pipeline.identify(self._uow, self._inbox)
            more = turns.adapter.run(replace(request, action=action), following, self._turn, steps)
            outcome = ActionOutcome(events=outcome.events + more.events, messages=outcome.messages + more.messages)
        self._keep(meant, steps, outcome, first=first)
        return outcome

    def _meant(self) -> ParseResult | None:
        """What the message says; None for a payload that is no button of this person's."""
        text = self._view.text
        if text.startswith("/"):
            return self._pressed(text)
        parse = self._turns.engine.read(text, self._view.found(), self._reading)
        answer = as_answer(
            text,
            as_said(parse),
            pending=Pending.from_json(self._inbox.conversation.pending),
            domain=self._turns.domain,
            state=self._view.state(),
            reading=self._reading,
            interruption_threshold=self._pipeline.settings.config.understanding.interruption_threshold,
        )
        return as_said(parse) if answer is None else parse_of_command(answer, text)

    def _pressed(self, payload: str) -> ParseResult | None:
        command = Command.from_text(payload)
        if command is None:
            return None
        if self._inbox.trace.get(_PRESSED):
            return parse_of_command(command, payload)
        ids = {"conversation_id": self._inbox.conversation_id, "identity_id": self._inbox.identity_id}
        token = token_for_command(self._uow.session, str(command), **ids)
        if token is None or press(self._uow.session, token, now=self._uow.now, **ids).command is None:
            return None
        # The further actions of the same message belong to the same press.
        self._inbox.trace = {**self._inbox.trace, _PRESSED: True}
        return parse_of_command(command, payload)

    def _resumed(self, meant: ParseResult) -> str | None:
        """The action an answer to an open question goes on with."""
        rule = self._turns.domain.rule_for(meant.intent.name, form=None, slots={})
        return rule.actions[0] if rule is not None and rule.starts is None and rule.actions else None

    def _refused(self) -> ActionOutcome:
        _log.warning("rasa_payload_refused", inbox_id=self._inbox.id)
        turn = self._turn(ActionCall(action=""))
        turn.say("utter_button_unknown")
        return ActionOutcome(
            events=tuple(
                {"event": "slot", "timestamp": None, "name": n, "value": None} for n in self._view.slots_set()
            ),
            messages=tuple(to_rasa(turn.reply)),
        )

    def _turn(self, call: ActionCall) -> Turn:
        pipeline = self._pipeline
        return Turn(
            uow=self._uow,
            call=call,
            reading=self._reading,
            words=pipeline.words,
            conversation=self._inbox.conversation,
            identity_id=self._inbox.identity_id,
            files=pipeline.settings.files_dir,
            policy=pipeline.policy,
            user=self._speaker.user,
            contact=self._speaker.contact,
            help_centre=pipeline.help_centre,
            alike=pipeline.alike,
            then=self._then,
        )

    def _keep(self, meant: ParseResult, steps: Steps, outcome: ActionOutcome, *, first: bool) -> None:
        """The transcript, the trace and the buttons, as of any turn."""
        conversation, now = self._inbox.conversation, self._uow.now
        lines = [(str(self._speaker.actor), self._inbox.text)] if first else []
        lines += [("assistant", str(message["text"])) for message in outcome.messages if message.get("text")]
        for author, text in lines:
            self._uow.session.add(
                Message(conversation_id=conversation.id, author=author, text=text, at=now, inbox_id=self._inbox.id)
            )
        trace = Trace(requests=list(self._inbox.trace.get("requests") or ()))
        trace.add(meant, meant, steps)
        self._inbox.trace = {**self._inbox.trace, **trace.to_json()}
        conversation.last_message_at = now
        offered = [
            Button(label=each["title"], command=each["payload"], single_use=each["single_use"])
            for message in outcome.messages
            for each in message.get("buttons") or ()
        ]
        ids = {"conversation_id": conversation.id, "identity_id": self._inbox.identity_id}
        make_offers(self._uow.session, offered, now=now, **ids)


def _fingerprint(action: str, view: TrackerView) -> str:
    """The same for the same call of the same message, and for no other."""
    happened = [{k: v for k, v in event.items() if k != "timestamp"} for event in view.since_message()]
    return hashlib.sha256(json.dumps([action, happened], sort_keys=True, default=str).encode()).hexdigest()[:16]
