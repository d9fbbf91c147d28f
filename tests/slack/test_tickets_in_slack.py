"""A support agent works on a ticket by the controls under its card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select

from crm_store.models import Ticket, TicketStatus, User
from tests.slack.assistant_in_slack import InSlack, in_slack, running_clock, scenario


def open_ticket(together: InSlack) -> str:
    """The number of an open ticket of another agent."""
    with together.store.unit_of_work(now=running_clock(), read_only=True) as uow:
        others = Ticket.assignee.has(User.handle == "nora")
        query = select(Ticket.number).where(Ticket.status == TicketStatus.OPEN, others).order_by(Ticket.id.desc())
        return str(uow.session.scalars(query.limit(1)).one())


def state_of(together: InSlack, number: str) -> tuple[str | None, TicketStatus]:
    """Whose it is, and how far."""
    with together.store.unit_of_work(now=running_clock(), read_only=True) as uow:
        ticket = uow.session.scalars(select(Ticket).where(Ticket.number == number)).one()
        return ticket.assignee.handle if ticket.assignee else None, ticket.status


def controls(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [element for block in message["blocks"] if block["type"] == "actions" for element in block["elements"]]


@scenario
async def test_a_ticket_is_assigned_and_closed_under_its_card(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database) as together:
        together.colleague("U1", "sam")
        number = open_ticket(together)
        card = await together.answer("U1", f'/show_tickets{{"ticket_number": "{number}"}}')
        room = together.standin.workspace.direct("U1").id
        (menu,) = [each for each in controls(card) if each["type"] == "static_select"]
        assert menu["placeholder"]["text"] == "Assign to"
        (sam,) = [each for each in menu["options"] if each["text"]["text"] == "Sam Okafor"]
        await together.standin.act("U1", {**menu, "selected_option": sam}, message=card, channel=room)
        await together.standin.until(lambda: state_of(together, number) == ("sam", TicketStatus.OPEN))
        await together.standin.press("U1", card, "Close", channel=room)
        await together.standin.until(lambda: state_of(together, number)[1] is TicketStatus.CLOSED)
