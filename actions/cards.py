"""Record cards: the same facts in the same order wherever a record is shown."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select

from actions.call import Command
from actions.desk.promises import next_due
from actions.formatting import birthday_shown, date_text, day_text, moment_text, money_text
from actions.reply import Edit
from actions.turn import Turn
from crm_store.access import Permission
from crm_store.models import (
    Account,
    Activity,
    Contact,
    Deal,
    Invoice,
    Order,
    Role,
    StageType,
    Task,
    Ticket,
    TicketStatus,
    User,
)
from crm_store.money import Money
from nlu.values import UnreadableValue, read_recurrence

MAX_OWNERS = 50
SNOOZES = ("in_20_minutes", "in_2_hours", "tomorrow_morning", "next_week")
"""By how long a task is usually put off; labels the value readers understand."""


def show_deal(turn: Turn, deal: Deal, *, with_buttons: bool = True) -> None:
    """The deal's card, and the buttons for what is usually done next with an open one."""
    reading = turn.reading
    turn.card(
        deal,
        title=deal.name,
        subtitle=deal.account.name,
        fields={
            "amount": money_text(deal.money, reading) if deal.money else turn.words.label("unknown"),
            "stage": f"{deal.stage.name} ({deal.stage.probability}%)",
            "close_date": date_text(deal.close_date, reading) if deal.close_date else turn.words.label("unknown"),
            "owner": deal.owner.name,
            "contact": deal.contact.name if deal.contact else None,
            "next_step": deal.next_step,
            "lost_reason": deal.lost_reason,
            "last_activity": day_text(deal.last_activity_at.astimezone(reading.zone).date(), reading),
        },
        edits=_deal_edits(turn, deal) if with_buttons and deal.stage.type is StageType.OPEN else (),
    )
    if with_buttons and deal.stage.type is StageType.OPEN:
        ref = str(deal.ref)
        following = _next_stage(deal)
        if following is not None:
            turn.offer(turn.words.say("utter_button_move", stage=following), "move_deal", ref=ref, stage=following)
        turn.offer(turn.words.label("won"), "win_deal", ref=ref)
        turn.offer(turn.words.label("lost"), "lose_deal", ref=ref)
        _offer_stages(turn, deal)
        _offer_owners(turn, deal)


def _deal_edits(turn: Turn, deal: Deal) -> tuple[Edit, ...]:
    return (
        Edit(
            kind="date",
            field="close_date",
            label=turn.words.label("close_date"),
            value=deal.close_date.isoformat() if deal.close_date else "",
        ),
        Edit(kind="form", field="edit_deal", label=turn.words.label("edit")),
        Edit(kind="form", field="log_activity", label=turn.words.label("log_activity")),
    )


def _next_stage(deal: Deal) -> str | None:
    stages = [s for s in deal.stage.pipeline.stages if s.type is StageType.OPEN and s.position > deal.stage.position]
    return stages[0].name if stages else None


def _offer_stages(turn: Turn, deal: Deal) -> None:
    stages = [s.name for s in deal.stage.pipeline.stages if s.type is StageType.OPEN and s.id != deal.stage_id]
    turn.offer_menu(
        turn.words.label("move_to"),
        [
            (
                name,
                turn.words.say("utter_button_move", stage=name),
                Command("move_deal", {"ref": str(deal.ref), "stage": name}),
            )
            for name in stages
        ],
    )


def _offer_owners(turn: Turn, deal: Deal) -> None:
    if turn.uow.permission(deal) is Permission.NO:
        return
    sellers = turn.session.scalars(
        select(User)
        .where(User.active.is_(True), User.role.in_((Role.REP, Role.MANAGER)), User.id != deal.owner_id)
        .order_by(User.name)
        .limit(MAX_OWNERS)
    )
    turn.offer_menu(
        turn.words.label("assign_to"),
        [
            (
                user.name,
                turn.words.say("utter_button_assign", person=user.name),
                Command("reassign", {"ref": str(deal.ref), "person": str(user.ref)}),
            )
            for user in sellers
        ],
    )


def show_account(turn: Turn, account: Account, *, open_deals: int, open_total: str | None) -> None:
    """The account's card with what is open there."""
    turn.card(
        account,
        title=account.name,
        subtitle=account.industry or "",
        fields={
            "owner": account.owner.name if account.owner else None,
            "region": account.region,
            "phone": account.phone,
            "email": account.email,
            "website": account.website,
            "employees": f"{account.employees:,}" if account.employees else None,
            "contacts": ", ".join(contact.name for contact in account.contacts[:5]),
            "open_deals": f"{open_deals} · {open_total}" if open_total else str(open_deals),
            "tags": ", ".join(tag.name for tag in account.tags),
        },
        edits=_selling_edits(turn),
    )


def _selling_edits(turn: Turn) -> tuple[Edit, ...]:
    """The forms that start from a company or a person, for those who sell."""
    if turn.user is None or turn.user.role not in {Role.REP, Role.MANAGER, Role.ADMIN}:
        return ()
    return tuple(Edit(kind="form", field=form, label=turn.words.label(form)) for form in ("log_deal", "log_activity"))


def show_contact(turn: Turn, contact: Contact) -> None:
    """The contact's card."""
    turn.card(
        contact,
        title=contact.name,
        subtitle=contact.account.name if contact.account else "",
        fields={
            "title": contact.title,
            "email": contact.email,
            "phone": contact.phone,
            "birthday": birthday_shown(contact.birthday, turn.reading) if contact.birthday else None,
            "tags": ", ".join(tag.name for tag in contact.tags),
        },
        edits=_selling_edits(turn),
    )


def show_task(turn: Turn, task: Task, *, with_buttons: bool = True) -> None:
    """The task's card with Done and Snooze."""
    turn.card(
        task,
        title=task.subject,
        fields={
            "due": moment_text(task.due_at, turn.reading) if task.due_at else turn.words.label("no_date"),
            "repeats": _repeats(turn, task),
            "account": task.account.name if task.account else None,
            "deal": task.deal.name if task.deal else None,
            "assignee": task.assignee.name if task.assignee_id != turn.actor.id else None,
        },
    )
    if with_buttons and task.done_at is None:
        turn.offer(turn.words.label("done"), "complete_task", once=True, ref=str(task.ref))
        turn.offer(turn.words.label("snooze"), "snooze_task", ref=str(task.ref))
        _offer_delays(turn, task)


def _repeats(turn: Turn, task: Task) -> str | None:
    """A repetition by its next times: everybody can check those, and nobody has to read a rule."""
    try:
        recurrence = read_recurrence(task.recurrence or "", turn.reading)
    except UnreadableValue:
        return task.recurrence  # written by something that does not know our rules
    first = recurrence.next_after(max(turn.reading.now, task.due_at or turn.reading.now)) if recurrence else None
    second = recurrence.next_after(first) if recurrence is not None and first is not None else None
    if first is None or second is None:
        return None
    return turn.words.say(
        "utter_repeats", first=moment_text(first, turn.reading), second=moment_text(second, turn.reading)
    )


def _offer_delays(turn: Turn, task: Task) -> None:
    labels = [turn.words.label(key) for key in SNOOZES]
    turn.offer_menu(
        turn.words.label("snooze"),
        [
            (
                label,
                turn.words.say("utter_button_snooze", until=label),
                Command("snooze_task", {"ref": str(task.ref), "date": label}),
            )
            for label in labels
        ],
    )


def show_activity(turn: Turn, activity: Activity) -> None:
    """The activity's card."""
    turn.card(
        activity,
        title=turn.words.label(activity.activity_kind.value),
        subtitle=activity.account.name if activity.account else "",
        fields={
            "when": moment_text(activity.at, turn.reading),
            "contact": activity.contact.name if activity.contact else None,
            "deal": activity.deal.name if activity.deal else None,
            "note": activity.note,
        },
    )


def ticket_state(turn: Turn, ticket: Ticket) -> str:
    """The state of a ticket from where the reader stands: who waits for whom is another way round for colleagues."""
    if turn.actor.is_staff and ticket.status is TicketStatus.WAITING:
        return turn.words.label("ticket_waiting_for_customer")
    return turn.words.label(f"ticket_{ticket.status.value}")


def show_ticket(turn: Turn, ticket: Ticket) -> None:
    """The ticket's card; staff also see whose it is."""
    staff = turn.actor.is_staff
    turn.card(
        ticket,
        title=f"{ticket.number} · {ticket.subject}",
        fields={
            "status": ticket_state(turn, ticket),
            "priority": turn.words.label(f"priority_{ticket.priority.value}"),
            "category": ticket.category,
            "opened": day_text(ticket.created_at.astimezone(turn.reading.zone).date(), turn.reading),
            "contact": ticket.contact.name if staff and ticket.contact else None,
            "account": ticket.account.name if staff and ticket.account else None,
            "assignee": ticket.assignee.name if ticket.assignee else None,
            "tags": ", ".join(filter(None, (ticket.tags or "").split(","))) if staff else None,
            "due": _due(turn, ticket) if staff else None,
        },
    )


def _due(turn: Turn, ticket: Ticket) -> str | None:
    """The next promise that runs."""
    due = next_due(ticket)
    return moment_text(due, turn.reading) if due is not None else None


def show_order(turn: Turn, order: Order) -> None:
    """The order's card: where it is, what is in it."""
    reading = turn.reading
    delivered = order.delivered_at.astimezone(reading.zone).date() if order.delivered_at else None
    turn.card(
        order,
        title=order.number,
        subtitle=turn.words.label(f"order_{order.status.value}"),
        fields={
            "placed": date_text(order.placed_at.astimezone(reading.zone).date(), reading),
            "expected": day_text(order.expected_on, reading) if order.expected_on and not delivered else None,
            "delivered": date_text(delivered, reading) if delivered else None,
            "carrier": order.carrier,
            "tracking": order.tracking_number,
            "items": ", ".join(f"{line.quantity} × {line.product.name}" for line in order.lines),
            "total": money_text(Money(order.total, order.currency), reading),
        },
    )


def invoice_fields(turn: Turn, invoice: Invoice) -> dict[str, str | None]:
    """What an invoice's card and its lists show."""
    return {
        "status": turn.words.label(f"invoice_{invoice.status.value}"),
        "issued": date_text(invoice.issued_on, turn.reading),
        "due": date_text(invoice.due_on, turn.reading),
        "total": money_text(Money(Decimal(invoice.total), invoice.currency), turn.reading),
    }
