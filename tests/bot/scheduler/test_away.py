"""While somebody is away, what cannot wait goes to who stands in; the rest waits until they are back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.scheduler.digests import queue_digests
from bot.scheduler.watching import watch
from crm_store.absences import be_away, be_back
from crm_store.models import (
    Attention,
    ChannelIdentity,
    Conversation,
    Deal,
    Notice,
    NoticeStatus,
    Stage,
    StageType,
    User,
)
from tests.assistants import NOW
from tests.bot.scheduler.desk import Desk, desk

__all__ = ["desk"]

BACK = NOW + timedelta(days=5)
ZONE = "America/New_York"


def id_of(desk: Desk, handle: str) -> int:
    with desk.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        return uow.session.scalars(select(User.id).where(User.handle == handle)).one()


def go_away(desk: Desk, handle: str = "dana", *, delegate: str | None = "riley") -> None:
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        be_away(
            uow.session,
            id_of(desk, handle),
            starts_at=NOW - timedelta(hours=1),
            ends_at=BACK,
            delegate_id=id_of(desk, delegate) if delegate is not None else None,
            now=NOW,
        )
        uow.commit()


def reach(desk: Desk, handle: str) -> int:
    """Somebody has a conversation of their own, and no quiet hours; its number."""
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        user = uow.session.scalars(select(User).where(User.handle == handle)).one()
        user.quiet_from = user.quiet_until = None
        here = Conversation(channel="web", external_id=f"user:{handle}", created_at=NOW, last_message_at=NOW)
        identity = ChannelIdentity(channel="web", external_id=f"user:{handle}", user_id=user.id, created_at=NOW)
        uow.session.add_all([here, identity])
        uow.commit()
        return here.id


def test_a_reminder_goes_to_who_stands_in_and_says_for_whom(desk: Desk) -> None:
    desk.be_reachable()
    riley = reach(desk, "riley")
    go_away(desk)
    desk.at(NOW)
    assert desk.tick(NOW) == [riley]
    assert desk.sent()[0].startswith("For Dana Whitfield, who is away until Mon, Nov 23:")
    assert any("Send the contract" in text for text in desk.sent())
    assert desk.buttons() == []


@pytest.mark.parametrize("delegate", [None, "riley"])
def test_a_reminder_waits_when_nobody_can_stand_in(desk: Desk, delegate: str | None) -> None:
    """Riley has no channel."""
    here = desk.be_reachable()
    go_away(desk, delegate=delegate)
    desk.at(NOW)
    assert desk.tick(NOW) == []
    assert desk.tick(BACK - timedelta(seconds=1)) == []
    assert desk.tick(BACK) == [here]


def test_who_stands_in_and_is_away_too_is_left_in_peace(desk: Desk) -> None:
    desk.be_reachable()
    reach(desk, "riley")
    go_away(desk)
    go_away(desk, "riley", delegate=None)
    desk.at(NOW)
    assert desk.tick(NOW) == []


def test_who_is_back_early_hears_at_once_what_waited(desk: Desk) -> None:
    here = desk.be_reachable()
    go_away(desk, delegate=None)
    desk.at(NOW)
    desk.tick(NOW)
    later = NOW + timedelta(hours=2)
    with desk.rig.assistant.store.unit_of_work(now=later) as uow:
        assert be_back(uow.session, id_of(desk, "dana"), now=later)
        uow.commit()
    assert desk.tick(later) == [here]


def test_who_is_back_is_told_what_went_to_others(desk: Desk) -> None:
    here = desk.be_reachable()
    reach(desk, "riley")
    go_away(desk)
    desk.at(NOW)
    desk.tick(NOW)
    queue_digests(desk.rig.assistant.store, now=BACK, company_zone=ZONE)
    assert desk.tick(BACK) == [here]
    assert queue_digests(desk.rig.assistant.store, now=BACK, company_zone=ZONE) > 0
    assert desk.tick(BACK + timedelta(minutes=5)) == []


def test_who_is_away_gets_no_digest_and_no_nudges(desk: Desk) -> None:
    desk.be_reachable()
    go_away(desk, delegate=None)
    store = desk.rig.assistant.store
    with store.unit_of_work(now=NOW) as uow:
        dana = id_of(desk, "dana")
        uow.session.merge(Attention(user_id=dana, daily_digest_at=NOW.astimezone().time().replace(hour=9, minute=0)))
        deal = uow.session.scalars(
            select(Deal).join(Stage).where(Stage.type == StageType.OPEN, Deal.owner_id == dana).limit(1)
        ).one()
        deal.last_activity_at = NOW - timedelta(days=200)
        uow.commit()
    watch(store, now=NOW, currency="USD", company_zone=ZONE)
    queue_digests(store, now=NOW, company_zone=ZONE)
    assert desk.tick(NOW) == []
    with store.unit_of_work(now=NOW, read_only=True) as uow:
        mine = uow.session.scalars(select(Notice).where(Notice.user_id == dana)).all()
    assert all(each.status is NoticeStatus.DROPPED for each in mine)
