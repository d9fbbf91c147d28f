"""The Web API of the stand-in: every call is checked, carried out on the workspace and, where told so, fails."""

from __future__ import annotations

import json
import time
from base64 import b64decode
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from typing import Any, Literal

from aiohttp import web

from bot.channels.slack.blocks import check_message, check_view
from tests.slack.standin.listing import page, window
from tests.slack.standin.methods import METHODS, Refused, read_form, wrong_arguments
from tests.slack.standin.panel_api import PanelApi
from tests.slack.standin.workspace import (
    APP_TOKEN,
    BOT_ID,
    BOT_TOKEN,
    BOT_USER,
    CLIENT_ID,
    CLIENT_SECRET,
    TEAM,
    Room,
    Whisper,
    Workspace,
)

Trouble = Literal["error", "lost_before", "lost_after", "rate_limited", "refuse_blocks", "refused"]


class WebApi(PanelApi):
    """Answers calls. ``violations`` are what a correct app never does; tests end with none."""

    def __init__(
        self, workspace: Workspace, *, scopes: frozenset[str], features: frozenset[str], base: Callable[[], str]
    ) -> None:
        self.workspace = workspace
        self.scopes = scopes
        self.features = features
        self.violations: list[str] = []
        self.calls: Counter[str] = Counter()
        self.posts_per_second: float | None = None
        self.tickets: set[str] = set()
        self.valid_triggers: set[str] = set()
        self.response_urls: dict[str, tuple[str, str, int]] = {}
        self._base = base
        self._troubles: defaultdict[str, deque[Trouble]] = defaultdict(deque)
        self._posted: defaultdict[str, deque[float]] = defaultdict(deque)
        self._uploads: dict[str, dict[str, Any]] = {}
        self._codes: dict[str, str] = {}

    def fail(self, method: str, *troubles: Trouble) -> None:
        """Let the next calls of a method go wrong, one after the other.

        "lost_before": the connection breaks and nothing has happened; "lost_after": it breaks when all has happened.
        """
        self._troubles[method].extend(troubles)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/{method}", self._call),
            web.get("/api/{method}", self._call),
            web.post("/upload/{file}", self._upload),
            web.post("/respond/{number}", self._respond),
        ]

    async def _call(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        self.calls[name] += 1
        trouble = self._troubles[name].popleft() if self._troubles[name] else None
        if trouble == "error":
            return web.json_response({"ok": False, "error": "internal_error"}, status=500)
        if trouble == "refuse_blocks":
            return web.json_response({"ok": False, "error": "invalid_blocks"})
        if trouble == "refused":
            return web.json_response({"ok": False, "error": "access_denied"})
        if trouble == "rate_limited":
            return _too_many(1)
        if trouble == "lost_before":
            return _broken(request)
        try:
            arguments = await self._arguments(name, request)
            if name == "oauth.v2.access":
                arguments |= _client_of(request)
            answer = {"ok": True, **self._answer(name, request, arguments)}
        except Refused as refused:
            answer = {"ok": False, "error": str(refused)}
        if answer.get("error") == "ratelimited":
            return _too_many(1)
        if trouble == "lost_after":
            return _broken(request)
        return web.json_response(answer, headers={"x-oauth-scopes": ",".join(sorted(self.scopes))})

    async def _arguments(self, name: str, request: web.Request) -> dict[str, Any]:
        if request.content_type == "application/json":
            body: dict[str, Any] = await request.json()
        else:
            fields = {key: str(value) for key, value in (await request.post()).items()}
            body = read_form(name, fields, json.loads)
        body |= read_form(name, dict(request.query), json.loads)
        return body

    def _answer(self, name: str, request: web.Request, arguments: dict[str, Any]) -> dict[str, Any]:
        if name not in METHODS:
            self.violations.append(f"unknown method {name}")
            raise Refused("unknown_method")
        method = METHODS[name]
        token = str(arguments.pop("token", "") or request.headers.get("Authorization", "").removeprefix("Bearer "))
        expected = {"bot": BOT_TOKEN, "app": APP_TOKEN, "none": token}[method.token]
        if token != expected:
            raise Refused("invalid_auth")
        if method.scopes and not set(method.scopes) & self.scopes:
            self.violations.append(f"{name} needs one of {method.scopes}")
            raise Refused("missing_scope")
        problems = wrong_arguments(name, arguments)
        if problems:
            self.violations.extend(problems)
            raise Refused("invalid_arguments")
        handler: Callable[..., dict[str, Any]] = getattr(self, "_" + name.replace(".", "_").lower())
        return handler(**arguments)

    def _checked(self, message: dict[str, Any]) -> dict[str, Any]:
        problems = check_message(message)
        if not message.get("text") and not message.get("blocks"):
            raise Refused("no_text")
        if problems:
            self.violations.extend(problems)
            raise Refused("invalid_blocks")
        return message

    def _room(self, channel: str) -> Room:
        room = self.workspace.rooms.get(channel)
        if room is None and channel.startswith("U"):
            room = self.workspace.direct(channel)
        if room is None:
            raise Refused("channel_not_found")
        if BOT_USER not in room.members:
            raise Refused("not_in_channel")
        return room

    def _readable(self, channel: str, what: str) -> Room:
        """The room, if the app may read its "history", or its facts ("read")."""
        room = self._room(channel)
        if f"{room.kind}:{what}" not in self.scopes:
            self.violations.append(f"reading {channel} needs {room.kind}:{what}")
            raise Refused("missing_scope")
        return room

    def _limit(self, channel: str) -> None:
        if self.posts_per_second is None:
            return
        now, posted = time.monotonic(), self._posted[channel]
        while posted and posted[0] < now - 1:
            posted.popleft()
        if len(posted) >= self.posts_per_second:
            raise Refused("ratelimited")
        posted.append(now)

    def consent(self, redirect_uri: str) -> str:
        """An administrator allows the app in; the code that comes back with their browser."""
        code = f"code{self.workspace.number()}"
        self._codes[code] = redirect_uri
        return code

    def _oauth_v2_access(
        self, code: str, client_id: str = "", client_secret: str = "", redirect_uri: str = ""
    ) -> dict[str, Any]:
        if (client_id, client_secret) != (CLIENT_ID, CLIENT_SECRET):
            raise Refused("invalid_client_id")
        expected = self._codes.pop(code, None)
        if expected is None:
            raise Refused("invalid_code")
        if redirect_uri != expected:
            raise Refused("bad_redirect_uri")
        return {"access_token": BOT_TOKEN, "token_type": "bot", "scope": ",".join(sorted(self.scopes)),
                "bot_user_id": BOT_USER, "app_id": "A0STANDIN", "team": {"id": TEAM, "name": "Stand-in"},
                "enterprise": None, "authed_user": {"id": "U1"}, "is_enterprise_install": False}  # fmt: skip

    def _auth_test(self) -> dict[str, Any]:
        return {"url": "https://standin.example/", "team": "Stand-in", "team_id": TEAM, "user": "rapport",
                "user_id": BOT_USER, "bot_id": BOT_ID}  # fmt: skip

    def _apps_connections_open(self) -> dict[str, Any]:
        ticket = f"t{self.workspace.number()}"
        self.tickets.add(ticket)
        return {"url": f"{self._base().replace('http', 'ws', 1)}/link?ticket={ticket}"}

    def _chat_postmessage(self, channel: str, thread_ts: str | None = None, **message: Any) -> dict[str, Any]:
        room = self._room(channel)
        self._limit(room.id)
        if thread_ts is not None and room.find(thread_ts) is None:
            raise Refused("thread_not_found")
        kept = {"type": "message", "user": BOT_USER, "bot_id": BOT_ID, **self._checked(message)}
        kept["ts"] = self.workspace.ts()
        if thread_ts is not None:
            kept["thread_ts"] = thread_ts
            if self.workspace.status(room.id, thread_ts):
                self.workspace.statuses.append((room.id, thread_ts, ""))
        room.messages.append(kept)
        return {"channel": room.id, "ts": kept["ts"], "message": kept}

    def _chat_update(self, channel: str, ts: str, **message: Any) -> dict[str, Any]:
        found = self._room(channel).find(ts)
        if found is None or found.get("bot_id") != BOT_ID:
            raise Refused("message_not_found")
        found.update(self._checked(message))
        found["edited"] = {"user": BOT_USER, "ts": self.workspace.ts()}
        return {"channel": channel, "ts": ts, "message": found}

    def _chat_delete(self, channel: str, ts: str) -> dict[str, Any]:
        room = self._room(channel)
        found = room.find(ts)
        if found is None:
            raise Refused("message_not_found")
        if found.get("bot_id") != BOT_ID:
            raise Refused("cant_delete_message")
        room.messages.remove(found)
        return {"channel": channel, "ts": ts}

    def _chat_postephemeral(
        self, channel: str, user: str, thread_ts: str | None = None, **message: Any
    ) -> dict[str, Any]:
        room = self._room(channel)
        if user not in room.members:
            raise Refused("user_not_in_channel")
        self._limit(room.id)
        payload = {**self._checked(message), "ts": self.workspace.ts()}
        self.workspace.whispers.append(Whisper(room.id, user, payload, thread_ts))
        return {"message_ts": payload["ts"]}

    def _chat_unfurl(self, unfurls: dict[str, Any], **place: Any) -> dict[str, Any]:
        for attachment in unfurls.values():
            self._checked({"attachments": [attachment], "text": "unfurl"})
        self.workspace.unfurls.append({"unfurls": unfurls, **place})
        return {}

    def _conversations_open(self, users: str, **_more: Any) -> dict[str, Any]:
        if users not in self.workspace.members:
            raise Refused("user_not_found")
        return {"channel": {"id": self.workspace.direct(users).id}}

    def _conversations_info(self, channel: str, **_more: Any) -> dict[str, Any]:
        room = self._readable(channel, "read")
        about = {"id": room.id, "name": room.name, "is_ext_shared": room.shared, "is_channel": True}
        return {"channel": about}

    def _conversations_members(self, channel: str, cursor: str = "", limit: int = 100) -> dict[str, Any]:
        members = sorted(self._readable(channel, "read").members)
        return page("members", members, cursor, limit)

    def _conversations_history(self, channel: str, **more: Any) -> dict[str, Any]:
        return window(list(reversed(self._readable(channel, "history").top())), **more)

    def _conversations_replies(self, channel: str, ts: str, **more: Any) -> dict[str, Any]:
        room = self._readable(channel, "history")
        hung = room.find(ts)
        if hung is None:
            raise Refused("thread_not_found")
        first, *replies = room.thread(str(hung.get("thread_ts") or ts))
        found = window(replies, **more)
        # The first message is listed whatever was asked for, and counts.
        if not more.get("cursor"):
            shown = window([first], include_all_metadata=bool(more.get("include_all_metadata")))["messages"]
            found["messages"] = [*shown, *found["messages"]][: int(more.get("limit") or 100)]
        return found

    def _reactions_add(self, channel: str, timestamp: str, name: str) -> dict[str, Any]:
        if self._room(channel).find(timestamp) is None:
            raise Refused("message_not_found")
        self.workspace.reactions.append(("added", channel, timestamp, name))
        return {}

    def _reactions_remove(self, channel: str, timestamp: str, name: str) -> dict[str, Any]:
        if ("added", channel, timestamp, name) not in self.workspace.reactions:
            raise Refused("no_reaction")
        self.workspace.reactions.append(("removed", channel, timestamp, name))
        return {}

    def _users_info(self, user: str, **_more: Any) -> dict[str, Any]:
        member = self.workspace.members.get(user)
        if member is None:
            raise Refused("user_not_found")
        about = member.to_json()
        if "users:read.email" not in self.scopes:
            about["profile"].pop("email", None)
        return {"user": about}

    def _views_open(self, trigger_id: str, view: dict[str, Any]) -> dict[str, Any]:
        if trigger_id not in self.valid_triggers:
            raise Refused("expired_trigger_id")
        self.valid_triggers.discard(trigger_id)
        shown = {**self._checked_view(view), "id": f"V{self.workspace.number()}", "hash": "1"}
        self.workspace.modals.append(shown)
        return {"view": shown}

    def _views_publish(self, user_id: str, view: dict[str, Any], **_more: Any) -> dict[str, Any]:
        shown = {**self._checked_view(view), "id": f"V{self.workspace.number()}", "hash": "1"}
        self.workspace.home_views[user_id] = shown
        return {"view": shown}

    def _checked_view(self, view: dict[str, Any]) -> dict[str, Any]:
        problems = check_view(view)
        if problems:
            self.violations.extend(problems)
            raise Refused("invalid_arguments")
        return view

    def _files_getuploadurlexternal(self, filename: str, length: int, **more: Any) -> dict[str, Any]:
        file = f"F{self.workspace.number()}"
        self._uploads[file] = {"id": file, "name": filename, "length": length, **more}
        return {"upload_url": f"{self._base()}/upload/{file}", "file_id": file}

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        upload = self._uploads.get(request.match_info["file"])
        data = await request.read()
        if upload is None or len(data) != upload["length"]:
            return web.Response(status=400, text="length differs")
        upload["content"] = data
        return web.Response(text=f"OK - {len(data)}")

    def _files_completeuploadexternal(
        self, files: list[dict[str, Any]], channel_id: str | None = None, thread_ts: str | None = None, **_more: Any
    ) -> dict[str, Any]:
        shared = []
        for each in files:
            upload = self._uploads.get(each["id"], {})
            if "content" not in upload:
                raise Refused("file_not_found")
            self.workspace.files[each["id"]] = {**upload, "title": each.get("title")}
            shared.append({"id": each["id"], "name": upload["name"], "title": each.get("title")})
        if channel_id is not None:
            room = self._room(channel_id)
            message = {"type": "message", "user": BOT_USER, "bot_id": BOT_ID, "text": "", "files": shared}
            message["ts"] = self.workspace.ts()
            if thread_ts is not None:
                message["thread_ts"] = thread_ts
            room.messages.append(message)
        return {"files": shared}

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        number = request.match_info["number"]
        if number not in self.response_urls:
            return web.Response(status=404, text="used_url")
        room, user, left = self.response_urls[number]
        if left == 0:
            return web.Response(status=404, text="used_url")
        self.response_urls[number] = (room, user, left - 1)
        payload: dict[str, Any] = await request.json()
        extra = set(payload) - {"text", "blocks", "response_type", "replace_original", "delete_original"}
        self.violations.extend(f"response_url: unknown {each}" for each in extra)
        self._checked({key: payload[key] for key in ("text", "blocks") if key in payload})
        self.workspace.whispers.append(Whisper(room, user, payload))
        return web.json_response({"ok": True})


def _client_of(request: web.Request) -> dict[str, str]:
    """Who asks for a token, from the request's basic authorisation."""
    given = b64decode(request.headers.get("Authorization", "").removeprefix("Basic ")).decode()
    client_id, _, secret = given.partition(":")
    return {"client_id": client_id, "client_secret": secret}


def _too_many(seconds: int) -> web.Response:
    return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(seconds)})


def _broken(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
