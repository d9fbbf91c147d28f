"""A form to fill in instead of answering one question after the other, holding what was said so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from actions.reply import FormOffer
from actions.resolving import by_ref
from actions.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class _Twin:
    """The form that asks for the same as a dialogue's; ``fields`` names its field for each slot."""

    form: str
    fields: Mapping[str, str]


_TWINS: Mapping[str, _Twin] = {
    "log_deal_form": _Twin(
        form="log_deal",
        fields={
            "deal_account": "account",
            "deal_amount": "amount",
            "deal_close_date": "close_date",
            "deal_name": "name",
        },
    ),
    "create_task_form": _Twin(form="create_task", fields={"task_subject": "subject"}),
    "open_ticket_form": _Twin(form="open_ticket", fields={"ticket_subject": "subject"}),
}


def offer_form(turn: Turn, dialogue_form: str, slots: Mapping[str, str | None]) -> None:
    """Offer a colleague the form that asks for all at once what the dialogue is asking for one by one."""
    twin = _TWINS.get(dialogue_form)
    if twin is None or not turn.actor.is_staff or turn.reply.forms:
        return
    said = {field: _as_written(turn, slots.get(slot) or "") for slot, field in twin.fields.items()}
    label = turn.words.label("fill_in_form")
    turn.reply.forms.append(FormOffer(form=twin.form, label=label, said={k: v for k, v in said.items() if v}))


def _as_written(turn: Turn, value: str) -> str:
    """A slot's value as somebody would type it: a record by its name."""
    if value == "-":
        return ""
    record = by_ref(turn, value)
    return str(getattr(record, "name", value)) if record is not None else value
