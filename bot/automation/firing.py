"""One rule, one occurrence: looked at and acted upon in a transaction of its own, as the rule's owner.

The row of the firing is its unique key: whoever comes second finds it there and does nothing. What fails leaves
nothing behind but the row that says so.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.automation.doing import Deed, RuleActionFailed
from bot.turn import TurnPipeline
from crm_store.automation.definition import RuleDefinition
from crm_store.automation.happened import Occurrence
from crm_store.automation.history import holds
from crm_store.errors import DatabaseUnavailable, StoreError
from crm_store.inserting import insert_new
from crm_store.journal import Origin
from crm_store.models import RECORDS, AutomationRule, FiringStatus, Notice, NoticeKind, NoticeStatus, RuleFiring, User
from crm_store.rates import Rates
from crm_store.unit_of_work import UnitOfWork

_log = structlog.get_logger(__name__)
LONGEST_CHAIN = 3
"""So many rules may set each other off, one after the other."""
MOST_AN_HOUR = 500
"""A rule that acts more often is taken for a mistake and turned off."""
TOO_OFTEN = "too_often"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fire:
    """What to look at: a rule as it was read, and what happened."""

    rule_id: int
    definition: RuleDefinition
    occurrence: Occurrence


def fire(pipeline: TurnPipeline, each: Fire, *, now: datetime) -> bool:
    """Act on an occurrence unless that was done, the record is not the owner's to see, or a condition does not hold.

    Whether it acted. Raises DatabaseUnavailable; then nothing was done.
    """
    try:
        with pipeline.store.unit_of_work(now=now) as uow:
            acted = _fire(pipeline, uow, each)
            pipeline.on_step("rule_acted")
            uow.commit()
            return acted
    except DatabaseUnavailable:
        raise
    except (StoreError, RuleActionFailed, ValidationError, ValueError) as error:
        detail = str(error)
    except Exception:  # noqa: BLE001 - the tick's edge: a rule that breaks must not stop the others
        detail = traceback.format_exc(limit=3)
        _log.error("rule_broke", rule=each.rule_id, ref=str(each.occurrence.ref), detail=detail)
    _note_failure(pipeline, each, detail[:500], now)
    return False


def _fire(pipeline: TurnPipeline, uow: UnitOfWork, each: Fire) -> bool:
    rule = uow.session.get(AutomationRule, each.rule_id)
    if rule is None or not rule.on or rule.deleted_at is not None:
        return False
    owner = uow.session.get_one(User, rule.owner_id)
    if not owner.active:
        rule.on, rule.off_because = False, "owner_left"
        return False
    actor = pipeline.store.actor_for_user(uow.session, owner)
    uow.become(actor)
    uow.journal.start_entry(Origin(intent=f"rule:{rule.id}", confirmed_by=str(actor)))
    occurrence, company = each.occurrence, pipeline.settings.config.company
    record = uow.session.get(RECORDS[occurrence.ref.kind], occurrence.ref.id)
    rates = Rates.load(uow.session, company.currency)
    if record is None or not holds(
        record, each.definition.conditions, rates=rates, now=uow.now, zone=ZoneInfo(company.time_zone)
    ):
        return False
    blocked = _blocked_because(uow.session, rule, occurrence, uow.now)
    status = FiringStatus.BLOCKED if blocked else FiringStatus.DONE
    firing_id = _claim(uow.session, rule.id, occurrence, now=uow.now, status=status, detail=blocked or "")
    if firing_id is None or blocked:
        return False
    deed = Deed(pipeline=pipeline, uow=uow, rule=rule, owner_id=owner.id, record=record, firing_id=firing_id)
    done = [deed.do(action) for action in each.definition.actions]
    uow.flush()
    firing = uow.session.get_one(RuleFiring, firing_id)
    firing.detail, firing.entry_id = "; ".join(done), uow.journal.entry_id
    return True


def _claim(
    session: Session, rule_id: int, occurrence: Occurrence, *, now: datetime, status: FiringStatus, detail: str
) -> int | None:
    """The firing's number; None when there is one for this occurrence already."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = (
        insert(RuleFiring)
        .values(
            rule_id=rule_id,
            ref=str(occurrence.ref),
            occurrence=occurrence.key,
            at=now,
            status=status,
            detail=detail,
            chain=list(occurrence.chain),
        )
        .on_conflict_do_nothing()
        .returning(RuleFiring.id)
    )
    return session.scalar(statement)


def _blocked_because(session: Session, rule: AutomationRule, occurrence: Occurrence, now: datetime) -> str | None:
    if rule.id in occurrence.chain:
        return "it would have set itself off"
    if len(occurrence.chain) >= LONGEST_CHAIN:
        return f"{LONGEST_CHAIN} rules in a row is the most"
    recent = select(func.count()).where(
        RuleFiring.rule_id == rule.id, RuleFiring.at > now - timedelta(hours=1), RuleFiring.at <= now
    )
    if (session.scalar(recent) or 0) >= MOST_AN_HOUR:
        rule.on, rule.off_because = False, TOO_OFTEN
        _tell_owner(session, rule, "rule_too_often", key=f"rule:{rule.id}:off:{now.isoformat()}", now=now)
        return f"more than {MOST_AN_HOUR} times in an hour"
    return None


def _note_failure(pipeline: TurnPipeline, each: Fire, detail: str, now: datetime) -> None:
    """The occurrence is not tried again: what it would do now may no longer be what was meant."""
    with pipeline.store.unit_of_work(now=now) as uow:
        rule = uow.session.get_one(AutomationRule, each.rule_id)
        firing = _claim(uow.session, rule.id, each.occurrence, now=now, status=FiringStatus.FAILED, detail=detail)
        if firing is not None:
            # Once a day and rule: a rule that fails at every deal says so once.
            _tell_owner(
                uow.session, rule, "rule_failed", key=f"rule:{rule.id}:failed:{now.date()}", now=now, detail=detail
            )
        uow.commit()


def _tell_owner(
    session: Session, rule: AutomationRule, topic: str, *, key: str, now: datetime, detail: str = ""
) -> None:
    insert_new(
        session,
        Notice,
        [
            {
                "key": key,
                "user_id": rule.owner_id,
                "kind": NoticeKind.RULE,
                "topic": topic,
                "severity": 2,
                "ref": None,
                "data": {"rule": rule.id, "name": rule.name, "detail": detail[:200]},
                "due_at": now,
                "say_at": now,
                "status": NoticeStatus.WAITING,
                "created_at": now,
                "failed_on": [],
            }
        ],
    )
