"""What was meant when somebody used an element of ours: the command it stands for, or the form it opens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from actions.call import Command
from actions.forms import FORMS
from crm_store.refs import RecordRef

_FILLS = {"close_date": ("update_deal", "date")}
"""Fields that are changed in place: the intent and the entity that the new value becomes."""


def command_of_action(action: Mapping[str, Any]) -> Command | None:
    """The command of an element whose ``action_id`` is "do:<n>" or "fill:<field>:<ref>"; None for any other.

    ``action`` is one of the actions of a block_actions payload, which Slack has signed. A calendar that was emptied
    says nothing.
    """
    kind, _, rest = str(action.get("action_id") or "").partition(":")
    if kind == "do":
        chosen = action.get("selected_option") or action
        return Command.from_text(str(chosen.get("value") or ""))
    if kind != "fill":
        return None
    field, _, ref = rest.partition(":")
    value = action.get("selected_date")
    if field not in _FILLS or RecordRef.from_text(ref) is None or not value:
        return None
    intent, entity = _FILLS[field]
    return Command(intent, {"ref": ref, entity: str(value)})


def said_in_action(action: Mapping[str, Any]) -> dict[str, str]:
    """The values that a button fills the fields of its form with."""
    try:
        found = json.loads(str(action.get("value") or "{}"))
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def form_of_action(action: Mapping[str, Any]) -> tuple[str, str | None] | None:
    """The form that a button "open:<form>:<ref>" opens, and the record it is about; None for any other element."""
    kind, _, rest = str(action.get("action_id") or "").partition(":")
    form, _, ref = rest.partition(":")
    if kind != "open" or form not in FORMS:
        return None
    return form, ref if RecordRef.from_text(ref) is not None else None
