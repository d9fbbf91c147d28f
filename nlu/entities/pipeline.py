"""The entity pipeline: a spaCy language whose components each propose entities for a message, and a last word on them.

The components run in this order: values and document numbers (by rule), names on record (gazetteer), and the trained
tagger, which sees the proposals of the others as hints. ``merge`` then decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import cast

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from nlu.entities.candidates import Candidates, ValueSpan
from nlu.entities.documents import find_document_numbers
from nlu.entities.hints import Hint
from nlu.entities.merge import Synonyms, merge
from nlu.entities.tagger import EntityTagger, Tagging
from nlu.entities.tokens import tokenize
from nlu.gazetteer import Gazetteer
from nlu.parse import Entity
from nlu.values.reading import Reading

ValueFinder = Callable[[str, Reading], Sequence[ValueSpan]]
"""Reads the values in a text."""

_CANDIDATES, _READING, _TOPIC = "rapport_candidates", "rapport_reading", "rapport_topic"


class MessageTokenizer:
    """The tokenizer of ``nlu.entities.tokens`` as spaCy wants it."""

    def __init__(self, vocab: Vocab) -> None:
        self._vocab = vocab

    def __call__(self, text: str) -> Doc:
        """Return a document that has the tokens of ``text`` and, in between, the white space as tokens of its own."""
        words: list[str] = []
        spaces: list[bool] = []
        reached = 0
        for token in tokenize(text):
            gap = text[reached : token.start]
            if gap == " " and words:
                spaces[-1] = True
            elif gap:
                words.append(gap)
                spaces.append(False)
            words.append(token.text)
            spaces.append(False)
            reached = token.end
        if text[reached:]:
            words.append(text[reached:])
            spaces.append(False)
        return Doc(self._vocab, words=words, spaces=spaces)


class ValueComponent:
    """Proposes the values in a message and the numbers of documents."""

    def __init__(self, find_values: ValueFinder | None = None) -> None:
        self.find_values = find_values

    def __call__(self, doc: Doc) -> Doc:
        candidates = _candidates(doc)
        candidates.documents = find_document_numbers(doc.text)
        if self.find_values is not None:
            candidates.values = tuple(self.find_values(doc.text, doc.user_data[_READING]))
        return doc


class NameComponent:
    """Proposes the names on record."""

    def __init__(self, gazetteer: Gazetteer | None = None) -> None:
        self.gazetteer = gazetteer

    def __call__(self, doc: Doc) -> Doc:
        if self.gazetteer is not None:
            _candidates(doc).names = self.gazetteer.find(doc.text)
        return doc


class TaggerComponent:
    """Proposes what the trained tagger sees, given what the others proposed."""

    def __init__(self, tagger: EntityTagger | None = None, least_confidence: float = 0.0) -> None:
        self.tagger = tagger
        self.least_confidence = least_confidence

    def __call__(self, doc: Doc) -> Doc:
        candidates = _candidates(doc)
        candidates.tagging = self.tagging_of(doc.text, candidates, doc.user_data.get(_TOPIC))
        return doc

    def tagging_of(self, text: str, candidates: Candidates, topic: str | None) -> Tagging:
        """Return what the tagger sees in ``text`` beside the proposals of the others."""
        if self.tagger is None:
            return Tagging()
        tagging = self.tagger.read(text, hints=hints_of(candidates), topic=topic)
        spans = tuple(span for span in tagging.spans if span.confidence >= self.least_confidence)
        return replace(tagging, spans=spans)


@Language.factory("rapport_values")
def _value_component(nlp: Language, name: str) -> ValueComponent:
    return ValueComponent()


@Language.factory("rapport_names")
def _name_component(nlp: Language, name: str) -> NameComponent:
    return NameComponent()


@Language.factory("rapport_tagger")
def _tagger_component(nlp: Language, name: str) -> TaggerComponent:
    return TaggerComponent()


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstReading:
    """The ``entities`` of a message read with the tagger's own guess at its ``topic``, and the proposals for them."""

    text: str
    topic: str | None
    candidates: Candidates
    entities: tuple[Entity, ...]


class EntityPipeline:
    """Finds the entities of messages. Safe to call from several threads at once."""

    def __init__(
        self,
        tagger: EntityTagger,
        gazetteer: Gazetteer,
        find_values: ValueFinder,
        *,
        synonyms: Synonyms,
        least_confidence: float = 0.0,
    ) -> None:
        """Assemble the pipeline; tagged spans below ``least_confidence`` are not even proposed."""
        self.language = spacy.blank("xx")
        self.language.tokenizer = MessageTokenizer(self.language.vocab)
        # spaCy builds components from names; what they work with is living objects, put in afterwards.
        values = cast(ValueComponent, self.language.add_pipe("rapport_values"))
        values.find_values = find_values
        names = cast(NameComponent, self.language.add_pipe("rapport_names"))
        names.gazetteer = gazetteer
        tagging = cast(TaggerComponent, self.language.add_pipe("rapport_tagger"))
        tagging.tagger, tagging.least_confidence = tagger, least_confidence
        self._tagger, self._tagging = tagger, tagging
        self._gazetteer = gazetteer
        self._synonyms = synonyms

    def entities(self, text: str, *, reading: Reading, topic: str | None = None) -> tuple[Entity, ...]:
        """Return the entities of ``text`` in order, none overlapping another.

        ``topic`` is the intent of the message if known ("" when it has none), which saves the tagger guessing it.
        """
        return self._merged(self.candidates(text, reading=reading, topic=topic), text)

    def first_reading(self, text: str, *, reading: Reading) -> FirstReading:
        """Return the entities of ``text`` as far as they can be told before its intent is known."""
        topic = self._tagger.topic_of(text)
        candidates = self.candidates(text, reading=reading, topic=topic)
        return FirstReading(text=text, topic=topic, candidates=candidates, entities=self._merged(candidates, text))

    def read_again(self, first: FirstReading, *, topic: str) -> tuple[Entity, ...]:
        """Return the entities of the message now that its topic is known."""
        if first.topic in {None, topic}:
            return first.entities
        candidates = replace(first.candidates)
        candidates.tagging = self._tagging.tagging_of(first.text, candidates, topic)
        return self._merged(candidates, first.text)

    def candidates(self, text: str, *, reading: Reading, topic: str | None) -> Candidates:
        """Return what is proposed for ``text``."""
        doc = self.language.make_doc(text)
        doc.user_data[_READING] = reading
        doc.user_data[_TOPIC] = topic
        return _candidates(self.language(doc))

    def _merged(self, candidates: Candidates, text: str) -> tuple[Entity, ...]:
        return merge(text, candidates, resolve=self._gazetteer.resolve, synonyms=self._synonyms)


def hints_of(candidates: Candidates) -> list[Hint]:
    """Return what values, document numbers and names on record tell the tagger."""
    hints = [Hint(f"value:{value.kind}", value.start, value.end) for value in candidates.values]
    hints += [Hint(f"document:{number.entity}", number.start, number.end) for number in candidates.documents]
    hints += [Hint(f"name:{hit.kind}", hit.start, hit.end) for hit in candidates.names]
    return hints


def _candidates(doc: Doc) -> Candidates:
    return cast(Candidates, doc.user_data.setdefault(_CANDIDATES, Candidates()))
