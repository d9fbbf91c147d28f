"""Whose records a report is about, from what was said and from who asks."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import select

from actions.errors import refused
from actions.report_words import Whose, read_whose
from actions.resolving import resolve_user
from actions.turn import Turn
from crm_store.models import Role, Team, User
from crm_store.names import name_key

_ASKS_FOR_ALL = re.compile(r"\b(who|whose|which (rep|reps|salesperson|colleague)|anyone|anybody|leaderboard)\b", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The owners a report is about (None: all there are), and what they are called. ``single``: it is one person."""

    owner_ids: frozenset[int] | None
    label: str
    single: bool = False


def scope_said(turn: Turn) -> Scope:
    """The people named, else the word for whose, else the asker's own (a rep) or all they lead.

    A wider word widens a rep's report to what they may see. Raises Refused for a colleague whose deals they may not.
    """
    persons = turn.call.all("person")
    if persons:
        return _of_persons(turn, [resolve_user(turn, said) for said in persons])
    said = turn.call.first("scope")
    if said is not None:
        team = _team_called(turn, said)
        if team is not None:
            return team
    team = _team_in_words(turn)
    if team is not None:
        return team
    whose = read_whose(said) if said is not None else None
    if whose is None and _ASKS_FOR_ALL.search(turn.call.words):
        whose = Whose.EVERYONE
    if turn.colleague.role is Role.REP and whose in {None, Whose.OWN}:
        return _of_persons(turn, [turn.colleague])
    return all_visible(turn)


def _of_persons(turn: Turn, users: list[User]) -> Scope:
    hidden = [user for user in users if not turn.actor.sees_all and user.id not in turn.actor.visible_owner_ids]
    if hidden:
        raise refused("utter_report_not_visible", person=hidden[0].name)
    names = ", ".join(user.name for user in users)
    return Scope(owner_ids=frozenset(user.id for user in users), label=names, single=len(users) == 1)


def all_visible(turn: Turn) -> Scope:
    """All that the asker may see, and how it is called."""
    user = turn.colleague
    if turn.actor.sees_all:
        return Scope(owner_ids=None, label=turn.words.label("everyone"))
    ids = turn.actor.visible_owner_ids
    if ids == {user.id}:
        return Scope(owner_ids=ids, label=user.name, single=True)
    team = turn.session.get(Team, user.team_id) if user.role is Role.REP and user.team_id is not None else None
    if team is not None:
        return Scope(owner_ids=ids, label=turn.words.say("utter_report_named_team", team=team.name))
    return Scope(owner_ids=ids, label=turn.words.say("utter_report_team_of", person=user.name))


def _team_called(turn: Turn, said: str) -> Scope | None:
    words = set(name_key(said).split())
    for team in turn.session.scalars(select(Team).order_by(Team.name)):
        key = name_key(team.name).split()
        if key and words.issuperset(key):
            return _of_team(turn, team)
    return None


def _team_in_words(turn: Turn) -> Scope | None:
    """The team the message names as one ("the enterprise team", "only enterprise"); its name alone may be any word."""
    text = turn.call.words
    for team in turn.session.scalars(select(Team).order_by(Team.name)):
        name = re.escape(team.name)
        named = rf"\b(?:{name}\s+(?:team|reps|people)|team\s+{name}|(?:only|just|for|of|in)\s+(?:the\s+)?{name}\W*$)"
        if re.search(named, text, re.IGNORECASE):
            return _of_team(turn, team)
    return None


def _of_team(turn: Turn, team: Team) -> Scope:
    members = frozenset(turn.session.scalars(select(User.id).where(User.team_id == team.id)))
    seen = members if turn.actor.sees_all else members & turn.actor.visible_owner_ids
    if not seen:
        raise refused("utter_report_not_visible", person=team.name)
    return Scope(owner_ids=seen, label=turn.words.say("utter_report_named_team", team=team.name))


def people_in(turn: Turn, scope: Scope) -> list[User]:
    """The users of a scope, by name; also those who have left, whose deals still count."""
    query = select(User).order_by(User.name)
    if scope.owner_ids is not None:
        query = query.where(User.id.in_(sorted(scope.owner_ids)))
    return list(turn.session.scalars(query))
