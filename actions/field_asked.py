"""A question for one fact of a record, answered with that fact alone: "who owns it?", "what's her number?"."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from actions.describing import describe_briefly
from actions.formatting import date_text, money_text
from actions.turn import Turn
from crm_store.models import Account, Contact, Deal, Record

_ASKING = re.compile(
    r"^\W*(?:(?:and|so|but|ok|btw)\W+)*(?:what(?:'s|s| is| are)?|whats|who(?:'s|s| is|m)?|when|where"
    r"|how (?:much|many|big)|do (?:i|we|you) (?:have|know)|(?:give|tell|show) me|its|it's|his|her|their)\b",
    re.IGNORECASE,
)
_MORE_THAN_A_FACT = re.compile(
    r"\b(?:histor\w*|last|latest|happen\w*|new|story|about|spoke|speak|talk\w*|changed?|deals|tasks|tickets|orders?|and)\b",
    re.IGNORECASE,
)
_PERSON = re.compile(r"\b(?:her|his|him|she|he|their|them|they)\b", re.IGNORECASE)
_OVER_THERE = re.compile(r"\bthere\b", re.IGNORECASE)
_LONGEST = 10
_MOST_NAMED = 10
_Fact = tuple[re.Pattern[str], str, Callable[[Turn, Any], str | None]]


def _fact(pattern: str, label: str, value: Callable[[Turn, Any], str | None]) -> _Fact:
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE), label, value


_FACTS: dict[type[Record], tuple[_Fact, ...]] = {
    Deal: (
        _fact("owns?|owner|whose", "owner", lambda _, deal: deal.owner.name),
        _fact(
            "worth|value|amount|how (?:much|big)|size|price",
            "amount",
            lambda turn, deal: money_text(deal.money, turn.reading) if deal.money else None,
        ),
        _fact("next step", "next_step", lambda _, deal: deal.next_step),
        _fact("stage", "stage", lambda _, deal: f"{deal.stage.name} ({deal.stage.probability}%)"),
        _fact(
            "clos(?:e|es|ing)(?: date)?",
            "close_date",
            lambda turn, deal: date_text(deal.close_date, turn.reading) if deal.close_date else None,
        ),
        _fact("contact", "contact", lambda _, deal: deal.contact.name if deal.contact else None),
    ),
    Contact: (
        _fact("e-?mail(?: address)?", "email", lambda _, contact: contact.email),
        _fact("phone|number|mobile|cell|tel", "phone", lambda _, contact: contact.phone),
        _fact("title|role|job|position", "title", lambda _, contact: contact.title),
        _fact(
            "company|work(?:s|ing)? (?:for|at)", "account", lambda _, each: each.account.name if each.account else None
        ),
    ),
    Account: (
        _fact("owns?|owner", "owner", lambda _, account: account.owner.name if account.owner else None),
        _fact("e-?mail(?: address)?", "email", lambda _, account: account.email),
        _fact("phone|number|tel", "phone", lambda _, account: account.phone),
        _fact("website|web site|url|homepage", "website", lambda _, account: account.website),
        _fact("industry|sector", "industry", lambda _, account: account.industry),
        _fact("region", "region", lambda _, account: account.region),
        _fact(
            "employees|headcount|staff|people work",
            "employees",
            lambda _, account: f"{account.employees:,}" if account.employees else None,
        ),
        _fact(
            "contacts?|know there|know at",
            "contacts",
            lambda _, account: (
                ", ".join(
                    f"{each.name} ({each.title})" if each.title else each.name
                    for each in account.contacts[:_MOST_NAMED]
                )
                + (f" (+{len(account.contacts) - _MOST_NAMED})" if len(account.contacts) > _MOST_NAMED else "")
            ),
        ),
    ),
}


def asks_for_a_fact(text: str) -> bool:
    """Whether a message asks for one fact of a record, whichever that is."""
    return _asks(text) and any(pattern.search(text) for facts in _FACTS.values() for pattern, _, _ in facts)


def said_fact(turn: Turn, record: Record) -> bool:
    """Say the fact that was asked for; whether one was. Asked of a deal, it may be one of its company or contact."""
    text = turn.call.text
    if not _asks(text):
        return False
    for each in _related(turn, record):
        for pattern, label, value in _FACTS.get(type(each), ()):
            if pattern.search(text):
                found = value(turn, each)
                turn.focus_on(each)
                name = describe_briefly(each) if isinstance(each, Contact) else str(getattr(each, "name", ""))
                if found:
                    turn.say("utter_fact", record=name, field=turn.words.label(label), value=found)
                else:
                    turn.say("utter_fact_missing", record=name, field=turn.words.label(label))
                turn.offer(turn.words.say("utter_button_show", record=name), "show_record", ref=str(each.ref))
                return True
    return False


def _asks(text: str) -> bool:
    return _ASKING.match(text) is not None and _MORE_THAN_A_FACT.search(text) is None and len(text.split()) <= _LONGEST


def _related(turn: Turn, record: Record) -> list[Record]:
    talked_about = turn.focused_id(Contact.kind)
    person = turn.session.get(Contact, talked_about) if talked_about is not None else None
    if isinstance(record, Deal) and _OVER_THERE.search(turn.call.text):
        return [record.account, record]
    if not isinstance(record, Deal):
        if isinstance(record, Contact) and record.account is not None:
            return [record, record.account]
        return [record]
    if _PERSON.search(turn.call.text):
        whom = person or record.contact
        return [each for each in (whom, record, record.account) if each is not None]
    return [record, record.account]
