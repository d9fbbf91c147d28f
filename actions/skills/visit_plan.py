"""Whom to see this week: a plan in the free hours, accepted or changed by buttons, as tasks and a calendar file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from actions.calendar_file import Appointment, calendar_file
from actions.call import Command
from actions.errors import refused
from actions.formatting import moment_text, percent_text
from actions.registry import SALES, skill
from actions.reply import Document, Table
from actions.report_output import column, company_money
from actions.report_periods import period_said
from actions.resolving import by_name, resolve_user
from actions.turn import Turn
from crm_store.insights.visit_plan import VISIT, Candidate, Visit, customers_of, free_slots, plan_visits
from crm_store.models import Account, Task, User
from crm_store.rates import Rates

_KEPT = "visit_plan"
_SIZE = re.compile(r"\b(\d{1,2})\s+(?:customers?|accounts?|visits?|calls?|clients?|companies)\b", re.IGNORECASE)
_ACCEPT = re.compile(r"\b(accept|confirm|take|ok)\b", re.IGNORECASE)
_SKIP = re.compile(r"\b(skip|without|drop|leave out|not)\b", re.IGNORECASE)
_CALENDAR = re.compile(r"\b(calendar|ics|ical)\b", re.IGNORECASE)
_USUAL, _MOST = 8, 20
_FRIDAY = 4


@dataclass(slots=True, kw_only=True)
class _Plan:
    """What the plan being talked about is made from; it follows from this and the store alone."""

    user_id: int
    first: date
    last: date
    size: int
    skipped: list[int]

    def to_json(self) -> dict[str, Any]:
        return {
            "user": self.user_id,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "size": self.size,
            "skipped": self.skipped,
        }


@skill("action_visit_plan", audience=SALES)
def visit_plan(turn: Turn) -> None:
    """Propose a plan, leave somebody out of it, or make tasks and a calendar file of it."""
    words = turn.call.words
    step = turn.call.first("plan") or ""
    kept = _kept(turn)
    if kept is not None and (step == "skip" or (_SKIP.search(words) and turn.call.first("account"))):
        account = by_name(turn, Account, turn.call.first("account") or "", entity="account")
        kept.skipped = [*kept.skipped, account.id]
        _propose(turn, kept)
    elif kept is not None and (step == "accept" or _ACCEPT.search(words)):
        _accept(turn, kept)
    elif kept is not None and (step == "calendar" or _CALENDAR.search(words)):
        visits = _visits(turn, kept)
        _hand_over_file(turn, visits)
    else:
        _propose(turn, _asked(turn))


def _asked(turn: Turn) -> _Plan:
    said = turn.call.first("person")
    user = resolve_user(turn, said) if said is not None else turn.colleague
    if not turn.actor.sees_all and user.id not in turn.actor.visible_owner_ids:
        raise refused("utter_report_not_visible", person=user.name)
    period = period_said(turn, prefer="future")
    today = turn.reading.today
    if period is not None and period.first_day is not None and period.last_day is not None:
        first, last = max(period.first_day, today), min(period.last_day, period.first_day + timedelta(days=31))
        if last < first:
            raise refused("utter_visit_plan_past")
    else:
        monday = today - timedelta(days=today.weekday())
        if today.weekday() >= _FRIDAY:
            monday += timedelta(days=7)
        first, last = max(monday, today), monday + timedelta(days=_FRIDAY)
    size = _SIZE.search(turn.call.words)
    return _Plan(user_id=user.id, first=first, last=last, size=min(_MOST, int(size[1])) if size else _USUAL, skipped=[])


def _kept(turn: Turn) -> _Plan | None:
    data = turn.conversation.focus.get(_KEPT)
    if not isinstance(data, dict):
        return None
    return _Plan(
        user_id=data["user"],
        first=date.fromisoformat(data["first"]),
        last=date.fromisoformat(data["last"]),
        size=data["size"],
        skipped=list(data["skipped"]),
    )


def _visits(turn: Turn, plan: _Plan) -> list[Visit]:
    user = turn.session.get_one(User, plan.user_id)
    now, today = turn.reading.now, turn.reading.today
    rates = Rates.load(turn.session, turn.policy.currency)
    candidates = customers_of(turn.session, rates, user, now=now, today=today)
    slots = free_slots(
        turn.session, user, first=plan.first, last=plan.last, now=now, zone=turn.reading.zone, most=plan.size
    )
    if not slots:
        raise refused("utter_visit_plan_no_time")
    return plan_visits(candidates, slots, today=today, skipped=plan.skipped)


def _propose(turn: Turn, plan: _Plan) -> None:
    visits = _visits(turn, plan)
    user = turn.session.get_one(User, plan.user_id)
    if not visits:
        turn.say("utter_visit_plan_nobody", person=user.name)
        return
    turn.conversation.focus = {**turn.conversation.focus, _KEPT: plan.to_json()}
    turn.show(
        Table(
            title=turn.words.say("utter_visit_plan_title", person=user.name),
            columns=(
                column(turn, "when"),
                column(turn, "account"),
                column(turn, "visit_value", "number"),
                column(turn, "visit_why"),
                column(turn, "effort", "number"),
            ),
            rows=tuple(
                (
                    moment_text(each.at, turn.reading),
                    each.candidate.name,
                    company_money(turn, each.candidate.value),
                    _why(turn, each.candidate),
                    percent_text(each.share, turn.reading),
                )
                for each in sorted(visits, key=lambda visit: visit.at)
            ),
            note=turn.words.label("visit_plan_note"),
        )
    )
    turn.offer(turn.words.label("accept_plan"), "visit_plan", style="primary", once=True, plan="accept")
    turn.offer(turn.words.label("calendar_file"), "visit_plan", plan="calendar")
    turn.offer_menu(
        turn.words.label("skip"),
        [
            (
                each.candidate.name,
                turn.words.say("utter_visit_skip_said", name=each.candidate.name),
                Command("visit_plan", {"plan": "skip", "account": f"account:{each.candidate.account_id}"}),
            )
            for each in visits
        ],
    )


def _why(turn: Turn, candidate: Candidate) -> str:
    """What puts a customer into the plan, in words."""
    parts = []
    days = candidate.quiet_days
    parts.append(
        turn.words.label("never_spoken")
        if days is None
        else turn.words.say("utter_visit_quiet", days=turn.words.counted("day", days))
    )
    if candidate.closes_on is not None and candidate.closes_on <= turn.reading.today + timedelta(days=14):
        passed = candidate.closes_on < turn.reading.today
        parts.append(turn.words.label("close_passed" if passed else "closes_soon"))
    if candidate.churn is not None and candidate.churn >= 0.3:
        parts.append(turn.words.say("utter_visit_churn", share=percent_text(candidate.churn, turn.reading)))
    return ", ".join(parts)


def _accept(turn: Turn, plan: _Plan) -> None:
    visits = _visits(turn, plan)
    for each in visits:
        turn.uow.add(
            Task(
                subject=turn.words.say("utter_visit_task", name=each.candidate.name)[:200],
                assignee_id=plan.user_id,
                creator_id=turn.colleague.id,
                due_at=each.at,
                remind_at=each.at,
                account_id=each.candidate.account_id,
                conversation_id=turn.conversation.id,
            )
        )
    turn.conversation.focus = {key: value for key, value in turn.conversation.focus.items() if key != _KEPT}
    turn.say("utter_visit_plan_accepted", tasks=turn.words.counted("task", len(visits)))
    _hand_over_file(turn, visits)
    turn.offer_undo()


def _hand_over_file(turn: Turn, visits: Sequence[Visit]) -> None:
    content = calendar_file(
        [
            Appointment(
                key=f"visit-{each.candidate.account_id}-{each.at:%Y%m%dT%H%M}",
                at=each.at,
                length=VISIT,
                title=turn.words.say("utter_visit_task", name=each.candidate.name),
                note=_why(turn, each.candidate),
            )
            for each in sorted(visits, key=lambda visit: visit.at)
        ],
        made_at=turn.uow.now,
    )
    path = turn.files / f"{hashlib.sha256(content).hexdigest()[:32]}.ics"
    turn.files.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    name = f"visits-{turn.reading.today.isoformat()}.ics"
    turn.show(Document(path=path, name=name, media_type="text/calendar"))
