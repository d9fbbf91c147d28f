"""The leaderboard as a report, and being on it: nobody is unless they want to."""

from __future__ import annotations

import re
from dataclasses import replace

from actions.asking.rendering import report_of
from actions.call import Command
from actions.registry import SALES, audience_of
from actions.report_output import Report, notes
from actions.turn import Turn
from crm_store.insights.leaderboard import Board
from crm_store.models import User

_BOARD = r"(?:(?:the|our|your|that|this|sales|team|company)\s+)*(?:leader\s?-?boards?|league table|score\s?board)\b"
_ON = re.compile(
    rf"\b(?:put|add|show|list|include|sign|get|have|opt|enrol+|count)\s+(?:me|my name|us)\s+(?:(?:up|in|back)\s+)?"
    rf"(?:on|in|to|into|onto|for)\s+{_BOARD}|\b(?:opt(?:ing)?\s+in(?:\s+to|to|\s+for|\s+on)?|join(?:ing)?)\s+{_BOARD}"
    rf"|\b(?:be|being|appear|show up)\s+(?:shown\s+|listed\s+|seen\s+)?(?:on|in)\s+{_BOARD}",
    re.IGNORECASE,
)
_OFF = re.compile(
    rf"\b(?:take|remove|delete|drop|pull|hide|exclude|strike|get|keep|leave|opt)\s+(?:me|my name|us)\s+"
    rf"(?:off|from|out|away from|out from)\s+(?:of\s+)?{_BOARD}|\b(?:leave|leaving|quit)\s+{_BOARD}"
    rf"|\b(?:opt(?:ing)?|withdraw)\s+(?:out\s+(?:of|from)|from)\s+{_BOARD}|\bhide\s+(?:me|my name)\b.*{_BOARD}",
    re.IGNORECASE,
)
_NO = re.compile(r"\b(?:don'?t|do not|no longer|not|never|stop|without|rather not)\b", re.IGNORECASE)
_ASKS = re.compile(r"^\W*(?:where|what|which|how|who|whose|why|am|is|are)\b", re.IGNORECASE)


def board_wish(words: str) -> bool | None:
    """Whether the words ask to be on the leaderboard (True) or off it (False); None when they ask for neither."""
    if _ASKS.search(words):
        return None
    refused = _NO.search(words) is not None
    if _OFF.search(words):
        return refused  # "don't take me off the leaderboard"
    return not refused if _ON.search(words) else None


def board_wish_heard(turn: Turn) -> bool:
    """Do as somebody wishes who wants on the leaderboard or off it; whether they do."""
    if audience_of(turn) not in SALES:
        return False
    wish = board_wish(turn.call.words)
    if wish is None:
        return False
    user = turn.session.get_one(User, turn.colleague.id)
    changed = user.on_leaderboard != wish
    user.on_leaderboard = wish
    turn.uow.flush()
    name = "on" if wish else "off"
    turn.say(f"utter_leaderboard_{name}" if changed else f"utter_leaderboard_{name}_already")
    turn.offer_undo()
    return True


def board_report(turn: Turn, board: Board) -> Report:
    """Places, people and figures; below it the reader's own place, and whom only they see."""
    base = report_of(turn, board.answer)
    hidden = set(board.unlisted)

    def placed(rows: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        marked = [(f"{row[0]} *" if row[0] in hidden else row[0], *row[1:]) for row in rows]
        return tuple((str(place), *row) for place, row in zip(board.places, marked, strict=True))

    return replace(
        base,
        columns=((turn.words.label("place"), "number"), *base.columns),
        rows=placed(base.rows[: len(board.places)]),
        file_columns=(turn.words.label("place"), *base.file_columns),
        file_rows=placed(tuple(base.file_rows)) if len(base.file_rows) == len(board.places) else base.file_rows,
        note=notes(base.note, *_own_place(turn, board), turn.words.label("unlisted_note") if hidden else ""),
        file_name="leaderboard",
    )


def _own_place(turn: Turn, board: Board) -> list[str]:
    if board.place is None:
        return []
    said = [turn.words.say("utter_leaderboard_place", place=str(board.place), n=str(board.answer.group_count))]
    return said if board.listed else [*said, turn.words.label("not_listed_note")]


def offer_board_wish(turn: Turn, board: Board) -> None:
    """The button to be on the board, or off it."""
    if board.place is None:
        return
    name = "leave_board" if board.listed else "join_board"
    turn.offer_command(turn.words.label(name), Command("show_results", {"words": turn.words.label(f"{name}_said")}))
