"""Alerts about customers who may leave: with the reasons of the score, and what to do about the strongest of them."""

from __future__ import annotations

from sqlalchemy import select

from bot.scheduler.watching import watch
from crm_store.models import Account, AccountScore, Notice, NoticeStatus
from tests.assistants import NOW, Rig
from tests.bot.scheduler.desk import Desk

SILENT_MOSTLY = [["days_without_contact", 292, 1.4], ["tickets_half_year", 2, 0.6], ["order_days", 9, -0.3]]


def alerted(rig: Rig, risk: float, *, by_then: float | None = None) -> tuple[Desk, str]:
    """Dana's desk after the watch has seen one customer of hers at ``risk``; that customer's name.

    ``by_then``: what the risk is when the alert is said.
    """
    desk = Desk(rig)
    desk.be_reachable()
    with rig.assistant.store.unit_of_work(now=NOW) as uow:
        dana = desk.user(uow.session)
        scores = select(AccountScore).join(AccountScore.account).where(Account.owner_id == dana.id)
        for score in uow.session.scalars(scores):
            score.churn = 0.1
        score.churn, score.churn_before, score.reasons = risk, risk, SILENT_MOSTLY
        name = score.account.name
        uow.commit()
    watch(rig.assistant.store, now=NOW, currency="USD", company_zone="America/New_York")
    with rig.assistant.store.unit_of_work(now=NOW) as uow:
        for notice in uow.session.scalars(select(Notice).where(Notice.topic != "churn_risk")):
            notice.status = NoticeStatus.DROPPED
        uow.commit()
    if by_then is not None:
        set_risk(desk, name, by_then)
    desk.tick(NOW)
    return desk, name


def set_risk(desk: Desk, name: str, risk: float) -> None:
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        of_them = select(AccountScore).join(AccountScore.account).where(Account.name == name)
        uow.session.scalars(of_them).one().churn = risk
        uow.commit()


def test_an_alert_gives_the_reasons_of_the_score_and_answers_the_strongest(scored_rig: Rig) -> None:
    desk, name = alerted(scored_rig, 0.83)

    (text,) = desk.sent()
    assert text.startswith(f"{name}")
    assert "83% likely not to order within 6 months" in text
    assert "292 days ago" in text
    assert "call them; nobody has been in touch for long" in text
    assert "used to order every" not in text
    assert [button["label"] for button in desk.buttons()][:2] == ["Why", "Remind me to call tomorrow"]


def test_a_customer_below_the_threshold_is_no_alert(scored_rig: Rig) -> None:
    desk, _ = alerted(scored_rig, 0.69)

    assert desk.sent() == []


def test_an_alert_is_not_said_of_a_customer_who_is_safe_again(scored_rig: Rig) -> None:
    desk, _ = alerted(scored_rig, 0.83, by_then=0.2)

    assert desk.sent() == []
