"""What else people are nudged about: tasks overdue, nothing planned, the quota behind plan, a renewal coming."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from crm_store.models import Account, Deal, Order, OrderLine, Product, Stage, StageType, Task
from tests.assistants import NOW
from tests.bot.scheduler.desk import Desk, desk
from tests.bot.scheduler.test_nudges import change, look, nudges, one_deal

__all__ = ["desk", "one_deal"]


def topics(desk: Desk) -> set[str]:
    return {each.topic for each in nudges(desk)}


def test_a_task_is_told_a_day_after_its_time_and_not_before(desk: Desk, one_deal: int) -> None:
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        dana = desk.user(uow.session).id
        task = Task(subject="call", assignee_id=dana, creator_id=dana, due_at=NOW)
        uow.add(task)
        uow.commit()
        ref = str(task.ref)
    look(desk, NOW + timedelta(hours=23))
    assert nudges(desk, topic="task_overdue") == []
    look(desk, NOW + timedelta(hours=25))
    assert [each.ref for each in nudges(desk, topic="task_overdue")] == [ref]


def test_a_deal_with_nothing_planned_is_told_unless_a_task_is_open(desk: Desk, one_deal: int) -> None:
    change(desk, one_deal, next_step=None, stage_since=NOW - timedelta(days=4))
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        dana = desk.user(uow.session).id
        task = uow.add(Task(subject="call", assignee_id=dana, creator_id=dana, deal_id=one_deal))
        uow.commit()
        number = task.id
    look(desk)
    assert "no_next_step" not in topics(desk)
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        uow.session.get_one(Task, number).done_at = NOW
        uow.commit()
    look(desk)
    assert [each.ref for each in nudges(desk, topic="no_next_step")] == [f"deal:{one_deal}"]


def test_who_has_won_too_little_of_the_quota_is_told_once_a_week(desk: Desk, one_deal: int) -> None:
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        dana = desk.user(uow.session).id
        won = select(Deal).join(Deal.stage).where(Deal.owner_id == dana, Stage.type == StageType.WON)
        for deal in uow.session.scalars(won).all():
            deal.deleted_at = NOW
        uow.commit()
    for days in (0, 1, 7):
        look(desk, NOW + timedelta(days=days))
    assert len(nudges(desk, topic="quota_behind")) == 2


def test_a_yearly_order_is_told_a_month_before_its_year_is_over(desk: Desk, one_deal: int) -> None:
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        dana = desk.user(uow.session).id
        order = uow.session.scalars(
            select(Order)
            .join(Account, Account.id == Order.account_id)
            .join(OrderLine, OrderLine.order_id == Order.id)
            .join(Product, Product.id == OrderLine.product_id)
            .where(Account.owner_id == dana, Product.recurring.is_(True))
        ).first()
        assert order is not None
        order.placed_at = NOW - timedelta(days=334)
        number, account = order.number, f"account:{order.account_id}"
        uow.commit()
    look(desk)
    assert not any(number in each.key for each in nudges(desk, topic="renewal"))
    look(desk, NOW + timedelta(days=2))
    assert [each.ref for each in nudges(desk, topic="renewal") if number in each.key] == [account]
