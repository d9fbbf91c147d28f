"""The platform's half: updates kept until confirmed, messages with their limits, files, presses, blocked bots.

Only what the Bot API promises is here; sockets are in ``tests.telegram.serving``, people in ``tests.telegram.phone``.
Safe to use from several threads.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.telegram.description import BadCall, read_call
from tests.telegram.formatting import MAX_ENTITIES, read_formatted, utf16_length

TOKEN = "4242:AAE-only-for-tests-0123456789abcdefghij"
BOT = {"id": 4242, "is_bot": True, "first_name": "Rapport", "username": "rapport_test_bot"}
_MAX_TEXT, _MAX_CAPTION, _MAX_CALLBACK = 4096, 1024, 64
_DOWNLOAD_LIMIT = 20_000_000


class Refusal(Exception):
    """An answer with ok=false."""

    def __init__(self, code: int, description: str, *, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message the bot sent, as a phone shows it."""

    chat: int
    number: int
    text: str
    markup: str = ""
    keyboard: tuple[tuple[str, str], ...] = ()
    phone_keys: tuple[tuple[str, bool], ...] = ()
    file: bytes | None = None
    file_name: str = ""
    method: str = "sendMessage"

    def data(self, label: str) -> str:
        """What the button with this label carries."""
        return next(data for text, data in self.keyboard if text == label)

    @property
    def labels(self) -> list[str]:
        """The labels of its buttons, of either kind."""
        return [label for label, _ in self.keyboard] + [label for label, _ in self.phone_keys]


@dataclass(slots=True, kw_only=True)
class Rates:
    """How much the platform takes; None: everything."""

    chat_per_second: int | None = None
    overall_per_second: int | None = None
    retry_after: int = 1


@dataclass(slots=True)
class Platform:
    """One bot's side of Telegram."""

    rates: Rates = field(default_factory=Rates)
    seconds: Callable[[], float] = time.monotonic
    on_update: Callable[[], None] = lambda: None

    sent: list[Sent] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refusals: list[tuple[str, str]] = field(default_factory=list)
    answered_presses: list[str] = field(default_factory=list)
    blocked: set[int] = field(default_factory=set)
    left: set[int] = field(default_factory=set)
    files: dict[str, bytes] = field(default_factory=dict)
    webhook: dict[str, Any] = field(default_factory=dict)
    confirmed: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)
    _updates: deque[dict[str, Any]] = field(default_factory=deque)
    _update_numbers: Any = field(default_factory=lambda: itertools.count(1001))
    _message_numbers: Any = field(default_factory=lambda: itertools.count(1))
    _taken: defaultdict[int, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _taken_overall: deque[float] = field(default_factory=deque)
    _held_until: dict[int, float] = field(default_factory=dict)

    # -- what people do

    def push(self, **content: Any) -> int:
        """Something happened: an update with a number of its own."""
        with self.changed:
            number: int = next(self._update_numbers)
            self._updates.append({"update_id": number, **content})
            self.changed.notify_all()
        self.on_update()
        return number

    def push_again(self, update_id: int, **content: Any) -> None:
        """An update that was confirmed comes once more, as after a confirmation that got lost."""
        with self.changed:
            self._updates.append({"update_id": update_id, **content})
            self.changed.notify_all()
        self.on_update()

    def next_message(self) -> int:
        """A number for a message."""
        number: int = next(self._message_numbers)
        return number

    def pending(self, offset: int | None = None, limit: int = 100) -> list[dict[str, Any]]:
        """The updates not confirmed. An ``offset`` confirms everything before it, for good; a negative one all but so
        many of the last."""
        with self.changed:
            if offset is not None and offset > 0:
                while self._updates and self._updates[0]["update_id"] < offset:
                    self.confirmed = self._updates.popleft()["update_id"]
            elif offset is not None and offset < 0:
                while len(self._updates) > -offset:
                    self.confirmed = self._updates.popleft()["update_id"]
            self.changed.notify_all()
            return list(itertools.islice(self._updates, limit))

    def confirm(self, update_id: int) -> None:
        """The webhook took it."""
        self.pending(update_id + 1)

    # -- what the bot asks

    def call(self, method: str, params: dict[str, str], files: dict[str, bytes], names: dict[str, str]) -> Any:
        """Answer a call; raises Refusal."""
        try:
            read = read_call(method, params, files)
        except BadCall as err:
            raise self._refusal(method, 400, str(err)) from err
        with self.changed:
            self.calls.append((method, read))
            answer = self._answer(method, read, names)
            self.changed.notify_all()
        return answer

    def _answer(self, method: str, read: dict[str, Any], names: dict[str, str]) -> Any:
        match method:
            case "getMe":
                return BOT | {"can_join_groups": True}
            case "sendMessage" | "sendPhoto" | "sendDocument":
                return self._send(method, read, names)
            case "answerCallbackQuery":
                self.answered_presses.append(read["callback_query_id"])
                return True
            case "getFile":
                return self._file(read["file_id"])
            case "setWebhook":
                self.webhook = read if read["url"] else {}
                return True
            case "deleteWebhook":
                self.webhook = {}
                return True
            case "getWebhookInfo":
                return {
                    "url": self.webhook.get("url", ""),
                    "has_custom_certificate": False,
                    "pending_update_count": len(self._updates),
                }
            case "leaveChat":
                self.left.add(read["chat_id"])
                return True
            case "sendChatAction":
                if read["chat_id"] in self.blocked:
                    raise self._refusal(method, 403, "Forbidden: bot was blocked by the user")
                return True
        return True

    def _send(self, method: str, read: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
        chat = read["chat_id"]
        if chat in self.blocked:
            raise self._refusal(method, 403, "Forbidden: bot was blocked by the user")
        self._hold_to_rates(method, chat)
        shown = self._shown(method, read)
        markup = read.get("reply_markup") or {}
        inline = [key for row in markup.get("inline_keyboard", []) for key in row]
        for key in inline:
            if not 1 <= len(key.get("callback_data", "").encode()) <= _MAX_CALLBACK:
                raise self._refusal(method, 400, "Bad Request: BUTTON_DATA_INVALID")
        upload = {"sendPhoto": "photo", "sendDocument": "document"}.get(method)
        number = self.next_message()
        self.sent.append(
            Sent(
                chat=chat,
                number=number,
                text=shown,
                markup=read.get("text") or read.get("caption") or "",
                keyboard=tuple((key["text"], key["callback_data"]) for key in inline),
                phone_keys=tuple(
                    (key["text"], bool(key.get("request_contact"))) for row in markup.get("keyboard", []) for key in row
                ),
                file=read.get(upload) if upload else None,
                file_name=names.get(upload, "") if upload else "",
                method=method,
            )
        )
        message = {"message_id": number, "date": int(time.time()), "chat": {"id": chat, "type": "private"}, "from": BOT}
        return message | ({"text": shown} if method == "sendMessage" else {})

    def _shown(self, method: str, read: dict[str, Any]) -> str:
        text = read.get("text" if method == "sendMessage" else "caption") or ""
        try:
            formatted = read_formatted(text, read.get("parse_mode"))
        except BadCall as err:
            raise self._refusal(method, 400, str(err)) from err
        if method == "sendMessage" and not formatted.text.strip():
            raise self._refusal(method, 400, "Bad Request: message text is empty")
        if utf16_length(formatted.text) > (_MAX_TEXT if method == "sendMessage" else _MAX_CAPTION):
            raise self._refusal(method, 400, "Bad Request: message is too long")
        if formatted.entities > MAX_ENTITIES:
            raise self._refusal(method, 400, "Bad Request: more formatting than would be kept")
        return formatted.text

    def _hold_to_rates(self, method: str, chat: int) -> None:
        """One second's count per chat and over all; who is refused must stay away as long as they were told."""
        now = self.seconds()
        held = self._held_until.get(chat, 0.0)
        if now < held:
            raise self._refusal(method, 429, "Too Many Requests", retry_after=int(held - now) + 1)
        pairs = (
            (self._taken[chat], self.rates.chat_per_second),
            (self._taken_overall, self.rates.overall_per_second),
        )
        for taken, _ in pairs:
            while taken and taken[0] <= now - 1:
                taken.popleft()
        if any(most is not None and len(taken) >= most for taken, most in pairs):
            self._held_until[chat] = now + self.rates.retry_after
            raise self._refusal(method, 429, "Too Many Requests", retry_after=self.rates.retry_after)
        for taken, _ in pairs:
            taken.append(now)

    def _file(self, file_id: str) -> dict[str, Any]:
        data = self.files.get(file_id)
        if data is None:
            raise self._refusal("getFile", 400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(data) > _DOWNLOAD_LIMIT:
            raise self._refusal("getFile", 400, "Bad Request: file is too big")
        return {
            "file_id": file_id,
            "file_unique_id": f"u{file_id}",
            "file_size": len(data),
            "file_path": f"documents/{file_id}",
        }

    def _refusal(self, method: str, code: int, description: str, *, retry_after: int | None = None) -> Refusal:
        text = description if retry_after is None else f"{description}: retry after {retry_after}"
        self.refusals.append((method, text))
        return Refusal(code, text, retry_after=retry_after)
