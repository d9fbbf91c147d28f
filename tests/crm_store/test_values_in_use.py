"""The values a column holds are found whoever asks, on both databases."""

from __future__ import annotations

from sqlalchemy import select

from crm_store.insights.values_in_use import values_in_use
from crm_store.models import Deal
from crm_store.store import Store
from tests.crm_store.small_company import NOW


def test_every_value_is_found_once_and_in_order(store: Store) -> None:
    with store.unit_of_work(now=NOW) as uow:
        deals = uow.session.scalars(select(Deal).order_by(Deal.id)).all()
        for deal, source in zip(deals, ("web", "Émile's fair", "web"), strict=True):
            deal.source = source
        uow.flush()
        assert values_in_use(uow.session, Deal.__table__.c.source) == ["web", "Émile's fair"]


def test_a_column_that_holds_nothing_has_no_values(store: Store) -> None:
    with store.unit_of_work(now=NOW) as uow:
        for deal in uow.session.scalars(select(Deal)):
            deal.source = None
        uow.flush()
        assert values_in_use(uow.session, Deal.__table__.c.source) == []
