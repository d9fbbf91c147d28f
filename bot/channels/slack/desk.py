"""What a colleague may see and do, read for a form, a home page or a link: as in a turn, but nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from actions.call import ActionCall
from actions.cards import show_account, show_activity, show_contact, show_deal, show_order, show_task, show_ticket
from actions.first_prompts import account_called_as, first_prompts
from actions.form_opening import FormOpening
from actions.forms import FORMS, FormState, Outcome, Submission, command_of
from actions.home import HomePage, HomeReading
from actions.reply import part_to_json
from actions.skills.showing import open_deals_of
from actions.turn import Turn
from bot.channels.slack.places import CHANNEL, ConversationKey, thread_key
from bot.speakers import Speaker, identify, reading_for
from bot.turn import TurnPipeline
from crm_store.models import (
    RECORDS,
    Account,
    Activity,
    ChannelIdentity,
    Contact,
    Conversation,
    Deal,
    Inbox,
    Order,
    Record,
    Task,
    Ticket,
    User,
)
from crm_store.refs import RecordRef
from crm_store.unit_of_work import UnitOfWork
from nlu.values.reading import Reading

_CARDS: Mapping[type[Record], Callable[[Turn, Any], None]] = {
    Account: lambda turn, account: show_account(turn, account, **open_deals_of(turn, account)),
    Deal: lambda turn, deal: show_deal(turn, deal, with_buttons=False),
    Contact: show_contact,
    Task: lambda turn, task: show_task(turn, task, with_buttons=False),
    Activity: show_activity,
    Ticket: show_ticket,
    Order: show_order,
}


class NotAColleague(Exception):
    """This person is not linked to an active colleague."""


@dataclass(frozen=True, slots=True)
class _Seat:
    uow: UnitOfWork
    user: User
    speaker: Speaker
    identity_id: int
    reading: Reading


class Desk:
    """Reads as one person. Synchronous; every method raises NotAColleague for anybody else."""

    def __init__(self, pipeline: TurnPipeline) -> None:
        self._pipeline = pipeline
        self.words = pipeline.words

    def open_form(self, person: str, form: str, *, ref: str | None, said: Mapping[str, str] | None = None) -> FormState:
        """A form as it opens for this person; raises Refused, or KeyError for a form there is none of."""
        with self._seat(person) as seat:
            return self._opening(seat).open(form, ref=ref, said=said)

    def read_form(self, person: str, sent: Submission) -> Outcome:
        """What a form that was sent comes to; raises Refused when its record is gone."""
        with self._seat(person) as seat:
            current = self._opening(seat).open(sent.form, ref=sent.ref) if FORMS[sent.form].changes else None
            return command_of(sent, reading=seat.reading, words=self.words, current=current)

    def home(self, person: str) -> HomePage:
        """This person's home page."""
        with self._seat(person) as seat:
            return HomeReading(
                uow=seat.uow,
                user=seat.user,
                words=self.words,
                reading=seat.reading,
                policy=self._pipeline.policy,
            ).page()

    def prompts(self, person: str, *, channel: str | None = None, channel_name: str = "") -> tuple[str, ...]:
        """What this person might ask first, looking at a channel of this id and name."""
        with self._seat(person) as seat:
            account = account_called_as(seat.uow.session, channel_name) or self._talked_about(seat, person, channel)
            return first_prompts(seat.user, words=self.words, account=account)

    def card(self, person: str, ref: RecordRef) -> dict[str, Any] | None:
        """A record's card as a reply's body; None when it is not there for this person."""
        if ref.kind not in RECORDS or RECORDS[ref.kind] not in _CARDS:
            return None
        with self._seat(person) as seat:
            record = seat.uow.session.get(RECORDS[ref.kind], ref.id)
            if record is None:
                return None
            turn = self._turn(seat)
            _CARDS[type(record)](turn, record)
            return {"parts": [part_to_json(part) for part in turn.reply.parts], "buttons": []}

    @staticmethod
    def _talked_about(seat: _Seat, person: str, channel: str | None) -> Account | None:
        """The account this person has last talked about in a channel."""
        if channel is None:
            return None
        threads = thread_key(ConversationKey.parse(person).team, channel, "")
        focus = seat.uow.session.scalar(
            select(Conversation.focus)
            .join(Inbox, Inbox.conversation_id == Conversation.id)
            .where(
                Conversation.channel == CHANNEL,
                Conversation.external_id.startswith(threads, autoescape=True),
                Inbox.identity_id == seat.identity_id,
            )
            .order_by(Inbox.id.desc())
            .limit(1)
        )
        number = (focus or {}).get(Account.kind)
        return seat.uow.session.get(Account, number) if isinstance(number, int) else None

    @contextmanager
    def _seat(self, person: str) -> Iterator[_Seat]:
        pipeline = self._pipeline
        now = pipeline.clock()
        with pipeline.store.unit_of_work(now=now, read_only=True) as uow:
            identity = uow.session.scalar(
                select(ChannelIdentity).where(ChannelIdentity.channel == CHANNEL, ChannelIdentity.external_id == person)
            )
            speaker = (
                identify(pipeline.store, uow.session, identity, now=now, proofs=pipeline.policy.proofs)
                if identity is not None
                else None
            )
            if identity is None or speaker is None or speaker.user is None:
                raise NotAColleague(person)
            reading = reading_for(speaker, said_at=now, company=pipeline.settings.config.company)
            uow.become(speaker.actor)
            yield _Seat(uow, speaker.user, speaker, identity.id, reading)

    def _opening(self, seat: _Seat) -> FormOpening:
        return FormOpening(uow=seat.uow, words=self.words, reading=seat.reading, policy=self._pipeline.policy)

    def _turn(self, seat: _Seat) -> Turn:
        pipeline = self._pipeline
        return Turn(
            uow=seat.uow,
            call=ActionCall(action="unfurl"),
            reading=seat.reading,
            words=self.words,
            conversation=Conversation(channel=CHANNEL, external_id="", focus={}, dialogue={}, pending={}),
            identity_id=seat.identity_id,
            files=pipeline.settings.files_dir,
            policy=pipeline.policy,
            help_centre=pipeline.help_centre,
            user=seat.user,
        )
