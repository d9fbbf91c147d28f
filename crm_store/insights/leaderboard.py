"""Who is on the leaderboard, and their figures side by side.

Nobody is on it who did not ask for it. Managers see those who report to them on it too, as they see their figures
anyway, and everybody sees themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import select

from crm_store.actors import Actor
from crm_store.insights.query.groups import QueryGroup
from crm_store.insights.query.layer import Dimension
from crm_store.insights.query.report_query import Condition, ReportQuery
from crm_store.insights.query.running import Answer, Line, run_query
from crm_store.insights.query.sources import Circumstances
from crm_store.insights.query.tallies import Tally
from crm_store.models import Role, User
from crm_store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A leaderboard as one person sees it. ``unlisted`` are those on it whom only they (and those above them) see.

    ``place`` is the viewer's own (from 1), None for who does not sell; people of equal figures share one.
    """

    answer: Answer
    places: tuple[int, ...]
    unlisted: tuple[str, ...]
    place: int | None
    listed: bool


def leaderboard(uow: UnitOfWork, at: Circumstances, query: ReportQuery) -> Board:
    """The figures of the people on the board, best first; sums of their records, whoever may see these.

    Raises a QueryError for a query that no board answers.
    """
    query.check()
    people = _people(at, uow.actor, query)
    ids = tuple((user.id, user.name) for user in people)
    # With a top of all of them nobody is put together with others.
    named = Condition(dimension=Dimension.REP, values=ids)
    asked = replace(query, conditions=(named,), top=max(1, len(ids)), board=False)
    with uow.below_access():
        answer = run_query(at, asked)
    found = {line.groups[0].key: line for line in answer.lines}
    nothing = (Tally(),) * len(query.figures)
    lines = [*answer.lines] + [
        Line(
            groups=(QueryGroup(key=user.id, name=user.name),),
            now=nothing,
            before=nothing if answer.before is not None else (),
        )
        for user in people
        if user.id not in found
    ]
    places = _places(answer, lines)
    viewer = next((n for n, line in enumerate(lines) if line.groups[0].key == uow.actor.id), None)
    place = places[viewer] if viewer is not None else None
    shown = [n for n, _ in enumerate(lines) if query.top is None or n < query.top or n == viewer]
    listed = {user.id for user in people if user.on_leaderboard}
    return Board(
        answer=replace(
            answer, query=query, lines=tuple(lines[n] for n in shown), group_count=len(lines)
        ),
        places=tuple(places[n] for n in shown),
        unlisted=tuple(user.name for user in people if user.id not in listed and user.id != uow.actor.id),
        place=place,
        listed=uow.actor.id in listed,
    )  # fmt: skip


def _people(at: Circumstances, actor: Actor, query: ReportQuery) -> list[User]:
    """Those who sell and asked to be shown, the viewer, and whom the viewer leads."""
    led = actor.visible_owner_ids if actor.role is Role.MANAGER else frozenset()
    statement = select(User).where(User.active, User.role.in_((Role.REP, Role.MANAGER))).order_by(User.name)
    teams = query.condition_on(Dimension.TEAM)
    if teams is not None:
        keys = [key for key, _ in teams.values]
        statement = statement.where(User.team_id.not_in(keys) if teams.excluded else User.team_id.in_(keys))
    return [
        user
        for user in at.session.scalars(statement)
        if user.on_leaderboard or (user.role is Role.REP and (user.id == actor.id or actor.sees_all or user.id in led))
    ]


def _places(answer: Answer, lines: list[Line]) -> list[int]:
    """Places in order of the lines: who has the same figure has the same place."""
    places: list[int] = []
    for index, line in enumerate(lines):
        same = index > 0 and answer.value(line, 0) == answer.value(lines[index - 1], 0)
        places.append(places[-1] if same else index + 1)
    return places
