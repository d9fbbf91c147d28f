"""What a rule would have done last month is counted from the past, and is what it then does."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crm_store.automation.definition import read_rule
from crm_store.automation.history import would_have_fired
from crm_store.models import Deal
from crm_store.rates import Rates
from tests.assistants import NOW
from tests.bot.automation.office import Office, any_office, demo_template, postgres_server
from tests.bot.automation.test_rules import BIG, NEGOTIATION, TELL_ME

__all__ = ["any_office", "demo_template", "postgres_server"]

ZONE = ZoneInfo("America/New_York")
SINCE, UNTIL = NOW + timedelta(days=10), NOW + timedelta(days=40)


@pytest.fixture
def office(any_office: Office) -> Office:
    return any_office


def preview(office: Office, when: dict[str, Any], conditions: list[dict[str, Any]]) -> list[tuple[int, datetime]]:
    rule = read_rule({"name": "The rule", "when": when, "if": conditions, "then": TELL_ME})
    with office.rig.assistant.store.unit_of_work(now=UNTIL, read_only=True) as uow:
        rates = Rates.load(uow.session, "USD")
        found = would_have_fired(uow.session, rule, since=SINCE, until=UNTIL, rates=rates, zone=ZONE)
        return [(each.record.id, each.at) for each in found]


def move(office: Office, deal: int, *stages: tuple[int, str]) -> None:
    """Move a deal into stages, each so many days after NOW."""
    for days, stage in stages:
        office.rig.clock.now = NOW + timedelta(days=days)
        office.change(deal, stage=stage)


def test_each_time_a_deal_entered_the_stage_within_the_period_counts(office: Office) -> None:
    early, late, twice = (office.deal_of("dana") for _ in range(3))
    move(office, early, (9, "Negotiation"))
    move(office, late, (15, "Negotiation"))
    move(office, twice, (16, "Negotiation"), (17, "Proposal"), (18, "Negotiation"))
    assert preview(office, NEGOTIATION, []) == [
        (late, NOW + timedelta(days=15)),
        (twice, NOW + timedelta(days=16)),
        (twice, NOW + timedelta(days=18)),
    ]


def test_conditions_are_judged_by_what_a_deal_was_worth_then(office: Office) -> None:
    grew, shrank = office.deal_of("dana", amount=Decimal(40_000)), office.deal_of("dana", amount=Decimal(90_000))
    for deal in (grew, shrank):
        move(office, deal, (15, "Negotiation"))
    office.rig.clock.now = NOW + timedelta(days=20)
    office.change(grew, amount=Decimal(80_000))
    office.change(shrank, amount=Decimal(10_000))
    assert [deal for deal, _ in preview(office, NEGOTIATION, BIG)] == [shrank]


def test_a_rule_that_is_on_does_what_its_preview_says(office: Office) -> None:
    office.rule(when=NEGOTIATION, conditions=BIG, then=TELL_ME)
    office.rig.clock.now = SINCE
    office.tick()
    deals = [office.deal_of("dana", amount=Decimal(30_000 + 15_000 * number)) for number in range(4)]
    for number, deal in enumerate(deals):
        move(office, deal, (11 + number, "Negotiation"))
    acted = office.tick(UNTIL)
    assert acted == len(preview(office, NEGOTIATION, BIG)) == 2


def test_a_date_that_came_counts_on_its_day_and_a_deal_that_is_gone_does_not(office: Office) -> None:
    week_before = {"event": "time_passed", "record": "deal", "field": "close_date", "days": -7}
    at_home = [{"field": "name", "value": "Rule deal"}]
    kept = office.deal_of("dana", close_date=(NOW + timedelta(days=30)).date())
    gone = office.deal_of("dana", close_date=(NOW + timedelta(days=30)).date())
    with office.rig.assistant.store.unit_of_work(now=NOW + timedelta(days=12)) as uow:
        uow.session.get_one(Deal, gone).deleted_at = NOW + timedelta(days=12)
        uow.commit()
    found = preview(office, week_before, at_home)
    assert [deal for deal, _ in found] == [kept]
    assert found[0][1].astimezone(ZONE).date() == (NOW + timedelta(days=23)).date()


def test_a_period_without_any_counts_none(office: Office) -> None:
    assert preview(office, {"event": "stage_entered", "stage": "Negotiation"}, [{"field": "name", "value": "x"}]) == []
