"""What a model is made from, as digests that are quick to compare: to train again costs nothing if nothing changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from importlib.metadata import version as library_version
from pathlib import Path

from nlu.model_store import Manifest, ModelMissing, ModelStore

LIBRARIES = ("numpy", "python-crfsuite", "scikit-learn", "spacy", "tokenizers")
"""The libraries whose versions decide what a model is like, or whether it can be read."""

_TRAINING_CODE = ("trainer.py", "intents", "entities", "values", "entity_training.py")
"""The code that decides what a model is like: other code may not even be able to read it."""


def code_digest() -> str:
    """Return a digest of the code that trains."""
    here = Path(__file__).parent
    return _digest_of(sorted(file for name in _TRAINING_CODE for file in _files(here / name, "*.py")), below=here)


def library_versions() -> dict[str, str]:
    """Return the versions of LIBRARIES that are installed."""
    return {name: library_version(name) for name in LIBRARIES}


def inputs_digest(data_dir: Path, learned: Path | None, *, encoder: bool) -> str:
    """Return a digest of all that training with the usual settings reads; ``encoder`` says whether there is one.

    Files are taken as they are: a changed comment changes it too, so equal digests mean equal models, but unequal
    ones may as well.
    """
    parts = {
        "code": code_digest(),
        "libraries": library_versions(),
        "encoder": encoder,
        "data": _digest_of(sorted(_files(data_dir, "*")), below=data_dir),
        "learned": _digest_of([learned], below=learned.parent) if learned is not None and learned.is_file() else "",
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def unchanged(model_dir: Path, inputs: str) -> Manifest | None:
    """Return the current model's manifest if it was trained on just these ``inputs``, else None."""
    store = ModelStore(model_dir)
    try:
        manifest = store.manifest(store.current().name)
    except ModelMissing:
        return None
    return manifest if manifest.inputs == inputs else None


def _digest_of(paths: Iterable[Path], *, below: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.relative_to(below).as_posix().encode() + b"\0")
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _files(path: Path, pattern: str) -> list[Path]:
    return [path] if path.is_file() else [each for each in path.rglob(pattern) if each.is_file()]
