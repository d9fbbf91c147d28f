"""Running one action: the right skill, for the right people, with every expected failure turned into words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from actions.asking.customer_lists import listed_customers
from actions.asking.handing_over import said_to_have_no_figures, showed_own_report_again, went_on_from_report
from actions.asking.mistaken import asked_for_figures
from actions.due_dates import due_in_subject
from actions.errors import ActionError, SlotRejected
from actions.questions import answer_error
from actions.registry import audience_of, skill_for, slot_readers
from actions.skills.smalltalk import offer_examples
from actions.turn import Turn
from crm_store.errors import DatabaseUnavailable, StoreError
from crm_store.models import Account, Role
from nlu.values import UnreadableValue

UNKNOWN = "-"
"""A form slot's value when the person does not know it or skips it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an action did not do what was asked: the error's type, for the trace and the command line."""

    error: str
    detail: str


def run_action(turn: Turn) -> Failure | None:
    """Run the action of ``turn.call``. An expected failure undoes what the action did and becomes a reply.

    Raises KeyError for an action no skill declares; anything unexpected passes through.
    """
    turn.was_asking = bool(turn.conversation.pending)
    skill = skill_for(turn.call.action, audience_of(turn))
    figures = skill is None or turn.call.action in _MISTAKEN_FOR
    if (figures and _told_figures(turn, narrowed=skill is not None)) or (
        turn.call.action in _MAY_LIST_CUSTOMERS and _listed_customers(turn)
    ):
        # What was asked before is not answered by this, and must not take the next message for its answer.
        turn.conversation.pending = {}
        return None
    if skill is None and turn.call.action == "action_refine_report" and _shown_again(turn):
        turn.conversation.pending = {}
        return None
    if skill is None:
        if audience_of(turn) == Role.MARKETER:
            turn.say("utter_not_for_marketers")
            offer_examples(turn)
        elif turn.actor.is_staff:
            turn.say("utter_not_for_you")
        else:
            turn.say("utter_not_for_customers")
            turn.offer(turn.words.label("human"), "talk_to_human")
        return Failure("not_for_role", audience_of(turn))
    if turn.call.action in _OPENS_TICKETS and turn.actor.is_staff and said_to_have_no_figures(turn):
        turn.conversation.pending = {}
        return None
    if turn.call.action in _MAY_GO_ON and not turn.was_asking and _went_on(turn):
        return None
    turn.conversation.pending = {}
    parts, buttons, menus = len(turn.reply.parts), len(turn.reply.buttons), len(turn.reply.menus)
    postings = len(turn.postings)
    savepoint = turn.session.begin_nested()
    try:
        skill.handler(turn)
        turn.uow.flush()
    except DatabaseUnavailable:
        raise
    except (ActionError, StoreError, UnreadableValue) as error:
        savepoint.rollback()
        turn.uow.journal.start_entry(turn.uow.journal.origin)
        del turn.reply.parts[parts:], turn.reply.buttons[buttons:], turn.reply.menus[menus:], turn.postings[postings:]
        answer_error(turn, error)
        return Failure(type(error).__name__, str(error))
    savepoint.commit()
    return None


_MISTAKEN_FOR = frozenset(
    f"action_{intent}"
    for intent in (
        "ask_lifetime_value", "ask_question", "create_task", "log_activity", "log_deal", "lose_deal", "move_deal",
        "open_ticket", "order_status", "search", "set_away", "set_digest", "set_language", "set_nudges", "show_tasks",
        "undo", "update_deal", "update_record", "what_changed", "why", "win_deal",
    )
)  # fmt: skip
"""What questions about figures have been taken for, where the words alone tell better."""


_OPENS_TICKETS = frozenset({"action_complaint", "action_open_ticket"})
_MAY_GO_ON = frozenset({"action_ask_lifetime_value", "action_ask_question", "action_greet"})
"""What a few words after a report have been taken for ("in value", "how much is that", "yoy")."""
_FEW = 5
_COMPARES = re.compile(r"\W*(?:yoy|qoq|mom|wow|[ymqw]/[ymqw])\W*", re.IGNORECASE)
_OF_ITS_OWN = re.compile(r"\b(?:lifetime|clv|ltv|cltv|worth|hi|hello|hey)\b", re.IGNORECASE)


def _went_on(turn: Turn) -> bool:
    """Show the last report otherwise as a few words ask; whether they did."""
    words = turn.call.words
    if not turn.actor.is_staff or len(words.split()) > _FEW or _OF_ITS_OWN.search(words):
        return False
    if turn.call.action == "action_greet" and not _COMPARES.fullmatch(words):
        return False
    try:
        return went_on_from_report(turn)
    except (ActionError, StoreError):
        return False


def _shown_again(turn: Turn) -> bool:
    """Show the last report of its own kind otherwise ("export them as csv") to who has no figures beside it."""
    try:
        return turn.actor.is_staff and showed_own_report_again(turn)
    except (ActionError, StoreError):
        return False


_MAY_LIST_CUSTOMERS = frozenset(
    f"action_{intent}"
    for intent in (
        "ask_churn", "ask_question", "ask_recommendation", "ask_report", "ask_segments", "fallback", "inform",
        "refine_report", "search", "show_pipeline", "show_record", "show_results", "show_tasks",
        "team_activity",
    )
)  # fmt: skip


def _listed_customers(turn: Turn) -> bool:
    """Answer "list customers in Berlin", for which there is no intent of its own; whether it was asked."""
    try:
        return listed_customers(turn)
    except (ActionError, StoreError):
        return False


def _told_figures(turn: Turn, *, narrowed: bool) -> bool:
    """Answer what reads as a question about figures; whether it did.

    "How many orders did Globex place" is for who may not look at the orders themselves; "deals lost because of timing"
    loses no deal, and "label printer sales this year" is nothing to be reminded of.
    """
    try:
        return asked_for_figures(turn, narrowed=narrowed)
    except (ActionError, StoreError):
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotReading:
    """What became of the slots a message filled: canonical values, and those that could not be taken."""

    accepted: dict[str, str]
    rejected: frozenset[str]


def read_slots(turn: Turn, said: dict[str, str]) -> SlotReading:
    """Bring a form's freshly filled slots into canonical form; what cannot be taken is explained in the reply."""
    accepted: dict[str, str] = {}
    rejected: set[str] = set()
    readers = slot_readers()
    said = {**said, **_account_pointed_at(turn, said), **due_in_subject(turn, said)}
    for slot, text in said.items():
        if text == UNKNOWN or slot not in readers:
            accepted[slot] = text
            continue
        try:
            accepted[slot] = readers[slot](turn, text)
        except (ActionError, StoreError, UnreadableValue) as error:
            rejected.add(slot)
            if isinstance(error, SlotRejected) and not turn.words.has(error.response):
                raise
            answer_error(turn, error)
    return SlotReading(accepted=accepted, rejected=frozenset(rejected))


_ACCOUNT_SLOTS = {"log_deal_form": "deal_account", "add_contact_form": "contact_account"}
_THERE = re.compile(
    r"\b(?:there|(?:with|for) them|(?:at|for|with|of) (?:that|this|the same) (?:company|account|customer))\b",
    re.IGNORECASE,
)


def _account_pointed_at(turn: Turn, said: dict[str, str]) -> dict[str, str]:
    """The company of a new record when it is the one just talked about: "add Tom as a contact there"."""
    slot = _ACCOUNT_SLOTS.get(turn.call.action)
    if slot is None or turn.call.slots.get(slot) is not None or not _THERE.search(turn.call.text):
        return {}
    named = said.get(slot)
    focused = turn.focused_id(Account.kind)
    # A name that was said wins; a word that only points is none.
    if focused is None or (named is not None and not _THERE.fullmatch(named.strip())):
        return {}
    return {slot: f"{Account.kind}:{focused}"}
