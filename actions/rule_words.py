"""A rule in a sentence: "When a deal enters Negotiation, if amount is above 50,000: tell the rule's owner"."""

from __future__ import annotations

from babel.numbers import format_decimal
from sqlalchemy import select

from actions.formatting import percent_text
from actions.turn import Turn
from actions.words import Words
from crm_store.automation.definition import (
    Assign,
    CallWebhook,
    Condition,
    CreateTask,
    Notify,
    RecordChanged,
    RecordCreated,
    RuleAction,
    RuleDefinition,
    ScoreCrossed,
    SendEmail,
    SetField,
    StageEntered,
    StartApproval,
    TicketEvent,
    TimePassed,
    Trigger,
)
from crm_store.models import User

_KNOWN = frozenset({"me", "owner", "manager", "team", "contact"})
_TYPES = frozenset({"won", "lost"})


def rule_text(turn: Turn, rule: RuleDefinition) -> str:
    """The rule, without a full stop."""
    words = turn.words
    conditions = "; ".join(_condition(turn, each) for each in rule.conditions)
    return words.say(
        "utter_rule_text",
        when=_when(turn, rule.when),
        conditions=words.say("utter_rule_conditions", conditions=conditions) if conditions else "",
        actions="; ".join(_action(turn, each) for each in rule.actions),
    )


def _when(turn: Turn, trigger: Trigger) -> str:
    words = turn.words
    match trigger:
        case RecordCreated():
            return words.say("utter_rule_when_created", record=trigger.record)
        case RecordChanged(field=None):
            return words.say("utter_rule_when_changed", record=trigger.record)
        case RecordChanged():
            return words.say("utter_rule_when_field_changed", field=_field(trigger.field or ""), record=trigger.record)
        case StageEntered():
            if trigger.stage.casefold() in _TYPES:
                return words.say(f"utter_rule_when_stage_{trigger.stage.casefold()}")
            return words.say("utter_rule_when_stage", stage=trigger.stage)
        case TimePassed():
            name = "on" if trigger.days == 0 else "before" if trigger.days < 0 else "after"
            data = {"field": _moment(words, trigger.field), "record": trigger.record}
            if name != "on":
                data["days"] = words.counted("day", abs(trigger.days))
            return words.say(f"utter_rule_when_{name}", **data)
        case ScoreCrossed():
            return words.say("utter_rule_when_score", share=percent_text(trigger.above, turn.reading))
        case TicketEvent():
            return words.say(f"utter_rule_when_ticket_{trigger.what}")


def _condition(turn: Turn, condition: Condition) -> str:
    field = _field(condition.field)
    if condition.op in {"empty", "filled"}:
        return turn.words.say(f"utter_rule_if_{condition.op}", field=field)
    value = condition.value
    if isinstance(value, list):
        text = ", ".join(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        text = format_decimal(value, locale=turn.reading.locale)
    else:
        text = str(value)
    if condition.op == "containing":
        return turn.words.say("utter_rule_if_containing", field=field, value=text)
    relation = "" if condition.op == "equal to" else condition.op
    return " ".join(turn.words.say("utter_rule_if", field=field, relation=relation, value=text).split())


def _action(turn: Turn, action: RuleAction) -> str:
    words = turn.words
    match action:
        case Notify():
            return words.say("utter_rule_do_notify", who=_who(turn, action.who))
        case CreateTask():
            data = {"who": _who(turn, action.who), "subject": action.subject}
            if action.in_days == 0:
                return words.say("utter_rule_do_create_task_at_once", **data)
            return words.say("utter_rule_do_create_task", days=words.counted("day", action.in_days), **data)
        case Assign():
            return words.say("utter_rule_do_assign", who=_who(turn, action.who))
        case SetField():
            return words.say("utter_rule_do_set_field", field=_field(action.field), value=str(action.value))
        case StartApproval():
            who, field = _who(turn, action.who), _field(action.field)
            return words.say("utter_rule_do_start_approval", who=who, field=field, value=str(action.value))
        case SendEmail():
            return words.say("utter_rule_do_send_email", who=_who(turn, action.to), subject=action.subject)
        case CallWebhook():
            return words.say("utter_rule_do_call_webhook", url=action.url)


def _who(turn: Turn, who: str) -> str:
    if who in _KNOWN:
        return turn.words.label(f"rule_who_{who}")
    person = turn.session.scalar(select(User.name).where(User.handle == who))
    return person or who


def _moment(words: Words, field: str) -> str:
    return words.label(f"rule_moment_{field}") if words.has(f"utter_label_rule_moment_{field}") else _field(field)


def _field(path: str) -> str:
    """The field as people call it: "closed_at" is "closed", "account.industry" is "account industry"."""
    return path.replace(".", " ").removesuffix("_at").removesuffix("_on").replace("_", " ")
