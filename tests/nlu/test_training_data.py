"""Reading training files, and what is said about broken ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.data_files.loading import load_training_data
from nlu.data_files.report import report_on
from nlu.training_data import AnnotatedSpan, TrainingDataError, TrainingExample

RASA_FILE = """\
version: "3.1"
nlu:
- intent: move_deal
  examples: |
    - move [Initech](account) from [proposal]{"entity": "stage", "role": "from"} to [won]{"entity": "stage", \
"role": "to", "value": "closed won"}
    - just a [bracket] here
- synonym: closed won
  examples: |
    - signed
- lookup: account
  examples: |
    - Globex
    - Acme
- regex: ticket
  examples: |
    - T-\\d+
- intent: greet
  examples:
    - text: |
        hello there
    - hi
"""


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_rasa_file_gives_texts_spans_roles_and_values(tmp_path: Path) -> None:
    data = load_training_data(written(tmp_path, "nlu.yml", RASA_FILE))

    assert data.examples[0].text == "move Initech from proposal to won"
    assert data.examples[0].entities == (
        AnnotatedSpan(entity="account", start=5, end=12),
        AnnotatedSpan(entity="stage", start=18, end=26, role="from"),
        AnnotatedSpan(entity="stage", start=30, end=33, role="to", value="closed won"),
    )
    assert [(e.text, e.intent) for e in data.examples[1:]] == [
        ("just a [bracket] here", "move_deal"),
        ("hello there", "greet"),
        ("hi", "greet"),
    ]
    assert data.intents == ("greet", "move_deal")


def test_synonyms_lookups_and_patterns_come_along(tmp_path: Path) -> None:
    data = load_training_data(written(tmp_path, "nlu.yml", RASA_FILE))

    assert data.synonyms == {"signed": "closed won", "won": "closed won"}
    assert data.lookups == {"account": ("Globex", "Acme")}
    assert data.regexes == {"ticket": (r"T-\d+",)}


def test_an_example_knows_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, "nlu.yml", RASA_FILE)

    assert load_training_data(path).examples[1].source == f"{path}:6"


def test_a_folder_is_read_recursively_and_other_yaml_is_left_alone(tmp_path: Path) -> None:
    written(tmp_path, "a/one.yml", "nlu:\n- intent: a\n  examples: |\n    - one\n")
    written(tmp_path, "b/two.yaml", "version: '3.1'\nnlu:\n- intent: b\n  examples: |\n    - two\n")
    written(tmp_path, "rules.yml", "rules:\n- rule: not ours\n")

    assert [example.text for example in load_training_data(tmp_path).examples] == ["one", "two"]


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        ("nlu:\n- intent: a\n  examples: |\n    - ok\n    no dash\n", 5, "expected a line that starts with '- '"),
        ("nlu:\n- intent: a\n  examples: |\n    - [x]{entity: a}\n", 4, "is not JSON"),
        ('nlu:\n- intent: a\n  examples: |\n    - [x]{"role": "to"}\n', 4, "names no entity"),
        ("nlu:\n- intent: a\n", 2, "has no examples"),
        ("nlu:\n- story: a\n", 2, "expected one of intent, synonym, lookup, regex"),
        ("nlu:\n- regex: a\n  examples: |\n    - '(('\n", 4, "not a regular expression"),
        ("nlu:\n- intent: [\n", 3, "not YAML"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, content: str, line: int, problem: str) -> None:
    path = written(tmp_path, "nlu.yml", content)

    with pytest.raises(TrainingDataError, match=problem) as caught:
        load_training_data(path)

    assert caught.value.line == line


def test_json_lines_take_intent_or_label_and_null_is_out_of_scope(tmp_path: Path) -> None:
    rows = """\
{"text": "book NYC", "intent": "book", "entities": [{"entity": "city", "start": 5, "end": 8}]}

{"text": "hi", "label": "greet"}
{"text": "colourless green ideas", "intent": null}
"""
    data = load_training_data(written(tmp_path, "x.jsonl", rows))

    assert [example.intent for example in data.examples] == ["book", "greet", None]
    assert data.examples[0].entities == (AnnotatedSpan(entity="city", start=5, end=8),)


@pytest.mark.parametrize(
    "row",
    [
        "{not json",
        "[1, 2]",
        '{"intent": "a"}',
        '{"text": "a", "intent": true}',
        '{"text": "abc", "intent": "a", "entities": [{"entity": "e", "start": 2, "end": 9}]}',
        '{"text": "abc", "intent": "a", "entities": [{"entity": "e", "start": 0}]}',
    ],
)
def test_a_broken_row_is_refused_with_its_line(tmp_path: Path, row: str) -> None:
    path = written(tmp_path, "x.jsonl", '{"text": "fine", "intent": "a"}\n' + row + "\n")

    with pytest.raises(TrainingDataError) as caught:
        load_training_data(path)

    assert caught.value.line == 2


def test_overlapping_marks_of_published_sets_are_kept(tmp_path: Path) -> None:
    row = (
        '{"text": "abc", "intent": "a", "entities": [{"entity": "f", "start": 1, "end": 3}, '
        '{"entity": "e", "start": 0, "end": 2}]}'
    )
    (example,) = load_training_data(written(tmp_path, "x.jsonl", row)).examples
    assert [span.entity for span in example.entities] == ["e", "f"]


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match="does not exist"):
        load_training_data(tmp_path / "nothing.yml")


def test_the_report_finds_duplicates_conflicts_and_thin_intents() -> None:
    texts = [("Hello", "greet"), ("hello ", "greet"), ("bye", "goodbye"), ("bye", "cancel"), ("odd", None)]
    report = report_on([TrainingExample(text=text, intent=intent) for text, intent in texts])

    assert report.duplicates == (("hello", 2),)
    assert [(conflict.text, conflict.intents) for conflict in report.conflicts] == [("bye", ("cancel", "goodbye"))]
    assert report.single_example_intents == ("cancel", "goodbye")
    assert (report.examples, report.intents, report.out_of_scope, report.imbalance) == (5, 3, 1, 2.0)
