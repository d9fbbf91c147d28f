"""One turn is one transaction: all of it happens or none, and it is kept why."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError

from actions import registry
from actions.registry import EVERYONE, Skill
from actions.turn import Turn
from bot.inbox import receive
from crm_store.errors import DatabaseUnavailable
from crm_store.models import Account, Conversation, InboxStatus, JournalEntry, Message, User
from tests.assistants import NOW, Rig
from tests.bot.speaking import inbox_of, message, outbox_of, ref_of

ADD = '/add_account{"account": "Vandelay Latex"}'


def _receive(rig: Rig, text: str, *, who: str = "dana") -> int:
    return receive(
        rig.assistant.store, message(text, sender=who, person=ref_of(rig.assistant.store, who)), now=NOW
    ).conversation_id


def _accounts(rig: Rig) -> int:
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        return len(uow.session.scalars(select(Account).where(Account.name == "Vandelay Latex")).all())


def _replace(monkeypatch: pytest.MonkeyPatch, action: str, handler: registry.Handler) -> None:
    registry.all_skills()
    monkeypatch.setitem(registry._skills, action, Skill(action=action, audience=EVERYONE, handler=handler))


def test_effects_journal_transcript_answer_and_state_are_there_together(rig: Rig) -> None:
    here = _receive(rig, ADD)
    inbox_id = rig.assistant.pipeline.process_next(here)
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        account = uow.session.scalars(select(Account).where(Account.name == "Vandelay Latex")).one()
        entry = uow.session.scalars(select(JournalEntry)).one()
        assert (entry.inbox_id, entry.conversation_id, entry.intent) == (inbox_id, here, "add_account")
        assert entry.confidence == pytest.approx(0.95)
        assert entry.actor == ref_of(rig.assistant.store, "dana")
        lines = uow.session.scalars(select(Message).order_by(Message.id)).all()
        assert [line.author for line in lines] == [entry.actor, "assistant"]
        assert uow.session.get_one(Conversation, here).focus["account"] == account.id
    (row,) = inbox_of(rig.assistant.store)
    assert (row.status, row.done_at) == (InboxStatus.DONE, NOW)
    (sent,) = outbox_of(rig.assistant.store)
    assert sent.inbox_id == inbox_id
    assert "Vandelay Latex" in str(sent.body)


def test_there_is_nothing_to_do_without_a_message(rig: Rig) -> None:
    here = _receive(rig, "/greet")
    assert rig.assistant.pipeline.process_next(here) is not None
    assert rig.assistant.pipeline.process_next(here) is None
    assert rig.assistant.pipeline.process_next(999_999) is None


def test_a_turn_the_database_breaks_off_leaves_nothing_and_can_be_done_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = _receive(rig, ADD)

    def gone(_turn: Turn) -> None:
        raise DatabaseUnavailable("gone")

    with monkeypatch.context() as patch:
        _replace(patch, "action_add_account", gone)
        with pytest.raises(DatabaseUnavailable):
            rig.assistant.pipeline.process_next(here)
    assert [row.status for row in inbox_of(rig.assistant.store)] == [InboxStatus.RECEIVED]
    assert outbox_of(rig.assistant.store) == []
    rig.assistant.pipeline.process_next(here)
    assert _accounts(rig) == 1


@pytest.mark.parametrize(("times", "status"), [(1, InboxStatus.DONE), (2, InboxStatus.DONE), (9, InboxStatus.FAILED)])
def test_a_turn_overtaken_by_another_is_done_again_a_few_times(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, times: int, status: InboxStatus
) -> None:
    here = _receive(rig, ADD)
    real = registry.all_skills()["action_add_account"].handler
    left = times

    def overtaken(turn: Turn) -> None:
        nonlocal left
        real(turn)
        if left:
            left -= 1
            raise StaleDataError("somebody was quicker")

    _replace(monkeypatch, "action_add_account", overtaken)
    rig.assistant.pipeline.process_next(here)
    (row,) = inbox_of(rig.assistant.store)
    assert row.status is status
    assert _accounts(rig) == (1 if status is InboxStatus.DONE else 0)
    assert len(outbox_of(rig.assistant.store)) == 1


def test_giving_up_answers_a_message_once(rig: Rig) -> None:
    here = _receive(rig, ADD)
    (row,) = inbox_of(rig.assistant.store)
    for _ in range(2):
        rig.assistant.pipeline.give_up(row.id, "brought the process down")
    assert rig.assistant.pipeline.process_next(here) is None
    assert _accounts(rig) == 0
    assert len(outbox_of(rig.assistant.store)) == 1


def test_a_message_already_answered_is_not_given_up(rig: Rig) -> None:
    here = _receive(rig, "/greet")
    inbox_id = rig.assistant.pipeline.process_next(here)
    assert inbox_id is not None
    rig.assistant.pipeline.give_up(inbox_id, "too late")
    (row,) = inbox_of(rig.assistant.store)
    assert row.status is InboxStatus.DONE
    assert len(outbox_of(rig.assistant.store)) == 1


def test_it_is_kept_why_the_assistant_did_what_it_did(rig: Rig) -> None:
    rig.assistant.pipeline.process_next(_receive(rig, ADD))
    (row,) = inbox_of(rig.assistant.store)
    (request,) = row.trace["requests"]
    assert (request["intent"], request["confidence"], request["error"]) == ("add_account", 0.95, None)
    assert request["actions"] == ["action_add_account"]
    assert request["entities"][0]["value"] == "Vandelay Latex"


def test_a_colleague_who_left_is_nobody(rig: Rig) -> None:
    with rig.assistant.store.unit_of_work(now=NOW) as uow:
        uow.session.scalars(select(User).where(User.handle == "dana")).one().active = False
        uow.commit()
    rig.assistant.pipeline.process_next(_receive(rig, ADD))
    assert _accounts(rig) == 0


def test_a_dialogue_another_version_left_behind_does_not_break_the_conversation(rig: Rig) -> None:
    here = _receive(rig, "/greet")
    with rig.assistant.store.unit_of_work(now=NOW) as uow:
        uow.session.get_one(Conversation, here).dialogue = {
            "form": "gone_form",
            "requested_slot": "x",
            "slots": {"y": "z"},
        }
        uow.commit()
    rig.assistant.pipeline.process_next(here)
    (row,) = inbox_of(rig.assistant.store)
    assert row.status is InboxStatus.DONE


def test_names_made_in_one_conversation_are_understood_in_the_next(rig: Rig) -> None:
    rig.assistant.pipeline.process_next(_receive(rig, ADD))
    rig.assistant.pipeline.process_next(_receive(rig, "/greet"))
    assert "Vandelay Latex" in rig.assistant.engine.names["account"]  # type: ignore[attr-defined]
