"""What a colleague who takes over must know: who it is, how surely, why, what was said, and what the CRM knows.

The facts are read below the store's filters, since it is the customer's own turn that hands over; what comes of it is
shown to colleagues only.
"""

from __future__ import annotations

from sqlalchemy import func, select

from actions.desk.desk import Desk
from actions.excerpts import shorten
from actions.formatting import date_text, day_text
from crm_store.models import (
    Account,
    ChannelIdentity,
    Contact,
    Handover,
    Message,
    Order,
    OrderStatus,
    Survey,
    Ticket,
    TicketStatus,
    User,
)
from crm_store.proofs import proofs_of
from nlu.values.reading import Reading

ASSISTANT = "assistant"
LINES, LINE_LENGTH = 12, 300
_ON_THE_WAY = frozenset({OrderStatus.RECEIVED, OrderStatus.PACKED, OrderStatus.SHIPPED})
_OPEN = frozenset({TicketStatus.OPEN, TicketStatus.WAITING})


def who_it_is(desk: Desk, ticket: Ticket) -> str:
    """ "Kim Lee (Northwind Traders)", or that it is a visitor."""
    contacts, accounts = Contact.__table__.c, Account.__table__.c
    if ticket.contact_id is None:
        return desk.words.label("a_visitor")
    row = (
        desk.session.connection()
        .execute(
            select(contacts.name, accounts.name.label("account"))
            .select_from(Contact.__table__.outerjoin(Account.__table__, contacts.account_id == accounts.id))
            .where(contacts.id == ticket.contact_id)
        )
        .first()
    )
    if row is None:
        return desk.words.label("a_visitor")
    return f"{row.name} ({row.account})" if row.account else str(row.name)


def first_name_of(desk: Desk, ticket: Ticket) -> str:
    """The customer's first name for short acknowledgements; "the customer" when unknown."""
    if ticket.contact_id is None:
        return desk.words.label("the_customer")
    contacts = Contact.__table__.c
    name = desk.session.connection().scalar(select(contacts.name).where(contacts.id == ticket.contact_id))
    return str(name).split()[0] if name else desk.words.label("the_customer")


def headline(desk: Desk, ticket: Ticket, handover: Handover) -> str:
    """One sentence: who needs a person, why, and as which ticket."""
    return desk.words.say(
        "utter_desk_headline",
        who=who_it_is(desk, ticket),
        reason=desk.words.label(f"handover_{handover.reason.value}"),
        ticket=ticket.number,
        priority=desk.words.label(f"priority_{ticket.priority.value}"),
        category=ticket.category,
        subject=ticket.subject,
    )


def background(desk: Desk, ticket: Ticket, handover: Handover, reading: Reading, *, last: str | None = None) -> str:
    """Identity, CRM facts and the last lines of the talk; ``last`` is the message that is being answered."""
    words = desk.words
    identity = desk.session.get_one(ChannelIdentity, handover.identity_id)
    lines = [
        words.say("utter_desk_identity", level=_identity_level(desk, identity, reading), channel=identity.channel),
        *_facts(desk, ticket, reading),
        transcript(desk, handover.conversation_id, last=last),
    ]
    return "\n".join(lines)


def transcript(desk: Desk, conversation_id: int, *, last: str | None = None) -> str:
    """The last lines of a conversation; ``last`` is what the customer has said that is not in it yet."""
    latest = desk.session.scalars(
        select(Message).where(Message.conversation_id == conversation_id).order_by(Message.id.desc()).limit(LINES)
    ).all()
    lines = [_line(desk, message.author, message.text) for message in reversed(latest)]
    if last:
        lines.append(_line(desk, "contact", last))
    return "\n".join([desk.words.say("utter_transcript"), *lines])


def _line(desk: Desk, author: str, text: str) -> str:
    kind, _, number = author.partition(":")
    if author == ASSISTANT:
        name = desk.words.label(ASSISTANT)
    elif kind == "user" and number.isdecimal():
        agent = desk.session.get(User, int(number))
        name = agent.name if agent is not None else desk.words.label("colleague")
    else:
        name = desk.words.label("customer")
    return f"{name}: {shorten(' '.join(text.split()), LINE_LENGTH)}"


def _identity_level(desk: Desk, identity: ChannelIdentity, reading: Reading) -> str:
    if identity.contact_id is None:
        return desk.words.label("identity_none")
    if identity.vouched_at is not None:
        return desk.words.label("identity_vouched")
    proofs = sorted(proofs_of(desk.session, identity), key=lambda proof: proof.proven_at)
    if not proofs:
        return desk.words.label("identity_none")
    shown = proofs[-1]
    day = day_text(shown.proven_at.astimezone(reading.zone).date(), reading)
    return desk.words.say("utter_desk_proof", method=desk.words.label(f"proof_{shown.method.value}"), day=day)


def _facts(desk: Desk, ticket: Ticket, reading: Reading) -> list[str]:
    if ticket.contact_id is None:
        return []
    connection = desk.session.connection()
    orders, tickets, accounts, users = (table.__table__.c for table in (Order, Ticket, Account, User))
    own = (orders.contact_id == ticket.contact_id, orders.deleted_at.is_(None))
    count, latest = connection.execute(select(func.count(), func.max(orders.placed_at)).where(*own)).one()
    moving = connection.scalars(
        select(orders.number).where(*own, orders.status.in_(_ON_THE_WAY)).order_by(orders.id.desc()).limit(3)
    ).all()
    others = connection.scalars(
        select(tickets.number)
        .where(
            tickets.contact_id == ticket.contact_id,
            tickets.status.in_(_OPEN),
            tickets.id != ticket.id,
            tickets.deleted_at.is_(None),
        )
        .order_by(tickets.id.desc())
        .limit(3)
    ).all()
    owner = connection.scalar(
        select(users.name)
        .select_from(Account.__table__.join(User.__table__, accounts.owner_id == users.id))
        .where(accounts.id == ticket.account_id)
    )
    score = desk.session.scalar(
        select(Survey.score)
        .where(Survey.contact_id == ticket.contact_id, Survey.score.is_not(None))
        .order_by(Survey.answered_at.desc())
        .limit(1)
    )
    none, say = desk.words.label("none"), desk.words.say
    lines = []
    if count:
        last_order = date_text(latest.astimezone(reading.zone).date(), reading)
        lines.append(say("utter_desk_orders", n=f"{count:,}", last=last_order, moving=", ".join(moving) or none))
    if others:
        lines.append(say("utter_desk_other_tickets", tickets=", ".join(others)))
    if owner is not None:
        lines.append(say("utter_desk_owner", owner=owner))
    if score is not None:
        lines.append(say("utter_desk_last_score", score=str(score)))
    return lines
