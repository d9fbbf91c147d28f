"""What the stand-in's workspace holds: people, channels, messages, files and views."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

TEAM = "T0RAPPORT"
BOT_USER = "U0BOT"
BOT_ID = "B0BOT"
BOT_TOKEN = "xoxb-standin"
APP_TOKEN = "xapp-standin"
SIGNING_SECRET = "standin-signing-secret"
CLIENT_ID = "1.2"
CLIENT_SECRET = "standin-client-secret"


@dataclass(slots=True)
class Member:
    """A user of the workspace as users.info shows them."""

    id: str
    name: str
    email: str
    restricted: bool = False
    stranger: bool = False
    bot: bool = False
    deleted: bool = False

    def to_json(self) -> dict[str, Any]:
        profile = {"real_name": self.name, "display_name": self.name, "email": self.email}
        return {
            "id": self.id,
            "team_id": "T0ELSEWHERE" if self.stranger else TEAM,
            "name": self.name.lower(),
            "deleted": self.deleted,
            "is_bot": self.bot,
            "is_restricted": self.restricted,
            "is_ultra_restricted": False,
            "is_stranger": self.stranger,
            "profile": profile if self.email else {"real_name": self.name},
        }


@dataclass(slots=True)
class Room:
    """A channel or direct messages (of several people: ``group``), and what was said there."""

    id: str
    members: set[str]
    shared: bool = False
    name: str = ""
    group: bool = False
    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """What it is called in the names of scopes and events: "im", "mpim" or "channels"."""
        return "im" if self.id.startswith("D") else "mpim" if self.group else "channels"

    def find(self, ts: str) -> dict[str, Any] | None:
        return next((message for message in self.messages if message["ts"] == ts), None)

    def thread(self, ts: str) -> list[dict[str, Any]]:
        return [m for m in self.messages if m["ts"] == ts or m.get("thread_ts") == ts]

    def top(self) -> list[dict[str, Any]]:
        return [m for m in self.messages if m.get("thread_ts") in {None, m["ts"]}]


@dataclass(slots=True)
class Whisper:
    """A message only one person saw. ``response_url`` is set for an answer to a command or button."""

    room: str
    user: str
    payload: dict[str, Any]
    thread: str | None = None


class Workspace:
    """The state. Time stamps are unique and grow, as Slack's do."""

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        self.rooms: dict[str, Room] = {}
        self.whispers: list[Whisper] = []
        self.unfurls: list[dict[str, Any]] = []
        self.home_views: dict[str, dict[str, Any]] = {}
        self.modals: list[dict[str, Any]] = []
        self.files: dict[str, dict[str, Any]] = {}
        self.reactions: list[tuple[str, str, str, str]] = []
        self.statuses: list[tuple[str, str, str]] = []
        self.titles: dict[tuple[str, str], str] = {}
        self.prompts: list[tuple[str, str | None, list[dict[str, str]]]] = []
        self._numbers: Iterator[int] = itertools.count(1)
        self._last_ts = 0

    def number(self) -> int:
        return next(self._numbers)

    def ts(self) -> str:
        self._last_ts = max(self._last_ts + 1, int(time.time() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def add_member(self, user: str, name: str, email: str = "", **flags: bool) -> Member:
        member = Member(id=user, name=name, email=email, **flags)
        self.members[user] = member
        return member

    def add_channel(
        self,
        channel: str,
        members: set[str],
        *,
        shared: bool = False,
        name: str = "",
        with_bot: bool = True,
        group: bool = False,
    ) -> Room:
        everybody = set(members) | ({BOT_USER} if with_bot else set())
        room = Room(id=channel, members=everybody, shared=shared, name=name or channel.lower(), group=group)
        self.rooms[channel] = room
        return room

    def direct(self, user: str) -> Room:
        """The direct messages between the app and ``user``, opened when they are new."""
        channel = f"D{user[1:]}"
        if channel not in self.rooms:
            self.rooms[channel] = Room(id=channel, members={user, BOT_USER})
        return self.rooms[channel]

    def status(self, channel: str, thread: str) -> str:
        """What stands under a thread about what the app is doing there."""
        return next((text for *place, text in reversed(self.statuses) if place == [channel, thread]), "")

    def said_by_bot(self) -> list[dict[str, Any]]:
        """Every message the app has posted, in order of time."""
        found = [m for room in self.rooms.values() for m in room.messages if m.get("bot_id") == BOT_ID]
        return sorted(found, key=lambda message: str(message["ts"]))
