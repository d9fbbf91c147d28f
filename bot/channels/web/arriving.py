"""A colleague opens the page: from then on they can be spoken to there, even if they have never written anywhere."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.channels.web.people import Person
from bot.channels.web.transcript import CHANNEL
from bot.scheduler.places import find_places
from crm_store.models import ChannelIdentity, Conversation
from crm_store.refs import RecordRef
from crm_store.store import Store


def make_reachable(store: Store, person: Person, *, now: datetime) -> None:
    """Give a colleague who can be reached nowhere their conversation on the page.

    Whoever is reached somewhere already stays there: having a look at the page moves nobody's reminders. Customers and
    visitors are not spoken to before they speak. Raises DatabaseUnavailable.
    """
    ref = RecordRef.from_text(person.key)
    if ref is None or person.kind != "user":
        return
    with store.unit_of_work(now=now, read_only=True) as uow:
        if find_places(uow.session, [ref.id], preferred={}):
            return
    try:
        with store.unit_of_work(now=now) as uow:
            _open(uow.session, person, ref, now)
            uow.commit()
    except IntegrityError:
        # Their other window did it at the same moment, or their first message.
        return


def _open(session: Session, person: Person, ref: RecordRef, now: datetime) -> None:
    session.add_all(
        [
            Conversation(
                channel=CHANNEL,
                external_id=person.key,
                created_at=now,
                last_message_at=now,
                focus={},
                dialogue={},
                pending={},
            ),
            ChannelIdentity(
                channel=CHANNEL,
                external_id=person.key,
                display_name=person.name,
                user_id=ref.id,
                created_at=now,
                proven_at=now,
                vouched_at=now,
            ),
        ]
    )
