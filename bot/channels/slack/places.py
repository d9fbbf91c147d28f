"""Names of people and conversations in Slack, and where an answer belongs.

A person is "T1/U1", and so is the person's own conversation: their direct messages with the assistant. A thread in a
channel, or one in the direct messages, is "T1/C1/1700000000.000100": workspace, channel, message it hangs on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from actions.desk.handing_over import NEW_THREAD

CHANNEL = "slack"

ANNOUNCEMENT = "win:"
"""How the keys of what is told in a channel that config.yml names for it begin."""


def person_key(team: str, user: str) -> str:
    """The name of a person, and of their direct messages."""
    return f"{team}/{user}"


def thread_key(team: str, channel: str, thread: str) -> str:
    """The name of a thread."""
    return f"{team}/{channel}/{thread}"


@dataclass(frozen=True, slots=True)
class ConversationKey:
    """A conversation's name, taken apart: either ``user``'s direct messages, or a thread in a channel."""

    team: str
    user: str | None = None
    channel: str | None = None
    thread: str | None = None

    @classmethod
    def parse(cls, name: str) -> ConversationKey:
        """Take a name apart; raises ValueError when it is not one of ours."""
        match name.split("/"):
            case [team, user]:
                return cls(team, user=user)
            case [team, channel, thread]:
                return cls(team, channel=channel, thread=thread)
        raise ValueError(f"not a conversation in Slack: {name!r}")


def is_new_thread(thread: str | None) -> bool:
    """Whether a thread's first message is not posted yet, so that Slack has no name for it."""
    return thread is not None and thread.startswith(NEW_THREAD)


def is_direct(channel: str) -> bool:
    """Whether a channel id is that of direct messages between two."""
    return channel.startswith("D")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a message was said, kept with it in the inbox.

    ``ts`` is the message itself, or the one whose button was pressed. ``response_url`` answers where a command or a
    button was used, for thirty minutes. ``alone``: only the person who spoke saw it and sees the answer.
    ``addressed``: it was said to the assistant, not just in a thread the assistant takes part in. ``home``: it was done
    on the home tab, which is to show what came of it.
    """

    channel: str | None = None
    ts: str | None = None
    response_url: str | None = None
    alone: bool = False
    pressed: bool = False
    addressed: bool = True
    home: bool = False

    def to_json(self) -> dict[str, Any]:
        """The form kept in the inbox."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> Place:
        """Read what ``to_json`` wrote; anything unknown is ignored."""
        known = {name: value for name, value in (data or {}).items() if name in cls.__slots__}
        return cls(**known)


def place_of_action(body: Mapping[str, Any]) -> Place:
    """Where a button was pressed, from the payload of block_actions."""
    container = body.get("container") or {}
    alone = bool(container.get("is_ephemeral"))
    return Place(
        channel=(body.get("channel") or {}).get("id") or container.get("channel_id"),
        ts=container.get("message_ts"),
        response_url=body.get("response_url") if alone else None,
        alone=alone,
        pressed=container.get("type") == "message",
        home=(body.get("view") or {}).get("type") == "home",
    )


def carried_place(body: Mapping[str, Any], *, changes: bool) -> dict[str, str]:
    """What a form keeps of the place it was opened at; see ``place_of_form``. ``changes``: it changes a record."""
    place = place_of_action(body)
    if place.home:
        return {"home": "yes"}
    if place.channel is None or not place.pressed:
        return {}
    carried = {"channel": place.channel}
    if place.alone and place.response_url is not None:
        # What is shown to one person alone is answered, and replaced, through this address.
        carried |= {"response_url": place.response_url, **({"replaces": "yes"} if changes else {})}
    elif place.ts is not None and not place.alone:
        carried["ts"] = place.ts
    return carried


def place_of_form(carried: Mapping[str, str]) -> Place:
    """Where a form was opened that has been sent: on a message, which may show what came of it, or elsewhere."""
    ts, response_url = carried.get("ts"), carried.get("response_url")
    return Place(
        channel=carried.get("channel"),
        ts=ts,
        response_url=response_url,
        alone=response_url is not None,
        pressed=ts is not None or "replaces" in carried,
        home="home" in carried,
    )


def conversation_of_action(body: Mapping[str, Any], team: str) -> str | None:
    """The conversation of the message whose element was used; None for the home page and a global shortcut.

    What one person alone sees outside a thread, an answer to "/rapport" say, belongs to their own conversation.
    """
    place, message = place_of_action(body), body.get("message") or {}
    thread = message.get("thread_ts") or (body.get("container") or {}).get("thread_ts")
    if place.channel is None or not place.pressed:
        return None
    if (is_direct(place.channel) or place.alone) and not thread:
        return person_key(team, str(body["user"]["id"]))
    thread = thread or place.ts
    return thread_key(team, place.channel, thread) if thread else None
