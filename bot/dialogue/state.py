"""What a conversation remembers between two messages, as far as the rules need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from bot.dialogue.domain import Domain


@dataclass(frozen=True, slots=True, kw_only=True)
class DialogueState:
    """Slots, the open form and what it waits for, and requests kept for when the form is done.

    ``last_action`` is kept where a rule asks for it.
    """

    slots: Mapping[str, str | None] = field(default_factory=dict)
    form: str | None = None
    requested_slot: str | None = None
    later: tuple[str, ...] = ()
    last_action: str | None = None

    def with_slots(self, changes: Mapping[str, str | None]) -> Self:
        """The state with some slots set; None forgets one."""
        merged = {name: value for name, value in {**self.slots, **changes}.items() if value is not None}
        return replace(self, slots=merged)

    def in_form(self, form: str | None, requested_slot: str | None = None) -> Self:
        """The state with another form open, or none."""
        return replace(self, form=form, requested_slot=requested_slot)

    def known_to(self, domain: Domain) -> Self:
        """The state without what another version of the domain had: an open form of it is closed."""
        if self.form is None or (self.form in domain.forms and self.requested_slot in {None, *domain.slots}):
            return self
        return self.in_form(None)

    def to_json(self) -> dict[str, Any]:
        """The form kept in the conversation."""
        return {
            "slots": dict(self.slots),
            "form": self.form,
            "requested_slot": self.requested_slot,
            "later": list(self.later),
        } | ({"last_action": self.last_action} if self.last_action else {})

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what ``to_json`` wrote; an empty mapping is a fresh conversation."""
        return cls(
            slots=dict(data.get("slots") or {}),
            form=data.get("form"),
            requested_slot=data.get("requested_slot"),
            later=tuple(data.get("later") or ()),
            last_action=data.get("last_action"),
        )
