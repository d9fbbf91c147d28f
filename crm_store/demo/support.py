"""Tickets with their messages, and the help centre's articles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from importlib.resources import files
from random import Random

import yaml
from pydantic import BaseModel, ConfigDict

from crm_store.demo.company import Colleague, Company
from crm_store.demo.customers import Customer, Person
from crm_store.demo.rows import Rows
from crm_store.demo.support_events import SupportEventWriter, TicketStory
from crm_store.demo.timeline import Timeline, office_time
from crm_store.models import (
    Article,
    ArticleVersion,
    CannedReply,
    Role,
    SolvedHow,
    Ticket,
    TicketMessage,
    TicketPriority,
    TicketStatus,
)

_FIRST_TICKET = 101
_PRIORITIES = {
    TicketPriority.LOW: 20,
    TicketPriority.NORMAL: 55,
    TicketPriority.HIGH: 19,
    TicketPriority.URGENT: 6,
}
# Category, subject, what the customer wrote, what was answered.
_CASES = (
    ("product", "Label printer prints blank labels", "Since this morning the printer feeds labels but they stay blank.",
     "Please clean the print head and check that the ribbon side faces the labels. Does a test page print?"),
    ("product", "Export button does nothing", "I press Export in the job list and nothing happens, in two browsers.",
     "We could reproduce it with very long lists. Please filter to one year until the fix is out."),
    ("product", "Tablet does not charge", "One of our tablets stays at 3 % however long it is plugged in.",
     "Please try another cable first. If that does not help we send a replacement today."),
    ("product", "Sensor shows as offline", "Sensor 14 in the cold store has been offline for two days.",
     "The gateway last saw it with a weak battery. Could you replace the cell and pair it again?"),
    ("product", "Job sheets are not synchronised", "Yesterday's job sheets are on the tablets but not in Field.",
     "Synchronisation was paused after the time zone change. It runs again, and the sheets are there now."),
    ("product", "Report totals look wrong", "The total in the monthly report differs from the sum of the lines.",
     "The report leaves out draft entries. You can include them in its settings."),
    ("account", "Cannot sign in any more", "My password is refused since the weekend.",
     "Your account was locked after several attempts. It is open again; please choose a new password."),
    ("account", "Please add two users", "Two colleagues start on Monday, can you add them?",
     "Owners can invite them under Settings > Users. I have sent you the article."),
    ("billing", "Question about the last invoice", "Why are there 24 seats on the invoice? We have 22 people.",
     "Two seats are still assigned to people who left. I removed them and credited the difference."),
    ("billing", "Invoice copy needed", "Our accountant needs a copy of the invoice of last month.",
     "Here it is. You also find all invoices under Billing."),
    ("shipping", "Where is our order?", "The tracking page has said 'in transit' for a week.",
     "The carrier lost the parcel at its hub; a new one leaves us today by express."),
    ("shipping", "Wrong number of tablets", "We ordered six tablets, there were five in the box.",
     "Sorry about that. The sixth one is on its way, at no cost."),
    ("returns", "Return two printers", "We ordered two printers too many and would like to return them.",
     "No problem within 30 days. The return label is attached."),
    ("product", "Wish: colours in the schedule", "It would help to colour jobs by team.",
     "Thank you, I passed it on to our product team."),
)  # fmt: skip
_ANSWERS_BACK = ("That helped, thank you!", "It works again.", "Great, thanks for the quick answer.", "All good now.")
_INTERNAL = (
    "Second report of this kind this week, told engineering.",
    "Customer is up for renewal, please be generous.",
    "Checked the logs: their gateway restarts every night.",
)


class _ArticleEntry(BaseModel):
    """An article in articles.yml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    title: str
    category: str
    body: str
    language: str = "en"
    related: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()


class _ArticleFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    articles: tuple[_ArticleEntry, ...]


def write_articles(rows: Rows, timeline: Timeline, rng: Random) -> None:
    """Add the help centre's articles from articles.yml; ``related`` holds keys with commas between."""
    text = files("crm_store.demo").joinpath("articles.yml").read_text(encoding="utf-8")
    for entry in _ArticleFile.model_validate(yaml.safe_load(text)).articles:
        written = datetime.combine(timeline.start - timedelta(days=rng.randint(1, 300)), time(10), UTC)
        said = {
            "title": entry.title,
            "category": entry.category,
            "body": entry.body,
            "phrasings": "\n".join(entry.questions),
            "related": ",".join(entry.related),
        }
        helpful, unhelpful = rng.randint(5, 90), rng.randint(0, 12)
        updated = written + timedelta(days=rng.randint(0, 1000))
        article_id = rows.add(
            Article,
            created_at=written,
            key=entry.key,
            language=entry.language,
            helpful=helpful,
            unhelpful=unhelpful,
            updated_at=updated,
            **said,
        )
        rows.add(ArticleVersion, article_id=article_id, number=1, saved_at=updated, saved_by="system", **said)


_CANNED = {
    "shipping delay": "Dear {name}, your parcel is late, and I'm sorry about that. I'm asking the carrier and write"
    " to you as soon as I know more ({ticket}).",
    "password reset": 'Hello {name}, please choose "Forgot password" on the sign-in page; the link we send is good for'
    " an hour. {agent}",
    "refund check": "Dear {name}, I've passed your wish for a refund on to our accounting. You hear from us within two"
    " working days. {agent}, {company}",
    "need more details": "Hello {name}, to look into {ticket} I need to know since when it happens and what the screen"
    " shows. A photo helps most.",
    "closing": "Glad it works again, {name}! I'm closing {ticket}; just write here if anything is left. {agent}",
}


def write_canned_replies(rows: Rows, timeline: Timeline) -> None:
    """Add the team's canned replies."""
    written = datetime.combine(timeline.start, time(10), UTC)
    for name, text in _CANNED.items():
        rows.add(CannedReply, name=name, text=text, updated_at=written, updated_by="system")


@dataclass(frozen=True, kw_only=True)
class _Opening:
    """A ticket as it was opened. ``status`` and ``case`` are None where they are drawn."""

    opened_at: datetime
    customer: Customer
    person: Person
    status: TicketStatus | None = None
    case: int | None = None


def write_tickets(
    rows: Rows, timeline: Timeline, rng: Random, company: Company, customers: list[Customer], *, count: int
) -> None:
    """Add ``count`` tickets, the latest of them still open, numbered by age from T-101 on."""
    agents = [colleague for colleague in company.staff.values() if colleague.role is Role.SUPPORT]
    told = _told_openings(timeline, customers)
    openings = told + [_draw_opening(timeline, rng, customers) for _ in range(count - len(told))]
    openings.sort(key=lambda opening: opening.opened_at)
    events = SupportEventWriter(
        rows, Random(f"{count} events"), datetime.combine(timeline.yesterday, time(23, 59), UTC)
    )
    for number, opening in enumerate(openings, start=_FIRST_TICKET):
        events.write(_write_ticket(rows, timeline, rng, opening, number=f"T-{number}", agent=rng.choice(agents)))
        rows.write_when_many()


def _told_openings(timeline: Timeline, customers: list[Customer]) -> list[_Opening]:
    """Kim has two open tickets and a solved one, Jo has an open one."""
    by_name = {customer.name: customer for customer in customers}
    told = (
        ("Northwind Traders", 1, TicketStatus.OPEN, 0),
        ("Northwind Traders", 4, TicketStatus.WAITING, 10),
        ("Northwind Traders", 47, TicketStatus.SOLVED, 8),
        ("Harbor Lane Books", 3, TicketStatus.OPEN, 1),
    )
    return [
        _Opening(
            opened_at=datetime.combine(timeline.today - timedelta(days=days), time(13, 5), UTC),
            customer=by_name[name],
            person=by_name[name].people[0],
            status=status,
            case=case,
        )
        for name, days, status, case in told
    ]


def _draw_opening(timeline: Timeline, rng: Random, customers: list[Customer]) -> _Opening:
    """Somebody writes; customers about to leave write more."""
    drawn = [customer for customer in rng.choices(customers, k=4) if not customer.scripted]
    drawn.sort(key=lambda customer: customer.left_on is None)
    customer = drawn[0] if drawn and rng.random() < 0.3 else next(iter(drawn[-1:]), customers[0])
    last = min(timeline.yesterday, customer.left_on or timeline.yesterday)
    first = max(timeline.start, customer.first_seen + timedelta(days=4))
    if customer.left_on is not None:
        first = max(first, last - timedelta(days=400))
    day = timeline.day_between(rng, max(first, last - timedelta(days=round(rng.expovariate(1 / 400)))), last)
    return _Opening(
        opened_at=office_time(rng, day, customer.owner.zone), customer=customer, person=rng.choice(customer.people)
    )


def _write_ticket(
    rows: Rows, timeline: Timeline, rng: Random, opening: _Opening, *, number: str, agent: Colleague
) -> TicketStory:
    category, subject, question, answer = _CASES[rng.randrange(len(_CASES)) if opening.case is None else opening.case]
    status = opening.status or _status(timeline, rng, opening.opened_at)
    latest = datetime.combine(timeline.yesterday, time(23, 58), UTC)
    answered_at = min(opening.opened_at + timedelta(minutes=round(rng.lognormvariate(4.6, 0.9))), latest)
    solved_at = min(answered_at + timedelta(hours=rng.lognormvariate(2.6, 0.9)), latest + timedelta(minutes=1))
    is_answered = status is not TicketStatus.OPEN or rng.random() < 0.4
    is_solved = status in {TicketStatus.SOLVED, TicketStatus.CLOSED}
    priority = rng.choices(list(_PRIORITIES), weights=list(_PRIORITIES.values()))[0]
    ticket_id = rows.add(
        Ticket,
        created_at=opening.opened_at,
        number=number,
        subject=subject,
        category=category,
        priority=priority,
        status=status,
        account_id=opening.customer.id,
        contact_id=opening.person.id,
        assignee_id=agent.id if is_answered or rng.random() < 0.5 else None,
        first_response_at=answered_at if is_answered else None,
        solved_at=solved_at if is_solved else None,
        solved_how=SolvedHow.HUMAN if is_solved else None,
        taken_at=answered_at if is_answered else None,
        waiting_since=answered_at if status is TicketStatus.WAITING else None,
    )
    rows.add(
        TicketMessage, ticket_id=ticket_id, author_contact_id=opening.person.id, text=question, at=opening.opened_at
    )
    if is_answered:
        rows.add(TicketMessage, ticket_id=ticket_id, author_user_id=agent.id, text=answer, at=answered_at)
        if rng.random() < 0.2:
            note = rng.choice(_INTERNAL)
            rows.add(
                TicketMessage, ticket_id=ticket_id, author_user_id=agent.id, internal=True, text=note, at=answered_at
            )
    if is_solved:
        thanks = rng.choice(_ANSWERS_BACK)
        rows.add(TicketMessage, ticket_id=ticket_id, author_contact_id=opening.person.id, text=thanks, at=solved_at)
    return TicketStory(
        ticket_id=ticket_id,
        contact_id=opening.person.id,
        agent_id=agent.id,
        category=category,
        priority=priority,
        opened_at=opening.opened_at,
        answered_at=answered_at if is_answered else None,
        solved_at=solved_at if is_solved else None,
    )


def _status(timeline: Timeline, rng: Random, opened_at: datetime) -> TicketStatus:
    """Old tickets are closed; of the last two weeks' some wait for us, some for the customer."""
    age = (timeline.today - opened_at.date()).days
    if age > 30:
        return TicketStatus.CLOSED
    if age > 14 or rng.random() < 0.35:
        return TicketStatus.SOLVED
    return rng.choice((TicketStatus.OPEN, TicketStatus.OPEN, TicketStatus.WAITING))
