"""Proposals are applied to what they were made for, and an act is taken back only as long as nobody built on it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from crm_store.changes import FieldChange, apply_changes, describe_changes, last_undoable_entry, undo_entry
from crm_store.errors import Conflict, NothingToUndo, RecordNotFound
from crm_store.models import Account, Deal, JournalEntry, Stage, StageType, Task
from crm_store.refs import RecordRef
from tests.crm_store.small_company import NOW, Company

HERE, ELSEWHERE = 1, 2


def _change(company: Company, who: str = "dana", *, minutes: int = 0, name: str = "Acme fleet", **fields: Any) -> None:
    with company.acting(who, conversation_id=HERE, now=NOW + timedelta(minutes=minutes)) as uow:
        uow.journal.confirm(by=who)
        deal = uow.session.scalars(select(Deal).where(Deal.name == name)).one()
        for field, value in fields.items():
            setattr(deal, field, value)
        uow.commit()


def _undo(company: Company, who: str = "dana", *, nth: int = 0, conversation_id: int = HERE) -> tuple[FieldChange, ...]:
    with company.acting(who, conversation_id=conversation_id, now=NOW + timedelta(hours=1)) as uow:
        changes = undo_entry(uow, last_undoable_entry(uow, conversation_id=conversation_id, nth=nth))
        uow.commit()
        return changes


def _deal(company: Company) -> Deal:
    with company.acting() as uow:
        return uow.session.scalars(
            select(Deal).where(Deal.name == "Acme fleet").options(selectinload(Deal.stage))
        ).one()


def test_a_change_is_taken_back_field_by_field(company: Company) -> None:
    _change(company, amount=Decimal(60_000), next_step="call", currency="EUR")
    changes = _undo(company)
    deal = _deal(company)
    assert (deal.amount, deal.next_step, deal.currency) == (Decimal(40_000), None, "USD")
    assert {(change.field, change.before, change.after) for change in changes} == {
        ("amount", "60000", "40000"),
        ("next_step", "call", None),
        ("currency", "EUR", "USD"),
    }


def test_what_others_changed_elsewhere_survives(company: Company) -> None:
    _change(company, amount=Decimal(60_000))
    _change(company, "root", next_step="send the contract")
    _undo(company)
    assert (_deal(company).amount, _deal(company).next_step) == (Decimal(40_000), "send the contract")


def test_undo_refuses_when_somebody_changed_the_same_field_since_and_says_who_and_when(company: Company) -> None:
    _change(company, amount=Decimal(60_000), next_step="call")
    _change(company, "root", minutes=7, amount=Decimal(70_000))
    with pytest.raises(Conflict) as refusal:
        _undo(company)
    conflict = refusal.value
    assert (conflict.field, conflict.expected, conflict.found) == ("amount", "60000", "70000")
    assert conflict.changed_by == str(company.actor("root"))
    assert conflict.changed_at == NOW + timedelta(minutes=7)
    deal = _deal(company)
    assert (deal.amount, deal.next_step) == (Decimal(70_000), "call"), "nothing was taken back by half"


def test_a_stage_is_taken_back_with_all_that_followed_from_it(company: Company) -> None:
    with company.acting() as uow:
        won = uow.session.scalars(select(Stage.id).where(Stage.type == StageType.WON)).one()
        first = uow.session.scalars(select(Stage.id).where(Stage.position == 0)).one()
    _change(company, stage_id=won)
    assert _deal(company).closed_at is not None
    _undo(company)
    deal = _deal(company)
    assert (deal.stage_id, deal.closed_at) == (first, None)


def test_a_created_record_is_taken_back_by_marking_it_deleted(company: Company) -> None:
    with company.acting("dana", conversation_id=HERE) as uow:
        account = uow.add(Account(name="Hooli", owner_id=company.actor("dana").id))
        uow.commit()
    _undo(company)
    with company.acting() as uow:
        assert uow.session.get(Account, account.id) is None
        kept = uow.get_even_deleted(Account, account.id)
        assert kept is not None
        assert kept.deleted_at == NOW + timedelta(hours=1)


@pytest.mark.parametrize("field", ["industry", "name"])
def test_a_created_record_others_worked_on_is_not_taken_away_from_them(company: Company, field: str) -> None:
    with company.acting("dana", conversation_id=HERE) as uow:
        account = uow.add(Account(name="Hooli", owner_id=company.actor("dana").id))
        uow.commit()
    with company.acting("root") as uow:
        setattr(uow.session.get_one(Account, account.id), field, "Search")
        uow.commit()
    with pytest.raises(Conflict):
        _undo(company)


def test_a_reminder_that_went_out_does_not_keep_its_task_from_being_taken_back(company: Company) -> None:
    with company.acting("dana", conversation_id=HERE) as uow:
        dana = company.actor("dana").id
        task = uow.add(Task(subject="Call", assignee_id=dana, creator_id=dana, due_at=NOW, remind_at=NOW))
        uow.commit()
    with company.acting() as uow:
        uow.session.get_one(Task, task.id).reminded_at = NOW
        uow.commit()
    _undo(company)
    with company.acting() as uow:
        assert uow.session.get(Task, task.id) is None


def test_a_deletion_is_taken_back(company: Company) -> None:
    _change(company, deleted_at=NOW)
    _undo(company)
    assert _deal(company).deleted_at is None


def test_acts_are_taken_back_latest_first_and_each_once(company: Company) -> None:
    _change(company, amount=Decimal(1))
    _change(company, amount=Decimal(2))
    _undo(company)
    assert _deal(company).amount == Decimal(1)
    _undo(company)
    assert _deal(company).amount == Decimal(40_000)
    with pytest.raises(NothingToUndo):
        _undo(company)


def test_one_entry_cannot_be_taken_back_twice_nor_can_a_taking_back(company: Company) -> None:
    _change(company, amount=Decimal(1))
    with company.acting("dana", conversation_id=HERE) as uow:
        entry = last_undoable_entry(uow, conversation_id=HERE)
        undo_entry(uow, entry)
        with pytest.raises(NothingToUndo):
            undo_entry(uow, entry)
        uow.commit()
    with company.acting("dana") as uow:
        undone = uow.session.get_one(JournalEntry, entry.id)
        undoing = uow.session.get_one(JournalEntry, undone.reversed_by_id)
        assert undoing.reverses_id == entry.id
        with pytest.raises(NothingToUndo):
            undo_entry(uow, undone)
        with pytest.raises(NothingToUndo):
            undo_entry(uow, undoing)


def test_nobody_takes_back_somebody_elses_act(company: Company) -> None:
    _change(company, amount=Decimal(1))
    with pytest.raises(NothingToUndo):
        _undo(company, "eli")
    with company.acting("root", conversation_id=HERE) as uow:
        entry = uow.session.scalars(select(JournalEntry).order_by(JournalEntry.id.desc()).limit(1)).one()
        with pytest.raises(NothingToUndo):
            undo_entry(uow, entry)


def test_only_what_was_done_in_this_conversation_is_offered(company: Company) -> None:
    _change(company, amount=Decimal(1))
    with pytest.raises(NothingToUndo):
        _undo(company, conversation_id=ELSEWHERE)


def test_describing_changes_nothing_and_names_real_differences_only(company: Company) -> None:
    with company.acting("dana") as uow:
        deal = uow.session.get_one(Deal, company.id_of("Acme fleet"))
        changes = describe_changes(deal, amount=Decimal("40000.0"), next_step="call")
        assert [(change.field, change.before, change.after) for change in changes] == [("next_step", None, "call")]
        assert deal.next_step is None


def test_a_difference_survives_its_json_form(company: Company) -> None:
    with company.acting("dana") as uow:
        deal = uow.session.get_one(Deal, company.id_of("Acme fleet"))
        changes = describe_changes(deal, amount=Decimal("7.123"), close_date=NOW.date(), deleted_at=NOW)
        read = [FieldChange.from_json(change.to_json()) for change in changes]
        assert tuple(read) == changes
        (touched,) = apply_changes(uow, read)
        uow.commit()
    assert touched is deal
    assert (deal.amount, deal.close_date, deal.deleted_at) == (Decimal("7.123"), NOW.date(), NOW)


def test_all_changes_are_applied_or_none(company: Company) -> None:
    good, bad = RecordRef("deal", company.id_of("Acme fleet")), RecordRef("deal", company.id_of("Globex audit"))
    changes = [
        FieldChange(ref=good, field="next_step", before=None, after="call"),
        FieldChange(ref=bad, field="next_step", before="something else", after="call"),
    ]
    with company.acting("root") as uow:
        with pytest.raises(Conflict):
            apply_changes(uow, changes)
        uow.commit()
    assert _deal(company).next_step is None


@pytest.mark.parametrize("ref", ["deal:999999", "nonsense:1"])
def test_a_difference_of_a_record_that_is_not_there_is_refused(company: Company, ref: str) -> None:
    found = RecordRef.from_text(ref)
    assert found is not None
    with company.acting("root") as uow, pytest.raises(RecordNotFound):
        apply_changes(uow, [FieldChange(ref=found, field="name", before=None, after="x")])


def test_a_difference_of_a_hidden_record_is_refused_like_one_that_is_not_there(company: Company) -> None:
    ref = RecordRef("deal", company.id_of("Acme fleet"))
    with company.acting("finn") as uow, pytest.raises(RecordNotFound):
        apply_changes(uow, [FieldChange(ref=ref, field="next_step", before=None, after="x")])
