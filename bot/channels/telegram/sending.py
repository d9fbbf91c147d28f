"""Delivering replies: piece by piece, each noted once Telegram has it, so that a retry goes on where it stopped."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, KeyboardButton, Message, ReplyKeyboardMarkup
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.channels.telegram.connection import to_delivery_failure
from bot.channels.telegram.pacing import Pacing
from bot.channels.telegram.rendering import Keyboard, Piece, to_pieces
from bot.channels.telegram.rich_text import to_html, to_plain
from bot.messages import DeliveryFailed, OutgoingMessage
from crm_store.delivery import note_piece, note_unreachable, pieces_sent
from crm_store.errors import DatabaseUnavailable
from crm_store.store import Store

CHANNEL = "telegram"
_log = structlog.get_logger(__name__)


class TelegramChannel:
    """Delivers outbox rows to private chats; the conversation's name is the chat's number."""

    name = CHANNEL
    repeatable = False

    def __init__(self, bot: Bot, store: Store, clock: Callable[[], datetime], pacing: Pacing) -> None:
        self._bot = bot
        self._store = store
        self._clock = clock
        self._pacing = pacing

    async def deliver(self, message: OutgoingMessage) -> str | None:
        """Send what has not been sent yet and return Telegram's number of the last message; raises DeliveryFailed."""
        try:
            pieces = to_pieces(message.body)
        except ValueError as err:
            raise DeliveryFailed(str(err), permanent=True) from err
        try:
            sent = await asyncio.to_thread(pieces_sent, self._store, message.outbox_id, now=self._clock())
            for number, piece in enumerate(pieces[len(sent) :], start=len(sent)):
                await self._pacing.wait(message.conversation)
                told = await self._send(message.conversation, piece)
                external_id = str(told.message_id)
                await asyncio.to_thread(
                    note_piece, self._store, message.outbox_id, number, external_id, now=self._clock()
                )
                sent.append(external_id)
        except DatabaseUnavailable as err:
            raise DeliveryFailed(str(err), retry_after=1) from err
        except Forbidden as err:
            # Blocked by the person, or their account is gone: until they write again nothing is sent here.
            await self._note_unreachable(message.conversation)
            raise to_delivery_failure(err) from err
        except TelegramError as err:
            raise to_delivery_failure(err) from err
        return sent[-1] if sent else None

    async def show_typing(self, chat: str) -> None:
        """Show that an answer is being worked on; it is no loss when that fails."""
        with contextlib.suppress(TelegramError):
            await self._bot.send_chat_action(int(chat), ChatAction.TYPING)

    async def _send(self, chat: str, piece: Piece) -> Message:
        try:
            return await self._send_as(chat, piece, to_html(piece.text), ParseMode.HTML)
        except BadRequest as err:
            if "parse entities" not in str(err).casefold():
                raise
            # The words matter more than their look.
            _log.error("formatting_refused", detail=str(err))
            return await self._send_as(chat, piece, to_plain(piece.text), None)

    async def _send_as(self, chat: str, piece: Piece, text: str, mode: ParseMode | None) -> Message:
        chat_id, keyboard = int(chat), _markup(piece.keyboard)
        if piece.picture is not None:
            data = await asyncio.to_thread(_read, piece.picture)
            return await self._bot.send_photo(
                chat_id, data, caption=text or None, parse_mode=mode, reply_markup=keyboard, filename="picture.png"
            )
        if piece.document is not None:
            data = await asyncio.to_thread(_read, piece.document)
            return await self._bot.send_document(chat_id, data, filename=piece.file_name, reply_markup=keyboard)
        return await self._bot.send_message(chat_id, text, parse_mode=mode, reply_markup=keyboard)

    async def _note_unreachable(self, chat: str) -> None:
        with contextlib.suppress(DatabaseUnavailable):
            await asyncio.to_thread(note_unreachable, self._store, CHANNEL, chat, now=self._clock())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as err:
        raise DeliveryFailed(f"{path.name}: {err.strerror}", permanent=True) from err


def _markup(keyboard: Keyboard) -> InlineKeyboardMarkup | ReplyKeyboardMarkup | None:
    if not keyboard:
        return None
    if any(key.asks_phone for row in keyboard for key in row):
        # A number can be asked for only by the phone's own keyboard; its other keys are typed words, which do the same.
        rows = [[KeyboardButton(key.label, request_contact=key.asks_phone or None) for key in row] for row in keyboard]
        return ReplyKeyboardMarkup(rows, resize_keyboard=True, one_time_keyboard=True)
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(key.label, callback_data=key.data, style=key.style) for key in row] for row in keyboard]
    )
