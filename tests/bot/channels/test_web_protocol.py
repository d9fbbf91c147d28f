from __future__ import annotations

from contextlib import ExitStack

import pytest
from sqlalchemy import func, select
from websockets.exceptions import ConnectionClosed, InvalidStatus

from actions.reply import Text
from bot.channels.web.frames import CloseCode
from bot.channels.web.hub import FRAMES_PER_WINDOW, MESSAGES_PER_WINDOW, MOST_CONNECTIONS
from bot.messages import MAX_TEXT
from crm_store.models import Contact, Inbox, User
from crm_store.store import Store
from tests.bot.channels.browsing import PATIENCE, browser, texts
from tests.bot.channels.scripted import ScriptedChat, system_clock


def count_inbox(store: Store) -> int:
    with store.unit_of_work(now=system_clock(), read_only=True) as uow:
        return uow.session.scalars(select(func.count(Inbox.id))).one()


def test_a_message_is_confirmed_then_answered(chat: ScriptedChat) -> None:
    with browser(chat, "user:1") as dana, dana.tab() as tab:
        frame_id = tab.say("hello there")
        frames = tab.frames_until("message")
    assert {frame["type"] for frame in frames} <= {"received", "typing", "message"}
    received = next((frame for frame in frames if frame["type"] == "received"), None)
    answer = frames[-1]
    assert answer["body"]["parts"] == [{"type": "text", "text": "You said: hello there"}]
    if received is not None:
        assert (received["id"], received["inbox_id"]) == (frame_id, answer["inbox_id"])


def test_the_service_hears_who_is_writing(chat: ScriptedChat) -> None:
    with browser(chat, "contact:1") as jane, jane.tab() as tab:
        tab.say("where is my order?")
        tab.wait_for("message")
    (message,) = chat.gateway.received
    assert (message.channel, message.conversation, message.sender) == ("web", "contact:1", "contact:1")
    assert (message.person, message.sender_name) == ("contact:1", "Jane Doe")


def test_a_visitor_is_vouched_for_by_nobody_and_has_a_conversation_of_their_own(chat: ScriptedChat) -> None:
    with browser(chat) as one, browser(chat) as other:
        for visitor in (one, other):
            visitor.become("visitor")
            with visitor.tab() as tab:
                tab.say("hello")
                tab.wait_for("message")
    first, second = chat.gateway.received
    assert first.person is None
    assert first.sender.startswith("visitor:")
    assert first.conversation == first.sender
    assert first.sender != second.sender


def test_a_repeated_message_is_confirmed_again_and_handled_once(chat: ScriptedChat, store: Store) -> None:
    with browser(chat, "user:1") as dana, dana.tab() as tab:
        frame_id = tab.say("only once")
        first = tab.wait_for("received")
        tab.say("only once", frame_id)
        assert tab.wait_for("received") == first
        lines = tab.history()
    assert count_inbox(store) == 1
    assert texts(lines) == ["only once", "You said: only once"]


def test_the_same_id_from_somebody_else_is_another_message(chat: ScriptedChat, store: Store) -> None:
    with browser(chat, "user:1") as dana, browser(chat, "user:2") as morgan:
        with dana.tab() as tab:
            frame_id = tab.say("mine")
            tab.wait_for("message")
        with morgan.tab() as tab:
            tab.say("also mine", frame_id)
            assert tab.wait_for("message")["body"]["parts"][0]["text"] == "You said: also mine"
    assert count_inbox(store) == 2


def test_what_was_said_while_away_is_there_on_return(chat: ScriptedChat) -> None:
    chat.gateway.pause()
    with browser(chat, "user:1") as dana:
        with dana.tab() as tab:
            tab.say("answer me later")
            received = tab.wait_for("received")
        chat.call(chat.gateway.go_on)
        with dana.tab() as tab:
            # Whether the answer came before or after this socket opened, it arrives.
            lines = tab.history(after_own=received["inbox_id"])
            if texts(lines)[-1] != "You said: answer me later":
                assert tab.wait_for("message")["body"]["parts"][0]["text"] == "You said: answer me later"


def test_a_history_holds_everything_after_what_was_seen_and_at_least_the_last_fifty_lines(chat: ScriptedChat) -> None:
    with browser(chat, "user:1") as dana, dana.tab() as tab:
        for number in range(MESSAGES_PER_WINDOW):
            tab.say(f"number {number}")
            answer = tab.wait_for("message")
        tab.send(type="hello")
        history = tab.wait_for("history")
        assert len(history["lines"]) == 2 * MESSAGES_PER_WINDOW
        assert history["earlier"] is False
        expected = [text for n in range(MESSAGES_PER_WINDOW) for text in (f"number {n}", f"You said: number {n}")]
        assert texts(history["lines"]) == expected
        for _ in range(30):
            chat.gateway.tell("user:1", Text("psst"))
        tab.send(type="hello", after=0)
        assert len(tab.wait_for("history")["lines"]) == 2 * MESSAGES_PER_WINDOW + 30
        tab.send(type="hello", after=answer["id"] + 30, after_own=10**6)
        history = tab.wait_for("history")
        assert len(history["lines"]) == 50
        assert history["earlier"] is True


def test_another_tab_sees_what_was_said_and_answered(chat: ScriptedChat) -> None:
    with browser(chat, "user:1") as dana, dana.tab() as tab, dana.tab() as other:
        other.history()
        frame_id = tab.say("hello from the first tab")
        own = other.wait_for("own")
        assert (own["event"], own["text"]) == (frame_id, "hello from the first tab")
        tab.wait_for("message")
    with browser(chat, "user:1") as again, again.tab() as tab:
        assert texts(tab.history()) == ["hello from the first tab", "You said: hello from the first tab"]


def test_nobody_sees_the_conversation_of_another(chat: ScriptedChat) -> None:
    with (
        browser(chat, "user:1") as dana,
        browser(chat, "user:2") as morgan,
        dana.tab() as tab,
        morgan.tab() as theirs,
    ):
        tab.say("between us")
        tab.wait_for("message")
        assert theirs.history() == []
        theirs.send(type="ping")
        assert theirs.receive() == {"type": "pong"}


def test_a_button_used_once_is_spent_with_its_group_and_others_are_not(chat: ScriptedChat) -> None:
    with browser(chat, "user:1") as dana, dana.tab() as tab:
        tab.say("log a deal")
        buttons = tab.wait_for("message")["body"]["buttons"]
        assert [button["spent"] for button in buttons] == [False, False, False]
        assert [button["single_use"] for button in buttons] == [True, True, False]
        tab.send(type="press", id="press-0001", token=buttons[0]["token"])
        assert tab.wait_for("message")["body"]["parts"][0]["text"] == "You pressed Undo."
        lines = tab.history()
        shown = lines[1]["body"]["buttons"]
        assert [button["spent"] for button in shown] == [True, True, False]
        assert (lines[2]["type"], lines[2]["text"]) == ("own", "Undo")


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "not json",
        "[]",
        "null",
        "{}",
        '{"type":"sing"}',
        '{"type":"say"}',
        '{"type":"say","id":"short","text":"x"}',
        '{"type":"say","id":"../../../../etc","text":"x"}',
        '{"type":"say","id":"0123456789","text":42}',
        '{"type":"say","id":"0123456789","text":"\\ud800"}',
        '{"type":"press","id":"0123456789","token":""}',
        '{"type":"hello","after":-1}',
        '{"type":"hello","after":"1"}',
        '{"type":"hello","after":1e400}',
        "[" * 5_000,
    ],
)
def test_a_malformed_frame_gets_an_error_and_the_socket_stays_open(chat: ScriptedChat, frame: str) -> None:
    with browser(chat, "user:1") as dana, dana.tab() as tab:
        tab.socket.send(frame)
        assert tab.receive() == {"type": "error", "code": "malformed", "id": None}
        tab.say("still here")
        assert tab.wait_for("message")["body"]["parts"][0]["text"] == "You said: still here"


def test_a_binary_frame_is_malformed(chat: ScriptedChat) -> None:
    with browser(chat, "user:1") as dana, dana.tab() as tab:
        tab.socket.send(b"\x00\xff")
        assert tab.receive()["code"] == "malformed"


def test_the_longest_message_is_taken_and_one_character_more_is_refused(chat: ScriptedChat, store: Store) -> None:
    with browser(chat, "user:1") as dana, dana.tab() as tab:
        frame_id = tab.say("😀" * (MAX_TEXT + 1))
        refused = {"type": "error", "code": "too_long", "id": frame_id, "limit": MAX_TEXT, "length": MAX_TEXT + 1}
        assert tab.receive() == refused
        assert count_inbox(store) == 0
        tab.say("😀" * MAX_TEXT)
        tab.wait_for("received")
    assert count_inbox(store) == 1


def test_a_frame_larger_than_any_message_closes_the_socket(chat: ScriptedChat, store: Store) -> None:
    with browser(chat, "user:1") as dana, dana.tab() as tab:
        tab.say("x" * 1_000_000)
        with pytest.raises(ConnectionClosed) as closed:
            tab.receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
    assert count_inbox(store) == 0


@pytest.mark.parametrize("text", ["", "  \n ", "\0"])
def test_a_message_with_nothing_in_it_is_refused(chat: ScriptedChat, text: str) -> None:
    with browser(chat, "user:1") as dana, dana.tab() as tab:
        frame_id = tab.say(text)
        assert tab.receive() == {"type": "error", "code": "empty", "id": frame_id}


def test_a_flood_is_refused_with_the_time_to_wait_also_over_several_sockets(chat: ScriptedChat, store: Store) -> None:
    chat.gateway.pause()
    with browser(chat, "user:1") as dana, dana.tab() as tab, dana.tab() as other:
        for number in range(MESSAGES_PER_WINDOW):
            (tab if number % 2 else other).say(f"number {number}")
        for each in (tab, other):
            for _ in range(MESSAGES_PER_WINDOW // 2):
                each.wait_for("received")
        frame_id = other.say("one too many")
        refused = other.wait_for("error")
    assert (refused["code"], refused["id"]) == ("too_fast", frame_id)
    assert 0 < refused["retry_after"] <= 10
    assert count_inbox(store) == MESSAGES_PER_WINDOW


def test_a_socket_that_sends_frames_without_end_is_closed(chat: ScriptedChat) -> None:
    with browser(chat, "user:1") as dana, dana.tab() as tab:
        for _ in range(FRAMES_PER_WINDOW + 1):
            tab.send(type="ping")
        for _ in range(FRAMES_PER_WINDOW):
            assert tab.receive() == {"type": "pong"}
        with pytest.raises(ConnectionClosed) as closed:
            tab.receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == CloseCode.FLOOD


def test_a_person_has_a_limited_number_of_sockets(chat: ScriptedChat) -> None:
    with browser(chat, "user:1") as dana, ExitStack() as tabs:
        for _ in range(MOST_CONNECTIONS):
            tabs.enter_context(dana.tab()).history()
        with dana.tab() as one_more, pytest.raises(ConnectionClosed) as closed:
            one_more.receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == CloseCode.TOO_MANY_CONNECTIONS


@pytest.mark.parametrize("origin", ["http://evil.test", "null", "http://127.0.0.1:1", "https://127.0.0.1"])
def test_a_socket_from_another_origin_is_refused(chat: ScriptedChat, origin: str) -> None:
    with browser(chat, "user:1") as dana, pytest.raises(InvalidStatus) as refused, dana.tab(origin=origin):
        pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("cookie", ["", "rapport=garbage", "rapport="])
def test_a_socket_without_a_valid_cookie_is_signed_out(chat: ScriptedChat, cookie: str) -> None:
    with browser(chat, "user:1") as dana, dana.tab(cookie=cookie) as tab, pytest.raises(ConnectionClosed) as closed:
        tab.receive()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == CloseCode.SIGNED_OUT


def test_a_tampered_cookie_is_worth_nothing(chat: ScriptedChat) -> None:
    with browser(chat, "user:1") as dana:
        name, _, value = dana.cookie.partition("=")
        swapped = "A" if value[3] != "A" else "B"
        tampered = f"{name}={value[:3]}{swapped}{value[4:]}"
        with dana.tab(cookie=tampered) as tab, pytest.raises(ConnectionClosed) as closed:
            tab.receive()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == CloseCode.SIGNED_OUT


def test_somebody_deactivated_is_signed_out_at_their_next_word(chat: ScriptedChat, store: Store) -> None:
    with browser(chat, "user:1") as dana, dana.tab() as tab:
        tab.history()
        with store.unit_of_work(now=system_clock()) as uow:
            uow.session.get_one(User, 1).active = False
            uow.commit()
        tab.say("am I still here?")
        assert tab.receive()["code"] == "signed_out"
        with pytest.raises(ConnectionClosed) as closed:
            tab.receive()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == CloseCode.SIGNED_OUT
    assert count_inbox(store) == 0


def test_a_deleted_customer_is_signed_out(chat: ScriptedChat, store: Store) -> None:
    with browser(chat, "contact:1") as jane:
        with store.unit_of_work(now=system_clock()) as uow:
            uow.session.get_one(Contact, 1).deleted_at = system_clock()
            uow.commit()
        with jane.tab() as tab, pytest.raises(ConnectionClosed) as closed:
            tab.receive()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == CloseCode.SIGNED_OUT


def test_signing_out_closes_the_sockets_of_this_browser_only(chat: ScriptedChat) -> None:
    with (
        browser(chat, "user:1") as laptop,
        browser(chat, "user:1") as phone,
        laptop.tab() as tab,
        phone.tab() as other,
    ):
        tab.history()
        other.history()
        laptop.http.post("/sign-out", json={})
        with pytest.raises(ConnectionClosed):
            tab.socket.recv(timeout=PATIENCE)
        other.send(type="ping")
        assert other.receive() == {"type": "pong"}


def test_a_message_stands_over_a_restart(chat: ScriptedChat) -> None:
    chat.gateway.pause()
    with browser(chat, "user:1") as dana:
        with dana.tab() as tab:
            tab.say("before the restart")
            tab.wait_for("received")
        chat.stop()
        chat.gateway.go_on()
        chat.start()
        with dana.tab() as tab:
            if len(lines := tab.history()) == 1:
                tab.wait_for("message")
                lines = tab.history()
    assert texts(lines) == ["before the restart", "You said: before the restart"]
