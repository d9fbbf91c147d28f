"""From Telegram's updates to what the assistant takes in. Pure: nothing is asked of Telegram or the store here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from telegram import CallbackQuery, ChatMember, Message, Update
from telegram.constants import ChatType, MessageEntityType

from bot.channels.telegram.attachments import attachments_of
from bot.channels.telegram.sending import CHANNEL
from bot.messages import InboundMessage

ALLOWED_UPDATES = [Update.MESSAGE, Update.EDITED_MESSAGE, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER]
_COMMANDS = {"help": "help", "cancel": "cancel", "human": "talk to a human"}
"""What a command of the bot's menu says; /start is a signal of its own."""
_START = re.compile(r"/start(?:@\w+)?(?:\s+([A-Za-z0-9_-]{1,64}))?\s*")
_GONE = {ChatMember.BANNED, ChatMember.LEFT}


@dataclass(frozen=True, slots=True)
class GroupTalk:
    """Somebody put the bot into a group or channel, or spoke there; it talks in private only."""

    chat: int


@dataclass(frozen=True, slots=True)
class Blocked:
    """The person of this chat has blocked the bot."""

    chat: str


Heard = InboundMessage | GroupTalk | Blocked


def to_heard(update: Update, *, source: str, now: datetime, file_bytes: int) -> Heard | None:
    """What an update means; None when there is nothing in it for us (a live location that moved, an unblocking)."""
    if update.callback_query is not None:
        return _press(update.callback_query, _event(update), source=source, now=now)
    if update.my_chat_member is not None:
        changed = update.my_chat_member
        gone = changed.new_chat_member.status in _GONE
        if changed.chat.type == ChatType.PRIVATE:
            return Blocked(str(changed.chat.id)) if gone else None
        return None if gone else GroupTalk(changed.chat.id)
    message = update.message or update.edited_message
    if message is None or message.from_user is None or message.from_user.is_bot:
        return None
    if message.chat.type != ChatType.PRIVATE:
        return GroupTalk(message.chat.id)
    if update.edited_message is not None and not (message.text or message.caption):
        return None
    return _said(message, _event(update), source=source, file_bytes=file_bytes)


def _event(update: Update) -> str:
    return str(update.update_id)


def _said(message: Message, event_id: str, *, source: str, file_bytes: int) -> InboundMessage:
    text, signal = _text_of(message)
    sender = message.from_user
    at = message.edit_date or message.date
    return InboundMessage(
        source=source,
        event_id=event_id,
        channel=CHANNEL,
        conversation=str(message.chat.id),
        sender=str(sender.id) if sender else str(message.chat.id),
        sender_name=sender.full_name if sender else "",
        sent_at=at.astimezone(UTC),
        text=text,
        # An edited message's file has been taken in with the message.
        attachments=signal if message.edit_date else (*signal, *attachments_of(message, file_bytes=file_bytes)),
    )


def _text_of(message: Message) -> tuple[str, tuple[dict[str, Any], ...]]:
    """What was written, and what it signals besides: a /start and the link it came through."""
    text = message.text or message.caption or ""
    command = next((e for e in message.entities if e.type == MessageEntityType.BOT_COMMAND and e.offset == 0), None)
    if command is None or message.text is None:
        return text, ()
    start = _START.fullmatch(text)
    if start is not None:
        # The token itself does not join the transcript.
        return "/start", ({"kind": "start", "link": start[1] or ""},)
    name = text[1 : command.length].partition("@")[0].casefold()
    return _COMMANDS.get(name, text), ()


def _press(query: CallbackQuery, event_id: str, *, source: str, now: datetime) -> Heard | None:
    chat = query.message.chat if query.message is not None else None
    if chat is None or chat.type != ChatType.PRIVATE or query.data is None:
        return None
    return InboundMessage(
        source=source,
        event_id=event_id,
        channel=CHANNEL,
        conversation=str(chat.id),
        sender=str(query.from_user.id),
        sender_name=query.from_user.full_name,
        sent_at=now,
        token=query.data,
    )
