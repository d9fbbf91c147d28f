"""Asking somebody to approve what a colleague wants to do, and telling that colleague what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from actions.approving import show_waiting
from actions.call import Command
from actions.reply import Button, Reply, Text
from actions.turn import Turn
from actions.words import Words
from crm_store.models import Notice, Proposal, ProposalStatus


def say_approvals(turn: Turn, notices: Sequence[Notice]) -> list[Notice]:
    """Ask for what is still undecided, with the buttons to decide."""
    asked: list[Notice] = []
    proposals: list[Proposal] = []
    for notice in notices:
        proposal = turn.session.get(Proposal, int(notice.data["proposal"]))
        if proposal is None or proposal.status is not ProposalStatus.WAITING or proposal.expires_at <= turn.uow.now:
            continue
        if any(each.user_id == notice.user_id and each.verdict is None for each in proposal.approvals):
            asked.append(notice)
            proposals.append(proposal)
    if proposals:
        show_waiting(turn, proposals)
    return asked


def outcome_reply(proposal: Proposal, words: Words) -> Reply:
    """What its asker is told when a proposal has been decided."""
    said = [each for each in proposal.approvals if each.verdict is not None]
    lines = [
        words.say(
            f"utter_approval_outcome_{proposal.status.value}",
            summary=proposal.summary,
            people=", ".join(each.user.name for each in said) or words.label("nobody"),
        ),
        *(
            words.say("utter_approval_comment", person=each.user.name, comment=each.comment)
            for each in said
            if each.comment
        ),
    ]
    reply = Reply(parts=[Text("\n".join(lines))])
    if proposal.entry_id is not None:
        undo = Command("undo", {"entry": str(proposal.entry_id)})
        reply.buttons.append(Button(label=words.label("undo"), command=str(undo), single_use=True))
    return reply
