"""What agents say to the desk, in a grammar so strict that a note is never taken for a command, nor the reverse.

A message is a command only when all of it is one. In a customer's thread everything else is an internal note; elsewhere
it goes to the language engine like any message. What goes to the customer needs a word and a colon ("reply: ...").
"""

from __future__ import annotations

import re
from collections.abc import Callable

from actions.call import Command

WORK = "work_ticket"
CATEGORIES = (
    "question",
    "product",
    "account",
    "billing",
    "shipping",
    "returns",
    "return",
    "refund",
    "complaint",
    "handover",
)
_T = r"T-?[0-9]{1,9}"
_TICKET = re.compile(rf"\b{_T}\b", re.IGNORECASE)
_IT = rf"(?:(?:the\s+)?ticket\s+)?(?:{_T}|it|this|that|this one|the ticket|them|him|her)"
_PRIORITY = r"(?P<priority>low|normal|high|urgent)"
_CATEGORY = rf"(?P<category>{'|'.join(CATEGORIES)})"
_I_WILL = r"(?:i'?ll\s+|i\s+will\s+|let\s+me\s+|i\s+)"
_PERSON = r"(?P<person>(?!the\s+bot|rapport)[\w .@'-]{1,60})"
_TO_BOT = r"(?:\s+to\s+(?:the\s+)?(?:bot|assistant|rapport))"
_TAGS = r"(?P<tags>(?!to\b)[\w][\w ,-]{0,80}?)"
_TO_SEND = r"\s*:\s*(?P<note>\S.*)"

_NEEDS_NO_TICKET = frozenset(
    {"reply", "macro", "macros", "save_macro", "hand_back", "agent", "skills", "on_duty", "take_next", "take_oldest"}
)
"""What cannot mean anything else, also where the talk was not of a ticket."""

_FORMS: tuple[tuple[str, str], ...] = (
    ("reply", rf"(?:reply|answer|respond|r)(?:\s+(?:to\s+|on\s+|for\s+)?(?:the\s+customer|customer|{_IT}))?{_TO_SEND}"),
    ("note", rf"(?:note|internal(?:\s+note)?|comment)(?:\s+(?:to|on|for)\s+{_IT})?{_TO_SEND}"),
    (
        "note",
        r"(?:(?:add|leave|write|make)\s+)?(?:an?\s+)?internal\s+(?:note|comment)"
        rf"(?:\s+(?:to|on|for)\s+{_IT})?(?:\s+(?:that|saying))?\s+(?P<note>(?!(?:to|on|for|in)\b)\S+(?:\s+\S+){{2,}})",
    ),
    ("save_macro", r"(?:save|new|add|change|set)\s+(?:a\s+)?macro\s+(?P<macro>[^:]{1,60}?)\s*:\s*(?P<note>\S.*)"),
    ("macros", r"(?:show\s+|list\s+)?(?:my\s+|the\s+|all\s+)?(?:macros|canned\s+replies)"),
    ("macro", rf"(?:macro|canned(?:\s+reply)?)\s+(?P<macro>.{{1,60}}?)(?:\s+(?:for|on|to|in)\s+{_IT})?"),
    ("take", rf"{_I_WILL}?(?:take|grab|claim|pick\s+up)(?:\s+(?:over\s+)?{_IT})?(?:\s+over)?"),
    (
        "take_next",
        rf"{_I_WILL}?(?:can\s+i\s+(?:have|take)\s+|(?:give|assign|get|send)\s+me\s+|take\s+|grab\s+|claim\s+|pick\s+up\s+)?"
        r"(?:the\s+)?next\s+(?:ticket(?:\s+(?:in|from|of|on)\s+(?:the\s+)?(?:queue|line|list))?"
        r"|(?:one|customer|case)\s+(?:in|from|of|on)\s+(?:the\s+)?(?:support\s+|ticket\s+)?(?:queue|line))\s*\??",
    ),
    (
        "take_oldest",
        rf"{_I_WILL}?(?:(?:give|assign)\s+me\s+|take\s+|grab\s+|claim\s+|pick\s+up\s+)(?:the\s+)?(?:oldest|longest[\s-]waiting)"
        r"(?:\s+(?:open\s+)?(?:one|ticket|case|customer))?(?:\s+(?:in|from|of)\s+(?:the\s+|my\s+)?queue)?",
    ),
    ("take", rf"assign\s+{_IT}\s+to\s+me|(?:i'?m|i\s+am)\s+on\s+{_IT}"),
    ("assign", rf"(?:assign|give|pass|hand)\s+{_IT}(?:\s+over)?\s+to\s+{_PERSON}"),
    ("hand_back", rf"(?:hand|give)\s+(?:{_IT}\s+|the\s+customer\s+)?back{_TO_BOT}?"),
    ("hand_back", r"back\s+to\s+(?:the\s+)?(?:bot|assistant|rapport)"),
    ("solve", rf"(?:mark\s+)?{_IT}\s+(?:is\s+|as\s+)?(?:re)?solved|(?:re)?solved?|(?:re)?solve\s+{_IT}"),
    ("close", rf"close(?:\s+{_IT})?"),
    ("reopen", rf"re-?open(?:\s+{_IT})?"),
    ("merge", rf"merge\s+(?:{_IT}\s+)?(?:into|with|in|to)\s+(?P<into>T-?[0-9]{{1,9}})"),
    ("untag", rf"(?:untag|remove\s+tags?)\s+(?:{_IT}\s+)?(?P<tags>[\w][\w ,-]{{0,80}}?)(?:\s+from\s+{_T})?"),
    ("tag", rf"(?:add\s+)?tags?\s+(?:{_IT}\s+)?(?:with\s+|as\s+)?{_TAGS}(?:\s+to\s+{_T})?"),
    ("priority", rf"(?:set\s+|change\s+)?(?:the\s+)?prio(?:rity)?(?:\s+of\s+{_IT})?\s*(?:to|is|:|=)?\s*{_PRIORITY}"),
    (
        "priority",
        rf"(?:put|bump|raise|lower|drop|move|escalate|set)\s+(?:{_IT}|(?:the\s+|its\s+)?prio(?:rity)?)(?:\s+(?:up|down))?"
        rf"\s+(?:to|on|at)\s+{_PRIORITY}(?:\s+prio(?:rity)?)?",
    ),
    ("priority", rf"(?:make|set|mark)\s+{_IT}\s+(?:to\s+|as\s+)?{_PRIORITY}(?:\s+priority)?"),
    ("category", rf"(?:set\s+|change\s+)?(?:the\s+)?category(?:\s+of\s+{_IT})?\s*(?:to|is|:|=)?\s*{_CATEGORY}"),
    ("category", rf"(?:set|move|file|mark)\s+{_IT}\s+(?:to|as|under)\s+{_CATEGORY}"),
    ("agent", r"(?:i'?m\s+|i\s+am\s+)?(?P<agent>away\s+from\s+the\s+desk|back\s+at\s+the\s+desk)"),
    (
        "on_duty",
        r"(?:hey\s+|hi\s+)?(?:who'?s|who\s+(?:is|are)|whos|anyone|anybody|is\s+any(?:one|body))\s+(?:all\s+)?(?:else\s+)?"
        r"(?:(?:on|at|in)\s+(?:the\s+)?(?:shift|duty|call|desk|support)|at\s+work|working|available|around|online)"
        r"(?:\s+(?:today|now|right\s+now|at\s+the\s+moment|tonight|this\s+(?:morning|afternoon|evening)))?\s*\??",
    ),
    ("skills", r"my\s+(?:support\s+)?skills(?:\s+are)?\s*:\s*(?P<tags>[\w][\w ,-]{0,200})"),
)  # fmt: skip
_PATTERNS = tuple(
    (
        do,
        re.compile(
            rf"\s*(?:(?:no|ok|okay|wait|and|now|please)\b[\s,]*)*(?:{form})\s*[.!]*\s*", re.IGNORECASE | re.DOTALL
        ),
    )
    for do, form in _FORMS
)
_KEEPS_ITS_END = frozenset({"reply", "note", "save_macro"})


def read_desk_command(text: str, *, about_ticket: bool, is_agent: bool = False) -> Command | None:
    """The command a message is, or None. ``is_agent``: who asks whether anything is urgent means tickets.

    ``about_ticket``: the talk is of a ticket, so that "take it" and "close it" can only mean that one. Otherwise a
    command names its ticket, or cannot mean anything else.
    """
    if _QUEUE.fullmatch(text) is not None:
        return Command("show_tickets", {"scope": "my"})
    if is_agent and _WAITING.fullmatch(text) is not None:
        # Not those that wait for the customer.
        return Command("show_tickets", {"scope": "my", "words": "my open tickets"})
    if is_agent and _URGENT.fullmatch(text) is not None:
        return Command("show_tickets", {"words": "urgent open tickets"})
    if _PROMISES.fullmatch(text) is not None:
        return Command("show_tickets")
    return _first(text, lambda do, match: about_ticket or do in _NEEDS_NO_TICKET or _ticket_in(match) is not None)


_QUEUE = re.compile(r"\s*(?:(?:show|what'?s in)\s+)?(?:me\s+)?my\s+(?:ticket\s+)?queue[\s.?!]*", re.IGNORECASE)
_PROMISES = re.compile(
    r"\s*(?:(?:which|what|show|list)\b.{0,20})?\btickets\b.{0,30}\b(?:break|breach|breaking|breaching|miss|missing)\b.{0,20}",
    re.IGNORECASE,
)
_URGENT = re.compile(
    r"\s*(?:(?:hey|hi|ok)\b\W*)?(?:(?:is|are)\s+there\s+)?(?:anything|something|what'?s|whats|what\s+is)\s+"
    r"(?:(?:that\s+is|that'?s|really|else|super)\s+)*(?:urgent|on\s+fire|burning|critical|pressing)"
    r"(?:\s+(?:right\s+now|now|today|for\s+me|in\s+the\s+queue|waiting))?[\s?!.]*",
    re.IGNORECASE,
)
_WAITING = re.compile(
    r"\s*(?:(?:hey|hi|ok|so)\b\W*)?(?:what'?s|whats|what\s+is|who'?s|who\s+is|anyone|anything|anybody)\s+(?:still\s+)?waiting"
    r"(?:\s+(?:for|on)\s+(?:me|us|an?\s+(?:answer|reply))|\s+in\s+(?:my|the)\s+queue)?(?:\s+(?:now|today|right\s+now))?[\s?!.]*",
    re.IGNORECASE,
)
_CALLING_OFF = re.compile(
    r"\s*(?:cancel|never ?mind|forget it|nothing|don'?t(?: send(?: it)?)?|stop|no)[\s.!]*", re.IGNORECASE
)


def is_calling_off(text: str) -> bool:
    """Whether somebody who was asked for words to send wants to send none."""
    return _CALLING_OFF.fullmatch(text) is not None


def read_loosely(text: str) -> Command | None:
    """The command in a message the language engine took for one; looks for it anywhere in the words."""
    found = _first(text, lambda _do, _match: True)
    if found is not None:
        return found
    for do, pattern in _LOOSE:
        match = pattern.search(_BARE_NUMBER.sub("T-", text) if do == "merge" else text)
        if match is not None:
            return _command(do, match)
    return None


_LOOSE_FORMS = (
    ("merge", rf"\b(?:merge|combine|join|fold)\w*\b.*?{_T}\D+?(?P<into>T-?[0-9]{{1,9}})"),
    ("hand_back", rf"\b(?:hand|give|pass)\b.{{0,40}}\bback\b(?:.*?{_T})?|\bback to the (?:bot|assistant)\b"),
    ("reopen", rf"\bre-?open(?:.*?{_T})?"),
    ("untag", rf"\b(?:untag|(?:remove|drop) (?:the )?tag)\s+(?:{_T}\s+)?(?P<tags>[\w-]+)"),
    ("tag", rf"\b(?:tag|label)\s+(?:{_IT}\s+)?(?:with\s+|as\s+)?(?:the tag\s+)?(?P<tags>[\w-]+)"),
    ("macro", rf"\b(?:macro|canned reply)\s+(?P<macro>(?!for\b)[\w -]+?)(?:\s+(?:for|on|to|in)\s+{_T}|$)"),
    ("priority", rf"(?:{_T}.*?)?\b{_PRIORITY}\b(?:.*?{_T})?"),
    ("take", rf"\b(?:take|taking|grab|claim|pick(?:ing)? up|i'?m on|assign .* to me|mine)\b(?:.*?{_T})?"),
    ("category", rf"(?:{_T}.*?)?\bcategory\b.*?\b{_CATEGORY}\b"),
)
_BARE_NUMBER = re.compile(r"(?<![\w-])#?(?=\d{1,9}\b)")
"""Where "T-" is left out: among agents, "merge 439 and 449" can only be tickets."""
_LOOSE = tuple((do, re.compile(form, re.IGNORECASE)) for do, form in _LOOSE_FORMS)


def _first(text: str, allowed: Callable[[str, re.Match[str]], bool]) -> Command | None:
    for do, pattern in _PATTERNS:
        match = pattern.fullmatch(text)
        if match is not None and allowed(do, match):
            return _command(do, match)
    return None


def _command(do: str, match: re.Match[str]) -> Command:
    said = {name: value.strip() for name, value in match.groupdict().items() if value}
    if do not in _KEEPS_ITS_END:
        said = {name: value.rstrip(".! ") for name, value in said.items()}
    ticket = _ticket_in(match)
    if ticket is not None:
        said["ticket_number"] = ticket
    return Command(WORK, {"do": do, **said})


def _ticket_in(match: re.Match[str]) -> str | None:
    """The ticket that is meant: a number outside of the words to be said and of what it is merged into."""
    for found in _TICKET.finditer(match.string, match.start(), match.end()):
        named = match.groupdict()
        if not any(
            named.get(group) and match.start(group) <= found.start() < match.end(group)
            for group in ("note", "into")
            if group in named
        ):
            return found[0]
    return None
