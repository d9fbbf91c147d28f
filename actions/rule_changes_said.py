"""Changing a rule in a few words: its threshold, its days, its name. Pure: a rule and words in, a rule out."""

from __future__ import annotations

import re
from typing import Any

from actions.rule_triggers_said import SIDES, days_in
from crm_store.automation.definition import RuleDefinition, RuleInvalid, read_rule
from nlu.values import UnreadableValue, read_money, read_percent

_NAME = re.compile(
    r"\b(?:rename\b.*?\bto|(?:call|name)\s+(?:it|that|this|(?:the |my )?rule(?:\s+#?\d+)?))\s+(?P<name>\S.*?)[.!]*$",
    re.IGNORECASE,
)
_RULE = re.compile(r"\b(?:rules?|no\.?|number|nr\.?)\s*#?\s*\d{1,6}\b|#\d{1,6}\b|\bat most \d+ times\b", re.IGNORECASE)
_SIDE = re.compile("|".join(re.escape(side) for side in sorted(SIDES, key=len, reverse=True)), re.IGNORECASE)
_DAYS = re.compile(
    r"\b(?:\d+|a|an|one|two|three|four|five|six|ten)\s+(?:day|week|month|quarter|year)s?\b", re.IGNORECASE
)


def change_said(rule: RuleDefinition, said: str) -> RuleDefinition | None:
    """The rule as it should be; None when nothing in the words is to be changed, or it would be no rule then."""
    data: dict[str, Any] = rule.to_json()
    name = _NAME.search(said)
    if name is not None:
        data["name"] = name["name"].strip(" '\"")[:80]
    elif not _changed(data, _RULE.sub(" ", said)):
        return None
    try:
        return read_rule(data)
    except RuleInvalid:
        return None


def _changed(data: dict[str, Any], words: str) -> bool:
    when = data["when"]
    if when["event"] == "score_crossed":
        share = _read(read_percent, words) or _read(read_percent, f"{_digits(words)}%")
        if share is None or not 0 < share <= 100:
            return False
        when["above"] = float(share) / 100
        return True
    if when["event"] == "time_passed" and _DAYS.search(words):
        days = days_in(words)
        if days is not None:
            when["days"] = -days if when["days"] < 0 else days
            return True
    amount = _read(read_money, words)
    if amount is None:
        return False
    value = int(amount.value) if amount.value == int(amount.value) else float(amount.value)
    conditions = data.setdefault("if", [])
    side = _SIDE.search(words)
    there = next((each for each in conditions if each["field"] == "amount"), None)
    if there is None:
        conditions.append({"field": "amount", "is": SIDES[side[0].casefold()] if side else "above", "value": value})
        return True
    there["value"] = value
    if side is not None:
        there["is"] = SIDES[side[0].casefold()]
    return True


def _digits(words: str) -> str:
    found = re.search(r"\d+(?:\.\d+)?", words)
    return found[0] if found is not None else "none"


def _read(reader: Any, words: str) -> Any:
    try:
        return reader(words)
    except UnreadableValue:
        return None
