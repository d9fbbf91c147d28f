"""Which automation rule is meant: by number, by its place in the list, by its words, or the one talked about."""

from __future__ import annotations

import re

from rapidfuzz import fuzz

from actions.errors import refused
from actions.rule_words import rule_text
from actions.turn import Turn
from crm_store.automation.definition import read_rule
from crm_store.automation.rules import rules_there_are
from crm_store.models import AutomationRule
from nlu.values import read_ordinal

TALKED_ABOUT = "rule"
"""In a conversation's focus: the rule that was written, shown or switched last."""
ASKS = re.compile(
    r"^\W*(?:(?:please|pls|hey|and|so|can you|could you)\b\W*)*(?:is|are|which|what|show|list|give me a list)\b",
    re.IGNORECASE,
)
DELETE = re.compile(r"\b(?:delete|remove|drop|get rid of|erase|throw away)\b", re.IGNORECASE)
PREVIEW = re.compile(r"\bwould\b|\bpreview\b|\btest\b|\btry\b|\bsimulat\w*|\bdry.?run\b|\bwhat if\b", re.IGNORECASE)
_NUMBER = re.compile(
    r"\b(?:rules?|no\.?|number|nr\.?)\s*#?\s*(\d{1,6})\b|#(\d{1,6})\b|^\s*(\d{1,6})\s*$", re.IGNORECASE
)
_PLACE = re.compile(
    r"\b(?P<place>first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last|\d{1,2}(?:st|nd|rd|th))\s+"
    r"(?:rule|automation|one)\b",
    re.IGNORECASE,
)
_IT = re.compile(
    r"\bit\b|\bthis\b(?!\s+(?:week|month|quarter|year|morning|afternoon)\b)|\bthat\b(?!\s+(?:is|are|were|was|have|has|would|did)\b)|^\W*dry.?run\W*$",
    re.IGNORECASE,
)
_RULES = re.compile(r"\b(?:rules|automations)\b", re.IGNORECASE)
_ABOUT = re.compile(
    r"\b(?:rule|automation)s? (?:about|for|on|named|called|with|that says)\s+(?P<what>.+?)[?.!]*$", re.IGNORECASE
)
_CALLED = re.compile(r"\b(?:the|my|that|our)\s+(?P<what>[\w' -]+?)\s+(?:rule|automation)\b", re.IGNORECASE)
_FILLERS = frozenset(
    "a an and any automation deal deals for have i in is it library made my new of off on one or our pls please ready "
    "ready-made rule rules that the this to with when".split()
)
_READY = re.compile(r"\b(?:ready(?:[- ]made)?|library|template)\b", re.IGNORECASE)
_LIKE = 88
_MOST_OF_THEM = 0.6


def rule_meant(turn: Turn, said: str) -> AutomationRule | None:
    """The rule that is meant; None when none is. Raises Refused for a number or words no rule has, or several have."""
    number = turn.call.first("rule")
    match = _NUMBER.search(said)
    if number is None and match is not None:
        number = next(group for group in match.groups() if group)
    rules = rules_there_are(turn.session)
    if number is not None:
        found = next((rule for rule in rules if str(rule.id) == number), None)
        if found is None:
            raise refused("utter_rule_unknown", said=number)
        return found
    place = _PLACE.search(said)
    if place is not None:
        at = read_ordinal(place["place"])
        if at is None or at == 0 or abs(at) > len(rules):
            raise refused("utter_rule_unknown", said=place["place"])
        return rules[at - 1 if at > 0 else at]
    about = _ABOUT.search(said) or _CALLED.search(said)
    words = _telling(about["what"]) if about is not None else []
    if words:
        among = [rule for rule in rules if rule.ready_key is not None] if _READY.search(said) else rules
        return _by_words(turn, among, words)
    last = turn.conversation.focus.get(TALKED_ABOUT)
    if last is not None and _IT.search(said) and not _RULES.search(said):
        return next((rule for rule in rules if str(rule.id) == str(last)), None)
    if not ASKS.search(said) and (DELETE.search(said) or PREVIEW.search(said)):
        raise refused("utter_rule_which")
    return None


def _telling(said: str) -> list[str]:
    return [word for word in re.findall(r"[\w'-]+", said.casefold()) if word not in _FILLERS]


def _by_words(turn: Turn, rules: list[AutomationRule], words: list[str]) -> AutomationRule:
    scored = [(_share(words, _words_of(turn, rule)), rule) for rule in rules]
    best = max((score for score, _ in scored), default=0.0)
    if best < _MOST_OF_THEM:
        raise refused("utter_rule_unknown", said=" ".join(words)[:60])
    found = [rule for score, rule in scored if score == best]
    if len(found) > 1:
        last = turn.conversation.focus.get(TALKED_ABOUT)
        found = [rule for rule in found if str(rule.id) == str(last)] or found
    if len(found) > 1:
        raise refused(
            "utter_rule_which_of", said=" ".join(words)[:60], numbers=", ".join(str(each.id) for each in found)
        )
    return found[0]


def _share(said: list[str], words: frozenset[str]) -> float:
    return sum(any(_alike(each, word) for word in words) for each in said) / len(said)


def _alike(said: str, word: str) -> bool:
    return said == word or (len(said) > 3 and len(word) > 3 and fuzz.ratio(said.rstrip("s"), word.rstrip("s")) >= _LIKE)


def _words_of(turn: Turn, rule: AutomationRule) -> frozenset[str]:
    text = f"{rule.name} {rule_text(turn, read_rule(rule.definition))}"
    return frozenset(re.findall(r"[\w'-]+", text.casefold()))
