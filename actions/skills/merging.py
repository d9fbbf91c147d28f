"""Making one of two records of the same company or person; always after a confirmation, and undoable."""

from __future__ import annotations

import re

from actions.describing import describe_briefly
from actions.errors import Missing, refused
from actions.proposing import propose_changes, require_permission
from actions.registry import SALES, skill
from actions.reply import Table
from actions.resolving import by_name, by_ref
from actions.turn import Turn
from crm_store.finding import find_by_name
from crm_store.merging import likely_duplicates, plan_merge, talks_in_chat, weight
from crm_store.models import Account, Contact, Role

_INTO = re.compile(r"\b(?:in)?to\b|\bkeep\b", re.IGNORECASE)
_CONTACTS = re.compile(r"contact|person|people", re.IGNORECASE)
_MOST_ROWS, _MOST_BUTTONS = 15, 3


@skill("action_merge_records", audience=SALES, instead={Role.SUPPORT: "action_work_ticket"})
def merge_records(turn: Turn) -> None:
    """Propose to merge the two that are named; without names, list the pairs that look like one."""
    first, second = turn.call.first("ref"), turn.call.first("topic")
    if first is not None and second is not None:
        one, two = by_ref(turn, first), by_ref(turn, second)
        if not isinstance(one, Account | Contact) or not isinstance(two, Account | Contact):
            raise refused("utter_record_gone")
        _propose(turn, one, two)
        return
    accounts, contacts = turn.call.all("account"), turn.call.all("contact")
    if contacts and not (len(accounts) > 1 and len(contacts) == 1):
        _merge_named(turn, Contact, contacts, entity="contact")
    elif accounts:
        _merge_named(turn, Account, accounts, entity="account")
    else:
        _list_duplicates(turn)


def _merge_named(
    turn: Turn, record_class: type[Account] | type[Contact], said: tuple[str, ...], *, entity: str
) -> None:
    """The second of "X into Y" survives; else the one on which more hangs."""
    if len(said) > 1:
        one, two = (by_name(turn, record_class, name, entity=entity) for name in said[:2])
    else:
        same = find_by_name(turn.session, record_class, said[0]).best
        if len(same) != 2:
            raise Missing(entity, "utter_ask_merge_with", free_text=True)
        one, two = same
    keep, gone = (two, one) if _second_survives(turn, one, two) else (one, two)
    _propose(turn, keep, gone)


def _second_survives(turn: Turn, one: Account | Contact, two: Account | Contact) -> bool:
    return bool(_INTO.search(turn.call.text)) or weight(turn.uow, two) > weight(turn.uow, one)


def _propose(turn: Turn, survivor: Account | Contact, duplicate: Account | Contact) -> None:
    if survivor.id == duplicate.id:
        raise refused("utter_merge_same", record=survivor.name)
    if isinstance(survivor, Contact) and isinstance(duplicate, Contact) and talks_in_chat(turn.session, duplicate):
        if talks_in_chat(turn.session, survivor):
            raise refused("utter_merge_both_chat", record=survivor.name)
        survivor, duplicate = duplicate, survivor
    require_permission(turn, survivor)
    require_permission(turn, duplicate)
    if type(survivor) is not type(duplicate):
        raise refused("utter_record_gone")
    merge = plan_merge(turn.uow, survivor, duplicate)
    if merge.hidden:
        raise refused("utter_merge_hidden", record=duplicate.name, n=str(merge.hidden))
    turn.focus_on(survivor)
    summary = turn.words.say(
        "utter_summary_merge",
        duplicate=describe_briefly(duplicate),
        survivor=describe_briefly(survivor),
        n=str(merge.moved),
    )
    propose_changes(turn, merge.changes, summary=summary)


def _list_duplicates(turn: Turn) -> None:
    record_class: type[Account] | type[Contact] = (
        Contact if _CONTACTS.search(turn.call.first("record_kind") or turn.call.text) else Account
    )
    pairs = [
        (one, two) if weight(turn.uow, one) >= weight(turn.uow, two) else (two, one)
        for one, two in likely_duplicates(turn.session, record_class)[:_MOST_ROWS]
    ]
    if not pairs:
        turn.say("utter_no_duplicates")
        return
    label = turn.words.label
    turn.show(
        Table(
            title=label("duplicates"),
            columns=((label("keeps"), "text"), (label("goes"), "text")),
            rows=tuple((describe_briefly(one), describe_briefly(two)) for one, two in pairs),
        )
    )
    for one, two in pairs[:_MOST_BUTTONS]:
        turn.offer(
            turn.words.say("utter_label_merge", record=one.name), "merge_records", ref=str(one.ref), topic=str(two.ref)
        )
