"""What an event of Slack means to us, read from its payload alone. Pure: no calls, no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.channels.slack.places import is_direct, person_key, thread_key
from bot.channels.slack.said import mentioned

# A file with a comment, a reply also sent to the channel, and "/me is happy" are messages people wrote.
_WRITTEN = frozenset({None, "file_share", "thread_broadcast", "me_message"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Somebody wrote a message. ``conversation`` is the one it belongs to; ``thread`` where it hangs, if in one.

    ``addressed``: said to the assistant, in direct messages or by mention. ``to_others``: it begins with a mention of
    somebody else.
    """

    team: str
    user: str
    channel: str
    ts: str
    text: str
    conversation: str
    thread: str | None
    addressed: bool
    to_others: bool
    files: tuple[dict[str, Any], ...] = ()

    @property
    def in_own_thread(self) -> bool:
        """Whether it was said in a thread of the direct messages, which has a title of its own."""
        return self.thread is not None and is_direct(self.channel)

    @property
    def event_id(self) -> str:
        """One per message: the same message may come as ``message`` and as ``app_mention``, each also repeated."""
        return f"{self.team}/{self.channel}/{self.ts}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """Somebody changed the text of the message ``of``."""

    said: Said
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """A message was taken back; ``event_id`` is that of the message."""

    team: str
    channel: str
    ts: str

    @property
    def event_id(self) -> str:
        """The event id of the message that is gone."""
        return f"{self.team}/{self.channel}/{self.ts}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reacted:
    """Somebody put an emoji on a message."""

    team: str
    user: str
    emoji: str
    channel: str
    ts: str


Heard = Said | Edited | Deleted | Reacted


def hear(body: Mapping[str, Any], *, bot_user: str) -> Heard | None:
    """Read an event of the Events API; None for what is none of our business.

    Other bots and everybody from outside the workspace are none of it: people of connected organisations carry the id
    of their own workspace.
    """
    event = body.get("event") or {}
    team = str(body.get("team_id") or "")
    if is_from_outside(event, team):
        return None
    match event.get("type"), event.get("subtype"):
        case ("message" | "app_mention", None | "file_share" | "thread_broadcast" | "me_message"):
            return _said(event, team, event.get("channel"), bot_user)
        case ("message", "message_changed"):
            message = event.get("message") or {}
            if message.get("subtype") == "tombstone":
                # What is left of a message that had replies when it was deleted.
                return _deleted(event, team, message.get("ts"))
            return _edited(event, team, bot_user)
        case ("message", "message_deleted"):
            return _deleted(event, team, event.get("deleted_ts"))
        case ("reaction_added", _):
            return _reacted(event, team, bot_user)
    return None


def is_from_outside(event: Mapping[str, Any], team: str) -> bool:
    """Whether somebody of another organisation did it."""
    message = event.get("message") or event
    return any(
        isinstance(theirs, str) and theirs != team
        for theirs in (message.get("user_team"), message.get("source_team"), message.get("team"))
    )


def moment(ts: str) -> datetime:
    """The moment of a time stamp, aware UTC; raises ValueError."""
    return datetime.fromtimestamp(float(ts), UTC)


def _said(message: Mapping[str, Any], team: str, channel: Any, bot_user: str) -> Said | None:
    user, ts, text = message.get("user"), message.get("ts"), str(message.get("text") or "")
    if not user or not ts or not channel or message.get("bot_id") or user in {bot_user, "USLACKBOT"}:
        return None
    files = tuple(_file(each) for each in message.get("files") or ())
    thread = message.get("thread_ts")
    direct = is_direct(channel)
    names = mentioned(text)
    own = direct and thread is None
    conversation = person_key(team, user) if own else thread_key(team, channel, thread or ts)
    return Said(
        team=team,
        user=user,
        channel=channel,
        ts=ts,
        text=text,
        conversation=conversation,
        thread=thread,
        addressed=direct or bot_user in names,
        to_others=bool(names) and text.lstrip().startswith("<@") and names[0] != bot_user,
        files=files,
    )


def _edited(event: Mapping[str, Any], team: str, bot_user: str) -> Edited | None:
    message, previous = event.get("message") or {}, event.get("previous_message") or {}
    # Slack also says "changed" when it has unfurled a link or counted a reply.
    if message.get("text") == previous.get("text") or message.get("subtype") not in _WRITTEN:
        return None
    said = _said(message, team, event.get("channel"), bot_user)
    at = (message.get("edited") or {}).get("ts") or event.get("event_ts")
    return None if said is None or not at else Edited(said=said, at=str(at))


def _deleted(event: Mapping[str, Any], team: str, ts: Any) -> Deleted | None:
    previous = event.get("previous_message") or {}
    if previous.get("bot_id") or not ts:
        return None
    return Deleted(team=team, channel=str(event.get("channel")), ts=str(ts))


def _reacted(event: Mapping[str, Any], team: str, bot_user: str) -> Reacted | None:
    item = event.get("item") or {}
    user, emoji = event.get("user"), event.get("reaction")
    if item.get("type") != "message" or not user or not emoji or user == bot_user:
        return None
    return Reacted(team=team, user=user, emoji=str(emoji), channel=str(item["channel"]), ts=str(item["ts"]))


def _file(file: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "file",
        "id": file.get("id"),
        "name": file.get("name") or "",
        "media_type": file.get("mimetype") or "",
        "size": file.get("size"),
    }
