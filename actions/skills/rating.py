"""Customers say how satisfied they are."""

from __future__ import annotations

import re

from sqlalchemy import or_, select

from actions.call import Command
from actions.desk.desk import desk_of
from actions.desk.surveys import RATE, SCORES, take_score
from actions.errors import Missing, refused
from actions.pending import Pending
from actions.registry import skill
from actions.sign_in_first import CLIENTS
from actions.turn import Turn
from crm_store.models import Survey, SurveyKind
from crm_store.refs import row_number

MAX_COMMENT = 2_000
_SCORE = re.compile(
    r"(?<![\w.,-])(?P<score>10|[0-9])(?:\s*(?:/|out of|of)\s*(?P<most>10|5))?(?![\w%]|[.,][0-9])", re.IGNORECASE
)
_DETRACTOR = 6


@skill("action_rate_service", audience=CLIENTS)
def rate_service(turn: Turn) -> None:
    """Take a score, then the words to a bad one. Only who was asked can answer, and only in that conversation."""
    survey = _survey(turn)
    if survey is None:
        turn.say("utter_rating_unasked")
        return
    comment = turn.call.first("note")
    if comment is not None and survey.score is not None:
        survey.comment = comment[:MAX_COMMENT]
        turn.say("utter_rating_comment_kept")
        return
    score = _score(turn, survey)
    if score is None:
        choices = tuple((str(each), str(each)) for each in SCORES[survey.kind])
        turn.call = turn.call.with_entities(Command(RATE, {"survey": str(survey.id)}))
        raise Missing("score", "utter_ask_score", choices)
    take_score(desk_of(turn), survey, score)
    if _is_bad(turn, survey, score):
        # The score is kept whatever comes of the question.
        resume = Command(RATE, {"survey": str(survey.id)})
        turn.conversation.pending = Pending(resume=resume, fill="note", free_text=True).to_json()
        turn.say("utter_rating_bad")
    else:
        turn.say("utter_rating_good")


def _survey(turn: Turn) -> Survey | None:
    """The one a button names, else the latest asked in this conversation."""
    known = turn.contact.id if turn.contact is not None else None
    # In a chat that is somebody else's now, the one before was asked.
    theirs = or_(Survey.contact_id.is_(None), Survey.contact_id == known)
    query = select(Survey).where(Survey.conversation_id == turn.conversation.id, theirs)
    number = row_number(turn.call.first("survey"))
    if number is not None:
        query = query.where(Survey.id == number)
    return turn.session.scalar(query.order_by(Survey.id.desc()).limit(1))


def _score(turn: Turn, survey: Survey) -> int | None:
    match = _SCORE.search(turn.call.first("score") or turn.call.text)
    if match is None:
        return None
    score, allowed = int(match["score"]), SCORES[survey.kind]
    if match["most"] is not None and int(match["most"]) != allowed[-1]:
        # "8 out of 10" where five is the most.
        score = max(allowed[0], round(score * allowed[-1] / int(match["most"])))
    if score not in allowed:
        raise refused("utter_score_out_of_range", least=str(allowed[0]), most=str(allowed[-1]))
    return score


def _is_bad(turn: Turn, survey: Survey, score: int) -> bool:
    return score <= (turn.policy.desk.bad_score if survey.kind is SurveyKind.CSAT else _DETRACTOR)
