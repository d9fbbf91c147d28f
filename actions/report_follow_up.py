"""The last report of its own kind (a forecast, the churn list), kept as it was asked for, so that the talk can go on.

Reports from the layer of meaning are kept as queries (see ``actions.asking.answering``); these are kept as the call
that showed them, and shown again with what is said anew: "as a chart", "by rep", "and next quarter?".
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from actions.call import ActionCall, Command, command_entities
from actions.turn import Turn

_OWN = "own_report"
_FRESH = timedelta(minutes=30)
_NOT_KEPT = frozenset({"words", "page", "ref", "answer"})


def remember_report(turn: Turn) -> None:
    """Keep the call that shows a report."""
    call = turn.call
    if not call.words.strip() or call.words.startswith("/"):
        return
    command = call.command()
    kept = {name: value for name, value in command.entities.items() if name not in _NOT_KEPT}
    turn.conversation.focus = {
        **turn.conversation.focus,
        _OWN: {
            "action": call.action,
            "command": str(Command(command.intent, kept)),
            "words": call.words,
            "said": [[each.entity, each.text] for each in call.entities if each.text],
            "at": turn.uow.now.isoformat(),
        },
    }


def call_again(turn: Turn, *, later_than: datetime | None) -> ActionCall | None:
    """The call of the last report of its own kind with what this message says anew; None when there is none to go on.

    ``later_than``: when another report was shown; the later of the two is what is talked about.
    """
    kept: Any = turn.conversation.focus.get(_OWN)
    command = Command.from_text(kept["command"]) if isinstance(kept, dict) else None
    if command is None:
        return None
    at = datetime.fromisoformat(kept["at"])
    if turn.uow.now - at > _FRESH or (later_than is not None and later_than >= at):
        return None
    new = {each.entity for each in turn.call.entities}
    words = kept["words"]
    for entity, text in kept["said"]:
        if entity in new:
            words = words.replace(text, " ")
    former = tuple(each for each in command_entities(command) if each.entity not in new)
    return replace(
        turn.call,
        action=kept["action"],
        intent=command.intent,
        text=" ".join(f"{words} {turn.call.words}".split()),
        entities=(*former, *turn.call.entities),
    )
