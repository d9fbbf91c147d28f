"""Bringing people back to a form they have interrupted, without nagging."""

from __future__ import annotations

from actions.pending import Pending
from actions.turn import Turn

_KEY = "form_reminded"
"""Where the conversation's focus keeps which question people were brought back to, and how often."""


def remind_of_form(turn: Turn, form: str, slot: str, *, question: str) -> None:
    """Ask the form's open question again after another request: whole at first, then shortly, then no more.

    Nothing is said while another question is open. Until ``forget_reminders`` the same question counts on.
    """
    if Pending.from_json(turn.conversation.pending) is not None:
        return
    asked, _, times = str(turn.conversation.focus.get(_KEY, "")).partition(" ")
    count = int(times) if asked == f"{form}.{slot}" and times.isdigit() else 0
    turn.conversation.focus = {**turn.conversation.focus, _KEY: f"{form}.{slot} {count + 1}"}
    if count == 0:
        turn.say("utter_back_to_form", question=question)
    elif count == 1:
        turn.say("utter_form_waits", question=question)
        turn.offer(turn.words.label("stop_asking"), "cancel", once=True)


def forget_reminders(turn: Turn) -> None:
    """Begin anew: the form's question has been asked for another reason."""
    if _KEY in turn.conversation.focus:
        turn.conversation.focus = {key: value for key, value in turn.conversation.focus.items() if key != _KEY}
