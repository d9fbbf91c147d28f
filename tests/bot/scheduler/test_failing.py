"""A message that no channel takes is said elsewhere, and reported when there is nowhere else."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from bot.scheduler.failing import take_up_failed
from crm_store.models import ChannelIdentity, Conversation, Notice, NoticeStatus, Outbox, OutboxStatus, Role, User
from tests.assistants import NOW
from tests.bot.scheduler.desk import Desk, desk

__all__ = ["desk"]

LATER = NOW + timedelta(minutes=10)


def give_up_last(desk: Desk) -> None:
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        last = uow.session.scalars(select(Outbox).order_by(Outbox.id.desc()).limit(1)).one()
        last.status = OutboxStatus.FAILED
        uow.commit()


def add_slack(desk: Desk) -> int:
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        dana = desk.user(uow.session)
        earlier = NOW - timedelta(days=1)
        slack = Conversation(channel="slack", external_id="U1", created_at=NOW, last_message_at=earlier)
        uow.session.add_all(
            [slack, ChannelIdentity(channel="slack", external_id="U1", user_id=dana.id, created_at=NOW)]
        )
        uow.commit()
        return slack.id


def test_it_is_said_again_on_the_persons_next_channel(desk: Desk) -> None:
    web, slack = desk.be_reachable(), add_slack(desk)
    desk.at(NOW)
    assert desk.tick(NOW) == [web]
    assert take_up_failed(desk.rig.assistant.store, now=LATER) == 0, "it may still be on its way"
    give_up_last(desk)
    assert take_up_failed(desk.rig.assistant.store, now=LATER) == 1
    assert desk.tick(LATER) == [slack]
    assert take_up_failed(desk.rig.assistant.store, now=LATER) == 0


def test_when_nobody_takes_it_the_admins_hear_of_it(desk: Desk) -> None:
    desk.be_reachable()
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        admin = uow.session.scalars(select(User).where(User.role == Role.ADMIN).order_by(User.id)).first()
        assert admin is not None
        admin.quiet_from = admin.quiet_until = None
        uow.session.add_all(
            [
                Conversation(channel="web", external_id=str(admin.ref), created_at=NOW, last_message_at=NOW),
                ChannelIdentity(channel="web", external_id=str(admin.ref), user_id=admin.id, created_at=NOW),
            ]
        )
        uow.commit()
    task_id = desk.at(NOW)
    desk.tick(NOW)
    give_up_last(desk)
    take_up_failed(desk.rig.assistant.store, now=LATER)
    with desk.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        notice = uow.session.scalars(select(Notice).where(Notice.ref == f"task:{task_id}").order_by(Notice.id)).first()
        assert notice is not None
        assert notice.status is NoticeStatus.FAILED
    desk.tick(LATER)
    assert desk.sent()[-1] == "I could not reach Dana Whitfield: web did not take my message."
    desk.tick(LATER + timedelta(days=1))
    assert len(desk.sent()) == 2, "reported once"
