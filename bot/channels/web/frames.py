"""What a browser may send over the socket, and the errors it gets back. docs/web.md describes the protocol."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

EventId = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{8,64}$")]
RowId = Annotated[int, Field(ge=0, le=2**53)]


class ErrorCode(StrEnum):
    """Why a frame was refused; the page has a sentence for each."""

    MALFORMED = "malformed"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    TOO_FAST = "too_fast"
    TRY_AGAIN = "try_again"
    SIGNED_OUT = "signed_out"


class CloseCode:
    """Why the server closed a socket; 4000 and up is an application's own range (RFC 6455, 7.4.2)."""

    SIGNED_OUT = 4401
    FLOOD = 4408
    TOO_MANY_CONNECTIONS = 4429
    TOO_SLOW = 4508


class _Frame(BaseModel):
    # Unknown fields are ignored, so that a newer page can talk to an older server.
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class Hello(_Frame):
    """The page is there; it has seen everything up to these rows of the outbox and the inbox."""

    type: Literal["hello"]
    after: RowId = 0
    after_own: RowId = 0


class Say(_Frame):
    """The person said something."""

    type: Literal["say"]
    id: EventId
    text: str


class Press(_Frame):
    """The person pressed a button."""

    type: Literal["press"]
    id: EventId
    token: Annotated[str, Field(min_length=1, max_length=200)]


class Ping(_Frame):
    """Is anybody there?"""

    type: Literal["ping"]


Frame = Annotated[Hello | Say | Press | Ping, Field(discriminator="type")]
_ADAPTER: TypeAdapter[Hello | Say | Press | Ping] = TypeAdapter(Frame)


def read_frame(text: str) -> Hello | Say | Press | Ping | None:
    """Read a client's frame; None when it is malformed."""
    try:
        return _ADAPTER.validate_json(text)
    except ValidationError:
        return None


def error_frame(code: ErrorCode, event: str | None = None, **details: Any) -> dict[str, Any]:
    """The server's answer to a frame it refuses; ``event`` is the id of the message it is about."""
    return {"type": "error", "code": code, "id": event, **details}
