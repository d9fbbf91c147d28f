"""What waits for somebody's approval, and approving or rejecting it in words."""

from __future__ import annotations

from actions.approving import (
    COMMENT,
    MOST_LISTED,
    decide,
    locked_proposal,
    people_text,
    show_waiting,
)
from actions.errors import Missing
from actions.registry import STAFF, skill
from actions.rulings import meant_by, read_ruling
from actions.turn import Turn
from crm_store.approvals import asked_by, waiting_for
from crm_store.models import Proposal, Verdict

_NO_COMMENT = "-"


@skill("action_show_approvals", audience=STAFF)
def show_approvals(turn: Turn) -> None:
    """What waits for this colleague's decision, and what of theirs waits for others."""
    waiting = waiting_for(turn.session, turn.colleague.id, now=turn.uow.now)
    asked = asked_by(turn.session, str(turn.actor), now=turn.uow.now)
    if waiting:
        show_waiting(turn, waiting)
    elif not asked:
        turn.say("utter_no_approvals")
    for proposal in asked[:MOST_LISTED]:
        missing = [each.user for each in proposal.approvals if each.verdict is None]
        turn.say("utter_approval_waits_for", summary=proposal.summary, people=people_text(turn, missing))
    if asked and not waiting:
        turn.offer(turn.words.label("take_back"), "deny", once=True, proposal=str(asked[-1].id))


def reject(turn: Turn, proposal: Proposal) -> None:
    """Reject it with the reason that was said; a button that wants to say one asks for it."""
    comment = turn.call.first("reason")
    if comment is None and turn.call.first("answer") == COMMENT:
        none = ((turn.words.label("no_comment"), _NO_COMMENT),)
        raise Missing("reason", "utter_ask_why_rejected", none, free_text=True)
    decide(turn, proposal, Verdict.REJECTED, None if comment == _NO_COMMENT else comment)


def ruled_in_words(turn: Turn) -> bool:
    """Decide what was ruled in words; False when nothing waits for this colleague.

    A bare "yes" decides nothing that somebody else wants: it shows what waits, with the buttons.
    """
    if turn.user is None:
        return False
    waiting = waiting_for(turn.session, turn.user.id, now=turn.uow.now)
    if not waiting:
        return False
    ruling = read_ruling(turn.call.text)
    if ruling is None:
        show_waiting(turn, waiting)
        return True
    meant, comment = meant_by(turn, ruling, waiting)
    if len(meant) > 1:
        choices = tuple((each.summary[:75], str(each.id)) for each in meant[:MOST_LISTED])
        raise Missing("proposal", "utter_ask_which_proposal", choices)
    proposal = locked_proposal(turn, str(meant[0].id)) or meant[0]
    decide(turn, proposal, ruling.verdict, comment or turn.call.first("reason"))
    return True
