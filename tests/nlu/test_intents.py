"""Learning intents from few, uneven and contradictory examples, and reading any message."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.encoder import Encoder, load_encoder
from nlu.intents.folds import stratified_folds
from nlu.intents.lexical import LexicalFeatures
from nlu.intents.model import IntentModel, IntentPrediction, nearness
from nlu.intents.scope import UNTAUGHT, ScopeSample, learn_scale
from nlu.intents.storage import ModelUnreadable, load_intents, save_intents
from nlu.intents.training import NoIntents, train_intents, words_of
from nlu.spelling_noise import misspelled
from nlu.training_data import TrainingExample
from tests.nlu.small_talk import SENSELESS, outside_examples, pizza_examples

PARAPHRASES = {
    "could I get a pizza with ham": "order_pizza",
    "what time do you open tomorrow": "opening_hours",
    "where's the driver with my order": "delivery_status",
    "reserve a table for six": "book_table",
    "hello": "greet",
}


@pytest.fixture(scope="module")
def by_words() -> IntentModel:
    return train_intents(pizza_examples(), encoder=None)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    loaded = load_encoder()
    if loaded is None:
        pytest.skip("the weights are not installed")
    return loaded


@pytest.fixture(scope="module")
def by_meaning(encoder: Encoder) -> IntentModel:
    return train_intents(pizza_examples(), encoder=encoder)


def read(model: IntentModel, text: str, encoder: Encoder | None = None) -> IntentPrediction:
    return model.predict(text, layers=encoder.layers if encoder else None)


def best(model: IntentModel, text: str, encoder: Encoder | None = None) -> str:
    return read(model, text, encoder).ranking[0].name


@pytest.mark.parametrize(("text", "intent"), PARAPHRASES.items())
def test_paraphrases_are_understood_by_words_alone(by_words: IntentModel, text: str, intent: str) -> None:
    assert best(by_words, text) == intent


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("I could eat a quattro stagioni", "order_pizza"),
        ("at what hour does business begin", "opening_hours"),
        ("still waiting for my meal", "delivery_status"),
        ("keep us a place to sit on Saturday", "book_table"),
        ("greetings", "greet"),
    ],
)
def test_meaning_is_understood_without_shared_words(
    by_meaning: IntentModel, encoder: Encoder, text: str, intent: str
) -> None:
    assert best(by_meaning, text, encoder) == intent


def test_unrelated_messages_look_less_in_scope_than_any_related_one(by_meaning: IntentModel, encoder: Encoder) -> None:
    related = [read(by_meaning, text, encoder).in_scope for text in PARAPHRASES]
    unrelated = [read(by_meaning, text, encoder).in_scope for text in SENSELESS]

    assert max(unrelated) < min(related)


def test_the_ranking_holds_every_intent_best_first_with_probabilities(by_words: IntentModel) -> None:
    ranking = read(by_words, "where is my pizza order").ranking

    assert {score.name for score in ranking} == set(by_words.intents)
    confidences = [score.confidence for score in ranking]
    assert confidences == sorted(confidences, reverse=True)
    assert sum(confidences) == pytest.approx(1.0, abs=1e-4)


def test_a_training_example_needs_no_encoder(by_meaning: IntentModel) -> None:
    def no_encoder(text: str) -> np.ndarray:
        raise AssertionError(f"encoded {text!r}")

    prediction = by_meaning.predict("Track  my DELIVERY", layers=no_encoder)

    assert (prediction.ranking[0].name, prediction.by_words_alone) == ("delivery_status", True)


def test_a_model_with_meaning_still_reads_by_words_when_the_encoder_is_gone(by_meaning: IntentModel) -> None:
    assert best(by_meaning, "reserve a table for six") == "book_table"


def test_the_callers_threshold_replaces_the_learned_one(by_words: IntentModel) -> None:
    text = "what time do you open tomorrow"

    assert by_words.predict(text, layers=None, threshold=0.0).accepted
    assert not by_words.predict(text, layers=None, threshold=1.01).accepted


def test_out_of_scope_examples_are_learned(encoder: Encoder) -> None:
    model = train_intents(pizza_examples() + outside_examples(), encoder=encoder)

    prediction = read(model, "translate dog into Finnish", encoder)
    assert None not in {score.name for score in prediction.ranking}
    assert not prediction.accepted


def test_one_intent_is_enough(encoder: Encoder) -> None:
    only = [example for example in pizza_examples() if example.intent == "book_table"]
    model = train_intents(only, encoder=encoder)

    assert read(model, "book a table", encoder).ranking[0].confidence == pytest.approx(1.0)
    assert read(model, "book a table for five", encoder).in_scope > read(model, SENSELESS[0], encoder).in_scope


@pytest.mark.parametrize("with_encoder", [False, True])
def test_one_example_per_intent_is_enough(encoder: Encoder, with_encoder: bool) -> None:
    used = encoder if with_encoder else None
    firsts = list({example.intent: example for example in reversed(pizza_examples())}.values())
    model = train_intents(firsts, encoder=used)

    assert best(model, "a large margherita please", used) == "order_pizza"


def test_a_crowded_intent_does_not_swallow_a_thin_one() -> None:
    crowd = [TrainingExample(text=f"order number {n} with extra {word}", intent="order_pizza")
             for n in range(60) for word in ("cheese", "ham", "olives")]  # fmt: skip
    model = train_intents([*crowd, *pizza_examples()], encoder=None)

    assert best(model, "are you open on Monday") == "opening_hours"


def test_repeated_examples_change_nothing() -> None:
    once = train_intents(pizza_examples(), encoder=None)
    thrice = train_intents(pizza_examples() * 3, encoder=None)

    np.testing.assert_array_equal(once.lexical.weights, thrice.lexical.weights)


def test_a_contradiction_leaves_both_intents_likely() -> None:
    examples = [
        *pizza_examples(),
        *(TrainingExample(text="the usual", intent=i) for i in ("order_pizza", "book_table")),
    ]
    model = train_intents(examples, encoder=None)

    top = {score.name for score in read(model, "the usual").ranking[:2]}
    assert top == {"order_pizza", "book_table"}


def test_no_intent_at_all_is_an_error() -> None:
    with pytest.raises(NoIntents):
        train_intents(outside_examples(), encoder=None)


def test_spelling_mistakes_are_forgiven(by_words: IntentModel) -> None:
    texts = [(misspelled(example.text), example.intent) for example in pizza_examples()]

    assert sum(best(by_words, text) == intent for text, intent in texts) >= 0.9 * len(texts)


@given(st.text(max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_text_is_read(by_words: IntentModel, text: str) -> None:
    prediction = read(by_words, text)

    assert len(prediction.ranking) == 5
    assert 0 <= prediction.in_scope <= 1


@pytest.mark.parametrize("text", ["", "🍕" * 40, "pizza " * 2_000, "\u202e\x00\ufffd"])
def test_odd_texts_are_read_with_meaning_too(by_meaning: IntentModel, encoder: Encoder, text: str) -> None:
    assert len(read(by_meaning, text, encoder).ranking) == 5


def test_a_saved_model_reads_the_same(by_meaning: IntentModel, encoder: Encoder, tmp_path: Path) -> None:
    save_intents(by_meaning, tmp_path / "one")
    loaded = load_intents(tmp_path / "one")
    save_intents(loaded, tmp_path / "two")

    for text in (*PARAPHRASES, *SENSELESS):
        assert read(loaded, text, encoder) == read(by_meaning, text, encoder)
    for name in ("intents.json", "intents.safetensors"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_training_twice_gives_the_same_bytes(encoder: Encoder, tmp_path: Path) -> None:
    for name in ("one", "two"):
        save_intents(train_intents(pizza_examples(), encoder=encoder), tmp_path / name)

    files = [(tmp_path / name / "intents.safetensors").read_bytes() for name in ("one", "two")]
    assert files[0] == files[1]


@pytest.mark.parametrize(("file", "content"), [("intents.json", "{}"), ("intents.json", "["), ("intents.json", None)])
def test_a_broken_model_is_refused(by_words: IntentModel, tmp_path: Path, file: str, content: str | None) -> None:
    save_intents(by_words, tmp_path)
    if content is None:
        (tmp_path / file).unlink()
    else:
        (tmp_path / file).write_text(content, encoding="utf-8")

    with pytest.raises(ModelUnreadable):
        load_intents(tmp_path)


def test_threads_read_the_same(by_meaning: IntentModel, encoder: Encoder) -> None:
    texts = [*PARAPHRASES, *SENSELESS] * 5
    with ThreadPoolExecutor(8) as pool:
        at_once = list(pool.map(lambda text: read(by_meaning, text, encoder), texts))

    assert at_once == [read(by_meaning, text, encoder) for text in texts]


@pytest.mark.parametrize(
    ("name", "words"),
    [("card_arrival", "card arrival"), ("cardArrival", "card Arrival"), ("faq/ask_ABC", "faq ask ABC")],
)
def test_intent_names_are_read_as_words(name: str, words: str) -> None:
    assert words_of(name) == words


def test_features_ignore_case_digits_and_white_space() -> None:
    features = LexicalFeatures.learned_from(["Order 55 now", "call me"])

    one, other = features.vector("order  72 NOW"), features.vector("Order 55 now")
    np.testing.assert_array_equal(one.indices, other.indices)
    assert np.linalg.norm(one.values) == pytest.approx(1.0)
    assert len(features.vector("ξ").indices) == 0


def test_folds_keep_equal_texts_together_and_spread_each_label() -> None:
    labels = np.array([0] * 10 + [1] * 3)
    groups = [str(n // 2) for n in range(10)] + ["x", "y", "z"]
    folds = stratified_folds(labels, groups, folds=3)

    assert all(folds[n] == folds[n + 1] for n in range(0, 10, 2))
    assert sorted(folds[10:].tolist()) == [0, 1, 2]


def scope_sample(good: list[float], strangers: list[float], invented: Sequence[float] = ()) -> ScopeSample:
    similarity = np.array(good + strangers, dtype=np.float32)
    inside = np.array([True] * len(good) + [False] * len(strangers))
    return ScopeSample(
        probability=np.ones_like(similarity),
        score=np.ones_like(similarity),
        similarity=similarity,
        right=inside,
        inside=inside,
        # With invented strangers the others are messages of held-out intents.
        stranger=~inside & (not invented),
        invented_score=np.ones(len(invented), dtype=np.float32),
        invented_similarity=np.array(invented, dtype=np.float32),
    )


def test_invented_strangers_are_refused_as_long_as_few_good_messages_are_lost() -> None:
    good, held_out = [n / 100 for n in range(40, 100)], [n / 100 for n in range(30, 90)]

    def lost(invented: list[float]) -> int:
        scale = learn_scale(scope_sample(good, held_out, invented))
        return sum(scale.in_scope(1.0, similarity) < scale.threshold for similarity in good)

    assert lost([0.1] * 50) < lost([0.95] * 50) <= 4


def test_the_threshold_lies_between_messages_that_are_far_apart() -> None:
    scale = learn_scale(scope_sample([0.7, 0.8, 0.9] * 20, [0.1, 0.2, 0.3] * 20))

    assert scale.in_scope(1.0, 0.68) > scale.threshold > scale.in_scope(1.0, 0.3)


def test_where_strangers_look_like_the_rest_few_messages_are_refused() -> None:
    mixed = [n / 100 for n in range(100)]
    scale = learn_scale(scope_sample(mixed, mixed))

    assert sum(scale.in_scope(1.0, similarity) < scale.threshold for similarity in mixed) <= 3


def test_one_example_near_by_chance_makes_no_message_familiar() -> None:
    by_chance, familiar = [0.9] + [0.1] * 20, [0.7] * 6 + [0.1] * 15
    near = nearness(np.array([by_chance, familiar], dtype=np.float32))

    assert near[0] < near[1]
    np.testing.assert_allclose(near, [(0.9 + 4 * 0.1) / 5, 0.7], rtol=1e-6)
    assert nearness(np.array([0.4, 0.2], dtype=np.float32)) == pytest.approx(0.3)
    assert nearness(np.zeros((3, 0), dtype=np.float32)).tolist() == [0, 0, 0]


def test_a_message_that_resembles_no_intent_is_strange_however_near_one_example_is() -> None:
    sample = scope_sample([0.8] * 50, [0.8] * 50)
    sample = replace(sample, score=(np.where(sample.inside, 6, 2) + np.linspace(-0.5, 0.5, 100)).astype(np.float32))
    scale = learn_scale(sample)

    assert scale.in_scope(6.0, 0.8) > scale.threshold > scale.in_scope(2.0, 0.8)


def test_without_strangers_the_usual_scale_holds() -> None:
    assert learn_scale(scope_sample([0.5, 0.9], [])) == UNTAUGHT


def test_a_masked_message_is_understood_whatever_name_stands_in_it() -> None:
    cards = [TrainingExample(text=f"show me {name}", intent="card") for name in ("Initech", "Hooli", "Globex")]
    wins = [TrainingExample(text=f"we won {name}", intent="win") for name in ("Umbrella", "Vandelay", "Stark")]
    names = ("Initech", "Hooli", "Globex", "Umbrella", "Vandelay", "Stark")
    masks = [example.text.replace(name, "Acme") for example, name in zip(cards + wins, names, strict=True)]
    model = train_intents(cards + wins, masked=masks, encoder=None)
    unmasked = model.predict("show me Vandelay", layers=None)
    prediction = model.predict("show me Vandelay", masked="show me Acme", layers=None)
    assert prediction.ranking[0].name == "card"
    assert prediction.in_scope > unmasked.in_scope
