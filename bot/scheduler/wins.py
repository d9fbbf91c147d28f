"""Big deals won are told in the team's channel, once each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from actions.desk.handing_over import NEW_THREAD
from actions.formatting import money_text
from actions.reply import Reply, Text
from actions.turn import Posting
from bot.channels.slack.places import ANNOUNCEMENT, CHANNEL
from bot.desk_posts import write_postings
from bot.notices import is_queued
from bot.turn import TurnPipeline
from crm_store.insights.big_wins import big_wins
from crm_store.models import Conversation, Deal
from crm_store.rates import Rates
from nlu.values import Reading


def announce_wins(pipeline: TurnPipeline, *, now: datetime) -> list[int]:
    """Say which big deals were won in the channels of their teams; the conversations to wake.

    Once per deal and whatever becomes of it later. Raises DatabaseUnavailable; then nothing was said.
    """
    config = pipeline.settings.config
    channels = config.slack.team_channels
    if not channels:
        return []
    with pipeline.store.unit_of_work(now=now) as uow:
        today = now.astimezone(ZoneInfo(config.company.time_zone)).date()
        rates = Rates.load(uow.session, config.company.currency)
        postings = [
            posting
            for deal in big_wins(uow.session, rates, now=now, today=today)
            if (posting := _posting(pipeline, uow.session, deal, channels, now)) is not None
        ]
        woken = write_postings(uow, postings)
        uow.commit()
    return woken


def _posting(
    pipeline: TurnPipeline, session: Session, deal: Deal, channels: Mapping[str, str], now: datetime
) -> Posting | None:
    team = deal.owner.team
    channel = channels.get(team.name) if team is not None else None
    if channel is None or deal.money is None:
        return None
    key = f"{ANNOUNCEMENT}{deal.id}"
    if is_queued(session, key):
        return None
    conversation = Conversation(
        channel=CHANNEL,
        external_id=f"{channel}/{NEW_THREAD}win{deal.id}",
        created_at=now,
        last_message_at=now,
        focus={Deal.kind: deal.id, "last": str(deal.ref)},
        dialogue={},
        pending={},
    )
    session.add(conversation)
    session.flush()
    amount = money_text(deal.money, Reading(now=now, zone=ZoneInfo(pipeline.policy.time_zone)))
    text = pipeline.words.say(
        "utter_win_announced", person=deal.owner.name, deal=deal.name, account=deal.account.name, amount=amount
    )
    return Posting(conversation_id=conversation.id, reply=Reply(parts=[Text(text)]), key=key)
