"""From text to what was meant: the engine's parse, made cautious where two readings are close."""

from __future__ import annotations

from dataclasses import replace

from actions.call import Command, command_entities
from nlu.parse import FALLBACK_INTENT, Engine, IntentScore, ParseResult
from nlu.values.reading import Reading


def understand(engine: Engine, text: str, *, reading: Reading, ambiguity_margin: float) -> ParseResult:
    """The engine's reading; a fallback when its two best intents are closer than ``ambiguity_margin``."""
    parse = engine.parse(text, reading=reading)
    if len(parse.ranking) < 2 or parse.intent.name == FALLBACK_INTENT:
        return parse
    first, second = parse.ranking[0], parse.ranking[1]
    if first.confidence - second.confidence >= ambiguity_margin:
        return parse
    return replace(parse, intent=IntentScore(name=FALLBACK_INTENT, confidence=first.confidence))


def parse_of_command(command: Command, text: str) -> ParseResult:
    """A button's command as if it had been said and understood with certainty."""
    certain = IntentScore(name=command.intent, confidence=1.0)
    return ParseResult(text=text, intent=certain, ranking=(certain,), entities=command_entities(command))
