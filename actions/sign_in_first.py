"""What somebody is told when they ask for what is theirs and have not (or not well enough) shown who they are."""

from __future__ import annotations

from datetime import datetime, timedelta

from actions.call import Command
from actions.errors import ProofNeeded
from actions.pending import Pending
from actions.registry import CUSTOMER, VISITOR, audience_of
from actions.turn import Turn
from crm_store.models import Role
from crm_store.proof_kinds import DataClass, ProofMethod

CLIENTS = frozenset({CUSTOMER, VISITOR})
SUPPORT = frozenset({Role.SUPPORT.value, Role.ADMIN.value})
WAITS = timedelta(hours=1)
"""So long an interrupted request goes on by itself once its asker has shown who they are."""


def is_visitor(turn: Turn) -> bool:
    """Whether the asker is neither a colleague nor an identified customer."""
    return audience_of(turn) == VISITOR


def require_proof(turn: Turn, data: DataClass) -> None:
    """Go on only for colleagues and for customers whose proof of identity opens ``data``; raises ProofNeeded."""
    if is_visitor(turn) or data in turn.actor.withheld:
        raise ProofNeeded(data)


def ask_for_proof(turn: Turn, data: DataClass | None) -> None:
    """Say that this takes a proof, and which; the same whatever they asked about, so that nothing is given away.

    Without ``data`` any proof will do: what is asked for is a setting of their own.
    """
    turn.conversation.interrupted = {"command": str(turn.call.command()), "at": turn.uow.now.isoformat()}
    turn.say("utter_sign_in_needed" if data is None or is_visitor(turn) else f"utter_proof_needed_{data.value}")
    offer_ways(turn, data)


def offer_ways(turn: Turn, data: DataClass | None) -> None:
    """The ways to show who one is that open ``data``, as buttons; an address alone is an answer, too."""
    accepted = turn.policy.proofs[data] if data is not None else frozenset(ProofMethod)
    turn.conversation.pending = Pending(resume=Command("sign_in"), fill="email").to_json()
    turn.offer(turn.words.label("email_me_a_code"), "sign_in", code="send")
    if turn.shares_phone and ProofMethod.PHONE in accepted:
        turn.offer(turn.words.label("share_my_phone"), "sign_in", asks="phone", code="phone")
    turn.offer(turn.words.label("human"), "talk_to_human")


def interrupted_request(turn: Turn) -> Command | None:
    """The request that waited for the proof, if it is not too long ago; it is taken out."""
    waiting, turn.conversation.interrupted = turn.conversation.interrupted, None
    if not waiting or turn.uow.now - datetime.fromisoformat(waiting["at"]) > WAITS:
        return None
    return Command.from_text(waiting["command"])
