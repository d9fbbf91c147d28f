"""From "cannot do it like this" to what the person is asked or told. The only place where errors become sentences."""

from __future__ import annotations

from dataclasses import replace

from actions.describing import describe_briefly
from actions.errors import ActionError, Ambiguous, Missing, ProofNeeded, Refused, SlotRejected, UnknownName
from actions.pending import Pending, ask
from actions.resolving import NEW
from actions.saying_changes import field_name, found_text
from actions.sign_in_first import ask_for_proof
from actions.turn import Turn
from crm_store.errors import Conflict, InvalidValue, NotAllowed, NothingToUndo, RateMissing, RecordNotFound, StoreError
from nlu.values import UnreadableValue


def answer_error(turn: Turn, error: ActionError | StoreError | UnreadableValue) -> None:
    """Put the question or the explanation for ``error`` into the turn's reply."""
    match error:
        case Ambiguous():
            turn.say("utter_ask_which_one", kind=turn.words.label(error.kind), said=error.said)
            choices = tuple((describe_briefly(record), str(record.ref)) for record in error.candidates)
            ask(turn, fill=error.entity, choices=choices)
        case UnknownName():
            _answer_unknown(turn, error)
        case Missing():
            turn.say(error.question)
            ask(turn, fill=error.entity, choices=error.choices, free_text=error.free_text)
        case Refused() | SlotRejected():
            turn.say(error.response, **error.data)
        case ProofNeeded():
            ask_for_proof(turn, error.data)
        case UnreadableValue():
            response = f"utter_unreadable_{error.kind}_{error.reason}"
            fallback = f"utter_unreadable_{error.kind}"
            turn.say(response if turn.words.has(response) else fallback, said=error.text)
        case _:
            _answer_store_error(turn, error)


def _answer_unknown(turn: Turn, error: UnknownName) -> None:
    kind = turn.words.label(error.kind)
    if not error.nearest and not error.creatable:
        turn.say("utter_unknown_name", kind=kind, said=error.said)
        ask(turn, fill=error.entity, choices=())
        return
    turn.say("utter_unknown_name_nearest" if error.nearest else "utter_unknown_name_create", kind=kind, said=error.said)
    choices = [(describe_briefly(record), str(record.ref)) for record in error.nearest]
    ask(turn, fill=error.entity, choices=tuple(choices))
    if error.creatable:
        pending = Pending.from_json(turn.conversation.pending)
        label = turn.words.say("utter_button_create", said=error.said)
        if pending is not None:
            creating = pending.answered_with(f"{NEW}{error.said}")
            turn.offer_command(label, creating, style="primary", once=True)
            turn.conversation.pending = replace(pending, if_yes=f"{NEW}{error.said}").to_json()


def _answer_store_error(turn: Turn, error: ActionError | StoreError) -> None:
    match error:
        case Conflict():
            turn.say("utter_conflict", field=field_name(turn, error.field), found=found_text(turn, error))
        case NotAllowed():
            turn.say("utter_not_allowed")
        case RecordNotFound():
            turn.say("utter_record_gone")
        case NothingToUndo():
            turn.say("utter_nothing_to_undo")
        case InvalidValue():
            turn.say("utter_invalid_value", field=field_name(turn, error.field), value=error.value)
        case RateMissing():
            turn.say("utter_rate_missing", source=error.source, target=error.target)
        case _:
            raise error
