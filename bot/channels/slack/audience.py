"""Who may read an answer in a channel: everybody there, or the asker alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.slack.blocks import Audience
from bot.channels.slack.calls import Workspace
from bot.channels.slack.places import CHANNEL, is_direct, person_key
from bot.messages import DeliveryFailed
from crm_store.actors import Actor, ActorKind
from crm_store.models import ChannelIdentity, Role
from crm_store.store import Store

MEMBERS_SECONDS = 60.0
MOST_MEMBERS = 200
"""In a channel of more people, answers always go to the asker alone, since nobody knows who all of them are."""

_SELLING = frozenset({Role.REP, Role.MANAGER})


def sees_everything_of(reader: Actor, asker: Actor) -> bool:
    """Whether ``reader`` may see whatever could stand in an answer to ``asker``. Follows crm_store.access's table."""
    if reader.sees_all:
        return True
    if asker.sees_all or reader.kind is not ActorKind.USER:
        return False
    if reader.role is Role.MARKETER and asker.role is not Role.MARKETER:
        return False
    if asker.role in _SELLING and reader.role not in _SELLING:
        return False
    return asker.visible_owner_ids <= reader.visible_owner_ids


@dataclass(frozen=True, slots=True)
class Readers:
    """Who gets an answer, and whether the asker may show it to the others afterwards."""

    audience: Audience
    may_show: bool = False

    @property
    def may_be_shown(self) -> bool:
        """Whether the others may read what the asker has been told, if the asker shows it."""
        return self.may_show or self.audience is not Audience.ASKER


DIRECT = Readers(Audience.DIRECT)
OPEN = Readers(Audience.CHANNEL)
ASKER = Readers(Audience.ASKER)
ASKER_MAY_SHOW = Readers(Audience.ASKER, may_show=True)


def choose_readers(asker: Actor | None, members: Sequence[Actor | None], *, outsiders: bool) -> Readers:
    """Open when every member (None: somebody unknown) may see all that the asker may; else for the asker alone.

    Where people from outside read along, or somebody who is no colleague of ours (a guest, say), the asker may not show
    it to them either.
    """
    known = [member for member in members if member is not None]
    if asker is None or outsiders or len(known) < len(members):
        return ASKER
    return OPEN if all(sees_everything_of(member, asker) for member in known) else ASKER_MAY_SHOW


class Audiences:
    """Decides by a channel's members, which are asked for again after a minute. Belongs to one event loop."""

    def __init__(self, store: Store, *, clock: Callable[[], datetime], seconds: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._seconds = seconds
        self._known: dict[tuple[str, str], tuple[float, tuple[frozenset[str], bool]]] = {}

    async def of(self, workspace: Workspace, channel: str, *, asker: str | None) -> Readers:
        """Who reads an answer to ``asker`` (a person's key) in a channel; raises what calling Slack raises."""
        if is_direct(channel):
            return DIRECT
        members, outsiders = await self._members(workspace, channel)
        if len(members) > MOST_MEMBERS:
            return ASKER
        return await asyncio.to_thread(self._choose, workspace.team, members, outsiders, asker)

    async def refuse_outsiders(self, workspace: Workspace, channel: str) -> None:
        """Raises DeliveryFailed for good when people of other organisations read along in a channel."""
        _, outsiders = await self._members(workspace, channel)
        if outsiders:
            raise DeliveryFailed(f"{channel} is shared with another organisation", permanent=True)

    def forget(self, team: str, channel: str) -> None:
        """Somebody joined or left, or the channel was shared."""
        self._known.pop((team, channel), None)

    async def _members(self, workspace: Workspace, channel: str) -> tuple[frozenset[str], bool]:
        key = (workspace.team, channel)
        known = self._known.get(key)
        if known is not None and known[0] > self._seconds():
            return known[1]
        info = await workspace.asking.conversations_info(channel=channel)
        about = info["channel"]
        outsiders = any(about.get(name) for name in ("is_ext_shared", "is_pending_ext_shared", "is_org_shared"))
        members: set[str] = set()
        cursor = ""
        while True:
            page = await workspace.asking.conversations_members(channel=channel, limit=200, cursor=cursor)
            members.update(page["members"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor or len(members) > MOST_MEMBERS:
                break
        found = (frozenset(members - {workspace.bot_user}), outsiders)
        self._known[key] = (self._seconds() + MEMBERS_SECONDS, found)
        return found

    def _choose(self, team: str, members: frozenset[str], outsiders: bool, asker: str | None) -> Readers:
        with self._store.unit_of_work(now=self._clock(), read_only=True) as uow:
            actors = self._actors(uow.session, {person_key(team, user) for user in members} | {asker or ""})
        present = [actors.get(person_key(team, user)) for user in members]
        return choose_readers(actors.get(asker or ""), present, outsiders=outsiders)

    def _actors(self, session: Session, people: set[str]) -> dict[str, Actor]:
        found = session.scalars(
            select(ChannelIdentity).where(ChannelIdentity.channel == CHANNEL, ChannelIdentity.external_id.in_(people))
        )
        return {
            identity.external_id: self._store.actor_for_user(session, identity.user)
            for identity in found
            if identity.user is not None and identity.user.active
        }
