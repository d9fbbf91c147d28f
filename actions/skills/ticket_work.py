"""What agents do with a ticket: take it, answer, note, hand back, end it, change it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import select

from actions.call import Command
from actions.cards import MAX_OWNERS
from actions.desk.assigning import available_agents, offer_to
from actions.desk.desk import desk_of
from actions.desk.ending import finish_ticket
from actions.desk.grammar import WORK, read_loosely
from actions.desk.handing_over import end_handover, open_handover_of, post_to_desk, tell_agent
from actions.desk.promises import OVER, reopen
from actions.desk.relaying import agent_said, customer_place
from actions.desk.summary import first_name_of
from actions.desk.ticket_changes import merge
from actions.desk.tickets_meant import named_ticket, next_in_queue, ticket_meant
from actions.errors import Missing, refused
from actions.registry import STAFF, skill
from actions.reply import Reply, Text
from actions.resolving import resolve_user
from actions.sign_in_first import SUPPORT
from actions.skills.ticket_details import DETAILS
from actions.ticket_opening import add_message
from actions.turn import Turn
from crm_store.models import Handover, HandoverEnd, Role, SolvedHow, Ticket, TicketStatus, User

AGENTS = SUPPORT | {Role.MANAGER.value}
_MAX_WORDS = 4_000


@skill("action_work_ticket", audience=STAFF)
def work_ticket(turn: Turn) -> None:
    """Do with a ticket what an agent says. A note may come from any colleague in the thread; the rest is for agents."""
    do = turn.call.first("do")
    if do is None:
        command = read_loosely(turn.call.text)
        if command is None:
            ticket = ticket_meant(turn)
            turn.focus_on(ticket)
            turn.say("utter_work_ticket_how", ticket=ticket.number)
            offer_work(turn, ticket)
            return
        turn.call = turn.call.with_entities(command)
        do = command.entities["do"]
    if do != "note" and turn.colleague.role.value not in AGENTS:
        raise refused("utter_not_for_you")
    _WORK[do](turn)


def offer_work(turn: Turn, ticket: Ticket) -> None:
    """The buttons for what is usually done next with a ticket."""
    ref, label = str(ticket.ref), turn.words.label
    if ticket.status in OVER:
        turn.offer(label("reopen"), WORK, do="reopen", ref=ref)
        return
    if ticket.assignee_id != turn.actor.id or ticket.taken_at is None:
        turn.offer(label("take_it"), WORK, do="take", ref=ref, style="primary")
    turn.offer(label("reply_to_customer"), WORK, do="reply", ref=ref)
    if open_handover_of(turn.session, ticket.id) is not None:
        turn.offer(label("hand_back"), WORK, do="hand_back", ref=ref)
    turn.offer(label("mark_solved"), WORK, do="solve", ref=ref)
    if turn.colleague.role.value in AGENTS:
        turn.offer(label("close_ticket"), "close_ticket", ref=ref)
        _offer_agents(turn, ticket)


def _offer_agents(turn: Turn, ticket: Ticket) -> None:
    others = [agent for agent in available_agents(desk_of(turn)) if agent.id != ticket.assignee_id]
    turn.offer_menu(
        turn.words.label("assign_to"),
        [
            (
                agent.name,
                turn.words.say("utter_button_assign", person=agent.name),
                Command("reassign", {"ticket_number": ticket.number, "person": str(agent.ref)}),
            )
            for agent in others[:MAX_OWNERS]
        ],
    )


def _take(turn: Turn) -> None:
    ticket = ticket_meant(turn)
    turn.focus_on(ticket)
    if ticket.status in OVER:
        raise refused("utter_ticket_is_over", ticket=ticket.number)
    if ticket.taken_at is not None and ticket.assignee_id != turn.actor.id and turn.call.first("over") is None:
        # Who comes second learns whose it is, and can still take it over, but not by accident.
        turn.say("utter_ticket_taken", ticket=ticket.number, who=_name(ticket.assignee))
        turn.offer(turn.words.label("take_over"), WORK, do="take", over="yes", ref=str(ticket.ref))
        return
    if ticket.assignee_id == turn.actor.id and ticket.taken_at is not None:
        turn.say("utter_ticket_yours_already", ticket=ticket.number)
    else:
        _give(turn, ticket, turn.colleague)
        turn.say("utter_ticket_yours", ticket=ticket.number, subject=ticket.subject)
    _come_here(turn, ticket)
    offer_work(turn, ticket)


def _take_next(turn: Turn) -> None:
    ticket = next_in_queue(turn)
    turn.call = turn.call.with_entities(Command(WORK, {"do": "take", "ref": str(ticket.ref)}))
    _take(turn)


def _take_oldest(turn: Turn) -> None:
    ticket = next_in_queue(turn, oldest=True)
    turn.call = turn.call.with_entities(Command(WORK, {"do": "take", "ref": str(ticket.ref)}))
    _take(turn)


def _give(turn: Turn, ticket: Ticket, agent: User) -> None:
    """Make somebody the owner. Of two at once the version column lets one through; the other's turn is done again."""
    desk = desk_of(turn)
    former = ticket.assignee_id if ticket.taken_at is not None else None
    if ticket.assignee_id != agent.id:
        offer_to(desk, ticket, agent, how="by_hand")
    taken = agent.id == turn.actor.id
    ticket.taken_at = turn.uow.now if taken else None
    turn.uow.flush()
    handover = open_handover_of(turn.session, ticket.id)
    if handover is not None:
        text = turn.words.say("utter_desk_taken", who=agent.name, ticket=ticket.number)
        key = f"desk:taken:{ticket.id}:{turn.uow.now.isoformat()}"
        post_to_desk(desk, handover, Reply(parts=[Text(text)]), key=key, but=turn.conversation.id)
        if handover.agent_conversation_id is not None and handover.agent_conversation_id != turn.conversation.id:
            handover.agent_conversation_id = None
    if not taken:
        tell_agent(desk, ticket, "assigned", turn.uow.now.isoformat())
    elif former is not None and former != agent.id:
        tell_agent(desk, ticket, "taken_over", turn.uow.now.isoformat(), user_id=former)


def _come_here(turn: Turn, ticket: Ticket) -> None:
    """What the customer writes appears where the owner took the ticket; a thread shows it anyway."""
    handover = open_handover_of(turn.session, ticket.id)
    if handover is not None and handover.thread_id != turn.conversation.id:
        handover.agent_conversation_id = turn.conversation.id


def assign_ticket(turn: Turn) -> None:
    """Make the named colleague the owner of the ticket that is meant; raises Refused for who works on no tickets."""
    if turn.colleague.role.value not in AGENTS:
        raise refused("utter_not_for_you")
    ticket = ticket_meant(turn)
    turn.focus_on(ticket)
    person = turn.call.first("person")
    if person is None:
        raise Missing("person", "utter_ask_which_person", free_text=True)
    agent = resolve_user(turn, person)
    if agent.role.value not in AGENTS:
        raise refused("utter_not_an_agent", person=agent.name)
    _give(turn, ticket, agent)
    turn.say("utter_ticket_assigned", ticket=ticket.number, person=agent.name)
    turn.offer_undo()


def _reply(turn: Turn) -> None:
    ticket = ticket_meant(turn)
    turn.focus_on(ticket)
    text = turn.call.first("note")
    who = first_name_of(desk_of(turn), ticket)
    if text is None:
        if turn.call.first("ref") is None:
            turn.call = turn.call.with_entities(Command(WORK, {"ref": str(ticket.ref)}))
        raise Missing("note", "utter_ask_reply", free_text=True)
    _send(turn, ticket, text[:_MAX_WORDS])
    turn.say("utter_reply_sent", who=who, ticket=ticket.number)
    turn.offer(turn.words.label("mark_solved"), WORK, do="solve", ref=str(ticket.ref))
    turn.offer(turn.words.label("hand_back"), WORK, do="hand_back", ref=str(ticket.ref))


def _send(turn: Turn, ticket: Ticket, text: str) -> None:
    """Bring words of the asker to the customer; only the owner speaks, and who speaks first becomes the owner."""
    if ticket.taken_at is not None and ticket.assignee_id != turn.actor.id:
        raise refused("utter_reply_not_owner", ticket=ticket.number, who=_name(ticket.assignee))
    place = customer_place(turn.session, ticket)
    if place is None:
        address = ticket.contact.email if ticket.contact is not None else None
        raise refused("utter_customer_unreachable", ticket=ticket.number, address=address or turn.words.label("none"))
    if ticket.taken_at is None:
        _give(turn, ticket, turn.colleague)
    desk = desk_of(turn)
    if ticket.status in OVER:
        reopen(desk, ticket, by="agent")
    agent_said(
        desk,
        ticket,
        turn.colleague,
        text,
        place,
        occurrence=str(turn.uow.journal.origin.inbox_id),
        said_in=turn.conversation.id,
        in_thread=_is_thread(turn),
    )


def _note(turn: Turn) -> None:
    ticket = ticket_meant(turn)
    text = turn.call.first("note")
    if text is None:
        raise Missing("note", "utter_ask_note", free_text=True)
    add_message(turn, ticket.id, text[:_MAX_WORDS], internal=True)
    turn.say("utter_note_kept", who=first_name_of(desk_of(turn), ticket), ticket=ticket.number)
    if turn.colleague.role.value in AGENTS and ticket.status not in OVER:
        turn.offer(turn.words.label("send_it"), WORK, once=True, do="reply", ref=str(ticket.ref), note=text)


def _hand_back(turn: Turn) -> None:
    ticket = ticket_meant(turn)
    turn.focus_on(ticket)
    desk = desk_of(turn)
    handover = open_handover_of(turn.session, ticket.id)
    if handover is None:
        raise refused("utter_not_handed_over", ticket=ticket.number)
    end_handover(desk, handover, HandoverEnd.HANDED_BACK, user_id=turn.actor.id)
    told = turn.words.say("utter_handed_back_to_you", agent=turn.colleague.name.split()[0])
    desk.post(
        handover.conversation_id,
        Reply(parts=[Text(told)]),
        key=f"desk:back:{handover.id}",
        identity_id=handover.identity_id,
    )
    turn.say("utter_handed_back", who=first_name_of(desk, ticket), ticket=ticket.number)


def _end(status: TicketStatus) -> Callable[[Turn], None]:
    def end(turn: Turn) -> None:
        ticket = ticket_meant(turn)
        turn.focus_on(ticket)
        end_by_agent(turn, ticket, status)

    return end


def end_by_agent(turn: Turn, ticket: Ticket, status: TicketStatus) -> None:
    """Solve or close a ticket as the asking colleague; one that is over already is left as it is."""
    if ticket.status is status or ticket.status is TicketStatus.CLOSED:
        turn.say("utter_ticket_already_closed", ticket=ticket.number)
        return
    finish_ticket(
        desk_of(turn),
        ticket,
        how=SolvedHow.HUMAN,
        status=status,
        user_id=turn.actor.id,
        said_in=turn.conversation.id,
    )
    turn.uow.flush()
    response = "utter_ticket_solved" if status is TicketStatus.SOLVED else "utter_ticket_closed"
    turn.say(response, ticket=ticket.number, subject=ticket.subject)
    turn.offer_undo()


def _reopen(turn: Turn) -> None:
    ticket = ticket_meant(turn)
    turn.focus_on(ticket)
    if ticket.status not in OVER:
        raise refused("utter_ticket_is_open", ticket=ticket.number)
    reopen(desk_of(turn), ticket, by="agent")
    turn.uow.flush()
    turn.say("utter_ticket_reopened", ticket=ticket.number, subject=ticket.subject)
    turn.offer_undo()


def _merge(turn: Turn) -> None:
    into = named_ticket(turn, turn.call.first("into") or "")
    ticket = ticket_meant(turn)
    merge(desk_of(turn), ticket, into, turn.colleague)
    turn.uow.flush()
    turn.focus_on(into)
    turn.say("utter_ticket_merged", ticket=ticket.number, into=into.number)
    turn.offer_undo()


def _is_thread(turn: Turn) -> bool:
    own = select(Handover.id).where(Handover.thread_id == turn.conversation.id).limit(1)
    return turn.session.scalar(own) is not None


def _name(person: User | None) -> str:
    return person.name if person is not None else "?"


_WORK: Mapping[str, Callable[[Turn], None]] = {
    "take": _take,
    "take_next": _take_next,
    "take_oldest": _take_oldest,
    "assign": assign_ticket,
    "reply": _reply,
    "note": _note,
    "hand_back": _hand_back,
    "solve": _end(TicketStatus.SOLVED),
    "close": _end(TicketStatus.CLOSED),
    "reopen": _reopen,
    "merge": _merge,
    **DETAILS,
}
