"""The numbers people quote: of orders, invoices and tickets, in whatever way they write them."""

from __future__ import annotations

import re
from typing import Literal

Prefix = Literal["ORD", "INV", "T"]

_NUMBER = re.compile(r"(?:(?P<prefix>ORD|INV|T)[\s-]*)?(?P<digits>[0-9]{1,12})")


def document_number(said: str, prefix: Prefix) -> str | None:
    """The number as on record ("ORD-10423") for "ord 10423", "#10423" or "10423"; None when it is none of this kind."""
    match = _NUMBER.fullmatch(said.strip().lstrip("#").strip().upper())
    if match is None or match["prefix"] not in {None, prefix}:
        return None
    return f"{prefix}-{match['digits']}"
