"""Answering a question about figures: read it, check whom it may be about, run it, show it, and remember it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from actions.asking.boards import board_report, offer_board_wish
from actions.asking.commissions import commission_report, for_asker
from actions.asking.dates import read_again
from actions.asking.errors import CannotRead
from actions.asking.grammar import Question, read_question
from actions.asking.names import vocabulary_of
from actions.asking.rendering import report_of, report_of_deals
from actions.asking.wording import title_of
from actions.call import Command
from actions.errors import refused
from actions.registry import SALES, audience_of
from actions.report_output import MAX_ROWS, show_report
from actions.report_words import Output
from actions.turn import Turn
from crm_store.errors import RateMissing
from crm_store.insights.leaderboard import leaderboard
from crm_store.insights.query.layer import PERSONAL, Deals, Dimension, Measure, Subject, dimensions_of
from crm_store.insights.query.report_query import Condition, Figure, Period, ReportQuery, Shift, Show
from crm_store.insights.query.running import list_deals, run_query
from crm_store.insights.query.sources import Circumstances
from crm_store.models import Role
from crm_store.money import Money
from crm_store.rates import Rates
from nlu.values import Amount

KEPT = "report"
"""Where the talk's focus keeps the query of the last report."""
_KEPT_AT = "report_at"
_ASKED = "questions"
_FRESH = timedelta(minutes=30)
_MAX_IN_FILE = 10_000
_OF_SUPPORT = frozenset({Subject.TICKETS, Subject.ORDERS})
_OUTPUTS = {Show.TABLE: Output.TABLE, Show.CSV: Output.CSV, Show.PDF: Output.PDF}


def question_of(turn: Turn, text: str | None = None) -> Question:
    """What the person asks, with all it is read by."""
    said = turn.call.words if text is None else text
    if turn.uow.has_journaled:
        # A name may be new since it was read.
        return _question(turn, said)
    # Several skills try to read the same words: kept with the session, they are read once a turn.
    asked: dict[tuple[int, str], Question] = turn.session.info.setdefault(_ASKED, {})
    key = (turn.colleague.id, said)
    if key not in asked:
        asked[key] = _question(turn, said)
    return asked[key]


def _question(turn: Turn, text: str) -> Question:
    return Question(
        text=text,
        vocabulary=vocabulary_of(turn.uow),
        reading=turn.reading,
        session=turn.session,
        to_company=lambda amount: _in_company_currency(turn, amount),
        own=own_records(turn) if turn.colleague.role in {Role.REP, Role.SUPPORT} else None,
    )


def may_ask(turn: Turn) -> bool:
    """Whether the asker is one of those whom figures are for: those who sell, and agents, of tickets and orders."""
    return audience_of(turn) in SALES | {Role.SUPPORT.value}


def is_for_asker(turn: Turn, query: ReportQuery) -> bool:
    """Whether a question is about records the asker works with at all."""
    return audience_of(turn) in SALES or (audience_of(turn) == Role.SUPPORT and query.subject in _OF_SUPPORT)


def own_records(turn: Turn) -> Condition:
    """The condition for what belongs to the asker."""
    return Condition(dimension=Dimension.REP, values=((turn.colleague.id, turn.colleague.name),))


def query_said(turn: Turn) -> ReportQuery | None:
    """The query in the message, None when it is no question that can be read."""
    try:
        return read_question(question_of(turn))
    except CannotRead:
        return None


def answer_query(turn: Turn, query: ReportQuery, *, offers: bool = True) -> None:
    """Show the answer to a query, and (``offers``) what can be asked next.

    Raises Refused for records the asker may not see.
    """
    query = for_asker(turn, query, own_records(turn))
    check_visible(turn, query)
    query = _drawable(query)
    keep_query(turn, query)
    at = circumstances(turn)
    if query.figures[0].measure is Measure.LIST:
        _answer_with_deals(turn, query, at)
        return
    if query.board:
        _answer_with_board(turn, query, at)
        return
    asked = query
    if _wants_amount_too(query):
        query = replace(query, figures=(*query.figures, Figure(Measure.AMOUNT, query.figures[0].deals)))
    answer = run_query(at, query)
    if answer.is_empty:
        turn.say("utter_report_empty", title=title_of(turn, asked, before=answer.before))
        return
    report = report_of(turn, answer)
    if query.subject is Subject.COMMISSION:
        turn.reply.personal = True
        report = commission_report(turn, at, query, answer, report)
    show_report(turn, report, _OUTPUTS.get(query.show, Output.CHART))
    if offers:
        _offer_more(turn, asked)


def circumstances(turn: Turn) -> Circumstances:
    """Where, when and at which rates the asker's reports are made."""
    rates = Rates.load(turn.session, turn.policy.currency)
    return Circumstances(
        session=turn.session,
        rates=rates,
        zone=turn.reading.zone,
        today=turn.reading.today,
        plans=turn.policy.commission,
    )


def keep_query(turn: Turn, query: ReportQuery) -> None:
    """Remember a query as what "it" is in talk about reports."""
    turn.conversation.focus = {
        **turn.conversation.focus, KEPT: query.to_json(), _KEPT_AT: turn.uow.now.isoformat()
    }  # fmt: skip


def kept_query(turn: Turn, *, fresh: bool = False) -> ReportQuery | None:
    """The last report of this talk, its times as of now; ``fresh``: only one of the last half hour."""
    data: Any = turn.conversation.focus.get(KEPT)
    if not isinstance(data, dict):
        return None
    said_at = turn.conversation.focus.get(_KEPT_AT)
    if fresh and (not isinstance(said_at, str) or turn.uow.now - datetime.fromisoformat(said_at) > _FRESH):
        return None
    return as_of_now(turn, ReportQuery.from_json(data))


def kept_at(turn: Turn) -> datetime | None:
    """When the last query of this talk was asked."""
    said_at = turn.conversation.focus.get(_KEPT_AT)
    return datetime.fromisoformat(said_at) if isinstance(said_at, str) and KEPT in turn.conversation.focus else None


def as_of_now(turn: Turn, query: ReportQuery) -> ReportQuery:
    """A kept query with its times read again: "last quarter" moves on."""
    period = read_again(query.period, turn.reading) if query.period is not None else None
    against: Period | Shift | None = query.against
    if isinstance(against, Period):
        against = read_again(against, turn.reading)
    return replace(query, period=period, against=against)


def _answer_with_deals(turn: Turn, query: ReportQuery, at: Circumstances) -> None:
    total = run_query(at, replace(query, figures=(Figure(Measure.AMOUNT, query.figures[0].deals),), top=None))
    if not total.total.now[0].count:
        turn.say("utter_report_empty", title=title_of(turn, query))
        return
    limit = _MAX_IN_FILE if query.show is Show.CSV else min(query.top or MAX_ROWS, MAX_ROWS)
    deals = list_deals(at, query, limit=limit)
    show_report(turn, report_of_deals(turn, query, deals, total), _OUTPUTS.get(query.show, Output.TABLE))


def _answer_with_board(turn: Turn, query: ReportQuery, at: Circumstances) -> None:
    board = leaderboard(turn.uow, at, query)
    # Who is on it only for themselves or those above them is not for the ears of a channel.
    turn.reply.personal = bool(board.unlisted) or not board.listed
    show_report(turn, board_report(turn, board), _OUTPUTS.get(query.show, Output.CHART))
    _offer_more(turn, query)
    offer_board_wish(turn, board)


def _drawable(query: ReportQuery) -> ReportQuery:
    """One figure alone makes no picture: it is drawn over time, or what is open by stage."""
    if not query.show.is_picture or query.by or query.against is not None:
        return query
    figure = query.figures[0]
    if figure.measure is Measure.LIST:
        figure = Figure(Measure.COUNT, figure.deals)
        query = replace(query, figures=(figure,))
    allowed = dimensions_of(figure.measure, figure.deals)
    wanted = (Dimension.STAGE,) if figure.deals is Deals.OPEN else (Dimension.MONTH, Dimension.QUARTER)
    return replace(query, by=(next(each for each in wanted if each in allowed),))


def _wants_amount_too(query: ReportQuery) -> bool:
    """How many deals there are is told with what they come to."""
    figure = query.figures[0]
    counts = figure.measure is Measure.COUNT and figure.deals is not None
    return counts and len(query.figures) == 1 and not query.by and query.show is Show.TABLE


def check_visible(turn: Turn, query: ReportQuery) -> None:
    """Refuse a person or team the asker may not see all of: the figure would be taken for theirs."""
    if turn.actor.sees_all or query.board or query.subject not in PERSONAL:
        return
    visible = turn.actor.visible_owner_ids
    people = query.condition_on(Dimension.REP)
    hidden = [name for key, name in people.values if key not in visible] if people is not None else []
    teams = query.condition_on(Dimension.TEAM)
    if teams is not None and not teams.excluded:
        members = vocabulary_of(turn.uow).team_members
        hidden += [name for key, name in teams.values if not members.get(int(key), frozenset()) <= visible]
    if hidden:
        raise refused("utter_report_not_visible", person=hidden[0])


def _offer_more(turn: Turn, query: ReportQuery) -> None:
    """Buttons for what people ask next."""
    if query.by and not query.show.is_picture:
        _offer(turn, "as_chart")
    if query.against is None and query.period is not None and query.period.is_bounded:
        _offer(turn, "compare_before")
    if query.subject is Subject.DEALS and not query.by and query.figures[0].measure is Measure.COUNT:
        _offer(turn, "list_deals")


def _offer(turn: Turn, name: str) -> None:
    turn.offer_command(turn.words.label(name), Command("refine_report", {"words": turn.words.label(f"{name}_said")}))


def _in_company_currency(turn: Turn, amount: Amount) -> Decimal:
    """Raises Refused for a currency without a rate."""
    money = Money(amount.value, amount.currency or turn.policy.currency)
    try:
        return Rates.load(turn.session, turn.policy.currency).convert(money, turn.reading.today).amount
    except RateMissing as err:
        raise refused("utter_rate_missing", source=err.source, target=err.target) from err
