"""What admins are told when somebody could not be told."""

from __future__ import annotations

from collections.abc import Sequence

from actions.turn import Turn
from crm_store.models import Notice, User


def say_reports(turn: Turn, notices: Sequence[Notice]) -> list[Notice]:
    """Name whom no channel reached, and on which channels it was tried."""
    for notice in notices:
        person = turn.session.get(User, notice.data["person"])
        turn.say(
            "utter_delivery_failed",
            person=person.name if person is not None else turn.words.label("unknown"),
            channels=", ".join(notice.data["channels"]),
        )
    return list(notices)
