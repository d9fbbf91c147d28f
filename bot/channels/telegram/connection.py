"""The connection to the Bot API, and what its errors mean for a delivery."""

from __future__ import annotations

from datetime import timedelta

from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from bot.channels.telegram.settings import TelegramSettings
from bot.messages import DeliveryFailed

_CONNECTIONS = 32
_SPARE_SECONDS = 10.0


def open_bot(settings: TelegramSettings) -> Bot:
    """A client for the Bot API. Nothing is asked of the platform yet."""
    return Bot(
        settings.token,
        base_url=f"{settings.api_url}/bot",
        base_file_url=f"{settings.api_url}/file/bot",
        request=HTTPXRequest(connection_pool_size=_CONNECTIONS, read_timeout=20, write_timeout=20, pool_timeout=20),
        # A connection of its own, so that waiting for updates never waits for an answer being sent.
        get_updates_request=HTTPXRequest(
            connection_pool_size=1, read_timeout=settings.poll_seconds + _SPARE_SECONDS, pool_timeout=_SPARE_SECONDS
        ),
    )


def to_delivery_failure(error: TelegramError) -> DeliveryFailed:
    """What a refusal means: wait as long as Telegram says, try again, or never."""
    match error:
        case RetryAfter():
            return DeliveryFailed(f"too many requests: {error}", retry_after=seconds_of(error))
        case Forbidden() | ChatMigrated() | BadRequest():
            # BadRequest is a NetworkError to the library, but the same request never gets better.
            return DeliveryFailed(f"{type(error).__name__}: {error}", permanent=True)
        case InvalidToken():
            return DeliveryFailed("TELEGRAM_BOT_TOKEN is not accepted", retry_after=300)
        case _:
            return DeliveryFailed(f"{type(error).__name__}: {error}")


def seconds_of(error: RetryAfter) -> float:
    """How long Telegram asks to wait."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
