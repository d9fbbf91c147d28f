"""Talking to a Rasa 3.6 server over its HTTP interface. Every way it can fail is one error: EngineUnavailable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bot.errors import EngineUnavailable

T = TypeVar("T")


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Status(_Lenient):
    """Which model the server answers with."""

    model_id: str
    model_file: str | None = None


class RasaIntent(_Lenient):
    """One candidate."""

    name: str | None = None
    confidence: float = 0.0


class RasaEntity(_Lenient):
    """What an extractor found at characters ``start`` to ``end``."""

    entity: str
    start: int
    end: int
    role: str | None = None
    confidence_entity: float | None = None


class RasaParse(_Lenient):
    """The server's reading of a message. On fallback the real candidates follow in ``intent_ranking``."""

    intent: RasaIntent
    entities: list[RasaEntity] = Field(default_factory=list)
    intent_ranking: list[RasaIntent] = Field(default_factory=list)


class RasaMessage(_Lenient):
    """One message of an answer, as the REST channel hands it out."""

    text: str | None = None
    image: str | None = None
    buttons: list[dict[str, Any]] = Field(default_factory=list)
    custom: dict[str, Any] | None = None


class TrackerState(_Lenient):
    """Where a conversation stands in Rasa."""

    slots: dict[str, Any]
    active_loop: dict[str, Any] = Field(default_factory=dict)
    latest_action_name: str | None = None
    paused: bool = False

    @property
    def form(self) -> str | None:
        """The open form."""
        name = self.active_loop.get("name")
        return name if isinstance(name, str) else None

    @property
    def requested_slot(self) -> str | None:
        """What the open form waits for."""
        slot = self.slots.get("requested_slot")
        return slot if isinstance(slot, str) else None


_STATUS = TypeAdapter(Status)
_PARSE = TypeAdapter(RasaParse)
_MESSAGES = TypeAdapter(list[RasaMessage])
_TRACKER = TypeAdapter(TrackerState)
_DOMAIN: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


class RasaClient:
    """One Rasa server. Safe to use from several threads; every call raises EngineUnavailable when it cannot be done.

    ``timeout`` in seconds is for answering a message; questions about the server's state must be answered in 2.
    """

    def __init__(self, url: str, *, timeout: float, token: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._timeout = timeout
        # Proxies of the environment are for the world outside, and Rasa is at home.
        self._http = httpx.Client(
            base_url=self.url, params={"token": token} if token else None, timeout=timeout, trust_env=False
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def status(self) -> Status:
        """Which model is loaded."""
        return self._asked("GET", "/status", _STATUS, timeout=min(2.0, self._timeout))

    def domain(self) -> dict[str, Any]:
        """The domain of the loaded model."""
        return self._asked("GET", "/domain", _DOMAIN, headers={"Accept": "application/json"})

    def parse(self, text: str) -> RasaParse:
        """Read a message. A leading slash is never read as a command."""
        return self._asked("POST", "/model/parse", _PARSE, json={"text": without_command(text)})

    def tracker(self, sender: str) -> TrackerState:
        """Where a conversation stands; a new one is begun."""
        return self._asked("GET", f"/conversations/{quote(sender, safe='')}/tracker?include_events=NONE", _TRACKER)

    def append(self, sender: str, events: Sequence[Mapping[str, Any]]) -> None:
        """Add events to a conversation."""
        path = f"/conversations/{quote(sender, safe='')}/tracker/events?include_events=NONE"
        self._asked("POST", path, _TRACKER, json=list(events))

    def send(self, sender: str, message: str, metadata: Mapping[str, Any]) -> list[RasaMessage]:
        """Say ``message`` through the REST channel and return the answer, which is empty when an action failed."""
        body = {"sender": sender, "message": message, "metadata": dict(metadata)}
        return self._asked("POST", "/webhooks/rest/webhook", _MESSAGES, json=body)

    def _asked(
        self,
        method: str,
        path: str,
        shape: TypeAdapter[T],
        *,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> T:
        try:
            answer = self._http.request(
                method, path, json=json, headers=headers, timeout=self._timeout if timeout is None else timeout
            )
            answer.raise_for_status()
            return shape.validate_json(answer.content)
        except httpx.TimeoutException as err:
            raise EngineUnavailable(f"Rasa at {self.url} did not answer {path} in time") from err
        except httpx.HTTPStatusError as err:
            raise EngineUnavailable(f"Rasa at {self.url} refused {path}: HTTP {err.response.status_code}") from err
        except (httpx.HTTPError, httpx.InvalidURL) as err:
            raise EngineUnavailable(f"Rasa at {self.url} cannot be reached: {err}") from err
        except ValidationError as err:
            raise EngineUnavailable(f"Rasa at {self.url} answered {path} with something else than promised") from err


def without_command(text: str) -> str:
    """The text with the slashes it begins with blanked out, because Rasa reads "/intent{...}" as a command.

    The length stays, so that places found in it are places in ``text``.
    """
    rest = text.lstrip("/ \t\r\n")
    return " " * (len(text) - len(rest)) + rest
