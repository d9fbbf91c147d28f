"""Asking customers how satisfied they are, at the right moment: after help has come to an end, when nobody is talking,
in office hours, once per occasion; and having a colleague follow up on bad scores."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, or_, select

from actions.desk.assigning import choose_agent
from actions.desk.desk import Desk
from actions.desk.handing_over import open_handover, tell_agent
from actions.desk.relaying import CustomerPlace, customer_place
from actions.desk.summary import who_it_is
from actions.desk.surveys import ask_survey
from bot.desk_posts import write_postings
from bot.turn import TurnPipeline
from crm_store.consents import may_be_messaged
from crm_store.models import (
    ChannelIdentity,
    ConsentPurpose,
    Conversation,
    Inbox,
    SolvedHow,
    SupportEvent,
    SupportEventKind,
    Survey,
    SurveyKind,
    Task,
    Ticket,
    TicketStatus,
)
from crm_store.unit_of_work import UnitOfWork

BATCH = 100
TOO_LATE = timedelta(days=3)
"""Help that is over for longer is not asked about any more."""
TALK_IS_OVER = timedelta(minutes=5)
PAUSE = timedelta(days=1)
"""Between two questions in one conversation."""
BOT_PAUSE = timedelta(days=30)
KNOWN_FOR = timedelta(days=30)
"""Whoever is new is not asked yet whether they would recommend us."""
TIME_FOR_WORDS = timedelta(minutes=10)
_TERMINAL = "terminal"


def ask_around(pipeline: TurnPipeline, *, now: datetime) -> list[int]:
    """Ask what is due to be asked and follow up on what was answered; the conversations to wake.

    Raises DatabaseUnavailable.
    """
    woken: list[int] = []
    for look in (_after_tickets, _after_the_bot, _recommendation, _follow_up):
        with pipeline.store.unit_of_work(now=now) as uow:
            desk = Desk(session=uow.session, now=now, company=pipeline.policy, words=pipeline.words)
            if look is _follow_up or desk.time.is_open(now):
                look(uow, desk)
            woken += write_postings(uow, desk.postings)
            uow.commit()
    return list(dict.fromkeys(woken))


def _after_tickets(uow: UnitOfWork, desk: Desk) -> None:
    if not desk.policy.csat:
        return
    human = or_(
        Ticket.solved_how == SolvedHow.HUMAN,
        (Ticket.solved_how == SolvedHow.CUSTOMER) & Ticket.first_response_at.is_not(None),
    )
    query = (
        select(Ticket)
        .where(
            Ticket.status.in_((TicketStatus.SOLVED, TicketStatus.CLOSED)),
            human,
            Ticket.solved_at <= desk.now - desk.policy.csat_after,
            Ticket.solved_at > desk.now - TOO_LATE,
            ~exists().where(Survey.ticket_id == Ticket.id, Survey.kind == SurveyKind.CSAT),
        )
        .order_by(Ticket.solved_at, Ticket.id)
        .limit(BATCH)
    )
    for ticket in uow.session.scalars(query):
        place = customer_place(uow.session, ticket)
        if place is not None and _may_ask(desk, place, ticket.contact_id, PAUSE):
            ask_survey(
                desk,
                SurveyKind.CSAT,
                key=f"csat:{ticket.id}",
                conversation_id=place.conversation_id,
                identity_id=place.identity_id,
                contact_id=ticket.contact_id,
                ticket=ticket,
                user_id=ticket.assignee_id,
                how=ticket.solved_how.value if ticket.solved_how is not None else "",
            )


def _after_the_bot(uow: UnitOfWork, desk: Desk) -> None:
    if not desk.policy.csat:
        return
    query = (
        select(SupportEvent)
        .where(
            SupportEvent.kind == SupportEventKind.BOT_RESOLVED,
            SupportEvent.at <= desk.now - desk.policy.csat_after,
            SupportEvent.at > desk.now - TOO_LATE,
        )
        .order_by(SupportEvent.at, SupportEvent.id)
        .limit(BATCH)
    )
    for event in uow.session.scalars(query):
        if event.conversation_id is None:
            continue
        place = _place_in(uow, event.conversation_id)
        if (
            place is not None
            and not _has_open_ticket(uow, event)
            and _may_ask(desk, place, event.contact_id, BOT_PAUSE)
        ):
            ask_survey(
                desk,
                SurveyKind.CSAT,
                key=f"csat:bot:{event.id}",
                conversation_id=place.conversation_id,
                identity_id=place.identity_id,
                contact_id=event.contact_id,
                how=SolvedHow.BOT.value,
            )


def _recommendation(uow: UnitOfWork, desk: Desk) -> None:
    every = desk.policy.nps_every
    if every is None:
        return
    asked_lately = exists().where(
        Survey.contact_id == ChannelIdentity.contact_id,
        Survey.kind == SurveyKind.NPS,
        Survey.asked_at > desk.now - every,
    )
    spoke_lately = exists().where(Inbox.identity_id == ChannelIdentity.id, Inbox.received_at > desk.now - every)
    unhappy = exists().where(
        Ticket.contact_id == ChannelIdentity.contact_id,
        Ticket.status.in_((TicketStatus.OPEN, TicketStatus.WAITING)),
        Ticket.deleted_at.is_(None),
    )
    query = (
        select(ChannelIdentity)
        .where(
            ChannelIdentity.contact_id.is_not(None),
            ChannelIdentity.channel != _TERMINAL,
            ChannelIdentity.created_at <= desk.now - KNOWN_FOR,
            ChannelIdentity.unreachable_since.is_(None),
            ~asked_lately,
            ~unhappy,
            spoke_lately,
        )
        .order_by(ChannelIdentity.id)
        .limit(BATCH)
    )
    period = int(desk.now.timestamp() // every.total_seconds())
    for identity in uow.session.scalars(query):
        conversation_id = uow.session.scalar(
            select(Inbox.conversation_id).where(Inbox.identity_id == identity.id).order_by(Inbox.id.desc()).limit(1)
        )
        place = _place_in(uow, conversation_id) if conversation_id is not None else None
        if place is None or not _may_ask(desk, place, identity.contact_id, timedelta(days=7)):
            continue
        ask_survey(
            desk,
            SurveyKind.NPS,
            key=f"nps:{identity.contact_id}:{period}",
            conversation_id=place.conversation_id,
            identity_id=place.identity_id,
            contact_id=identity.contact_id,
        )


def _follow_up(uow: UnitOfWork, desk: Desk) -> None:
    """A bad score becomes a task of the agent concerned, with the customer's words once they had time to write them."""
    spoken: ColumnElement[bool] = or_(Survey.comment != "", Survey.answered_at <= desk.now - TIME_FOR_WORDS)
    query = (
        select(Survey)
        .where(
            Survey.kind == SurveyKind.CSAT,
            Survey.score <= desk.policy.bad_score,
            Survey.followed_up_at.is_(None),
            Survey.ticket_id.is_not(None),
            spoken,
        )
        .order_by(Survey.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    for survey in uow.session.scalars(query):
        ticket = survey.ticket
        who = _who_follows_up(desk, ticket) if ticket is not None else None
        if ticket is None or who is None:
            continue
        survey.followed_up_at = desk.now
        name, score = who_it_is(desk, ticket), str(survey.score)
        uow.add(
            Task(
                subject=desk.words.say("utter_follow_up_subject", who=name, score=score, ticket=ticket.number),
                assignee_id=who,
                creator_id=who,
                contact_id=ticket.contact_id,
                account_id=ticket.account_id,
                due_at=desk.time.add(desk.now, timedelta(hours=8)),
            )
        )
        tell_agent(desk, ticket, "bad_rating", str(survey.id), user_id=who, survey=survey.id)


def _who_follows_up(desk: Desk, ticket: Ticket) -> int | None:
    if ticket.assignee_id is not None:
        return ticket.assignee_id
    agent = choose_agent(desk, ticket.category)
    return agent.id if agent is not None else None


def _may_ask(desk: Desk, place: CustomerPlace, contact_id: int | None, pause: timedelta) -> bool:
    """Whether this is the moment: nobody is talking, none was asked lately, and they have not said no."""
    conversation = desk.session.get_one(Conversation, place.conversation_id)
    if conversation.last_message_at > desk.now - TALK_IS_OVER or conversation.pending:
        return False
    if open_handover(desk.session, place.conversation_id) is not None:
        return False
    recent = (Survey.conversation_id == place.conversation_id, Survey.asked_at > desk.now - pause)
    if desk.session.scalar(select(Survey.id).where(*recent).limit(1)) is not None:
        return False
    return may_be_messaged(
        desk.session,
        purpose=ConsentPurpose.SURVEY,
        contact_id=contact_id,
        identity_id=place.identity_id,
        channel=conversation.channel,
    )


def _place_in(uow: UnitOfWork, conversation_id: int) -> CustomerPlace | None:
    """Who speaks in a customer's conversation and can be reached there."""
    identity = uow.session.scalar(
        select(ChannelIdentity)
        .join(Inbox, Inbox.identity_id == ChannelIdentity.id)
        .where(Inbox.conversation_id == conversation_id)
        .order_by(Inbox.id.desc())
        .limit(1)
    )
    if identity is None or identity.user_id is not None or identity.unreachable_since is not None:
        return None
    return CustomerPlace(conversation_id, identity.id)


def _has_open_ticket(uow: UnitOfWork, event: SupportEvent) -> bool:
    still = (TicketStatus.OPEN, TicketStatus.WAITING)
    query = select(Ticket.id).where(Ticket.conversation_id == event.conversation_id, Ticket.status.in_(still))
    return uow.session.scalar(query.limit(1)) is not None
