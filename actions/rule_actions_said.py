"""The second half of a rule's sentence: what is to be done."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from actions.rule_triggers_said import LENGTH, days_in

Person = Callable[[str], str | None]
_NEXT = re.compile(
    r"\s*(?:,\s*(?:and\s+)?(?:then\s+)?|\s+and\s+(?:then\s+)?|\s+then\s+|;\s*)"
    r"(?=(?:notify|tell|alert|ping|message|inform|warn|let|create|add|make|remind|assign|give|hand|set|change|move|mark|"
    r"ask|start|request|e-?mail|mail|send|call|post)\b)",
    re.IGNORECASE,
)
_THIRD_PERSON = re.compile(
    r"^(?:(notif)ies|(tell|alert|ping|inform|warn|let|create|add|make|remind|assign|give|set|change|move|mark|ask|start|"
    r"request|email|send|call|post|message)s)\b",
    re.IGNORECASE,
)
_NO_NAME = "know|that|to|in|when|by|about|of|with|for|saying"
_WHO = (
    rf"(?P<who>(?:the |its |his |her |their |my )?[\w'-]+(?: (?!(?:{_NO_NAME})\b)[\w'-]+){{0,2}}?)"
    r"(?: of (?:the|a|an|its|that|this) \w+)?"
)
_NOTIFY = re.compile(
    r"^(?:(?:notify|tell|alert|ping|message|inform|warn)|let|send (?:an? )?(?:message|note|alert) to)"
    rf"\s+{_WHO}(?:\s+know)?(?:\s+(?:about it|of it|at once|immediately))?"
    r"(?:\s*(?:that|saying|with the text|:)\s*(?P<text>.+))?$",
    re.IGNORECASE,
)
_I_GET = re.compile(
    r"\b(?:i|me) (?:get|want to get|receive) (?:a|an) (?:message|note|alert|notification)$", re.IGNORECASE
)
_REMIND = re.compile(
    rf"^(?:remind\s+{_WHO}(?:\s+(?:to|about|of|that)\s+(?P<subject>.+))?"
    rf"|ask\s+{_WHO.replace('<who>', '<asked>')}\s+to\s+(?P<asked_to>.+))$",
    re.IGNORECASE,
)
_TASK = re.compile(
    rf"^(?:(?:create|add|make|open|set|give|schedule)\s+)?(?:(?:{_WHO})\s+)?(?:an?\s+)?(?:new\s+)?(?:follow[- ]?up\s+)?"
    r"(?:task|to-?do|reminder|follow[- ]?up)\b(?P<rest>.*)$",
    re.IGNORECASE,
)
_FOR = re.compile(rf"^\s*for\s+{_WHO}(?=\s+(?:to|in|about|after|tomorrow|today|:)|\s*$|,|:)", re.IGNORECASE)
_IN = re.compile(
    rf"\s*,?\s*\b(?:in|after|within|due in)\s+{LENGTH}\b|\s*\b(?P<near>today|tomorrow|next week)\b", re.IGNORECASE
)
_QUOTED = re.compile(
    r"""^\s*["'“”](?P<subject>[^"“”]+?)["'“”](?:\s+for\s+(?P<who>(?:the |its |my )?[\w'-]+)(?=\s|$))?(?P<rest>.*)$"""
)
_ASSIGN = re.compile(
    r"^(?:(?:assign|give|hand|route)\s+(?:it|them|this|that|the \w+)(?:\s+over)?\s+to|"
    rf"(?:go(?:es)?|should go|is assigned|are assigned)\s+to)\s+{_WHO}$",
    re.IGNORECASE,
)
_SET = re.compile(
    r"^(?:set|change|update)\s+(?:its|the|their)?\s*(?P<field>[\w ]+?)\s+to\s+(?P<value>.+)$", re.IGNORECASE
)
_MOVE = re.compile(r"^move\s+(?:it|them|the deal)\s+to\s+(?:the\s+)?(?P<value>[\w ]+?)(?:\s+stage)?$", re.IGNORECASE)
_MARK = re.compile(
    r"^(?:mark|make|flag)\s+(?:it|them|the ticket)\s+(?:as\s+)?(?P<value>urgent|high|normal|low)(?:\s+priority)?$",
    re.IGNORECASE,
)
_APPROVAL = re.compile(
    rf"^(?:(?:ask|get)\s+{_WHO}\s+(?:for|to)\s+(?:an?\s+|its\s+)?(?:approv\w+|ok)"
    r"|(?:start|request|get|ask for)\s+(?:an?\s+)?approval"
    r"(?:\s+(?:from|of|by|with)\s+(?P<from>(?:the |my )?[\w'-]+))?)(?:\s+(?:to|for)\s+(?P<what>.+))?$",
    re.IGNORECASE,
)
_EMAIL = re.compile(
    r"^(?:e-?mail|mail|send\s+(?:an?\s+)?(?:e-?mail|mail|letter)\s+to)\s+(?P<who>(?:the |its |their |my )?[\w.@'+-]+)"
    r"(?:\s*(?:and say|saying|with the text|with|that|:)\s*(?P<text>.+))?$",
    re.IGNORECASE,
)
_WEBHOOK = re.compile(
    r"^(?:call|post|trigger|hit|send)\b.*?(?P<url>https?://\S+?)[.,]?$",
    re.IGNORECASE,
)
_SETTABLE = {
    "next step": "next_step", "close date": "close_date", "amount": "amount", "owner": "owner", "stage": "stage",
    "priority": "priority", "status": "status", "source": "source", "name": "name", "industry": "industry",
    "region": "region", "category": "category",
}  # fmt: skip
_ROLES = {"support": "support", "admin": "admin", "admins": "admin", "managers": "manager", "reps": "rep"}
_OWNERS = frozenset({"owner", "account owner", "deal owner", "owners", "rep", "assignee", "seller", "agent"})


def read_actions(text: str, *, person: Person, kind: str) -> list[dict[str, Any]]:
    """The actions in what stands after the trigger, in their order; empty unless all of it was understood."""
    parts = [part.strip(" .,!") for part in _NEXT.split(text) if part.strip(" .,!?")]
    actions = []
    for part in parts:
        bare = re.sub(r"^(?:please|then|automatically|just)\s+|\s+(?:please|pls|plz)$", "", part, flags=re.IGNORECASE)
        action = _read(_THIRD_PERSON.sub(_imperative, bare), person, kind)
        if action is None:
            return []
        actions.append(action)
    return actions


def _imperative(match: re.Match[str]) -> str:
    return f"{match[1]}y" if match[1] else str(match[2])


def _read(text: str, person: Person, kind: str) -> dict[str, Any] | None:
    for read in (_webhook, _approval, _notify, _email, _assign, _mark, _move, _set, _remind, _task):
        found = read(text, person, kind)
        if found is not None:
            return found
    return None


def _who(said: str | None, person: Person) -> str | None:
    if said is None:
        return None
    low = re.sub(r"^(?:the|its|his|her|their)\s+", "", said.casefold().strip())
    if low in {"me", "myself", "i"}:
        return "me"
    if low in _OWNERS:
        return "owner"
    if low in {"manager", "owner's manager", "boss"}:
        return "manager"
    if low == "my manager":
        return person("my manager")
    if low in {"team", "sales team", "everyone", "everybody", "my team", "owner's team"}:
        return "team"
    if low in {"contact", "customer"}:
        return "contact"
    role = low.removesuffix(" team")
    return _ROLES.get(role) or person(said.strip())


def _notify(text: str, person: Person, _kind: str) -> dict[str, Any] | None:
    if _I_GET.search(text):
        return {"do": "notify", "who": "me"}
    match = _NOTIFY.match(text)
    who = _who(match["who"], person) if match is not None else None
    if match is None or who is None or who == "contact":
        return None
    action = {"do": "notify", "who": who}
    if match["text"]:
        action["text"] = match["text"].strip(" '\"")
    return action


def _remind(text: str, person: Person, _kind: str) -> dict[str, Any] | None:
    match = _REMIND.match(text)
    who = _who(match["who"] or match["asked"], person) if match is not None else None
    if match is None or who is None:
        return None
    subject = match["subject"] or match["asked_to"]
    return _task_with(who, subject, person) if subject else {"do": "notify", "who": who}


def _task(text: str, person: Person, _kind: str) -> dict[str, Any] | None:
    match = _TASK.match(text)
    if match is None:
        return None
    rest, who = match["rest"], "owner"
    named = match["who"]
    if named and named.casefold() not in {"a", "an", "the", "new"}:
        who = _who(named, person) or "owner"
    found = _FOR.match(rest)
    if found is not None:
        meant = _who(found["who"], person)
        if meant is None:
            return None
        who, rest = meant, rest[found.end() :]
    return _task_with(
        who, re.sub(r"^\s*(?:to|about|that says|saying|:|called)\s*", "", rest, flags=re.IGNORECASE), person
    )


def _task_with(who: str, rest: str, person: Person) -> dict[str, Any]:
    days = 1
    quoted = _QUOTED.match(rest)
    if quoted is not None:
        meant = _who(quoted["who"], person) if quoted["who"] else who
        who, rest = meant or who, f"{quoted['subject']} {quoted['rest']}"
    when = _IN.search(rest)
    if when is not None:
        near = (when["near"] or "").casefold()
        days = {"today": 0, "tomorrow": 1, "next week": 7}[near] if near else days_in(when[0]) or 1
        rest = f"{rest[: when.start()]} {rest[when.end() :]}"
    subject = re.sub(r"^\s*(?:to|about|:|,)\s*", "", " ".join(rest.split()), flags=re.IGNORECASE).strip(" .,'\"")
    subject = re.sub(r"\b(?:them|him|her)\b", "{account}", subject) if subject else "Follow up"
    subject = re.sub(r"\bit\b", "{record}", subject)
    if subject.casefold() in {"call", "email", "visit", "phone"}:
        subject += " {account}"
    named = "{record}" in subject or "{account}" in subject
    return {
        "do": "create_task",
        "who": who,
        "subject": (subject[:1].upper() + subject[1:]) + ("" if named else ": {record}"),
        "in_days": days,
    }


def _assign(text: str, person: Person, _kind: str) -> dict[str, Any] | None:
    match = _ASSIGN.match(text)
    who = _who(match["who"], person) if match is not None else None
    return {"do": "assign", "who": who} if who is not None and who != "contact" else None


def _mark(text: str, _person: Person, kind: str) -> dict[str, Any] | None:
    match = _MARK.match(text)
    if match is None or kind != "ticket":
        return None
    return {"do": "set_field", "field": "priority", "value": match["value"].casefold()}


def _move(text: str, _person: Person, kind: str) -> dict[str, Any] | None:
    match = _MOVE.match(text)
    return {"do": "set_field", "field": "stage", "value": match["value"]} if match and kind == "deal" else None


def _set(text: str, person: Person, _kind: str) -> dict[str, Any] | None:
    match = _SET.match(text)
    field = _SETTABLE.get(match["field"].casefold().strip()) if match is not None else None
    if match is None or field is None:
        return None
    value = match["value"].strip(" '\"")
    if field == "owner":
        who = _who(value, person)
        return {"do": "assign", "who": who} if who is not None else None
    return {"do": "set_field", "field": field, "value": value}


def _approval(text: str, person: Person, kind: str) -> dict[str, Any] | None:
    match = _APPROVAL.match(text)
    if match is None or not match["what"]:
        return None
    who = _who(match["who"] or match["from"] or "manager", person)
    wanted = (
        _move(match["what"], person, kind) or _set(match["what"], person, kind) or _mark(match["what"], person, kind)
    )
    if who is None or wanted is None or wanted["do"] != "set_field":
        return None
    return {"do": "start_approval", "who": who, "field": wanted["field"], "value": wanted["value"]}


def _email(text: str, person: Person, _kind: str) -> dict[str, Any] | None:
    match = _EMAIL.match(text)
    if match is None:
        return None
    said = match["who"].strip(" '\"")
    to = said if "@" in said else _who(said, person)
    if to is None or to == "team":
        return None
    words = (match["text"] or "").strip(" '\"") or "{record}"
    words = words[:1].upper() + words[1:]
    return {"do": "send_email", "to": to, "subject": words[:80], "text": words}


def _webhook(text: str, _person: Person, _kind: str) -> dict[str, Any] | None:
    match = _WEBHOOK.match(text)
    return {"do": "call_webhook", "url": match["url"]} if match is not None else None
