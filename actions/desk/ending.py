"""Solving and closing a ticket: the promise is judged, the bot gets the conversation back, the customer is told."""

from __future__ import annotations

from actions.call import Command
from actions.desk.desk import Desk
from actions.desk.handing_over import end_handover, open_handover_of, post_to_desk
from actions.desk.promises import end_ticket
from actions.desk.relaying import customer_place
from actions.reply import Button, Reply, Text
from crm_store.models import HandoverEnd, SolvedHow, Ticket, TicketStatus


def finish_ticket(
    desk: Desk,
    ticket: Ticket,
    *,
    how: SolvedHow,
    status: TicketStatus,
    user_id: int | None = None,
    said_in: int | None = None,
) -> None:
    """End a ticket and its hand-over; ``said_in`` is where it was asked for, and is told by whoever calls this."""
    was_over = ticket.status in {TicketStatus.SOLVED, TicketStatus.CLOSED}
    end_ticket(desk, ticket, how=how, status=status, user_id=user_id)
    handover = open_handover_of(desk.session, ticket.id)
    if handover is not None:
        end_handover(desk, handover, HandoverEnd.RESOLVED, user_id=user_id)
        text = desk.words.say("utter_desk_ended", ticket=ticket.number, status=desk.words.label(f"ticket_{status}"))
        key = f"desk:ended:{ticket.id}:{desk.now.isoformat()}"
        post_to_desk(desk, handover, Reply(parts=[Text(text)]), key=key, but=said_in)
    if was_over or how not in {SolvedHow.HUMAN, SolvedHow.AUTO}:
        return
    place = customer_place(desk.session, ticket)
    if place is None or place.conversation_id == said_in:
        return
    response = "utter_ticket_solved_for_you" if how is SolvedHow.HUMAN else "utter_ticket_closed_unanswered"
    reply = Reply(parts=[Text(desk.words.say(response, ticket=ticket.number, subject=ticket.subject))])
    reply.buttons.append(still_a_problem(desk, ticket))
    key = f"desk:solved:{ticket.id}:{desk.now.isoformat()}"
    desk.post(place.conversation_id, reply, key=key, identity_id=place.identity_id)


def still_a_problem(desk: Desk, ticket: Ticket) -> Button:
    """The button by which a customer says that it is not solved; a visitor, who sees no tickets, calls a person."""
    command = (
        Command("talk_to_human")
        if ticket.contact_id is None
        else Command("close_ticket", {"ref": str(ticket.ref), "again": "yes"})
    )
    return Button(label=desk.words.label("not_solved"), command=str(command), single_use=True)
