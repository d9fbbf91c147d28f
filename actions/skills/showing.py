"""Showing one record with its history, and searching."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypedDict, TypeVar

from sqlalchemy import ColumnElement, or_, select

from actions.asking.mistaken import asked_for_figures
from actions.cards import show_account, show_activity, show_contact, show_deal, show_order, show_task, show_ticket
from actions.describing import describe_briefly
from actions.errors import Missing, UnknownName, refused
from actions.field_asked import said_fact
from actions.formatting import day_text, money_text
from actions.listing import remember_listed
from actions.registry import STAFF, skill
from actions.reply import Table
from actions.resolving import by_name, by_ref, listed_meant, resolve_account, resolve_contact, resolve_deal
from actions.sign_in_first import CLIENTS
from actions.skills.invoices import invoice_copy
from actions.skills.orders import order_status
from actions.turn import Turn
from crm_store.models import (
    Account,
    Activity,
    Contact,
    Deal,
    Order,
    Record,
    Stage,
    StageChange,
    StageType,
    Task,
    Ticket,
)
from crm_store.names import name_key
from crm_store.rates import Rates

HISTORY_LINES = 5
_ASKS_HOW_MUCH = re.compile(r"\b(?:how (?:much|many)|revenues?|sales|spent|bought)\b", re.IGNORECASE)
_THE_DEAL = re.compile(r"\b(?:the|that|this) (?:deal|opportunity|opp)\b", re.IGNORECASE)
_THE_PERSON = re.compile(r"\b(?:her|his|him|she|he)\b", re.IGNORECASE)
_THE_COMPANY = re.compile(r"\b(?:the|that|this|its|their|whole)\s+(?:account|company|customer|client)\b", re.IGNORECASE)
SEARCH_LINES = 10


N = TypeVar("N", Deal, Account, Contact)
HistoryLine = tuple[datetime, str, str]


class OpenDeals(TypedDict):
    """What an account's card says about its open deals."""

    open_deals: int
    open_total: str | None


@skill("action_show_record", audience=STAFF | CLIENTS)
def show_record(turn: Turn) -> None:
    """The card of the record that is meant, with its latest history; to customers an order or invoice of their own."""
    if not turn.actor.is_staff:
        _show_own_document(turn)
        return
    if _ASKS_HOW_MUCH.search(turn.call.words) and asked_for_figures(turn, narrowed=False):
        return
    record = _meant(turn)
    if turn.call.first("ref") is None and said_fact(turn, record):
        return
    show_any_record(turn, record)


def _show_own_document(turn: Turn) -> None:
    if turn.call.first("invoice_number") is not None:
        invoice_copy(turn)
    elif turn.call.first("order_number") is not None:
        order_status(turn)
    else:
        raise refused("utter_not_for_customers")


def show_any_record(turn: Turn, record: Record) -> None:
    """A record's card with its latest history; it becomes what "it" means."""
    turn.focus_on(record)
    match record:
        case Deal():
            show_deal(turn, record)
            _show_history(turn, Activity.deal_id == record.id, _stage_lines(turn, record))
        case Account():
            show_account(turn, record, **open_deals_of(turn, record))
            _show_deals(turn, record)
            _show_history(turn, Activity.account_id == record.id, [])
        case Contact():
            show_contact(turn, record)
            _show_history(turn, Activity.contact_id == record.id, [])
        case Task():
            show_task(turn, record)
        case Ticket():
            show_ticket(turn, record)
        case Order():
            show_order(turn, record)
        case Activity():
            show_activity(turn, record)
        case _:
            raise refused("utter_cannot_show", record=describe_briefly(record))


@skill("action_search", audience=STAFF)
def search(turn: Turn) -> None:
    """Records of any kind whose name or text contains the words."""
    query = next((said for entity in _SEARCHABLE if (said := turn.call.first(entity)) is not None), None)
    if query is None:
        raise Missing("query", "utter_ask_search", free_text=True)
    key = name_key(query) or query.casefold()
    kinds = _kinds_wanted(turn.call.first("record_kind"))
    found: list[Record] = []
    if Deal.kind in kinds:
        found.extend(_named_like(turn, Deal, key))
    if Account.kind in kinds:
        found.extend(_named_like(turn, Account, key))
    if Contact.kind in kinds:
        found.extend(_named_like(turn, Contact, key))
    if Task.kind in kinds:
        found.extend(
            turn.session.scalars(select(Task).where(Task.subject.icontains(query, autoescape=True)).limit(SEARCH_LINES))
        )
    if Ticket.kind in kinds:
        matches = or_(Ticket.subject.icontains(query, autoescape=True), Ticket.number == query.upper())
        found.extend(turn.session.scalars(select(Ticket).where(matches).order_by(Ticket.id.desc()).limit(SEARCH_LINES)))
    if not found:
        turn.say("utter_search_nothing", query=query[:100])
        return
    shown = found[:SEARCH_LINES]
    label = turn.words.label
    results = turn.words.counted("result", len(found))
    turn.show(
        Table(
            title=turn.words.say("utter_search_found", query=query[:100], results=results),
            columns=((label("kind"), "text"), (label("name"), "text")),
            rows=tuple((label(record.kind), describe_briefly(record)) for record in shown),
            note=turn.words.say("utter_more_results") if len(found) > len(shown) else "",
        )
    )
    remember_listed(turn, shown)
    for record in shown[:5]:
        turn.offer(describe_briefly(record), "show_record", ref=str(record.ref))


def open_deals_of(turn: Turn, account: Account) -> OpenDeals:
    """How many open deals of the account the asker can see, and what they are worth together."""
    deals = list(
        turn.session.scalars(
            select(Deal).join(Stage).where(Deal.account_id == account.id, Stage.type == StageType.OPEN)
        )
    )
    total = Rates.load(turn.session, turn.policy.currency).total((deal.money, turn.reading.today) for deal in deals)
    text = money_text(total.money, turn.reading) if total.money.amount > Decimal(0) else None
    return OpenDeals(open_deals=len(deals), open_total=text)


def _named_like(turn: Turn, cls: type[N], key: str) -> Sequence[N]:
    column = cls.name_key
    matching = select(cls).where(column.icontains(key, autoescape=True)).order_by(column)
    return turn.session.scalars(matching.limit(SEARCH_LINES)).all()


def _meant(turn: Turn) -> Record:
    referenced = by_ref(turn, turn.call.first("ref"))
    if referenced is not None:
        return referenced
    number = turn.call.first("ticket_number")
    if number is not None:
        return _numbered(turn, Ticket, number)
    number = turn.call.first("order_number")
    if number is not None:
        return _numbered(turn, Order, number)
    kind = (turn.call.first("record_kind") or "").casefold()
    if turn.call.first("deal") is not None or kind.startswith(("deal", "opportunit")):
        return resolve_deal(turn, include_closed=True)
    contact = resolve_contact(turn)
    if contact is not None:
        return contact
    account_said = turn.call.first("account")
    if account_said is not None:
        return by_name(turn, Account, account_said, entity="account")
    person_said = turn.call.first("person")
    if person_said is not None:
        # A first name may be a colleague's and a customer's; only customers have cards.
        return by_name(turn, Contact, person_said, entity="contact")
    focus = turn.last_focus()
    if _THE_COMPANY.search(turn.call.text) or kind.startswith(("account", "compan", "customer")):
        company = resolve_account(turn)
        if company is not None:
            return company
    if _THE_DEAL.search(turn.call.text):
        return resolve_deal(turn, include_closed=True)
    talked_about = turn.focused_id(Contact.kind)
    if talked_about is not None and _THE_PERSON.search(turn.call.text):
        person = turn.session.get(Contact, talked_about)
        if person is not None:
            return person
    record = listed_meant(turn) or (by_ref(turn, str(focus)) if focus is not None else None)
    if record is None:
        raise Missing("account", "utter_ask_which_record", free_text=True)
    return record


def _numbered(turn: Turn, cls: type[Ticket] | type[Order], said: str) -> Record:
    number = said.upper().lstrip("#")
    if number.isdecimal():
        number = f"{'T' if cls is Ticket else 'ORD'}-{number}"
    if cls is Ticket:
        record: Record | None = turn.session.scalar(select(Ticket).where(Ticket.number == number))
    else:
        record = turn.session.scalar(select(Order).where(Order.number == number))
    if record is None:
        raise UnknownName(cls.kind, said)
    return record


def _show_deals(turn: Turn, account: Account) -> None:
    deals = turn.session.scalars(
        select(Deal).where(Deal.account_id == account.id).order_by(Deal.created_at.desc()).limit(HISTORY_LINES)
    ).all()
    if not deals:
        return
    label = turn.words.label
    turn.show(
        Table(
            title=label("deals"),
            columns=((label("deal"), "text"), (label("stage"), "text"), (label("amount"), "number")),
            rows=tuple(
                (deal.name, deal.stage.name, money_text(deal.money, turn.reading) if deal.money else label("unknown"))
                for deal in deals
            ),
        )
    )
    for deal in [deal for deal in deals if deal.stage.type is StageType.OPEN][:3]:
        turn.offer(describe_briefly(deal), "show_record", ref=str(deal.ref))


def _stage_lines(turn: Turn, deal: Deal) -> list[HistoryLine]:
    label = turn.words.label
    changes: list[StageChange] = deal.stage_changes[-HISTORY_LINES:]
    return [(change.at, label("stage"), change.to_stage.name) for change in changes]


def _show_history(turn: Turn, condition: ColumnElement[bool], extra: list[HistoryLine]) -> None:
    activities = turn.session.scalars(
        select(Activity).where(condition).order_by(Activity.at.desc()).limit(HISTORY_LINES)
    ).all()
    label = turn.words.label
    lines = [(a.at, label(a.activity_kind.value), a.note) for a in activities] + extra
    if not lines:
        return
    rows = [
        (day_text(at.astimezone(turn.reading.zone).date(), turn.reading), what, text)
        for at, what, text in sorted(lines, reverse=True)[: HISTORY_LINES + 2]
    ]
    turn.show(
        Table(
            title=label("history"),
            columns=((label("when"), "text"), (label("what"), "text"), (label("note"), "text")),
            rows=tuple(rows),
        )
    )


def _kinds_wanted(said: str | None) -> frozenset[str]:
    word = (said or "").casefold()
    for kind, starts in _KIND_WORDS.items():
        if word.startswith(starts):
            return frozenset({kind})
    return frozenset(_KIND_WORDS)


_SEARCHABLE = ("query", "account", "deal", "contact", "subject", "product")
_KIND_WORDS = {
    "deal": ("deal", "opportunit"),
    "account": ("account", "compan", "customer", "client"),
    "contact": ("contact", "person", "people"),
    "task": ("task", "reminder", "todo"),
    "ticket": ("ticket", "case", "issue"),
}
