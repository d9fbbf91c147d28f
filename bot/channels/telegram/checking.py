"""Is the bot's token accepted, and do updates reach us? What ``rapport doctor`` asks Telegram."""

from __future__ import annotations

import asyncio

from telegram.error import InvalidToken, TelegramError

from bot.channels.telegram.connection import open_bot
from bot.channels.telegram.settings import WEBHOOK_PATH, TelegramSettings


class TelegramProblem(Exception):
    """Telegram does not work with these settings."""


def check_telegram(settings: TelegramSettings) -> str:
    """Who the token belongs to and how updates reach us, in words; raises TelegramProblem."""
    return asyncio.run(_check(settings))


async def _check(settings: TelegramSettings) -> str:
    bot = open_bot(settings)
    try:
        me = await bot.get_me()
        hook = await bot.get_webhook_info()
    except InvalidToken as err:
        raise TelegramProblem("TELEGRAM_BOT_TOKEN is not accepted; get a new one from @BotFather") from err
    except TelegramError as err:
        raise TelegramProblem(f"{settings.api_url} cannot be reached: {err}") from err
    finally:
        await bot.shutdown()
    if settings.webhook_url is None:
        how = "updates are polled"
    elif hook.url == settings.webhook_url + WEBHOOK_PATH:
        how = f"updates are posted to {hook.url}"
    else:
        how = f"updates will be posted to {settings.webhook_url}{WEBHOOK_PATH} once `rapport run` has started"
    if hook.last_error_message:
        how += f"; Telegram's last attempt failed: {hook.last_error_message}"
    return f"@{me.username}, {how}, {hook.pending_update_count} waiting"
