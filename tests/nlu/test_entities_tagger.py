"""The trained part of entity recognition."""

from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.data_files.annotated_text import read_annotated_text
from nlu.entities.augmentation import AugmentationSettings, augment, names_in, simulated_name_hints
from nlu.entities.bio import decode, encode, entity_and_role, without_needless_beginnings
from nlu.entities.hints import Hint
from nlu.entities.invented_names import invent_company, invent_person
from nlu.entities.tagger import EntityTagger
from nlu.entities.tokens import tokenize
from nlu.training_data import AnnotatedSpan, TrainingExample


def example(marked: str, intent: str | None = None) -> TrainingExample:
    read = read_annotated_text(marked)
    return TrainingExample(text=read.text, intent=intent, entities=read.spans)


STAGES = ("demo", "proposal", "negotiation", "discovery", "contract")
COMPANIES = ("Initech", "Globex", "Hooli", "Acme", "Umbrella", "Soylent")
TRAINING = (
    *(
        example(f'move [{at}](account) from [{one}]{{"entity": "stage", "role": "from"}} to [{two}](stage)', "move")
        for at, one, two in zip(COMPANIES, STAGES, STAGES[1:], strict=False)
    ),
    *(example(f"log a deal with [{company}](account)", "log") for company in COMPANIES),
    *(example(f"a new deal with [{company}](account) please", "log") for company in COMPANIES),
    example("what is in my pipeline", "show"),
    example("show me everything", "show"),
)


@pytest.fixture(scope="module")
def tagger() -> EntityTagger:
    return EntityTagger.fit(TRAINING)


def spans(tagger: EntityTagger, text: str) -> list[tuple[str, str | None, str]]:
    return [(span.entity, span.role, text[span.start : span.end]) for span in tagger.tag(text)]


def test_a_name_never_seen_is_found_by_where_it_stands(tagger: EntityTagger) -> None:
    assert spans(tagger, "log a deal with Zorblatt") == [("account", None, "Zorblatt")]


def test_beginnings_are_told_only_where_spans_touch() -> None:
    sentences = [["B-name", "I-name", "B-name", "O", "B-date", "B-time"], ["B-date", "I-date"], []]
    assert without_needless_beginnings(sentences) == [
        ["B-name", "I-name", "B-name", "O", "I-date", "I-time"],
        ["I-date", "I-date"],
        [],
    ]
    for before, after in zip(sentences, without_needless_beginnings(sentences), strict=True):
        assert list(decode(before)) == list(decode(after))


def test_roles_are_told_apart(tagger: EntityTagger) -> None:
    assert spans(tagger, "move Hooli from contract to demo") == [
        ("account", None, "Hooli"),
        ("stage", "from", "contract"),
        ("stage", None, "demo"),
    ]


def test_nothing_is_found_where_nothing_is(tagger: EntityTagger) -> None:
    assert spans(tagger, "show me what is in my pipeline") == []
    assert tagger.tag("") == ()


def test_a_stored_tagger_reads_as_before(tagger: EntityTagger, tmp_path: Path) -> None:
    tagger.save(tmp_path / "model")
    loaded = EntityTagger.load(tmp_path / "model")
    for text in ("log a deal with Zorblatt", "move Hooli from contract to demo", "show me everything"):
        assert spans(loaded, text) == spans(tagger, text)


def test_the_same_examples_give_the_same_tagger(tagger: EntityTagger) -> None:
    text = "log a deal with Zorblatt from demo"
    assert EntityTagger.fit(TRAINING).tag(text) == tagger.tag(text)


def test_hints_teach_the_tagger_to_trust_them() -> None:
    marked = [example(f"[{company}](account) again") for company in COMPANIES] + [example("never again")] * 5
    hints = [[Hint("name:account", span.start, span.end) for span in one.entities] for one in marked]
    hinted = EntityTagger.fit(marked, hints=hints)
    by_itself = hinted.tag("zork again", hints=[])
    with_hint = hinted.tag("zork again", hints=[Hint("name:account", 0, 4)])
    assert [span.entity for span in with_hint] == ["account"]
    assert with_hint[0].confidence > max((span.confidence for span in by_itself), default=0.0) + 0.1


def test_learns_from_examples_without_entities_or_intents() -> None:
    assert EntityTagger.fit([example("hello"), example("good morning")]).tag("hello Jane") == ()


@given(st.text(max_size=150))
def test_any_text_can_be_tagged(tagger: EntityTagger, text: str) -> None:
    reached = 0
    for span in tagger.tag(text):
        assert reached <= span.start < span.end <= len(text)
        assert 0 <= span.confidence <= 1
        reached = span.end


@given(st.lists(st.sampled_from(["O", "B-a", "I-a", "B-b", "I-b", "B-a/from", "I-a/from"]), max_size=12))
def test_every_label_sequence_is_a_sequence_of_disjoint_spans(labels: list[str]) -> None:
    found = list(decode(labels))
    assert sum(span.last - span.first + 1 for span in found) == sum(label != "O" for label in labels)
    assert all(one.last < other.first for one, other in pairwise(found))


def test_labels_lead_back_to_the_spans_they_were_made_from() -> None:
    text = "from Acme Inc Globex"
    marks = (
        AnnotatedSpan(entity="account", start=5, end=13, role="from"),
        AnnotatedSpan(entity="account", start=14, end=20, role="from"),
    )
    tokens = tokenize(text)
    found = [(entity_and_role(span.label), span.first, span.last) for span in decode(encode(tokens, marks))]
    assert found == [(("account", "from"), 1, 2), (("account", "from"), 3, 3)]


@given(st.text(max_size=100))
def test_tokens_cover_everything_but_blanks(text: str) -> None:
    tokens = tokenize(text)
    covered = {at for token in tokens for at in range(token.start, token.end)}
    assert all(text[token.start : token.end] == token.text for token in tokens)
    assert all(character.isspace() or at in covered for at, character in enumerate(text))


def test_variants_keep_their_marks_on_the_names() -> None:
    inventors = {"account": invent_company, "contact": invent_person}
    settings = AugmentationSettings(inventors=inventors, copies=3, invented=1.0)
    originals = [example("Met [Jane](contact), of [Globex](account), on [Monday](date).")]
    variants = augment(originals, settings)
    assert augment(originals, settings) == variants
    assert [variant.origin for variant in variants] == [0, 0, 0, 0]
    assert len({variant.example.text for variant in variants}) == 4
    for variant, _ in variants:
        marked = [variant.text[span.start : span.end] for span in variant.entities]
        assert [span.entity for span in variant.entities] == ["contact", "account", "date"]
        assert marked[2].lower() == "monday"
        assert marked[0].lower() in variant.text.lower().partition(" of ")[0]


def test_simulated_hints_know_half_of_the_names_and_some_words_that_are_names_elsewhere() -> None:
    chance = Random(1)
    one = example("a deal with [Globex](account), call [jane about target](subject)")
    known = names_in([one, example("[Target](account) wrote")], ("account", "contact"))
    hints = [hint for _ in range(1000) for hint in simulated_name_hints(one, ("account",), known, chance)]
    assert set(hints) == {Hint("name:account", 12, 18), Hint("name:account", 36, 42)}
    assert all(430 < hints.count(hint) < 570 for hint in set(hints))
