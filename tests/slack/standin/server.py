"""The stand-in as a whole: a server, and people who do things in its workspace."""

from __future__ import annotations

import asyncio
from typing import Any, Self

import yaml
from aiohttp import web

from bot.settings import PROJECT
from tests.slack.standin.events import HttpTransport, Sent, SocketTransport, Transport
from tests.slack.standin.web_api import WebApi
from tests.slack.standin.workspace import BOT_USER, TEAM, Workspace


def manifest() -> dict[str, Any]:
    """The app's manifest, as an administrator would paste it into Slack."""
    read: dict[str, Any] = yaml.safe_load((PROJECT / "slack-manifest.yml").read_text(encoding="utf-8"))
    return read


OLDER_EVENTS = frozenset({"assistant_thread_started", "assistant_thread_context_changed"})


class Standin:
    """A workspace with the app installed as its manifest says: only the events and scopes named there exist.

    ``older_view``: the app is from before July 2026 and has been left with assistant_view, as docs/slack.md says.
    """

    def __init__(self, *, older_view: bool = False) -> None:
        about = manifest()
        self.workspace = Workspace()
        self.subscribed = frozenset(about["settings"]["event_subscriptions"]["bot_events"])
        if older_view:
            about["features"]["assistant_view"] = about["features"].pop("agent_view")
            self.subscribed = self.subscribed - {"app_context_changed"} | OLDER_EVENTS
        scopes = frozenset(about["oauth_config"]["scopes"]["bot"])
        features = frozenset(about["features"])
        self.api = WebApi(self.workspace, scopes=scopes, features=features, base=lambda: self.base)
        self.sockets = SocketTransport(self.api.tickets)
        self.transport: Transport = self.sockets
        self.base = ""
        self.sent: list[Sent] = []
        self._runner: web.AppRunner | None = None

    @property
    def api_url(self) -> str:
        return f"{self.base}/api/"

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=50_000_000)
        app.add_routes([*self.api.routes(), *self.sockets.routes()])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_error: object) -> None:
        if isinstance(self.transport, HttpTransport):
            await self.transport.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def say(
        self, user: str, text: str, *, channel: str | None = None, thread: str | None = None, **more: Any
    ) -> str:
        """Somebody writes, in their direct messages with the app unless in a channel; the message's time stamp."""
        room = self.workspace.rooms[channel] if channel is not None else self.workspace.direct(user)
        message = {"type": "message", "user": user, "text": text, "ts": self.workspace.ts(), "team": TEAM, **more}
        if thread is not None:
            message["thread_ts"] = thread
        room.messages.append(message)
        await self.announce(room.id, message)
        return str(message["ts"])

    async def announce(self, channel: str, message: dict[str, Any]) -> None:
        """Tell the app of a message, as often as Slack does: a mention is told twice, under two event ids."""
        kind = self.workspace.rooms[channel].kind
        event = {**message, "channel": channel, "channel_type": kind.removesuffix("s"), "event_ts": message["ts"]}
        await self.event(f"message.{kind}", event)
        if kind == "channels" and f"<@{BOT_USER}>" in message["text"] and "subtype" not in message:
            await self.event("app_mention", {**event, "type": "app_mention"})

    async def edit(self, channel: str, ts: str, text: str) -> None:
        """The writer of a message changes its text."""
        room = self.workspace.rooms[channel]
        message = room.find(ts)
        assert message is not None
        previous = dict(message)
        message |= {"text": text, "edited": {"user": message["user"], "ts": self.workspace.ts()}}
        await self.event(
            f"message.{room.kind}",
            {
                "type": "message",
                "subtype": "message_changed",
                "channel": channel,
                "message": message,
                "previous_message": previous,
                "event_ts": self.workspace.ts(),
            },
        )

    async def delete(self, channel: str, ts: str) -> None:
        """The writer of a message takes it back; where it has replies, a tombstone is left in its place."""
        room = self.workspace.rooms[channel]
        message = room.find(ts)
        assert message is not None
        if len(room.thread(ts)) > 1:
            grave = {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "hidden": True}
            grave |= {"text": "This message was deleted.", "ts": ts, "thread_ts": ts}
            room.messages[room.messages.index(message)] = grave
            changed = {"type": "message", "subtype": "message_changed", "channel": channel, "message": grave}
            changed |= {"previous_message": message, "event_ts": self.workspace.ts()}
            await self.event(f"message.{room.kind}", changed)
            return
        room.messages.remove(message)
        await self.event(
            f"message.{room.kind}",
            {
                "type": "message",
                "subtype": "message_deleted",
                "channel": channel,
                "deleted_ts": ts,
                "previous_message": message,
                "event_ts": self.workspace.ts(),
            },
        )

    async def react(self, user: str, emoji: str, *, channel: str, ts: str) -> None:
        """Somebody puts an emoji on a message."""
        item = {"type": "message", "channel": channel, "ts": ts}
        event = {"type": "reaction_added", "user": user, "reaction": emoji, "item": item}
        await self.event("reaction_added", {**event, "event_ts": self.workspace.ts()})

    async def open_panel(self, user: str, *, beside: str | None = None) -> str | None:
        """Somebody opens the assistant while reading a channel; the thread that begins with assistant_view."""
        room = self.workspace.direct(user)
        entities = [{"type": "slack#/types/channel_id", "value": beside, "team_id": TEAM}] if beside else []
        opened = {"type": "app_home_opened", "user": user, "channel": room.id, "tab": "messages"}
        opened["event_ts"] = self.workspace.ts()
        if "agent_view" in self.api.features:
            await self.event("app_home_opened", {**opened, "context": {"entities": entities} if entities else {}})
            return None
        await self.event("app_home_opened", opened)
        root = {"type": "message", "subtype": "assistant_app_thread", "user": user, "text": "New chat", "team": TEAM}
        root["ts"] = root["thread_ts"] = self.workspace.ts()
        room.messages.append(root)
        await self.announce(room.id, root)
        await self._thread_event("assistant_thread_started", user, root["ts"], beside)
        return root["ts"]

    async def look_at(self, user: str, channel: str, *, thread: str | None = None, told_who: bool = True) -> None:
        """Somebody goes on to another channel with the assistant open."""
        if thread is not None:
            await self._thread_event("assistant_thread_context_changed", user, thread, channel)
            return
        entities = [{"type": "slack#/types/channel_id", "value": channel, "team_id": TEAM}]
        event: dict[str, Any] = {"type": "app_context_changed", "context": {"entities": entities}}
        if told_who:
            event |= {"user": user, "channel": self.workspace.direct(user).id, "event_ts": self.workspace.ts()}
        payload = self.callback(event)
        if not told_who:
            payload["authorizations"] = [{"team_id": TEAM, "user_id": user, "is_bot": False, "enterprise_id": None}]
        if "app_context_changed" in self.subscribed:
            await self.send("events_api", payload)

    async def _thread_event(self, name: str, user: str, thread: str, beside: str | None) -> None:
        context = {"channel_id": beside, "team_id": TEAM, "enterprise_id": None} if beside else {}
        about = {"user_id": user, "context": context, "channel_id": self.workspace.direct(user).id}
        event = {"type": name, "assistant_thread": {**about, "thread_ts": thread}, "event_ts": self.workspace.ts()}
        await self.event(name, event)

    async def event(self, name: str, event: dict[str, Any], *, event_id: str | None = None) -> Sent | None:
        """Send an event if the app has subscribed to it."""
        if name not in self.subscribed:
            return None
        return await self.send("events_api", self.callback(event, event_id=event_id))

    def callback(self, event: dict[str, Any], *, event_id: str | None = None) -> dict[str, Any]:
        """An event in its outer form."""
        return {
            "token": "ignored",
            "team_id": TEAM,
            "api_app_id": "A0STANDIN",
            "event": event,
            "type": "event_callback",
            "event_id": event_id or f"Ev{self.workspace.number():08d}",
            "event_time": int(float(event.get("event_ts") or "0")),
            "authorizations": [{"team_id": TEAM, "user_id": BOT_USER, "is_bot": True, "enterprise_id": None}],
        }

    async def send(self, kind: str, payload: dict[str, Any]) -> Sent:
        sent = await self.transport.send(kind, payload)
        self.sent.append(sent)
        return sent

    async def press(
        self, user: str, message: dict[str, Any], label: str, *, channel: str, whispered: bool = False
    ) -> Sent:
        """Press the button called ``label`` under a message."""
        action = next(
            element
            for block in message.get("blocks") or ()
            if block["type"] == "actions"
            for element in block["elements"]
            if element["type"] == "button" and element["text"]["text"] == label
        )
        return await self.act(user, action, message=message, channel=channel, whispered=whispered)

    async def act(
        self,
        user: str,
        action: dict[str, Any],
        *,
        message: dict[str, Any],
        channel: str,
        whispered: bool = False,
    ) -> Sent:
        """Use an element under a message; the same call again is a second click."""
        ts = self.workspace.ts()
        payload = {
            "type": "block_actions",
            "user": {"id": user, "username": user.lower(), "team_id": TEAM},
            "team": {"id": TEAM, "domain": "standin"},
            "api_app_id": "A0STANDIN",
            "container": {
                "type": "message",
                "message_ts": message.get("ts"),
                "channel_id": channel,
                "is_ephemeral": whispered,
            },
            "channel": {"id": channel, "name": "somewhere"},
            "trigger_id": self.trigger(),
            "response_url": self.response_url(channel, user),
            "actions": [{**action, "block_id": "b", "action_ts": ts}],
        }
        if not whispered:
            payload["message"] = message
        return await self.send("interactive", payload)

    async def act_at_home(self, user: str, action: dict[str, Any]) -> Sent:
        """Use an element of one's home page."""
        view = self.workspace.home_views[user]
        payload = {
            "type": "block_actions",
            "user": {"id": user, "username": user.lower(), "team_id": TEAM},
            "team": {"id": TEAM, "domain": "standin"},
            "api_app_id": "A0STANDIN",
            "container": {"type": "view", "view_id": view["id"]},
            "view": view,
            "trigger_id": self.trigger(),
            "actions": [{**action, "block_id": "b", "action_ts": self.workspace.ts()}],
        }
        return await self.send("interactive", payload)

    async def command(self, user: str, text: str, *, channel: str) -> Sent:
        """Type "/rapport text" somewhere."""
        return await self.send(
            "slash_commands",
            {
                "command": "/rapport",
                "text": text,
                "user_id": user,
                "team_id": TEAM,
                "channel_id": channel,
                "api_app_id": "A0STANDIN",
                "response_url": self.response_url(channel, user),
                "trigger_id": self.trigger(),
            },
        )

    def trigger(self) -> str:
        """A trigger that opens one view."""
        trigger = f"trigger{self.workspace.number()}"
        self.api.valid_triggers.add(trigger)
        return trigger

    def response_url(self, channel: str, user: str) -> str:
        """An address that takes five answers."""
        number = str(self.workspace.number())
        self.api.response_urls[number] = (channel, user, 5)
        return f"{self.base}/respond/{number}"

    async def until(self, condition: Any, *, seconds: float = 20.0) -> None:
        """Wait until ``condition()`` holds; fails when it does not in time."""
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - the state is plain data, nothing tells of its changes
                await asyncio.sleep(0.01)
