"""Digests: a seller's day, a manager's week, and in the evening what was held back. Nothing when there is nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from actions.call import ActionCall
from actions.describing import describe_briefly
from actions.formatting import date_text, moment_text
from actions.reply import Table
from actions.resolving import by_ref
from actions.skills.activity_reports import team_activity
from actions.skills.forecasting import forecast
from actions.skills.staleness import stale_deals
from actions.skills.what_changed import what_changed
from actions.turn import Turn
from crm_store.models import (
    Absence,
    Activity,
    ActivityKind,
    Deal,
    Notice,
    NoticeStatus,
    Role,
    Stage,
    StageType,
    Task,
    User,
)
from nlu.parse import Entity

_ROWS = 12
_SALES = frozenset({Role.REP, Role.MANAGER})


def say_digests(turn: Turn, notices: Sequence[Notice]) -> list[Notice]:
    """The digests somebody has chosen; one in which there would be nothing is not said."""
    return [notice for notice in notices if say_digest(turn, weekly=notice.topic == "weekly")]


def say_digest(turn: Turn, *, weekly: bool) -> bool:
    """The day or the week of the colleague who is spoken to, under its title; False: there is nothing in it."""
    before = len(turn.reply.parts)
    (_say_week if weekly else _say_day)(turn)
    if len(turn.reply.parts) == before:
        return False
    title = "utter_digest_weekly" if weekly else "utter_digest_daily"
    turn.say(title, day=date_text(turn.reading.today, turn.reading))
    turn.reply.parts.insert(before, turn.reply.parts.pop())
    return True


def held_back_today(turn: Turn) -> bool:
    """Show what was not said today because there would have been too much of it; False: nothing was."""
    return _say_held_back(turn)


def say_summaries(turn: Turn, notices: Sequence[Notice]) -> list[Notice]:
    """What was held back today because there would have been too much of it, and what went to others meanwhile."""
    return [notice for notice in notices if _SUMMARIES[notice.topic](turn, notice)]


def _say_while_away(turn: Turn, notice: Notice) -> bool:
    """What went to who stood in, to somebody who is back; whether there was anything."""
    absence = turn.session.get(Absence, int(notice.data["absence"]))
    if absence is None or absence.delegate_id is None:
        return False
    said = select(Notice).where(
        Notice.user_id == absence.delegate_id,
        Notice.status == NoticeStatus.SAID,
        Notice.said_at >= absence.starts_at,
    )
    rows = [
        (moment_text(each.said_at, turn.reading) if each.said_at else "", describe_briefly(record))
        for each in turn.session.scalars(said.order_by(Notice.said_at))
        if each.data.get("for") == turn.colleague.id and (record := by_ref(turn, each.ref)) is not None
    ]
    if not rows:
        return False
    label, left_out = turn.words.label, len(rows) - _ROWS
    person = turn.session.get_one(User, absence.delegate_id).name
    turn.show(
        Table(
            title=turn.words.say("utter_while_away", person=person, n=str(len(rows))),
            columns=((label("when"), "text"), (label("record"), "text")),
            rows=tuple(rows[:_ROWS]),
            note=turn.words.say("utter_more_left_out", n=str(left_out)) if left_out > 0 else "",
        )
    )
    return True


def _say_held_back(turn: Turn, _notice: Notice | None = None) -> bool:
    held = turn.session.scalars(
        select(Notice).where(
            Notice.user_id == turn.colleague.id,
            Notice.status == NoticeStatus.DROPPED,
            Notice.held_because == "cap",
            Notice.created_at > turn.uow.now - timedelta(hours=18),
        )
    ).all()
    rows = [
        (turn.words.label(f"nudge_{notice.topic}"), describe_briefly(record))
        for notice in held
        if (record := by_ref(turn, notice.ref)) is not None
    ]
    if not rows:
        return False
    label = turn.words.label
    left_out = len(rows) - _ROWS
    turn.show(
        Table(
            title=turn.words.say("utter_held_back", n=str(len(rows))),
            columns=((label("why"), "text"), (label("record"), "text")),
            rows=tuple(rows[:_ROWS]),
            note=turn.words.say("utter_more_left_out", n=str(left_out)) if left_out > 0 else "",
        )
    )
    return True


_SUMMARIES: Mapping[str, Callable[[Turn, Notice], bool]] = {"summary": _say_held_back, "back": _say_while_away}


def _say_day(turn: Turn) -> None:
    zone, today, me = turn.reading.zone, turn.reading.today, turn.colleague
    begin = datetime.combine(today, time(0), zone).astimezone(UTC)
    end = datetime.combine(today + timedelta(days=1), time(0), zone).astimezone(UTC)
    meetings = select(Activity).where(
        Activity.owner_id == me.id,
        Activity.activity_kind == ActivityKind.MEETING,
        Activity.at >= begin,
        Activity.at < end,
    )
    tasks = (
        select(Task)
        .where(Task.assignee_id == me.id, Task.done_at.is_(None), Task.due_at < end)
        .options(joinedload(Task.account))
        .order_by(Task.due_at)
    )
    rows = [
        (turn.words.label("logged_meeting"), moment_text(each.at, turn.reading), each.note[:70])
        for each in turn.session.scalars(meetings.order_by(Activity.at))
    ]
    rows += [
        (
            turn.words.label("task"),
            moment_text(task.due_at, turn.reading) if task.due_at is not None else "",
            describe_briefly(task) + (f" ({task.account.name})" if task.account else ""),
        )
        for task in turn.session.scalars(tasks)
    ]
    if rows:
        label, left_out = turn.words.label, len(rows) - _ROWS
        turn.show(
            Table(
                title=turn.words.say("utter_digest_today"),
                columns=((label("what"), "text"), (label("due"), "text"), (label("subject"), "text")),
                rows=tuple(rows[:_ROWS]),
                note=turn.words.say("utter_more_left_out", n=str(left_out)) if left_out > 0 else "",
            )
        )
    if me.role in _SALES and _has_deals_to_move(turn):
        turn.call = ActionCall(action="action_stale_deals", entities=(_entity("scope", "my"),))
        stale_deals(turn)


def _has_deals_to_move(turn: Turn) -> bool:
    open_deals = select(Deal).join(Deal.stage).where(Deal.owner_id == turn.colleague.id, Stage.type == StageType.OPEN)
    quiet = turn.uow.now
    return any(
        deal.last_activity_at < quiet - timedelta(days=deal.stage.rotting_days)
        for deal in turn.session.scalars(
            open_deals.where(Stage.rotting_days.is_not(None)).options(joinedload(Deal.stage))
        )
        if deal.stage.rotting_days is not None
    ) or (turn.session.scalar(open_deals.where(or_(Deal.close_date < turn.reading.today)).limit(1)) is not None)


def _say_week(turn: Turn) -> None:
    """The pipeline's change, what went cold, who did what, and the forecast, as if the person had asked for each."""
    week = (turn.reading.today - timedelta(days=7)).isoformat()
    since, team = _entity("date", f"{week}/.."), _entity("scope", "team")
    for action, skill, entities in (
        ("action_what_changed", what_changed, (since, team)),
        ("action_stale_deals", stale_deals, (team,)),
        ("action_team_activity", team_activity, (since, team)),
        ("action_forecast", forecast, (team,)),
    ):
        turn.call = ActionCall(action=action, entities=entities)
        skill(turn)


def _entity(kind: str, value: str) -> Entity:
    return Entity(entity=kind, start=0, end=0, text=value, value=value, extractor="digest")
