"""What a new ticket is about and how urgent it is, by the words it is written in. A person may change both."""

from __future__ import annotations

import re

from crm_store.models import TicketPriority

_CATEGORIES = (
    # What draws no power has nothing to do with the bill: "the tablet doesn't charge".
    (
        "product",
        r"(?:(?:does|do|did|will|is|are|was)(?:n'?t| not)|won'?t|can'?t|cannot|not|no longer|stopp?(?:s|ed)|never) "
        r"charg(?:e|es|ing)(?! (?:me|us|my|our|you|the|for|a|an)\b)"
        r"|(?:batter(?:y|ies)|tablets?|devices?|scanners?|sensors?)\b.{0,20}\bcharg(?:e|es|ing)",
    ),
    ("billing", r"invoices?|bill(?:s|ed|ing)?|charged?|payments?|paid|pay|price|vat|receipt|credit card|subscription"),
    ("shipping", r"deliver\w*|ship\w*|parcel|package|courier|carrier|tracking|arriv\w*|order"),
    (
        "account",
        r"log ?in|log(?:ged)? in|sign(?:ed)? ?in|password|locked|permission\w*|users?|accounts?|access|2fa|sso",
    ),
    ("product", r"\w*"),
)
_CATEGORY_PATTERNS = tuple((name, re.compile(rf"\b(?:{words})\b", re.IGNORECASE)) for name, words in _CATEGORIES)
_URGENT = re.compile(
    r"\b(?:urgent\w*|asap|emergency|immediately|right away|production (?:is )?down|outage|data (?:loss|breach|leak)"
    r"|los(?:t|ing) (?:\w+ ){0,4}data|hacked|lawyers?|solicitors?|attorney|legal action|sue|fire|smoke|smok\w+|burn\w*"
    r"|injur\w*|dangerous|electric shock|nobody can work|nothing works"
    r"|all (?:users|of us) (?:are )?(?:down|blocked))\b",
    re.IGNORECASE,
)
_HIGH = re.compile(
    r"\b(?:important|high priority|critical|blocked|blocking|crash\w*|can'?t work|cannot work|(?:is|are|went) down"
    r"|twice|(?:second|third|fourth|2nd|3rd) time|again and again|third|unacceptable|ridiculous|disgrace|furious"
    r"|fed up|had enough|compensation|cancel (?:our|my) contract|another supplier|wrong address)\b",
    re.IGNORECASE,
)
_LOW = re.compile(
    r"\b(?:no (?:rush|hurry)|not urgent|low priority|whenever you (?:can|have time)|minor|typo|would be nice)\b",
    re.IGNORECASE,
)
_REFUND = re.compile(
    r"\b(?:refund\w*|money back|reimburse\w*|compensation|pay (?:me|us) back|charge ?back)\b", re.IGNORECASE
)
_RETURN = re.compile(
    r"\b(?:return(?:ing|ed)?|send (?:it|them|this|these|the \w+) back|take (?:it|them|this) back|exchange|swap"
    r"|replace(?:d|ment)?|not keeping|new one)\b",
    re.IGNORECASE,
)


def category_of(text: str) -> str:
    """ "billing", "shipping", "account" or "product", the first whose words occur."""
    return next((name for name, pattern in _CATEGORY_PATTERNS if pattern.search(text)), "product")


def complaint_category_of(text: str) -> str:
    """ "refund" or "return" where that is what somebody wants, else "complaint"."""
    if _REFUND.search(text):
        return "refund"
    return "return" if _RETURN.search(text) else "complaint"


def priority_of(text: str) -> TicketPriority:
    """Urgent, high or low where the words say so, else normal; "not urgent" is low."""
    if _LOW.search(text):
        return TicketPriority.LOW
    if _URGENT.search(text):
        return TicketPriority.URGENT
    return TicketPriority.HIGH if _HIGH.search(text) else TicketPriority.NORMAL
