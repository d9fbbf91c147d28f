"""The Web API methods the app may call: arguments and scopes, written down from Slack's reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class Refused(Exception):
    """The call's answer is an error."""


@dataclass(frozen=True, slots=True)
class Method:
    """``needed`` and ``allowed`` name arguments with their types; ``scopes``: one of them is required."""

    needed: dict[str, type | tuple[type, ...]]
    allowed: dict[str, type | tuple[type, ...]]
    scopes: tuple[str, ...] = ()
    token: str = "bot"


_MESSAGE: dict[str, Any] = {"text": str, "blocks": list, "attachments": list, "metadata": dict}
_PAGED: dict[str, Any] = {"cursor": str, "limit": int}
_RANGE: dict[str, Any] = {"oldest": str, "latest": str, "inclusive": bool, "include_all_metadata": bool}
_UNFURL: dict[str, Any] = {"unfurl_links": bool, "unfurl_media": bool}
_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
_READ = ("channels:read", "groups:read", "im:read", "mpim:read")

METHODS: dict[str, Method] = {
    "auth.test": Method({}, {}),
    "apps.connections.open": Method({}, {}, token="app"),
    "chat.postMessage": Method({"channel": str}, {**_MESSAGE, **_UNFURL, "thread_ts": str}, ("chat:write",)),
    "chat.update": Method({"channel": str, "ts": str}, _MESSAGE, ("chat:write",)),
    "chat.delete": Method({"channel": str, "ts": str}, {}, ("chat:write",)),
    "chat.postEphemeral": Method(
        {"channel": str, "user": str}, {"text": str, "blocks": list, "thread_ts": str}, ("chat:write",)
    ),
    "chat.unfurl": Method(
        {"unfurls": dict}, {"channel": str, "ts": str, "unfurl_id": str, "source": str}, ("links:write",)
    ),
    "conversations.open": Method({"users": str}, {"return_im": bool}, ("im:write", "mpim:write")),
    "conversations.info": Method({"channel": str}, {"include_num_members": bool}, _READ),
    "conversations.members": Method({"channel": str}, _PAGED, _READ),
    "conversations.history": Method({"channel": str}, {**_PAGED, **_RANGE}, _HISTORY),
    "conversations.replies": Method({"channel": str, "ts": str}, {**_PAGED, **_RANGE}, _HISTORY),
    "reactions.add": Method({"channel": str, "timestamp": str, "name": str}, {}, ("reactions:write",)),
    "reactions.remove": Method({"channel": str, "timestamp": str, "name": str}, {}, ("reactions:write",)),
    "users.info": Method({"user": str}, {"include_locale": bool}, ("users:read",)),
    "views.open": Method({"trigger_id": str, "view": dict}, {}),
    "views.update": Method({"view": dict}, {"view_id": str, "external_id": str, "hash": str}),
    "views.publish": Method({"user_id": str, "view": dict}, {"hash": str}),
    "files.getUploadURLExternal": Method(
        {"filename": str, "length": int}, {"alt_txt": str, "snippet_type": str}, ("files:write",)
    ),
    "files.completeUploadExternal": Method(
        {"files": list}, {"channel_id": str, "thread_ts": str, "initial_comment": str}, ("files:write",)
    ),
    "assistant.threads.setStatus": Method(
        {"channel_id": str, "thread_ts": str, "status": str},
        {"loading_messages": list, "icon_emoji": str, "icon_url": str, "username": str},
        ("chat:write", "assistant:write"),
    ),
    "assistant.threads.setTitle": Method({"channel_id": str, "thread_ts": str, "title": str}, {}, ("assistant:write",)),
    "assistant.threads.setSuggestedPrompts": Method(
        {"channel_id": str, "prompts": list}, {"thread_ts": str, "title": str}, ("assistant:write",)
    ),
    "oauth.v2.access": Method(
        {"code": str}, {"client_id": str, "client_secret": str, "redirect_uri": str}, token="none"
    ),
}


def wrong_arguments(name: str, arguments: dict[str, Any]) -> list[str]:
    """What Slack would say against the arguments of a call; numbers and flags may come as text, as in forms."""
    method = METHODS[name]
    known = {**method.needed, **method.allowed}
    problems = [f"{name}: {each} is missing" for each in method.needed if each not in arguments]
    for key, value in arguments.items():
        if key not in known:
            problems.append(f"{name}: unknown argument {key}")
        elif not isinstance(value, known[key]):
            problems.append(f"{name}: {key} is {type(value).__name__}")
    return problems


def read_form(name: str, fields: dict[str, str], parse: Any) -> dict[str, Any]:
    """A form's fields with the types the method gives them; ``parse`` reads JSON."""
    method = METHODS.get(name)
    known: dict[str, Any] = {**method.needed, **method.allowed} if method is not None else {}
    values: dict[str, Any] = {}
    for key, text in fields.items():
        kind = known.get(key, str)
        if kind is int:
            values[key] = int(text) if text.isdigit() else text
        elif kind is bool:
            values[key] = text.lower() in {"1", "true"}
        elif kind in {list, dict}:
            values[key] = parse(text)
        else:
            values[key] = text
    return values
