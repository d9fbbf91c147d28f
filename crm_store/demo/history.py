"""What colleagues did about deals and customers (calls, e-mails, meetings, notes), and the tasks they had and have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from crm_store.demo.company import Company
from crm_store.demo.customers import Customer, Person
from crm_store.demo.rows import Rows
from crm_store.demo.timeline import Timeline, at_local, office_day, office_time
from crm_store.models import Activity, ActivityKind, Task

_KINDS = {ActivityKind.CALL: 38, ActivityKind.EMAIL: 34, ActivityKind.MEETING: 16, ActivityKind.NOTE: 12}
_NOTES = {
    ActivityKind.CALL: (
        "Talked to {first}; wants a quote by the end of the week.",
        "{first} did not pick up, left a message.",
        "Went through the requirements with {first}.",
        "{first} asked about the discount for more seats.",
        "Short call: the budget is being decided next month.",
        "{first} compares us with another vendor, price is the question.",
    ),
    ActivityKind.EMAIL: (
        "Sent {first} the price list.",
        "{first} sent the questions of their IT department.",
        "Followed up on the proposal.",
        "Sent the case study of a company of their size.",
        "{first} asked to move the meeting.",
    ),
    ActivityKind.MEETING: (
        "Demo for {first} and two colleagues, went well.",
        "On site at {account}: looked at their process.",
        "Video call about the rollout plan with {first}.",
        "Met {first} and the finance team.",
    ),
    ActivityKind.NOTE: (
        "{first} will leave the company in spring, find out who follows.",
        "They use spreadsheets today.",
        "Decision is made by the managing director.",
        "Contract of their present vendor ends this year.",
    ),
}
_CHECK_INS = (
    "Checked in with {first}: all fine.",
    "Asked {first} about more seats, not now.",
    "Sent {first} the news.",
)
_SUBJECTS = (
    "Send the contract to {first}",
    "Call {first} about the quote",
    "Prepare the proposal for {account}",
    "Send {first} the references",
    "Ask {first} for the purchase order",
    "Book the demo with {first}",
    "Check the rollout plan for {account}",
)


@dataclass(frozen=True, kw_only=True)
class DealHistory:
    """A deal, as far as what was done about it depends on it. ``touched``: the last activity was on that day."""

    deal_id: int
    customer: Customer
    person: Person
    created_at: datetime
    closed_at: datetime | None
    won: bool
    touched: date | None


def write_deal_history(rows: Rows, timeline: Timeline, rng: Random, deal: DealHistory, *, share: float) -> datetime:
    """Add the deal's activities and tasks; gives back when something was last done about it.

    ``share`` scales the number of activities.
    """
    last = deal.created_at
    for moment in _activity_moments(timeline, rng, deal, share):
        _write_activity(rows, rng, deal.customer, deal.person, moment=moment, deal_id=deal.deal_id)
        last = max(last, moment)
    if deal.closed_at is None:
        _write_open_task(rows, timeline, rng, deal)
    elif rng.random() < 0.55 * share:
        done_at = deal.created_at + (deal.closed_at - deal.created_at) * rng.random()
        due_at = done_at + timedelta(hours=rng.randint(-30, 40))
        _write_task(rows, rng, deal, created_at=done_at - timedelta(days=6), due_at=due_at, done_at=done_at)
    return last


def _activity_moments(timeline: Timeline, rng: Random, deal: DealHistory, share: float) -> list[datetime]:
    first = deal.created_at.date()
    recent = 0.75 + 0.5 * (first - timeline.start).days / (timeline.today - timeline.start).days
    count = round((rng.randint(3, 8) if deal.won else rng.randint(1, 5)) * recent * share)
    if deal.closed_at is not None:
        days = [timeline.day_between(rng, first, deal.closed_at.date()) for _ in range(count)]
    elif deal.touched is None:
        last = max(first, timeline.yesterday - timedelta(days=round(rng.expovariate(1 / 5))))
        days = [timeline.day_between(rng, first, last) for _ in range(count)] + [office_day(last)]
    else:
        last = max(first, deal.touched)
        days = [timeline.day_between(rng, first, last) for _ in range(max(0, count - 1))] + [last]
    zone = deal.customer.owner.zone
    earliest, latest = deal.created_at, deal.closed_at or at_local(timeline.yesterday, time(16), zone)
    return [min(max(office_time(rng, day, zone), earliest), latest) for day in days]


def _write_activity(
    rows: Rows,
    rng: Random,
    customer: Customer,
    person: Person,
    *,
    moment: datetime,
    deal_id: int | None = None,
    notes: tuple[str, ...] = (),
) -> None:
    kind = rng.choices(list(_KINDS), weights=list(_KINDS.values()))[0]
    note = rng.choice(notes or _NOTES[kind])
    rows.add(
        Activity,
        created_at=moment,
        activity_kind=kind,
        at=moment,
        owner_id=customer.owner.id,
        account_id=customer.id,
        contact_id=person.id,
        deal_id=deal_id,
        note=note.format(first=person.first_name, account=customer.name),
    )


def _write_task(
    rows: Rows, rng: Random, deal: DealHistory, *, created_at: datetime, due_at: datetime, done_at: datetime | None
) -> None:
    rows.add(
        Task,
        created_at=max(deal.created_at, created_at),
        subject=rng.choice(_SUBJECTS).format(first=deal.person.first_name, account=deal.customer.name),
        assignee_id=deal.customer.owner.id,
        creator_id=deal.customer.owner.id,
        due_at=due_at,
        done_at=done_at,
        account_id=deal.customer.id,
        contact_id=deal.person.id,
        deal_id=deal.deal_id,
    )


def _write_open_task(rows: Rows, timeline: Timeline, rng: Random, deal: DealHistory) -> None:
    """Something to do about an open deal. Those of dana are due after next week: hers of this week are told below."""
    zone = deal.customer.owner.zone
    if rng.random() < 0.3:
        return
    days = rng.randint(8, 30) if deal.customer.owner.handle == "dana" else rng.choice((-6, -2, 1, 2, 3, 5, 9, 12, 20))
    due_on = office_day(timeline.today + timedelta(days=days))
    created_on = office_day(min(due_on, timeline.today) - timedelta(days=rng.randint(1, 5)))
    _write_task(
        rows,
        rng,
        deal,
        created_at=office_time(rng, created_on, zone),
        due_at=at_local(due_on, time(17), zone),
        done_at=None,
    )


def write_check_ins(rows: Rows, timeline: Timeline, rng: Random, customers: list[Customer], *, count: int) -> None:
    """Add activities that belong to no deal; customers that left were hardly spoken to in the months before."""
    for customer in rng.choices(customers, k=count):
        last = timeline.yesterday
        if customer.left_on is not None:
            last = max(customer.first_seen, customer.left_on - timedelta(days=90))
        day = timeline.day_between(rng, max(customer.first_seen + timedelta(days=4), timeline.start), last)
        moment = office_time(rng, day, customer.owner.zone)
        _write_activity(rows, rng, customer, rng.choice(customer.people), moment=moment, notes=_CHECK_INS)
        rows.write_when_many()


# Days from today, clock, what, account. Monday to Friday or not: a demo on a Sunday shall have something to show.
_AGENDA = {
    "dana": (
        (-4, time(17), "Send Jane the security questionnaire", "Globex"),
        (-1, time(12), "Update the quote for Acme Logistics", "Acme Logistics"),
        (0, time(17), "Call Jane about the redesign", "Globex"),
        (0, time(17, 30), "Prepare the demo for Acme Corp", "Acme Corp"),
        (0, time(18), "Ask Initech who decides on tools now", "Initech"),
        (1, time(11), "Send the contract to Acme Corp", "Acme Corp"),
        (2, time(15), "Book the on-site visit at Globex", "Globex"),
        (3, time(10), "Review the pipeline with Morgan", None),
        (5, time(16), "Follow up with Acme Logistics", "Acme Logistics"),
    ),
    "sam": (
        (0, time(17), "Call Kim Lee about the delayed tablets", "Northwind Traders"),
        (1, time(12), "Write the article on label sizes", None),
    ),
    "priya": ((0, time(16), "Plan the holiday rota", None),),
    "mia": ((2, time(12), "Draft the winter newsletter", None),),
}


def write_agendas(rows: Rows, timeline: Timeline, now: datetime, company: Company, customers: list[Customer]) -> None:
    """Add tasks around today, on the assignees' own calendars: dana has two overdue, three for today, some to come."""
    by_name = {customer.name: customer for customer in customers}
    for handle, tasks in _AGENDA.items():
        colleague = company.staff[handle]
        today = now.astimezone(colleague.zone).date()
        for days, clock, subject, account in tasks:
            rows.add(
                Task,
                created_at=at_local(min(today, timeline.today) - timedelta(days=7), time(10), colleague.zone),
                subject=subject,
                assignee_id=colleague.id,
                creator_id=colleague.id,
                due_at=at_local(today + timedelta(days=days), clock, colleague.zone),
                account_id=by_name[account].id if account else None,
            )
