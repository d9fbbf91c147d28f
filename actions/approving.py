"""Approvals: a change that its asker has confirmed and that somebody else decides.

The effect happens in the asker's name, in the conversation they asked in, confirmed by who approved it: so it is
theirs to undo, and approving needs no access to the record. ``bot.scheduler.approvals`` tells the asker the outcome.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from actions.errors import refused
from actions.proposing import apply_proposal
from actions.turn import Turn
from crm_store.access import user_actor
from crm_store.approvals import verdict_of
from crm_store.errors import Conflict, NotAllowed, RecordNotFound
from crm_store.journal import Origin
from crm_store.models import (
    Approval,
    Notice,
    NoticeKind,
    NoticeStatus,
    Proposal,
    ProposalStatus,
    User,
    Verdict,
)
from crm_store.refs import RecordRef, row_number

_URGENT = 3
LONGEST_COMMENT = 500
MOST_LISTED = 10
COMMENT = "comment"
"""The answer of a button that rejects and wants to say why."""
INTENT = "approval"
"""What the journal says a change was understood as that somebody approved."""


def send_to_approvers(turn: Turn, proposal: Proposal, approvers: Sequence[User]) -> None:
    """Ask ``approvers`` to decide; the message to each waits for the scheduler, which knows where they are."""
    now = turn.uow.now
    proposal.status = ProposalStatus.WAITING
    proposal.needs = "all" if turn.policy.approvals[proposal.sort].needs == "all" else "any"
    proposal.expires_at = now + timedelta(hours=turn.policy.approval_hours)
    proposal.inbox_id = turn.uow.journal.origin.inbox_id
    for user in approvers:
        turn.session.add(Approval(proposal_id=proposal.id, user_id=user.id, asked_at=now))
        turn.session.add(
            Notice(
                key=f"approval:{proposal.id}:{user.id}",
                user_id=user.id,
                kind=NoticeKind.APPROVAL,
                severity=_URGENT,
                data={"proposal": proposal.id},
                due_at=now,
                say_at=now,
                status=NoticeStatus.WAITING,
                created_at=now,
                failed_on=[],
            )
        )
    turn.say("utter_approval_sent", people=people_text(turn, approvers), summary=proposal.summary)
    turn.offer(turn.words.label("take_back"), "deny", once=True, proposal=str(proposal.id))


def locked_proposal(turn: Turn, said: str) -> Proposal | None:
    """The proposal of this number, as it is now and for this turn alone to decide."""
    number = row_number(said)
    if number is None:
        return None
    return turn.session.get(Proposal, number, with_for_update=True, populate_existing=True)


def is_to_approve(turn: Turn, proposal: Proposal) -> bool:
    """Whether this colleague is one of those asked to approve it, decided or not."""
    return turn.user is not None and any(each.user_id == turn.user.id for each in proposal.approvals)


def withdraw(turn: Turn, proposal: Proposal) -> None:
    """Its asker takes it back before anybody has decided."""
    proposal.status = ProposalStatus.CANCELLED
    proposal.decided_at, proposal.decided_by = turn.uow.now, str(turn.actor)
    proposal.told_at = turn.uow.now
    turn.say("utter_approval_taken_back", summary=proposal.summary)


def decide(turn: Turn, proposal: Proposal, verdict: Verdict, comment: str | None) -> None:
    """Take this colleague's answer; the last one needed settles the proposal. Raises Refused when it is not theirs
    to decide or was decided before: a second click changes nothing."""
    approval = next((each for each in proposal.approvals if each.user_id == turn.actor.id), None)
    if approval is None or turn.user is None:
        raise refused("utter_proposal_not_yours")
    _require_waiting(turn, proposal)
    if approval.verdict is not None:
        raise refused("utter_proposal_decided")
    approval.verdict, approval.decided_at = verdict, turn.uow.now
    approval.comment = comment[:LONGEST_COMMENT] if comment else None
    result = verdict_of(proposal)
    if result is Verdict.REJECTED:
        _settle(turn, proposal, ProposalStatus.REJECTED)
        turn.say("utter_approval_rejected", summary=proposal.summary, person=asker_of(turn, proposal).name)
    elif result is Verdict.APPROVED:
        _apply(turn, proposal)
    else:
        missing = [each.user for each in proposal.approvals if each.verdict is None]
        turn.say("utter_approval_counted", summary=proposal.summary, people=people_text(turn, missing))


def _require_waiting(turn: Turn, proposal: Proposal) -> None:
    if proposal.status is ProposalStatus.WAITING and proposal.expires_at <= turn.uow.now:
        raise refused("utter_approval_expired", summary=proposal.summary)
    if proposal.status is not ProposalStatus.WAITING:
        by = [each.user.name for each in proposal.approvals if each.verdict is not None]
        label = turn.words.label(f"proposal_{proposal.status.value}")
        raise refused("utter_approval_closed", summary=proposal.summary, outcome=label, people=", ".join(by) or "–")


def _apply(turn: Turn, proposal: Proposal) -> None:
    asker = asker_of(turn, proposal)
    if not asker.active:
        _settle(turn, proposal, ProposalStatus.CANCELLED)
        turn.say("utter_approval_asker_gone", person=asker.name, summary=proposal.summary)
        return
    approver, origin = turn.actor, turn.uow.journal.origin
    turn.uow.become(user_actor(turn.session, asker, rep_sees_team=turn.policy.rep_sees_team))
    turn.uow.journal.start_entry(
        Origin(
            conversation_id=proposal.conversation_id,
            inbox_id=proposal.inbox_id,
            intent=INTENT,
            confirmed_by=str(approver),
        )
    )
    try:
        with turn.session.begin_nested():
            apply_proposal(turn, proposal)
            turn.uow.flush()
        status, entry_id = ProposalStatus.CONFIRMED, turn.uow.journal.entry_id
    except (Conflict, RecordNotFound, NotAllowed):
        status, entry_id = ProposalStatus.OVERTAKEN, None
        turn.uow.journal.start_entry(origin)
    finally:
        turn.uow.become(approver)
        turn.uow.journal.start_entry(origin)
        turn.user = turn.session.get_one(User, approver.id)
    proposal.entry_id = entry_id
    _settle(turn, proposal, status)
    done = status is ProposalStatus.CONFIRMED
    turn.say(
        "utter_approval_approved" if done else "utter_approval_overtaken",
        summary=proposal.summary,
        person=asker_of(turn, proposal).name,
    )


def _settle(turn: Turn, proposal: Proposal, status: ProposalStatus) -> None:
    proposal.status, proposal.decided_at, proposal.decided_by = status, turn.uow.now, str(turn.actor)


def asker_of(turn: Turn, proposal: Proposal) -> User:
    """The colleague a proposal comes from."""
    ref = RecordRef.from_text(proposal.proposer)
    return turn.session.get_one(User, ref.id if ref is not None else 0)


def people_text(turn: Turn, users: Iterable[User]) -> str:
    """Names in a row: "Morgan Ellis and Priya Nair"."""
    names = [user.name for user in users]
    if len(names) < 2:
        return "".join(names)
    return turn.words.say("utter_names_and_last", names=", ".join(names[:-1]), last=names[-1])


def show_waiting(turn: Turn, proposals: Sequence[Proposal]) -> None:
    """Say what waits for this colleague's decision, with the buttons to decide; one alone has its buttons to itself."""
    label = turn.words.label
    if len(proposals) == 1:
        (proposal,) = proposals
        turn.say("utter_approval_wanted", person=asker_of(turn, proposal).name, summary=proposal.summary)
        number = str(proposal.id)
        turn.offer(label("approve"), "affirm", style="primary", once=True, proposal=number)
        turn.offer(label("reject"), "deny", style="danger", once=True, proposal=number)
        turn.offer(label("reject_with_comment"), "deny", proposal=number, answer=COMMENT)
        return
    turn.say("utter_approvals_wanted", n=str(len(proposals)))
    for place, proposal in enumerate(proposals[:MOST_LISTED], start=1):
        turn.say("utter_approval_line", n=str(place), person=asker_of(turn, proposal).name, summary=proposal.summary)
        number = str(proposal.id)
        turn.offer(f"{label('approve')} {place}", "affirm", style="primary", proposal=number)
        turn.offer(f"{label('reject')} {place}", "deny", proposal=number, answer=COMMENT)
