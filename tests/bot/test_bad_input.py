"""Whatever is typed, nobody sees a stack trace or somebody else's data, and nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from actions.call import Command
from bot.dialogue.domain import load_domain
from bot.settings import PROJECT
from crm_store.models import Account, Deal, Inbox, InboxStatus, JournalEntry, Outbox, User
from nlu.parse import Engine
from tests.assistants import NOW, Heard, Rig
from tests.fakes import FakeEngine

WEIRD = {
    "nothing": "",
    "spaces": " \t\n ",
    "emoji": "🤷🏽‍♀️🎉",
    "very long": "deal " * 2000,
    "one long word": "x" * 10_000,
    "right to left": "\u202eשלום, איפה ההזמנה שלי?\u202c",
    "html": "<script>alert('x')</script><b>Initech</b>",
    "sql": "'; DROP TABLE deal; -- \" OR 1=1",
    "command": '/inform{"account": "Initech"}',
    "admin command": '/affirm{"proposal": "1"}',
    "broken command": "/log_deal{",
    "button token": "o-aaaaaaaaaaaaaaaa",
    "nul": "show me \x00Initech\x00",
    "surrogate": "show me \ud800 Initech \udfff",
    "zero width": "\u200b\u200d\ufeff",
    "combining": "Z̸̢̛͍a̵l̷g̶o̴" * 50,
    "placeholders": "{name} {0} {said.__class__} %s %(x)s ${HOME}",
    "markup": "*bold* _x_ `code` <!here> <@U123> [a](javascript:alert(1))",
    "digits": "9" * 400,
    "numbers": "1e99 -5 0x1F ١٢٣ Ⅻ ½",
    "dates": "Feb 30, 31.02.2027, 0000-00-00, 99/99/9999, yesterday",
    "newlines": "log a deal\nwith Initech\n\n\n40k\n",
    "only punctuation": "?!?!... --- ,,,",
}
NEVER = ("Traceback", "Error:", "Exception", "sqlalchemy", "NoneType", 'File "', "object at 0x", "utter_")


@pytest.fixture(params=["commands only", "trained"])
def any_rig(request: pytest.FixtureRequest, make_rig: Callable[[Engine], Rig]) -> Rig:
    engine = FakeEngine() if request.param == "commands only" else request.getfixturevalue("trained_engine")
    return make_rig(engine)


def _is_decent(heard: Heard) -> None:
    for text in NEVER:
        assert text not in heard.text, heard.text
    assert heard.error != "internal", heard.text
    assert heard.text or heard.labels, "silence"


def _nothing_failed(rig: Rig) -> None:
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        assert set(uow.session.scalars(select(Inbox.status))) == {InboxStatus.DONE}
        answered = set(uow.session.scalars(select(Outbox.inbox_id)))
        assert answered == set(uow.session.scalars(select(Inbox.id)))


@pytest.mark.parametrize("who", ["dana", "morgan", "sam", "customer:jane.doe@globex.example", "visitor"])
def test_weird_messages_get_a_decent_answer(any_rig: Rig, who: str) -> None:
    for text in WEIRD.values():
        _is_decent(any_rig.speaker(who).say(text))
    _nothing_failed(any_rig)


def test_weird_answers_to_a_forms_questions_leave_it_answerable(any_rig: Rig) -> None:
    for text in WEIRD.values():
        speaker = any_rig.speaker("dana")
        speaker.say(
            '/log_deal{"account": "Initech"}' if isinstance(any_rig.assistant.engine, FakeEngine) else "log a deal"
        )
        _is_decent(speaker.say(text))
        _is_decent(speaker.say("/cancel" if isinstance(any_rig.assistant.engine, FakeEngine) else "cancel"))
    _nothing_failed(any_rig)


def test_a_command_typed_by_a_person_is_only_text_to_the_trained_engine(trained_rig: Rig) -> None:
    with trained_rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        deal = uow.session.scalars(select(Deal).where(Deal.name == "Website redesign")).one()
        before = uow.session.scalar(select(func.count(JournalEntry.id)))
    speaker = trained_rig.speaker("customer:jane.doe@globex.example")
    for text in (
        f'/delete_record{{"ref": "deal:{deal.id}"}}',
        '/undo{"entry": "1"}',
        f'/show_record{{"ref": "deal:{deal.id}"}}',
    ):
        heard = speaker.say(text)
        _is_decent(heard)
        assert "Website redesign" not in heard.text
    with trained_rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        assert uow.session.scalar(select(func.count(JournalEntry.id))) == before


@pytest.mark.parametrize(
    ("amount", "saved"),
    [
        ("40k€", "40000.00"),
        ("1,5 Mio", None),
        ("-5", None),
        ("1e99", None),
        ("0.001", None),
        ("NaN", None),
        ("∞", None),
    ],
)
def test_amounts_are_read_or_refused_and_never_guessed(rig: Rig, amount: str, saved: str | None) -> None:
    speaker = rig.speaker("dana")
    speaker.say(f'/update_deal{{"account": "Globex", "amount": "{amount}"}}')
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        deal = uow.session.scalars(select(Deal).where(Deal.name == "Website redesign")).one()
        allowed = {saved} if saved else {"24000.00", "1500000.00"}
        assert str(deal.amount) in allowed
    _nothing_failed(rig)


@pytest.mark.parametrize(
    "date", ["Feb 30", "yesterday", "31.02.2027", "2020-01-01", "last year", "the 45th of May", "0/0/0"]
)
def test_impossible_and_past_closing_dates_are_refused(rig: Rig, date: str) -> None:
    speaker = rig.speaker("dana")
    heard = speaker.say(f'/update_deal{{"account": "Globex", "date": "{date}"}}')
    _is_decent(heard)
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        deal = uow.session.scalars(select(Deal).where(Deal.name == "Website redesign")).one()
        assert deal.close_date is None or deal.close_date >= NOW.date()
        assert uow.session.scalar(select(func.count(JournalEntry.id))) == 0
    _nothing_failed(rig)


def test_an_ambiguous_name_is_asked_about_and_an_unknown_one_is_said_to_be(rig: Rig) -> None:
    speaker = rig.speaker("dana")
    asked = speaker.say('/update_deal{"account": "Acme", "amount": "5k"}')
    assert asked.error == "Ambiguous"
    assert len(asked.labels) >= 2
    unknown = speaker.say('/update_deal{"account": "Quetzalcoatl Ltd", "amount": "5k"}')
    assert unknown.error == "UnknownName"
    assert "Quetzalcoatl" in unknown.text
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        assert uow.session.scalar(select(func.count(JournalEntry.id))) == 0


def test_a_deal_out_of_sight_is_as_if_it_were_not_there(rig: Rig) -> None:
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        lena = uow.session.scalars(select(User).where(User.handle == "lena")).one()
        hidden = uow.session.scalars(select(Deal).where(Deal.owner_id == lena.id).order_by(Deal.id.desc())).all()[0]
    dana = rig.speaker("dana")
    for command in (
        f'/show_record{{"ref": "deal:{hidden.id}"}}',
        f'/update_deal{{"ref": "deal:{hidden.id}", "amount": "1"}}',
        f'/delete_record{{"ref": "deal:{hidden.id}"}}',
        f'/update_deal{{"deal": "{hidden.name}", "amount": "1"}}',
    ):
        heard = dana.say(command)
        _is_decent(heard)
        assert str(hidden.amount) not in heard.text
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        assert uow.session.get_one(Deal, hidden.id).version == hidden.version


def test_two_people_changing_one_deal_at_once_lose_nothing(rig: Rig) -> None:
    speakers = {who: rig.speaker(who) for who in ("dana", "alex")}
    heard: dict[str, Heard] = {}

    def change(who: str, command: str) -> None:
        heard[who] = speakers[who].say(command)

    threads = [
        threading.Thread(target=change, args=("dana", '/update_deal{"deal": "Website redesign", "amount": "5k"}')),
        threading.Thread(
            target=change, args=("alex", '/update_deal{"deal": "Website redesign", "date": "2027-06-30"}')
        ),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {each.error for each in heard.values()} == {None}
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        deal = uow.session.scalars(select(Deal).where(Deal.name == "Website redesign")).one()
        assert (str(deal.amount), str(deal.close_date)) == ("5000.00", "2027-06-30")
        assert uow.session.scalar(select(func.count(JournalEntry.id))) == 2


def test_sql_in_a_new_name_is_only_a_name(rig: Rig) -> None:
    name = "Robert'); DROP TABLE account; --"
    rig.speaker("dana").say(str(Command("add_account", {"account": name})))
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        assert uow.session.scalars(select(Account).where(Account.name == name)).one().name == name


DOMAIN = load_domain(PROJECT / "domain.yml", PROJECT / "nlu" / "data")
_TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [*WEIRD.values(), "Initech", "Acme", "40k", "tomorrow", "deal:1", "task:1", "user:1", "won", "1", "-"]
    ),
)
COMMANDS = st.builds(
    lambda intent, entities: str(Command(intent, entities)),
    st.sampled_from(sorted(DOMAIN.intents)),
    st.dictionaries(st.sampled_from(sorted(DOMAIN.entities)), _TEXTS, max_size=3),
)


@pytest.mark.parametrize("entry", ["", "-1", "twelve", "9" * 40, "1.5"])
def test_an_undo_of_something_that_is_no_number_of_an_act_undoes_nothing(rig: Rig, entry: str) -> None:
    heard = rig.speaker("dana").say(str(Command("undo", {"entry": entry})))
    assert heard.error == "NothingToUndo"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    who=st.sampled_from(["dana", "morgan", "sam", "customer:jane.doe@globex.example", "visitor"]),
    talk=st.lists(st.one_of(COMMANDS, _TEXTS), min_size=1, max_size=6),
)
def test_no_sequence_of_commands_breaks_a_conversation(rig: Rig, who: str, talk: list[str]) -> None:
    speaker = rig.speaker(who)
    for line in talk:
        rig.clock.advance(minutes=5)  # nobody floods us; what happens to those who do is tested elsewhere
        _is_decent(speaker.say(line))
