"""From a folder of training files to a model directory the embedded engine can load."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from nlu.data_files.loading import load_training_data
from nlu.encoder import Encoder
from nlu.entities.augmentation import AugmentationSettings
from nlu.entities.crf import CrfSettings
from nlu.entities.invented_names import invent_company, invent_first_name, invent_person
from nlu.entities.kinds import FREE_TEXT, NAMES
from nlu.entities.known_words import any_language, any_time_zone
from nlu.entities.pipeline import EntityPipeline
from nlu.entities.tokens import words_of
from nlu.entity_training import EntityLessons
from nlu.evaluation import TrainedEntities
from nlu.gazetteer import Gazetteer
from nlu.intents.masking import masked
from nlu.intents.storage import save_intents
from nlu.intents.training import train_intents
from nlu.kept_layers import KeptLayers
from nlu.learned import learned_examples
from nlu.model_store import Manifest, ModelMissing, ModelStore
from nlu.trained_model import ENTITIES, INTENTS, VOCABULARY, Vocabulary, read_values
from nlu.training_data import TrainingData, TrainingExample
from nlu.training_inputs import code_digest, inputs_digest, library_versions
from nlu.values.reading import Reading

OUT_OF_SCOPE = "out_of_scope"
"""The intent of examples in the training files that belong to no skill."""

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of the work done so far, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainerSettings:
    """How models are trained."""

    tagger: CrfSettings = field(default_factory=CrfSettings)
    augmentation: AugmentationSettings = field(
        default_factory=lambda: AugmentationSettings(
            inventors={
                "account": invent_company,
                "contact": invent_person,
                "person": invent_first_name,
                "deal": None,
                "product": None,
                "language": any_language,
                "timezone": any_time_zone,
            }
        )
    )
    locale: str = "en_US"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingReport:
    """What training did. ``directory`` holds the current model; ``skipped`` says that it is not a new one.

    ``restored``: it is not the one of these data either, because somebody went back to it from just that one.
    """

    directory: Path
    manifest: Manifest
    skipped: bool
    restored: bool = False


def train(
    data_dir: Path,
    model_dir: Path,
    settings: TrainerSettings | None = None,
    progress: Progress | None = None,
    *,
    now: datetime,
    encoder: Encoder | None,
    learned: Path | None = None,
) -> TrainingReport:
    """Train on the files in ``data_dir`` and make the result the current model below ``model_dir``.

    ``learned`` is a file with examples learned from use, if there are any: they teach intents (see ``nlu.learned``).
    Nothing is done when the current model came from the same data in the same way, or when the model of these data was
    replaced by restoring the current one. The former models stay (see ``ModelStore``); a failure leaves the current one
    in place. Raises TrainingDataError.
    """
    inputs = "" if settings else inputs_digest(data_dir, learned, encoder=encoder is not None)
    settings = settings or TrainerSettings()
    report_progress = progress or (lambda _what, _share: None)
    report_progress("reading examples", 0.0)
    shared = without_out_of_scope(load_training_data(data_dir))
    data = _with_learned(shared, learned)
    store = ModelStore(model_dir)
    fingerprint = _fingerprint(data, settings, encoder)
    if (existing := _current(store)) is not None:
        turned_away = fingerprint in store.turned_away()
        if turned_away or existing[1].fingerprint == fingerprint:
            report_progress("nothing has changed", 1.0)
            manifest = existing[1] if turned_away or not inputs else store.note_inputs(existing[1], inputs)
            return TrainingReport(directory=existing[0], manifest=manifest, skipped=True, restored=turned_away)
    with store.writing() as directory:
        started = time.perf_counter()
        report_progress("preparing examples", 0.05)
        layers = None if encoder is None else KeptLayers(encoder, model_dir)
        if layers is not None:
            # Most examples will be masked as they are marked, so that their vectors are there when they are needed.
            layers.expect(sorted({masked(example.text, example.entities) for example in data.examples}))
        lessons = _entity_lessons(shared.examples, settings, encoder=encoder, now=now)
        tagger = lessons.lessons.started(settings.tagger)
        report_progress("finding the entities of each example as if it were new", 0.3)
        forms = lessons.masked_texts()
        forms += [masked(example.text, example.entities) for example in data.examples[len(forms) :]]
        report_progress("learning intents", 0.4)
        save_intents(train_intents(data.examples, masked=forms, encoder=layers), directory / INTENTS)
        if layers is not None:
            layers.save()
        report_progress("learning entities", 0.8)
        tagger().save(directory / ENTITIES)
        vocabulary_of(data).save(directory / VOCABULARY)
        manifest = Manifest(
            version=store.free_version(f"{now.astimezone(UTC):%Y%m%d-%H%M%S}-{fingerprint[:8]}"),
            trained_at=now.astimezone(UTC).isoformat(timespec="seconds"),
            fingerprint=fingerprint,
            inputs=inputs,
            libraries=library_versions(),
            figures={
                "examples": len(data.examples),
                "intents": len(data.intents),
                "entities": len({span.entity for example in data.examples for span in example.entities}),
                "seconds": round(time.perf_counter() - started, 1),
            },
        )
        report_progress("storing the model", 0.98)
        published = store.publish(directory, manifest)
    report_progress("done", 1.0)
    return TrainingReport(directory=published, manifest=manifest, skipped=False)


def fit_entities(
    examples: Sequence[TrainingExample], settings: TrainerSettings, *, encoder: Encoder | None, now: datetime
) -> TrainedEntities:
    """Train all that finds entities but the names on record, for ``nlu.evaluation``."""
    lessons = _entity_lessons(examples, settings, encoder=encoder, now=now)
    tagger = lessons.lessons.started(settings.tagger)
    masked_texts = lessons.masked_texts()
    pipeline = EntityPipeline(tagger(), Gazetteer(), read_values, synonyms={})
    reading = Reading(now=now, zone=ZoneInfo("UTC"), locale=settings.locale)
    return TrainedEntities(find=lambda text: pipeline.entities(text, reading=reading), masked=masked_texts)


def _entity_lessons(
    examples: Sequence[TrainingExample], settings: TrainerSettings, *, encoder: Encoder | None, now: datetime
) -> EntityLessons:
    return EntityLessons.prepare(
        examples, augmentation=settings.augmentation, locale=settings.locale, encoder=encoder, now=now
    )


def vocabulary_of(data: TrainingData) -> Vocabulary:
    """Collect the ordinary words and the values annotators gave."""
    counts: Counter[str] = Counter()
    synonyms: dict[str, dict[str, str]] = {}
    for example in data.examples:
        names = [span for span in example.entities if span.entity not in FREE_TEXT]
        reached = 0
        for span in names:
            counts.update(set(words_of(example.text[reached : span.start].lower())))
            reached = span.end
            if span.value is not None:
                text = example.text[span.start : span.end].lower()
                synonyms.setdefault(span.entity, {})[text] = span.value
        counts.update(set(words_of(example.text[reached:].lower())))
    others = {span.entity for example in data.examples for span in example.entities} - set(NAMES)
    for text, value in data.synonyms.items():
        for entity in others:
            synonyms.setdefault(entity, {}).setdefault(text.lower(), value)
    return Vocabulary(
        ordinary_words=frozenset(word for word in counts if word[0].isalpha()),
        synonyms=synonyms,
        lookups=dict(data.lookups),
    )


def _with_learned(shared: TrainingData, learned: Path | None) -> TrainingData:
    """Return ``shared`` and after its examples the learned ones."""
    if learned is None:
        return shared
    examples = without_out_of_scope(TrainingData(examples=learned_examples(learned))).examples
    return replace(shared, examples=(*shared.examples, *examples))


def without_out_of_scope(data: TrainingData) -> TrainingData:
    """Return ``data`` with no intent where Rasa's convention names one for what the assistant should not answer."""
    return replace(
        data,
        examples=tuple(
            replace(example, intent=None) if example.intent == OUT_OF_SCOPE else example for example in data.examples
        ),
    )


def _current(store: ModelStore) -> tuple[Path, Manifest] | None:
    try:
        directory = store.current()
    except ModelMissing:
        return None
    return directory, store.manifest(directory.name)


def _fingerprint(data: TrainingData, settings: TrainerSettings, encoder: Encoder | None) -> str:
    """Return a digest of everything a model depends on except the moment of training."""
    parts = {
        "code": code_digest(),
        "encoder": encoder is not None,
        "libraries": library_versions(),
        # Without the functions' addresses, which differ in every process.
        "settings": re.sub(r" at 0x[0-9a-f]+", "", repr(settings)),
        "examples": [repr((example.text, example.intent, example.entities)) for example in data.examples],
        "synonyms": sorted(data.synonyms.items()),
        "lookups": sorted(data.lookups.items()),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
