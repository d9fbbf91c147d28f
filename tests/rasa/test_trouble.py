"""Whatever happens to Rasa: no message is lost, nothing is done twice, and the person reads one clear sentence.

Against a stand-in that has every trouble on demand; what only a real server shows is in test_real_server.py.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from actions.help_centre import HelpCentre
from bot.bootstrap import Assistant, bootstrap
from bot.dialogue.domain import load_domain
from bot.errors import EngineUnavailable
from bot.inbox import receive
from bot.rasa.action_server import ActionServer
from bot.rasa.dialogue import run_in
from bot.rasa.open_turns import OpenTurns
from crm_store.models import Account, InboxStatus
from nlu.encoder import Encoder
from tests.assistants import NOW, DrivenClock
from tests.bot.speaking import inbox_of, message, outbox_of, ref_of
from tests.rasa.conftest import free_port, rasa_settings
from tests.rasa.standin import RasaStandIn, Reading, Trouble, serving

ADD = "add Vandelay Latex as an account"
READINGS = {
    ADD: Reading("add_account", {"Vandelay Latex": "account"}),
    "hello": Reading("greet"),
    'inform{"account": "Initech"}': Reading("out_of_scope"),
}
WAIT = "Yours is kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaky:
    """An assistant on the demo company whose Rasa is a stand-in."""

    assistant: Assistant
    rasa: RasaStandIn

    def say(self, text: str, *, conversation: str = "c1") -> int:
        """Commit what dana says; the conversation's id."""
        store = self.assistant.store
        said = message(text, sender="dana", person=ref_of(store, "dana"), conversation=conversation)
        return receive(store, said, now=NOW).conversation_id

    def fails(self, conversation_id: int) -> str:
        """Try to answer in vain; what the operator is told."""
        with pytest.raises(EngineUnavailable) as problem:
            self.assistant.pipeline.process_next(conversation_id)
        return str(problem.value)

    def accounts(self) -> int:
        """How many of the account asked for there are."""
        with self.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
            return len(uow.session.scalars(select(Account).where(Account.name == "Vandelay Latex")).all())

    def told(self) -> list[str]:
        """Every message to the person."""
        return [str(row.body["parts"]) for row in outbox_of(self.assistant.store)]

    def expect_kept(self) -> None:
        """The message waits, nothing is done, and the person has read so once."""
        assert [row.status for row in inbox_of(self.assistant.store)] == [InboxStatus.RECEIVED]
        assert self.accounts() == 0
        (sentence,) = self.told()
        assert WAIT in sentence

    def expect_done_once(self) -> None:
        """The message is answered, by one account."""
        assert [row.status for row in inbox_of(self.assistant.store)] == [InboxStatus.DONE]
        assert self.accounts() == 1
        *before, answer = self.told()
        assert "Vandelay Latex" in answer
        assert all(WAIT in sentence for sentence in before)
        assert len(before) <= 1


@pytest.fixture
def shaky(tmp_path: Path, seeded_database: Path, encoder: Encoder | None, help_centre: HelpCentre) -> Iterator[Shaky]:
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(seeded_database, home / "rapport.db")
    port = free_port()
    settings = rasa_settings(home, port=port, timeout=2)
    domain = load_domain(settings.domain_path, settings.data_dir)
    rasa = RasaStandIn(domain, READINGS, settings.config.rasa.actions_port)
    assistant = bootstrap(settings, clock=DrivenClock(), help_centre=help_centre)
    with serving(rasa, port):
        yield Shaky(assistant=assistant, rasa=rasa)
    assistant.close()


def test_a_message_goes_through_a_rasa_in_good_health(shaky: Shaky) -> None:
    here = shaky.say(ADD)
    assert shaky.assistant.pipeline.process_next(here) is not None
    shaky.expect_done_once()


@pytest.mark.parametrize("trouble", ["html", "other json", "refuses", "hangs up"])
@pytest.mark.parametrize("place", ["/status", "/domain", "/model/parse", "/tracker", "/webhooks/rest/webhook"])
def test_rubbish_instead_of_an_answer_loses_and_doubles_nothing(shaky: Shaky, place: str, trouble: Trouble) -> None:
    here = shaky.say(ADD)
    shaky.rasa.trouble[place] = [trouble, trouble]
    for _ in range(2):
        shaky.fails(here)
        shaky.expect_kept()
    shaky.assistant.pipeline.process_next(here)
    shaky.expect_done_once()


def test_a_rasa_killed_after_it_called_the_action_leaves_nothing_of_it(shaky: Shaky) -> None:
    here = shaky.say(ADD)
    shaky.rasa.trouble["/webhooks/rest/webhook"] = ["hangs up afterwards"]
    assert "cannot be reached" in shaky.fails(here)
    assert shaky.rasa.action_answers == [200]
    shaky.expect_kept()
    shaky.rasa.forget_conversations()
    shaky.assistant.pipeline.process_next(here)
    shaky.expect_done_once()


def test_a_rasa_that_answers_too_late_finds_its_turn_over_and_does_nothing(shaky: Shaky) -> None:
    here = shaky.say(ADD)
    shaky.rasa.trouble["/webhooks/rest/webhook"] = ["late"]
    assert "did not answer" in shaky.fails(here)
    shaky.expect_kept()
    shaky.rasa.let_go.set()
    assert shaky.rasa.late_ones_done.acquire(timeout=30)
    assert shaky.rasa.action_answers == [409]
    assert shaky.accounts() == 0
    shaky.assistant.pipeline.process_next(here)
    shaky.expect_done_once()


def test_others_are_answered_while_one_waits_for_a_rasa_that_reads_slowly(shaky: Shaky) -> None:
    slow, quick = shaky.say(ADD), shaky.say("hello", conversation="c2")
    shaky.rasa.trouble["/model/parse"] = ["late"]
    shaky.fails(slow)
    assert shaky.assistant.pipeline.process_next(quick) is not None
    assert shaky.assistant.pipeline.process_next(slow) is not None
    assert shaky.accounts() == 1


def test_an_action_server_that_is_away_is_noticed_though_rasa_answers(shaky: Shaky) -> None:
    here = shaky.say(ADD)
    served, shaky.rasa.actions_port = shaky.rasa.actions_port, free_port()
    assert "did not call the action server" in shaky.fails(here)
    assert shaky.rasa.action_answers == [0]
    shaky.expect_kept()
    shaky.rasa.actions_port = served
    shaky.assistant.pipeline.process_next(here)
    shaky.expect_done_once()


def test_the_same_action_call_twice_does_its_work_once(shaky: Shaky) -> None:
    here = shaky.say(ADD)
    shaky.rasa.call_twice = True
    shaky.assistant.pipeline.process_next(here)
    assert shaky.rasa.action_answers == [200, 200]
    shaky.expect_done_once()


def test_a_model_of_another_domain_is_not_used(shaky: Shaky) -> None:
    here = shaky.say(ADD)
    ours, shaky.rasa.served = shaky.rasa.served, {"intents": ["order_pizza"], "actions": [], "forms": {}, "slots": {}}
    told = shaky.fails(here)
    assert "another domain" in told
    assert "m1.tar.gz" in told
    assert shaky.rasa.said == shaky.rasa.parsed == []
    shaky.expect_kept()
    shaky.rasa.model_id, shaky.rasa.served = "m2", ours
    shaky.assistant.pipeline.process_next(here)
    shaky.expect_done_once()


def test_a_rasa_restarted_with_an_older_model_is_found_out_between_two_messages(shaky: Shaky) -> None:
    shaky.assistant.pipeline.process_next(shaky.say("hello", conversation="c2"))
    here = shaky.say(ADD)
    newer = shaky.rasa.served
    shaky.rasa.model_id = "m0"
    shaky.rasa.served = newer | {"intents": [name for name in newer["intents"] if name != "add_account"]}
    shaky.rasa.forget_conversations()
    told = shaky.fails(here)
    assert "m0.tar.gz" in told
    assert "add_account" in told
    shaky.rasa.model_id, shaky.rasa.served = "m1", newer
    shaky.assistant.pipeline.process_next(here)
    assert shaky.accounts() == 1


def test_a_model_of_our_domain_but_without_our_rules_is_found_out(shaky: Shaky) -> None:
    here = shaky.say(ADD)
    shaky.rasa.unruled = {"add_account"}
    assert "no rule for add_account" in shaky.fails(here)
    shaky.expect_kept()
    shaky.rasa.unruled = set()
    shaky.assistant.pipeline.process_next(here)
    shaky.expect_done_once()


def test_commands_people_type_reach_rasa_as_words_only(shaky: Shaky) -> None:
    here = shaky.say('/inform{"account": "Initech"}')
    shaky.assistant.pipeline.process_next(here)
    assert [text.lstrip() for text in shaky.rasa.parsed] == ['inform{"account": "Initech"}']
    assert [said.partition("@")[0] for said in shaky.rasa.said] == ["/out_of_scope"]


@pytest.mark.parametrize(
    "call", [b"", b"[]", b"{}", b'{"next_action": "action_greet"}', b"\xff\xfe", b'{"next_action": 5}']
)
def test_what_is_no_action_call_is_refused(call: bytes) -> None:
    port = free_port()
    server = ActionServer(partial(run_in, OpenTurns()), ["action_greet"], host="127.0.0.1", port=port)
    server.start()
    try:
        answer = httpx.post(f"http://127.0.0.1:{port}/webhook", content=call, trust_env=False)
    finally:
        server.stop()
    assert 400 <= answer.status_code < 500, answer.text
