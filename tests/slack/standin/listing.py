"""Pages of what Slack lists."""

from __future__ import annotations

from typing import Any


def window(
    messages: list[dict[str, Any]],
    *,
    oldest: str = "0",
    latest: str = "inf",
    inclusive: bool = False,
    include_all_metadata: bool = False,
    cursor: str = "",
    limit: int = 100,
) -> dict[str, Any]:
    """The messages between two time stamps, a page of them; metadata only where it was asked for."""

    def inside(ts: float) -> bool:
        low, high = float(oldest), float(latest)
        return low <= ts <= high if inclusive else low < ts < high

    hidden = frozenset() if include_all_metadata else frozenset({"metadata"})
    shown = [{k: v for k, v in m.items() if k not in hidden} for m in messages if inside(float(m["ts"]))]
    return page("messages", shown, cursor, limit)


def page(name: str, rows: list[Any], cursor: str, limit: int) -> dict[str, Any]:
    """One page of rows, and where the next begins."""
    start = int(cursor or 0)
    following = str(start + limit) if start + limit < len(rows) else ""
    return {name: rows[start : start + limit], "response_metadata": {"next_cursor": following}}
