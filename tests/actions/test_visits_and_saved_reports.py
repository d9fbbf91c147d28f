"""Plans of visits with their calendar file, and reports that are sent at set times."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from math import isclose
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from actions.calendar_file import Appointment, calendar_file
from bot.scheduler.report_times import queue_saved_reports
from crm_store.insights.visit_plan import Candidate, plan_visits, shares
from crm_store.models import Notice, NoticeKind, SavedReport, Task
from tests.assistants import Heard, Rig, Speaker

TODAY = date(2026, 11, 18)
AT = datetime(2026, 11, 18, 15, tzinfo=UTC)


@given(st.lists(st.floats(min_value=-1e300, max_value=1e300), min_size=1, max_size=50))
def test_shares_of_effort_add_up_to_one_and_keep_the_order_whatever_the_priorities(priorities: list[float]) -> None:
    found = shares(priorities)

    assert isclose(sum(found), 1.0, abs_tol=1e-9)
    assert all(0.0 <= each <= 1.0 for each in found)
    ranked = [share for _, share in sorted(zip(priorities, found, strict=True))]
    assert all(one <= other + 1e-12 for one, other in pairwise(ranked))


def _candidate(number: int, **changed: object) -> Candidate:
    usual: dict[str, object] = {"value": Decimal(10_000), "churn": None, "closes_on": None, "quiet_days": 30}
    return Candidate(account_id=number, name=f"Customer {number}", **(usual | changed))  # type: ignore[arg-type]


def test_whom_one_spoke_to_lately_is_left_out_and_the_rest_come_by_value_urgency_and_quiet() -> None:
    candidates = [
        _candidate(1, quiet_days=2),
        _candidate(2),
        _candidate(3, closes_on=TODAY + timedelta(days=5)),
        _candidate(4, quiet_days=None, churn=0.9),
    ]
    slots = [AT + timedelta(hours=n) for n in range(5)]

    visits = plan_visits(candidates, slots, today=TODAY)

    assert [visit.candidate.account_id for visit in visits] == [4, 3, 2]
    assert [visit.candidate.account_id for visit in plan_visits(candidates, slots, today=TODAY, skipped=[4])] == [3, 2]


def test_a_calendar_file_escapes_folds_and_ends_its_lines_as_the_standard_says() -> None:
    title = "See Müller; Söhne, GmbH \\ " + "ü" * 60
    appointment = Appointment(key="visit-1", at=AT, length=timedelta(hours=1), title=title, note="one\ntwo")

    content = calendar_file([appointment], made_at=AT)

    lines = content.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    unfolded = content.decode().replace("\r\n ", "")
    assert "SUMMARY:See Müller\\; Söhne\\, GmbH \\\\ " + "ü" * 60 in unfolded
    assert "DESCRIPTION:one\\ntwo" in unfolded
    assert "DTSTART:20261118T150000Z" in unfolded
    assert "DTEND:20261118T160000Z" in unfolded
    assert "\n" not in content.decode().replace("\r\n", "")


def _say(speaker: Speaker, intent: str, words: str) -> Heard:
    return speaker.say(f"/{intent}{json.dumps({'words': words})}")


def test_an_accepted_plan_becomes_tasks_and_appointments_in_working_hours(rig: Rig) -> None:
    dana = rig.speaker("dana")
    _say(dana, "visit_plan", "plan 5 visits for next week")

    heard = dana.say("Accept all")

    document = next(part for part in heard.exchange.body["parts"] if part["type"] == "document")
    starts = re.findall(r"DTSTART:(\d{8}T\d{6}Z)", Path(document["path"]).read_text("utf-8"))
    assert len(starts) == 5
    with rig.assistant.store.unit_of_work(now=rig.clock(), read_only=True) as uow:
        tasks = uow.session.scalars(select(Task).where(Task.subject.startswith("See or call"))).all()
        assert sorted(f"{task.due_at:%Y%m%dT%H%M%SZ}" for task in tasks if task.due_at) == starts
        local = [task.due_at.astimezone(ZoneInfo("America/New_York")) for task in tasks if task.due_at]
    assert all(9 <= moment.hour <= 16 and moment.weekday() < 5 for moment in local)


def test_a_report_is_written_once_for_each_time_it_is_due(rig: Rig) -> None:
    morgan = rig.speaker("morgan")
    _say(morgan, "ask_report", "won revenue by region last quarter")
    _say(morgan, "saved_report", "save this as Monday numbers")
    _say(morgan, "saved_report", "send me Monday numbers every Monday at 9")
    monday = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
    store = rig.assistant.store

    assert queue_saved_reports(store, now=monday - timedelta(minutes=1), company_zone="UTC") == 0
    assert queue_saved_reports(store, now=monday + timedelta(seconds=5), company_zone="UTC") == 1
    assert queue_saved_reports(store, now=monday + timedelta(seconds=40), company_zone="UTC") == 0
    with store.unit_of_work(now=monday, read_only=True) as uow:
        report = uow.session.scalars(select(SavedReport)).one()
        notices = uow.session.scalars(select(Notice).where(Notice.kind == NoticeKind.SAVED_REPORT)).all()
        assert [notice.due_at for notice in notices] == [monday]
        assert report.next_at == monday + timedelta(days=7)
