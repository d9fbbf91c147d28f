"""How the Telegram channel is set up: token and addresses from the environment, limits as Telegram names them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

PUBLIC_API = "https://api.telegram.org"
WEBHOOK_PATH = "/telegram/webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Telegram's limits on sending: messages per second over all chats, and bursts and rate within one chat."""

    overall_per_second: float = 30.0
    chat_burst: int = 3
    chat_seconds: float = 3.0
    file_bytes: int = 10_000_000
    """Larger files of customers are not fetched; Telegram itself gives out files of up to 20 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramSettings:
    """``webhook_url`` is the public address of this process; without one, updates are polled.

    ``webhook_secret`` comes with every webhook request and proves that it is Telegram's.
    """

    token: str = field(repr=False)
    api_url: str = PUBLIC_API
    webhook_url: str | None = None
    webhook_secret: str = field(default="", repr=False)
    limits: Limits = Limits()
    poll_seconds: int = 25


def settings_from(environment: Mapping[str, str], *, secret_key: str) -> TelegramSettings | None:
    """The channel as TELEGRAM_BOT_TOKEN, TELEGRAM_API_URL and TELEGRAM_WEBHOOK_URL ask for it; None without a token.

    The webhook's secret follows from the token and the server's own secret, so it need not be kept anywhere.
    """
    token = environment.get("TELEGRAM_BOT_TOKEN", "").strip()
    if not token:
        return None
    return TelegramSettings(
        token=token,
        api_url=environment.get("TELEGRAM_API_URL", "").strip().rstrip("/") or PUBLIC_API,
        webhook_url=environment.get("TELEGRAM_WEBHOOK_URL", "").strip().rstrip("/") or None,
        webhook_secret=hmac.new(secret_key.encode(), f"telegram:{token}".encode(), hashlib.sha256).hexdigest(),
    )
