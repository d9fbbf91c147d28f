"""Risky writes: shown as a difference first, done after a confirmation by the person it is bound to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from actions.errors import refused
from actions.turn import Turn
from crm_store.access import Permission
from crm_store.approvals import choose_approvers
from crm_store.changes import FieldChange, apply_changes
from crm_store.models import RECORDS, Proposal, ProposalStatus, Record, User
from crm_store.values import JsonValue, from_json, to_json


def require_permission(turn: Turn, record: Record) -> bool:
    """True when the change may be made at once, False when it must be proposed; raises Refused when neither."""
    permission = turn.uow.permission(record)
    if permission is Permission.NO:
        raise refused("utter_not_allowed")
    return permission is Permission.YES


NewRecord = tuple[type[Record], dict[str, Any]]
"""A record to be: its class and its fields' values."""


def propose_changes(
    turn: Turn, changes: Sequence[FieldChange], *, summary: str, creating: Sequence[NewRecord] = (), sort: str = ""
) -> None:
    """Keep ``changes``, and the records to be made with them, as a proposal and ask for a confirmation.

    ``sort`` is the sort of change ("amount", "reassign"), by which the company may want somebody else's approval too.
    """
    new = [_creation(record_class, values) for record_class, values in creating]
    _propose(turn, [*(change.to_json() for change in changes), *new], summary=summary, sort=sort)


def propose_record(
    turn: Turn, record_class: type[Record], values: dict[str, Any], *, summary: str, sort: str = ""
) -> None:
    """Keep a new record as a proposal and ask for a confirmation."""
    _propose(turn, [_creation(record_class, values)], summary=summary, sort=sort)


def open_proposals(turn: Turn) -> list[Proposal]:
    """What waits for this person's own yes in this conversation, the newest first."""
    return list(
        turn.session.scalars(
            select(Proposal)
            .where(
                Proposal.conversation_id == turn.conversation.id,
                Proposal.approver == str(turn.actor),
                Proposal.status == ProposalStatus.OPEN,
            )
            .order_by(Proposal.id.desc())
        )
    )


def latest_open_proposal(turn: Turn) -> Proposal | None:
    """The newest of ``open_proposals`` that has not expired."""
    waiting = open_proposals(turn)
    return waiting[0] if waiting and waiting[0].expires_at > turn.uow.now else None


def cancel_proposal(turn: Turn, proposal: Proposal) -> None:
    """Let a proposal go, as its asker wants it."""
    proposal.status = ProposalStatus.CANCELLED
    proposal.decided_at, proposal.decided_by = turn.uow.now, str(turn.actor)


def approvers_of(turn: Turn, sort: str) -> tuple[User, ...]:
    """Who has to approve this sort of change when the asker wants it; empty when nobody else."""
    rule = turn.policy.approvals.get(sort)
    if rule is None or turn.user is None:
        return ()
    return choose_approvers(turn.session, turn.user, rule, now=turn.uow.now)


def _creation(record_class: type[Record], values: dict[str, Any]) -> dict[str, Any]:
    return {"create": record_class.kind, "values": {field: to_json(value) for field, value in values.items()}}


def apply_proposal(turn: Turn, proposal: Proposal) -> tuple[Record, ...]:
    """Do what was proposed; raises Conflict when a record has moved on since."""
    touched: list[Record] = []
    changes: list[FieldChange] = []
    for item in proposal.changes:
        if "create" in item:
            touched.append(turn.uow.add(_new_record(RECORDS[item["create"]], item["values"])))
        else:
            changes.append(FieldChange.from_json(item))
    touched.extend(apply_changes(turn.uow, changes))
    return tuple(touched)


def _new_record(record_class: type[Record], values: dict[str, JsonValue]) -> Record:
    return record_class(**{field: from_json(record_class, field, value) for field, value in values.items()})


def _propose(turn: Turn, changes: Iterable[dict[str, Any]], *, summary: str, sort: str) -> None:
    proposal = Proposal(
        conversation_id=turn.conversation.id,
        proposer=str(turn.actor),
        approver=str(turn.actor),
        summary=summary,
        changes=list(changes),
        sort=sort,
        status=ProposalStatus.OPEN,
        created_at=turn.uow.now,
        expires_at=turn.uow.now + timedelta(hours=turn.policy.proposal_hours),
    )
    turn.session.add(proposal)
    turn.session.flush()
    number = str(proposal.id)
    approvers = approvers_of(turn, sort)
    if approvers:
        names = ", ".join(user.name for user in approvers)
        turn.say("utter_proposal_to_be_approved", summary=summary, people=names)
    else:
        turn.say("utter_proposal", summary=summary)
    turn.offer(turn.words.label("confirm"), "affirm", style="primary", once=True, proposal=number)
    turn.offer(turn.words.label("cancel"), "deny", once=True, proposal=number)
