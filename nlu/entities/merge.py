"""Deciding which proposals stand when several parts of the pipeline see something in the same words.

The order of trust, highest first:

1. document numbers, e-mail addresses and phone numbers, unless they are part of tagged free text;
2. tagged spans, with two corrections: a value of the same entity gives its boundaries and its reading, and a name on
   record gives its kind when the tagger's kind is not on record;
3. names on record that cannot be ordinary words and hold a value inside them ("March Networks");
4. values, unless a date is nothing but words the tagger rules out;
5. other names on record that cannot be ordinary words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from nlu.entities.candidates import Candidates, ValueSpan
from nlu.entities.kinds import FREE_TEXT, NAMES, VALUES, VALUES_IF_TAGGED
from nlu.entities.tagger import TaggedSpan
from nlu.entities.tokens import tokenize
from nlu.gazetteer import NameHit
from nlu.parse import Entity

_AROUND = frozenset("\"' ")

Resolver = Callable[[str, str], str | None]
"""Takes an entity kind and a spelling; returns the name on record or None (see ``Gazetteer.resolve``)."""

Synonyms = Mapping[tuple[str, str], str]
"""The value of ``(entity, lower-case text)`` where annotators gave one."""


@dataclass(frozen=True, slots=True)
class _Message:
    """One message with all that is proposed for it."""

    text: str
    candidates: Candidates
    resolve: Resolver
    synonyms: Synonyms


def merge(text: str, candidates: Candidates, *, resolve: Resolver, synonyms: Synonyms) -> tuple[Entity, ...]:
    """Return the entities of ``text`` in order, none overlapping another."""
    message = _Message(text, candidates, resolve, synonyms)
    accepted: list[Entity] = []
    for entity in (*_addresses(message), *_tagged(message), *_untagged(message)):
        if all(entity.end <= other.start or entity.start >= other.end for other in accepted):
            accepted.append(entity)
    return tuple(sorted(accepted, key=lambda entity: entity.start))


def _addresses(message: _Message) -> list[Entity]:
    """Return document numbers, e-mail addresses and phone numbers: what is written so can be nothing else."""
    proposed = [
        _entity(message, number.entity, number.start, number.end, value=number.canonical, extractor="pattern")
        for number in message.candidates.documents
    ] + [
        _entity(message, value.kind, value.start, value.end, value=value.canonical, extractor="values")
        for value in message.candidates.values
        if value.kind in {"email", "phone"}
    ]
    quotations = [span for span in message.candidates.tagging.spans if span.entity in FREE_TEXT]
    return [
        entity
        for entity in proposed
        if not any(span.start <= entity.start and span.end > entity.end for span in quotations)
    ]


def _tagged(message: _Message) -> list[Entity]:
    trimmed = (_trimmed(message.text, span) for span in message.candidates.tagging.spans)
    whole = _joined(message.text, [span for span in trimmed if span is not None])
    return [_corrected(message, span) for span in whole]


def _joined(text: str, spans: list[TaggedSpan]) -> list[TaggedSpan]:
    """Return the spans with neighbouring pieces of one name put together: "Blue" and "Heron Ltd" side by side."""
    joined: list[TaggedSpan] = []
    for span in spans:
        last = joined[-1] if joined else None
        if (
            last is not None
            and span.entity in NAMES
            and (last.entity, last.role) == (span.entity, span.role)
            and text[last.end : span.start].isspace()
        ):
            joined[-1] = replace(last, end=span.end)
        else:
            joined.append(span)
    return joined


def _trimmed(text: str, span: TaggedSpan) -> TaggedSpan | None:
    """Return ``span`` without the quotation marks around it, None when nothing else is in it."""
    start, end = span.start, span.end
    while start < end and text[start] in _AROUND:
        start += 1
    while start < end and text[end - 1] in _AROUND:
        end -= 1
    return replace(span, start=start, end=end) if start < end else None


def _corrected(message: _Message, span: TaggedSpan) -> Entity:
    """Return a tagged span with the boundaries, kind and value that other readers know better."""
    entity = replace(
        _entity(message, span.entity, span.start, span.end, extractor="crf"),
        role=span.role,
        confidence=span.confidence,
    )
    if (value := _value_within(message, span)) is not None:
        # Words that only help to read a tagged entity are no part of it ("option" in "option 3").
        place = value if value.kind in VALUES else span
        return _at(message, entity, place.start, place.end, value.canonical)
    if span.entity in NAMES:
        return _known_name(message, entity)
    return entity


def _value_within(message: _Message, span: TaggedSpan) -> ValueSpan | None:
    """Return the longest value of the span's entity that shares characters with it."""
    kinds = {**VALUES, **VALUES_IF_TAGGED}
    overlapping = [
        value
        for value in message.candidates.values
        if kinds.get(value.kind) == span.entity and value.start < span.end and value.end > span.start
    ]
    # A sum of money says more than the bare number in it.
    return max(overlapping, key=lambda value: (value.kind in VALUES, value.end - value.start), default=None)


def _known_name(message: _Message, entity: Entity) -> Entity:
    """Return a tagged name as it is on record: as the tagged kind if known as such, else as the kind it is known as."""
    covering = [hit for hit in message.candidates.names if hit.start <= entity.start and hit.end >= entity.end]
    alike = next((hit for hit in covering if hit.kind == entity.entity), None)
    hit = alike or next((hit for kind in NAMES for hit in covering if hit.kind == kind), None)
    if hit is not None:
        known = replace(entity, entity=hit.kind, extractor="crf+gazetteer")
        return _at(message, known, hit.start, hit.end, hit.canonical)
    return replace(entity, value=message.resolve(entity.entity, entity.text) or entity.value)


def _untagged(message: _Message) -> list[Entity]:
    """Return what nobody tagged: values and certain names, those that hold a value inside them before the others."""
    values = [value for value in message.candidates.values if value.kind in VALUES and not _ruled_out(message, value)]
    names = [hit for kind in NAMES for hit in message.candidates.names if hit.kind == kind and hit.certain]
    names += [hit for hit in message.candidates.names if hit.kind not in NAMES and hit.certain]
    wider = [hit for hit in names if any(_strictly_within(value, hit) for value in values)]
    return [
        *(_of_name(message, hit) for hit in wider),
        *(
            _entity(message, VALUES[value.kind], value.start, value.end, value=value.canonical, extractor="values")
            for value in values
        ),
        *(_of_name(message, hit) for hit in names),
    ]


def _ruled_out(message: _Message, value: ValueSpan) -> bool:
    """Say whether a date is a mere manner of speaking ("it works now"): the tagger is sure of each of its words."""
    if value.kind != "date":
        return False
    ruled_out = message.candidates.tagging.ruled_out
    words = tokenize(message.text[value.start : value.end])
    return all((value.start + word.start, value.start + word.end) in ruled_out for word in words)


def _strictly_within(value: ValueSpan, hit: NameHit) -> bool:
    return hit.start <= value.start and value.end <= hit.end and value.end - value.start < hit.end - hit.start


def _of_name(message: _Message, hit: NameHit) -> Entity:
    return _entity(message, hit.kind, hit.start, hit.end, value=hit.canonical, extractor="gazetteer")


def _at(message: _Message, entity: Entity, start: int, end: int, value: str | None) -> Entity:
    text = message.text[start:end]
    return replace(entity, start=start, end=end, text=text, value=value or text)


def _entity(message: _Message, kind: str, start: int, end: int, *, extractor: str, value: str | None = None) -> Entity:
    text = message.text[start:end]
    known = value or message.synonyms.get((kind, text.lower())) or text
    return Entity(entity=kind, start=start, end=end, text=text, value=known, extractor=extractor)
