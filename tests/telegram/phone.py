"""People with a phone: what they do becomes updates, what the bot sends them can be read."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

from tests.telegram.platform import BOT, Platform, Sent

_PATIENCE = 60.0
_numbers = itertools.count(700_001)
_queries = itertools.count(1)


@dataclass(slots=True)
class Phone:
    """One person's private chat with the bot."""

    platform: Platform
    first_name: str = "Kim"
    last_name: str = "Lee"
    number: int = field(default_factory=lambda: next(_numbers))
    seen: int = 0

    @property
    def user(self) -> dict[str, Any]:
        return {"id": self.number, "is_bot": False, "first_name": self.first_name, "last_name": self.last_name}

    def say(self, text: str, **more: Any) -> int:
        """Type a message; the update's number."""
        entities = []
        if text.startswith("/"):
            entities = [{"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}]
        return self.send(text=text, entities=entities, **more)

    def send(self, **content: Any) -> int:
        """Send any kind of message; the update's number."""
        return self.platform.push(message=self.message(**content))

    def edit(self, **content: Any) -> int:
        """Change a message."""
        return self.platform.push(edited_message=self.message(edit_date=int(time.time()), **content))

    def press(self, message: Sent, label: str) -> int:
        """Press a button of a message."""
        return self.press_data(message.data(label), message.number)

    def press_data(self, data: str, message_number: int = 1) -> int:
        """Send a press that carries ``data``, as a modified app could."""
        query = {
            "id": f"q{next(_queries)}",
            "from": self.user,
            "chat_instance": "1",
            "message": {
                "message_id": message_number,
                "date": int(time.time()),
                "chat": self._chat(),
                "from": BOT,
                "text": "…",
            },
            "data": data,
        }
        return self.platform.push(callback_query=query)

    def share_contact(self, phone_number: str, *, of: int | None = None, **more: Any) -> int:
        """Share a phone number: one's own, or that of user ``of``."""
        contact = {"phone_number": phone_number, "first_name": "X", "user_id": self.number if of is None else of}
        return self.send(contact=contact, **more)

    def send_file(self, kind: str, data: bytes, *, claimed_bytes: int | None = None, **more: Any) -> int:
        """Send a photo, voice message or document."""
        file_id = f"F{self.platform.next_message()}"
        self.platform.files[file_id] = data
        file = {
            "file_id": file_id,
            "file_unique_id": f"u{file_id}",
            "file_size": len(data) if claimed_bytes is None else claimed_bytes,
        }
        size = {"width": 10, "height": 10}
        content = {
            "photo": [file | size],
            "voice": file | {"duration": 2, "mime_type": "audio/ogg"},
            "document": file | {"file_name": "report.pdf", "mime_type": "application/pdf"},
        }[kind]
        return self.send(**{kind: content}, **more)

    def block(self) -> int:
        """Block the bot."""
        self.platform.blocked.add(self.number)
        return self._member("kicked")

    def unblock(self) -> int:
        """Take the bot back."""
        self.platform.blocked.discard(self.number)
        return self._member("member")

    def messages(self) -> list[Sent]:
        """Everything the bot sent here."""
        with self.platform.changed:
            return [sent for sent in self.platform.sent if sent.chat == self.number]

    def read(self, count: int = 1) -> list[Sent]:
        """Wait for ``count`` more messages and return them."""
        with self.platform.changed:
            arrived = self.platform.changed.wait_for(lambda: len(self.messages()) >= self.seen + count, _PATIENCE)
        found = self.messages()[self.seen : self.seen + count]
        assert arrived, f"waited for {count} messages, got {[each.text for each in found]}"
        self.seen += count
        return found

    def hear(self) -> Sent:
        """Wait for the next message."""
        return self.read(1)[0]

    def ask(self, text: str) -> Sent:
        """Say something and wait for the answer's first message."""
        self.say(text)
        return self.hear()

    def _member(self, status: str) -> int:
        old = "member" if status == "kicked" else "kicked"
        change = {
            "chat": self._chat(),
            "from": self.user,
            "date": int(time.time()),
            "old_chat_member": {"user": BOT, "status": old, "until_date": 0},
            "new_chat_member": {"user": BOT, "status": status, "until_date": 0},
        }
        return self.platform.push(my_chat_member=change)

    def _chat(self) -> dict[str, Any]:
        return {"id": self.number, "type": "private", "first_name": self.first_name}

    def message(self, **content: Any) -> dict[str, Any]:
        """A message of this chat as Telegram writes it."""
        return {
            "message_id": self.platform.next_message(),
            "date": int(time.time()),
            "chat": self._chat(),
            "from": self.user,
            **content,
        }
