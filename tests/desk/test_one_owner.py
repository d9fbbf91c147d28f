"""Two agents at once, on both databases: a ticket has one owner, and only the owner's words reach the customer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.bootstrap import Assistant, bootstrap
from bot.persons import find_person
from bot.talking import Talk
from crm_store.models import Outbox, SupportEvent, SupportEventKind, Ticket, User
from tests.assistants import NOW, settings_at
from tests.crm_store.small_company import Company
from tests.fakes import FakeEngine

ROUNDS = 4
AGENTS = ("sam", "root")


@pytest.fixture
def assistant(company: Company, tmp_path: Path) -> Assistant:
    return bootstrap(settings_at(tmp_path), clock=lambda: NOW, store=company.store, engine=FakeEngine())


def at_once(work: dict[str, Callable[[], str]]) -> dict[str, str]:
    """Run each in a thread, all let go at the same moment; what each came to."""
    gate, results = threading.Barrier(len(work)), {}

    def run(name: str, each: Callable[[], str]) -> None:
        gate.wait()
        results[name] = each()

    threads = [threading.Thread(target=run, args=pair) for pair in work.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def saying(talk: Talk, text: str) -> Callable[[], str]:
    return lambda: str(talk.say(text).to_json()["text"])


def talk_of(assistant: Assistant, who: str) -> Talk:
    with assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        return Talk(assistant, find_person(uow.session, who))


def a_talk_with_a_ticket(assistant: Assistant, number: int) -> str:
    """A visitor asks for a person; the ticket's number."""
    with assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        visitor = Talk(assistant, find_person(uow.session, "visitor"), conversation=f"visitor-{number}")
    visitor.say("/talk_to_human")
    with assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        return uow.session.scalars(select(Ticket.number).order_by(Ticket.id.desc()).limit(1)).one()


def test_of_two_who_take_a_ticket_at_once_exactly_one_has_it(assistant: Assistant) -> None:
    talks = {who: talk_of(assistant, who) for who in AGENTS}
    for number in range(ROUNDS):
        ticket = a_talk_with_a_ticket(assistant, number)
        said = at_once({who: saying(talk, f"take {ticket}") for who, talk in talks.items()})
        winners = [who for who, text in said.items() if "is yours" in text]
        losers = [who for who, text in said.items() if "has" in text and "already" in text]
        assert len(winners) == len(losers) == 1, said
        with assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
            found = uow.session.scalars(select(Ticket).where(Ticket.number == ticket)).one()
            assert found.assignee is not None
            assert found.assignee.handle == winners[0]
            assert found.assignee.name in said[losers[0]]


def test_of_two_who_answer_at_once_the_customer_hears_one(assistant: Assistant) -> None:
    talks = {who: talk_of(assistant, who) for who in AGENTS}
    for number in range(ROUNDS):
        ticket = a_talk_with_a_ticket(assistant, number)
        said = at_once({who: saying(talk, f"reply to {ticket}: I am {who}") for who, talk in talks.items()})
        with assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
            found = uow.session.scalars(select(Ticket).where(Ticket.number == ticket)).one()
            replies = uow.session.scalars(
                select(Outbox).where(Outbox.key.startswith("desk:reply:"), Outbox.key.endswith(f":{found.id}"))
            ).all()
            first = select(SupportEvent).where(
                SupportEvent.ticket_id == found.id, SupportEvent.kind == SupportEventKind.FIRST_RESPONSE
            )
            assert len(uow.session.scalars(first).all()) == 1
            owner = uow.session.get_one(User, found.assignee_id)
        assert len(replies) == 1, said
        assert f"I am {owner.handle}" in str(replies[0].body)
        assert sum("nothing was sent" in text for text in said.values()) == 1, said
