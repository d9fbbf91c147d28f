"""The customers that tests and the documentation talk about; they are there whatever else is drawn."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class KnownCustomer:
    """What an account is made from. ``people``: a name, or a name and <e-mail address>; the first is the main contact.

    ``scripted``: its orders are told in ``crm_store.demo.told_orders``, not drawn.
    """

    name: str
    owner: str
    industry: str
    employees: int
    city: str
    people: tuple[str, ...]
    scripted: bool = False


# Acme and Alex are there twice, and Summit, Orange Grove and Apple Valley are words too: what an assistant trips over.
KNOWN_CUSTOMERS = (
    KnownCustomer(
        name="Initech",
        owner="dana",
        industry="Professional services",
        employees=2_400,
        city="Austin",
        people=("Peter Gibbs", "Samira Nagari"),
    ),
    KnownCustomer(
        name="Globex",
        owner="dana",
        industry="Energy",
        employees=5_200,
        city="Boston",
        people=("Jane Doe", "Hank Scorpius"),
    ),
    KnownCustomer(
        name="Acme Corp",
        owner="dana",
        industry="Manufacturing",
        employees=8_100,
        city="Denver",
        people=("Wile Coyle", "Ines Prado"),
    ),
    KnownCustomer(
        name="Acme Logistics",
        owner="dana",
        industry="Logistics",
        employees=1_900,
        city="Chicago",
        people=("Rhoda Runyon",),
    ),
    KnownCustomer(
        name="Umbrella Health",
        owner="riley",
        industry="Healthcare",
        employees=640,
        city="London",
        people=("Alice Abernathy", "Bertrand West"),
    ),
    KnownCustomer(
        name="Hooli",
        owner="riley",
        industry="Professional services",
        employees=900,
        city="Seattle",
        people=("Gavin Belling", "Denise Poole"),
    ),
    KnownCustomer(
        name="Stark Industries",
        owner="marcus",
        industry="Manufacturing",
        employees=12_000,
        city="New York",
        people=("Alex Turner", "Virginia Potter"),
    ),
    KnownCustomer(
        name="Wayne Logistics",
        owner="yuki",
        industry="Logistics",
        employees=3_100,
        city="Toronto",
        people=("Alex Romero", "Lucia Foxworth"),
    ),
    KnownCustomer(
        name="Orange Grove", owner="lena", industry="Food", employees=210, city="Madrid", people=("Pilar Naranjo",)
    ),
    KnownCustomer(
        name="Summit", owner="theo", industry="Retail", employees=430, city="Denver", people=("Heidi Bergmann",)
    ),
    KnownCustomer(
        name="Apple Valley Dairy",
        owner="theo",
        industry="Food",
        employees=160,
        city="Seattle",
        people=("Ruth Appleyard",),
    ),
    KnownCustomer(
        name="Target Line Surveyors",
        owner="marcus",
        industry="Professional services",
        employees=1_250,
        city="Sydney",
        people=("Noel Archer",),
    ),
    KnownCustomer(
        name="Northwind Traders",
        owner="riley",
        industry="Food",
        employees=480,
        city="Chicago",
        people=("Kim Lee <kim@example.com>", "Andrew Fullerton"),
        scripted=True,
    ),
    KnownCustomer(
        name="Harbor Lane Books",
        owner="lena",
        industry="Retail",
        employees=75,
        city="Manchester",
        people=("Jo Martin <jo@example.com>",),
        scripted=True,
    ),
)
