"""What a channel may ask of the service behind it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bot.messages import Channel, InboundMessage, Receipt
from crm_store.store import Store


class Gateway(Protocol):
    """The service as channels see it. Its coroutines belong to one event loop, which is the channels' too."""

    @property
    def store(self) -> Store:
        """The database the service works on."""
        ...

    @property
    def clock(self) -> Callable[[], datetime]:
        """The present moment, aware UTC."""
        ...

    @property
    def home(self) -> Path:
        """The data directory; pictures and documents of replies lie under ``home / "files"``."""
        ...

    async def receive(self, message: InboundMessage) -> Receipt:
        """Commit the message to the inbox and wake the worker; raises DatabaseUnavailable when it is not safe."""
        ...

    def register(self, channel: Channel) -> None:
        """Have the outbox rows of ``channel.name`` delivered through ``channel``."""
        ...
