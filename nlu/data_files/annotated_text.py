"""Rasa's inline annotation: ``from [Berlin](city) to [NYC]{"entity": "city", "role": "to", "value": "New York"}``."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from nlu.training_data import AnnotatedSpan

# A bracketed span followed at once by (entity), (entity:value), {one JSON object} or [a list of JSON objects].
_ANNOTATION = re.compile(r"\[(?P<span>[^\[\]]+)\](?:\((?P<plain>[^()]+)\)|(?P<object>\{[^{}]*\}))")
_SUSPICIOUS = re.compile(r"\[[^\[\]]*\](?=[({])")


class AnnotationError(ValueError):
    """An annotation that can not be read; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class AnnotatedText:
    """The text without its markup, and the spans with offsets into that text."""

    text: str
    spans: tuple[AnnotatedSpan, ...]


def read_annotated_text(marked: str) -> AnnotatedText:
    """Split ``marked`` into plain text and spans. Raises AnnotationError for markup that can not be read.

    Square brackets that no ``(`` or ``{`` follows are text, as in Rasa.
    """
    pieces: list[str] = []
    spans: list[AnnotatedSpan] = []
    length = 0
    done = 0
    for match in _ANNOTATION.finditer(marked):
        before = _plain(marked[done : match.start()])
        inside = match["span"]
        start = length + len(before)
        spans.append(_span(match, start, start + len(inside)))
        pieces += (before, inside)
        length = start + len(inside)
        done = match.end()
    pieces.append(_plain(marked[done:]))
    return AnnotatedText("".join(pieces), tuple(spans))


def _plain(text: str) -> str:
    """Return ``text``, which lies between annotations, or refuse what looks like a broken annotation."""
    broken = _SUSPICIOUS.search(text)
    if broken:
        raise AnnotationError(f"can not read the annotation at {text[broken.start() : broken.start() + 40]!r}")
    return text


def _span(match: re.Match[str], start: int, end: int) -> AnnotatedSpan:
    if match["plain"] is not None:
        entity, _, value = match["plain"].partition(":")
        return _checked(match, {"entity": entity.strip(), "value": value.strip() or None}, start, end)
    try:
        fields = json.loads(match["object"])
    except json.JSONDecodeError as err:
        raise AnnotationError(f"{match['object']} after [{match['span']}] is not JSON: {err.msg}") from err
    return _checked(match, fields, start, end)


def _checked(match: re.Match[str], fields: dict[str, object], start: int, end: int) -> AnnotatedSpan:
    entity = fields.get("entity")
    if not isinstance(entity, str) or not entity:
        raise AnnotationError(f"the annotation of [{match['span']}] names no entity")
    unknown = set(fields) - {"entity", "role", "group", "value"}
    if unknown:
        raise AnnotationError(f"the annotation of [{match['span']}] has unknown keys: {', '.join(sorted(unknown))}")
    return AnnotatedSpan(
        entity=entity,
        start=start,
        end=end,
        role=_text(fields.get("role")),
        group=_text(fields.get("group")),
        value=_text(fields.get("value")),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
