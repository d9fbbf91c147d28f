"""Saying scores: which run they are from, why they are as they are, and how wrong the model was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import expm1
from typing import Any

from babel.numbers import format_decimal

from actions.errors import refused
from actions.formatting import date_text, percent_text
from actions.report_output import company_money
from actions.resolving import resolve_account
from actions.turn import Turn
from crm_store.insights.scoring.runs import current_run, model_of, score_of
from crm_store.models import Account, AccountScore, ScoreModel, ScoreTask, ScoringRun

_POINTING = frozenset({"it", "them", "they", "their", "this", "that", "its", "he", "she"})
_SHARES = frozenset({"spend_change"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """The run whose scores are shown and the model they are from."""

    run: ScoringRun
    model: ScoreModel

    @property
    def figures(self) -> dict[str, Any]:
        """How good the model was on the store's own history."""
        return self.model.figures


def scored(turn: Turn, task: ScoreTask) -> Scored:
    """The last scores of a task; raises Refused with what is missing when there are none to show."""
    run = current_run(turn.session)
    if run is None:
        raise refused("utter_scores_none")
    model = model_of(turn.session, run, task)
    if not model.shown:
        raise refused(f"utter_scores_too_little_{task.value}", **_missing(turn, model))
    return Scored(run=run, model=model)


def _missing(turn: Turn, model: ScoreModel) -> dict[str, str]:
    figures = model.figures
    match model.task:
        case ScoreTask.CHURN:
            since = figures.get("orders_since")
            text = date_text(date.fromisoformat(since), turn.reading) if since else turn.words.label("never")
            return {"since": text, "least": str(figures["least"])}
        case ScoreTask.WIN:
            return {"won": str(figures["won"]), "lost": str(figures["lost"])}
        case ScoreTask.LIFETIME_VALUE:
            return {"n": str(figures["repeat_customers"])}
    return {}


def account_meant(turn: Turn) -> Account | None:
    """The company named, or the one talked about when a pronoun points at it; None when neither."""
    # Only where one is named: "top customers" is about all of them, whoever was talked about before.
    if turn.call.first("account") is not None or turn.call.first("ref") is not None:
        return resolve_account(turn)
    words = set(turn.call.words.casefold().replace("?", " ").replace("'s", " ").split())
    focused = turn.focused_id(Account.kind)
    if focused is not None and words & _POINTING:
        return turn.session.get(Account, focused)
    return None


def account_score(turn: Turn, run: ScoringRun, account: Account) -> AccountScore:
    """The company's scores; raises Refused for one added after the run."""
    found = score_of(turn.session, run, account.id)
    if found is None:
        raise refused("utter_scores_too_new", account=account.name)
    return found


def reason_texts(turn: Turn, reasons: Sequence[Any], *, towards: bool) -> list[str]:
    """The reasons that speak for yes (``towards``) or against it, in words."""
    return [reason_text(turn, name, value) for name, value, effect in reasons if (effect > 0) == towards and effect]


def reason_text(turn: Turn, name: str, value: str | float | None) -> str:
    """One reason: what is known of the case ("nothing ordered for 2.4 times the usual gap")."""
    response = f"utter_reason_{name}"
    if value is None or value == "":
        return turn.words.say(f"{response}_unknown") if turn.words.has(f"{response}_unknown") else ""
    if name in _SHARES:
        return turn.words.say(f"{response}_{'less' if float(value) < 0 else 'more'}")
    if name == "amount":
        return turn.words.say(response, value=company_money(turn, Decimal(round(expm1(float(value))))))
    if isinstance(value, str):
        return turn.words.say(response, value=value)
    return turn.words.say(response, value=number_text(turn, float(value)))


def number_text(turn: Turn, value: float) -> str:
    """A number with one decimal where it has some."""
    return format_decimal(Decimal(str(round(value, 1))), format="#,##0.#", locale=turn.reading.locale)


def share_text(turn: Turn, share: float) -> str:
    """A share as a whole percentage."""
    return percent_text(share, turn.reading)


def day_text(turn: Turn, iso: str) -> str:
    """A calendar day from its ISO form."""
    return date_text(date.fromisoformat(iso), turn.reading)


def joined(parts: Sequence[str]) -> str:
    """Parts as a list in a sentence; empty ones are left out."""
    return "; ".join(part for part in parts if part)
