"""Nudges: found by rule, said once, settled in one tap, and never too many."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from actions.call import Command
from bot.scheduler.digests import queue_digests
from bot.scheduler.watching import watch
from bot.scheduler.wins import announce_wins
from crm_store.insights.birthdays import birthdays_near
from crm_store.models import (
    Activity,
    ActivityKind,
    Attention,
    Contact,
    Conversation,
    Deal,
    Notice,
    NoticeKind,
    NoticeStatus,
    Offer,
    Outbox,
    Stage,
    StageType,
    Task,
)
from tests.assistants import NOW
from tests.bot.scheduler.desk import Desk, desk

__all__ = ["desk"]

ZONE = "America/New_York"


def look(desk: Desk, now: datetime = NOW) -> int:
    return watch(desk.rig.assistant.store, now=now, currency="USD", company_zone=ZONE)


def nudges(desk: Desk, **wanted: object) -> list[Notice]:
    """Dana's nudges, the waiting ones unless told otherwise."""
    with desk.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        dana = desk.user(uow.session).id
        mine = select(Notice).where(Notice.user_id == dana, Notice.kind == NoticeKind.NUDGE)
        found = uow.session.scalars(mine.order_by(Notice.id)).all()
    return [each for each in found if all(getattr(each, name) == value for name, value in wanted.items())]


@pytest.fixture
def one_deal(desk: Desk) -> int:
    """Dana has one open deal, healthy, and no tasks; its number."""
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        dana = desk.user(uow.session)
        open_deals = select(Deal).join(Deal.stage).where(Deal.owner_id == dana.id, Stage.type == StageType.OPEN)
        first, *others = uow.session.scalars(open_deals.order_by(Deal.id)).all()
        for deal in others:
            deal.deleted_at = NOW
        first.last_activity_at = first.stage_since = NOW
        first.close_date = (NOW + timedelta(days=60)).date()
        first.next_step = "call"
        uow.session.add(Attention(user_id=dana.id, daily_cap=8))
        for task in uow.session.scalars(select(Task).where(Task.assignee_id == dana.id)).all():
            task.deleted_at = NOW
        uow.commit()
        return first.id


def change(desk: Desk, deal_id: int, **fields: object) -> None:
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        deal = uow.session.get_one(Deal, deal_id)
        for name, value in fields.items():
            setattr(deal, name, value)
        uow.commit()


def all_deals_quiet(desk: Desk, *, daily_cap: int) -> None:
    """Nothing has happened with any of Dana's deals for long."""
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        dana = desk.user(uow.session)
        uow.session.add(Attention(user_id=dana.id, daily_cap=daily_cap))
        for deal in uow.session.scalars(select(Deal).where(Deal.owner_id == dana.id)):
            deal.last_activity_at = NOW - timedelta(days=200)
        uow.commit()


def about_deals(desk: Desk) -> list[str]:
    return [each.topic for each in nudges(desk, status=NoticeStatus.WAITING) if str(each.ref).startswith("deal:")]


def test_a_healthy_deal_is_no_reason_to_speak(desk: Desk, one_deal: int) -> None:
    look(desk)
    assert about_deals(desk) == []


def test_a_stale_deal_is_said_once_until_the_cooldown_is_over(desk: Desk, one_deal: int) -> None:
    change(desk, one_deal, last_activity_at=NOW - timedelta(days=100))
    for hours in range(3):
        look(desk, NOW + timedelta(hours=hours))
    assert about_deals(desk) == ["stale_deal"]
    look(desk, NOW + timedelta(days=7))
    assert about_deals(desk) == ["stale_deal"] * 2


def test_any_activity_resets_it(desk: Desk, one_deal: int) -> None:
    desk.be_reachable()
    change(desk, one_deal, last_activity_at=NOW - timedelta(days=100))
    look(desk)
    later = NOW + timedelta(minutes=1)
    with desk.rig.assistant.store.unit_of_work(now=later) as uow:
        owner = desk.user(uow.session).id
        uow.add(Activity(activity_kind=ActivityKind.CALL, at=later, owner_id=owner, deal_id=one_deal))
        uow.commit()
    desk.tick(later)
    assert [each.status for each in nudges(desk, topic="stale_deal")] == [NoticeStatus.DROPPED]


def test_a_nudge_has_its_card_and_buttons_that_settle_it(desk: Desk, one_deal: int) -> None:
    desk.be_reachable()
    change(desk, one_deal, close_date=(NOW - timedelta(days=3)).date())
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        for notice in uow.session.scalars(select(Notice)):
            notice.status = NoticeStatus.DROPPED
        uow.commit()
    look(desk)
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        for notice in uow.session.scalars(select(Notice).where(Notice.topic != "close_date_passed")):
            notice.status = NoticeStatus.DROPPED
        uow.commit()
    desk.tick(NOW)
    (text,) = desk.sent()
    assert "was to close on Nov 15, 2026 and is still open" in text
    labels = [button["label"] for button in desk.buttons()]
    assert labels == ["Closes in two weeks", "Next step", "Lost", "Quiet for a week", "Stop these"]
    speaker = desk.rig.speaker("dana")
    speaker.say(f'/update_deal{{"ref": "deal:{one_deal}", "date": "2026-12-02"}}')
    look(desk, NOW + timedelta(days=1))
    assert len(nudges(desk, topic="close_date_passed")) == 1


def test_stop_these_stops_them(desk: Desk, one_deal: int) -> None:
    desk.rig.speaker("dana").say('/set_nudges{"topic": "stale_deal"}')
    change(desk, one_deal, last_activity_at=NOW - timedelta(days=100))
    look(desk)
    assert "stale_deal" not in about_deals(desk)


def test_quiet_for_a_week_is_for_one_record_and_a_week(desk: Desk, one_deal: int) -> None:
    week = (NOW + timedelta(days=7)).date().isoformat()
    desk.rig.speaker("dana").say(f'/set_nudges{{"topic": "stale_deal", "ref": "deal:{one_deal}", "date": "{week}"}}')
    change(desk, one_deal, last_activity_at=NOW - timedelta(days=100))
    look(desk, NOW + timedelta(days=6))
    assert "stale_deal" not in about_deals(desk)
    look(desk, NOW + timedelta(days=8))
    assert "stale_deal" in about_deals(desk)


def test_no_more_than_the_daily_cap_and_the_evening_tells_of_the_rest(desk: Desk) -> None:
    desk.be_reachable()
    all_deals_quiet(desk, daily_cap=2)
    for minutes in range(3):
        look(desk, NOW + timedelta(minutes=minutes))
    assert len(nudges(desk, status=NoticeStatus.WAITING)) == 2
    held = nudges(desk, status=NoticeStatus.DROPPED)
    assert len(held) > 2
    desk.tick(NOW)
    assert len(desk.messages()) == 1, "said together"
    evening = datetime.fromisoformat("2026-11-18T17:45-05:00")
    store = desk.rig.assistant.store
    queue_digests(store, now=evening, company_zone=ZONE)
    desk.tick(evening)
    with store.unit_of_work(now=NOW, read_only=True) as uow:
        (summary,) = uow.session.scalars(
            select(Notice).where(Notice.topic == "summary", Notice.user_id == held[0].user_id)
        )
    assert summary.status is NoticeStatus.SAID


def test_after_several_nudges_it_means_none_of_them(desk: Desk) -> None:
    desk.be_reachable()
    all_deals_quiet(desk, daily_cap=3)
    look(desk)
    desk.tick(NOW)
    (batch,) = desk.messages()
    with desk.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        focus = uow.session.scalars(select(Conversation.focus).where(Conversation.channel == "web")).one()
    assert "last" not in focus
    assert Deal.kind not in focus, "won it could be about any of them"
    assert len(focus["listed"]) == len(batch) - 1, "the second one is the second of them"


def test_nobody_is_nudged_about_what_they_may_not_see(desk: Desk, one_deal: int) -> None:
    """The deal has been given away between the nudge and its being said."""
    desk.be_reachable()
    change(desk, one_deal, last_activity_at=NOW - timedelta(days=100))
    look(desk)
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        deal = uow.session.get_one(Deal, one_deal)
        stranger = select(Deal.owner_id).where(Deal.owner_id != deal.owner_id).limit(1)
        deal.owner_id = uow.session.scalars(stranger).one()
        uow.commit()
    desk.tick(NOW)
    assert nudges(desk, topic="stale_deal", status=NoticeStatus.SAID) == []


def test_nudges_wait_for_the_working_day(desk: Desk, one_deal: int) -> None:
    here = desk.be_reachable()
    change(desk, one_deal, last_activity_at=NOW - timedelta(days=100))
    saturday = NOW + timedelta(days=3)
    look(desk, saturday)
    assert desk.tick(saturday) == []
    assert desk.tick(datetime.fromisoformat("2026-11-23T08:00-05:00")) == [here]


def test_a_proposal_nobody_has_answered_is_told(desk: Desk, one_deal: int) -> None:
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        deal = uow.session.get_one(Deal, one_deal)
        proposal = select(Stage.id).where(Stage.name == "Proposal", Stage.type == StageType.OPEN)
        deal.stage_id = uow.session.scalars(proposal.limit(1)).one()
        uow.flush()
        deal.stage_since = NOW - timedelta(days=6)
        deal.last_activity_at = NOW - timedelta(days=6)
        uow.commit()
    look(desk)
    assert [each.ref for each in nudges(desk, topic="proposal_unanswered")] == [f"deal:{one_deal}"]


def test_a_forecast_that_moved_is_told_to_the_manager_once_a_week(desk: Desk, one_deal: int) -> None:
    store = desk.rig.assistant.store

    def told() -> list[Notice]:
        with store.unit_of_work(now=NOW, read_only=True) as uow:
            moved = select(Notice).where(Notice.topic == "forecast_moved").order_by(Notice.id)
            return list(uow.session.scalars(moved))

    a_week_ago = NOW - timedelta(days=8)
    with store.unit_of_work(now=a_week_ago) as uow:
        deal = uow.session.get_one(Deal, one_deal)
        deal.amount, deal.currency, deal.close_date = Decimal(1_000), "USD", NOW.date()
        deal.created_at = a_week_ago
        uow.commit()
    look(desk)
    before = len(told())
    with store.unit_of_work(now=NOW) as uow:
        uow.session.get_one(Deal, one_deal).amount = Decimal(10_000_000)
        uow.commit()
    for minutes in (10, 20):
        look(desk, NOW + timedelta(minutes=minutes))
    manager = told()[before:]
    assert len(manager) <= 1
    (notice,) = told()
    assert notice.data["after"] - notice.data["before"] > 100_000


def test_a_birthday_is_told_on_the_day_and_settled_by_a_tap(desk: Desk, one_deal: int) -> None:
    desk.be_reachable()
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        for contact in uow.session.scalars(select(Contact)):
            contact.birthday = "11-19" if contact.name == "Jane Doe" else None
        uow.commit()
    look(desk)
    assert nudges(desk, topic="birthday") == []
    tomorrow = NOW + timedelta(days=1)
    look(desk, tomorrow)
    look(desk, tomorrow + timedelta(hours=1))
    (notice,) = nudges(desk, topic="birthday")
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        for other in uow.session.scalars(select(Notice).where(Notice.topic != "birthday")):
            other.status = NoticeStatus.DROPPED
        uow.commit()
    desk.tick(tomorrow)
    assert "Jane Doe (Globex) has a birthday: Nov 19, 2026." in desk.sent()[0]
    assert desk.buttons()[0]["label"] == "Remind me within the hour"
    desk.rig.clock.now = tomorrow
    said = desk.rig.speaker("dana").say(
        f'/create_task{{"subject": "Wish Jane Doe a happy birthday", "contact": "{notice.ref}", "date": "2026-11-19"}}'
    )
    assert "Wish Jane Doe a happy birthday" in said.text


def test_birthdays_of_the_weekend_are_told_on_friday_and_leap_days_on_the_28th(desk: Desk) -> None:
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        jane, other, third = uow.session.scalars(select(Contact).order_by(Contact.id).limit(3)).all()
        for contact in uow.session.scalars(select(Contact)):
            contact.birthday = None
        jane.birthday, other.birthday, third.birthday = "02-29", "03-01", "03-02"
        uow.flush()
        days = [date.fromisoformat(each) for each in ("2027-02-26", "2027-03-01", "2028-02-28", "2028-02-29")]
        near = {day: [(contact.id, on) for contact, on in birthdays_near(uow.session, day)] for day in days}
    friday, leap_day = date(2027, 2, 26), date(2028, 2, 29)
    assert near[friday] == [(jane.id, date(2027, 2, 28))]
    assert near[date(2027, 3, 1)] == [(other.id, date(2027, 3, 1))]
    assert near[leap_day] == [(jane.id, leap_day)]
    assert near[date(2028, 2, 28)] == []


def test_a_big_deal_won_is_told_once_in_the_channel_of_the_team(desk: Desk, one_deal: int) -> None:
    pipeline = desk.rig.assistant.pipeline
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        won = uow.session.scalars(select(Stage).where(Stage.type == StageType.WON)).first()
        deal = uow.session.get_one(Deal, one_deal)
        assert won is not None
        assert deal.owner.team is not None
        team = deal.owner.team.name
        deal.amount, deal.currency, deal.stage_id, deal.closed_at = Decimal(150_000), "USD", won.id, NOW
        uow.commit()
    config = pipeline.settings.config
    slack = config.slack.model_copy(update={"team_channels": {team: "T1/C1"}})
    settings = replace(pipeline.settings, config=config.model_copy(update={"slack": slack}))
    told = replace(pipeline, settings=settings)
    woken = announce_wins(told, now=NOW)
    assert announce_wins(told, now=NOW + timedelta(minutes=10)) == []
    with desk.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        said = uow.session.scalars(select(Outbox).where(Outbox.key == f"win:{one_deal}")).one()
        text = said.body["parts"][0]["text"]
        name = uow.session.get_one(Conversation, said.conversation_id).external_id
    assert said.conversation_id in woken
    assert "Dana" in text
    assert "150,000 USD" in text
    assert name == f"T1/C1/new-win{one_deal}"
    watch(pipeline.store, now=NOW, currency="USD", company_zone=ZONE, channels=(team,))
    with desk.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        about = select(Notice).where(Notice.topic == "big_deal_won", Notice.ref == f"deal:{one_deal}")
        assert uow.session.scalars(about).all() == []


def menus(desk: Desk) -> list[dict[str, Any]]:
    """The menus of the last message said unasked."""
    with desk.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        last = select(Outbox).where(Outbox.key.startswith("notice:")).order_by(Outbox.id.desc()).limit(1)
        return list(uow.session.scalars(last).one().body["menus"])


def test_each_of_several_nudges_is_settled_from_its_menu(desk: Desk, one_deal: int) -> None:
    desk.be_reachable()
    change(desk, one_deal, close_date=(NOW - timedelta(days=3)).date(), last_activity_at=NOW - timedelta(days=100))
    desk.at(NOW - timedelta(days=2), subject="Call Bob", remind_at=None)
    look(desk)
    with desk.rig.assistant.store.unit_of_work(now=NOW) as uow:
        said = ("close_date_passed", "stale_deal", "task_overdue")
        for notice in uow.session.scalars(select(Notice).where(Notice.topic.not_in(said))):
            notice.status = NoticeStatus.DROPPED
        uow.commit()
    desk.tick(NOW)
    found = {menu["label"]: [option["label"] for option in menu["options"]] for menu in menus(desk)}
    of_task = next(options for label, options in found.items() if "Call Bob" in label)
    of_deal = next(options for label, options in found.items() if "Call Bob" not in label)
    assert {"Next step", "Lost", "Quiet for a week", "Stop these"} <= set(of_deal)
    assert of_task[0] == "Done"
    assert any(label == "Snooze: tomorrow at 9am" for label in of_task), of_task

    lost = next(option for menu in menus(desk) for option in menu["options"] if option["label"] == "Lost")
    with desk.rig.assistant.store.unit_of_work(now=NOW, read_only=True) as uow:
        offer = uow.session.scalars(select(Offer).where(Offer.token == lost["token"])).one()
    assert offer.command == str(Command("lose_deal", {"ref": f"deal:{one_deal}"}))
