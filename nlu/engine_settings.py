"""When the embedded engine believes what it reads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """When the engine believes what it reads; all thresholds are probabilities in [0, 1].

    A message falls back when its best intent is below ``least_confidence`` or the message below ``least_in_scope``
    (None: where rejecting paid best on the training data).
    Tagged entities below ``least_entity_confidence`` are dropped. A prohibition ("don't close it") is never read as
    one of ``acting_intents`` but as ``refusing_intent``, the end of a reminder ("no more reminders about it") never as
    ``reminding_intent`` but as ``ending_intent``. ``ranked`` candidates are reported.
    """

    least_confidence: float = 0.4
    least_in_scope: float | None = None
    least_entity_confidence: float = 0.3
    ranked: int = 10
    refusing_intent: str = "cancel"
    reminding_intent: str = "create_task"
    ending_intent: str = "delete_record"
    acting_intents: frozenset[str] = frozenset(
        {
            "log_deal",
            "update_deal",
            "move_deal",
            "win_deal",
            "lose_deal",
            "reassign",
            "delete_record",
            "add_account",
            "add_contact",
            "log_activity",
            "create_task",
            "complete_task",
            "snooze_task",
            "open_ticket",
            "close_ticket",
            "forget_me",
        }
    )
