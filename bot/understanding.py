"""From text to what was meant: the engine's parse, made cautious where two readings are close."""

from __future__ import annotations

import re
from dataclasses import replace

from actions.call import Command, command_entities
from crm_store.names import name_key
from nlu.parse import FALLBACK_INTENT, Engine, Entity, IntentScore, ParseResult
from nlu.values.reading import Reading


def understand(engine: Engine, text: str, *, reading: Reading, ambiguity_margin: float) -> ParseResult:
    """The engine's reading; a fallback when its two best intents are closer than ``ambiguity_margin``."""
    parse = engine.parse(text, reading=reading)
    if parse.intent.name in _CHANGING and _SUPPOSING.match(text):
        # "What if we lose Granite?" asks; nothing is lost by it.
        return replace(parse, intent=IntentScore(name=FALLBACK_INTENT, confidence=1.0 - parse.intent.confidence))
    if len(parse.ranking) < 2 or parse.intent.name == FALLBACK_INTENT:
        return parse
    first, second = parse.ranking[0], parse.ranking[1]
    if first.confidence - second.confidence >= ambiguity_margin:
        return parse
    return replace(parse, intent=IntentScore(name=FALLBACK_INTENT, confidence=first.confidence))


def as_said(parse: ParseResult) -> ParseResult:
    """The parse with its entities as the actions are to read them.

    Dates stay words, because whether "March" lies ahead or behind depends on what is done with it. A name stays as
    short as it was said, because "acme" may fit several names on record; only a misspelling is taken from the
    gazetteer, and not even that where a new record is to be added: Peter Gibbons is no misspelling of Peter Gibbs.
    """
    if parse.intent.name in _ADDING:
        return replace(parse, entities=tuple(_verbatim(entity) for entity in parse.entities))
    return replace(parse, entities=tuple(_entity_as_said(entity) for entity in parse.entities))


def _entity_as_said(entity: Entity) -> Entity:
    if entity.entity == "date":
        return replace(entity, value=entity.text)
    if entity.entity in _NAMES and f" {name_key(entity.text)} " in f" {name_key(entity.value)} ":
        return replace(entity, value=entity.text)
    return entity


def _verbatim(entity: Entity) -> Entity:
    return replace(entity, value=entity.text) if entity.entity in _NAMES or entity.entity == "date" else entity


_SUPPOSING = re.compile(
    r"^\W*(?:and |but |so |ok |hm+ )?(?:what if|what happens if|suppose|supposing|imagine|assuming|hypothetically"
    r"|should (?:i|we)|would it (?:help|be)|could we have)\b",
    re.IGNORECASE,
)
_CHANGING = frozenset(
    {
        *("update_deal", "move_deal", "win_deal", "lose_deal", "reassign", "delete_record", "merge_records"),
        *("complete_task", "snooze_task", "close_ticket", "set_forecast_category"),
    }
)
_ADDING = frozenset({"add_account", "add_contact"})
_NAMES = frozenset({"account", "contact", "deal", "person", "product"})


def parse_of_command(command: Command, text: str) -> ParseResult:
    """A button's command as if it had been said and understood with certainty."""
    certain = IntentScore(name=command.intent, confidence=1.0)
    return ParseResult(text=text, intent=certain, ranking=(certain,), entities=command_entities(command))
