"""Promises, surveys and quiet tickets, with the clock driven by hand."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot.scheduler.desk import look_after_the_desk
from bot.scheduler.surveys import ask_around
from crm_store.consents import record_consent
from crm_store.models import (
    ChannelIdentity,
    ConsentPurpose,
    Contact,
    Notice,
    NoticeKind,
    Outbox,
    SolvedHow,
    SupportEvent,
    SupportEventKind,
    Survey,
    Task,
    Ticket,
    TicketStatus,
)
from tests.assistants import NOW, Heard, Rig

KIM = "customer:kim@example.com"
HOUR = timedelta(hours=1)


class Office:
    """Kim and Sam, a ticket between them, and a clock."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.kim = rig.speaker(KIM, conversation="kim")
        self.sam = rig.speaker("sam", conversation="sam")
        self.number = ""

    def opens(self) -> None:
        """Kim asks for a person: a ticket of high priority, first answer within an hour, solution within two days."""
        found = re.search(r"T-[0-9]+", self.kim.say("/talk_to_human").text)
        assert found is not None
        self.number = found[0]

    def answers(self, text: str = "Hello Kim") -> Heard:
        return self.sam.say(f"reply to {self.number}: {text}")

    def tick(self, **step: float) -> None:
        """Let time pass and the desk look around."""
        self.rig.clock.advance(**step)
        look_after_the_desk(self.rig.assistant.pipeline, now=self.rig.clock())
        ask_around(self.rig.assistant.pipeline, now=self.rig.clock())

    def ticket(self) -> Ticket:
        with self.rig.assistant.store.unit_of_work(now=self.rig.clock(), read_only=True) as uow:
            return uow.session.scalars(select(Ticket).where(Ticket.number == self.number)).one()

    def events(self, kind: SupportEventKind) -> list[SupportEvent]:
        with self.rig.assistant.store.unit_of_work(now=self.rig.clock(), read_only=True) as uow:
            # What the demo company has seen before is not this test's.
            query = (
                select(SupportEvent).where(SupportEvent.kind == kind, SupportEvent.at >= NOW).order_by(SupportEvent.id)
            )
            return list(uow.session.scalars(query))

    def topics(self) -> list[str]:
        """What agents are to be told, in order."""
        with self.rig.assistant.store.unit_of_work(now=self.rig.clock(), read_only=True) as uow:
            query = select(Notice.topic).where(Notice.kind == NoticeKind.DESK).order_by(Notice.id)
            return list(uow.session.scalars(query))

    def sent(self, prefix: str) -> list[str]:
        """The texts of outgoing messages whose key begins so."""
        with self.rig.assistant.store.unit_of_work(now=self.rig.clock(), read_only=True) as uow:
            rows = uow.session.scalars(select(Outbox).where(Outbox.key.startswith(prefix)).order_by(Outbox.id))
            return [row.body["parts"][0]["text"] for row in rows]


@pytest.fixture
def office(rig: Rig) -> Office:
    return Office(rig)


def due(ticket: Ticket) -> tuple[datetime | None, datetime | None, datetime | None]:
    return ticket.first_response_due_at, ticket.next_response_due_at, ticket.resolution_due_at


def test_an_answer_in_time_keeps_the_promise_and_pauses_the_solution(office: Office) -> None:
    office.opens()
    now = office.rig.clock()
    assert due(office.ticket()) == (now + HOUR, None, datetime.fromisoformat("2026-11-19T22:00:00+00:00"))
    office.tick(minutes=20)
    office.answers()
    (first,) = office.events(SupportEventKind.FIRST_RESPONSE)
    assert (first.data["minutes"], first.data["kept"]) == (20, True)
    ticket = office.ticket()
    assert due(ticket) == (None, None, None)
    assert (ticket.status, ticket.resolution_left) == (TicketStatus.WAITING, 16 * 60 - 20)


def test_the_solution_is_not_counted_while_the_customer_is_awaited(office: Office) -> None:
    office.opens()
    office.tick(minutes=20)
    office.answers()
    office.tick(days=1)
    office.kim.say("it still smokes")
    ticket, now = office.ticket(), office.rig.clock()
    assert ticket.status is TicketStatus.OPEN
    assert ticket.next_response_due_at == now + 2 * HOUR
    office.tick(hours=1)
    office.answers("try again")
    (response,) = office.events(SupportEventKind.RESPONSE)
    assert (response.data["minutes"], response.data["kept"]) == (60, True)
    office.sam.say(f"resolve {office.number}")
    (solved,) = office.events(SupportEventKind.SOLVED)
    assert (solved.data["minutes"], solved.data["kept"]) == (80, True)


def test_what_is_about_to_break_is_told_once_and_what_broke_once(office: Office) -> None:
    office.opens()
    office.tick(minutes=10)
    assert office.topics() == ["handover"]
    for _ in range(3):
        office.tick(minutes=8)  # half an hour before the end, and after it
    assert office.topics() == ["handover", "sla_soon"]
    office.tick(minutes=40)
    office.tick(minutes=1)
    assert office.topics().count("sla_broken") == 1
    assert len(office.events(SupportEventKind.SLA_BROKEN)) == 1
    office.answers()
    (first,) = office.events(SupportEventKind.FIRST_RESPONSE)
    assert first.data["kept"] is False


def test_a_promise_made_in_the_evening_ends_in_the_morning(office: Office) -> None:
    office.rig.clock.advance(hours=7, minutes=40)  # 17:40 in New York
    office.opens()
    assert office.ticket().first_response_due_at == datetime.fromisoformat("2026-11-19T14:40:00+00:00")
    office.tick(hours=10)
    assert office.topics() == ["handover"]


def test_another_priority_promises_another_time_from_the_same_beginning(office: Office) -> None:
    office.opens()
    begun = office.rig.clock()
    office.tick(minutes=10)
    office.sam.say(f"set {office.number} to urgent")
    assert office.ticket().first_response_due_at == begun + timedelta(minutes=30)
    office.tick(minutes=5)
    office.sam.say(f"set {office.number} to low")
    assert office.ticket().first_response_due_at == begun + timedelta(minutes=480)


def test_a_customer_nobody_answers_hears_the_truth_and_has_the_bot_again(office: Office) -> None:
    office.opens()
    office.answers()
    office.kim.say("are you still there?")
    office.tick(minutes=59)
    assert office.kim.say("/greet").text == ""
    office.tick(minutes=2)
    assert "nobody has come to answer you yet" in office.sent("desk:timed-out:1")[0]
    assert "Hi Kim" in office.kim.say("/greet").text
    (back,) = office.events(SupportEventKind.HANDED_BACK)
    assert back.data["how"] == "timed_out"
    assert office.ticket().status is TicketStatus.OPEN
    office.answers("sorry, here I am")
    assert office.kim.say("/greet").text == ""


def test_how_the_help_was_is_asked_once_after_a_human_solved_it(office: Office) -> None:
    office.opens()
    office.answers()
    office.tick(minutes=3)
    office.sam.say(f"resolve {office.number}")
    office.tick(minutes=14)
    assert office.sent("survey:") == []
    office.tick(minutes=2)
    (asked,) = office.sent("survey:")
    assert f"How was our help with {office.number}" in asked
    office.tick(days=1)
    office.tick(days=1)
    assert len(office.sent("survey:")) == 1
    assert "Thank you for your rating" in office.kim.say("5").text
    (answered,) = office.events(SupportEventKind.CSAT_ANSWERED)
    assert (answered.data["score"], answered.data["how"]) == (5, "human")


def test_a_bad_score_is_followed_up_with_the_customers_words(office: Office) -> None:
    office.opens()
    office.answers()
    office.sam.say(f"resolve {office.number}")
    office.tick(minutes=20)
    assert "What went wrong?" in office.kim.say("1").text
    office.tick(minutes=1)
    assert "bad_rating" not in office.topics()
    assert "passed it on" in office.kim.say("nobody listened").text
    office.tick(minutes=1)
    office.tick(minutes=30)
    assert office.topics().count("bad_rating") == 1
    with office.rig.assistant.store.unit_of_work(now=office.rig.clock(), read_only=True) as uow:
        task = uow.session.scalars(select(Task).where(Task.subject.startswith("Follow up with Kim Lee"))).one()
        assert task.assignee.handle == "sam"
        survey = uow.session.scalars(select(Survey).where(Survey.asked_at >= NOW)).one()
        assert survey.comment == "nobody listened"


@pytest.mark.parametrize("why", ["reopened", "at night", "said no", "switched off"])
def test_it_is_not_asked_at_the_wrong_moment(office: Office, why: str) -> None:
    office.opens()
    office.answers()
    if why == "at night":
        office.rig.clock.advance(hours=7, minutes=50)  # ten minutes before the desk closes
    office.sam.say(f"resolve {office.number}")
    if why == "reopened":
        office.sam.say(f"reopen {office.number}")
    if why == "said no":
        with office.rig.assistant.store.unit_of_work(now=office.rig.clock()) as uow:
            kim = uow.session.scalars(select(Contact).where(Contact.email == "kim@example.com")).one()
            record_consent(
                uow.session,
                purpose=ConsentPurpose.SURVEY,
                given=False,
                now=uow.now,
                source="test",
                recorded_by="test",
                contact_id=kim.id,
            )
            uow.commit()
    if why == "switched off":
        pipeline = office.rig.assistant.pipeline
        policy = replace(pipeline.policy, desk=replace(pipeline.policy.desk, csat=False))
        object.__setattr__(pipeline, "policy", policy)
    office.tick(minutes=20)
    office.tick(minutes=20)
    assert office.sent("survey:") == []


def test_a_ticket_that_waits_in_vain_is_warned_about_then_closed_and_never_rated(office: Office) -> None:
    office.opens()
    office.answers("does it work now?")
    office.tick(days=2, hours=23)
    assert office.sent("desk:close-warning") == []
    office.tick(hours=2)
    office.tick(hours=2)
    (warning,) = office.sent("desk:close-warning")
    assert "Without one it will be closed" in warning
    assert office.ticket().status is TicketStatus.WAITING
    office.tick(days=2)
    ticket = office.ticket()
    assert (ticket.status, ticket.solved_how) == (TicketStatus.CLOSED, SolvedHow.AUTO)
    office.tick(hours=1)
    office.tick(days=1)
    assert office.sent("survey:") == []


def test_an_answer_after_the_warning_keeps_the_ticket_open(office: Office) -> None:
    office.opens()
    office.answers("does it work now?")
    office.tick(days=1)
    office.tick(days=2, hours=1)
    assert len(office.sent("desk:close-warning")) == 1
    assert office.kim.say("no, it still smokes").text == ""  # a person has it
    office.tick(days=3)
    assert office.ticket().status is TicketStatus.OPEN


def test_down_for_a_month_nobody_is_closed_without_a_warning(office: Office) -> None:
    office.opens()
    office.answers("does it work now?")
    office.tick(days=30)
    assert office.ticket().status is TicketStatus.WAITING
    office.tick(days=2)
    assert office.ticket().status is TicketStatus.CLOSED
    assert len(office.sent("desk:close-warning")) == 1


def test_a_helpful_answer_of_the_bot_counts_and_a_person_called_afterwards_is_a_return(office: Office) -> None:
    answer = office.kim.say('/ask_question{"topic": "reset-password"}')
    office.kim.press(answer.token("Yes"))
    assert len(office.events(SupportEventKind.BOT_RESOLVED)) == 1
    office.tick(hours=2)
    office.opens()
    (returned,) = office.events(SupportEventKind.RETURNED)
    assert (returned.data["after"], returned.data["hours"]) == ("bot_resolved", 2.0)


def test_whether_they_recommend_us_is_asked_once_in_ninety_days_and_never_amid_trouble(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody is asked at a terminal, where these tests speak.
    monkeypatch.setattr("bot.scheduler.surveys._TERMINAL", "nowhere")
    office.kim.say("/greet")
    with office.rig.assistant.store.unit_of_work(now=office.rig.clock()) as uow:
        for identity in uow.session.scalars(select(ChannelIdentity).where(ChannelIdentity.contact_id.is_not(None))):
            identity.created_at = office.rig.clock() - timedelta(days=31)
        for ticket in uow.session.scalars(select(Ticket).where(Ticket.status.in_((OPEN, WAITING)))):
            ticket.status = TicketStatus.SOLVED
        uow.commit()
    office.opens()
    office.tick(hours=1)
    assert office.sent("survey:") == []  # a ticket is open
    office.answers()
    office.sam.say(f"resolve {office.number}")
    office.tick(minutes=30)  # how the help was is asked first, and only that
    assert [text for text in office.sent("survey:") if "recommend" in text] == []
    office.kim.say("5")
    for _ in range(10):
        office.tick(days=1)
    asked = [text for text in office.sent("survey:") if "recommend" in text]
    assert len(asked) == 1
    office.kim.say("9")
    (answered,) = office.events(SupportEventKind.NPS_ANSWERED)
    assert answered.data["score"] == 9
    for _ in range(9):
        office.tick(days=10)
        office.kim.say("/greet")
    again = [text for text in office.sent("survey:") if "recommend" in text]
    assert len(again) == 2


OPEN, WAITING = TicketStatus.OPEN, TicketStatus.WAITING
