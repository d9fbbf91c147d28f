"""Groups of a report by name."""

from __future__ import annotations

import re

from babel.dates import format_date

from actions.errors import refused
from actions.report_periods import quarter_text
from actions.report_words import read_grouping
from actions.turn import Turn
from crm_store.insights.grouping import Group, Grouping

_BY = re.compile(r"\b(?:by|per)\s+([a-z]+)\b", re.IGNORECASE)


def grouping_said(turn: Turn) -> Grouping | None:
    """What to group by; raises Refused for something that deals cannot be grouped by."""
    said = turn.call.first("grouping")
    if said is not None:
        grouping = read_grouping(said)
        if grouping is None:
            raise refused("utter_report_grouping_unknown", said=said[:60])
        return grouping
    named = _BY.search(turn.call.words)
    return read_grouping(named[1]) if named else None


def group_names(turn: Turn, grouping: Grouping) -> str:
    """What the groups are: "stage", "salesperson"."""
    return turn.words.label(f"grouping_{grouping.value}")


def group_text(turn: Turn, group: Group, grouping: Grouping) -> str:
    """A group's name in a table."""
    if group.folded:
        return turn.words.say("utter_report_other_groups", n=f"{group.folded:,}")
    if group.start is not None:
        match grouping:
            case Grouping.QUARTER:
                return quarter_text(group.start)
            case Grouping.YEAR:
                return str(group.start.year)
        return format_date(group.start, format="LLL y", locale=turn.reading.locale)
    return group.name or turn.words.label("unknown")
