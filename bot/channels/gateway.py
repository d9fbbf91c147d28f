"""What a channel may ask of the service behind it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from bot.messages import Channel, InboundMessage, Receipt
from crm_store.store import Store

T = TypeVar("T")


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

    async def take_in(self, work: Callable[[], T]) -> T:
        """Do something short in the thread that takes messages in, after what was handed to it before."""
        ...

    def wake(self, conversation_id: int) -> None:
        """Something was put into this conversation's inbox or outbox by another hand than ``receive`` or a turn."""
        ...

    def register(self, channel: Channel) -> None:
        """Have the outbox rows of ``channel.name`` delivered through ``channel``."""
        ...
