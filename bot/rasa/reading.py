"""Reading messages with a Rasa server: its intents and entities, our values and the names on record.

Rasa's extractors see what is like their examples; which names are on record changes every day, and what an amount or a
date is worth, grammars read better than any model. So what Rasa found takes the place of the embedded engine's tagger,
and the rest of the entity pipeline decides as it always does.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.rasa.client import RasaClient, RasaEntity, RasaParse
from nlu.data_files.loading import load_training_data
from nlu.embedded import refusing_what_is_prohibited
from nlu.engine_settings import EngineSettings
from nlu.entities.candidates import Candidates
from nlu.entities.documents import find_document_numbers
from nlu.entities.merge import merge
from nlu.entities.tagger import TaggedSpan, Tagging
from nlu.gazetteer import Gazetteer
from nlu.parse import FALLBACK_INTENT, Entity, IntentScore, ParseResult
from nlu.trained_model import read_values
from nlu.trainer import vocabulary_of
from nlu.values.reading import Reading

LONGEST = 2_000
"""So many characters of a message are shown to Rasa: what DIET needs grows with the square of the length."""


class RasaEngine:
    """Implements ``nlu.parse.Engine``; raises EngineUnavailable when the server cannot be asked."""

    def __init__(self, client: RasaClient, data_dir: Path, settings: EngineSettings | None = None) -> None:
        """``data_dir`` holds the examples Rasa was trained on: their words are ordinary words, no names."""
        self._client = client
        self._settings = settings or EngineSettings()
        self._gazetteer = Gazetteer()
        vocabulary = vocabulary_of(load_training_data(data_dir))
        self._gazetteer.treat_as_ordinary(vocabulary.ordinary_words)
        self._gazetteer.add({entity: {name: name for name in names} for entity, names in vocabulary.lookups.items()})
        self._synonyms = {
            (kind, text): value for kind, texts in vocabulary.synonyms.items() for text, value in texts.items()
        }

    def learn_names(self, names: Mapping[str, Mapping[str, str]]) -> None:
        """Add names: ``{entity kind: {name or alias: canonical name}}``. Takes effect at once."""
        self._gazetteer.add(names)

    def forget_names(self, names: Mapping[str, frozenset[str]]) -> None:
        """Remove names: ``{entity kind: names}``. Unknown names are ignored."""
        self._gazetteer.remove(names)

    def parse(self, text: str, *, reading: Reading) -> ParseResult:
        """Read ``text``; all of it is plain text, also where it begins like a command."""
        if not text.strip():
            return ParseResult(text=text, intent=IntentScore(name=FALLBACK_INTENT, confidence=1.0), in_scope=0.0)
        return self.read(text, self._client.parse(text[:LONGEST]), reading)

    def read(self, text: str, found: RasaParse, reading: Reading) -> ParseResult:
        """What Rasa ``found`` in ``text``, with names on record, values and document numbers added."""
        ranking = tuple(
            IntentScore(name=each.name, confidence=each.confidence)
            for each in found.intent_ranking
            if each.name is not None and each.name != FALLBACK_INTENT
        )
        ranking = refusing_what_is_prohibited(text, ranking, self._settings) if ranking else ranking
        return ParseResult(
            text=text,
            intent=self._decided(found, ranking),
            ranking=ranking[: self._settings.ranked],
            entities=self._entities(text, found.entities, reading),
            in_scope=ranking[0].confidence if ranking else 0.0,
        )

    def _decided(self, found: RasaParse, ranking: tuple[IntentScore, ...]) -> IntentScore:
        if found.intent.name in {None, FALLBACK_INTENT} or not ranking:
            best = ranking[0].confidence if ranking else 0.0
            return IntentScore(name=FALLBACK_INTENT, confidence=1.0 - best)
        return ranking[0]

    def _entities(self, text: str, found: list[RasaEntity], reading: Reading) -> tuple[Entity, ...]:
        spans = tuple(
            TaggedSpan(
                entity=each.entity,
                start=each.start,
                end=each.end,
                role=each.role,
                confidence=1.0 if each.confidence_entity is None else each.confidence_entity,
            )
            for each in sorted(found, key=lambda each: each.start)
            if 0 <= each.start < each.end <= len(text)
        )
        candidates = Candidates(
            values=tuple(read_values(text, reading)),
            documents=find_document_numbers(text),
            names=self._gazetteer.find(text),
            tagging=Tagging(spans=spans),
        )
        return merge(text, candidates, resolve=self._gazetteer.resolve, synonyms=self._synonyms)
