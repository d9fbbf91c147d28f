"""Which parts of an answer have reached Slack already, asked of Slack itself.

Sending a message has no idempotency key. So every message carries a key of ours as metadata, and a file in its name;
after an attempt nobody saw the end of, the place is searched for them before anything is sent again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

EVENT_TYPE = "rapport_answer"
LINE_TYPE = "rapport_working"
"""Marks the line that stands where an answer is to come."""
_CLOCKS_DIFFER = timedelta(minutes=5)
_MOST_PAGES = 10


def part_key(outbox_id: int, number: int) -> str:
    """The key of an answer's n-th message."""
    return f"{outbox_id}.{number}"


def metadata_of(key: str) -> dict[str, Any]:
    """The metadata that marks a message as ours."""
    return {"event_type": EVENT_TYPE, "event_payload": {"key": key}}


def line_metadata(inbox_id: int) -> dict[str, Any]:
    """The metadata of the line that stands for the answer to a message."""
    return {"event_type": LINE_TYPE, "event_payload": {"key": str(inbox_id)}}


def file_name(name: str, key: str, number: int) -> str:
    """A file's name with its key in it: "forecast-118.0.1.png"."""
    path = PurePath(name)
    return f"{path.stem}-{key}.{number}{path.suffix}"


async def already_sent(
    client: AsyncWebClient, *, channel: str, thread: str | None, outbox_id: int, since: datetime
) -> dict[str, str]:
    """Keys and file names of the answer's parts found in the place, each with its message's time stamp.

    Looks at messages from ``since`` on, allowing for clocks that differ. Raises what calling Slack raises.
    """
    found: dict[str, str] = {}
    async for message in _messages(client, channel=channel, thread=thread, since=since):
        found.update(_keys_of(message, outbox_id))
    return found


async def find_line(client: AsyncWebClient, *, channel: str, inbox_id: int, since: datetime) -> str | None:
    """The time stamp of the line that stands for the answer to a message; raises what calling Slack raises."""
    async for message in _messages(client, channel=channel, thread=None, since=since):
        if message.get("metadata") == line_metadata(inbox_id):
            return str(message["ts"])
    return None


async def is_line(client: AsyncWebClient, *, channel: str, ts: str) -> bool:
    """Whether a message is still the line it was posted as; raises what calling Slack raises."""
    page = await client.conversations_history(
        channel=channel, oldest=ts, latest=ts, inclusive=True, limit=1, include_all_metadata=True
    )
    return any(
        message.get("ts") == ts and (message.get("metadata") or {}).get("event_type") == LINE_TYPE
        for message in page["messages"]
    )


async def _messages(
    client: AsyncWebClient, *, channel: str, thread: str | None, since: datetime
) -> AsyncIterator[dict[str, Any]]:
    oldest = str((since - _CLOCKS_DIFFER).timestamp())
    cursor = ""
    for _ in range(_MOST_PAGES):
        if thread is None:
            page = await client.conversations_history(
                channel=channel, oldest=oldest, limit=200, include_all_metadata=True, cursor=cursor
            )
        else:
            page = await client.conversations_replies(
                channel=channel, ts=thread, oldest=oldest, limit=200, include_all_metadata=True, cursor=cursor
            )
        for message in page["messages"]:
            yield message
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return


def _keys_of(message: dict[str, Any], outbox_id: int) -> dict[str, str]:
    found: dict[str, str] = {}
    metadata = message.get("metadata") or {}
    key = str((metadata.get("event_payload") or {}).get("key") or "")
    if metadata.get("event_type") == EVENT_TYPE and key.partition(".")[0] == str(outbox_id):
        found[key] = str(message["ts"])
    for file in message.get("files") or ():
        name = str(file.get("name") or "")
        if f"-{outbox_id}." in name:
            found[name] = str(message["ts"])
    return found
