"""What a rule does to a record, in its firing's transaction. What leaves the house is only written down here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from functools import singledispatchmethod
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from actions.describing import describe_briefly
from actions.turn import CompanyPolicy
from actions.words import Words
from bot.scheduler.places import find_places
from bot.turn import TurnPipeline
from crm_store.automation.definition import (
    Assign,
    CallWebhook,
    CreateTask,
    Notify,
    RuleAction,
    SendEmail,
    SetField,
    StartApproval,
)
from crm_store.automation.fields import value_of
from crm_store.automation.people import people_meant
from crm_store.automation.texts import fill_in
from crm_store.base import Record
from crm_store.changes import describe_changes
from crm_store.consents import may_be_messaged
from crm_store.inserting import insert_new
from crm_store.models import (
    Account,
    Approval,
    AutomationRule,
    ConsentPurpose,
    Contact,
    Deal,
    EffectKind,
    EffectStatus,
    Notice,
    NoticeKind,
    NoticeStatus,
    Proposal,
    ProposalStatus,
    RuleEffect,
    Stage,
    Task,
    Ticket,
    User,
)
from crm_store.names import name_key
from crm_store.unit_of_work import UnitOfWork
from crm_store.values import JsonValue, from_json, to_json

_DUE_AT = time(9)
_USUAL, _URGENT = 2, 3


class RuleActionFailed(Exception):
    """A rule's action cannot be done to this record; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """The actions of one firing. Each returns the sentence for the rule's journal; raises RuleActionFailed."""

    pipeline: TurnPipeline
    uow: UnitOfWork
    rule: AutomationRule
    owner_id: int
    record: Record
    firing_id: int
    _told: list[int] = field(default_factory=list)

    @property
    def _session(self) -> Session:
        return self.uow.session

    @property
    def _words(self) -> Words:
        return self.pipeline.words

    @property
    def _policy(self) -> CompanyPolicy:
        return self.pipeline.policy

    @singledispatchmethod
    def do(self, action: RuleAction) -> str:
        """Do one action."""
        raise TypeError(f"no such action: {action!r}")

    @do.register
    def _notify(self, action: Notify) -> str:
        people = self._people(action.who)
        text = fill_in(action.text, self.record) if action.text else ""
        for user_id in people:
            mine = user_id == self.owner_id
            self._add_notice(user_id, "told", _URGENT if action.urgent or mine else _USUAL, {"text": text})
        return self._words.say("utter_rule_did_notify", people=self._names(people))

    @do.register
    def _create_task(self, action: CreateTask) -> str:
        person = self._one(action.who)
        due = self._morning(person, action.in_days)
        record = self.record
        deal = record if isinstance(record, Deal) else None
        account_id = record.id if isinstance(record, Account) else getattr(record, "account_id", None)
        contact_id = record.id if isinstance(record, Contact) else getattr(record, "contact_id", None)
        task = Task(
            subject=fill_in(action.subject, record)[:500],
            assignee_id=person.id,
            creator_id=self.owner_id,
            due_at=due,
            remind_at=due,
            account_id=account_id,
            contact_id=contact_id,
            deal_id=deal.id if deal is not None else getattr(record, "deal_id", None),
        )
        self.uow.add(task)
        return self._words.say("utter_rule_did_create_task", subject=task.subject, person=person.name)

    @do.register
    def _assign(self, action: Assign) -> str:
        person = self._one(action.who)
        pointer = "assignee_id" if isinstance(self.record, Task | Ticket) else "owner_id"
        if pointer not in inspect(type(self.record)).column_attrs:
            raise RuleActionFailed(f"a {self.record.kind} has no owner of its own")
        setattr(self.record, pointer, person.id)
        self.uow.flush()
        return self._words.say("utter_rule_did_assign", person=person.name)

    @do.register
    def _set_field(self, action: SetField) -> str:
        column, value = self._target(action.field, action.value)
        setattr(self.record, column, value)
        self.uow.flush()
        return self._words.say("utter_rule_did_set_field", field=action.field, value=str(action.value))

    @do.register
    def _start_approval(self, action: StartApproval) -> str:
        person = self._one(action.who)
        column, value = self._target(action.field, action.value)
        changes = describe_changes(self.record, **{column: value})
        if not changes:
            return self._words.say("utter_rule_did_nothing_new", field=action.field, value=str(action.value))
        now = self.uow.now
        proposal = Proposal(
            conversation_id=self._place_of(person),
            # The change is the rule's owner's, whatever rule it was that asked.
            proposer=str(self.uow.actor),
            approver=str(self.uow.actor),
            summary=self._words.say(
                "utter_rule_approval_summary",
                rule=self.rule.name,
                record=describe_briefly(self.record),
                field=action.field,
                value=str(action.value),
            ),
            changes=[change.to_json() for change in changes],
            needs="any",
            status=ProposalStatus.WAITING,
            created_at=now,
            expires_at=now + timedelta(hours=self._policy.approval_hours),
        )
        self._session.add(proposal)
        self._session.flush()
        self._session.add(Approval(proposal_id=proposal.id, user_id=person.id, asked_at=now))
        self._add_notice(person.id, "", _URGENT, {"proposal": proposal.id}, kind=NoticeKind.APPROVAL)
        return self._words.say("utter_rule_did_start_approval", person=person.name)

    @do.register
    def _send_email(self, action: SendEmail) -> str:
        to = self._address(action.to)
        contact = self._contact(action.to)
        payload = {
            "to": to,
            "subject": fill_in(action.subject, self.record),
            "text": fill_in(action.text, self.record),
            "contact_id": contact.id if contact is not None else None,
        }
        self._add_effect(EffectKind.EMAIL, payload)
        return self._words.say("utter_rule_did_send_email", to=to)

    @do.register
    def _call_webhook(self, action: CallWebhook) -> str:
        body: dict[str, JsonValue | dict[str, JsonValue]] = {
            "rule": self.rule.name,
            "ref": str(self.record.ref),
            "at": self.uow.now.isoformat(),
            "record": {
                key: to_json(getattr(self.record, key))
                for key in inspect(type(self.record)).column_attrs.keys()  # noqa: SIM118 - it is no dict
                if key not in {"version", "name_key", "deleted_at"}
            },
        }
        self._add_effect(EffectKind.WEBHOOK, {"url": action.url, "body": body})
        return self._words.say("utter_rule_did_call_webhook", url=action.url)

    def _address(self, to: str) -> str:
        contact = self._contact(to)
        if contact is not None:
            if not contact.email:
                raise RuleActionFailed(f"{contact.name} has no e-mail address")
            if not self._agreed(contact):
                raise RuleActionFailed(f"{contact.name} has not agreed to get messages")
            return contact.email
        if "@" in to:
            return to
        return self._one(to).email

    def _contact(self, to: str) -> Contact | None:
        """The customer a letter goes to, also when only their address is named."""
        if to == "contact":
            found = self.record if isinstance(self.record, Contact) else getattr(self.record, "contact", None)
            if found is None:
                raise RuleActionFailed("the record has no contact")
            return found
        if "@" in to:
            return self._session.scalar(select(Contact).where(Contact.email == to).limit(1))
        return None

    def _agreed(self, contact: Contact) -> bool:
        # Nobody asked for it, and whoever wrote the rule may write anything in it: that takes a yes beforehand.
        return may_be_messaged(
            self._session, purpose=ConsentPurpose.MARKETING, contact_id=contact.id, channel=EffectKind.EMAIL.value
        )

    def _people(self, who: str) -> list[int]:
        people = people_meant(self._session, who, record=self.record, rule_owner_id=self.owner_id)
        if not people:
            raise RuleActionFailed(f"there is nobody who is {who!r} here")
        return people

    def _one(self, who: str) -> User:
        return self._session.get_one(User, self._people(who)[0])

    def _place_of(self, person: User) -> int:
        """The conversation a proposal is kept in: the approver's own, else the rule's owner's."""
        places = find_places(self._session, {person.id, self.owner_id}, preferred={})
        for user_id in (person.id, self.owner_id):
            if places.get(user_id):
                return places[user_id][0].conversation.id
        raise RuleActionFailed(f"{person.name} has no place to be asked in")

    def _names(self, people: list[int]) -> str:
        names = self._session.scalars(select(User.name).where(User.id.in_(people)).order_by(User.id)).all()
        return ", ".join(names[:3]) + (f" +{len(names) - 3}" if len(names) > 3 else "")

    def _morning(self, person: User, days: int) -> datetime:
        """Nine in the morning by the person's clock; today's, when that is still to come."""
        try:
            zone = ZoneInfo(person.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            zone = ZoneInfo(self._policy.time_zone)
        due = datetime.combine(self.uow.now.astimezone(zone).date() + timedelta(days=days), _DUE_AT, zone)
        return max(due, self.uow.now)

    def _target(self, path: str, value: Any) -> tuple[str, Any]:
        """The column a field is kept in, and the value as the column wants it."""
        cls = type(self.record)
        if path == "stage" and isinstance(self.record, Deal):
            return "stage_id", self._stage(self.record, str(value)).id
        if path in inspect(cls).relationships:
            return f"{path}_id", self._one(str(value)).id
        current = value_of(self.record, path)
        try:
            if isinstance(current, Decimal) or "amount" in path:
                return path, None if value is None else Decimal(str(value))
            return path, from_json(cls, path, value)
        except (ValueError, ArithmeticError) as err:
            raise RuleActionFailed(f"{path} cannot be {value!r}") from err

    def _stage(self, deal: Deal, name: str) -> Stage:
        key = name_key(name)
        for stage in deal.stage.pipeline.stages:
            if key in {name_key(stage.name), stage.type.value}:
                return stage
        raise RuleActionFailed(f"the pipeline has no stage {name!r}")

    def _add_notice(
        self, user_id: int, topic: str, severity: int, data: dict[str, Any], *, kind: NoticeKind = NoticeKind.RULE
    ) -> None:
        self._told.append(user_id)
        row = {
            "key": f"rule:{self.firing_id}:{len(self._told)}",
            "user_id": user_id,
            "kind": kind,
            "topic": topic,
            "severity": severity,
            "ref": str(self.record.ref),
            "data": {"rule": self.rule.id, "name": self.rule.name, **data},
            "due_at": self.uow.now,
            "say_at": self.uow.now,
            "status": NoticeStatus.WAITING,
            "created_at": self.uow.now,
            "failed_on": [],
        }
        insert_new(self._session, Notice, [row])

    def _add_effect(self, kind: EffectKind, payload: dict[str, Any]) -> None:
        effect = RuleEffect(
            firing_id=self.firing_id,
            kind=kind,
            payload=payload,
            status=EffectStatus.WAITING,
            attempts=0,
            next_at=self.uow.now,
        )
        self._session.add(effect)
