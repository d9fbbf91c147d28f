"""Who is speaking: from a channel's identity to a colleague, a customer or a visitor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.orm import Session

from bot.settings import Company
from crm_store.actors import Actor, ActorKind
from crm_store.models import ChannelIdentity, Contact, User
from crm_store.proof_kinds import DataClass, ProofMethod
from crm_store.proofs import proofs_of
from crm_store.store import Store
from nlu.values.reading import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """The person behind a message and what the store lets them see."""

    actor: Actor
    user: User | None = None
    contact: Contact | None = None

    @property
    def locale(self) -> str:
        """Babel locale of the person; American English when unknown."""
        person = self.user or self.contact
        return person.locale if person is not None else "en_US"

    @property
    def timezone(self) -> str | None:
        """IANA zone of the person, when known."""
        person = self.user or self.contact
        return person.timezone if person is not None else None


def identify(
    store: Store,
    session: Session,
    identity: ChannelIdentity,
    *,
    now: datetime,
    proofs: Mapping[DataClass, Mapping[ProofMethod, timedelta]],
) -> Speaker:
    """The speaker of an identity; ``proofs`` says what opens each kind of a customer's data, and for how long.

    A deactivated colleague is nobody. A customer their channel vouches for may see all that is theirs.
    """
    if identity.user_id is not None:
        user = session.get(User, identity.user_id)
        if user is not None and user.active:
            return Speaker(actor=store.actor_for_user(session, user), user=user)
    if identity.contact_id is not None:
        contact = session.get(Contact, identity.contact_id)
        if contact is not None:
            withheld = frozenset[DataClass]() if identity.vouched_at else _withheld(session, identity, now, proofs)
            return Speaker(actor=store.actor_for_contact(contact, withheld=withheld), contact=contact)
    return Speaker(actor=Actor(kind=ActorKind.ANONYMOUS, id=identity.id))


def _withheld(
    session: Session,
    identity: ChannelIdentity,
    now: datetime,
    proofs: Mapping[DataClass, Mapping[ProofMethod, timedelta]],
) -> frozenset[DataClass]:
    shown = proofs_of(session, identity)
    return frozenset(
        kind
        for kind, accepted in proofs.items()
        if not any(proof.method in accepted and now - proof.proven_at <= accepted[proof.method] for proof in shown)
    )


def reading_for(speaker: Speaker, *, said_at: datetime, company: Company) -> Reading:
    """How this speaker's dates and amounts are to be read."""
    try:
        zone = ZoneInfo(speaker.timezone or company.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo(company.time_zone)
    return Reading(now=said_at, zone=zone, locale=speaker.locale, fiscal_year_start=company.fiscal_year_start)
