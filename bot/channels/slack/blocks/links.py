"""Web addresses of records: what a card's title leads to, and what is unfurled where somebody posts one."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from crm_store.refs import RecordRef

_PATH = re.compile(r"/r/([a-z_]{1,30})/([1-9][0-9]{0,17})/?")


def record_url(base_url: str, ref: str) -> str:
    """The address of a record, e.g. "https://crm.example.com/r/deal/12" for "deal:12"."""
    kind, _, number = ref.partition(":")
    return f"{base_url.rstrip('/')}/r/{kind}/{number}"


def record_at(base_url: str, url: str) -> RecordRef | None:
    """The record an address leads to; None when it is not an address of ours."""
    try:
        ours, theirs = urlsplit(base_url), urlsplit(url)
    except ValueError:
        return None
    if (ours.scheme, ours.netloc.casefold()) != (theirs.scheme, theirs.netloc.casefold()):
        return None
    prefix = ours.path.rstrip("/")
    match = _PATH.fullmatch(theirs.path.removeprefix(prefix)) if theirs.path.startswith(prefix) else None
    return RecordRef.from_text(f"{match[1]}:{match[2]}") if match else None
