"""Who has the page open can be spoken to there, also before they have written anything."""

from __future__ import annotations

from sqlalchemy import func, select

from bot.scheduler.places import find_places
from crm_store.models import ChannelIdentity, Conversation, Inbox
from crm_store.store import Store
from tests.bot.channels.browsing import browser
from tests.bot.channels.scripted import ScriptedChat, system_clock


def open_page(chat: ScriptedChat, person: str) -> None:
    """Open the page, see what was said, and go away again."""
    with browser(chat, person) as someone, someone.tab() as tab:
        tab.history()
        tab.send(type="ping")
        tab.wait_for("pong")


def places(store: Store, user_id: int) -> list[tuple[str, str]]:
    with store.unit_of_work(now=system_clock(), read_only=True) as uow:
        found = find_places(uow.session, [user_id], preferred={}).get(user_id, [])
        return [(place.conversation.channel, place.conversation.external_id) for place in found]


def count(store: Store, model: type[Conversation | ChannelIdentity | Inbox]) -> int:
    with store.unit_of_work(now=system_clock(), read_only=True) as uow:
        return uow.session.scalars(select(func.count(model.id))).one()


def test_a_colleague_who_opens_the_page_can_be_reached_there(chat: ScriptedChat, store: Store) -> None:
    assert places(store, 1) == []
    for _ in range(2):
        open_page(chat, "user:1")
    assert places(store, 1) == [("web", "user:1")]

    with browser(chat, "user:1") as dana, dana.tab() as tab:
        tab.say("hello")
        tab.wait_for("message")
    assert (count(store, Conversation), count(store, ChannelIdentity), count(store, Inbox)) == (1, 1, 1)


def test_who_is_reached_elsewhere_stays_there(chat: ScriptedChat, store: Store) -> None:
    now = system_clock()
    with store.unit_of_work(now=now) as uow:
        uow.session.add_all(
            [
                Conversation(channel="slack", external_id="D1", created_at=now, last_message_at=now),
                ChannelIdentity(channel="slack", external_id="D1", user_id=1, created_at=now),
            ]
        )
        uow.commit()
    open_page(chat, "user:1")
    assert places(store, 1) == [("slack", "D1")]


def test_a_customer_is_not_spoken_to_before_they_speak(chat: ScriptedChat, store: Store) -> None:
    open_page(chat, "contact:1")
    assert count(store, Conversation) == 0
