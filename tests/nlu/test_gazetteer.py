"""Names on record, found in messages."""

import random
import string
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.gazetteer import Gazetteer, NameHit

ORDINARY = frozenset({"target", "will", "may", "apple", "call", "next", "the", "deal", "with"})


@pytest.fixture
def gazetteer() -> Gazetteer:
    known = Gazetteer(ordinary_words=ORDINARY)
    known.add(
        {
            "account": {
                "Globex": "Globex Corporation",
                "Initech Inc": "Initech Inc",
                "Müller & Söhne GmbH": "Müller & Söhne GmbH",
                "Target": "Target",
                "Coca-Cola": "Coca-Cola",
                "Two Rivers": "Two Rivers",
                "Two Rivers Transport": "Two Rivers Transport",
            },
            "contact": {"Jane Doe": "Jane Doe", "Will": "Will Turner", "May": "May Wong"},
        }
    )
    return known


def found(gazetteer: Gazetteer, text: str) -> list[tuple[str, str, str | None]]:
    return [(hit.kind, text[hit.start : hit.end], hit.canonical) for hit in gazetteer.find(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a call with globex tomorrow", ("account", "globex", "Globex Corporation")),
        ("GLOBEX signed", ("account", "GLOBEX", "Globex Corporation")),
        ("Globex's deal", ("account", "Globex", "Globex Corporation")),
        ("log initech, 40k", ("account", "initech", "Initech Inc")),
        ("log Initech Inc, 40k", ("account", "Initech Inc", "Initech Inc")),
        ("called muller and sohne", ("account", "muller and sohne", "Müller & Söhne GmbH")),
        ("coca cola wants a quote", ("account", "coca cola", "Coca-Cola")),
        ("two rivers transport called", ("account", "two rivers transport", "Two Rivers Transport")),
        ("met jane doe", ("contact", "jane doe", "Jane Doe")),
    ],
)
def test_a_name_is_found_however_it_is_spelled(gazetteer: Gazetteer, text: str, expected: tuple[str, str, str]) -> None:
    assert found(gazetteer, text) == [expected]


def test_a_name_does_not_reach_across_sentences(gazetteer: Gazetteer) -> None:
    assert found(gazetteer, "I met Jane. Doe is fine") == []


@pytest.mark.parametrize(
    ("text", "certain"),
    [
        ("how far from target am I", False),
        ("Will we make it", False),
        ("the deal with Target is won", True),
        ("I met Will yesterday", True),
        ("MAY I SEE IT", False),
    ],
)
def test_an_ordinary_word_is_certain_only_when_written_as_a_name(
    gazetteer: Gazetteer, text: str, certain: bool
) -> None:
    assert [hit.certain for hit in gazetteer.find(text)] == [certain]


@pytest.mark.parametrize("typo", ["Intech", "initehc", "Iniitech", "Inittech Inc", "Jnitech"])
def test_a_typing_error_still_leads_to_the_name(gazetteer: Gazetteer, typo: str) -> None:
    assert gazetteer.resolve("account", typo) == "Initech Inc"


@pytest.mark.parametrize("other", ["Hooli", "In", "", "!!", "Targets of ours"])
def test_another_name_leads_nowhere(gazetteer: Gazetteer, other: str) -> None:
    assert gazetteer.resolve("account", other) is None


def test_a_name_of_one_kind_is_no_name_of_another(gazetteer: Gazetteer) -> None:
    assert gazetteer.resolve("contact", "Globex") is None


def test_of_several_records_with_one_name_none_is_picked() -> None:
    known = Gazetteer()
    known.add({"account": {"Acme Inc": "Acme Inc", "Acme GmbH": "Acme GmbH"}})
    assert known.find("ask acme")[0].canonical is None
    assert known.resolve("account", "acme") is None
    assert known.find("ask acme gmbh")[0].canonical == "Acme GmbH"


def test_between_two_equally_near_names_none_is_picked() -> None:
    known = Gazetteer()
    known.add({"account": {"Norwand": "Norwand", "Northand": "Northand"}})
    assert known.resolve("account", "Norhand") is None


def test_a_forgotten_name_is_gone_and_others_stay(gazetteer: Gazetteer) -> None:
    gazetteer.add({"account": {"Initech GmbH": "Initech GmbH"}})
    gazetteer.remove({"account": frozenset({"Initech Inc", "never there"}), "unknown kind": frozenset({"x"})})
    assert found(gazetteer, "initech called") == [("account", "initech", "Initech GmbH")]
    gazetteer.remove({"account": frozenset({"Initech GmbH"})})
    assert found(gazetteer, "initech called") == []
    assert gazetteer.resolve("account", "intech") is None


def test_a_name_known_as_two_kinds_is_reported_as_both() -> None:
    known = Gazetteer()
    known.add({"account": {"Jordan": "Jordan Ltd"}, "contact": {"Jordan": "Jordan Fisher"}})
    assert {hit.kind for hit in known.find("ask jordan")} == {"account", "contact"}


def test_a_renamed_record_gets_its_new_name(gazetteer: Gazetteer) -> None:
    gazetteer.add({"account": {"Globex": "Globex Europe"}})
    assert found(gazetteer, "globex") == [("account", "globex", "Globex Europe")]


@given(st.text(max_size=200))
def test_any_text_can_be_searched(text: str) -> None:
    known = Gazetteer(ordinary_words=ORDINARY)
    known.add({"account": {text: text, "Globex": "Globex"}})
    for hit in known.find(text):
        assert isinstance(hit, NameHit)
        assert 0 <= hit.start < hit.end <= len(text)


def test_finds_while_others_add_and_remove() -> None:
    known = Gazetteer()
    known.add({"account": {"Globex": "Globex"}})
    names = {f"Company {letter}{other}": "x" for letter in string.ascii_letters for other in string.ascii_letters}
    found_every_time: list[bool] = []

    def search() -> None:
        found_every_time.append(all(known.find("a deal with globex and company zz") for _ in range(300)))

    def change() -> None:
        for _ in range(3):
            known.add({"account": names})
            known.remove({"account": frozenset(names)})

    threads = [threading.Thread(target=search), threading.Thread(target=change), threading.Thread(target=search)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found_every_time == [True, True]


def test_a_name_among_very_many_is_found_and_resolved() -> None:
    chance = random.Random(3)
    names = {"".join(chance.choices(string.ascii_lowercase, k=9)).title(): "x" for _ in range(20_000)}
    names["Zorblatt Industries"] = "Zorblatt Industries"
    known = Gazetteer()
    known.add({"account": names})
    assert found(known, "a deal with zorblatt industries please") == [
        ("account", "zorblatt industries", "Zorblatt Industries")
    ]
    assert known.resolve("account", "zorblat industries") == "Zorblatt Industries"
