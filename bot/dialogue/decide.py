"""What to do next. Pure: a state and a parse in, a decision out; nothing is read, written or timed here.

The order is Rasa's: slots are filled by their mappings; an open form takes the message when it filled one of its slots;
otherwise the rule of the message's intent applies, also in the middle of a form; what no rule covers is a fallback.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.dialogue.domain import Domain, SlotMapping
from bot.dialogue.state import DialogueState
from nlu.parse import FALLBACK_INTENT, Entity, ParseResult


@dataclass(frozen=True, slots=True, kw_only=True)
class FillForm:
    """Give ``said`` (slot → text) to ``form``: validate, then ask for what is missing or submit."""

    form: str
    said: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Run actions or plain responses in order. ``closes_form``: end the open form first."""

    actions: tuple[str, ...]
    said: Mapping[str, str] = field(default_factory=dict)
    closes_form: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Ask for a slot of the open form."""

    form: str
    slot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """The form is complete: close it and run what its rule says."""

    form: str
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fallback:
    """No rule covers the message."""


Decision = FillForm | Call | Fallback


def decide(domain: Domain, state: DialogueState, parse: ParseResult) -> Decision:
    """What a message asks for in this state."""
    said = slots_said(domain, state, parse)
    intent = parse.intent.name
    if state.form is not None and _is_for_form(domain, state.form, said, intent):
        return FillForm(form=state.form, said=of_form(domain, state.form, said))
    rule = domain.rule_for(intent, form=state.form, slots=state.slots, last_action=state.last_action)
    if rule is None and intent != FALLBACK_INTENT:
        rule = domain.rule_for(FALLBACK_INTENT, form=state.form, slots=state.slots, last_action=state.last_action)
    if rule is None:
        return Fallback()
    if rule.starts is not None:
        return FillForm(form=rule.starts, said=of_form(domain, rule.starts, said))
    return Call(actions=rule.actions, said=said, closes_form=rule.closes_form)


def next_in_form(domain: Domain, form: str, slots: Mapping[str, str | None]) -> Ask | Submit:
    """What a form does once its slots are read: ask for the first one still empty, or submit."""
    for slot in domain.forms[form].required_slots:
        if slots.get(slot) is None:
            return Ask(form=form, slot=slot)
    rule = domain.submission_of(form)
    return Submit(form=form, actions=rule.actions if rule else ())


def slots_said(domain: Domain, state: DialogueState, parse: ParseResult) -> dict[str, str]:
    """The slots a message fills by their mappings; the first mapping that applies wins."""
    said: dict[str, str] = {}
    for name, slot in domain.slots.items():
        for mapping in slot.mappings:
            value = _mapped(mapping, state, parse) if _applies(mapping, state, parse.intent.name) else None
            if value is not None:
                said[name] = value
                break
    return said


def _applies(mapping: SlotMapping, state: DialogueState, intent: str) -> bool:
    if mapping.intent and intent not in mapping.intent:
        return False
    if intent in mapping.not_intent:
        return False
    return not mapping.conditions or any(
        condition.active_loop == state.form
        and (condition.requested_slot is None or condition.requested_slot == state.requested_slot)
        for condition in mapping.conditions
    )


def _mapped(mapping: SlotMapping, state: DialogueState, parse: ParseResult) -> str | None:
    match mapping.type:
        case "from_entity":
            return next((e.value for e in parse.entities if _fits(e, mapping)), None)
        case "from_text":
            return parse.text.strip() or None
        case "from_intent":
            return str(mapping.value)
        case "from_trigger_intent":
            return str(mapping.value) if state.form is None else None
    return None


def _fits(entity: Entity, mapping: SlotMapping) -> bool:
    return entity.entity == mapping.entity and (mapping.role is None or entity.role == mapping.role)


def _is_for_form(domain: Domain, form: str, said: Mapping[str, str], intent: str) -> bool:
    return intent not in domain.forms[form].ignored_intents and bool(of_form(domain, form, said))


def of_form(domain: Domain, form: str, said: Mapping[str, str]) -> dict[str, str]:
    """Those of ``said`` that belong to ``form``, its optional slots included."""
    theirs = slots_of_form(domain, form)
    return {name: value for name, value in said.items() if name in theirs}


def slots_of_form(domain: Domain, form: str) -> list[str]:
    """All slots of a form: those it asks for, and its optional ones.

    Optional slots share the prefix: deal_name belongs to log_deal_form through deal_account's.
    """
    required = domain.forms[form].required_slots
    prefixes = tuple({slot.split("_", 1)[0] + "_" for slot in required})
    return [name for name in domain.slots if name in required or name.startswith(prefixes)]
