"""What comes with a message: files, places and contacts, as the inbox keeps them.

A file is named by Telegram's own unique number, so its place on disk is known before it is fetched, and the same file
sent twice is kept once. ``path`` is relative to the data directory's ``files``.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

from telegram import Animation, Audio, Document, Message, PhotoSize, Video, VideoNote, Voice

RECEIVED = "received"
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}")
_UNIQUE = re.compile(r"[A-Za-z0-9_-]{1,100}")
_USUAL_SUFFIX = {"photo": ".jpg", "voice": ".oga", "video": ".mp4", "video_note": ".mp4", "animation": ".mp4"}
_File = Animation | Audio | Document | PhotoSize | Video | VideoNote | Voice


def attachments_of(message: Message, *, file_bytes: int) -> tuple[dict[str, Any], ...]:
    """The message's attachments; a file larger than ``file_bytes`` is named but marked as refused."""
    if message.contact is not None:
        return (_contact(message),)
    if message.location is not None:
        place = {"latitude": message.location.latitude, "longitude": message.location.longitude}
        return ({"kind": "location", **place},)
    found = _file_of(message, file_bytes)
    return () if found is None else (_described(*found, file_bytes=file_bytes),)


def _contact(message: Message) -> dict[str, Any]:
    contact, sender = message.contact, message.from_user
    # A forwarded or picked contact is somebody's number, not proof of whose chat this is.
    own = contact is not None and sender is not None and contact.user_id == sender.id
    own = own and message.forward_origin is None
    return {"kind": "contact", "phone": contact.phone_number if contact else "", "own": own}


def _file_of(message: Message, file_bytes: int) -> tuple[str, _File] | None:
    if message.photo:
        fitting = [size for size in message.photo if (size.file_size or 0) <= file_bytes]
        return "photo", (fitting or list(message.photo[:1]))[-1]
    # An animation comes as a document too, so it is looked for first.
    for kind in ("animation", "voice", "audio", "video", "video_note", "document"):
        file: _File | None = getattr(message, kind)
        if file is not None:
            return kind, file
    return None


def _described(kind: str, file: _File, *, file_bytes: int) -> dict[str, Any]:
    name = getattr(file, "file_name", None) or ""
    suffix = PurePosixPath(name).suffix
    suffix = suffix if _SUFFIX.fullmatch(suffix) else _USUAL_SUFFIX.get(kind, ".bin")
    described = {
        "kind": kind,
        "name": PurePosixPath(name.replace("\\", "/")).name[:200],
        "media_type": getattr(file, "mime_type", None) or "",
        "bytes": file.file_size,
        "file_id": file.file_id,
    }
    if (file.file_size or 0) > file_bytes or not _UNIQUE.fullmatch(file.file_unique_id):
        return {**described, "refused": "too_large"}
    return {**described, "path": f"{RECEIVED}/{file.file_unique_id}{suffix.lower()}"}
