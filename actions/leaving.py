"""A customer who may leave, in words: how that has changed, why, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actions.score_words import Scored, joined, reason_texts, share_text
from actions.turn import Turn
from crm_store.insights.churn_alerts import THRESHOLD
from crm_store.insights.scoring.runs import current_run, model_of, score_of
from crm_store.models import Account, AccountScore, ScoreTask

_STEADY = 0.05
_MONTHS = {91: "3", 182: "6", 365: "12"}
_ACTIONS = {
    "late_invoices_year": "late",
    "tickets_half_year": "tickets",
    "lost_deals_year": "lost",
    "days_without_contact": "silent",
}


def months_of(found: Scored) -> str:
    """The months a customer must not have ordered in to count as gone."""
    return _MONTHS.get(int(found.figures["horizon"]), str(round(int(found.figures["horizon"]) / 30)))


def suggested_action(turn: Turn, reasons: Sequence[Any]) -> str:
    """What to do, by the strongest reason somebody can do something about; ``reasons`` come strongest first."""
    speaking = (name for name, value, effect in reasons if effect > 0 and value not in {0, None})
    key = next((_ACTIONS[name] for name in speaking if name in _ACTIONS), "reorder")
    return turn.words.say(f"utter_churn_do_{key}")


def trend_text(turn: Turn, score: AccountScore) -> str:
    """How the risk has changed within a month."""
    if score.churn is None or score.churn_before is None:
        return turn.words.label("trend_new")
    change = score.churn - score.churn_before
    if abs(change) < _STEADY:
        return turn.words.label("trend_steady")
    points = str(round(abs(change) * 100))
    return turn.words.say("utter_trend_up" if change > 0 else "utter_trend_down", points=points)


def risk_now(turn: Turn, account: Account) -> tuple[Scored, AccountScore] | None:
    """The last scores and the customer's among them; None while no model may be shown, or it says nothing of them."""
    run = current_run(turn.session)
    if run is None:
        return None
    found = Scored(run=run, model=model_of(turn.session, run, ScoreTask.CHURN))
    score = score_of(turn.session, run, account.id)
    return (found, score) if found.model.shown and score is not None and score.churn is not None else None


def is_no_risk_any_more(turn: Turn, account: Account) -> bool:
    """Whether the last scores put a customer below the line that alerts are told from."""
    now = risk_now(turn, account)
    return now is not None and (now[1].churn or 0.0) < THRESHOLD


def alert_values(turn: Turn, account: Account) -> dict[str, str] | None:
    """What an alert says of a customer by the last scores; None where these say nothing."""
    now = risk_now(turn, account)
    if now is None:
        return None
    found, score = now
    return {
        "risk": share_text(turn, score.churn or 0.0),
        "months": months_of(found),
        "trend": trend_text(turn, score),
        "reasons": joined(reason_texts(turn, score.reasons, towards=True)) or turn.words.label("churn_no_reason"),
        "action": suggested_action(turn, score.reasons),
    }
