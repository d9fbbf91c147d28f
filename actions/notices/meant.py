"""Whom a notice is about, when it goes to somebody who stands in for them."""

from __future__ import annotations

from crm_store.models import Notice


def meant_for(notice: Notice) -> int:
    """The colleague it is meant for: who gets it, unless they only stand in."""
    return int(notice.data.get("for") or notice.user_id)
