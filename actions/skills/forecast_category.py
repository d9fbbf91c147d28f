"""Judging a deal otherwise than its stage does: commit, best case, pipeline or out of the forecast, with the reason."""

from __future__ import annotations

import re

from actions.errors import Missing
from actions.registry import SALES, skill
from actions.resolving import resolve_deal
from actions.skills.deals import change_deal
from actions.turn import Turn
from crm_store.models import ForecastCategory, StageType

_CATEGORIES = (
    (None, re.compile(r"\b(reset|remove|clear|drop|undo|take (?:off|away|back)|back to|as (?:its|the) stage)\b", re.I)),
    (
        ForecastCategory.OMITTED,
        re.compile(r"\b(omit\w*|exclud\w+|leave \w+(?: \w+){0,3} out|out of the forecast)\b", re.I),
    ),
    (ForecastCategory.BEST_CASE, re.compile(r"\b(best[ -]?case|upside)\b", re.I)),
    (ForecastCategory.COMMIT, re.compile(r"\b(commit\w*)\b", re.I)),
    (ForecastCategory.PIPELINE, re.compile(r"\b(pipeline)\b", re.I)),
)
_OVERRIDE = re.compile(r"\b(category|override|commit\w*|best[ -]?case|pipeline|forecast)\b", re.IGNORECASE)
_REASON = re.compile(r"\b(?:because|since|as they|cause|bc|reason:?|,\s*they)\b\s*(.+)$", re.IGNORECASE)
_CHOICES = (ForecastCategory.COMMIT, ForecastCategory.BEST_CASE, ForecastCategory.PIPELINE, ForecastCategory.OMITTED)
_STAGE = "stage"


@skill("action_set_forecast_category", audience=SALES)
def set_forecast_category(turn: Turn) -> None:
    """Set or remove a deal's own category; the reason is kept with it."""
    deal = resolve_deal(turn)
    if deal.stage.type is not StageType.OPEN:
        turn.focus_on(deal)
        turn.say("utter_category_closed", deal=deal.name)
        return
    said = turn.call.first("category") or _said(turn.call.words)
    if said is None:
        turn.focus_on(deal)
        choices = tuple((turn.words.label(f"category_{each.value}"), each.value) for each in _CHOICES)
        raise Missing("category", "utter_ask_category", choices)
    category = None if said == _STAGE else ForecastCategory(said)
    own = category if category is not None and category is not deal.stage.forecast_category else None
    reason = _reason(turn) if own is not None else None
    change_deal(turn, deal, {"forecast_category": own, "forecast_reason": reason})
    if own is not None and reason is None:
        turn.say("utter_category_no_reason")


def _said(words: str) -> str | None:
    """The category named before any reason; "stage" for its stage's own."""
    before = _REASON.sub("", words)
    for category, pattern in _CATEGORIES:
        if pattern.search(before) and (category is not None or _OVERRIDE.search(before)):
            return _STAGE if category is None else category.value
    return None


def _reason(turn: Turn) -> str | None:
    said = turn.call.first("reason")
    if said is not None:
        return said
    found = _REASON.search(turn.call.words)
    return found[1].strip(" .!") if found else None
