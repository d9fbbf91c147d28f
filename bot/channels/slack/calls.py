"""Calling Slack: clients for questions and for sending, and what a refusal means for the outbox."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient

from bot.messages import DeliveryFailed

SECONDS = 10.0
"""How long an answer of Slack is waited for."""

NETWORK_ERRORS = (aiohttp.ClientError, asyncio.TimeoutError, OSError)

# Slack's own trouble: the call may have been carried out all the same.
_THEIR_TROUBLE = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)
# Our own trouble: somebody has to set a new token, and then what waits is to be delivered.
_NOT_AUTHORISED = frozenset(
    {"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "missing_scope"}
)
_AUTHORISATION_SECONDS = 60.0
_NOT_NOW = frozenset({"ratelimited", "rate_limited"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """One workspace the app is installed in, with its two clients.

    ``asking`` repeats a call on rate limits, lost connections and server errors: only for what may happen twice.
    ``sending`` never repeats by itself: whether a message has arrived is the outbox's business.
    """

    team: str
    bot_user: str
    bot_id: str
    asking: AsyncWebClient
    sending: AsyncWebClient


class NotInstalled(Exception):
    """The app is not installed in this workspace (any more)."""

    def __init__(self, team: str) -> None:
        super().__init__(f"not installed in workspace {team}")
        self.team = team


class Workspaces(Protocol):
    """The workspaces by id."""

    async def forget(self, team: str, *, uninstalled: bool) -> None:
        """The workspace's tokens have changed, or are worth nothing any more (``uninstalled``)."""
        ...

    async def of(self, team: str) -> Workspace:
        """The workspace; raises NotInstalled, or what calling Slack raises."""
        ...


class Clients:
    """Makes clients that share one pool of connections. Belongs to one event loop."""

    def __init__(self, api_url: str, *, logger: logging.Logger) -> None:
        self.api_url = api_url
        self._logger = logger
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS))

    def asking(self, token: str | None) -> AsyncWebClient:
        """A client that repeats."""
        handlers = [
            AsyncRateLimitErrorRetryHandler(max_retry_count=3),
            AsyncConnectionErrorRetryHandler(max_retry_count=2),
            AsyncServerErrorRetryHandler(max_retry_count=2),
        ]
        return AsyncWebClient(
            token=token, base_url=self.api_url, session=self.session, logger=self._logger, retry_handlers=handlers
        )

    def sending(self, token: str | None) -> AsyncWebClient:
        """A client that does not repeat."""
        return AsyncWebClient(
            token=token, base_url=self.api_url, session=self.session, logger=self._logger, retry_handlers=[]
        )

    async def workspace(self, token: str) -> Workspace:
        """Ask Slack whose token this is."""
        asking = self.asking(token)
        found = await asking.auth_test()
        return Workspace(
            team=str(found["team_id"]),
            bot_user=str(found["user_id"]),
            bot_id=str(found.get("bot_id") or ""),
            asking=asking,
            sending=self.sending(token),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self.session.close()


class OneWorkspace:
    """The single workspace of a bot token; Slack is asked whose it is when it is first needed."""

    def __init__(self, clients: Clients, token: str) -> None:
        self._clients = clients
        self._token = token
        self._found: Workspace | None = None
        self._lock = asyncio.Lock()

    async def find(self) -> Workspace:
        """The workspace; raises what calling Slack raises."""
        async with self._lock:
            if self._found is None:
                self._found = await self._clients.workspace(self._token)
            return self._found

    async def forget(self, team: str, *, uninstalled: bool) -> None:
        """Ask again; a token in the environment is the operator's to change."""
        self._found = None

    async def of(self, team: str) -> Workspace:
        """The workspace, if it is this one."""
        found = await self.find()
        if team != found.team:
            raise NotInstalled(team)
        return found


class Pauses:
    """Until when Slack wants no more messages in a channel. ``seconds`` tells a time that never goes back."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._until: dict[str, float] = {}

    def note(self, channel: str, retry_after: float) -> None:
        """Slack said to wait."""
        self._until[channel] = max(self._until.get(channel, 0.0), self._seconds() + retry_after)

    def left(self, channel: str) -> float:
        """How many seconds are left of the pause."""
        left = self._until.get(channel, 0.0) - self._seconds()
        if left <= 0:
            self._until.pop(channel, None)
        return max(left, 0.0)


def error_code(error: SlackApiError) -> str:
    """Slack's name of the error."""
    data = error.response
    code = data.get("error") if hasattr(data, "get") else None
    return str(code or "unknown_error")


def retry_after(error: SlackApiError) -> float | None:
    """The seconds Slack asked us to wait, when it did."""
    status: Any = getattr(error.response, "status_code", None)
    headers: Any = getattr(error.response, "headers", None) or {}
    if status != 429 and error_code(error) not in _NOT_NOW:
        return None
    try:
        return max(float(headers.get("Retry-After", 1)), 0.0)
    except (TypeError, ValueError):
        return 1.0


def as_delivery_failure(error: Exception) -> DeliveryFailed:
    """What an error of a sending call means for the message.

    A refusal with a reason is final; "not now" and a connection that never stood mean it was not taken; silence, a
    broken connection and Slack's own trouble leave open whether it was.
    """
    if isinstance(error, SlackApiError):
        code, wait = error_code(error), retry_after(error)
        if wait is not None:
            return DeliveryFailed("rate limited", retry_after=wait)
        if code in _NOT_AUTHORISED:
            return DeliveryFailed(code, retry_after=_AUTHORISATION_SECONDS)
        status: Any = getattr(error.response, "status_code", 200)
        theirs = code in _THEIR_TROUBLE or (isinstance(status, int) and status >= 500)
        return DeliveryFailed(code, permanent=not theirs, ambiguous=theirs)
    if isinstance(error, aiohttp.ClientConnectorError):
        return DeliveryFailed(f"no connection: {error}")
    if isinstance(error, SlackClientError):
        return DeliveryFailed(str(error))
    return DeliveryFailed(f"{type(error).__name__}: {error}", ambiguous=True)
