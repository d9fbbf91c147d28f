"""Questions as they are typed in a hurry, brought to the words the lexicon and the calendar know.

Only what has one meaning is changed: abbreviations, contractions without their apostrophe, slips in words of the
calendar, and what the figures are wanted for ("for the board deck"), which says nothing of which figures.
"""

from __future__ import annotations

import re
from collections.abc import Container

from rapidfuzz.distance import OSA

_SHORT = {
    "wk": "week", "wks": "weeks", "wek": "week", "weeek": "week", "mth": "month", "mths": "months", "mnth": "month",
    "mo": "month", "qtr": "quarter", "qtrs": "quarters", "yr": "year", "yrs": "years", "yaer": "year",
    "prev": "previous",
    "lst": "last", "las": "last", "lats": "last", "laast": "last", "nxt": "next", "thsi": "this", "tihs": "this",
    "yday": "yesterday", "tdy": "today", "rn": "right now", "atm": "right now",
    "hw": "how", "hwo": "how", "mny": "many", "mnay": "many", "mcuh": "much", "wat": "what", "wht": "what",
    "wats": "what's", "wots": "what's", "whts": "what's", "wich": "which", "whcih": "which", "teh": "the", "adn": "and",
    "shw": "show", "sho": "show", "giv": "give", "frm": "from", "fom": "from", "thru": "through", "btwn": "between",
    "acct": "account", "accts": "accounts", "cust": "customer", "custs": "customers", "prio": "priority",
    "mtg": "meeting", "mtgs": "meetings", "num": "number", "nr": "number", "amt": "amount", "delas": "deals",
    "dael": "deal", "avrg": "average", "avge": "average", "cmp": "compare",
    "ive": "i've", "im": "i'm", "weve": "we've", "wheres": "where's", "theres": "there's", "thats": "that's",
    "lets": "let's", "hes": "he's", "shes": "she's",
}  # fmt: skip
_SHORT_WORD = re.compile(rf"(?<![\w'\u2019])(?:{'|'.join(sorted(_SHORT, key=len, reverse=True))})(?![\w'\u2019])", re.I)
_WITHOUT = re.compile(r"(?<!\w)w/o(?!\w)", re.IGNORECASE)
_WITH = re.compile(r"(?<!\w)w/(?=\s)", re.IGNORECASE)

_CALENDAR = (
    "week", "weeks", "month", "months", "quarter", "quarters", "quarterly", "year", "years", "january", "february",
    "march", "april", "august", "september", "october", "november", "december", "yesterday", "today", "tomorrow",
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "previous",
)  # fmt: skip
_WORD = re.compile(r"(?<![\w'\u2019-])[a-z]{5,11}(?![\w'\u2019-])", re.IGNORECASE)
_TWO_SLIPS = 8

_WHOSE = r"(?:the|my|our|a|an|this|that|his|her|their|next|tomorrow'?s|today'?s|\w+day'?s|this week'?s|next week'?s)"
_SORT = (
    r"(?:(?:board|weekly|monthly|quarterly|annual|sales|team|staff|leadership|exec|executive|management|investor|business"
    r"|upcoming|big|next|pipeline|forecast|customer|client|steering|all.hands)\s+)*"
)
_OCCASION = (
    r"(?:deck|slides?|slide deck|presentation|preso|qbr|ppt|powerpoint|meeting|mtg|call|review|1[:-]1s?|1on1s?"
    r"|one.on.ones?|stand-?up|sync|huddle|report|board|boss|bosses|ceo|cfo|coo|cro|vp|newsletter|e-?mail|update|minutes"
    r"|planning|offsite|kick-?off|all.hands|investors?|shareholders|exec(?:utive)?s|leadership|management|records)"
)
_PURPOSE = re.compile(
    rf"\b(?:for|before|in|into|on)\s+{_WHOSE}\s+{_SORT}{_OCCASION}(?!\w)(?!\s+(?:rate|per|by|each))"
    rf"|\bfor\s+{_SORT}(?:deck|slides?|presentation|qbr|ppt|powerpoint|board meeting|planning)(?!\w)",
    re.IGNORECASE,
)


_MONTHS = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?|q[1-4])(?:\s+20\d\d)?"
)
_BETWEEN = re.compile(rf"\bbetween\s+({_MONTHS})\s+and\s+({_MONTHS})(?!\w)", re.IGNORECASE)
_ROLLING = re.compile(r"\b(?:rolling|trailing)\s+(?=\d+\s+(?:day|week|month|quarter|year))", re.IGNORECASE)
_OF_A_TIME = re.compile(r"\b((?:last|this|next|previous)\s+(?:week|month|quarter|year))s(?=\s+[a-z])", re.IGNORECASE)
_GOING = re.compile(
    r"\b(my|our|the)\s+(?=(?:week|month|quarter|year)\s+(?:going|looking|so\s+far|doing))", re.IGNORECASE
)
_UNTIL = re.compile(
    r"\bby\s+(?=(?:the\s+)?end\s+of\s+(?:the\s+|this\s+|next\s+)?(?:week|month|quarter|year)|eo[wmqy]\b)", re.IGNORECASE
)


def respelled(text: str, *, known: Container[str] = frozenset()) -> str:
    """A question in the spelling that is read. ``known``: words (lower case) that mean something as they are."""
    text = _PURPOSE.sub(" ", text)
    text = _WITH.sub("with", _WITHOUT.sub("without", text))
    text = _BETWEEN.sub(r"from \1 to \2", _ROLLING.sub("last ", _UNTIL.sub("until ", text)))
    text = _GOING.sub(r"\1 this ", _OF_A_TIME.sub(r"\1", text))
    text = _SHORT_WORD.sub(lambda match: match[0] if _is_name(match, known) else _SHORT[match[0].casefold()], text)
    return _WORD.sub(lambda match: match[0] if _is_name(match, known) else _of_calendar(match[0]), text)


def _is_name(match: re.Match[str], known: Container[str]) -> bool:
    """Whether a word is a name rather than misspelled: it is known, or has a capital within a text ("from Marsh")."""
    word = match[0]
    return word.casefold() in known or (match.start() > 0 and word[0].isupper() and not word.isupper())


def _of_calendar(word: str) -> str:
    """The word of the calendar that this is one slip away from, or two where it is long; else the word itself."""
    said = word.casefold()
    if said in _CALENDAR:
        return word
    near = [
        other
        for other in _CALENDAR
        if other[0] == said[0]
        and abs(len(other) - len(said)) <= 1
        and OSA.distance(said, other, score_cutoff=2) <= (2 if len(other) >= _TWO_SLIPS else 1)
    ]
    return near[0] if len(near) == 1 else word
