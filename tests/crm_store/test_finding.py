"""Names find what people mean, and nothing they could write is more than a name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from crm_store.finding import find_by_name, is_typo_of
from crm_store.models import Account, Deal
from crm_store.names import name_key
from tests.crm_store.small_company import Company

NAMES = (
    "Acme Logistics",
    "Müller & Söhne GmbH",
    "L'Oréal",
    "100% Natural_Foods",
    "100 Percent Natural",
    "Nova",
    "Novabank",
    "Straße AG",
    "Ænima",
    "日本商事",
    "Old Ridge",
    "New Ridgeway",
    "Far Hillside",
)


def _names(company: Company, said: str, who: str = "dana") -> tuple[list[str], list[str]]:
    with company.acting("root") as uow:
        for name in NAMES:
            uow.add(Account(name=name))
        uow.commit()
    with company.acting(who) as uow:
        found = find_by_name(uow.session, Account, said)
        return sorted(record.name for record in found.best), sorted(record.name for record in found.near)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("acme corp", ["Acme Corp"]),
        ("ACME CORP.", ["Acme Corp"]),
        ("Acme", ["Acme Corp", "Acme Logistics"]),
        ("acme, inc.", ["Acme Corp", "Acme Logistics"]),
        ("logistics", ["Acme Logistics"]),
        ("globex", ["Globex GmbH"]),
        ("Globex Ltd", ["Globex GmbH"]),
        ("muller and sohne", ["Müller & Söhne GmbH"]),
        ("MÜLLER & SÖHNE", ["Müller & Söhne GmbH"]),
        ("loreal", ["L'Oréal"]),
        ("l’oréal", ["L'Oréal"]),
        ("strasse", ["Straße AG"]),
        ("ridge", ["Old Ridge"]),
        ("hill", ["Far Hillside"]),
        ("日本商事", ["日本商事"]),
        ("nova", ["Nova"]),
        ("100% natural_foods", ["100% Natural_Foods"]),
    ],
)
def test_case_accents_suffixes_and_parts_of_a_name_do_not_matter(
    company: Company, said: str, expected: list[str]
) -> None:
    assert _names(company, said)[0] == expected


@pytest.mark.parametrize("said", ["%", "_", "%%", "_cme", "acme%", "Acm_", "*", "?", "\\", "' OR 1=1 --", ";", ""])
def test_wildcards_and_sql_are_only_letters(company: Company, said: str) -> None:
    best, _near = _names(company, said)
    assert best == (["Acme Corp", "Acme Logistics"] if said == "acme%" else [])


def test_sql_in_a_name_neither_matches_nor_harms(company: Company) -> None:
    best, near = _names(company, "Acme'; DROP TABLE account; --")
    assert (best, near) == ([], [])
    with company.acting("root") as uow:
        assert uow.session.scalar(select(func.count(Account.id))) == 3 + len(NAMES)


@pytest.mark.parametrize(
    ("said", "meant"),
    [("Intech", "Initech"), ("Globx", "Globex GmbH"), ("initec", "Initech"), ("Muler & Sohne", "Müller & Söhne GmbH")],
)
def test_a_misspelt_name_is_near_the_one_meant(company: Company, said: str, meant: str) -> None:
    best, near = _names(company, said)
    assert best == []
    assert meant in near


def test_nothing_is_near_nonsense(company: Company) -> None:
    assert _names(company, "Quetzalcoatl Enterprises") == ([], [])


def test_only_what_the_asker_may_see_is_found(company: Company) -> None:
    with company.acting("finn") as uow:
        assert find_by_name(uow.session, Deal, "Acme fleet").best == ()
        assert find_by_name(uow.session, Deal, "Acme flet").near == ()
    with company.acting("dana") as uow:
        assert [deal.name for deal in find_by_name(uow.session, Deal, "Acme flet").near] == ["Acme fleet"]


def test_a_slip_of_one_letter_is_a_misspelling_and_another_name_is_not() -> None:
    assert is_typo_of("Initec", "Initech")
    assert is_typo_of("ACME Logistcs", "Acme Logistics")
    assert not is_typo_of("Acme", "Apex")
    assert not is_typo_of("Globex", "Initech")


@given(st.text())
def test_the_key_of_a_key_is_itself(name: str) -> None:
    key = name_key(name)
    assert name_key(key) == key


@given(st.text())
def test_case_never_matters(name: str) -> None:
    assert name_key(name.casefold()) == name_key(name)
