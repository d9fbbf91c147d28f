"""The scores that count: those of the last finished run."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm_store.models import AccountScore, Deal, DealScore, ScoreModel, ScoreTask, ScoringRun

_RUNS_FOR = timedelta(hours=2)


def current_run(session: Session) -> ScoringRun | None:
    """The last finished run; None before the first."""
    query = select(ScoringRun).where(ScoringRun.finished_at.is_not(None))
    return session.scalars(query.order_by(ScoringRun.finished_at.desc(), ScoringRun.id.desc()).limit(1)).first()


def model_of(session: Session, run: ScoringRun, task: ScoreTask) -> ScoreModel:
    """What a run found out about a task's model."""
    return session.get_one(ScoreModel, (run.id, task))


def score_of(session: Session, run: ScoringRun, account_id: int) -> AccountScore | None:
    """A customer's scores; None for one who was added after the run."""
    return session.scalars(
        select(AccountScore).where(AccountScore.run_id == run.id, AccountScore.account_id == account_id)
    ).first()


def deal_score(session: Session, run: ScoringRun, deal: Deal) -> DealScore | None:
    """An open deal's score, if the asker may see it and there is one."""
    return session.scalars(select(DealScore).where(DealScore.run_id == run.id, DealScore.deal_id == deal.id)).first()


def is_due(session: Session, *, now: datetime, today: date) -> bool:
    """Whether a run of today is still to be made and nobody is at it."""
    done = select(ScoringRun.id).where(ScoringRun.finished_at.is_not(None), ScoringRun.today >= today)
    running = select(ScoringRun.id).where(ScoringRun.finished_at.is_(None), ScoringRun.started_at > now - _RUNS_FOR)
    return session.scalar(done.limit(1)) is None and session.scalar(running.limit(1)) is None
