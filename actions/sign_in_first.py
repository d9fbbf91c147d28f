"""What somebody nobody knows is told when they ask for what is theirs."""

from __future__ import annotations

from actions.registry import CUSTOMER, VISITOR, audience_of
from actions.turn import Turn
from crm_store.models import Role

CLIENTS = frozenset({CUSTOMER, VISITOR})
SUPPORT = frozenset({Role.SUPPORT.value, Role.ADMIN.value})


def is_visitor(turn: Turn) -> bool:
    """Whether the asker is neither a colleague nor an identified customer."""
    return audience_of(turn) == VISITOR


def ask_to_sign_in(turn: Turn) -> None:
    """Say that this takes signing in, and how; the same whatever they asked about, so that nothing is given away."""
    turn.say("utter_sign_in_needed")
    turn.offer(turn.words.label("intent_sign_in"), "sign_in")
    turn.offer(turn.words.label("human"), "talk_to_human")
