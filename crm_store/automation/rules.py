"""Keeping rules: writing one down, turning it on and off, and the ready ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

import yaml
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm_store.automation.definition import (
    CreateTask,
    Notify,
    RuleDefinition,
    read_rule,
)
from crm_store.inserting import insert_new
from crm_store.models import AutomationRule, FiringStatus, RuleFiring

_READY = Path(__file__).with_name("ready_rules.yml")
_HARMLESS = (Notify, CreateTask)


@cache
def ready_rules() -> Mapping[str, RuleDefinition]:
    """The ready rules by key."""
    return {key: read_rule(data) for key, data in yaml.safe_load(_READY.read_text(encoding="utf-8")).items()}


def is_harmless(rule: RuleDefinition) -> bool:
    """Whether it only tells colleagues and makes tasks: neither changes what is there nor reaches anybody outside."""
    return all(isinstance(action, _HARMLESS) for action in rule.actions)


def add_rule(session: Session, definition: RuleDefinition, *, owner_id: int, on: bool, now: datetime) -> AutomationRule:
    """Write a rule down; it has its number afterwards."""
    rule = AutomationRule(
        name=definition.name,
        owner_id=owner_id,
        definition=definition.to_json(),
        on=on,
        on_since=now if on else None,
        created_at=now,
    )
    session.add(rule)
    session.flush()
    return rule


def install_ready_rules(session: Session, *, owner_id: int, now: datetime) -> None:
    """Put the ready rules that are not there yet beside the written ones: off, this owner's until one is turned on."""
    rows = [
        {
            "name": definition.name,
            "owner_id": owner_id,
            "definition": definition.to_json(),
            "is_on": False,
            "on_since": None,
            "off_because": None,
            "ready_key": key,
            "created_at": now,
            "deleted_at": None,
        }
        for key, definition in ready_rules().items()
    ]
    insert_new(session, AutomationRule, rows)


def turn_on(rule: AutomationRule, *, by: int, now: datetime) -> None:
    """From now on it acts, as its owner; a ready rule that was never on becomes ``by``'s."""
    if rule.ready_key is not None and rule.on_since is None:
        rule.owner_id = by
    rule.on, rule.on_since, rule.off_because = True, now, None


def turn_off(rule: AutomationRule, *, because: str = "asked") -> None:
    """It no longer acts."""
    rule.on, rule.off_because = False, because


def rules_there_are(session: Session) -> list[AutomationRule]:
    """All rules, those that are on first, then by number."""
    query = select(AutomationRule).where(AutomationRule.deleted_at.is_(None))
    return list(session.scalars(query.order_by(AutomationRule.on.desc(), AutomationRule.id)))


def times_acted(session: Session, *, since: datetime) -> dict[int, int]:
    """How often each rule has acted since then; who has not is not in it."""
    query = (
        select(RuleFiring.rule_id, func.count())
        .where(RuleFiring.at >= since, RuleFiring.status == FiringStatus.DONE)
        .group_by(RuleFiring.rule_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def firings_of(session: Session, rule_id: int, *, since: datetime, until: datetime, limit: int) -> list[RuleFiring]:
    """The rule's journal in [since, until), the latest first."""
    query = select(RuleFiring).where(RuleFiring.rule_id == rule_id, RuleFiring.at >= since, RuleFiring.at < until)
    return list(session.scalars(query.order_by(RuleFiring.id.desc()).limit(limit)))
