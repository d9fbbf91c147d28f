"""On whose behalf the store is used."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from crm_store.models.people import Role
from crm_store.proof_kinds import DataClass


class ActorKind(StrEnum):
    """What sort of actor it is; ANONYMOUS is a customer who has not said who they are."""

    USER = "user"
    CONTACT = "contact"
    ANONYMOUS = "anonymous"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody the store acts for.

    ``id`` is the user's, contact's or channel identity's number. ``visible_owner_ids`` are the users whose deals, tasks
    and activities a rep or manager may see (themselves included). ``withheld`` are the kinds of a customer's own data
    their proof of identity does not open.
    """

    kind: ActorKind
    id: int = 0
    role: Role | None = None
    account_id: int | None = None
    visible_owner_ids: frozenset[int] = field(default_factory=frozenset)
    withheld: frozenset[DataClass] = field(default_factory=frozenset)

    def __str__(self) -> str:
        return "system" if self.kind is ActorKind.SYSTEM else f"{self.kind}:{self.id}"

    @property
    def is_staff(self) -> bool:
        """A colleague or the system itself."""
        return self.kind in {ActorKind.USER, ActorKind.SYSTEM}

    @property
    def sees_all(self) -> bool:
        """No record is hidden from this actor."""
        return self.kind is ActorKind.SYSTEM or self.role is Role.ADMIN


SYSTEM = Actor(kind=ActorKind.SYSTEM)
