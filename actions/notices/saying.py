"""The wording of what is said to one colleague at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from actions.formatting import day_text
from actions.notices.approvals import say_approvals
from actions.notices.desk import say_desk
from actions.notices.digests import say_digests, say_summaries
from actions.notices.meant import meant_for
from actions.notices.nudges import say_nudges
from actions.notices.reminders import say_reminders
from actions.notices.reports import say_reports
from actions.notices.rules import say_rule_notices
from actions.notices.saved_reports import say_saved_reports
from actions.turn import Turn
from crm_store.models import Notice, NoticeKind, User

SayNotices = Callable[[Turn, Sequence[Notice]], Sequence[Notice]]
"""Adds the wording of notices of one kind to the turn's reply, and returns those that were worth saying."""

_WORDINGS: Mapping[NoticeKind, SayNotices] = {
    NoticeKind.DESK: say_desk,
    NoticeKind.REMINDER: say_reminders,
    NoticeKind.APPROVAL: say_approvals,
    NoticeKind.REPORT: say_reports,
    NoticeKind.RULE: say_rule_notices,
    NoticeKind.SAVED_REPORT: say_saved_reports,
    NoticeKind.DIGEST: say_digests,
    NoticeKind.NUDGE: say_nudges,
    NoticeKind.SUMMARY: say_summaries,
}


def say_notices(turn: Turn, notices: Sequence[Notice]) -> list[Notice]:
    """Put notices of one person into words, what they asked for first; those that were said.

    A notice that is no longer true (the task is done, the deal has moved) is left out.
    """
    said = _say(turn, [notice for notice in notices if meant_for(notice) == notice.user_id])
    absent = sorted({meant_for(notice) for notice in notices} - {notice.user_id for notice in notices})
    for user_id in absent:
        theirs = [notice for notice in notices if meant_for(notice) == user_id]
        before = len(turn.reply.parts)
        said += _say(turn, theirs)
        if len(turn.reply.parts) > before:
            back = datetime.fromisoformat(theirs[0].data["back"]).astimezone(turn.reading.zone).date()
            person = turn.session.get_one(User, user_id).name
            turn.say("utter_for_absent", person=person, back=day_text(back, turn.reading))
            turn.reply.parts.insert(before, turn.reply.parts.pop())
    return said


def _say(turn: Turn, notices: Sequence[Notice]) -> list[Notice]:
    said: list[Notice] = []
    for kind, wording in _WORDINGS.items():
        of_kind = [notice for notice in notices if notice.kind is kind]
        if of_kind:
            said += wording(turn, of_kind)
    return said
