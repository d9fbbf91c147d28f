"""Whom a new task is for: oneself, a colleague, or everybody on one's team."""

from __future__ import annotations

import re

from sqlalchemy import select

from actions.errors import refused
from actions.resolving import resolve_user
from actions.turn import Turn
from crm_store.models import User

_TEAM = re.compile(
    r"\b(?:remind|ask|tell|ping|nudge|get)\s+(?:(?:the|my|our)\s+(?:whole |entire )?(?:sales )?team|everyone|everybody|"
    r"all (?:of )?(?:my|the|our) (?:reps|people|team)|(?:my|the|our) (?:reps|people))\b",
    re.IGNORECASE,
)


def assignees_said(turn: Turn) -> list[User]:
    """One colleague or, when the team is named by whoever leads it, its members; raises Refused for others."""
    said = turn.call.first("person")
    if said is not None:
        return [resolve_user(turn, said)]
    if _TEAM.search(turn.call.text) is None:
        return [turn.colleague]
    members = turn.session.scalars(
        select(User).where(User.manager_id == turn.colleague.id, User.active.is_(True)).order_by(User.name)
    ).all()
    if not members:
        raise refused("utter_no_team_to_remind")
    return list(members)
