"""More examples from those there are: other names in the same places, lower case, no punctuation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import NamedTuple

from nlu.entities.hints import Hint
from nlu.gazetteer import Gazetteer
from nlu.training_data import AnnotatedSpan, TrainingExample

Inventor = Callable[[Random], str]
"""Makes up a name."""

# Only where nothing else can be meant: a full stop in "1.5" or "acme.com" is no punctuation.
_PUNCTUATION = re.compile(r"[.,!?;:]+(?=\s|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class AugmentationSettings:
    """How to vary examples; nothing is left to chance but the seeded choice.

    ``inventors`` says which entities are names, and how to invent them (None: only names from other examples).
    ``copies`` variants are made of every example with names and one of the others; each is written in lower case with
    probability ``lower_case``, without punctuation with probability ``no_punctuation``, and a name between quotation
    marks with probability ``quoted``.
    """

    inventors: Mapping[str, Inventor | None]
    copies: int = 1
    invented: float = 0.6
    lower_case: float = 0.5
    no_punctuation: float = 0.3
    quoted: float = 0.08
    seed: int = 7


class Variant(NamedTuple):
    """An example, varied or not, and the number of the example it comes from."""

    example: TrainingExample
    origin: int


def augment(examples: Sequence[TrainingExample], settings: AugmentationSettings) -> tuple[Variant, ...]:
    """Return ``examples`` and their variants after them; the same input gives the same output."""
    random = Random(settings.seed)
    seen = {
        entity: sorted({example.text[span.start : span.end] for example, span in _spans(examples, entity)})
        for entity in settings.inventors
    }
    variants = [Variant(example, number) for number, example in enumerate(examples)]
    for number, example in enumerate(examples):
        named = any(span.entity in settings.inventors for span in example.entities)
        for _ in range(settings.copies if named else 1):
            variant = _variant(example, seen, settings, random)
            if variant.text != example.text:
                variants.append(Variant(variant, number))
    return tuple(variants)


def _spans(examples: Sequence[TrainingExample], entity: str) -> Iterator[tuple[TrainingExample, AnnotatedSpan]]:
    for example in examples:
        for span in example.entities:
            if span.entity == entity:
                yield example, span


def _variant(
    example: TrainingExample, seen: Mapping[str, Sequence[str]], settings: AugmentationSettings, random: Random
) -> TrainingExample:
    lower = random.random() < settings.lower_case
    unpunctuated = random.random() < settings.no_punctuation
    text = ""
    spans = []
    reached = 0
    for span in (*example.entities, None):
        between = example.text[reached : span.start if span else len(example.text)]
        text += _PUNCTUATION.sub("", between) if unpunctuated else between
        if span is None:
            break
        words = example.text[span.start : span.end]
        if span.entity in settings.inventors:
            words = _other_name(span.entity, seen, settings, random)
        quote = '"' if span.entity in settings.inventors and random.random() < settings.quoted else ""
        text += quote
        spans.append(replace(span, start=len(text), end=len(text) + len(words), value=None))
        text += words + quote
        reached = span.end
    # Some capitals have lower-case forms of another length ("İ"), which would move the spans.
    if lower and len(text.lower()) == len(text):
        text = text.lower()
    return replace(example, text=text, entities=tuple(spans))


def _other_name(entity: str, seen: Mapping[str, Sequence[str]], settings: AugmentationSettings, random: Random) -> str:
    inventor = settings.inventors[entity]
    if inventor is not None and random.random() < settings.invented:
        return inventor(random)
    return random.choice(seen[entity])


def names_in(examples: Sequence[TrainingExample], kinds: Sequence[str]) -> Gazetteer:
    """Return a gazetteer of the names of ``kinds`` marked in ``examples``."""
    known = Gazetteer()
    for kind in kinds:
        spans = _spans(examples, kind)
        known.add({kind: {name: name for name in (one.text[span.start : span.end] for one, span in spans)}})
    return known


def simulated_name_hints(
    example: TrainingExample, kinds: Sequence[str], known_names: Gazetteer, random: Random, *, known: float = 0.5
) -> list[Hint]:
    """Return the hints a gazetteer would give that knows each name with probability ``known``.

    Names marked in ``example`` are hinted at, and so is what ``known_names`` finds elsewhere in it: names that are part
    of free text, and ordinary words that are somebody's name ("target", "will"). Without these the tagger would learn
    to believe every hint.
    """
    marked = [span for span in example.entities if span.entity in kinds]
    hints = [Hint(f"name:{span.entity}", span.start, span.end) for span in marked if random.random() < known]
    for hit in known_names.find(example.text):
        elsewhere = all(hit.end <= span.start or hit.start >= span.end for span in marked)
        if elsewhere and random.random() < known:
            hints.append(Hint(f"name:{hit.kind}", hit.start, hit.end))
    return hints
