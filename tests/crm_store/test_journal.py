"""Every change of every record is written down by the store itself, on both databases."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from crm_store.errors import NotAllowed
from crm_store.journal import Origin, last_change_of_field
from crm_store.models import Account, Deal, JournalChange, JournalEntry, Stage, StageChange
from tests.crm_store.small_company import NOW, Company


def _newest(company: Company, n: int = 1) -> list[JournalEntry]:
    with company.acting() as uow:
        query = select(JournalEntry).order_by(JournalEntry.id.desc()).limit(n)
        return list(uow.session.scalars(query.options(selectinload(JournalEntry.changes))))


def test_a_change_is_kept_with_its_values_and_its_origin(company: Company) -> None:
    deal_id = company.id_of("Acme fleet")
    origin = Origin(conversation_id=1, intent="update_deal", confidence=0.87, confirmed_by="user:1")
    with company.acting("dana", origin=origin) as uow:
        uow.session.get_one(Deal, deal_id).amount = Decimal("41000.5")
        uow.commit()
    (entry,) = _newest(company)
    assert entry.actor == str(company.actor("dana"))
    assert (entry.at, entry.conversation_id, entry.intent) == (NOW, 1, "update_deal")
    assert (entry.confidence, entry.confirmed_by, entry.inbox_id) == (0.87, "user:1", None)
    (change,) = entry.changes
    assert (change.record_kind, change.record_id, change.operation) == ("deal", deal_id, "update")
    assert (change.before, change.after) == ({"amount": "40000"}, {"amount": "41000.5"})


def test_creating_keeps_all_values_that_are_there(company: Company) -> None:
    with company.acting("dana") as uow:
        account = uow.add(Account(name="Hooli, Inc.", owner_id=company.actor("dana").id))
        uow.commit()
    (entry,) = _newest(company)
    (change,) = entry.changes
    assert (change.record_kind, change.record_id, change.operation) == ("account", account.id, "create")
    assert change.before == {}
    assert change.after == {"name": "Hooli, Inc.", "owner_id": company.actor("dana").id}


def test_deleting_is_a_change_like_any_other(company: Company) -> None:
    with company.acting("dana") as uow:
        uow.session.get_one(Deal, company.id_of("Acme fleet")).deleted_at = NOW
        uow.commit()
    (change,) = _newest(company)[0].changes
    assert (change.before, change.after) == ({"deleted_at": None}, {"deleted_at": NOW.isoformat()})


def test_what_is_done_together_is_one_entry_however_often_it_is_flushed(company: Company) -> None:
    before = _newest(company)[0].id
    with company.acting("dana") as uow:
        deal = uow.session.get_one(Deal, company.id_of("Acme fleet"))
        deal.next_step = "call"
        uow.flush()
        deal.amount = Decimal(1)
        uow.flush()
        uow.add(Account(name="Hooli"))
        uow.commit()
    (entry,) = _newest(company)
    assert entry.id == before + 1
    assert len(entry.changes) == 3


def test_each_started_act_is_an_entry_of_its_own(company: Company) -> None:
    with company.acting("dana") as uow:
        deal = uow.session.get_one(Deal, company.id_of("Acme fleet"))
        deal.next_step = "call"
        uow.flush()
        uow.journal.start_entry(Origin(intent="second"))
        deal.next_step = "write"
        uow.commit()
    second, first = _newest(company, 2)
    assert (first.intent, second.intent) == (None, "second")
    assert second.changes[0].before == {"next_step": "call"}


def test_setting_what_is_there_already_leaves_no_trace(company: Company) -> None:
    before = _newest(company)[0].id
    with company.acting("dana") as uow:
        deal = uow.session.get_one(Deal, company.id_of("Acme fleet"))
        deal.amount = Decimal("40000.00")
        deal.name = str(deal.name)
        uow.commit()
    assert _newest(company)[0].id == before


def test_nothing_is_journaled_when_it_is_rolled_back_or_refused(company: Company) -> None:
    before = _newest(company)[0].id
    with company.acting("dana") as uow:
        uow.session.get_one(Deal, company.id_of("Acme fleet")).amount = Decimal(1)
        uow.flush()
    with company.acting("eli") as uow:
        uow.session.get_one(Deal, company.id_of("Acme fleet")).amount = Decimal(1)
        with pytest.raises(NotAllowed):
            uow.flush()
    assert _newest(company)[0].id == before


def test_a_savepoint_rolled_back_takes_its_journal_along(company: Company) -> None:
    with company.acting("dana") as uow:
        deal = uow.session.get_one(Deal, company.id_of("Acme fleet"))
        savepoint = uow.session.begin_nested()
        deal.amount = Decimal(1)
        uow.flush()
        savepoint.rollback()
        uow.journal.start_entry(uow.journal.origin)
        deal.next_step = "call"
        uow.commit()
    (entry,) = _newest(company)
    assert [change.after for change in entry.changes] == [{"next_step": "call"}]
    with company.acting() as uow:
        orphans = select(JournalChange).where(JournalChange.entry_id.not_in(select(JournalEntry.id)))
        assert uow.session.scalars(orphans).all() == []


def test_moving_a_deal_writes_its_stage_history_too(company: Company) -> None:
    deal_id = company.id_of("Acme fleet")
    later = NOW + timedelta(days=2)
    with company.acting("dana", now=later) as uow:
        deal = uow.session.get_one(Deal, deal_id)
        deal.stage_id = uow.session.scalars(select(Stage.id).where(Stage.name == "Won")).one()
        uow.commit()
    with company.acting() as uow:
        deal = uow.session.get_one(Deal, deal_id)
        assert (deal.stage_since, deal.closed_at) == (later, later)
        history = uow.session.scalars(select(StageChange).where(StageChange.deal_id == deal_id)).all()
        assert [(change.from_stage_id is None, change.at) for change in history] == [(True, NOW), (False, later)]


def test_the_last_change_of_a_field_is_found(company: Company) -> None:
    deal_id = company.id_of("Acme fleet")
    for minutes, who, amount in ((1, "dana", 1), (2, "root", 2), (3, "dana", 3)):
        with company.acting(who, now=NOW + timedelta(minutes=minutes)) as uow:
            deal = uow.session.get_one(Deal, deal_id)
            if minutes == 2:
                deal.amount = Decimal(amount)
            else:
                deal.next_step = f"step {amount}"
            uow.commit()
    with company.acting() as uow:
        deal = uow.session.get_one(Deal, deal_id)
        found = last_change_of_field(uow.session, deal, "amount")
        assert found is not None
        assert (found.actor, found.at) == (str(company.actor("root")), NOW + timedelta(minutes=2))
        never = last_change_of_field(uow.session, deal, "lost_reason")
        assert never is None
