"""One trained model, opened: intents, entities, and the words and values they were trained with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nlu.encoder import Encoder
from nlu.entities.candidates import ValueSpan
from nlu.entities.pipeline import EntityPipeline
from nlu.entities.tagger import EntityTagger
from nlu.gazetteer import Gazetteer
from nlu.intents.masking import masked
from nlu.intents.model import IntentModel, IntentPrediction
from nlu.intents.storage import ModelUnreadable, load_intents
from nlu.model_store import ModelMissing, ModelStore
from nlu.parse import Entity
from nlu.values.finding import find_values
from nlu.values.reading import Reading

INTENTS, ENTITIES, VOCABULARY = "intents", "entities", "vocabulary.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """What was learned about single words and phrases.

    ``ordinary_words`` (lower case) are no names by themselves; ``synonyms`` is {entity: {lower-case text: value}};
    ``lookups`` is {entity: names} as in the training files.
    """

    ordinary_words: frozenset[str]
    synonyms: dict[str, dict[str, str]]
    lookups: dict[str, tuple[str, ...]]

    def save(self, path: Path) -> None:
        """Write to ``path`` as JSON."""
        content = {
            "ordinary_words": sorted(self.ordinary_words),
            "synonyms": self.synonyms,
            "lookups": self.lookups,
        }
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Vocabulary:
        """Read what ``save`` wrote."""
        content = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            ordinary_words=frozenset(content["ordinary_words"]),
            synonyms=content["synonyms"],
            lookups={entity: tuple(names) for entity, names in content["lookups"].items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedModel:
    """A model ready to read messages."""

    intents: IntentModel
    encoder: Encoder | None
    pipeline: EntityPipeline
    ordinary_words: frozenset[str]

    @classmethod
    def load(
        cls, model_dir: Path, gazetteer: Gazetteer, encoder: Encoder | None, *, least_confidence: float
    ) -> TrainedModel:
        """Open the current version below ``model_dir`` or the version that ``model_dir`` is; raises ModelMissing.

        Names from lookup tables are added to ``gazetteer``, in which the entity pipeline will look up names.
        """
        directory = model_dir if (model_dir / VOCABULARY).exists() else ModelStore(model_dir).current()
        try:
            vocabulary = Vocabulary.load(directory / VOCABULARY)
            intents = load_intents(directory / INTENTS)
            tagger = EntityTagger.load(directory / ENTITIES, encoder=encoder)
        except (OSError, KeyError, ValueError, ModelUnreadable) as err:
            raise ModelMissing(path=str(directory), problem=f"incomplete or damaged ({err})") from err
        gazetteer.add({entity: {name: name for name in names} for entity, names in vocabulary.lookups.items()})
        pipeline = EntityPipeline(
            tagger,
            gazetteer,
            read_values,
            synonyms={
                (kind, text): value for kind, texts in vocabulary.synonyms.items() for text, value in texts.items()
            },
            least_confidence=least_confidence,
        )
        return cls(intents=intents, encoder=encoder, pipeline=pipeline, ordinary_words=vocabulary.ordinary_words)

    def intents_of(self, text: str, entities: Sequence[Entity]) -> IntentPrediction:
        """Return the candidate intents of ``text``, in which ``entities`` were found."""
        layers = self.encoder.layers if self.encoder else None
        return self.intents.predict(text, masked=masked(text, entities), layers=layers)


def read_values(text: str, reading: Reading) -> Sequence[ValueSpan]:
    """Find the values in ``text`` with ``nlu.values``."""
    return tuple(
        ValueSpan(kind=found.kind, start=found.start, end=found.end, canonical=found.canonical)
        for found in find_values(text, reading)
    )
