"""Rules act once on what happened, as their owner, and stop when they set each other off."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

import bot.automation.firing
from crm_store.models import AutomationRule, Deal, JournalEntry, Proposal, RuleCursor, RuleFiring, Task
from tests.assistants import NOW
from tests.bot.automation.office import Office, any_office, demo_template, postgres_server
from tests.bot.scheduler.desk import Desk

__all__ = ["any_office", "demo_template", "postgres_server"]

NEGOTIATION = {"event": "stage_entered", "stage": "Negotiation"}
BIG = [{"field": "amount", "is": "above", "value": 50_000}]
TELL_ME = [{"do": "notify", "who": "me"}]


@pytest.fixture
def office(any_office: Office) -> Office:
    return any_office


def test_a_deal_that_enters_the_stage_and_is_big_enough_is_told(office: Office) -> None:
    office.rule(when=NEGOTIATION, conditions=BIG, then=TELL_ME)
    big, small = office.deal_of("dana"), office.deal_of("dana", amount=Decimal(50_000))
    assert office.tick() == 0
    for deal in (big, small):
        office.change(deal, stage="Negotiation")
    assert office.tick() == 1
    assert office.told() == ["morgan"]
    assert [firing.ref for firing in office.all(RuleFiring)] == [f"deal:{big}"]


def test_an_amount_is_compared_in_the_companys_currency(office: Office) -> None:
    office.rule(when=NEGOTIATION, conditions=BIG, then=TELL_ME)
    deal = office.deal_of("dana", amount=Decimal(50_000), currency="EUR")
    office.change(deal, stage="Negotiation")
    assert office.tick() == 1


def test_reading_the_journal_again_does_nothing_twice(office: Office) -> None:
    office.rule(when=NEGOTIATION, then=TELL_ME)
    office.change(office.deal_of("dana"), stage="Negotiation")
    assert office.tick() == 1
    with office.rig.assistant.store.unit_of_work(now=NOW) as uow:
        uow.session.scalars(select(RuleCursor)).one().change_id = 0
        uow.commit()
    assert office.tick() == 0
    assert office.told() == ["morgan"]


def test_entering_the_stage_again_is_a_new_occurrence(office: Office) -> None:
    office.rule(when=NEGOTIATION, then=TELL_ME)
    deal = office.deal_of("dana", stage="Negotiation")
    office.tick()
    office.change(deal, stage="Proposal")
    office.change(deal, stage="Negotiation")
    assert office.tick() == 1
    assert office.told() == ["morgan", "morgan"]


def test_what_happened_before_a_rule_was_turned_on_does_not_count(office: Office) -> None:
    office.change(office.deal_of("dana"), stage="Negotiation")
    office.rig.clock.advance(seconds=1)
    office.rule(when=NEGOTIATION, then=TELL_ME)
    assert office.tick() == 0


def test_a_rule_that_is_off_does_nothing(office: Office) -> None:
    office.rule(when=NEGOTIATION, then=TELL_ME)
    with office.rig.assistant.store.unit_of_work(now=NOW) as uow:
        uow.session.scalars(select(AutomationRule)).one().on = False
        uow.commit()
    office.change(office.deal_of("dana"), stage="Negotiation")
    assert office.tick() == 0


def test_a_lost_deal_gives_its_owner_a_task_in_ninety_days(office: Office) -> None:
    then = [{"do": "create_task", "who": "owner", "subject": "Call {account}", "in_days": 90}]
    office.rule(when={"event": "stage_entered", "stage": "lost"}, then=then)
    deal = office.deal_of("dana")
    office.change(deal, stage="Lost", lost_reason="price")
    assert office.tick() == 1
    task = office.all(Task)[-1]
    with office.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        found = uow.session.get_one(Deal, deal)
        assert task.subject == f"Call {found.account.name}"
        assert (task.assignee_id, task.deal_id) == (found.owner_id, deal)
    # 90 days after Wednesday, 18 November, nine in the morning in New York.
    assert task.due_at.isoformat() == "2027-02-16T14:00:00+00:00"


def test_a_rule_does_not_notice_what_its_owner_may_not_see(office: Office) -> None:
    office.rule(when=NEGOTIATION, then=TELL_ME, owner="priya")
    office.change(office.deal_of("dana"), stage="Negotiation")
    assert office.tick() == 0
    assert office.firings() == []


def test_what_a_rule_changes_is_journaled_as_its_owners(office: Office) -> None:
    number = office.rule(
        when=NEGOTIATION, then=[{"do": "set_field", "field": "next_step", "value": "Agree the discount"}]
    )
    deal = office.deal_of("dana", stage="Negotiation")
    office.tick()
    with office.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        assert uow.session.get_one(Deal, deal).next_step == "Agree the discount"
        entry = uow.session.scalars(select(JournalEntry).order_by(JournalEntry.id.desc()).limit(1)).one()
        assert (entry.actor, entry.intent) == (f"user:{office.user(uow.session, 'morgan').id}", f"rule:{number}")
    assert office.firings() == [("done", "next_step set to Agree the discount")]


def test_rules_that_set_each_other_off_are_stopped(office: Office) -> None:
    for field, other in (("source", "next_step"), ("next_step", "source")):
        office.rule(
            when={"event": "changed", "record": "deal", "field": field},
            then=[{"do": "set_field", "field": other, "value": f"because of {field}"}],
        )
    deal = office.deal_of("dana", source="fair")
    office.tick()
    office.change(deal, source="phone")
    # With several writers what a rule has changed is read by the next tick.
    assert office.tick() + office.tick() == 2
    office.tick()
    assert [status for status, _ in office.firings()] == ["done", "done", "blocked"]


def test_a_rule_that_acts_too_often_is_turned_off_and_its_owner_told(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.automation.firing, "MOST_AN_HOUR", 2)
    number = office.rule(when=NEGOTIATION, then=[{"do": "notify", "who": "owner"}])
    for _ in range(4):
        office.deal_of("dana", stage="Negotiation")
    assert office.tick() == 2
    assert not office.is_on(number)
    assert office.told() == ["dana", "dana", "morgan"]


def test_a_week_before_the_close_date_comes_once_and_again_when_the_date_moves(office: Office) -> None:
    when = {"event": "time_passed", "record": "deal", "field": "close_date", "days": -7}
    office.rule(
        when=when, then=[{"do": "notify", "who": "owner"}], conditions=[{"field": "name", "value": "Rule deal"}]
    )
    today = NOW.date()
    deal = office.deal_of("dana", close_date=today + timedelta(days=9))
    assert office.tick() == 0
    office.rig.clock.advance(days=2)
    assert (office.tick(), office.tick()) == (1, 0)
    office.change(deal, close_date=today + timedelta(days=20))
    assert office.tick() == 0
    office.rig.clock.advance(days=11)
    assert office.tick() == 1
    assert office.told() == ["dana", "dana"]


def test_a_closed_deal_is_not_reminded_of_its_close_date(office: Office) -> None:
    when = {"event": "time_passed", "record": "deal", "field": "close_date", "days": 0}
    office.rule(when=when, then=TELL_ME, conditions=[{"field": "name", "value": "Rule deal"}])
    deal = office.deal_of("dana", close_date=NOW.date() + timedelta(days=1))
    office.change(deal, stage="Won")
    office.rig.clock.advance(days=2)
    assert office.tick() == 0


def test_an_action_that_cannot_be_done_leaves_nothing_and_is_told_once_a_day(office: Office) -> None:
    then = [{"do": "set_field", "field": "next_step", "value": "x"}, {"do": "assign", "who": "nobody at all"}]
    office.rule(when=NEGOTIATION, then=then)
    deals = [office.deal_of("dana", stage="Negotiation") for _ in range(2)]
    assert office.tick() == 0
    with office.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        assert [uow.session.get_one(Deal, deal).next_step for deal in deals] == [None, None]
    assert [status for status, _ in office.firings()] == ["failed", "failed"]
    assert office.told() == ["morgan"]
    assert office.tick() == 0


def test_a_crash_while_acting_loses_and_doubles_nothing(office: Office) -> None:
    office.rule(when=NEGOTIATION, then=[{"do": "create_task", "who": "owner", "subject": "Once"}])
    office.deal_of("dana", stage="Negotiation")
    pipeline = office.rig.assistant.pipeline

    class Killed(BaseException):
        pass

    def die(step: str) -> None:
        if step == "rule_acted":
            raise Killed

    object.__setattr__(pipeline, "on_step", die)
    with pytest.raises(Killed):
        office.tick()
    assert not [task for task in office.all(Task) if task.subject.startswith("Once")]
    object.__setattr__(pipeline, "on_step", lambda _step: None)
    assert office.tick() == 1
    assert len([task for task in office.all(Task) if task.subject.startswith("Once")]) == 1


def test_an_approval_changes_the_record_only_after_the_yes(office: Office) -> None:
    then = [{"do": "start_approval", "who": "morgan", "field": "stage", "value": "Proposal"}]
    office.rule(when={"event": "created", "record": "deal"}, then=then, owner="alex")
    office.be_reachable("morgan")
    deal = office.deal_of("dana", stage="Qualified")
    assert office.tick() == 1
    proposal = office.all(Proposal)[-1]
    Desk(office.rig).tick(NOW)
    (message,) = Desk(office.rig).messages()
    assert "Rule deal" in message[0]
    assert "set stage to Proposal" in message[0]
    morgan = office.rig.speaker("morgan", conversation="user:morgan")
    morgan.say(f'/affirm{{"proposal": "{proposal.id}"}}')
    with office.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        assert uow.session.get_one(Deal, deal).stage.name == "Proposal"


def test_a_rule_of_somebody_who_left_stops(office: Office) -> None:
    number = office.rule(when=NEGOTIATION, then=TELL_ME)
    with office.rig.assistant.store.unit_of_work(now=NOW) as uow:
        office.user(uow.session, "morgan").active = False
        uow.commit()
    office.deal_of("dana", stage="Negotiation")
    assert office.tick() == 0
    assert not office.is_on(number)
