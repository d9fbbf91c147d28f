"""Reminders that depend on an answer: "if Globex hasn't answered by Thursday", "unless Jane gets back to me"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from actions.errors import Missing
from actions.resolving import by_name
from actions.turn import Turn
from crm_store.finding import find_by_name
from crm_store.models import Account, Contact

_NOT = r"(?:has|have|do|does|did)(?:n['’]?t| not)(?: yet)?"
_DONE = r"(?:answer|repl[iy]|respond|react|(?:got|gotten|get|written|write|called|call|come|came) back)\w*"
CONDITION = re.compile(
    rf"\b(?:if|unless|in case|when)\s+(?:"
    rf"(?P<silent>[^,;]+?)\s+{_NOT}\s+{_DONE}"
    rf"|(?:I|we)\s+(?:{_NOT}\s+hear\w*(?:\s+anything)?|hear\w*\s+nothing)(?:\s+back)?\s+from\s+(?P<unheard>[^,;]+?)"
    rf"|there(?:['’]s| is)\s+(?:still\s+)?no\s+(?:answer|reply|response|news|word)\s+from\s+(?P<missing>[^,;]+?)"
    rf")(?P<yet>\s+(?:yet|to me|to us|by then|until then))*(?=$|[,;.!]|\s+(?:by|until|till|before|on|at|in)\b)"
    rf"|\bunless\s+(?P<speaker>[^,;]+?)\s+(?:(?:has|have)\s+)?(?:answers?|replie[sd]|responds?|reacts?|gets?\s+back|"
    rf"calls?\s+back|writes?\s+back|answered|replied|responded)\b(?:\s+(?:to me|to us))?",
    re.IGNORECASE,
)
"""What says that something depends on an answer, and whose."""
_PRONOUNS = frozenset({"they", "he", "she", "it", "them", "him", "her", "the customer", "the client"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """Whose answer is awaited, and what to do without one; ``task`` is "" when only the silence is to be told."""

    customer: Account | Contact
    task: str


def awaited_answer(turn: Turn, subject: str) -> Awaited | None:
    """What ``subject``, or the message it came in, says of an answer; None when it says nothing of one.

    Raises Ambiguous or UnknownName for a name, Missing for a pronoun that stands for nobody.
    """
    condition = CONDITION.search(subject) or CONDITION.search(turn.call.text)
    if condition is None:
        return None
    who = next(each for name in ("silent", "unheard", "missing", "speaker") if (each := condition[name]))
    task = " ".join(CONDITION.sub(" ", subject).split()).strip(" ,;.")
    return Awaited(customer=_customer(turn, who.strip()), task=task)


def _customer(turn: Turn, who: str) -> Account | Contact:
    if who.casefold() in _PRONOUNS:
        return _talked_about(turn)
    contacts = find_by_name(turn.session, Contact, who).best
    if len(contacts) == 1 and not find_by_name(turn.session, Account, who).best:
        return contacts[0]
    return by_name(turn, Account, who, entity="account")


def _talked_about(turn: Turn) -> Account | Contact:
    contact, account = turn.focused_id(Contact.kind), turn.focused_id(Account.kind)
    said = turn.call.first("account")
    found = (
        by_name(turn, Account, said, entity="account")
        if said is not None
        else turn.session.get(Contact, contact)
        if contact is not None
        else turn.session.get(Account, account)
        if account is not None
        else None
    )
    if found is None:
        raise Missing("account", "utter_ask_whose_answer", free_text=True)
    return found
