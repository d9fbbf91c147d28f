"""Who somebody is, on the word of the server that knows them: a signature in the metadata of their message.

Rasa's channels take metadata from whoever can reach them, so a name alone is worth nothing. The connector of a
company's own channel signs the handle with the key it shares with the action server.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

PERSON, SIGNATURE = "rapport_person", "rapport_signature"
LEAST_KEY = 32


def sign(person: str, *, sender: str, key: str) -> str:
    """The signature that vouches for ``person`` behind the sender id: HMAC-SHA256 of both, in hexadecimal."""
    return hmac.new(key.encode(), f"{sender}\n{person}".encode(), hashlib.sha256).hexdigest()


def vouched_person(metadata: Mapping[str, Any], *, sender: str, key: str | None) -> str | None:
    """The person a message's metadata vouches for; None without a valid signature."""
    person, signature = metadata.get(PERSON), metadata.get(SIGNATURE)
    if key is None or not isinstance(person, str) or not isinstance(signature, str):
        return None
    # Bytes, because compare_digest takes no strings beyond ASCII.
    valid = hmac.compare_digest(sign(person, sender=sender, key=key).encode(), signature.encode())
    return person if valid else None
