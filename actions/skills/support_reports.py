"""The support report, and the questions no article answers."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from actions.asking.handing_over import asked_about_tickets
from actions.charts import ChartSpec, Series
from actions.formatting import percent_text, stamp_text
from actions.registry import audience_of, skill
from actions.reply import Table
from actions.report_output import Report, output_said, show_report
from actions.report_periods import ReportPeriod, period_or, up_to_now
from actions.report_words import Output
from actions.turn import Turn
from crm_store.article_verdicts import missing_answers
from crm_store.models import Role
from crm_store.support_measures import Speed, SupportFigures, support_figures

_MISSING = re.compile(
    r"\barticles?\b|\bunanswered\b|\bwithout an? answer\b|\bno answer\b|\bhelp centre\b|\bmissing\b"
    r"|\b(?:could|can)(?:n'?t| ?not) (?:you )?answer\b"
    r"|\bcould you not answer\b",
    re.IGNORECASE,
)
_OF_SALES = re.compile(
    r"\b(?:deals?|opportunit(?:y|ies)|opps?|revenues?|pipeline|quotas?|commissions?|win rates?|bookings)\b",
    re.IGNORECASE,
)
_MINUTES_OF_AN_HOUR = 60
SHOWN = 10


@skill("action_support_report", audience={Role.SUPPORT, Role.MANAGER, Role.ADMIN})
def support_report(turn: Turn) -> None:
    """The figures of a period (the last seven days unless said), or which questions have no article."""
    if asked_about_tickets(turn):
        return
    if audience_of(turn) == Role.SUPPORT and _OF_SALES.search(turn.call.words):
        turn.say("utter_not_for_you")
        return
    missing = turn.call.first("topic") == "missing" or bool(_MISSING.search(turn.call.words))
    period = up_to_now(period_or(turn, "last 30 days" if missing else "last 7 days", prefer="past"), turn)
    if missing:
        _say_missing(turn, period)
        return
    start, end = period.start or turn.uow.now, period.end or turn.uow.now
    figures = support_figures(turn.session, since=start, until=end, now=turn.uow.now)
    output = output_said(turn)
    report = _report(turn, figures, period)
    show_report(turn, report, output)
    if output is Output.TABLE and figures.containment.requests:
        show_report(turn, replace(report, note=""), Output.CHART)
    turn.offer(turn.words.label("questions_without_article"), "support_report", topic="missing")


def _report(turn: Turn, figures: SupportFigures, period: ReportPeriod) -> Report:
    label, say = turn.words.label, turn.words.say
    contained = figures.containment
    over = contained.requests - contained.open
    rows = [
        (label("measure_requests"), f"{contained.requests:,}"),
        (label("measure_contained"), _share(turn, contained.contained, contained.confirmed, over)),
        (label("measure_silent"), _share(turn, contained.silent / over if over else None, contained.silent, over)),
        (
            label("measure_came_back"),
            _share(turn, contained.came_back / over if over else None, contained.came_back, over),
        ),
        (
            label("measure_dissatisfied"),
            _share(turn, contained.dissatisfied / over if over else None, contained.dissatisfied, over),
        ),
        (
            label("measure_handed_over"),
            _share(turn, contained.handed_over / over if over else None, contained.handed_over, over),
        ),
        (label("measure_opened"), f"{figures.opened:,}"),
        (label("measure_solved"), f"{figures.solved:,}"),
        (label("measure_first_response"), _speed(turn, figures.first_response)),
        (label("measure_next_response"), _speed(turn, figures.next_response)),
        (label("measure_resolution"), _speed(turn, figures.resolution)),
        (label("measure_csat"), _csat(turn, figures)),
    ]
    names = ("contained", "silent", "came_back", "dissatisfied", "handed_over")
    counts = (contained.confirmed, contained.silent, contained.came_back, contained.dissatisfied, contained.handed_over)
    return Report(
        title=say("utter_support_report_title", period=period.label),
        columns=((label("measure"), "text"), (label("value"), "text")),
        rows=tuple(rows),
        note=say("utter_support_report_note", open=f"{contained.open:,}"),
        chart=ChartSpec(
            title=say("utter_support_chart_title", period=period.label),
            labels=tuple(label(f"measure_{name}_short") for name in names),
            series=(Series(name=label("measure_requests"), values=tuple(Decimal(count) for count in counts)),),
        ),
        file_name="support",
    )


def _share(turn: Turn, share: float | None, part: int, whole: int) -> str:
    if share is None:
        return turn.words.label("nothing_yet")
    return turn.words.say(
        "utter_share_of", share=percent_text(share, turn.reading), part=f"{part:,}", whole=f"{whole:,}"
    )


def _speed(turn: Turn, speed: Speed) -> str:
    if speed.median_minutes is None:
        return turn.words.label("nothing_yet")
    hours, minutes = divmod(round(speed.median_minutes), _MINUTES_OF_AN_HOUR)
    time = (
        turn.words.say("utter_hours_minutes", hours=str(hours), minutes=str(minutes))
        if hours
        else turn.words.say("utter_minutes", minutes=str(minutes))
    )
    if speed.kept_share is None:
        return turn.words.say("utter_speed", time=time, number=f"{speed.number:,}")
    kept = percent_text(speed.kept_share, turn.reading)
    return turn.words.say("utter_speed_kept", time=time, number=f"{speed.number:,}", kept=kept)


def _csat(turn: Turn, figures: SupportFigures) -> str:
    good, answers = figures.csat
    if figures.csat_share is None or figures.csat_mean is None:
        return turn.words.label("nothing_yet")
    share = percent_text(figures.csat_share, turn.reading)
    return turn.words.say(
        "utter_csat_figure", share=share, good=f"{good:,}", answers=f"{answers:,}", mean=f"{figures.csat_mean:.1f}"
    )


def _say_missing(turn: Turn, period: ReportPeriod) -> None:
    """Questions asked alike stand together; those an article answers by now are left out."""
    start, end = period.start or turn.uow.now, period.end or turn.uow.now
    found = missing_answers(turn.session, since=start, until=end, alike=turn.alike, limit=3 * SHOWN)
    still = []
    for each in found:
        hits = turn.help_centre.search(turn.session, each.question, limit=1)
        if not (hits and hits[0].answers):
            still.append(each)
    if not still:
        turn.say("utter_no_missing_articles", period=period.label)
        return
    label = turn.words.label
    rows = tuple(
        (each.question[:120], str(each.people), str(each.times), stamp_text(each.last_at, turn.reading))
        for each in still[:SHOWN]
    )
    turn.show(
        Table(
            title=turn.words.say("utter_missing_articles_title", period=period.label),
            columns=(
                (label("question"), "text"),
                (label("people_asking"), "number"),
                (label("times_asked"), "number"),
                (label("last_asked"), "text"),
            ),
            rows=rows,
            note=turn.words.say("utter_more_left_out", n=f"{len(still) - SHOWN:,}") if len(still) > SHOWN else "",
        )
    )
    turn.offer(turn.words.label("write_article_for"), "manage_article", answer="write", words=still[0].question[:200])
