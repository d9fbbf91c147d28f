"""Saying why a question about figures cannot be read, and what can be asked."""

from __future__ import annotations

from actions.asking.errors import CannotRead, Why
from actions.asking.wording import dimension_name, title_of
from actions.turn import Turn
from crm_store.insights.query.layer import Dimension, dimensions_of
from crm_store.insights.query.report_query import ReportQuery


def say_cannot(turn: Turn, error: CannotRead, *, base: ReportQuery | None = None) -> None:
    """Say what could not be read, and what can be asked."""
    said = error.said
    if error.why is Why.CANNOT_COMBINE:
        said = turn.words.label(f"grouping_{error.said}")
    turn.say(f"utter_cannot_read_{error.why}", said=said)
    if base is not None:
        turn.say("utter_cannot_read_about", title=title_of(turn, base))
        figure = base.figures[0]
        allowed = dimensions_of(figure.measure, figure.deals)
        names = [dimension_name(turn, each, base) for each in Dimension if each in allowed and each not in base.by]
        turn.say("utter_cannot_read_groupings", groupings=", ".join(names))
        return
    for number in (1, 2, 3):
        text = turn.words.label(f"example_report_{number}")
        turn.offer(text, "say", text=text)
