"""Who is offered a new ticket, how tickets of one customer are merged, and when anger calls a person."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import select

from actions.desk.policy import Assignment
from crm_store.models import (
    Handover,
    HandoverReason,
    Role,
    SolvedHow,
    SupportAgent,
    SupportEvent,
    SupportEventKind,
    Ticket,
    TicketMessage,
    TicketStatus,
    User,
)
from tests.assistants import NOW, Rig

KIM = "customer:kim@example.com"


def by_rule(rig: Rig, assignment: Assignment) -> list[int]:
    """Assign by a rule from now on, with three agents and no open tickets; the agents."""
    pipeline = rig.assistant.pipeline
    desk = replace(pipeline.policy.desk, assignment=assignment)
    object.__setattr__(pipeline, "policy", replace(pipeline.policy, desk=desk))
    with rig.assistant.store.unit_of_work(now=NOW) as uow:
        for ticket in uow.session.scalars(select(Ticket).where(Ticket.status == TicketStatus.OPEN)):
            ticket.status = TicketStatus.CLOSED
        agents = list(uow.session.scalars(select(User).where(User.role == Role.SUPPORT).order_by(User.id)))
        for other in uow.session.scalars(select(User).where(User.role == Role.REP).limit(3 - len(agents))).all():
            other.role = Role.SUPPORT
            agents.append(other)
        ids = sorted(agent.id for agent in agents)
        uow.commit()
    return ids


def opened(rig: Rig, subject: str) -> Ticket:
    """A ticket Kim opens in a conversation of its own."""
    rig.clock.advance(minutes=1)
    said = rig.speaker(KIM).say(f'/open_ticket{{"subject": "{subject}", "answer": "anyway"}}')
    found = re.search(r"T-[0-9]+", said.text)
    assert found is not None, said.text
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        return uow.session.scalars(select(Ticket).where(Ticket.number == found[0])).one()


def set_agent(rig: Rig, user_id: int, *, skills: tuple[str, ...] = (), available: bool = True) -> None:
    with rig.assistant.store.unit_of_work(now=NOW) as uow:
        row = uow.session.get(SupportAgent, user_id)
        if row is None:
            row = SupportAgent(user_id=user_id)
            uow.session.add(row)
        row.skills, row.available = list(skills), available
        uow.commit()


def test_in_turn_everybody_gets_one_before_anybody_gets_two(rig: Rig) -> None:
    agents = by_rule(rig, "round_robin")
    got = [opened(rig, f"the tablet {n} does not charge").assignee_id for n in range(6)]
    assert sorted(filter(None, got[:3])) == agents
    assert got[3:] == got[:3]


def test_in_turn_who_is_away_is_passed_over(rig: Rig) -> None:
    agents = by_rule(rig, "round_robin")
    set_agent(rig, agents[1], available=False)
    got = {opened(rig, f"the tablet {n} does not charge").assignee_id for n in range(4)}
    assert got == {agents[0], agents[2]}


def test_who_knows_about_it_gets_it_and_among_them_the_least_busy(rig: Rig) -> None:
    agents = by_rule(rig, "skill")
    for agent in agents[1:]:
        set_agent(rig, agent, skills=("billing",))
    bills = [opened(rig, f"question about invoice {n}: why are there 24 seats billed?") for n in range(4)]
    assert {ticket.category for ticket in bills} == {"billing"}
    assert Counter(ticket.assignee_id for ticket in bills) == {agents[1]: 2, agents[2]: 2}


def test_when_nobody_knows_about_it_the_least_busy_gets_it(rig: Rig) -> None:
    agents = by_rule(rig, "skill")
    got = [opened(rig, f"the tablet {n} does not charge").assignee_id for n in range(3)]
    assert sorted(filter(None, got)) == agents


def test_by_hand_nobody_gets_it(rig: Rig) -> None:
    by_rule(rig, "by_hand")
    assert opened(rig, "the tablet does not charge").assignee_id is None


def test_merged_tickets_end_as_one_with_the_words_of_both(rig: Rig) -> None:
    first, second = opened(rig, "the tablet does not charge"), opened(rig, "the spare tablet is dead as well")
    sam = rig.speaker("sam")
    sam.say(f"take {first.number}")
    merged = sam.say(f"merge {second.number} into {first.number}")
    assert first.number in merged.text
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        gone = uow.session.get_one(Ticket, second.id)
        assert (gone.merged_into_id, gone.status, gone.solved_how) == (first.id, TicketStatus.CLOSED, SolvedHow.MERGED)
        notes = select(TicketMessage).where(TicketMessage.ticket_id == first.id, TicketMessage.internal.is_(True))
        assert any("spare tablet is dead" in note.text for note in uow.session.scalars(notes))
        event = select(SupportEvent).where(SupportEvent.kind == SupportEventKind.MERGED, SupportEvent.at >= NOW)
        assert uow.session.scalars(event).one().data == {"into": first.id}


def test_tickets_of_two_customers_are_never_merged(rig: Rig) -> None:
    mine = opened(rig, "the tablet does not charge")
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        others = select(Ticket).where(Ticket.contact_id != mine.contact_id, Ticket.status == TicketStatus.OPEN)
        theirs = uow.session.scalars(others).first()
        assert theirs is not None
    sam = rig.speaker("sam")
    sam.say(f"merge {mine.number} into {theirs.number}")
    with rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        assert uow.session.get_one(Ticket, mine.id).merged_into_id is None


@pytest.mark.parametrize(
    ("lines", "called"),
    [
        (("this is ridiculous, nobody answers", "you are useless!!!"), True),
        (("WHY DOES NOTHING EVER WORK HERE", "what are your opening hours?", "this is a complete waste of time"), True),
        (("this is ridiculous, nobody answers", "what are your opening hours?"), False),
        (("this is ridiculous", "thanks", "all good", "terrible weather today"), False),
    ],
)
def test_two_angry_messages_of_three_call_a_person(trained_rig: Rig, lines: tuple[str, ...], called: bool) -> None:
    kim = trained_rig.speaker(KIM)
    for line in lines:
        trained_rig.clock.advance(minutes=1)
        kim.say(line)
    with trained_rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        reasons = uow.session.scalars(select(Handover.reason)).all()
    assert (HandoverReason.MOOD in reasons) is called
