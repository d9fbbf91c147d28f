"""Yes, no, never mind, the second one, 50k: answers to what the assistant asked or proposed."""

from __future__ import annotations

import re

from actions.approving import decide, is_to_approve, locked_proposal, send_to_approvers, withdraw
from actions.asking.handing_over import said_to_have_no_figures, went_on_from_report
from actions.asking.mistaken import asked_for_figures
from actions.call import Command
from actions.errors import refused
from actions.field_asked import asks_for_a_fact
from actions.pending import ask
from actions.picking import AMONG, label_of, listed_of
from actions.proposing import apply_proposal, approvers_of, cancel_proposal, open_proposals
from actions.registry import EVERYONE, skill
from actions.resolving import MAX_CHOICES, by_ref, listed_meant
from actions.skills.approvals import reject, ruled_in_words
from actions.skills.correcting import correct, is_step_of_deal
from actions.skills.editing import update_record
from actions.skills.invoices import invoice_copy
from actions.skills.orders import order_status
from actions.skills.records import delete_record
from actions.skills.showing import show_any_record, show_record
from actions.skills.showing_tickets import show_ticket_with_messages, show_tickets
from actions.skills.smalltalk import offer_examples
from actions.tasks_meant import reminder_named, speaks_of_tasks
from actions.turn import Turn
from crm_store.models import (
    Account,
    Contact,
    Invoice,
    Order,
    Proposal,
    ProposalStatus,
    Record,
    Role,
    Task,
    Ticket,
    Verdict,
)
from crm_store.refs import RecordRef

_BARE_NUMBER = re.compile(r"\W*(?P<number>\d{1,9})\W*")
"""What an agent calls a ticket by."""


@skill("action_affirm", audience=EVERYONE)
def affirm(turn: Turn) -> None:
    """Do what was proposed, or approve what a colleague wants to do."""
    proposal = _proposal(turn)
    if proposal is None:
        if not ruled_in_words(turn):
            turn.say("utter_nothing_asked")
        return
    if is_to_approve(turn, proposal):
        decide(turn, proposal, Verdict.APPROVED, turn.call.first("reason"))
        return
    if proposal.status is ProposalStatus.WAITING:
        raise refused("utter_approval_waits", summary=proposal.summary)
    if proposal.expires_at <= turn.uow.now:
        proposal.status = ProposalStatus.EXPIRED
        turn.say("utter_proposal_expired")
        return
    approvers = approvers_of(turn, proposal.sort)
    if approvers:
        send_to_approvers(turn, proposal, approvers)
        return
    turn.uow.journal.confirm(by=str(turn.actor))
    records = apply_proposal(turn, proposal)
    proposal.status = ProposalStatus.CONFIRMED
    proposal.decided_at, proposal.decided_by = turn.uow.now, str(turn.actor)
    visible = [found for record in records if (found := by_ref(turn, str(record.ref))) is not None]
    for record in visible:
        turn.focus_on(record)
    turn.say("utter_proposal_done", summary=proposal.summary)
    turn.offer_undo()


@skill("action_deny", audience=EVERYONE)
def deny(turn: Turn) -> None:
    """Leave what was proposed undone, reject what a colleague wants to do, or take back what waits for others."""
    proposal = _proposal(turn)
    if proposal is None:
        if turn.call.form is not None:
            turn.say("utter_form_no")
        elif not ruled_in_words(turn):
            turn.say("utter_nothing_asked")
        return
    if is_to_approve(turn, proposal):
        reject(turn, proposal)
        return
    if proposal.status is ProposalStatus.WAITING:
        withdraw(turn, proposal)
        return
    cancel_proposal(turn, proposal)
    turn.say("utter_proposal_cancelled")


@skill("action_cancel", audience=EVERYONE)
def cancel(turn: Turn) -> None:
    """Stop whatever is going on: the open form, the open question, the open proposals of this person here."""
    stopped = turn.call.form is not None or bool(turn.slots) or any(turn.call.slots.values())
    stopped = stopped or turn.was_asking
    turn.slots.update(dict.fromkeys(turn.call.slots, None))
    for proposal in open_proposals(turn):
        cancel_proposal(turn, proposal)
        stopped = True
    if _stops_reminder(turn, stopped=stopped):
        return
    turn.say("utter_cancelled" if stopped else "utter_nothing_to_cancel")


def _stops_reminder(turn: Turn, *, stopped: bool) -> bool:
    """Offer to delete the task a message names ("don't remind me to call Bob") or, when nothing else was stopped, the
    one just talked about ("cancel that reminder"); whether so.
    """
    if not turn.actor.is_staff or turn.call.form is not None or not speaks_of_tasks(turn.call.text):
        return False
    task: Record | None = reminder_named(turn)
    if task is None and not stopped:
        task = by_ref(turn, f"{Task.kind}:{turn.focused_id(Task.kind)}", Task.kind)
    if task is None:
        return False
    turn.call = turn.call.with_entities(Command("delete_record", {"ref": str(task.ref)}))
    delete_record(turn)
    return True


@skill("action_inform", audience=EVERYONE)
def inform(turn: Turn) -> None:
    """A value nobody asked for: show the record when it names one, else say so."""
    if went_on_from_report(turn) or asked_for_figures(turn, narrowed=False) or said_to_have_no_figures(turn):
        return
    if is_step_of_deal(turn):
        correct(turn)
        return
    if not turn.actor.is_staff and _showed_document(turn):
        return
    bare = _BARE_NUMBER.fullmatch(turn.call.text)
    if bare is not None and turn.actor.role is Role.SUPPORT and not turn.call.is_command:
        turn.call = turn.call.with_entities(Command("show_tickets", {"ticket_number": bare["number"]}))
    for entity in ("account", "contact", "deal", "ticket_number", "order_number"):
        if turn.call.first(entity) is not None and turn.actor.is_staff:
            agent = entity == "ticket_number" and turn.actor.role is Role.SUPPORT
            (show_tickets if agent else show_record)(turn)
            return
    if turn.actor.is_staff and _tells_how_to_reach(turn):
        update_record(turn)
        return
    if turn.actor.is_staff and turn.last_focus() is not None and asks_for_a_fact(turn.call.text):
        show_record(turn)
        return
    turn.say("utter_noted_value", said=turn.call.text[:200])


def _tells_how_to_reach(turn: Turn) -> bool:
    """Whether a bare address or number is that of whoever was talked about last: "her mobile is 0151 555 0101"."""
    focus = turn.last_focus()
    about = focus is not None and focus.kind in {Account.kind, Contact.kind}
    return about and any(turn.call.first(entity) is not None for entity in ("email", "phone"))


def _showed_document(turn: Turn) -> bool:
    """A customer's bare number: their order, invoice or ticket of it."""
    for entity, show in (
        ("order_number", order_status),
        ("invoice_number", invoice_copy),
        ("ticket_number", show_tickets),
    ):
        if turn.call.first(entity) is not None:
            show(turn)
            return True
    return False


@skill("action_choose", audience=EVERYONE)
def choose(turn: Turn) -> None:
    """A place in the list shown last; choices that answer a question are resolved before any action."""
    if not turn.actor.is_staff:
        _choose_own(turn)
        return
    record = listed_meant(turn)
    if record is None:
        if not went_on_from_report(turn):  # "top 3"
            turn.say("utter_nothing_asked")
    elif isinstance(record, Ticket):
        show_ticket_with_messages(turn, record)
    else:
        show_any_record(turn, record)


def _choose_own(turn: Turn) -> None:
    """A customer's choice among their own records: ask which, or show the one that is named."""
    kind, ref = turn.call.first(AMONG), RecordRef.from_text(turn.call.first("ref") or "")
    show = _SHOWING.get(ref.kind if ref is not None else "")
    if show is not None:
        show(turn)
        return
    last = turn.last_focus()
    listed = listed_of(turn, kind or "")
    others = [record for record in listed if record.ref != last] or listed
    if not others:
        turn.say("utter_nothing_asked")
        offer_examples(turn)
        return
    turn.say("utter_ask_which_of_these")
    choices = tuple((label_of(turn, record), str(record.ref)) for record in others[:MAX_CHOICES])
    ask(turn, fill="ref", choices=choices)


_SHOWING = {Order.kind: order_status, Invoice.kind: invoice_copy, Ticket.kind: show_tickets}


def _proposal(turn: Turn) -> Proposal | None:
    number = turn.call.first("proposal")
    if number is not None:
        proposal = locked_proposal(turn, number)
        if proposal is None or (proposal.approver != str(turn.actor) and not is_to_approve(turn, proposal)):
            raise refused("utter_proposal_not_yours")
        if proposal.status not in {ProposalStatus.OPEN, ProposalStatus.WAITING} and not is_to_approve(turn, proposal):
            raise refused("utter_proposal_decided")
        return proposal
    waiting = open_proposals(turn)
    return waiting[0] if waiting else None
