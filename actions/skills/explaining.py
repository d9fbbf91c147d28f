"""Why the assistant said or did what it did last."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import func, select

from actions.asking.handing_over import went_on_from_report
from actions.formatting import date_text, percent_text
from actions.registry import EVERYONE, skill
from actions.score_words import Scored
from actions.skills.churn import say_account_risk
from actions.skills.lifetime_value import say_account_value
from actions.skills.recommendation import say_offer_backtest
from actions.turn import Turn
from crm_store.insights.scoring.runs import current_run, model_of, score_of
from crm_store.models import Account, Inbox, InboxStatus, JournalChange, JournalEntry, ScoreTask

_LISTED_ERRORS = frozenset({"Ambiguous", "UnknownName", "Missing", "Refused", "not_for_role"})
_TEXT = 100
_ASKS_WHY = re.compile(
    r"\b(?:why|how come|explain|reasons?|how (?:did|do|is|was|come)|where (?:did|does|do|is)|what makes|source)\b"
    r"|^\W*(?:how|what)\W*$",
    re.IGNORECASE,
)
_SCORES = {
    "ask_churn": ScoreTask.CHURN,
    "ask_lifetime_value": ScoreTask.LIFETIME_VALUE,
    "ask_segments": ScoreTask.SEGMENTS,
    "ask_recommendation": ScoreTask.RECOMMENDATION,
}


@skill("action_why", audience=EVERYONE)
def why(turn: Turn) -> None:
    """How the message before was understood and what came of it, from what was kept of it at the time."""
    if turn.actor.is_staff and not _ASKS_WHY.search(turn.call.words) and went_on_from_report(turn):
        return  # "how many is that?"
    inbox = _message_before(turn)
    requests = inbox.trace.get("requests") if inbox is not None else None
    if inbox is None or not requests:
        turn.say("utter_nothing_to_explain")
        return
    for request in requests:
        _explain(turn, request)
        _explain_score(turn, request)
    changed = turn.session.scalar(
        select(func.count(JournalChange.id))
        .join(JournalEntry, JournalChange.entry_id == JournalEntry.id)
        .where(JournalEntry.inbox_id == inbox.id)
    )
    if changed:
        turn.say("utter_why_changed", changes=turn.words.counted("change", changed))
        turn.offer(turn.words.label("undo"), "undo")
    else:
        turn.say("utter_why_nothing_changed")


def _message_before(turn: Turn) -> Inbox | None:
    """The asker's message before this one; in a shared channel nobody is told what others wrote."""
    query = (
        select(Inbox)
        .where(
            Inbox.conversation_id == turn.conversation.id,
            Inbox.identity_id == turn.identity_id,
            Inbox.status != InboxStatus.RECEIVED,
        )
        .order_by(Inbox.id.desc())
        .limit(1)
    )
    now_answered = turn.uow.journal.origin.inbox_id
    return turn.session.scalar(query.where(Inbox.id < now_answered) if now_answered is not None else query)


def _explain(turn: Turn, request: dict[str, Any]) -> None:
    intent, text = request.get("intent"), str(request.get("text") or "")[:_TEXT]
    meaning = f"utter_label_intent_{intent}"
    if request.get("error") == "internal":
        turn.say("utter_why_broke", text=text)
        return
    if intent in {None, "nlu_fallback", "out_of_scope"} or not turn.words.has(meaning):
        turn.say("utter_why_not_understood", text=text)
        _say_guesses(turn, request)
        return
    confidence = float(request.get("confidence", 1))
    if confidence < 1:
        response = "utter_why_understood"
    else:
        # A certain meaning is a button's, or that of an answer to a question of ours.
        response = "utter_why_pressed" if request.get("parsed") == intent else "utter_why_answered"
    turn.say(
        response,
        text=text or turn.words.say(meaning),
        meaning=turn.words.say(meaning),
        sure=percent_text(confidence, turn.reading),
    )
    _say_entities(turn, request)
    error = request.get("error")
    if error:
        turn.say(f"utter_why_{error}" if error in _LISTED_ERRORS else "utter_why_failed")


def _explain_score(turn: Turn, request: dict[str, Any]) -> None:
    """What speaks for and against a score that was shown, and how good the model is."""
    task = _SCORES.get(str(request.get("intent")))
    run = current_run(turn.session)
    if task is None or run is None or request.get("error"):
        return
    model = model_of(turn.session, run, task)
    if not model.shown:
        return
    found = Scored(run=run, model=model)
    turn.say("utter_why_scores", day=date_text(run.today, turn.reading), version=model.version)
    turn.say(f"utter_why_{task.value}")
    focused = turn.focused_id(Account.kind)
    account = turn.session.get(Account, focused) if focused is not None else None
    score = score_of(turn.session, run, account.id) if account is not None else None
    if task is ScoreTask.CHURN and account is not None and score is not None and score.churn is not None:
        say_account_risk(turn, found, account)
    elif task is ScoreTask.LIFETIME_VALUE and account is not None and score is not None and score.value is not None:
        say_account_value(turn, found, account)
    elif task is ScoreTask.RECOMMENDATION:
        say_offer_backtest(turn, found)


def _say_guesses(turn: Turn, request: dict[str, Any]) -> None:
    guesses = [
        turn.words.say(
            "utter_why_guess", meaning=turn.words.label(f"intent_{name}"), sure=percent_text(sure, turn.reading)
        )
        for name, sure in request.get("ranking", [])[:2]
        if turn.words.has(f"utter_label_intent_{name}")
    ]
    if guesses:
        turn.say("utter_why_guesses", guesses=", ".join(guesses))


def _say_entities(turn: Turn, request: dict[str, Any]) -> None:
    """The values found; those that only buttons carry mean nothing to a reader."""
    parts = [
        f"{turn.words.label(each['entity'])}: {str(each['value'])[:_TEXT]}"
        for each in request.get("entities", [])
        if turn.words.has(f"utter_label_{each['entity']}")
    ]
    if parts:
        turn.say("utter_why_details", details="; ".join(parts))
