"""Big deals won are told in the channel the team has for it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.channels.slack.places import ANNOUNCEMENT
from bot.scheduler.wins import announce_wins
from crm_store.models import Deal, Outbox, OutboxStatus, Stage, StageType, User
from tests.slack.assistant_in_slack import InSlack, in_slack, running_clock, scenario
from tests.slack.standin.workspace import TEAM

WINS = "C77"


def win_a_big_deal(together: InSlack) -> str:
    """Let dana win a deal of 150,000; the name of her team."""
    with together.store.unit_of_work(now=running_clock()) as uow:
        dana = uow.session.scalars(select(User).where(User.handle == "dana")).one()
        deal = uow.session.scalars(
            select(Deal).join(Stage).where(Deal.owner_id == dana.id, Stage.type == StageType.OPEN).order_by(Deal.id)
        ).first()
        won = uow.session.scalars(select(Stage).where(Stage.type == StageType.WON).order_by(Stage.id)).first()
        assert deal is not None
        assert won is not None
        assert dana.team is not None
        deal.amount, deal.currency, deal.stage_id, deal.closed_at = Decimal(150_000), "USD", won.id, uow.now
        uow.commit()
        return dana.team.name


def announce(together: InSlack, team: str) -> None:
    """What the scheduler does with the channel named for the team."""
    pipeline = together.service.pipeline
    config = pipeline.settings.config
    slack = config.slack.model_copy(update={"team_channels": {team: f"{TEAM}/{WINS}"}})
    named = replace(pipeline, settings=replace(pipeline.settings, config=config.model_copy(update={"slack": slack})))
    for conversation_id in announce_wins(named, now=running_clock()):
        together.service.wake(conversation_id)


def became_of_it(together: InSlack) -> set[OutboxStatus]:
    """How far the announcements are."""
    with together.store.unit_of_work(now=running_clock(), read_only=True) as uow:
        return set(uow.session.scalars(select(Outbox.status).where(Outbox.key.startswith(ANNOUNCEMENT))))


@pytest.mark.parametrize(("shared", "end"), [(False, OutboxStatus.DELIVERED), (True, OutboxStatus.FAILED)])
@scenario
async def test_a_win_is_told_to_everybody_there_but_never_to_outsiders(
    tmp_path: Path, seeded_database: Path, shared: bool, end: OutboxStatus
) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "dana")
        together.colleague("U2", "sam")
        together.standin.workspace.add_channel(WINS, {"U1", "U2"}, shared=shared)
        announce(together, win_a_big_deal(together))
        await together.standin.until(lambda: became_of_it(together) == {end})
        told = [message["text"] for message in together.posted(WINS)]
        assert (len(told) > 0) is not shared
        assert all("Dana" in text for text in told)
        assert shared or any("150,000 USD" in text for text in told)
