"""The benchmark functions: exact figures on small data, and what they count."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from nlu.bench import run_faq_bench, run_nlu_bench
from nlu.entities.bench import fit_spans
from nlu.evaluation import TrainedEntities, evaluate, to_text
from nlu.evaluation_picture import draw_evaluation
from nlu.intents.training import NoIntents
from nlu.scores import macro_f1, matthews, span_score
from nlu.spelling_noise import misspelled
from nlu.training_data import AnnotatedSpan, TrainingDataError, TrainingExample
from tests.nlu.small_talk import SENSELESS, pizza_examples

KEYS = {
    "accuracy", "macro_f1", "in_scope_accuracy", "in_scope_accuracy_no_threshold", "oos_recall", "mcc", "threshold",
    "entity_precision", "entity_recall", "entity_f1", "train_seconds", "parse_ms_p50", "parse_ms_p95",
}  # fmt: skip


def rows(path: Path, *entries: Mapping[str, object]) -> Path:
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    return path


@pytest.fixture
def train(tmp_path: Path) -> Path:
    return rows(tmp_path / "train.jsonl", *({"text": e.text, "intent": e.intent} for e in pizza_examples()))


@pytest.fixture
def test(tmp_path: Path) -> Path:
    return rows(
        tmp_path / "test.jsonl",
        {"text": "when do you open", "label": "opening_hours"},
        {"text": "where is my pizza", "label": "delivery_status"},
        {"text": "hey", "label": "book_table"},
        {"text": "one pepperoni pizza with extra cheese", "label": "order_pizza"},
    )


def test_the_report_has_exactly_the_agreed_keys(train: Path, test: Path) -> None:
    assert run_nlu_bench(train=train, test=test, encoder=None).as_json().keys() == KEYS


def test_without_out_of_scope_rows_nothing_is_rejected_for_accuracy(train: Path, test: Path) -> None:
    report = run_nlu_bench(train=train, test=test, threshold=1.01, encoder=None)

    assert (report.accuracy, report.in_scope_accuracy_no_threshold) == (0.75, 0.75)
    assert (report.in_scope_accuracy, report.oos_recall, report.threshold) == (0.0, None, 1.01)


def test_out_of_scope_rows_are_right_when_rejected(tmp_path: Path, train: Path, test: Path) -> None:
    oos = rows(tmp_path / "oos.jsonl", *({"text": text, "label": "whatever"} for text in SENSELESS))

    everything = run_nlu_bench(train=train, test=test, oos=oos, threshold=0.0, encoder=None)
    assert (everything.oos_recall, everything.accuracy, everything.in_scope_accuracy) == (0.0, 3 / 8, 0.75)
    nothing = run_nlu_bench(train=train, test=test, oos=oos, threshold=1.01, encoder=None)
    assert (nothing.oos_recall, nothing.accuracy, nothing.in_scope_accuracy) == (1.0, 0.5, 0.0)


class UpperCaseSpans:
    """Calls every word in capitals a name."""

    def predict(self, text: str, requested: Sequence[str] = ()) -> Sequence[tuple[int, int, str]]:
        return [(text.index(word), text.index(word) + len(word), "name") for word in text.split() if word.isupper()]


def test_entities_count_when_place_and_kind_are_right(tmp_path: Path, train: Path) -> None:
    named = {"text": "call KIM", "intent": "greet", "entities": [{"entity": "name", "start": 5, "end": 8}]}
    with train.open("a", encoding="utf-8") as file:
        file.write(json.dumps(named) + "\n")
    wrong_kind = {"text": "tell ANN", "intent": "greet", "entities": [{"entity": "dog", "start": 5, "end": 8}]}
    tested = rows(tmp_path / "spans.jsonl", named, wrong_kind, {"text": "nobody", "intent": "greet"})

    report = run_nlu_bench(train=train, test=tested, encoder=None, fit_spans=lambda _: UpperCaseSpans())

    assert (report.entity_precision, report.entity_recall, report.entity_f1) == (0.5, 0.5, 0.5)


def test_files_of_other_systems_are_read_alike(tmp_path: Path, train: Path, test: Path) -> None:
    plain = run_nlu_bench(train=train, test=test, encoder=None)
    windows = tmp_path / "windows.json"
    content = train.read_text(encoding="utf-8").replace('"intent"', '"label"').replace("\n", "\r\n\r\n")
    windows.write_bytes(b"\xef\xbb\xbf" + content.encode())
    again = run_nlu_bench(train=windows, test=test, encoder=None)
    assert (again.accuracy, again.threshold) == (plain.accuracy, plain.threshold)


def test_numbered_labels_are_names(tmp_path: Path) -> None:
    numbered = rows(
        tmp_path / "numbered.jsonl",
        *({"text": text, "label": number} for number, text in enumerate(("good morning", "one pizza please"))),
    )
    assert run_nlu_bench(train=numbered, test=numbered, encoder=None).accuracy == 1.0


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "no messages"),
        (b"\n\n", "no messages"),
        (b'{"text": "hi"', ":1: not JSON"),
        (b'{"text": "hi", "intent": "greet"}\n["hi"]\n', ":2: expected a JSON object"),
        (b'{"text": "caf\xe9", "intent": "greet"}', ":1: not UTF-8"),
        (b'{"utterance": "hi", "intent": "greet"}', ":1: no text under 'text'"),
        (b'{"text": "hi", "intent": ["greet"]}', ":1: intent"),
        (b'{"text": "hi", "intent": "greet", "entities": [{"entity": "x", "start": 0, "end": 9}]}', ":1: entity"),
        (b"[" * 100_000, ":1: not JSON"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_a_line(tmp_path: Path, test: Path, content: bytes, problem: str) -> None:
    train = tmp_path / "train.jsonl"
    train.write_bytes(content)
    with pytest.raises(TrainingDataError) as refused:
        run_nlu_bench(train=train, test=test, encoder=None)
    assert problem in str(refused.value)
    assert "\n" not in str(refused.value)


def test_messages_without_any_intent_are_refused(tmp_path: Path, test: Path) -> None:
    strangers = rows(tmp_path / "strangers.jsonl", {"text": "hi"}, {"text": "bye", "intent": None})
    with pytest.raises(NoIntents):
        run_nlu_bench(train=strangers, test=test, encoder=None)


def test_odd_data_train_all_the_same(tmp_path: Path, test: Path) -> None:
    odd = rows(
        tmp_path / "odd.jsonl",
        {"text": "hello", "intent": "greet"},
        {"text": "hello", "intent": "greet"},
        {"text": "hello", "intent": "thank"},
        {"text": "", "intent": "greet"},
        {"text": "a pizza", "intent": "order_pizza"},
        {"text": "colourless green ideas", "intent": None},
    )
    report = run_nlu_bench(train=odd, test=test, encoder=None)
    assert report.accuracy is not None
    assert math.isfinite(report.accuracy)


def test_questions_and_queries_that_are_missing_are_said(tmp_path: Path) -> None:
    faq = rows(tmp_path / "faq.jsonl", {"faq_id": "a", "question": "Where?", "answer": "Here."})
    empty = rows(tmp_path / "empty.jsonl")
    for files in ((faq, empty), (empty, faq)):
        with pytest.raises(TrainingDataError):
            run_faq_bench(faq=files[0], queries=files[1], encoder=None)


def test_data_without_intents_are_measured_by_their_entities(tmp_path: Path) -> None:
    marked = [
        {"text": f"call {name} now", "entities": [{"entity": "name", "start": 5, "end": 5 + len(name)}]}
        for name in ("KIM", "ANN", "BO", "LEE")
    ]
    file = rows(tmp_path / "marked.jsonl", *marked)
    report = run_nlu_bench(train=file, test=file, encoder=None, fit_spans=lambda _: UpperCaseSpans())
    assert (report.entity_f1, report.accuracy, report.mcc, report.threshold) == (1.0, None, None, None)


def test_what_was_asked_for_tells_what_a_bare_number_is(tmp_path: Path) -> None:
    def answer(text: str, entity: str) -> dict[str, object]:
        mark = {"entity": entity, "start": 0, "end": len(text)}
        return {"text": text, "requested": [entity], "entities": [mark], "intent": "inform"}

    asked = [answer(str(number), entity) for number in range(1, 8) for entity in ("time", "people")]
    report = run_nlu_bench(
        train=rows(tmp_path / "train.jsonl", *asked),
        test=rows(tmp_path / "test.jsonl", answer("9", "people"), answer("9", "time")),
        encoder=None,
        fit_spans=fit_spans(None),
    )
    assert report.entity_f1 == 1.0


def test_questions_with_several_right_answers_count_once(tmp_path: Path) -> None:
    faq = rows(
        tmp_path / "faq.jsonl",
        {"faq_id": "a", "question": "Where are you located?", "answer": "In Berlin."},
        {"faq_id": "b", "question": "Can I pay by card?", "answer": "Yes."},
        {"faq_id": "c", "question": "Is there parking?", "answer": "Behind the house."},
    )
    queries = rows(
        tmp_path / "queries.jsonl",
        {"query": "is there parking", "faq_id": "a"},
        {"query": "is there parking", "faq_id": "c"},
        {"query": "can I pay", "faq_id": "b"},
    )

    assert run_faq_bench(faq=faq, queries=queries, encoder=None).as_json() == {"top1": 1.0, "top3": 1.0, "mrr": 1.0}


def test_figures_agree_with_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    gold = ["a", "a", "b", "c", "c", "c", "a"]
    said = ["a", "b", "b", "c", "a", "c", "d"]

    assert macro_f1(gold, said) == pytest.approx(metrics.f1_score(gold, said, average="macro"))
    assert matthews(gold, said) == pytest.approx(metrics.matthews_corrcoef(gold, said))


def test_spans_of_an_empty_set_score_nothing() -> None:
    assert span_score([[]], [[]]).f1 == 0.0


def test_the_evaluation_adds_up_and_can_be_shown(tmp_path: Path) -> None:
    report = evaluate(pizza_examples(), encoder=None, folds=3)

    assert report.examples == 30
    wrong = sum(confusion.count for confusion in report.confusions)
    assert report.accuracy == pytest.approx(1 - wrong / 30)
    assert sum(one.count for one in report.calibration) == 30
    assert math.isclose(sum(score.support for score in report.per_intent.values()), 30)
    assert "opening_hours" in to_text(report)
    draw_evaluation(report, tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_the_evaluation_counts_what_the_tagger_finds() -> None:
    spans = [AnnotatedSpan(entity="name", start=5, end=8)]
    named = [TrainingExample(text=f"call {name}", intent="greet", entities=tuple(spans)) for name in ("Kim", "Ann")]

    def fit(training: Sequence[TrainingExample]) -> TrainedEntities:
        return TrainedEntities(
            find=lambda text: spans if text == "call Kim" else (), masked=[example.text for example in training]
        )

    report = evaluate([*pizza_examples(), *named], encoder=None, fit_entities=fit, folds=2)

    assert report.entities is not None
    assert (report.entities.precision, report.entities.recall) == (1.0, 0.5)


def test_spelling_noise_is_repeatable_and_keeps_first_letters() -> None:
    text = "please remember the meeting tomorrow"

    assert misspelled(text) == misspelled(text) != text
    assert [word[0] for word in misspelled(text).split()] == [word[0] for word in text.split()]
    assert misspelled("ok so no") == "ok so no"
