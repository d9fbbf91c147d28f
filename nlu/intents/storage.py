"""Keeping an intent model on disk: arrays in safetensors, the rest in JSON. Reading one runs no code from the file."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from nlu.intents.lexical import LexicalFeatures
from nlu.intents.model import IntentModel, JointPart, LexicalPart, ScopeScale
from nlu.training_data import NluError

FORMAT = 4
_ARRAYS, _SETTINGS = "intents.safetensors", "intents.json"


class ModelUnreadable(NluError):
    """A folder that holds no usable model: ``folder`` and ``problem``."""

    def __init__(self, *, folder: Path, problem: str) -> None:
        self.folder = folder
        self.problem = problem
        super().__init__(f"{folder}: {problem}")


def save_intents(model: IntentModel, folder: Path) -> None:
    """Write ``model`` into ``folder`` (made when missing). Equal models give equal bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    lexical, joint = model.lexical, model.joint
    arrays = {
        "idf": model.features.idf,
        "lexical.weights": lexical.weights,
        "lexical.bias": lexical.bias,
        "lexical.posting_starts": lexical.posting_starts,
        "lexical.posting_examples": lexical.posting_examples,
        "lexical.posting_weights": lexical.posting_weights,
    }
    if joint is not None:
        arrays |= {
            "joint.lexical_weights": joint.lexical_weights,
            "joint.sentence_weights": joint.sentence_weights,
            "joint.bias": joint.bias,
            "joint.centre": joint.centre,
            "joint.examples": joint.examples,
        }
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, folder / _ARRAYS)
    settings = {
        "format": FORMAT,
        "intents": model.intents,
        "out_of_scope_class": model.out_of_scope_class,
        "terms": model.features.terms,
        "known": model.known,
        "sure_at": model.sure_at,
        "lexical": {
            "temperature": lexical.temperature,
            "examples": lexical.examples,
            "scope": asdict(lexical.scope),
        },
        "joint": joint and {"temperature": joint.temperature, "scope": asdict(joint.scope)},
    }
    (folder / _SETTINGS).write_text(json.dumps(settings, ensure_ascii=False, sort_keys=True), encoding="utf-8")


def load_intents(folder: Path) -> IntentModel:
    """Read the model that ``save_intents`` wrote. Raises ModelUnreadable when it can not."""
    try:
        settings = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
        arrays = load_file(folder / _ARRAYS)
    except (OSError, ValueError, SafetensorError) as err:
        raise ModelUnreadable(folder=folder, problem=str(err)) from err
    if not isinstance(settings, dict) or settings.get("format") != FORMAT:
        raise ModelUnreadable(folder=folder, problem=f"not an intent model of format {FORMAT}; train it again")
    try:
        joint = settings["joint"]
        return IntentModel(
            intents=tuple(settings["intents"]),
            out_of_scope_class=settings["out_of_scope_class"],
            features=LexicalFeatures(settings["terms"], arrays["idf"]),
            lexical=LexicalPart(
                weights=arrays["lexical.weights"],
                bias=arrays["lexical.bias"],
                temperature=settings["lexical"]["temperature"],
                scope=ScopeScale(**settings["lexical"]["scope"]),
                posting_starts=arrays["lexical.posting_starts"],
                posting_examples=arrays["lexical.posting_examples"],
                posting_weights=arrays["lexical.posting_weights"],
                examples=settings["lexical"]["examples"],
            ),
            joint=joint
            and JointPart(
                lexical_weights=arrays["joint.lexical_weights"],
                sentence_weights=arrays["joint.sentence_weights"],
                bias=arrays["joint.bias"],
                temperature=joint["temperature"],
                scope=ScopeScale(**joint["scope"]),
                centre=arrays["joint.centre"],
                examples=arrays["joint.examples"],
            ),
            sure_at=settings["sure_at"],
            known=settings["known"],
        )
    except (KeyError, TypeError) as err:
        raise ModelUnreadable(folder=folder, problem=f"incomplete: {err!r}") from err
