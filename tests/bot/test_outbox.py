"""Each message goes out in its turn, and every attempt is on record."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.inbox import receive
from bot.messages import DeliveryFailed
from bot.outbox import MAX_ATTEMPTS, next_to_deliver, record_delivered, record_failure
from crm_store.models import Outbox, OutboxStatus
from crm_store.store import Store
from tests.assistants import NOW, Rig
from tests.bot.speaking import message, outbox_of


@pytest.fixture
def store(rig: Rig) -> Store:
    return rig.assistant.store


def _queued(store: Store, *texts: str) -> int:
    conversation_id = receive(store, message("hi"), now=NOW).conversation_id
    with store.unit_of_work(now=NOW) as uow:
        uow.session.add_all(
            [
                Outbox(
                    key=f"test:{number}",
                    conversation_id=conversation_id,
                    body={"parts": [{"type": "text", "text": text}], "buttons": []},
                    created_at=NOW,
                    status=OutboxStatus.QUEUED,
                )
                for number, text in enumerate(texts)
            ]
        )
        uow.commit()
    return conversation_id


def test_messages_come_in_order_and_each_until_it_is_recorded(store: Store) -> None:
    here = _queued(store, "one", "two")
    first, again = next_to_deliver(store, here, now=NOW), next_to_deliver(store, here, now=NOW)
    assert first is not None
    assert again is not None
    assert first.outbox_id == again.outbox_id, "an attempt without an end is made again, under the same number"
    record_delivered(store, first.outbox_id, external_id="ts-1", now=NOW)
    second = next_to_deliver(store, here, now=NOW)
    assert second is not None
    assert second.body["parts"][0]["text"] == "two"
    record_delivered(store, second.outbox_id, external_id=None, now=NOW)
    assert next_to_deliver(store, here, now=NOW) is None
    assert [(row.status, row.attempts, row.external_id) for row in outbox_of(store)] == [
        (OutboxStatus.DELIVERED, 2, "ts-1"),
        (OutboxStatus.DELIVERED, 1, None),
    ]


def test_one_that_waits_holds_back_those_behind_it(store: Store) -> None:
    here = _queued(store, "one", "two")
    first = next_to_deliver(store, here, now=NOW)
    assert first is not None
    retry_at = record_failure(store, first.outbox_id, DeliveryFailed("slow down", retry_after=30), now=NOW)
    assert retry_at == NOW + timedelta(seconds=30)
    assert next_to_deliver(store, here, now=NOW + timedelta(seconds=29)) is None
    retried = next_to_deliver(store, here, now=retry_at)
    assert retried is not None
    assert retried.outbox_id == first.outbox_id


def test_waiting_grows_to_five_minutes_at_most_and_ends(store: Store) -> None:
    here = _queued(store, "one")
    now, waits = NOW, []
    for _ in range(MAX_ATTEMPTS):
        sent = next_to_deliver(store, here, now=now)
        assert sent is not None
        retry_at = record_failure(store, sent.outbox_id, DeliveryFailed("x" * 2000), now=now)
        waits.append(None if retry_at is None else (retry_at - now).total_seconds())
        now = retry_at or now
    assert waits == [2, 4, 8, 16, 32, 64, 128, None]
    (row,) = outbox_of(store)
    assert row.status is OutboxStatus.FAILED
    assert row.error == "x" * 500


def test_what_can_never_be_delivered_is_given_up_at_once(store: Store) -> None:
    here = _queued(store, "one", "two")
    first = next_to_deliver(store, here, now=NOW)
    assert first is not None
    assert record_failure(store, first.outbox_id, DeliveryFailed("blocked", permanent=True), now=NOW) is None
    following = next_to_deliver(store, here, now=NOW)
    assert following is not None
    assert following.body["parts"][0]["text"] == "two"


def test_a_message_for_another_channel_is_left_as_it_is(store: Store) -> None:
    here = _queued(store, "one")
    assert next_to_deliver(store, here, now=NOW, channels={"slack"}) is None
    (row,) = outbox_of(store)
    assert (row.status, row.attempts) == (OutboxStatus.QUEUED, 0)
    assert next_to_deliver(store, here, now=NOW, channels={"slack", "web"}) is not None


def test_where_a_repeat_does_no_harm_nothing_is_noted_before_the_message_is_handed_over(store: Store) -> None:
    here = _queued(store, "one", "two")
    first = next_to_deliver(store, here, now=NOW, repeatable={"web"})
    assert first is not None
    assert outbox_of(store)[0].status is OutboxStatus.QUEUED
    retry_at = record_failure(store, first.outbox_id, DeliveryFailed("closed"), now=NOW)
    assert retry_at is not None
    assert next_to_deliver(store, here, now=retry_at, repeatable={"web"}) == first
    record_delivered(store, first.outbox_id, external_id=None, now=retry_at)
    row = outbox_of(store)[0]
    assert (row.status, row.attempts) == (OutboxStatus.DELIVERED, 2), "attempts count all the same"


def test_one_occurrence_is_written_once(store: Store) -> None:
    _queued(store, "one")
    with pytest.raises(Exception, match=r"(?i)unique"):
        _queued(store, "one")
