"""What is kept for review names nobody."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bot.known_names import NamesOnRecord
from bot.masking import KEPT, mask
from crm_store.models import Account, Contact
from crm_store.names import spelled_words
from crm_store.store import Store
from nlu.parse import Entity
from nlu.values import find_values
from nlu.values.reading import Reading
from tests.assistants import NOW, Rig

READING = Reading(now=NOW, zone=ZoneInfo("America/New_York"), locale="en_US")
PEOPLE = ("Jane Doe", "Seán O'Brien", "Anne-Marie Müller", "Will Young", "Li Wei")
COMPANIES = ("Zorblatt Industries", "Initech", "Acme, Inc.", "Target")


class _Recorded(NamesOnRecord):
    """Names as if they had been read from the tables."""

    def __init__(self) -> None:
        super().__init__()
        self._learn("stage", ["Closed Won"])
        self._learn("product", ["Rapport Pro"])
        self._learn("deal", ["Website redesign"])
        self._learn("account", COMPANIES)
        self._learn("person", ["Dana Cole", "dana"])
        self._learn("contact", PEOPLE)


NAMES = _Recorded()


def masked(text: str, *entities: Entity) -> str:
    return mask(text, entities=entities, names=NAMES, reading=READING)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("had a call with Jane at Initech about 40k", "had a call with <contact> at <account> about 40k"),
        ("jane doe's number?", "<contact>'s number?"),
        ("ask dana, not DANA COLE", "ask <person>, not <person>"),
        ("mail kim.lee+x@example.co.uk by Friday", "mail <email> by Friday"),
        ("mail kim＠example.com", "mail <email>"),
        ("ring +44 20 7946 0958 or (555) 014-2233", "ring <phone> or <phone>"),
        ("card 4111 1111 1111 1111", "card <number>"),
        ("iban DE89 3704 0044 0532 0130 00 please", "iban <number> please"),
        ("where is ORD-10423 and invoice 2041?", "where is <order_number> and invoice <invoice_number>?"),
        ("the website redesign for 12,500 dollars on 2026-12-01", "the <deal> for 12,500 dollars on 2026-12-01"),
        ("move it to Closed Won with Rapport Pro", "move it to Closed Won with Rapport Pro"),
        ("note for Peter Gibbons on Monday", "note for <name> on Monday"),
        ("see https://example.com/x?u=jane and <@U0123ABC>", "see <link> and <person>"),
        ("what is my target, and will it rain", "what is my target, and will it rain"),
        ("what about Target and Will?", "what about <account> and <contact>?"),
        ("o'brien and o’brien", "<contact> and <contact>"),
        ("anne marie müller", "<contact>"),
    ],
)
def test_a_message_is_kept_without_what_is_personal(said: str, kept: str) -> None:
    assert masked(said) == kept


def test_a_name_only_the_engine_noticed_is_masked() -> None:
    text = "lunch with zorbo tomorrow"
    entity = Entity(entity="contact", start=11, end=16, text="zorbo", value="zorbo")
    assert masked(text, entity) == "lunch with <contact> tomorrow"


def test_all_characters_of_overlapping_finds_are_masked() -> None:
    text = "ask jane doe smith again"
    entity = Entity(entity="contact", start=9, end=18, text="doe smith", value="doe smith")
    assert masked(text, entity) == "ask <contact> again"


def test_long_messages_are_cut() -> None:
    assert len(masked("word " * 5000)) <= KEPT


_FILLER = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12)
_EMAIL = st.from_regex(r"[a-z0-9][a-z0-9._+-]{0,10}@[a-z0-9]{1,10}(\.[a-z]{2,5}){1,2}", fullmatch=True)
_PHONE = st.builds(
    lambda country, area, gap, a, b: f"+{country}{gap}{area}{gap}{a}{gap}{b}",
    st.sampled_from(["1", "44", "49", "353"]),
    st.integers(200, 989),
    st.sampled_from([" ", "-", ".", "", "\u00a0", "/"]),
    st.integers(100, 999),
    st.integers(1000, 9999),
)
_CASE = st.sampled_from([str, str.lower, str.upper, str.title])


@given(before=_FILLER, address=_EMAIL, after=_FILLER)
def test_no_email_address_survives(before: str, address: str, after: str) -> None:
    kept = masked(f"{before} {address} {after}")
    assert address not in kept
    assert not find_values(kept, READING, kinds=frozenset({"email"}))


@given(before=_FILLER, number=_PHONE, after=_FILLER)
def test_no_telephone_number_survives(before: str, number: str, after: str) -> None:
    kept = masked(f"{before} {number} {after}")
    digits = re.sub(r"\D", "", number)
    assert digits not in re.sub(r"\D", "", kept)
    assert not find_values(kept, READING, kinds=frozenset({"phone"}))


@settings(max_examples=200)
@given(before=_FILLER, name=st.sampled_from(PEOPLE + COMPANIES[:3]), case=_CASE, after=_FILLER)
def test_no_name_on_record_survives(before: str, name: str, case: type[str], after: str) -> None:
    kept = masked(f"{before} {case(name)} {after}")
    key = " ".join(spelled_words(name))
    assert f" {key} " not in f" {' '.join(spelled_words(re.sub('<[a-z_]+>', '|', kept)))} "


def test_names_come_from_the_tables_deleted_ones_and_invisible_ones_too(rig: Rig) -> None:
    names = NamesOnRecord()
    with rig.assistant.store.unit_of_work(now=NOW) as uow:
        contact = uow.add(Contact(name="Quentin Zappa", name_key="quentin zappa"))
        contact.deleted_at = NOW
        uow.flush()
        names.refresh(uow.session)
        assert [each.kind for each in names.find("call quentin")] == ["contact"]


def test_a_name_added_later_is_known_without_reading_all_again(rig: Rig) -> None:
    names = NamesOnRecord()
    with rig.assistant.store.unit_of_work(now=NOW) as uow:
        names.refresh(uow.session)
        assert names.find("zorblatt industries") == ()
        uow.add(Account(name="Zorblatt Industries", name_key="zorblatt industries"))
        names.refresh(uow.session)
        assert [each.kind for each in names.find("about zorblatt industries")] == ["account"]


def _every_name(session: Session) -> list[str]:
    return [*session.scalars(Contact.__table__.select().with_only_columns(Contact.__table__.c.name))]


def test_every_contact_of_the_demo_company_is_masked_in_any_case(rig: Rig) -> None:
    store: Store = rig.assistant.store
    with store.unit_of_work(now=NOW, read_only=True) as uow:
        names = NamesOnRecord()
        names.refresh(uow.session)
        people = _every_name(uow.session)
    assert people
    for name in people:
        for said in (name, name.lower(), name.upper()):
            kept = mask(f"please ring {said} back", entities=(), names=names, reading=READING)
            assert not set(spelled_words(name)) & set(spelled_words(kept)), (said, kept)
