"""Brightwater's customers: the ones that tests and the documentation talk about, and many more."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count, cycle
from random import Random
from zlib import crc32

from crm_store.demo.company import Colleague, Company
from crm_store.demo.known_customers import KNOWN_CUSTOMERS, KnownCustomer
from crm_store.demo.rows import Rows
from crm_store.demo.timeline import Timeline, office_day, office_time
from crm_store.demo.vocabulary import (
    COMPANY_STEMS,
    FIRST_NAMES,
    INDUSTRIES,
    JOB_TITLES,
    LAST_NAMES,
    PLACES,
    STREETS,
    Place,
)
from crm_store.insights.birthdays import birthday_text
from crm_store.models import Account, Address, Contact, Tag
from crm_store.models.customers import account_tag, contact_tag

_LARGE = 1_000  # employees; from here on the Enterprise team sells
_SHARE_THAT_LEFT = 0.18
_BIRTHDAY_TODAY = "jane.doe@globex.example"


@dataclass(frozen=True, kw_only=True)
class Person:
    """A contact."""

    id: int
    name: str

    @property
    def first_name(self) -> str:
        """How colleagues write of them."""
        return self.name.split()[0]


@dataclass(kw_only=True)
class Customer:
    """An account, and what the making of its history needs to know.

    ``eagerness`` is how often it buys, relative to others. ``scripted``: its deals and orders are told, not drawn.
    After ``left_on`` it buys nothing more. ``subscribed_on``: when it last paid for a year of software.
    """

    id: int
    name: str
    owner: Colleague
    place: Place
    employees: int
    first_seen: date
    left_on: date | None
    eagerness: float
    scripted: bool
    people: list[Person] = field(default_factory=list)
    deal_names: set[str] = field(default_factory=set)
    subscribed_on: date | None = None

    @property
    def is_large(self) -> bool:
        """Whether the Enterprise team sells to it."""
        return self.employees >= _LARGE

    def is_up_for_renewal(self, day: date) -> bool:
        """Whether the year it has paid for comes to its end."""
        return self.subscribed_on is not None and (day - self.subscribed_on).days > 300

    def buys_on(self, day: date) -> bool:
        """Whether it is a customer on that day."""
        return self.first_seen <= day and (self.left_on is None or day < self.left_on)


_TAGS = ("customer", "prospect", "key account", "reference", "newsletter", "decision maker", "champion")


def seed_customers(
    rows: Rows, timeline: Timeline, rng: Random, company: Company, *, accounts: int, contacts: int
) -> list[Customer]:
    """Add accounts with their contacts, addresses and tags to ``rows``, the oldest customers first."""
    tags = {name: rows.add(Tag, name=name) for name in _TAGS}
    names = _company_names(rng)
    plans = list(KNOWN_CUSTOMERS)
    owners = {team: cycle([rep for rep in company.reps if rep.team == team]) for team in ("Enterprise", "Growth")}
    plans += [_draw_plan(rng, owners, next(names)) for _ in range(accounts - len(plans))]
    extra = Counter(
        rng.choices(range(len(KNOWN_CUSTOMERS), len(plans)), k=contacts - sum(len(plan.people) for plan in plans))
    )
    writer = _Writer(rows=rows, timeline=timeline, rng=rng, company=company, tags=tags)
    customers = [writer.write(plan, more_people=extra[index]) for index, plan in enumerate(plans)]
    return sorted(customers, key=lambda customer: customer.first_seen)


def _company_names(rng: Random) -> Iterator[tuple[str, str]]:
    """Names of companies with their industries, no name twice: "Redwood Solar", later "Redwood Solar Boston"."""
    pairs = [
        (f"{stem} {word}", industry)
        for stem in COMPANY_STEMS
        for industry, words in INDUSTRIES.items()
        for word in words
    ]
    rng.shuffle(pairs)
    yield from pairs
    for number in count(2):
        for place in PLACES:
            yield from (
                (f"{name} {place.city}" + (f" {number}" if number > 2 else ""), industry) for name, industry in pairs
            )


def _draw_plan(rng: Random, owners: dict[str, cycle[Colleague]], name_and_industry: tuple[str, str]) -> KnownCustomer:
    name, industry = name_and_industry
    place = rng.choices(PLACES, weights=[place.weight for place in PLACES])[0]
    employees = round(rng.lognormvariate(6.6, 1.3)) + 8
    owner = next(owners["Enterprise" if employees >= _LARGE else "Growth"])
    return KnownCustomer(
        name=name,
        owner=owner.handle,
        industry=industry,
        employees=employees,
        city=place.city,
        people=(_person_name(rng),),
    )


def _person_name(rng: Random) -> str:
    return f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"


@dataclass(kw_only=True)
class _Writer:
    """Adds one customer after the other."""

    rows: Rows
    timeline: Timeline
    rng: Random
    company: Company
    tags: dict[str, int]
    phones: Counter[str] = field(default_factory=Counter)

    def write(self, plan: KnownCustomer, *, more_people: int) -> Customer:
        """Add the account, its address, its tags and its people."""
        customer = self._customer(plan)
        created_at = office_time(self.rng, office_day(customer.first_seen), customer.owner.zone)
        domain = re.sub(r"\W", "", plan.name.lower()) + ".example"
        customer.id = self.rows.add(
            Account,
            created_at=created_at,
            name=plan.name,
            owner_id=customer.owner.id,
            industry=plan.industry,
            region=customer.place.region,
            employees=plan.employees,
            website=f"https://www.{domain}",
            phone=self._phone(customer.place),
            email=f"office@{domain}",
        )
        self._write_address(customer, created_at)
        tags = {"customer" if customer.buys_on(self.timeline.today) else "prospect"}
        if customer.eagerness > 3:
            tags.add(self.rng.choice(("key account", "reference")))
        for tag in sorted(tags):
            self.rows.add(account_tag, account_id=customer.id, tag_id=self.tags[tag])
        names = [*plan.people, *(_person_name(self.rng) for _ in range(more_people))]
        for name in names:
            self._write_person(customer, name, domain=domain, created_at=created_at)
        return customer

    def _customer(self, plan: KnownCustomer) -> Customer:
        rng, timeline = self.rng, self.timeline
        known = plan in KNOWN_CUSTOMERS
        before = timeline.start - timedelta(days=rng.randint(10, 900))
        later = timeline.start + timedelta(days=round(rng.random() * 1000))
        left_on = None
        if not known and rng.random() < _SHARE_THAT_LEFT:
            left_on = timeline.today - timedelta(days=rng.randint(60, 800))
        first_seen = before if known or rng.random() < 0.5 else later
        subscribed_on = None
        if first_seen < timeline.start and rng.random() < 0.5:
            # From the years before.
            subscribed_on = timeline.start - timedelta(days=rng.randint(1, 360))
        if left_on is not None:
            first_seen = min(first_seen, left_on - timedelta(days=150))
        return Customer(
            id=0,
            name=plan.name,
            owner=self.company.staff[plan.owner],
            place=next(place for place in PLACES if place.city == plan.city),
            employees=plan.employees,
            first_seen=first_seen,
            left_on=left_on,
            eagerness=0.0 if plan.scripted else 0.1 + rng.gammavariate(4.0, 0.5),
            scripted=plan.scripted,
            subscribed_on=subscribed_on,
        )

    def _write_address(self, customer: Customer, created_at: datetime) -> None:
        place = customer.place
        self.rows.add(
            Address,
            created_at=created_at,
            account_id=customer.id,
            purpose="billing",
            street=f"{self.rng.randint(1, 240)} {self.rng.choice(STREETS)}",
            city=place.city,
            postcode=re.sub("#", lambda _: str(self.rng.randint(0, 9)), place.postcode),
            country=place.country,
        )

    def _write_person(self, customer: Customer, name: str, *, domain: str, created_at: datetime) -> None:
        name, _, email = name.rstrip(">").partition(" <")
        address = email or name.lower().replace(" ", ".")
        if not email:
            # Namesakes at one company get a number.
            taken = sum(person.name == name for person in customer.people)
            address += f"{taken + 1 if taken else ''}@{domain}"
        number = self.rows.add(
            Contact,
            created_at=created_at,
            name=name,
            account_id=customer.id,
            title=self.rng.choice(JOB_TITLES),
            email=address,
            phone=self._phone(customer.place),
            timezone=customer.place.zone.key,
            locale=customer.place.locale,
            birthday=self._birthday(address),
        )
        for tag, share in (("newsletter", 0.3), ("decision maker", 0.15), ("champion", 0.05)):
            if self.rng.random() < share:
                self.rows.add(contact_tag, contact_id=number, tag_id=self.tags[tag])
        customer.people.append(Person(id=number, name=name))

    def _birthday(self, address: str) -> str | None:
        """Known of two in three, from the address and not from ``rng``; one well-known customer has it today."""
        if address == _BIRTHDAY_TODAY:
            return birthday_text(self.timeline.today)
        number = crc32(address.encode())
        return birthday_text(date(2024, 1, 1) + timedelta(days=number % 366)) if number % 3 else None

    def _phone(self, place: Place) -> str:
        """A number nobody has had yet, in the ranges kept for fiction as long as they last."""
        prefix = place.dialling_prefix
        number = self.phones[prefix]
        self.phones[prefix] += 1
        if not prefix.startswith("+1"):
            return f"{prefix}{number:04}"
        if number < 100:
            return f"{prefix}55501{number:02}"
        self.phones["+1555"] += 1
        return f"+1555{self.phones['+1555']:07}"
