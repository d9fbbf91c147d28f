"""What stands in the first half of a rule's sentence and is not in the rule: better said than silently left out."""

from __future__ import annotations

import re
from collections.abc import Iterable

_KNOWN = re.compile(
    r"\b(?:"
    # what it is about
    r"deals?|opportunit(?:y|ies)|tickets?|cases?|tasks?|to-?dos?|accounts?|compan(?:y|ies)|customers?|clients?|contacts?|"
    r"leads?|orders?|invoices?|activit(?:y|ies)|risks?|scores?|churn|leav\w+|stages?|phases?|"
    # what happens to it
    r"enter(?:s|ed|ing)?|reach\w*|hits?|mov\w+|go(?:es|ne)?|gets?|comes?|came|put|push\w*|progress\w*|advanc\w*|lands?|arriv\w*|"
    r"becom\w+|back|won|wins?|winning|lost|loses?|losing|clos\w+|sign\w*|creat\w+|add\w*|logg?\w*|open\w*|made|placed|"
    r"new\w*|show\w*|register\w*|chang\w+|updat\w+|edit\w*|modif\w+|slip\w*|later|reopen\w*|solv\w+|resolv\w+|fix\w*|"
    r"answer\w*|repl\w+|respon\w+|wait\w*|raised?|filed?|report\w*|submit\w*|reach\w*|ris\w+|climb\w*|increas\w+|"
    r"cross\w*|exceed\w*|drops?|falls?|pass\w*|over\w*|due|late|stays?|sits?|remain\w*|stuck|sitting|"
    r"activit\w+|touch\w*|happen\w*|contact\w*|quiet|stale|silent|inactive|cold|untouched|"
    # how much and how long
    r"more|less|than|above|below|under|past|beyond|least|most|bigger|larger|smaller|greater|higher|worth|up|exceeding|"
    r"days?|weeks?|months?|quarters?|years?|amount|value|date|owner|next|step|priority|status|assignee|name|e-?mail|phone|"
    r"source|industry|region|urgent|high|normal|low|percent|thousand|million|mio|euros?|dollars?|pounds?|eur|usd|gbp|"
    # the words between
    r"an?|the|any|any(?:body|one|thing)|some(?:body|one|thing)|nobody|no|one|each|every|all|its?|their|our|my|mine|me|we|i|"
    r"his|her|they|it|is|are|was|were|be|been|being|has|have|had|hasn't|hasnt|isn't|not|without|missing|with|of|in|into|to|"
    r"for|from|by|on|at|as|and|or|if|when|where|whose|that|which|there|then|after|before|since|within|during|until|about|"
    r"around|again|just|ever|also|longer|too|out|off|down|time|times|owned|belonging|assigned|first|response|record|"
    r"team(?:'s)?|team|reps?|sales|rule|please|pls|soon|nothing|day|went|does|do|did|say\w*|empty|still|whole|same"
    r")\b"
    r"|\b(?:a|an|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen|thirty|sixty|ninety)\b"
    r"|[€$£]?\d[\d.,]*\s*(?:%|k\b|m\b|bn\b)?",
    re.IGNORECASE,
)
_MEASURED_CHANGE = re.compile(
    r"\b(?:chang\w+|mov\w+|drop\w*|fall\w*|ris\w+|increas\w+|grow\w*)\b.*?"
    r"(?P<by>\bby\s+(?:more than |over |at least )?\S+)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_SHORTEST = 3


def unread_words(text: str, *, read: Iterable[object]) -> tuple[str, ...]:
    """The words of a trigger that no rule is made from, in order.

    ``read`` are the values that were understood: stages, names, and what conditions compare with.
    """
    left = text
    measured = _MEASURED_CHANGE.search(left)
    unread = [measured["by"]] if measured is not None else []
    for value in read:
        for part in _WORD.findall(str(value)):
            left = re.sub(rf"\b{re.escape(part)}(?:'s|’s|s)?\b", " ", left, flags=re.IGNORECASE)
    left = _KNOWN.sub(" ", left)
    return (*unread, *(word for word in _WORD.findall(left) if len(word) >= _SHORTEST))
