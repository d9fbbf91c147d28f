"""The engine inside this process: trained models and the rules around them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from nlu.cleaning import CleanText, clean
from nlu.encoder import Encoder
from nlu.engine_settings import EngineSettings
from nlu.entities.topics import NO_TOPIC
from nlu.gazetteer import Gazetteer
from nlu.intents.model import IntentPrediction
from nlu.negation import ends_reminding, is_prohibition
from nlu.parse import FALLBACK_INTENT, Entity, IntentScore, ParseResult
from nlu.trained_model import TrainedModel
from nlu.values.reading import Reading


class EmbeddedEngine:
    """Implements ``nlu.parse.Engine`` with a model directory written by ``nlu.trainer``."""

    def __init__(self, model_dir: Path, settings: EngineSettings | None = None, *, encoder: Encoder | None) -> None:
        """Load the current model below ``model_dir``, or the one version ``model_dir`` is.

        ``encoder`` is the one the model was trained with (None if without); raises ModelMissing or a NluError of the
        parts when the model can not be used.
        """
        self._settings = settings or EngineSettings()
        self._encoder = encoder
        self._gazetteer = Gazetteer()
        self._model = self._load(model_dir)

    def swap(self, model_dir: Path) -> None:
        """Read messages with another model from now on; messages being read finish with the old one.

        Learned names stay. When the new model can not be loaded the old one stays and the error is raised.
        """
        self._model = self._load(model_dir)

    def _load(self, model_dir: Path) -> TrainedModel:
        model = TrainedModel.load(
            model_dir, self._gazetteer, self._encoder, least_confidence=self._settings.least_entity_confidence
        )
        self._gazetteer.treat_as_ordinary(model.ordinary_words)
        return model

    def learn_names(self, names: Mapping[str, Mapping[str, str]]) -> None:
        """Add names: ``{entity kind: {name or alias: canonical name}}``. Takes effect at once."""
        self._gazetteer.add(names)

    def forget_names(self, names: Mapping[str, frozenset[str]]) -> None:
        """Remove names: ``{entity kind: names}``. Unknown names are ignored."""
        self._gazetteer.remove(names)

    def parse(self, text: str, *, reading: Reading) -> ParseResult:
        """Read ``text`` as said at ``reading.now`` by a person in ``reading.zone`` with ``reading.locale``.

        All text is plain text: there is no way to name an intent or an entity in a message.
        """
        cleaned = clean(text)
        if not cleaned.text:
            return ParseResult(text=text, intent=IntentScore(name=FALLBACK_INTENT, confidence=1.0), in_scope=0.0)
        model = self._model
        first = model.pipeline.first_reading(cleaned.text, reading=reading)
        prediction = model.intents_of(cleaned.text, first.entities)
        ranking = refusing_what_is_prohibited(cleaned.text, prediction.ranking, self._settings)
        topic = prediction.ranking[0].name if prediction.accepted else NO_TOPIC
        entities = model.pipeline.read_again(first, topic=topic)
        return ParseResult(
            text=text,
            intent=self._decided(ranking, prediction),
            ranking=ranking[: self._settings.ranked],
            entities=tuple(_in_original(entity, cleaned) for entity in entities),
            in_scope=prediction.in_scope,
        )

    def _decided(self, ranking: tuple[IntentScore, ...], prediction: IntentPrediction) -> IntentScore:
        """Return the best intent, or the fallback (as confident as the best is not) when it is not good enough."""
        settings = self._settings
        in_scope = prediction.in_scope
        least = settings.least_in_scope
        accepted = prediction.accepted if least is None else in_scope >= least
        best = ranking[0]
        if accepted and best.confidence >= settings.least_confidence:
            return best
        return IntentScore(name=FALLBACK_INTENT, confidence=1.0 - min(best.confidence, in_scope))


def _in_original(entity: Entity, cleaned: CleanText) -> Entity:
    """Return ``entity`` with its place and text in the message as it was sent."""
    start, end = cleaned.original_span(entity.start, entity.end)
    return replace(entity, start=start, end=end, text=cleaned.original[start:end])


def refusing_what_is_prohibited(
    text: str, ranking: tuple[IntentScore, ...], settings: EngineSettings
) -> tuple[IntentScore, ...]:
    """Put the refusing intent in the place of an acting one that the message forbids.

    What ends a reminder is never read as making one: it is about deleting it.
    """
    if ranking[0].name == settings.reminding_intent and ends_reminding(text):
        ending = IntentScore(name=settings.ending_intent, confidence=ranking[0].confidence)
        ranking = (ending, *(score for score in ranking[1:] if score.name != settings.ending_intent))
    if ranking[0].name not in settings.acting_intents or not is_prohibition(text):
        return ranking
    refusal = IntentScore(name=settings.refusing_intent, confidence=ranking[0].confidence)
    others = tuple(
        score
        for score in ranking
        if score.name not in settings.acting_intents and score.name != settings.refusing_intent
    )
    return (refusal, *others)
