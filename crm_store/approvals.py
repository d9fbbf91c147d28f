"""Who has to approve a change, and what their answers come to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from crm_store.models import Absence, Approval, Proposal, ProposalStatus, Role, User, Verdict

Needs = Literal["any", "all", "one"]
MANAGER, ADMIN = "manager", "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRule:
    """Who approves a sort of change: "manager" (of whoever asks), "admin", or colleagues by handle or e-mail address.

    ``needs``: "any" of them decides, "all" of them must approve, or only the first "one" of them who is there is asked.
    """

    by: tuple[str, ...] = (MANAGER,)
    needs: Needs = "any"


def choose_approvers(session: Session, asker: User, rule: ApprovalRule, *, now: datetime) -> tuple[User, ...]:
    """Who decides about what ``asker`` wants, in the rule's order; empty when they decide it themselves.

    Admins, those named by the rule, and managers where it says "manager" decide for themselves. Who is away is stood in
    for by their delegate. Where nobody who is named works here any more, the admins decide; where there is no other
    admin either, the asker does.
    """
    named = [user for name in rule.by for user in _called(session, asker, name)]
    if asker.role is Role.ADMIN or any(user.id == asker.id for user in named):
        return ()
    there = _distinct(_stand_in(session, user, now) for user in named if user.active)
    if rule.needs == "one":
        there = [user for user in there if not _away(session, user, now)][:1] or there[:1]
    chosen = [user for user in there if user.id != asker.id]
    return tuple(chosen or (user for user in _admins(session) if user.id != asker.id))


def verdict_of(proposal: Proposal) -> Verdict | None:
    """What the answers so far come to; None while it is open. One no is a no; "all" takes everybody's yes."""
    said = [each.verdict for each in proposal.approvals]
    if Verdict.REJECTED in said:
        return Verdict.REJECTED
    approved = all(said) if proposal.needs == "all" else any(said)
    return Verdict.APPROVED if approved and said else None


def waiting_for(session: Session, user_id: int, *, now: datetime) -> Sequence[Proposal]:
    """The proposals that wait for this colleague's answer, the oldest first."""
    return session.scalars(
        select(Proposal)
        .join(Approval, Approval.proposal_id == Proposal.id)
        .where(
            Approval.user_id == user_id,
            Approval.verdict.is_(None),
            Proposal.status == ProposalStatus.WAITING,
            Proposal.expires_at > now,
        )
        .order_by(Proposal.id)
    ).all()


def asked_by(session: Session, proposer: str, *, now: datetime) -> Sequence[Proposal]:
    """The proposals of this actor ("user:3") that wait for others, the oldest first."""
    return session.scalars(
        select(Proposal)
        .where(Proposal.proposer == proposer, Proposal.status == ProposalStatus.WAITING, Proposal.expires_at > now)
        .order_by(Proposal.id)
    ).all()


def _called(session: Session, asker: User, name: str) -> Iterator[User]:
    if name == MANAGER:
        if asker.role is Role.MANAGER:
            yield asker
            return
        seen: set[int] = set()
        # By number: who asks may have been loaded elsewhere.
        above = session.get(User, asker.manager_id) if asker.manager_id is not None else None
        while above is not None and not above.active and above.id not in seen:
            seen.add(above.id)
            above = session.get(User, above.manager_id) if above.manager_id is not None else None
        if above is not None:
            yield above
    elif name == ADMIN:
        yield from _admins(session)
    else:
        key = name.casefold()
        yield from session.scalars(
            select(User).where(or_(func.lower(User.handle) == key, func.lower(User.email) == key))
        )


def _admins(session: Session) -> Sequence[User]:
    return session.scalars(select(User).where(User.role == Role.ADMIN, User.active.is_(True)).order_by(User.id)).all()


def _stand_in(session: Session, user: User, now: datetime) -> User:
    absence = _away(session, user, now)
    delegate = absence.delegate if absence is not None else None
    return delegate if delegate is not None and delegate.active else user


def _away(session: Session, user: User, now: datetime) -> Absence | None:
    return session.scalar(
        select(Absence).where(Absence.user_id == user.id, Absence.starts_at <= now, Absence.ends_at > now).limit(1)
    )


def _distinct(users: Iterable[User]) -> list[User]:
    return list({user.id: user for user in users}.values())
