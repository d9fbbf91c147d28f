"""Any question about figures, and going on from its answer."""

from __future__ import annotations

import re

from actions.asking.analyses import analysis_said
from actions.asking.answering import answer_query, kept_query, own_records, question_of
from actions.asking.boards import board_wish_heard
from actions.asking.errors import CannotRead
from actions.asking.grammar import read_question
from actions.asking.handing_over import is_question_of_its_own, showed_own_report_again
from actions.asking.refining import refine
from actions.asking.refusing import say_cannot
from actions.asking.several import answered_apart
from actions.registry import SALES, audience_of, skill
from actions.sign_in_first import CLIENTS
from actions.skills.forecasting import forecast
from actions.skills.invoices import invoice_copy
from actions.skills.saved_reports import SAVES, saved_report
from actions.skills.showing_tickets import show_tickets
from actions.skills.smalltalk import fallback
from actions.turn import Turn
from crm_store.models import Invoice, Role

_FORESEEN = re.compile(r"\b(?:commit|best[ -]case|forecasts?|forecasted)\b", re.IGNORECASE)


@skill("action_ask_report", audience=SALES, instead={Role.SUPPORT: "action_support_report"})
def ask_report(turn: Turn) -> None:
    """Answer a question about figures; what cannot be answered is refused with what can."""
    try:
        if not (board_wish_heard(turn) or analysis_said(turn) or answered_apart(turn)):
            answer_query(turn, read_question(question_of(turn)))
    except CannotRead as error:
        if _FORESEEN.search(turn.call.words):
            forecast(turn)  # "commit for this quarter by rep"
        else:
            say_cannot(turn, error)


@skill("action_refine_report", audience=SALES | CLIENTS | {Role.SUPPORT.value})
def refine_report(turn: Turn) -> None:
    """Show the last report otherwise: another form, narrower, deeper, compared.

    What an agent goes on from without a report of figures is the list of tickets.
    """
    if audience_of(turn) == Role.SUPPORT and kept_query(turn, fresh=True) is None:
        show_tickets(turn)
        return
    if not turn.actor.is_staff:
        focus = turn.last_focus()
        if focus is None or focus.kind != Invoice.kind or turn.call.first("date") is None:
            fallback(turn)
            return
        invoice_copy(turn)
        return
    if board_wish_heard(turn):
        return
    if SAVES.search(turn.call.words):
        saved_report(turn)
        return
    if showed_own_report_again(turn):
        return
    base = kept_query(turn)
    if base is None or is_question_of_its_own(turn):
        ask_report(turn)
        return
    try:
        query = refine(base, question_of(turn), me=own_records(turn))
    except CannotRead as error:
        say_cannot(turn, error, base=base)
        return
    answer_query(turn, query)
