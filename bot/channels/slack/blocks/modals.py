"""Forms as Slack's modals: shown, read back, and told what is wrong in them.

A modal's ``callback_id`` is the form's name. Its ``private_metadata`` keeps what the form was opened with, as digests,
so that its size does not depend on what people wrote; and ``carry``, which belongs to whoever opened it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from actions.forms import FORMS, Field, FormState, Input, Outcome, Submission, digest
from actions.words import Words
from bot.channels.slack.blocks import texts
from bot.channels.slack.blocks.controls import option
from bot.channels.slack.blocks.messages import Block
from bot.channels.slack.blocks.sizes import OPTIONS, PRIVATE_METADATA, VIEW_BUTTON, VIEW_TITLE, units

_VALUE = "value"
CARRIED = 1_500
"""Characters of ``carry`` in its JSON form that fit beside what a form keeps itself."""


def form_view(
    state: FormState, words: Words, *, carry: Mapping[str, str] | None = None, entered: Mapping[str, str] | None = None
) -> Block:
    """The modal of a form. ``entered`` are values that somebody has filled in already: shown instead of the state's.

    Raises ValueError when ``carry`` is too large.
    """
    shown = {**state.values, **(entered or {})}
    blocks = [*texts.paragraphs(state.notice)]
    spec = FORMS[state.form]
    # A value that a field cannot hold is left out: shown cut off, it would be saved cut off.
    fields = [each for each in spec.fields if not spec.changes or units(shown.get(each.name, "")) <= each.longest]
    blocks += [_input(each, shown.get(each.name, ""), state, words) for each in fields]
    return {
        "type": "modal",
        "callback_id": state.form,
        "title": texts.plain(texts.shortened(words.say(f"utter_form_{state.form}"), VIEW_TITLE)),
        "submit": texts.plain(texts.shortened(words.label("save"), VIEW_BUTTON)),
        "close": texts.plain(texts.shortened(words.label("cancel"), VIEW_BUTTON)),
        "private_metadata": _metadata(state, carry or {}),
        "blocks": blocks,
    }


def read_submission(view: Mapping[str, Any]) -> tuple[Submission, dict[str, str]]:
    """What was filled in, and what was carried along; raises KeyError or ValueError for a modal that is not ours."""
    kept = json.loads(view["private_metadata"])
    values = {
        block_id.partition(".")[0]: _entered(actions[_VALUE])
        for block_id, actions in view["state"]["values"].items()
        if _VALUE in actions
    }
    sent = Submission(
        form=view["callback_id"],
        ref=kept["ref"],
        version=kept["version"],
        values=values,
        refs=kept["refs"],
        opened=kept["opened"],
    )
    return sent, kept["carry"]


def answer_submission(
    view: Mapping[str, Any], outcome: Outcome, words: Words, *, carry: Mapping[str, str] | None = None
) -> Block:
    """What Slack is answered when a form was sent: nothing (it closes), errors at its fields, or the form once more."""
    if outcome.errors:
        blocks = {
            block["block_id"].partition(".")[0]: block["block_id"] for block in view["blocks"] if "element" in block
        }
        return {"response_action": "errors", "errors": {blocks[name]: said for name, said in outcome.errors.items()}}
    if outcome.again is not None:
        again = form_view(outcome.again, words, carry=carry, entered=outcome.entered)
        return {"response_action": "update", "view": again}
    return {}


def answer_refused(view: Mapping[str, Any], sent: Submission, words: Words, *, said: str) -> Block:
    """What Slack is answered when a form can no longer be taken: why not, and what was filled in, to be copied."""
    labels = {each.name: _capitalised(words.label(each.label)) for each in FORMS[sent.form].fields}
    entered = [f"{labels[name]}: {value}" for name, value in sent.values.items() if value and name in labels]
    return {
        "response_action": "update",
        "view": {
            "type": "modal",
            "title": view["title"],
            "close": texts.plain(texts.shortened(words.label("slack_close"), VIEW_BUTTON)),
            "blocks": [block for text in (said, *entered) for block in texts.paragraphs(text)],
        },
    }


def _metadata(state: FormState, carry: Mapping[str, str]) -> str:
    names = [each.name for each in FORMS[state.form].fields]
    kept = {
        "ref": state.ref,
        "version": state.version,
        "refs": dict(state.refs),
        "opened": {name: digest(state.values.get(name, "")) for name in names},
        "carry": dict(carry),
    }
    text = json.dumps(kept, separators=(",", ":"))
    if units(text) > PRIVATE_METADATA:
        raise ValueError(f"{units(text)} characters do not fit into a modal's metadata")
    return text


def _input(asked: Field, value: str, state: FormState, words: Words) -> Block:
    block: Block = {
        "type": "input",
        # Slack keeps what was typed under the same id; the version gives a form that is shown again fields of its own.
        "block_id": f"{asked.name}.{state.version or 0}",
        "label": texts.plain(_capitalised(words.label(asked.label))),
        "element": _element(asked, value, state, words),
    }
    hint = f"utter_hint_{state.form}_{asked.name}"
    if words.has(hint):
        block["hint"] = texts.plain(words.say(hint))
    if not asked.required:
        block["optional"] = True
    return block


def _element(asked: Field, value: str, state: FormState, words: Words) -> Block:
    match asked.input:
        case Input.DATE:
            picker: Block = {"type": "datepicker", "action_id": _VALUE}
            return picker | ({"initial_date": value} if value else {})
        case Input.CHOICE:
            offered = state.choices[asked.name][:OPTIONS]
            menu: Block = {
                "type": "static_select",
                "action_id": _VALUE,
                "placeholder": texts.plain(words.label("choose")),
                "options": [option(label, each) for label, each in offered],
            }
            chosen = next((option(label, each) for label, each in offered if each == value), None)
            return menu | ({"initial_option": chosen} if chosen is not None else {})
    line: Block = {
        "type": "plain_text_input",
        "action_id": _VALUE,
        "multiline": asked.input is Input.TEXT,
        "max_length": asked.longest,
    }
    initial = (texts.cut(value, asked.longest) or [""])[0] if units(value) > asked.longest else value
    return line | ({"initial_value": initial} if initial else {})


def _entered(element: Mapping[str, Any]) -> str:
    chosen = element.get("selected_option")
    if isinstance(chosen, Mapping):
        return str(chosen["value"])
    return str(element.get("value") or element.get("selected_date") or "")


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
