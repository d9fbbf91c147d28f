"""Canned replies: found by name, filled with what is known of the ticket."""

from __future__ import annotations

import re

from rapidfuzz import fuzz, process
from sqlalchemy import select

from actions.desk.desk import Desk
from actions.desk.summary import first_name_of
from actions.errors import Refused, refused
from crm_store.models import CannedReply, Ticket, User
from crm_store.names import name_key

MAX_TEXT = 2_000
_SURE = 80
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
PLACEHOLDERS = ("name", "ticket", "subject", "agent", "company")


def find_canned(desk: Desk, said: str) -> CannedReply:
    """The canned reply of this name, or the one whose name is nearly it; raises Refused with the names there are."""
    every = {each.name: each for each in desk.session.scalars(select(CannedReply).order_by(CannedReply.name))}
    key = name_key(said)
    exact = [reply for name, reply in every.items() if name_key(name) == key]
    if exact:
        return exact[0]
    best = process.extract(key, {name: name_key(name) for name in every}, scorer=fuzz.token_set_ratio, limit=2)
    if best and best[0][1] >= _SURE and (len(best) == 1 or best[1][1] < best[0][1]):
        return every[best[0][2]]
    raise _no_such(said, list(every))


def fill_canned(desk: Desk, reply: CannedReply, ticket: Ticket, agent: User) -> str:
    """Its text for a ticket. What is no placeholder of ours stays as it is written."""
    values = {
        "name": first_name_of(desk, ticket),
        "ticket": ticket.number,
        "subject": ticket.subject,
        "agent": agent.name.split()[0],
        "company": desk.company.name,
    }
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), reply.text)


def save_canned(desk: Desk, name: str, text: str, author: User) -> CannedReply:
    """Write a canned reply, or another text for one there is; raises Refused for an unknown placeholder."""
    unknown = sorted({each for each in _PLACEHOLDER.findall(text) if each not in PLACEHOLDERS})
    if unknown:
        raise refused(
            "utter_macro_placeholder",
            unknown=", ".join(unknown),
            known=", ".join(f"{{{each}}}" for each in PLACEHOLDERS),
        )
    name = " ".join(name.split()).casefold()
    found = desk.session.scalar(select(CannedReply).where(CannedReply.name == name))
    if found is None:
        found = CannedReply(name=name, text="", updated_at=desk.now, updated_by="")
        desk.session.add(found)
    found.text, found.updated_at, found.updated_by = text[:MAX_TEXT], desk.now, f"{User.kind}:{author.id}"
    return found


def _no_such(said: str, names: list[str]) -> Refused:
    if not names:
        return refused("utter_no_macros")
    return refused("utter_no_such_macro", said=said[:60], names=", ".join(names[:20]))
