"""How far a delivery has come, and who cannot be reached."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from crm_store.models import ChannelIdentity, DeliveredPiece
from crm_store.store import Store


def pieces_sent(store: Store, outbox_id: int, *, now: datetime) -> list[str]:
    """The platform's numbers of the pieces it already has, in order; raises DatabaseUnavailable."""
    with store.unit_of_work(now=now, read_only=True) as uow:
        query = select(DeliveredPiece.external_id).where(DeliveredPiece.outbox_id == outbox_id)
        return list(uow.session.scalars(query.order_by(DeliveredPiece.number)))


def note_piece(store: Store, outbox_id: int, number: int, external_id: str, *, now: datetime) -> None:
    """The platform has this piece; raises DatabaseUnavailable."""
    with store.unit_of_work(now=now) as uow:
        uow.session.merge(DeliveredPiece(outbox_id=outbox_id, number=number, external_id=external_id, at=now))
        uow.commit()


def note_unreachable(store: Store, channel: str, external_id: str, *, now: datetime) -> None:
    """The platform refuses to deliver to this person; raises DatabaseUnavailable."""
    with store.unit_of_work(now=now) as uow:
        theirs = (ChannelIdentity.channel == channel, ChannelIdentity.external_id == external_id)
        blocked = update(ChannelIdentity).where(*theirs, ChannelIdentity.unreachable_since.is_(None))
        uow.session.execute(blocked.values(unreachable_since=now))
        uow.commit()
