"""Reports that were asked for at this time."""

from __future__ import annotations

from collections.abc import Sequence

from actions.asking.answering import answer_query, as_of_now
from actions.turn import Turn
from crm_store.insights.query.report_query import ReportQuery
from crm_store.models import Notice, SavedReport


def say_saved_reports(turn: Turn, notices: Sequence[Notice]) -> list[Notice]:
    """Each report by its name, with the figures of now; one that was deleted meanwhile is not said."""
    said = []
    for notice in notices:
        report = turn.session.get(SavedReport, notice.data["report"])
        if report is None or report.owner_id != turn.colleague.id:
            continue
        turn.say("utter_saved_report_sent", name=report.name)
        answer_query(turn, as_of_now(turn, ReportQuery.from_json(report.query)))
        said.append(notice)
    return said
