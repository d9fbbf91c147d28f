"""Several at once: nothing is lost, and who comes second learns of it. On both databases."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from sqlalchemy.orm.exc import StaleDataError

from crm_store.changes import FieldChange, apply_changes
from crm_store.errors import Conflict
from crm_store.models import Deal, Ticket
from crm_store.refs import RecordRef
from crm_store.store import Store
from tests.crm_store.conftest import Reopen
from tests.crm_store.small_company import NOW, Company

THREADS, ROUNDS = 5, 100


def _in_threads(work: list[threading.Thread]) -> None:
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()


def test_of_two_who_change_one_deal_at_once_the_second_is_told(company: Company, reopen: Reopen) -> None:
    deal_id = company.id_of("Acme fleet")
    other = reopen()
    with other.unit_of_work(now=NOW, read_only=True) as late:
        theirs = late.session.get_one(Deal, deal_id)
        late.session.commit()  # read it, and think about it
        with company.acting() as early:
            early.session.get_one(Deal, deal_id).amount = Decimal(1)
            early.commit()
        theirs.next_step = "overwrites nothing"
        with pytest.raises(StaleDataError):
            late.flush()
    with company.acting() as uow:
        found = uow.session.get_one(Deal, deal_id)
        assert (found.amount, found.next_step) == (Decimal(1), None)


def test_a_difference_made_before_somebody_elses_change_is_refused(company: Company) -> None:
    ref = RecordRef("deal", company.id_of("Acme fleet"))
    proposed = FieldChange(ref=ref, field="amount", before="40000", after="50000")
    with company.acting("root") as uow:
        uow.session.get_one(Deal, ref.id).amount = Decimal(45_000)
        uow.commit()
    with company.acting("dana") as uow, pytest.raises(Conflict) as refusal:
        apply_changes(uow, [proposed])
    assert refusal.value.changed_by == str(company.actor("root"))


def test_five_threads_of_a_hundred_additions_each_lose_none(company: Company, reopen: Reopen) -> None:
    deal_id = company.id_of("Acme fleet")
    with company.acting() as uow:
        uow.session.get_one(Deal, deal_id).amount = Decimal(0)
        uow.commit()
    unexpected: list[BaseException] = []

    def add(store: Store) -> None:
        done = 0
        while done < ROUNDS and not unexpected:
            try:
                with store.unit_of_work(now=NOW) as uow:
                    deal = uow.session.get_one(Deal, deal_id)
                    assert deal.amount is not None
                    deal.amount += 1
                    uow.commit()
                done += 1
            except StaleDataError:
                continue  # somebody was quicker: read again
            except BaseException as error:  # noqa: BLE001 - a thread's failure must fail the test
                unexpected.append(error)

    _in_threads([threading.Thread(target=add, args=(reopen(),)) for _ in range(THREADS)])
    assert unexpected == []
    with company.acting() as uow:
        found = uow.session.get_one(Deal, deal_id)
        assert found.amount == Decimal(THREADS * ROUNDS)
        assert found.version == 2 + THREADS * ROUNDS


def test_tickets_made_at_once_get_different_numbers(company: Company, reopen: Reopen) -> None:
    numbers: list[str] = []

    def make(store: Store) -> None:
        for _ in range(5):
            with store.unit_of_work(now=NOW) as uow:
                number = uow.add(Ticket(subject="Hello")).number
                uow.commit()
                numbers.append(number)

    _in_threads([threading.Thread(target=make, args=(reopen(),)) for _ in range(4)])
    assert len(numbers) == 20
    assert len(set(numbers)) == 20
