"""Who sees and writes what, on both databases, whatever way a query is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from crm_store.access import Permission
from crm_store.errors import NotAllowed
from crm_store.journal import Origin
from crm_store.models import (
    Account,
    Activity,
    Address,
    Article,
    Contact,
    Deal,
    DealLine,
    Invoice,
    Order,
    OrderLine,
    Product,
    Quota,
    Record,
    Stage,
    StageChange,
    Task,
    Ticket,
    TicketMessage,
    User,
)
from tests.crm_store.small_company import NOW, Company

KINDS: tuple[Any, ...] = (
    Deal,
    DealLine,
    StageChange,
    Activity,
    Task,
    Quota,
    Account,
    Contact,
    Address,
    Order,
    OrderLine,
    Invoice,
    Ticket,
    TicketMessage,
)
# How many of each of KINDS somebody sees; the company has three deals, two customers and three of nothing else.
SEEN = {
    "system": (3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2, 4),
    "root": (3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2, 4),
    "vera": (3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2, 4),
    "morgan": (2, 2, 2, 2, 2, 2, 3, 2, 2, 2, 2, 2, 2, 4),
    "grace": (1, 1, 1, 1, 1, 1, 3, 2, 2, 2, 2, 2, 2, 4),
    "dana": (2, 2, 2, 2, 2, 2, 3, 2, 2, 2, 2, 2, 2, 4),
    "finn": (1, 1, 1, 1, 1, 1, 3, 2, 2, 2, 2, 2, 2, 4),
    "sam": (0, 0, 0, 0, 0, 0, 3, 2, 2, 2, 2, 2, 2, 4),
    "max": (0, 0, 0, 0, 0, 0, 3, 2, 2, 0, 0, 0, 0, 0),
    "customer:Kim Lee": (0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1),
    "visitor": (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
}


@pytest.mark.parametrize("who", SEEN)
def test_everybody_sees_exactly_what_is_theirs_to_see(company: Company, who: str) -> None:
    with company.acting(who) as uow:
        seen = tuple(len(uow.session.scalars(select(cls)).all()) for cls in KINDS)
    assert dict(zip(KINDS, seen, strict=True)) == dict(zip(KINDS, SEEN[who], strict=True))


@pytest.mark.parametrize("who", SEEN)
def test_counts_and_single_columns_cover_only_what_is_seen(company: Company, who: str) -> None:
    with company.acting(who) as uow:
        for cls, seen in zip(KINDS, SEEN[who], strict=True):
            assert uow.session.scalar(select(func.count(cls.id))) == seen, cls
            assert uow.session.scalar(select(func.count()).select_from(cls)) == seen, cls
            assert len(uow.session.execute(select(cls.id)).all()) == seen, cls


def _get(session: Session, deal_id: int) -> object:
    return session.get(Deal, deal_id)


def _by_alias(session: Session, deal_id: int) -> object:
    other = aliased(Deal)
    return session.scalar(select(other).where(other.id == deal_id))


def _column_of_alias(session: Session, deal_id: int) -> object:
    other = aliased(Deal)
    return session.scalar(select(other.name).where(other.id == deal_id))


def _column(session: Session, deal_id: int) -> object:
    return session.scalar(select(Deal.name).where(Deal.id == deal_id))


def _sum(session: Session, deal_id: int) -> object:
    return session.scalar(select(func.max(Deal.name)).where(Deal.id == deal_id))


def _joined_from_account(session: Session, deal_id: int) -> object:
    return session.scalar(select(Deal.name).select_from(Account).join(Deal).where(Deal.id == deal_id))


def _subquery(session: Session, deal_id: int) -> object:
    inner = select(Deal.id, Deal.name).where(Deal.id == deal_id).subquery()
    return session.scalar(select(inner.c.name))


def _aliased_subquery(session: Session, deal_id: int) -> object:
    inner = aliased(Deal, select(Deal).where(Deal.id == deal_id).subquery())
    return session.scalar(select(inner.name))


def _cte(session: Session, deal_id: int) -> object:
    inner = select(Deal.name).where(Deal.id == deal_id).cte()
    return session.scalar(select(inner.c.name))


def _exists(session: Session, deal_id: int) -> object:
    return session.scalar(select(User.id).where(select(Deal.id).where(Deal.id == deal_id).exists()).limit(1))


def _scalar_subquery(session: Session, deal_id: int) -> object:
    return session.scalar(select(select(Deal.name).where(Deal.id == deal_id).scalar_subquery()))


def _union(session: Session, deal_id: int) -> object:
    one = select(Deal.name).where(Deal.id == deal_id)
    return session.execute(one.union_all(one)).scalars().first()


def _through_activity(session: Session, deal_id: int) -> object:
    found = session.scalar(select(Activity).where(Activity.deal_id == deal_id).options(joinedload(Activity.deal)))
    return found and found.deal


def _through_lines(session: Session, deal_id: int) -> object:
    product = session.scalars(select(Product)).one()
    lines = session.scalars(
        select(DealLine).where(DealLine.product_id == product.id).options(selectinload(DealLine.deal))
    )
    return [line.deal for line in lines if line.deal_id == deal_id] or None


def _legacy_query(session: Session, deal_id: int) -> object:
    return session.query(Deal).filter(Deal.id == deal_id).first()


WAYS = (
    _get,
    _by_alias,
    _column_of_alias,
    _column,
    _sum,
    _joined_from_account,
    _subquery,
    _aliased_subquery,
    _cte,
    _exists,
    _scalar_subquery,
    _union,
    _through_activity,
    _through_lines,
    _legacy_query,
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__.strip("_"))
def test_a_hidden_deal_cannot_be_reached(company: Company, way: Callable[[Session, int], object]) -> None:
    hidden = company.id_of("Acme fleet")
    for who in ("finn", "sam", "max", "customer:Kim Lee", "visitor"):
        with company.acting(who) as uow:
            assert way(uow.session, hidden) is None, who
    with company.acting("dana") as uow:
        assert way(uow.session, hidden) is not None


def test_a_record_loaded_before_becoming_somebody_is_not_theirs(company: Company) -> None:
    hidden = company.id_of("Acme fleet")
    finn = company.actor("finn")
    with company.acting("system") as uow:
        assert uow.session.get(Deal, hidden) is not None
        uow.become(finn)
        assert uow.session.get(Deal, hidden) is None


def test_a_relationship_shows_a_customer_only_their_own(company: Company) -> None:
    with company.acting("customer:Kim Lee") as uow:
        account = uow.session.scalars(select(Account)).one()
        assert [contact.name for contact in account.contacts] == ["Kim Lee"]
        ticket = uow.session.scalars(select(Ticket)).one()
        assert [message.text for message in ticket.messages] == ["Where is it?"]


def test_a_deleted_record_is_gone_for_everybody(company: Company) -> None:
    deal_id = company.id_of("Acme fleet")
    with company.acting("system") as uow:
        uow.session.get_one(Deal, deal_id).deleted_at = NOW
        uow.commit()
    for who in ("system", "root", "dana"):
        with company.acting(who) as uow:
            assert uow.session.get(Deal, deal_id) is None
            assert "Acme fleet" not in uow.session.scalars(select(Deal.name)).all()
            assert uow.session.scalars(select(Activity).where(Activity.deal_id == deal_id)).one().deal is None


def test_reaching_a_deleted_record_still_respects_access(company: Company) -> None:
    deal_id = company.id_of("Acme fleet")
    with company.acting("system") as uow:
        uow.session.get_one(Deal, deal_id).deleted_at = NOW
        uow.commit()
    with company.acting("dana") as uow:
        assert uow.get_even_deleted(Deal, deal_id) is not None
    with company.acting("finn") as uow:
        assert uow.get_even_deleted(Deal, deal_id) is None


def _first(session: Session, cls: type[Record]) -> Record:
    return session.scalars(select(cls).order_by(cls.id)).all()[0]


FIELDS: dict[type[Record], tuple[str, Any]] = {
    Deal: ("next_step", "call"),
    Activity: ("note", "changed"),
    Task: ("subject", "changed"),
    Account: ("industry", "Toys"),
    Contact: ("title", "CEO"),
    Order: ("carrier", "UPS"),
    Invoice: ("currency", "EUR"),
    Ticket: ("subject", "changed"),
    Article: ("title", "changed"),
    Product: ("description", "changed"),
    User: ("timezone", "UTC"),
}
# The first record of each kind belongs to dana (deal, activity, task, account) or Kim Lee; the first user is vera.
YES, CONFIRM, NO, HIDDEN = Permission.YES, Permission.CONFIRM, Permission.NO, None
MAY_CHANGE: Mapping[str, Mapping[Any, Permission | None]] = {
    "root": dict.fromkeys(FIELDS, YES),
    "dana": dict.fromkeys((Deal, Activity, Task, Account, Contact, Ticket), YES)
    | dict.fromkeys((Order, Invoice, Article, Product, User), NO),
    "eli": dict.fromkeys((Deal, Activity, Task, Account), CONFIRM)
    | dict.fromkeys((Contact, Ticket), YES)
    | dict.fromkeys((Order, Invoice, Article, Product, User), NO),
    "morgan": dict.fromkeys((Deal, Activity, Task, Account), CONFIRM)
    | dict.fromkeys((Contact, Ticket, Article), YES)
    | dict.fromkeys((Order, Invoice, Product, User), NO),
    "vera": dict.fromkeys((Deal, Activity, Task, Account), CONFIRM)
    | dict.fromkeys((Contact, Ticket, Article, User), YES)
    | dict.fromkeys((Order, Invoice, Product), NO),
    "sam": dict.fromkeys((Deal, Activity, Task), HIDDEN)
    | {Account: CONFIRM}
    | dict.fromkeys((Contact, Ticket, Article), YES)
    | dict.fromkeys((Order, Invoice, Product, User), NO),
    "max": dict.fromkeys((Deal, Activity, Task, Order, Invoice, Ticket), HIDDEN)
    | {Account: CONFIRM}
    | dict.fromkeys((Contact, Article), YES)
    | dict.fromkeys((Product, User), NO),
    "customer:Kim Lee": dict.fromkeys((Deal, Activity, Task), HIDDEN)
    | dict.fromkeys((Contact, Ticket), YES)
    | dict.fromkeys((Account, Order, Invoice, Article, Product, User), NO),
    "visitor": dict.fromkeys((Deal, Activity, Task, Account, Contact, Order, Invoice, Ticket), HIDDEN)
    | dict.fromkeys((Article, Product, User), NO),
}


@pytest.mark.parametrize("who", MAY_CHANGE)
def test_the_store_refuses_every_change_that_is_not_theirs(company: Company, who: str) -> None:
    for cls, may in MAY_CHANGE[who].items():
        field, value = FIELDS[cls]
        for confirmed_by in (None, "somebody"):
            allowed = may is YES or (may is CONFIRM and confirmed_by is not None)
            with company.acting(who, origin=Origin(confirmed_by=confirmed_by)) as uow:
                if may is HIDDEN:
                    assert uow.session.scalars(select(cls)).all() == [], (who, cls)
                    continue
                record = _first(uow.session, cls)
                assert uow.permission(record) is may, (who, cls)
                setattr(record, field, value)
                if allowed:
                    uow.flush()
                else:
                    with pytest.raises(NotAllowed):
                        uow.flush()


def test_nobody_gets_hold_of_a_record_by_making_themselves_its_owner(company: Company) -> None:
    eli = company.actor("eli")
    with company.acting("eli") as uow:
        deal = uow.session.get_one(Deal, company.id_of("Acme fleet"))
        deal.owner_id = eli.id
        with pytest.raises(NotAllowed):
            uow.flush()
    with company.acting("eli") as uow:
        task = _first(uow.session, Task)
        assert isinstance(task, Task)
        task.creator_id = eli.id
        with pytest.raises(NotAllowed):
            uow.flush()
    with company.acting("eli") as uow:
        deal = uow.session.get_one(Deal, company.id_of("Acme fleet"))
        deal.owner = uow.session.get_one(User, eli.id)
        with pytest.raises(NotAllowed):
            uow.flush()


def test_an_owner_may_give_their_deal_away(company: Company) -> None:
    with company.acting("dana") as uow:
        deal = uow.session.get_one(Deal, company.id_of("Acme fleet"))
        deal.owner_id = company.actor("finn").id
        uow.commit()
    with company.acting("finn") as uow:
        assert uow.session.get(Deal, company.id_of("Acme fleet")) is not None


def _deal_for(company: Company, session: Session, owner: str) -> Deal:
    return Deal(
        name="New",
        account_id=_first(session, Account).id,
        owner_id=company.actor(owner).id,
        stage_id=session.scalars(select(Stage.id).order_by(Stage.position)).all()[0],
        currency="USD",
        stage_since=NOW,
        last_activity_at=NOW,
    )


@pytest.mark.parametrize(
    ("who", "owner", "allowed"),
    [
        ("dana", "dana", True),
        ("dana", "eli", False),
        ("dana", "finn", False),
        ("sam", "sam", False),
        ("root", "eli", True),
    ],
)
def test_a_new_deal_can_only_be_made_for_oneself(company: Company, who: str, owner: str, allowed: bool) -> None:
    with company.acting(who) as uow:
        if allowed:
            uow.add(_deal_for(company, uow.session, owner))
        else:
            with pytest.raises(NotAllowed):
                uow.add(_deal_for(company, uow.session, owner))


def test_an_owner_given_as_an_object_counts_too(company: Company) -> None:
    with company.acting("dana") as uow:
        deal = _deal_for(company, uow.session, "dana")
        del deal.owner_id
        deal.owner = uow.session.scalars(select(User).where(User.handle == "finn")).one()
        with pytest.raises(NotAllowed):
            uow.add(deal)


def test_a_customer_cannot_open_a_ticket_as_somebody_else(company: Company) -> None:
    rosa = company.actor("customer:Rosa Diaz")
    with company.acting("customer:Kim Lee") as uow, pytest.raises(NotAllowed):
        uow.add(Ticket(subject="Hello", contact_id=rosa.id))
    with company.acting("visitor") as uow, pytest.raises(NotAllowed):
        uow.add(Ticket(subject="Hello", contact_id=rosa.id))


def test_a_visitor_may_leave_a_request_and_never_reads_it_back(company: Company) -> None:
    with company.acting("visitor") as uow:
        uow.add(Ticket(subject="Please call me"))
        uow.commit()
    with company.acting("visitor") as uow:
        assert uow.session.scalars(select(Ticket)).all() == []


def test_bulk_statements_and_real_deletes_cannot_pass_the_journal_by(company: Company) -> None:
    for who in ("dana", "root", "system"):
        with company.acting(who) as uow:
            for statement in (
                update(Deal).values(amount=1),
                delete(Task),
                insert(Account).values(name="X", name_key="x", created_at=NOW),
            ):
                with pytest.raises(NotAllowed):
                    uow.session.execute(statement)
            uow.session.delete(_first(uow.session, Account))
            with pytest.raises(NotAllowed):
                uow.flush()
