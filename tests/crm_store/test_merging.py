"""Two records of one company or person become one, and two again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from crm_store.changes import apply_changes, undo_entry
from crm_store.merging import likely_duplicates, plan_merge
from crm_store.models import Account, Contact, Deal, JournalEntry
from tests.crm_store.small_company import Company

NOW = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)


def _two_of_one(company: Company) -> tuple[int, int, int]:
    with company.store.unit_of_work(now=NOW, actor=company.actor("root")) as uow:
        first = uow.add(Account(name="Zorblatt"))
        second = uow.add(Account(name="ZORBLATT, Inc.", phone="+15125550143"))
        person = uow.add(Contact(name="Bill Lumbergh", account_id=second.id))
        ids = (first.id, second.id, person.id)
        uow.commit()
    return ids


def test_what_hangs_on_the_duplicate_moves_and_empty_fields_are_filled(company: Company) -> None:
    first, second, person = _two_of_one(company)
    with company.store.unit_of_work(now=NOW, actor=company.actor("root")) as uow:
        merge = plan_merge(uow, uow.session.get_one(Account, first), uow.session.get_one(Account, second))
        apply_changes(uow, merge.changes)
        uow.commit()
    with company.store.unit_of_work(now=NOW, actor=company.actor("root")) as uow:
        assert (merge.moved, merge.hidden) == (1, 0)
        assert uow.session.get_one(Contact, person).account_id == first
        assert uow.session.get_one(Account, first).phone == "+15125550143"
        assert uow.session.get(Account, second) is None


def test_a_merge_is_undone_as_a_whole(company: Company) -> None:
    first, second, person = _two_of_one(company)
    with company.store.unit_of_work(now=NOW, actor=company.actor("root")) as uow:
        merge = plan_merge(uow, uow.session.get_one(Account, first), uow.session.get_one(Account, second))
        apply_changes(uow, merge.changes)
        entry = uow.journal.entry_id
        uow.commit()
    with company.store.unit_of_work(now=NOW, actor=company.actor("root")) as uow:
        undo_entry(uow, uow.session.get_one(JournalEntry, entry))
        uow.commit()
    with company.store.unit_of_work(now=NOW, actor=company.actor("root")) as uow:
        assert uow.session.get_one(Contact, person).account_id == second
        assert uow.session.get_one(Account, first).phone is None
        assert uow.session.get_one(Account, second).name == "ZORBLATT, Inc."


def test_spellings_of_one_name_are_found(company: Company) -> None:
    first, second, _ = _two_of_one(company)
    with company.store.unit_of_work(now=NOW, actor=company.actor("root")) as uow:
        pairs = [(one.id, two.id) for one, two in likely_duplicates(uow.session, Account)]
    assert (first, second) in pairs


def test_a_record_is_not_merged_with_itself(company: Company) -> None:
    first, _, _ = _two_of_one(company)
    with company.store.unit_of_work(now=NOW, actor=company.actor("root")) as uow:
        account = uow.session.get_one(Account, first)
        with pytest.raises(ValueError, match="two records"):
            plan_merge(uow, account, account)


def test_what_the_asker_may_not_see_is_counted_so_that_it_is_not_left_behind(company: Company) -> None:
    with company.store.unit_of_work(now=NOW, actor=company.actor("dana")) as uow:
        deal_of_another_team = uow.session.connection().execute(
            select(Deal.__table__.c.account_id).where(Deal.__table__.c.name == "Initech rollout")
        )
        theirs = uow.session.get_one(Account, deal_of_another_team.scalar_one())
        mine = uow.add(Account(name="Initech GmbH"))
        assert plan_merge(uow, mine, theirs).hidden > 0
