"""Which of several proposals for the same words stands."""

from collections.abc import Sequence
from itertools import pairwise

from nlu.entities.candidates import Candidates, DocumentNumber, ValueSpan
from nlu.entities.merge import merge
from nlu.entities.tagger import TaggedSpan, Tagging
from nlu.gazetteer import Gazetteer
from nlu.parse import Entity


def tagged(text: str, words: str, entity: str, role: str | None = None) -> TaggedSpan:
    start = text.index(words)
    return TaggedSpan(entity=entity, start=start, end=start + len(words), role=role, confidence=0.9)


def value(text: str, words: str, kind: str, canonical: str) -> ValueSpan:
    start = text.index(words)
    return ValueSpan(kind=kind, start=start, end=start + len(words), canonical=canonical)


def merged(
    text: str,
    *,
    spans: Sequence[TaggedSpan] = (),
    values: Sequence[ValueSpan] = (),
    documents: Sequence[DocumentNumber] = (),
    known: Gazetteer | None = None,
    synonyms: dict[tuple[str, str], str] | None = None,
    ruled_out: frozenset[tuple[int, int]] = frozenset(),
) -> list[tuple[str, str, str]]:
    gazetteer = known or Gazetteer()
    candidates = Candidates(
        tagging=Tagging(spans=tuple(spans), ruled_out=ruled_out),
        values=tuple(values),
        documents=tuple(documents),
        names=gazetteer.find(text),
    )
    entities = merge(text, candidates, resolve=gazetteer.resolve, synonyms=synonyms or {})
    assert all(entity.text == text[entity.start : entity.end] for entity in entities)
    assert _disjoint(entities)
    return [(entity.entity, entity.text, entity.value) for entity in entities]


def _disjoint(entities: Sequence[Entity]) -> bool:
    return all(one.end <= other.start for one, other in pairwise(entities))


def a_gazetteer(**names: dict[str, str]) -> Gazetteer:
    known = Gazetteer(ordinary_words=frozenset({"may", "target", "march"}))
    known.add(names)
    return known


def test_a_value_gives_its_reading_and_boundaries_to_the_tagged_span() -> None:
    text = "worth about 40k euros"
    entities = merged(
        text,
        spans=[tagged(text, "about 40k", "amount")],
        values=[value(text, "40k euros", "money", "40000 EUR")],
    )
    assert entities == [("amount", "40k euros", "40000 EUR")]


def test_a_bare_number_is_an_amount_only_where_the_tagger_says_so() -> None:
    text = "make it 60"
    number = value(text, "60", "number", "60")
    assert merged(text, values=[number]) == []
    assert merged(text, spans=[tagged(text, "60", "amount")], values=[number]) == [("amount", "60", "60")]


def test_values_nobody_tagged_are_found_too() -> None:
    text = "Initech 40k"
    assert merged(text, values=[value(text, "40k", "money", "40000")]) == [("amount", "40k", "40000")]


def test_values_and_names_inside_free_text_belong_to_it() -> None:
    text = "had a call, she wants the Globex quote by Friday"
    entities = merged(
        text,
        spans=[tagged(text, "she wants the Globex quote by Friday", "note")],
        values=[value(text, "Friday", "date", "2027-03-05")],
        known=a_gazetteer(account={"Globex": "Globex"}),
    )
    assert entities == [("note", "she wants the Globex quote by Friday", "she wants the Globex quote by Friday")]


def test_a_name_on_record_gives_its_spelling() -> None:
    text = "a deal with globex"
    entities = merged(
        text, spans=[tagged(text, "globex", "account")], known=a_gazetteer(account={"Globex": "Globex Corporation"})
    )
    assert entities == [("account", "globex", "Globex Corporation")]


def test_what_is_on_record_as_a_company_is_no_person() -> None:
    text = "call Jordan Fisher"
    known = a_gazetteer(account={"Jordan Fisher": "Jordan Fisher LLP"})
    assert merged(text, spans=[tagged(text, "Jordan Fisher", "contact")], known=known) == [
        ("account", "Jordan Fisher", "Jordan Fisher LLP")
    ]


def test_the_taggers_kind_decides_between_two_on_record() -> None:
    text = "call Jordan"
    known = a_gazetteer(account={"Jordan": "Jordan LLP"}, contact={"Jordan": "Jordan Fisher"})
    assert merged(text, spans=[tagged(text, "Jordan", "contact")], known=known) == [
        ("contact", "Jordan", "Jordan Fisher")
    ]


def test_a_misspelt_name_gets_the_spelling_on_record() -> None:
    text = "a deal with intech"
    known = a_gazetteer(account={"Initech": "Initech"})
    assert merged(text, spans=[tagged(text, "intech", "account")], known=known) == [("account", "intech", "Initech")]


def test_a_month_is_a_date_although_somebody_is_called_may() -> None:
    text = "close it in May"
    known = a_gazetteer(contact={"May": "May Wong"})
    assert merged(text, values=[value(text, "May", "date", "2027-05")], known=known) == [("date", "May", "2027-05")]


def test_a_company_name_may_hold_a_month() -> None:
    text = "log a deal with March Networks"
    known = a_gazetteer(account={"March Networks": "March Networks"})
    assert merged(text, values=[value(text, "March", "date", "2027-03")], known=known) == [
        ("account", "March Networks", "March Networks")
    ]


def test_an_ordinary_word_is_no_name_without_support() -> None:
    text = "how far from target am I"
    known = a_gazetteer(account={"Target": "Target"})
    assert merged(text, known=known) == []
    assert merged(text, spans=[tagged(text, "target", "account")], known=known) == [("account", "target", "Target")]


def test_roles_and_synonyms_are_kept() -> None:
    text = "move it from demo to closed"
    entities = merged(
        text,
        spans=[tagged(text, "demo", "stage", "from"), tagged(text, "closed", "stage", "to")],
        synonyms={("stage", "closed"): "closed won"},
    )
    assert entities == [("stage", "demo", "demo"), ("stage", "closed", "closed won")]


def test_a_document_number_outranks_a_wrong_tag() -> None:
    text = "where is ord-10423"
    number = DocumentNumber(entity="order_number", start=9, end=18, canonical="ORD-10423")
    assert merged(text, spans=[tagged(text, "10423", "ticket_number")], documents=[number]) == [
        ("order_number", "ord-10423", "ORD-10423")
    ]


def test_now_is_no_date_when_the_tagger_rules_it_out() -> None:
    text = "it works now"
    now = value(text, "now", "date", "2027-03-03T10:00Z")
    assert merged(text, values=[now], ruled_out=frozenset({(9, 12)})) == []
    assert merged(text, values=[now]) == [("date", "now", "2027-03-03T10:00Z")]


def test_quotation_marks_are_no_part_of_a_name() -> None:
    text = 'a deal with "Globex", and \'"'
    entities = merged(text, spans=[tagged(text, '"Globex"', "account"), tagged(text, "'\"", "deal")])
    assert entities == [("account", "Globex", "Globex")]


def test_an_address_is_no_name() -> None:
    text = "JANE.DOE@GLOBEX.COM"
    address = value(text, text, "email", "jane.doe@globex.com")
    assert merged(text, spans=[tagged(text, "JANE.DOE", "contact")], values=[address]) == [
        ("email", text, "jane.doe@globex.com")
    ]


def test_a_choice_keeps_its_boundaries_and_gets_its_reading() -> None:
    text = "option three"
    choice = value(text, "option three", "ordinal", "3")
    assert merged(text, spans=[tagged(text, "three", "ordinal")], values=[choice]) == [("ordinal", "three", "3")]
