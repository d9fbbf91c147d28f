"""Loading training data from files or folders, whichever of the two formats they are in."""

from __future__ import annotations

from pathlib import Path

from nlu.data_files.jsonl import read_examples
from nlu.data_files.rasa_yaml import NluFile, is_nlu_file
from nlu.training_data import TrainingData, TrainingDataError

JSON_LINES = frozenset({".json", ".jsonl", ".ndjson"})


def load_training_data(path: Path) -> TrainingData:
    """Load a file of JSON lines, a Rasa NLU file, or every Rasa NLU file below a folder (in the order of their paths).

    Raises TrainingDataError when the path does not exist, is no such file, or holds something malformed. Examples keep
    the order of the files; nothing is dropped, duplicates included.
    """
    if not path.exists():
        raise TrainingDataError(path=str(path), line=None, problem="does not exist")
    if path.suffix in JSON_LINES:
        return TrainingData(examples=tuple(read_examples(path)))
    contents = NluFile()
    if path.is_dir():
        for file in sorted(path.rglob("*.y*ml")):
            if is_nlu_file(file):
                contents.read(file)
    elif is_nlu_file(path):
        contents.read(path)
    else:
        raise TrainingDataError(path=str(path), line=None, problem="neither .jsonl nor a YAML file with an nlu: key")
    return TrainingData(
        examples=tuple(contents.examples),
        synonyms=contents.synonyms,
        lookups={name: tuple(values) for name, values in contents.lookups.items()},
        regexes={name: tuple(values) for name, values in contents.regexes.items()},
    )
