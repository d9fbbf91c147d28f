"""A Rasa that talks to people itself calls our actions: the same handlers, each call done once, nobody's word taken."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from actions.help_centre import HelpCentre
from bot.bootstrap import bootstrap
from bot.opening import open_store
from bot.rasa.assembly import serve_actions
from bot.rasa.client import RasaClient
from bot.rasa.open_turns import ActionRequest
from bot.rasa.own_turns import OwnTurns
from bot.rasa.reading import RasaEngine
from bot.rasa.vouching import sign, vouched_person
from bot.settings import PROJECT
from crm_store.models import Account, Conversation, Deal, Inbox, InboxStatus, JournalEntry, Message
from tests.assistants import NOW, DrivenClock, settings_at
from tests.rasa.conftest import free_port

KEY = "k" * 32
ADD = "add Vandelay Latex as an account"
_numbers = count(1)


@dataclass(slots=True)
class RasaSide:
    """One conversation as Rasa keeps it: what it sends along with an action call."""

    turns: OwnTurns
    sender: str = "u1"
    person: str | None = "dana"
    slots: dict[str, Any] = field(default_factory=dict)
    form: str | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    latest: dict[str, Any] = field(default_factory=dict)

    def hears(self, text: str, intent: str, **entities: str) -> None:
        """A message, read by Rasa."""
        found = [
            {
                "entity": kind,
                "value": said,
                "start": max(text.find(said), 0),
                "end": max(text.find(said), 0) + len(said),
            }
            for kind, said in entities.items()
        ]
        metadata = {}
        if self.person is not None:
            signature = sign(self.person, sender=self.sender, key=KEY)
            metadata = {"rapport_person": self.person, "rapport_signature": signature}
        score = {"name": intent, "confidence": 0.97}
        self.latest = {
            "text": text,
            "intent": score,
            "intent_ranking": [score],
            "entities": found,
            "message_id": f"m{next(_numbers)}",
            "metadata": metadata,
        }
        self.events.append({"event": "user", "text": text, "timestamp": 1.0})

    def request(self, action: str) -> ActionRequest:
        """The call of an action as it stands."""
        loop = {"name": self.form} if self.form else {}
        tracker = {
            "sender_id": self.sender,
            "slots": dict(self.slots),
            "active_loop": loop,
            "latest_message": self.latest,
            "events": list(self.events),
        }
        return ActionRequest(action=action, tracker=tracker)

    def calls(self, action: str) -> list[str]:
        """Have an action run, take its events, and return what it says."""
        outcome = self.turns.run(self.request(action))
        self.events.append({"event": "action", "name": action})
        for event in outcome.events:
            self.events.append(dict(event))
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
        self.buttons = [button for message in outcome.messages for button in message.get("buttons") or ()]
        return [str(message["text"]) for message in outcome.messages if message.get("text")]

    buttons: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def turns(tmp_path: Path, seeded_database: Path, help_centre: HelpCentre) -> Iterator[OwnTurns]:
    shutil.copy(seeded_database, tmp_path / "rapport.db")
    settings = settings_at(tmp_path)
    engine = RasaEngine(RasaClient("http://127.0.0.1:9", timeout=1), settings.data_dir)
    assistant = bootstrap(
        settings, clock=DrivenClock(), store=open_store(settings), engine=engine, help_centre=help_centre
    )
    yield OwnTurns(assistant, engine, key=KEY)
    assistant.close()


@pytest.fixture
def rasa(turns: OwnTurns) -> RasaSide:
    return RasaSide(turns)


def _accounts(turns: OwnTurns) -> int:
    with turns.pipeline.store.unit_of_work(now=NOW, read_only=True) as uow:
        return len(uow.session.scalars(select(Account).where(Account.name == "Vandelay Latex")).all())


def test_an_action_runs_for_the_person_vouched_for_and_leaves_what_any_turn_leaves(rasa: RasaSide) -> None:
    rasa.hears(ADD, "add_account", account="Vandelay Latex")
    (said,) = rasa.calls("action_add_account")
    assert "Vandelay Latex" in said
    assert [button["title"] for button in rasa.buttons][-1] == "Undo"
    with rasa.turns.pipeline.store.unit_of_work(now=NOW, read_only=True) as uow:
        inbox = uow.session.scalars(select(Inbox)).one()
        assert inbox.status is InboxStatus.DONE
        assert inbox.trace["requests"][0]["actions"] == ["action_add_account"]
        entry = uow.session.scalars(select(JournalEntry)).one()
        assert (entry.inbox_id, entry.intent) == (inbox.id, "add_account")
        assert [line.text for line in uow.session.scalars(select(Message).order_by(Message.id))] == [ADD, said]


def test_the_same_call_again_gets_the_same_answer_and_does_nothing(rasa: RasaSide) -> None:
    rasa.hears(ADD, "add_account", account="Vandelay Latex")
    request = rasa.request("action_add_account")
    first = rasa.turns.run(request)
    assert rasa.turns.run(request) == first
    assert _accounts(rasa.turns) == 1


def test_the_same_call_many_times_at_once_is_done_once(rasa: RasaSide) -> None:
    rasa.hears(ADD, "add_account", account="Vandelay Latex")
    request = rasa.request("action_add_account")
    with ThreadPoolExecutor(4) as threads:
        outcomes = list(threads.map(rasa.turns.run, [request] * 4))
    assert outcomes == [outcomes[0]] * 4
    assert _accounts(rasa.turns) == 1


def test_the_same_words_said_again_are_another_request(rasa: RasaSide) -> None:
    for _ in range(2):
        rasa.hears("greetings", "greet")
        assert rasa.calls("action_greet")
    with rasa.turns.pipeline.store.unit_of_work(now=NOW, read_only=True) as uow:
        assert len(uow.session.scalars(select(Inbox)).all()) == 2


@pytest.mark.parametrize("person", [None, "nobody-of-that-name"])
def test_somebody_nobody_vouches_for_is_a_visitor(turns: OwnTurns, person: str | None) -> None:
    rasa = RasaSide(turns, person=person)
    rasa.hears(ADD, "add_account", account="Vandelay Latex")
    rasa.calls("action_add_account")
    assert _accounts(turns) == 0


@pytest.mark.parametrize(
    ("metadata", "sender", "key", "valid"),
    [
        ({"rapport_person": "dana", "rapport_signature": sign("dana", sender="u1", key=KEY)}, "u1", KEY, True),
        ({"rapport_person": "dana", "rapport_signature": sign("dana", sender="u1", key=KEY)}, "u2", KEY, False),
        ({"rapport_person": "sam", "rapport_signature": sign("dana", sender="u1", key=KEY)}, "u1", KEY, False),
        ({"rapport_person": "dana", "rapport_signature": sign("dana", sender="u1", key=KEY)}, "u1", "x" * 32, False),
        ({"rapport_person": "dana", "rapport_signature": sign("dana", sender="u1", key=KEY)}, "u1", None, False),
        ({"rapport_person": "dana"}, "u1", KEY, False),
        ({"rapport_person": "dana", "rapport_signature": "ü"}, "u1", KEY, False),
        ({"rapport_person": ["dana"], "rapport_signature": 7}, "u1", KEY, False),
    ],
)
def test_a_signature_is_for_one_person_behind_one_sender(
    metadata: dict[str, Any], sender: str, key: str | None, valid: bool
) -> None:
    assert (vouched_person(metadata, sender=sender, key=key) is not None) == valid


def test_a_form_is_filled_from_what_was_said_as_in_any_turn(rasa: RasaSide) -> None:
    rasa.hears("log a deal with Initech", "log_deal", account="Initech")
    rasa.form = "log_deal_form"
    rasa.events.append({"event": "active_loop", "name": "log_deal_form"})
    rasa.slots["requested_slot"] = "deal_account"
    rasa.calls("validate_log_deal_form")
    assert rasa.slots["deal_account"].startswith("account:")
    rasa.slots["requested_slot"] = "deal_amount"
    assert rasa.calls("action_ask_log_deal_form_deal_amount")
    # Rasa's model took the bare amount for something else; the answer is the answer all the same.
    rasa.hears("40k", "out_of_scope")
    rasa.calls("validate_log_deal_form")
    assert rasa.slots["deal_amount"].startswith("40000")


def test_a_request_in_the_middle_of_a_form_is_left_to_the_rules(rasa: RasaSide) -> None:
    rasa.form, rasa.slots["requested_slot"] = "log_deal_form", "deal_amount"
    rasa.hears("what can you do?", "help")
    outcome = rasa.turns.run(rasa.request("validate_log_deal_form"))
    assert outcome.events == outcome.messages == ()


def test_a_button_works_once_for_whom_it_was_made(rasa: RasaSide) -> None:
    rasa.hears(ADD, "add_account", account="Vandelay Latex")
    rasa.calls("action_add_account")
    undo = next(button for button in rasa.buttons if button["title"] == "Undo")
    stranger = RasaSide(rasa.turns, sender="u2", person="sam")
    stranger.hears(undo["payload"], "undo")
    stranger.calls("action_undo")
    assert _accounts(rasa.turns) == 1
    for _ in range(2):
        rasa.hears(undo["payload"], "undo")
        rasa.calls("action_undo")
    with rasa.turns.pipeline.store.unit_of_work(now=NOW, read_only=True) as uow:
        assert not uow.session.scalars(
            select(Account).where(Account.name == "Vandelay Latex", Account.deleted_at.is_(None))
        ).all()


@pytest.mark.parametrize(
    "payload", ['/win_deal{"ref": "deal:1"}', '/inform{"account": "Initech"}', "/log_deal{", "/", "//"]
)
def test_a_command_somebody_typed_does_nothing(rasa: RasaSide, payload: str) -> None:
    rasa.slots["deal_account"] = "Initech"
    rasa.hears(payload, "win_deal")
    rasa.events.append({"event": "slot", "name": "deal_account", "value": "Initech"})
    (said,) = rasa.calls("action_win_deal")
    assert "button" in said.casefold()
    assert rasa.slots["deal_account"] is None
    with rasa.turns.pipeline.store.unit_of_work(now=NOW, read_only=True) as uow:
        assert not uow.session.scalars(select(JournalEntry)).all()


def test_the_answer_to_a_question_goes_on_with_what_was_asked(rasa: RasaSide) -> None:
    with rasa.turns.pipeline.store.unit_of_work(now=NOW, read_only=True) as uow:
        names = uow.session.scalars(select(Deal.name).where(Deal.closed_at.is_(None)).limit(1)).all()
    assert names
    rasa.hears("move it to negotiation", "move_deal", stage="negotiation")
    asked = rasa.calls("action_move_deal")
    assert asked
    with rasa.turns.pipeline.store.unit_of_work(now=NOW, read_only=True) as uow:
        # The demo company has conversations of its own; this one is the newest.
        newest = select(Conversation.pending).order_by(Conversation.id.desc()).limit(1)
        pending = uow.session.scalars(newest).one()
    assert pending, asked
    # Rasa's model takes a bare name for anything; what counts is that a question is open.
    rasa.hears(names[0], "inform", deal=names[0])
    told = rasa.calls("action_inform")
    with rasa.turns.pipeline.store.unit_of_work(now=NOW, read_only=True) as uow:
        last = uow.session.scalars(select(Inbox).order_by(Inbox.id.desc())).first()
        assert last is not None
        assert last.trace["requests"][0]["actions"] == ["action_move_deal"], told


def test_an_action_that_breaks_says_so_and_leaves_nothing(rasa: RasaSide, monkeypatch: pytest.MonkeyPatch) -> None:
    rasa.hears(ADD, "add_account", account="Vandelay Latex")

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(rasa.turns.adapter, "run", broken)
    (said,) = rasa.calls("action_add_account")
    assert "wrong" in said.casefold() or "broke" in said.casefold()
    with rasa.turns.pipeline.store.unit_of_work(now=NOW, read_only=True) as uow:
        assert not uow.session.scalars(select(Inbox)).all()


def _call(sender: str, action: str, text: str, intent: str) -> dict[str, Any]:
    message = {"text": text, "intent": {"name": intent, "confidence": 0.9}, "entities": [], "message_id": f"{sender}-1"}
    tracker = {
        "sender_id": sender,
        "slots": {},
        "latest_message": message,
        "events": [{"event": "user", "text": text, "timestamp": 1.0}],
        "active_loop": {},
        "paused": False,
    }
    return {"next_action": action, "sender_id": sender, "tracker": tracker, "domain": {}, "version": "3.6.21"}


def test_the_action_server_alone_serves_everybody_as_one_person_to_try_things(
    tmp_path: Path, seeded_database: Path
) -> None:
    shutil.copy(seeded_database, tmp_path / "rapport.db")
    port = free_port()
    serving = serve_actions(settings_at(tmp_path), host="127.0.0.1", port=port, everybody="dana")
    try:
        call = _call("default", "action_who_am_i", "who am I?", "who_am_i")
        answer = httpx.post(f"http://127.0.0.1:{port}/webhook", json=call, trust_env=False, timeout=60).json()
    finally:
        serving.close()
    assert "Dana" in str(answer["responses"])


def test_rasa_sdks_own_server_finds_and_runs_every_action(tmp_path: Path, seeded_database: Path) -> None:
    shutil.copy(seeded_database, tmp_path / "rapport.db")
    port = free_port()
    command = [sys.executable, "-m", "rasa_sdk", "--actions", "bot.rasa.sdk_actions", "--port", str(port)]
    environment = os.environ | {
        "RAPPORT_HOME": str(tmp_path),
        "PYTHONPATH": str(PROJECT),
        "SANIC_HOST": "127.0.0.1",
        "SANIC_RESPONSE_TIMEOUT": "600",
    }
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        actions = {each["name"] for each in _get_actions(server, port)}
        call = _call("default", "action_greet", "hello", "greet")
        answer = httpx.post(f"http://127.0.0.1:{port}/webhook", json=call, trust_env=False, timeout=600).json()
    finally:
        server.terminate()
        server.wait()
    assert {"action_greet", "validate_log_deal_form", "action_ask_log_deal_form_deal_amount"} <= actions
    assert re.search(r"\w", answer["responses"][0]["text"]), (tmp_path / "log").read_text()


def _get_actions(server: subprocess.Popen[bytes], port: int) -> Any:
    while server.poll() is None:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/actions", trust_env=False, timeout=300).json()
        except httpx.ConnectError:
            time.sleep(0.2)
    raise AssertionError("the server is gone")
