"""Reports kept under a name: save, run, list, send at set times, delete."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC

from sqlalchemy import select

from actions.asking.answering import answer_query, as_of_now, keep_query, kept_query, question_of
from actions.asking.errors import CannotRead
from actions.asking.tagging import tag
from actions.asking.terms import TermKind
from actions.asking.wording import title_of
from actions.errors import refused
from actions.formatting import moment_text
from actions.registry import SALES, skill
from actions.reply import Table
from actions.report_output import column
from actions.turn import Turn
from crm_store.insights.query.report_query import ReportQuery
from crm_store.models import SavedReport
from crm_store.names import name_key
from nlu.values import UnreadableValue, read_recurrence

_SAVE = re.compile(
    r"\b(?:save|keep|store|remember)\b.*?\bas\b\s+(?:my\s+)?(?P<name>.+)$"
    r"|\b(?:name|call)\s+(?:this|that|it|the)(?:\s+report)?\s+(?P<other>.+)$",
    re.IGNORECASE,
)
SAVES = re.compile(r"^\W*(?:please\s+)?(?:save|keep|store)\b.*\bas\b", re.IGNORECASE)
"""What asks for a report to be kept, whatever else the engine makes of it."""
_STOP = re.compile(r"\b(stop|don'?t|do not|unschedule|no more|no longer|cancel)\b", re.IGNORECASE)
_DELETE = re.compile(r"\b(delete|remove|forget|drop)\b", re.IGNORECASE)
_SEND = re.compile(r"\b(send|schedule|deliver|e?-?mail|want|every|daily|weekly|monthly)\b", re.IGNORECASE)
_THIS = re.compile(r"\b(this|that|it)\b", re.IGNORECASE)
_LONGEST_NAME = 60
_MOST_BUTTONS = 5


@skill("action_saved_report", audience=SALES)
def saved_report(turn: Turn) -> None:
    """Save the last report, or do something with those that are saved, by the words that were used."""
    text = turn.call.words.replace("\u2019", "'")
    saving = _SAVE.search(text)
    if saving is not None:
        _save(turn, (saving["name"] or saving["other"]).strip(" .!\"'"))
        return
    report = _named(turn, text)
    if _STOP.search(text):
        _stop(turn, _wanted(turn, report))
    elif _DELETE.search(text):
        _delete(turn, _wanted(turn, report))
    elif _SEND.search(text):
        _send(turn, report, text)
    elif report is not None:
        _run(turn, report, text)
    else:
        _list(turn)


def _save(turn: Turn, name: str) -> SavedReport:
    query = kept_query(turn)
    if query is None:
        raise refused("utter_saved_report_nothing")
    name = name[:_LONGEST_NAME]
    if not name_key(name):
        raise refused("utter_saved_report_no_name")
    before = _called(turn, name_key(name))
    if before is not None:
        before.name, before.query = name, query.to_json()
        turn.say("utter_saved_report_replaced", name=name, title=title_of(turn, query))
        return before
    report = SavedReport(
        owner_id=turn.colleague.id, name=name, name_key=name_key(name), query=query.to_json(), created_at=turn.uow.now
    )
    turn.session.add(report)
    turn.session.flush()
    turn.say("utter_saved_report_saved", name=name, title=title_of(turn, query))
    return report


def _run(turn: Turn, report: SavedReport, text: str) -> None:
    """Run a report, in another form when one is named ("as a chart")."""
    query = as_of_now(turn, ReportQuery.from_json(report.query))
    rest = _without(text, report.name)
    question = question_of(turn, rest)
    try:
        terms = tag(rest, vocabulary=question.vocabulary, reading=turn.reading, session=turn.session)
    except CannotRead:
        terms = []
    shows = [term.value for term in terms if term.kind is TermKind.OUTPUT]
    answer_query(turn, replace(query, show=shows[-1]) if shows else query)


def _list(turn: Turn) -> None:
    reports = _all(turn)
    if not reports:
        turn.say("utter_saved_report_none")
        return
    rows = []
    for report in reports:
        query = as_of_now(turn, ReportQuery.from_json(report.query))
        sent = moment_text(report.next_at, turn.reading) if report.next_at is not None else ""
        rows.append((report.name, title_of(turn, query), sent))
    columns = (column(turn, "name"), column(turn, "report"), column(turn, "next_sent"))
    turn.show(Table(title=turn.words.label("saved_reports"), columns=columns, rows=tuple(rows)))
    for report in reports[:_MOST_BUTTONS]:
        turn.offer(report.name, "saved_report", words=turn.words.say("utter_saved_report_run_said", name=report.name))


def _send(turn: Turn, report: SavedReport | None, text: str) -> None:
    """Send a report at set times; "this report" is saved for it under its title."""
    if report is None:
        query = kept_query(turn)
        if query is None or not _THIS.search(text):
            _wanted(turn, None)
            return
        report = _save(turn, title_of(turn, query).replace(" · ", ", "))
    try:
        recurrence = read_recurrence(_without(text, report.name), turn.reading)
    except UnreadableValue:
        recurrence = None
    first = recurrence.next_after(turn.reading.now) if recurrence is not None else None
    if recurrence is None or first is None:
        raise refused("utter_saved_report_no_time", name=report.name)
    report.recurrence, report.next_at = recurrence.canonical, first.astimezone(UTC)
    turn.say("utter_saved_report_scheduled", name=report.name, moment=moment_text(first, turn.reading))
    turn.offer(
        turn.words.label("stop_sending"),
        "saved_report",
        words=turn.words.say("utter_saved_report_stop_said", name=report.name),
    )


def _stop(turn: Turn, report: SavedReport) -> None:
    report.recurrence = report.next_at = None
    turn.say("utter_saved_report_stopped", name=report.name)


def _delete(turn: Turn, report: SavedReport) -> None:
    keep_query(turn, ReportQuery.from_json(report.query))
    turn.session.delete(report)
    turn.say("utter_saved_report_deleted", name=report.name)
    turn.offer(
        turn.words.label("save_again"),
        "saved_report",
        once=True,
        words=turn.words.say("utter_saved_report_save_said", name=report.name),
    )


def _wanted(turn: Turn, report: SavedReport | None) -> SavedReport:
    """The report that was named; raises Refused with those there are."""
    if report is not None:
        return report
    names = ", ".join(each.name for each in _all(turn))
    if not names:
        raise refused("utter_saved_report_none")
    raise refused("utter_saved_report_which", names=names)


def _named(turn: Turn, text: str) -> SavedReport | None:
    """The saved report whose name is in the text, the longest when several are."""
    said = f" {name_key(text)} "
    found = [report for report in _all(turn) if f" {report.name_key} " in said]
    return max(found, key=lambda report: len(report.name_key), default=None)


def _without(text: str, name: str) -> str:
    return re.sub(r"\s+".join(map(re.escape, name.split())), " ", text, count=1, flags=re.IGNORECASE)


def _all(turn: Turn) -> list[SavedReport]:
    mine = select(SavedReport).where(SavedReport.owner_id == turn.colleague.id)
    return list(turn.session.scalars(mine.order_by(SavedReport.name_key)))


def _called(turn: Turn, key: str) -> SavedReport | None:
    return next((report for report in _all(turn) if report.name_key == key), None)
