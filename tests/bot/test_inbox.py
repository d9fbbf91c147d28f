"""A message is safe once it is received, kept once, and holds nothing a database cannot keep."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from bot.inbox import receive
from bot.messages import MAX_TEXT, Receipt
from crm_store.errors import DatabaseUnavailable
from crm_store.models import ChannelIdentity, Conversation, Inbox
from crm_store.schema import upgrade
from crm_store.store import Store
from tests.assistants import NOW, Rig
from tests.bot.speaking import inbox_of, message, ref_of
from tests.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = tmp_path_factory.mktemp("inbox") / "x.db"
    url = f"sqlite:///{path}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    upgrade(url)
    opened = Store(url)
    yield opened
    opened.close()


def test_an_event_heard_twice_is_kept_once(store: Store) -> None:
    first = receive(store, message("hello", event_id="e"), now=NOW)
    again = receive(store, message("hello", event_id="e"), now=NOW + timedelta(days=30))
    assert (first.repeat, again.repeat) == (False, True)
    assert (again.inbox_id, again.conversation_id) == (first.inbox_id, first.conversation_id)
    assert [row.text for row in inbox_of(store)] == ["hello"]


def _at_once(work: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=each) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_first_messages_of_a_conversation_at_once_are_all_taken(store: Store) -> None:
    receipts: list[Receipt] = []
    start = threading.Barrier(6)

    def say(number: int) -> None:
        start.wait()
        receipts.append(receive(store, message(str(number), conversation="new", sender="new"), now=NOW))

    _at_once([lambda n=n: say(n) for n in range(6)])  # type: ignore[misc]
    assert len(receipts) == 6
    assert len({receipt.inbox_id for receipt in receipts}) == 6
    with store.unit_of_work(now=NOW, read_only=True) as uow:
        assert uow.session.scalar(select(func.count(Conversation.id))) == 1
        assert uow.session.scalar(select(func.count(ChannelIdentity.id))) == 1


def test_one_event_heard_at_once_in_several_processes_is_kept_once(store: Store) -> None:
    receipts: list[Receipt] = []
    start = threading.Barrier(6)

    def say() -> None:
        start.wait()
        receipts.append(receive(store, message("hello", event_id="same"), now=NOW))

    _at_once([say] * 6)
    assert [receipt.repeat for receipt in receipts].count(False) == 1
    assert len(inbox_of(store)) == 1


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("a\x00b", "ab"),
        ("\x00", ""),
        ("half \ud83d a pair", "half ? a pair"),
        ("\udc80", "?"),
        ("😀 שלום <b>x</b> '; DROP TABLE inbox; --", "😀 שלום <b>x</b> '; DROP TABLE inbox; --"),
    ],
)
def test_what_a_database_cannot_keep_is_dropped_from_every_text(store: Store, said: str, kept: str) -> None:
    dirty = message(said, conversation=f"c{said}", sender=f"s{said}", event_id=f"e{said}", token=f"t{said}")
    receive(store, dirty, now=NOW)
    (row,) = inbox_of(store)
    assert (row.text, row.payload, row.event_id) == (kept, f"t{kept}", f"e{kept}")
    assert receive(store, dirty, now=NOW).repeat


def test_a_text_beyond_all_measure_is_cut(store: Store) -> None:
    receive(store, message("x" * (MAX_TEXT + 1)), now=NOW)
    assert len(inbox_of(store)[0].text) == MAX_TEXT


def test_a_client_whose_clock_runs_ahead_does_not_move_tomorrow(store: Store) -> None:
    receive(store, message("a", sent_at=NOW + timedelta(days=1)), now=NOW)
    receive(store, message("b", sent_at=NOW + timedelta(minutes=1)), now=NOW)
    receive(store, message("c", sent_at=NOW - timedelta(hours=3)), now=NOW)
    ahead, slightly, late = inbox_of(store)
    assert ahead.sent_at == NOW
    assert slightly.sent_at == NOW + timedelta(minutes=1)
    assert late.sent_at == NOW - timedelta(hours=3)


def test_only_a_person_the_channel_has_proven_is_believed(rig: Rig) -> None:
    store = rig.assistant.store
    receive(store, message("I am user:2", sender="a"), now=NOW)
    receive(store, message("hi", sender="b", person=ref_of(store, "dana")), now=NOW)
    receive(store, message("hi", sender="c", person="nonsense"), now=NOW)
    with store.unit_of_work(now=NOW, read_only=True) as uow:
        found = {
            row.external_id: row.user_id
            for row in uow.session.scalars(select(ChannelIdentity).where(ChannelIdentity.channel == "web"))
        }
    assert found == {"a": None, "b": int(ref_of(store, "dana").split(":")[1]), "c": None}


def test_nothing_is_promised_when_the_database_is_away(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE inbox RENAME TO away"))
    if store.engine.dialect.name == "sqlite":
        with pytest.raises(DatabaseUnavailable):
            receive(store, message("hello", event_id="e"), now=NOW)
    with store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO inbox"))
    assert not receive(store, message("hello", event_id="e"), now=NOW).repeat
    with store.unit_of_work(now=NOW, read_only=True) as uow:
        assert uow.session.scalar(select(func.count(Inbox.id))) == 1
