"""The open deals: as a list, in groups, as a chart or as a file."""

from __future__ import annotations

import re
from dataclasses import replace

from actions.asking.covered import covered_by_pipeline
from actions.asking.handing_over import asked_for_more
from actions.cards import show_deal
from actions.charts import ChartSpec, Series
from actions.errors import refused
from actions.formatting import date_text, money_text
from actions.listing import remember_listed
from actions.registry import SALES, skill
from actions.report_filters import DealFilter, filter_said
from actions.report_groups import group_names, group_text, grouping_said
from actions.report_output import (
    MAX_ROWS,
    Report,
    column,
    company_money,
    count_text,
    left_out,
    lines_before,
    notes,
    output_said,
    page_title,
    show_report,
    sum_column,
    sum_text,
    whole,
)
from actions.report_periods import period_said
from actions.report_scope import scope_said
from actions.report_words import Output
from actions.single_deal import SingleDeal, single_deal_asked
from actions.turn import Turn
from crm_store.insights.deal_sums import DealSum, total_of
from crm_store.insights.grouping import Grouping
from crm_store.insights.pipeline import DealOrder, list_open, open_total, open_totals_by
from crm_store.models import Deal, Role, StageType
from crm_store.rates import Rates

MAX_IN_FILE = 10_000
_TOP = re.compile(r"\b(?:top|biggest|largest|first)\s+(\d{1,2})\b", re.IGNORECASE)


@skill("action_show_pipeline", audience=SALES, instead={Role.SUPPORT: "action_show_tickets"})
def show_pipeline(turn: Turn) -> None:
    """Open deals and what they are worth, of those whose deals are meant."""
    single = single_deal_asked(turn)
    if single is None and asked_for_more(turn, covered_by_pipeline):
        return
    rates = Rates.load(turn.session, turn.policy.currency)
    closing = period_said(turn, prefer="future")
    chosen = filter_said(turn, scope_said(turn), rates, closing=closing)
    if chosen.stage_types and StageType.OPEN not in chosen.stage_types:
        turn.say("utter_pipeline_closed_stage")
        turn.offer(turn.words.label("intent_show_results"), "show_results")
        return
    output = output_said(turn)
    grouping = grouping_said(turn)
    if grouping is Grouping.REASON:
        raise refused("utter_pipeline_no_reasons")
    if grouping is None and output is Output.CHART:
        grouping = Grouping.STAGE
    if single is not None:
        _show_single(turn, chosen, rates, single)
    elif grouping is None:
        _show_list(turn, chosen, rates, output)
    else:
        _show_groups(turn, chosen, rates, grouping, output)


def _show_list(turn: Turn, chosen: DealFilter, rates: Rates, output: Output) -> None:
    today = turn.reading.today
    total = open_total(turn.session, rates, chosen.selection, today=today)
    title = chosen.title(turn.words.label("open_deals"))
    if not total.count:
        turn.say("utter_report_empty", title=title)
        return
    asked = _TOP.search(turn.call.words)
    shown = min(MAX_ROWS, max(1, int(asked[1]))) if asked else MAX_ROWS
    dated = chosen.selection.closing_from is not None or chosen.selection.closing_until is not None
    before = lines_before(turn.call.page, shown, total.count)
    deals = list_open(
        turn.session,
        rates,
        chosen.selection,
        today=today,
        order="close date" if dated and not asked else "value",
        limit=MAX_IN_FILE if output is Output.CSV else before + shown,
    )
    page = deals[before : before + shown]
    more = total.count - (len(deals) if output is Output.CSV else before + len(page))
    if before:
        title = page_title(turn, title, before, len(page))
    note = notes(
        turn.words.say("utter_more_left_out_sentence", n=count_text(turn, more)) if more else "",
        _total_text(turn, total),
        left_out(turn, total),
    )
    labels = ("deal", "account", "stage", "owner", "amount", "currency", "close_date", "next_step")
    report = Report(
        title=title,
        columns=(
            column(turn, "deal"),
            column(turn, "account"),
            column(turn, "stage"),
            column(turn, "amount", "number"),
            column(turn, "close_date"),
            *(() if chosen.single_owner else (column(turn, "owner"),)),
        ),
        rows=tuple(_row(turn, deal, with_owner=not chosen.single_owner) for deal in page),
        note=note,
        file_name="pipeline",
        file_columns=tuple(column(turn, label)[0] for label in labels),
        file_rows=[_file_row(deal) for deal in deals] if output is Output.CSV else (),
    )
    show_report(turn, report, output)
    remember_listed(turn, page)
    if more and output is not Output.CSV and not asked:
        turn.offer_command(turn.words.label("more"), turn.call.next_page())


def _show_single(turn: Turn, chosen: DealFilter, rates: Rates, single: SingleDeal) -> None:
    """The card of the one deal asked for, which "it" means from now on."""
    today, selection = turn.reading.today, chosen.selection
    if single == "next" and selection.closing_from is None:
        selection = replace(selection, closing_from=today)
    order: DealOrder = "close date" if single == "next" else "value"
    title = chosen.title(turn.words.label(f"{single}_deal"))
    deals = list_open(turn.session, rates, selection, today=today, order=order, limit=1)
    if not deals:
        turn.say("utter_report_empty", title=title)
        return
    turn.say("utter_single_deal", title=title)
    show_deal(turn, deals[0])
    turn.focus_on(deals[0])
    remember_listed(turn, deals)


def _total_text(turn: Turn, total: DealSum) -> str:
    return turn.words.say(
        "utter_pipeline_total",
        deals=turn.words.counted("deal", total.count),
        amount=company_money(turn, total.amount),
        weighted=company_money(turn, total.weighted),
    )


def _row(turn: Turn, deal: Deal, *, with_owner: bool) -> tuple[str, ...]:
    unknown = turn.words.label("unknown")
    return (
        deal.name,
        deal.account.name,
        deal.stage.name,
        money_text(deal.money, turn.reading) if deal.money else unknown,
        date_text(deal.close_date, turn.reading) if deal.close_date else unknown,
        *((deal.owner.name,) if with_owner else ()),
    )


def _file_row(deal: Deal) -> tuple[str, ...]:
    return (
        deal.name,
        deal.account.name,
        deal.stage.name,
        deal.owner.name,
        "" if deal.amount is None else str(deal.amount),
        deal.currency,
        deal.close_date.isoformat() if deal.close_date else "",
        deal.next_step or "",
    )


def _show_groups(turn: Turn, chosen: DealFilter, rates: Rates, grouping: Grouping, output: Output) -> None:
    today = turn.reading.today
    groups = open_totals_by(turn.session, rates, chosen.selection, grouping, today=today, top=MAX_ROWS)
    total = total_of([each.deals for each in groups])
    title = chosen.title(turn.words.say("utter_pipeline_by", grouping=group_names(turn, grouping)))
    if not total.count:
        turn.say("utter_report_empty", title=title)
        return
    names = [group_text(turn, each.group, grouping) for each in groups]
    rows = [
        (name, count_text(turn, s.count), sum_text(turn, s.amount), sum_text(turn, s.weighted))
        for name, s in [*zip(names, (each.deals for each in groups), strict=True), (turn.words.label("total"), total)]
    ]
    report = Report(
        title=title,
        columns=(
            column(turn, f"grouping_{grouping.value}"),
            column(turn, "deals", "number"),
            sum_column(turn, "amount"),
            sum_column(turn, "weighted"),
        ),
        rows=tuple(rows),
        note=notes(
            "" if output is Output.TABLE else _total_text(turn, total),
            left_out(turn, total),
            turn.words.label("main_product_note") if grouping is Grouping.PRODUCT else "",
        ),
        chart=ChartSpec(
            title=title,
            labels=tuple(names),
            series=(
                Series(name=turn.words.label("amount"), values=tuple(whole(each.deals.amount) for each in groups)),
                Series(name=turn.words.label("weighted"), values=tuple(whole(each.deals.weighted) for each in groups)),
            ),
            unit=turn.policy.currency,
        ),
        file_name=f"pipeline-by-{grouping.value}",
    )
    show_report(turn, report, output)
