"""A company small enough to know by heart: two sales teams, the other roles, two customers, one record of each kind.

| user | role | reports to | owns |
|---|---|---|---|
| dana, eli | reps of team East | morgan | "Acme fleet" (40,000.00 USD), "Globex audit" |
| finn | rep of team West | grace | "Initech rollout" |
| morgan, grace | managers | vera | |
| vera | manager of all | | |
| sam, max, root | support agent, marketer, administrator | | |
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import select

from crm_store.actors import SYSTEM, Actor, ActorKind
from crm_store.journal import Origin
from crm_store.models import (
    Account,
    Activity,
    ActivityKind,
    Address,
    Article,
    Contact,
    Conversation,
    Deal,
    DealLine,
    ExchangeRate,
    ForecastCategory,
    Invoice,
    InvoiceStatus,
    Order,
    OrderLine,
    OrderStatus,
    Pipeline,
    Product,
    Quota,
    Role,
    Stage,
    StageType,
    Task,
    Team,
    Ticket,
    TicketMessage,
    User,
)
from crm_store.store import Store
from crm_store.unit_of_work import UnitOfWork

NOW = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)
STAGES = (
    ("Prospecting", 10, StageType.OPEN),
    ("Proposal", 50, StageType.OPEN),
    ("Won", 100, StageType.WON),
    ("Lost", 0, StageType.LOST),
)


@dataclass(frozen=True, slots=True)
class Company:
    """The company's store, and ways to act in it."""

    store: Store

    def actor(self, who: str) -> Actor:
        """A user by handle, "customer:<name>", "visitor" or "system"."""
        if who == "system":
            return SYSTEM
        if who == "visitor":
            return Actor(kind=ActorKind.ANONYMOUS, id=1)
        with self.store.unit_of_work(now=NOW, read_only=True) as uow:
            kind, _, name = who.partition(":")
            if kind == "customer":
                contact = uow.session.scalars(select(Contact).where(Contact.name == name)).one()
                return self.store.actor_for_contact(contact)
            return self.store.actor_for_user(
                uow.session, uow.session.scalars(select(User).where(User.handle == who)).one()
            )

    @contextmanager
    def acting(
        self,
        who: str = "system",
        *,
        now: datetime = NOW,
        origin: Origin | None = None,
        conversation_id: int | None = None,
    ) -> Iterator[UnitOfWork]:
        """A unit of work for somebody; ``conversation_id`` gives it an origin there."""
        if conversation_id is not None:
            origin = Origin(conversation_id=conversation_id, intent="test", confidence=0.9)
        with self.store.unit_of_work(now=now, actor=self.actor(who), origin=origin) as uow:
            yield uow

    def id_of(self, name: str) -> int:
        """The number of the deal called ``name``."""
        with self.store.unit_of_work(now=NOW, read_only=True) as uow:
            return uow.session.scalars(select(Deal.id).where(Deal.name == name)).one()


def found_company(store: Store) -> None:
    """Write the company into an empty, upgraded database."""
    with store.unit_of_work(now=NOW) as uow:
        people = _people(uow)
        _sales(uow, people)
        _service(uow, people)
        uow.session.add_all(
            [
                ExchangeRate(currency="EUR", day=date(2026, 1, 1), rate="1.10"),
                ExchangeRate(currency="EUR", day=date(2026, 7, 1), rate="1.20"),
                Conversation(channel="web", external_id="c1", created_at=NOW, last_message_at=NOW),
                Conversation(channel="web", external_id="c2", created_at=NOW, last_message_at=NOW),
            ]
        )
        uow.commit()


def _people(uow: UnitOfWork) -> dict[str, User]:
    east, west = Team(name="East"), Team(name="West")
    uow.session.add_all([east, west])
    uow.session.flush()
    people: dict[str, User] = {}

    def user(handle: str, role: Role, team: Team | None = None, manager: str | None = None) -> None:
        people[handle] = uow.add(
            User(
                handle=handle,
                name=f"{handle.title()} Example",
                email=f"{handle}@company.test",
                role=role,
                team_id=team.id if team else None,
                manager_id=people[manager].id if manager else None,
                timezone="America/New_York",
            )
        )
        if role is Role.REP:
            uow.session.add(Quota(user_id=people[handle].id, year=2026, quarter=4, amount=Decimal(100_000)))

    user("vera", Role.MANAGER)
    user("morgan", Role.MANAGER, manager="vera")
    user("grace", Role.MANAGER, manager="vera")
    user("dana", Role.REP, east, "morgan")
    user("eli", Role.REP, east, "morgan")
    user("finn", Role.REP, west, "grace")
    user("sam", Role.SUPPORT)
    user("max", Role.MARKETER)
    user("root", Role.ADMIN)
    return people


def _sales(uow: UnitOfWork, people: dict[str, User]) -> None:
    pipeline = Pipeline(name="Sales", is_default=True)
    pipeline.stages = [
        Stage(
            name=name,
            position=position,
            probability=probability,
            type=kind,
            forecast_category=ForecastCategory.PIPELINE if kind is StageType.OPEN else ForecastCategory.CLOSED,
        )
        for position, (name, probability, kind) in enumerate(STAGES)
    ]
    uow.session.add(pipeline)
    uow.session.flush()
    product = uow.add(Product(name="Bottle", sku="B-1", price=Decimal("9.50"), currency="USD"))
    for title, owner, amount, account_name in (
        ("Acme fleet", "dana", Decimal(40_000), "Acme Corp"),
        ("Globex audit", "eli", Decimal("12500.50"), "Globex GmbH"),
        ("Initech rollout", "finn", None, "Initech"),
    ):
        account = uow.add(Account(name=account_name, owner_id=people[owner].id))
        deal = uow.add(
            Deal(
                name=title,
                account_id=account.id,
                owner_id=people[owner].id,
                stage_id=pipeline.stages[0].id,
                amount=amount,
                currency="USD",
                stage_since=NOW,
                last_activity_at=NOW,
            )
        )
        uow.session.add(DealLine(deal_id=deal.id, product_id=product.id, quantity=2, unit_price=Decimal(5)))
        uow.add(
            Activity(
                activity_kind=ActivityKind.CALL,
                at=NOW,
                owner_id=people[owner].id,
                account_id=account.id,
                deal_id=deal.id,
                note=f"Called about {title}",
            )
        )
        uow.add(Task(subject=f"Follow up {title}", assignee_id=people[owner].id, creator_id=people[owner].id))


def _service(uow: UnitOfWork, people: dict[str, User]) -> None:
    product = uow.session.scalars(select(Product)).one()
    for number, (person, account_name) in enumerate((("Kim Lee", "Acme Corp"), ("Rosa Diaz", "Globex GmbH")), start=1):
        account = uow.session.scalars(select(Account).where(Account.name == account_name)).one()
        contact = uow.add(Contact(name=person, account_id=account.id, email=f"{person.split()[0].lower()}@example.com"))
        uow.add(Address(contact_id=contact.id, street=f"{number} Elm", city="Troy", postcode="12180", country="US"))
        order = uow.add(
            Order(
                number=f"ORD-{number}",
                account_id=account.id,
                contact_id=contact.id,
                status=OrderStatus.SHIPPED,
                placed_at=NOW,
                currency="USD",
                total=Decimal("19.00"),
            )
        )
        uow.session.add(OrderLine(order_id=order.id, product_id=product.id, quantity=2, unit_price=Decimal("9.50")))
        uow.add(
            Invoice(
                number=f"INV-{number}",
                order_id=order.id,
                account_id=account.id,
                contact_id=contact.id,
                status=InvoiceStatus.OPEN,
                issued_on=NOW.date(),
                due_on=NOW.date(),
                currency="USD",
                total=Decimal("19.00"),
            )
        )
        ticket = uow.add(Ticket(subject=f"Where is ORD-{number}?", contact_id=contact.id, account_id=account.id))
        uow.session.add_all(
            [
                TicketMessage(ticket_id=ticket.id, author_contact_id=contact.id, text="Where is it?", at=NOW),
                TicketMessage(
                    ticket_id=ticket.id, author_user_id=people["sam"].id, internal=True, text="Lost it", at=NOW
                ),
            ]
        )
    uow.add(Article(key="returns", title="Returns", category="orders", body="Send it back.", updated_at=NOW))
