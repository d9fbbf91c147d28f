"""The webhook: an update is answered with 200 only once it is committed, so that Telegram repeats what was not."""

from __future__ import annotations

import hmac
import json

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from telegram import Bot, Update

from bot.channels.telegram.intake import Intake
from crm_store.errors import DatabaseUnavailable

_LARGEST = 1_000_000
_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
_log = structlog.get_logger(__name__)


class Webhook:
    """Answers Telegram's requests."""

    def __init__(self, bot: Bot, intake: Intake, *, secret: str) -> None:
        self._bot = bot
        self._intake = intake
        self._secret = secret.encode()

    async def receive(self, request: Request) -> Response:
        """200 when the update is safe; 403 without the secret, 400 for what is no update, 503 to have it repeated."""
        if not hmac.compare_digest(request.headers.get(_SECRET_HEADER, "").encode(), self._secret):
            return PlainTextResponse("Not Telegram.\n", status_code=403)
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LARGEST:
                return PlainTextResponse("Too large.\n", status_code=413)
        try:
            update = Update.de_json(json.loads(bytes(body)), self._bot)
        except (ValueError, TypeError, KeyError, AttributeError) as err:
            _log.warning("webhook_malformed", detail=str(err))
            return PlainTextResponse("Not an update.\n", status_code=400)
        try:
            await self._intake.take(update)
        except DatabaseUnavailable as err:
            _log.warning("webhook_refused", detail=str(err))
            return PlainTextResponse("Try again.\n", status_code=503)
        return PlainTextResponse("ok\n")
