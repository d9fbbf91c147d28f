"""Deals: logging one, changing its facts, moving it through the pipeline, winning and losing it."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from actions.amount_steps import shortened_amount, stepped_amount
from actions.asking.handing_over import went_on_from_report
from actions.cards import show_deal
from actions.errors import Missing, SlotRejected, refused
from actions.formatting import date_text, money_text
from actions.next_steps import step_with_its_day
from actions.proposing import (
    cancel_proposal,
    latest_open_proposal,
    propose_changes,
    propose_record,
    require_permission,
)
from actions.registry import SALES, reads_slot, skill
from actions.resolving import by_name, resolve_contact, resolve_deal, resolve_stage, resolve_user
from actions.running import UNKNOWN
from actions.saying_changes import change_texts, say_changes
from actions.skills.tasks import snooze_task
from actions.skills.ticket_work import assign_ticket
from actions.tasks_meant import moves_a_task
from actions.turn import Turn
from crm_store.changes import FieldChange, describe_changes
from crm_store.models import Account, Deal, Pipeline, Role, Stage, StageType, Ticket
from crm_store.money import Money
from crm_store.rates import Rates
from crm_store.values import from_json
from nlu.values import Amount, read_money, read_when

_SMALLEST_WORD = 100
_SEVERAL = 2
_GOING_ON = re.compile(
    r"^\W*(?:and|what about|how about|plus)\s+(?:(?:the ones |those )?(?:in|at)\s+)?\w+\W*$", re.IGNORECASE
)
LOST_REASONS = ("price", "competitor", "no_budget", "timing", "no_decision", "feature_gap")


@reads_slot("deal_account")
def read_deal_account(turn: Turn, said: str) -> str:
    """An account by name or reference, as a reference; a new name offers to create it."""
    return str(by_name(turn, Account, said, entity="account", creatable=True).ref)


@reads_slot("deal_amount")
def read_deal_amount(turn: Turn, said: str) -> str:
    """An amount with its currency; the company's where none was said."""
    amount = read_money(said, locale=turn.reading.locale)
    if amount is None or not _is_meant_as_amount(said, amount):
        raise SlotRejected("utter_unreadable_money", {"said": said[:60]})
    return f"{amount.value} {amount.currency or turn.policy.currency}"


def _is_meant_as_amount(said: str, amount: Amount) -> bool:
    # "the second one" holds a number word, and nobody sells anything for 1.
    return amount.currency is not None or amount.value >= _SMALLEST_WORD or any(char.isdecimal() for char in said)


@reads_slot("deal_close_date")
def read_deal_close_date(turn: Turn, said: str) -> str:
    """The last day of what was said ("end of March", "Q1"), not in the past."""
    return closing_day(turn, _day_to_come(turn, said)).isoformat()


def _day_to_come(turn: Turn, said: str) -> str:
    """Of several times in one message the one that lies ahead: "zoom with Jane this morning, wants it by February"."""
    dates = [each.value for each in turn.call.entities if each.entity == "date"]
    if len(dates) < _SEVERAL or said != dates[0]:
        return said
    when = read_when(said, turn.reading, prefer="future")
    if when is None or when.last_day > turn.reading.today:
        return said
    later = (each for each in dates[1:] if (day := read_when(each, turn.reading)) and day.last_day > turn.reading.today)
    return next(later, said)


def closing_day(turn: Turn, said: str) -> date:
    """The day a deal is to close; raises SlotRejected for a past or unreadable one."""
    when = read_when(said, turn.reading, prefer="future")
    if when is None:
        raise SlotRejected("utter_unreadable_date", {"said": said})
    if when.last_day < turn.reading.today:
        raise SlotRejected("utter_date_in_past", {"said": said, "date": date_text(when.last_day, turn.reading)})
    return when.last_day


@skill("action_log_deal", audience=SALES)
def log_deal(turn: Turn) -> None:
    """Save the deal the form has collected."""
    slots = turn.call.slots
    account = by_name(turn, Account, slots.get("deal_account") or "", entity="account")
    turn.slots.update(dict.fromkeys((name for name in slots if name.startswith("deal_")), None))
    money = money_from(turn, slots.get("deal_amount"))
    contact = resolve_contact(turn) if turn.call.first("contact") else None
    stage = _first_stage(turn)
    close = slots.get("deal_close_date")
    values = {
        "name": slots.get("deal_name") or turn.words.say("utter_deal_default_name", account=account.name),
        "account_id": account.id,
        "contact_id": contact.id if contact and contact.account_id == account.id else None,
        "owner_id": turn.colleague.id,
        "stage_id": stage.id,
        "amount": money.amount if money else None,
        "currency": money.currency if money else turn.policy.currency,
        "close_date": date.fromisoformat(close) if close else None,
        "stage_since": turn.uow.now,
        "last_activity_at": turn.uow.now,
    }
    _add_or_propose(turn, account, values, money)


def _add_or_propose(turn: Turn, account: Account, values: dict[str, object], money: Money | None) -> None:
    if money is not None and above_limit(turn, money):
        summary = turn.words.say("utter_summary_log_deal", account=account.name, amount=money_text(money, turn.reading))
        propose_record(turn, Deal, values, summary=summary, sort="amount")
        return
    deal = turn.uow.add(Deal(**values))
    turn.focus_on(deal)
    turn.say("utter_deal_logged", deal=deal.name)
    show_deal(turn, deal)
    turn.offer_undo()


def revised_new_deal(turn: Turn) -> bool:
    """Change the deal that is only proposed yet, when that is what was talked about last; whether it was.

    "Make that 1.2m" after "This logs a deal with Globex for 1,500,000 USD. Shall I?" means the new deal.
    """
    if any(turn.call.first(each) is not None for each in ("ref", "account", "deal", "contact", "version")):
        return False
    proposal = latest_open_proposal(turn)
    if proposal is None or [item.get("create") for item in proposal.changes] != [Deal.kind]:
        return False
    amount, day = turn.call.first("amount"), turn.call.first("date")
    if amount is None and day is None:
        return False
    values: dict[str, object] = {
        field: from_json(Deal, field, value) for field, value in proposal.changes[0]["values"].items()
    }
    if amount is not None:
        money = money_from(turn, read_deal_amount(turn, amount))
        if money is not None:
            values |= {"amount": money.amount, "currency": money.currency}
    if day is not None:
        values["close_date"] = closing_day(turn, day)
    cancel_proposal(turn, proposal)
    account = turn.session.get_one(Account, values["account_id"])
    worth = values["amount"]
    _add_or_propose(
        turn, account, values, Money(worth, str(values["currency"])) if isinstance(worth, Decimal) else None
    )
    return True


@skill("action_update_deal", audience=SALES)
def update_deal(turn: Turn) -> None:
    """Set amount, close date, next step or title; a form may set them all at once, and the stage."""
    if revised_new_deal(turn):
        return
    if moves_a_task(turn):
        snooze_task(turn)
        return
    deal = resolve_deal(turn)
    if _was_changed_since(turn, deal):
        turn.focus_on(deal)
        turn.say("utter_changed_meanwhile", record=deal.name)
        show_deal(turn, deal)
        return
    fields = _fields_said(turn, deal)
    if not fields and turn.call.first("field") == "next step":
        turn.focus_on(deal)
        raise Missing("subject", "utter_ask_next_step", free_text=True)
    if not fields:
        turn.focus_on(deal)
        raise Missing("change", "utter_ask_which_change", free_text=True)
    change_deal(turn, deal, fields)


def _was_changed_since(turn: Turn, deal: Deal) -> bool:
    """Whether the deal is another one than the form showed that was filled in."""
    opened = turn.call.first("version")
    return opened is not None and opened != str(deal.version)


def _fields_said(turn: Turn, deal: Deal) -> dict[str, object]:
    first = turn.call.first
    fields: dict[str, object] = {}
    amount, day, stage = first("amount"), first("date"), first("stage")
    with_day = step_with_its_day(turn.call)
    if with_day is not None:
        day = None
    if first("field") == "probability":
        amount = None
    stepped = stepped_amount(turn, deal.amount)
    bare = amount is None or amount.isdecimal()
    if stepped is None and day is None and first("version") is None and bare and first("field") in {None, "amount"}:
        ends = {each.end for each in turn.call.entities if each.entity in {"account", "deal"}}
        stepped = shortened_amount(turn.call.text, deal.amount, name_ends=ends)
    if stepped is not None:
        fields["amount"] = stepped
    elif amount is not None:
        fields |= {"amount": None} if amount == UNKNOWN else amount_fields(turn, deal, amount)
    if day is not None:
        fields["close_date"] = None if day == UNKNOWN else closing_day(turn, day)
    subject, step, title = with_day or first("subject"), first("next_step"), first("title")
    if subject is not None:
        fields["name" if first("field") == "name" else "next_step"] = subject
    if step is not None:
        fields["next_step"] = None if step == UNKNOWN else step
    if title is not None:
        fields["name"] = title
    if stage is not None and first("version") is not None:
        fields["stage_id"] = resolve_stage(turn, deal, stage).id
    return fields


@skill("action_move_deal", audience=SALES)
def move_deal(turn: Turn) -> None:
    """Move a deal to another stage; won and lost go their own way. "And in proposal?" goes on from the last report."""
    if _GOING_ON.match(turn.call.text) and went_on_from_report(turn):
        return
    deal = resolve_deal(turn)
    said = turn.call.first("stage", role="to") or turn.call.first("stage")
    if said is None:
        stages = [s for s in deal.stage.pipeline.stages if s.id != deal.stage_id]
        raise Missing("stage", "utter_ask_which_stage", tuple((s.name, s.name) for s in stages))
    stage = resolve_stage(turn, deal, said)
    if stage.type is StageType.LOST:
        lose(turn, deal, stage)
    elif stage.id == deal.stage_id:
        turn.focus_on(deal)
        turn.say("utter_deal_already_there", deal=deal.name, stage=stage.name)
    else:
        change_deal(turn, deal, {"stage_id": stage.id})


@skill("action_win_deal", audience=SALES)
def win_deal(turn: Turn) -> None:
    """Close a deal as won, with a last word on its amount when one was said."""
    deal = resolve_deal(turn)
    if deal.stage.type is StageType.WON:
        turn.focus_on(deal)
        turn.say("utter_deal_already_there", deal=deal.name, stage=deal.stage.name)
        return
    fields: dict[str, object] = {"stage_id": _stage_of_type(deal, StageType.WON).id}
    amount_said = turn.call.first("amount")
    if amount_said is not None:
        fields |= amount_fields(turn, deal, amount_said)
    change_deal(turn, deal, fields)


@skill("action_lose_deal", audience=SALES)
def lose_deal(turn: Turn) -> None:
    """Close a deal as lost; a reason is required."""
    deal = resolve_deal(turn)
    lose(turn, deal, _stage_of_type(deal, StageType.LOST))


def lose(turn: Turn, deal: Deal, stage: Stage) -> None:
    """Close ``deal`` as lost in ``stage``, asking for the reason when none was given."""
    reason = turn.call.first("reason")
    if reason is None:
        turn.focus_on(deal)
        choices = tuple((turn.words.label(f"reason_{key}"), turn.words.label(f"reason_{key}")) for key in LOST_REASONS)
        raise Missing("reason", "utter_ask_lost_reason", choices, free_text=True)
    change_deal(turn, deal, {"stage_id": stage.id, "lost_reason": reason})


@skill("action_reassign", audience=SALES | {Role.SUPPORT})
def reassign(turn: Turn) -> None:
    """Give a deal or an account to another colleague; always after a confirmation, since it leaves somebody's list.

    A ticket is given at once: whoever gets it is told.
    """
    if _is_about_a_ticket(turn):
        assign_ticket(turn)
        return
    person = turn.call.first("person")
    account_only = turn.call.first("record_kind") in {"account", "company", "accounts"}
    record: Deal | Account
    if account_only:
        record = by_name(turn, Account, turn.call.first("account") or "", entity="account")
    else:
        record = resolve_deal(turn)
    turn.focus_on(record)
    if person is None:
        raise Missing("person", "utter_ask_which_person", free_text=True)
    owner = resolve_user(turn, person)
    require_permission(turn, record)
    changes = describe_changes(record, owner_id=owner.id)
    if not changes:
        raise refused("utter_already_owner", record=record.name, person=owner.name)
    summary = turn.words.say("utter_summary_reassign", record=record.name, person=owner.name)
    propose_changes(turn, changes, summary=summary, sort="reassign")


def _is_about_a_ticket(turn: Turn) -> bool:
    call, focus = turn.call, turn.last_focus()
    if call.first("ticket_number") is not None or (call.first("record_kind") or "").casefold().startswith("ticket"):
        return True
    named = any(call.first(each) is not None for each in ("account", "contact", "deal", "record_kind", "ref"))
    return not named and ((focus is not None and focus.kind == Ticket.kind) or turn.actor.role is Role.SUPPORT)


def change_deal(turn: Turn, deal: Deal, fields: dict[str, object]) -> None:
    """Change a deal's fields at once, or propose it where the deal is somebody else's or the amount is large."""
    changes = describe_changes(deal, **fields)
    turn.focus_on(deal)
    if not changes:
        turn.say("utter_nothing_changes", record=deal.name)
        show_deal(turn, deal)
        return
    at_once = require_permission(turn, deal)
    amount, currency = fields.get("amount"), fields.get("currency", deal.currency)
    sort = "others"
    if isinstance(amount, Decimal) and above_limit(turn, Money(amount, str(currency))):
        at_once, sort = False, "amount"
    if not at_once:
        summary = turn.words.say("utter_summary_change", record=deal.name, changes=_changes_line(turn, changes))
        propose_changes(turn, changes, summary=summary, sort=sort)
        return
    for field, value in fields.items():
        setattr(deal, field, value)
    turn.uow.flush()
    turn.session.refresh(deal, ["stage"])
    say_changes(turn, changes, record=deal.name)
    show_deal(turn, deal)
    turn.offer_undo()


def amount_fields(turn: Turn, deal: Deal, said: str) -> dict[str, object]:
    """The deal fields an amount in words sets; one without a currency is in the deal's."""
    amount = read_money(said, locale=turn.reading.locale)
    named = amount is not None and amount.currency is not None
    money = money_from(turn, read_deal_amount(turn, said))
    if money is not None and not named and deal.amount is not None and deal.currency:
        money = Money(money.amount, deal.currency)
    return {"amount": money.amount, "currency": money.currency} if money else {}


def above_limit(turn: Turn, money: Money) -> bool:
    """Whether the amount is one that waits for a confirmation; an unknown rate counts as large."""
    return Rates.load(turn.session, turn.policy.currency).at_least(money, turn.policy.confirm_above, turn.reading.today)


def _changes_line(turn: Turn, changes: tuple[FieldChange, ...]) -> str:
    return "; ".join(change_texts(turn, changes))


def money_from(turn: Turn, text: str | None) -> Money | None:
    """A canonical amount as money, in the company's currency when it names none."""
    amount = read_money(text) if text else None
    return Money(amount.value, amount.currency or turn.policy.currency) if amount else None


def _first_stage(turn: Turn) -> Stage:
    said = turn.call.first("stage")
    pipeline = turn.session.scalars(select(Pipeline).where(Pipeline.is_default.is_(True))).one()
    open_stages = [stage for stage in pipeline.stages if stage.type is StageType.OPEN]
    if said is not None:
        named = [stage for stage in open_stages if stage.name.casefold() == said.casefold()]
        if named:
            return named[0]
    return open_stages[0]


def _stage_of_type(deal: Deal, stage_type: StageType) -> Stage:
    return next(stage for stage in deal.stage.pipeline.stages if stage.type is stage_type)
