"""Sending no faster than Telegram allows: over all chats, and within each."""

from __future__ import annotations

from collections import OrderedDict

from aiolimiter import AsyncLimiter

from bot.channels.telegram.settings import Limits

_MOST_CHATS = 5_000


class Pacing:
    """Makes senders wait for their turn. A chat that must wait holds up no other one."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._overall = AsyncLimiter(limits.overall_per_second, 1)
        self._chats: OrderedDict[str, AsyncLimiter] = OrderedDict()

    async def wait(self, chat: str) -> None:
        """Return when a message may be sent to ``chat``."""
        await self._chat(chat).acquire()
        await self._overall.acquire()

    def _chat(self, chat: str) -> AsyncLimiter:
        limiter = self._chats.pop(chat, None) or AsyncLimiter(self._limits.chat_burst, self._limits.chat_seconds)
        self._chats[chat] = limiter
        if len(self._chats) > _MOST_CHATS:
            self._chats.popitem(last=False)
        return limiter
