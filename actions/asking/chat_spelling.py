"""Questions as they are typed in a hurry, brought to the words the lexicon and the calendar know.

Only what has one meaning is changed: abbreviations, contractions without their apostrophe, slips in words of the
calendar, and what the figures are wanted for ("for the board deck"), which says nothing of which figures.
"""

from __future__ import annotations

import re
from collections.abc import Container
from decimal import Decimal

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
    "v": "vs", "n": "and", "nd": "and", "wer": "were", "wre": "were", "abt": "about", "hav": "have", "hv": "have",
    "hrs": "hours", "hr": "hour", "mins": "minutes", "ppl": "people", "cuz": "because", "coz": "because",
    "loose": "lose", "loosing": "losing", "looses": "loses", "lossed": "lost", "cld": "could", "wud": "would",
    "wld": "would", "shld": "should", "r": "are", "ur": "your", "yest": "yesterday", "tmrw": "tomorrow",
    "em": "them", "ownr": "owner", "alrite": "alright", "wanna": "want to", "lemme": "let me", "dya": "do you",
    "curr": "current", "tot": "total", "pct": "percent", "perc": "percent", "unsolved": "not solved",
    "unresolved": "not solved", "backlog": "open tickets", "qrt": "quarter", "quater": "quarter", "quaters": "quarters",
    "thisquarter": "this quarter", "thismonth": "this month", "thisyear": "this year", "thisweek": "this week",
    "lastquarter": "last quarter", "lastmonth": "last month", "lastyear": "last year", "lastweek": "last week",
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


_SLIDES = r"(?:slides?|deck|slide deck|presentation|preso|report|board pack|qbr)"
_MAKING = re.compile(
    rf"\b(?:i'?m|i am|we'?re|we are)\s+(?:just\s+|currently\s+)?(?:putting together|preparing|prepping|making|building"
    rf"|working on|writing|doing|finishing)\s+(?:(?:some|a|an|the|my|our|up)\s+)*(?:\w+\s+)?{_SLIDES}\b",
    re.IGNORECASE,
)
_POLITE = re.compile(
    r"\b(?:sorry|apologies|hate|don'?t mean|not)\s+(?:to|for)\s+(?:bug|bother|disturb|interrupt|bothering|bugging)"
    r"(?:\s+(?:you|u))?(?:\s+(?:again|but|with this))?",
    re.IGNORECASE,
)
_SOMEBODY_ASKS = re.compile(
    r"\b(?:so\s+)?(?:the|my|our)\s+(?:board|boss|ceo|cfo|coo|cro|vp|investors?|manager|management|leadership|finance"
    r"|marketing|exec(?:utive)?s?|owner|founders?)\s+(?:(?:just|really|now)\s+)?(?:wants?|needs?|asks?|asked|is asking"
    r"|are asking|would like|keeps asking|would love)(?:\s+me)?(?:\s+(?:to\s+(?:see|know|have|get)|for|about))?",
    re.IGNORECASE,
)
_WISH = re.compile(
    r"\b(?:i|we)(?:'?d| would)\s+(?:really\s+)?(?:love|like|need|want)\s+(?:to\s+)?(?:know|see|have)\b", re.IGNORECASE
)
_BACK_IN = re.compile(r"\bback\s+(?=in\s)", re.IGNORECASE)
_LOST_TO = re.compile(r"\b(lost|lose|losing|losses)\s+2\s+(?=[a-z])", re.IGNORECASE)
_MONTHS = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?|q[1-4])(?:\s+20\d\d)?"
)
_WHOLE = re.compile(
    r"\b(?:the\s+)?(?:whole|full|entire)\s+(?=(?:week|month|quarter|year)\b(?!\s+(?:of|before|after|to)\b))",
    re.IGNORECASE,
)
_COMPARED_TO = re.compile(
    rf"\b(compar(?:e|ed|ing))\s+((?:this|last|the)\s+(?:week|month|quarter|year)|{_MONTHS}|20\d\d|today|yesterday)\s+to\s+",
    re.IGNORECASE,
)
_NOT_AMERICAN = re.compile(r"\bnon[- ](?:us|u\.s\.|usa)(?!\w)", re.IGNORECASE)
_BETWEEN = re.compile(rf"\bbetween\s+({_MONTHS})\s+and\s+({_MONTHS})(?!\w)", re.IGNORECASE)
_ROLLING = re.compile(r"\b(?:rolling|trailing)\s+(?=\d+\s+(?:day|week|month|quarter|year))", re.IGNORECASE)
_OF_A_TIME = re.compile(r"\b((?:last|this|next|previous)\s+(?:week|month|quarter|year))s(?=\s+[a-z])", re.IGNORECASE)
_GOING = re.compile(
    r"\b(my|our|the)\s+(?=(?:week|month|quarter|year)\s+(?:going|looking|so\s+far|doing))", re.IGNORECASE
)
_UNTIL = re.compile(
    r"\bby\s+(?=(?:the\s+)?end\s+of\s+(?:the\s+|this\s+|next\s+)?(?:week|month|quarter|year)|eo[wmqy]\b)", re.IGNORECASE
)


_ACTIVE = re.compile(
    r"\b(most|least)\s+active\s+(rep|salesperson|seller|team|agent|person|customer|account)s?\b", re.IGNORECASE
)
_BUSY = re.compile(r"\b(?:the\s+)?(?:(busiest)|(laziest|quietest))\s+(rep|salesperson|seller|team)s?\b", re.IGNORECASE)
_MONEY_SIGN = re.compile(r"[$\u20ac\u00a3](?!\s?\d)")
_WIN_PERCENT = re.compile(r"\b(win(?:ning)?|close|success)\s*%", re.IGNORECASE)
_PERCENT = re.compile(r"(?<!\d)(?<!\d\s)%")
_THE_TIME = re.compile(
    r"\b(for|in|during|so far)\s+the\s+"
    r"(?=(?:week|month|quarter|year)\b(?!\s+(?:of|before|after|to|ending|end|prior)\b))",
    re.IGNORECASE,
)
_HALVES = {"first": "H1", "1st": "H1", "second": "H2", "2nd": "H2", "1h": "H1", "2h": "H2"}
_HALF = re.compile(
    r"\b(?:the\s+)?(first|1st|second|2nd)\s+half(?:\s+of\s+(?:the\s+year\b|(?=\d{4}|(?:this|last)\s)))?|\b([12]h)\b",
    re.IGNORECASE,
)
_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "final": 4}
_ORDINAL_QUARTER = re.compile(
    r"\b(?:the\s+)?(first|1st|second|2nd|third|3rd|fourth|4th|final)\s+(?:quarter|qtr)(?:\s+of(?=\s))?", re.IGNORECASE
)
_NUMBERS = {
    "half a": Decimal("0.5"), "a": Decimal(1), "an": Decimal(1), "one": Decimal(1), "two": Decimal(2),
    "three": Decimal(3), "four": Decimal(4), "five": Decimal(5), "six": Decimal(6), "seven": Decimal(7),
    "eight": Decimal(8), "nine": Decimal(9), "ten": Decimal(10), "fifteen": Decimal(15), "twenty": Decimal(20),
    "thirty": Decimal(30), "forty": Decimal(40), "fifty": Decimal(50), "sixty": Decimal(60), "seventy": Decimal(70),
    "seventy five": Decimal(75), "seventy-five": Decimal(75), "eighty": Decimal(80), "ninety": Decimal(90),
    "hundred": Decimal(100), "twenty five": Decimal(25), "twenty-five": Decimal(25),
}  # fmt: skip
_UNITS = {"k": 1_000, "grand": 1_000, "thousand": 1_000, "million": 1_000_000, "mil": 1_000_000, "mill": 1_000_000}
_SPOKEN_AMOUNT = re.compile(
    rf"\b(?P<number>{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})(?P<hundred>\s+hundred)?"
    rf"\s+(?P<unit>{'|'.join(_UNITS)})\b",
    re.IGNORECASE,
)


def _amount_spoken(match: re.Match[str]) -> str:
    """ "Fifty grand" is 50000."""
    number = _NUMBERS[" ".join(match["number"].casefold().split())] * (100 if match["hundred"] else 1)
    return f"{number * _UNITS[match['unit'].casefold()]:.0f}"


def respelled(text: str, *, known: Container[str] = frozenset()) -> str:
    """A question in the spelling that is read. ``known``: words (lower case) that mean something as they are."""
    for empty in (_MAKING, _POLITE, _SOMEBODY_ASKS, _WISH, _BACK_IN, _PURPOSE):
        text = empty.sub(" ", text)
    text = _NOT_AMERICAN.sub("outside usa", _COMPARED_TO.sub(r"\1 \2 vs ", text))
    text = _WHOLE.sub("this ", text)
    text = _LOST_TO.sub(r"\1 to ", text)
    text = _WITH.sub("with", _WITHOUT.sub("without", text))
    text = _PERCENT.sub(" percent ", _WIN_PERCENT.sub("win rate", _MONEY_SIGN.sub(" value ", text)))
    text = _HALF.sub(lambda match: f"{_HALVES[(match[1] or match[2]).casefold()]} ", text)
    text = _ORDINAL_QUARTER.sub(lambda match: f"Q{_ORDINALS[match[1].casefold()]}", text)
    text = _ACTIVE.sub(r"\2 with the \1 activities", text)
    text = _BUSY.sub(lambda match: f"{match[3]} with the {'most' if match[1] else 'least'} activities", text)
    text = _THE_TIME.sub(r"\1 this ", _SPOKEN_AMOUNT.sub(_amount_spoken, text))
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
