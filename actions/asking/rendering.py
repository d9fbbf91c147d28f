"""The answer to a query as a report: one table, chart and file for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from actions.asking.charting import chart_of
from actions.asking.wording import (
    change_text,
    column_name,
    dimension_name,
    figure_name,
    group_name,
    period_text,
    title_of,
    value_text,
)
from actions.formatting import date_text, money_text
from actions.report_output import Column, Report, column, company_money, count_text, left_out, notes
from actions.turn import Turn
from crm_store.insights.deal_sums import DealSum
from crm_store.insights.query.layer import Deals, Dimension, Subject, Unit
from crm_store.insights.query.periods import is_running
from crm_store.insights.query.report_query import Figure, ReportQuery, Show
from crm_store.insights.query.running import Answer, Line, second_groups
from crm_store.models import Deal


def report_of(turn: Turn, answer: Answer) -> Report:
    """The report of an answer, in the form its query asks for."""
    query = answer.query
    title = title_of(turn, query, before=answer.before)
    rows = _Rows(turn, answer)
    columns, lines = rows.crossed() if _is_crossed(answer) else rows.plain()
    file_columns, file_rows = rows.file()
    return Report(
        title=title,
        columns=columns,
        rows=tuple(lines),
        note=_notes(turn, answer),
        chart=chart_of(turn, answer, title),
        file_name="-".join([_plain_name(query.figures[0]), *(f"by-{each}" for each in query.by)]),
        file_columns=file_columns,
        file_rows=file_rows,
    )


def report_of_deals(turn: Turn, query: ReportQuery, deals: Sequence[Deal], total: Answer) -> Report:
    """The deals of a query as a list, with what they all come to."""
    sums = total.total.now[0]
    more = sums.count - len(deals)
    is_open = query.figures[0].deals in {Deals.OPEN, Deals.NEW}
    dated = "close_date" if is_open else "closed_on"
    return Report(
        title=title_of(turn, query),
        columns=(
            column(turn, "deal"),
            column(turn, "account"),
            column(turn, "stage"),
            column(turn, "amount", "number"),
            column(turn, dated),
            column(turn, "owner"),
            *((column(turn, "lost_reason"),) if query.figures[0].deals is Deals.LOST else ()),
        ),
        rows=tuple(_deal_row(turn, deal, query, is_open=is_open) for deal in deals),
        note=notes(
            turn.words.say("utter_more_left_out_sentence", n=count_text(turn, more)) if more else "",
            turn.words.say(
                "utter_results_total",
                deals=turn.words.counted("deal", sums.count),
                amount=company_money(turn, sums.amount),
            ),
            _left_out(turn, total),
        ),
        file_name="deals",
    )


class _Rows:
    """The lines of an answer as rows of a table."""

    def __init__(self, turn: Turn, answer: Answer) -> None:
        self.turn, self.answer, self.query = turn, answer, answer.query
        self.total = turn.words.label("total")

    def plain(self) -> tuple[tuple[Column, ...], list[tuple[str, ...]]]:
        """A row for each line: its groups, then each figure, with the other time and the change beside it."""
        if not self.query.by:
            return self._figures_as_rows()
        columns: list[Column] = [(_upper(dimension_name(self.turn, d, self.query)), "text") for d in self.query.by]
        for figure in self.query.figures:
            columns += [(name, "number") for name in self._figure_columns(figure)]
        rows = [(*self._names(line), *self._values(line)) for line in self.answer.lines]
        rest = ("",) * (len(self.query.by) - 1)
        return tuple(columns), [*rows, (self._total_name(), *rest, *self._values(self.answer.total))]

    def crossed(self) -> tuple[tuple[Column, ...], list[tuple[str, ...]]]:
        """The groups of the second dimension as columns."""
        first, second = self.query.by
        figure = self.query.figures[0]
        across = second_groups(self.answer)
        cells = {(line.groups[0].key, line.groups[1].key): line for line in self.answer.lines}
        down = list({line.groups[0].key: line.groups[0] for line in self.answer.lines}.values())
        columns: list[Column] = [(_upper(dimension_name(self.turn, first, self.query)), "text")]
        columns += [(group_name(self.turn, group, second), "number") for group in across]
        is_sum = figure.measure.is_sum
        rows = []
        for group in down:
            values = [self._value(cells.get((group.key, other.key))) for other in across]
            texts = [value_text(self.turn, v or (Decimal(0) if is_sum else None), figure.measure.unit) for v in values]
            whole_row = (
                [value_text(self.turn, sum(filter(None, values), Decimal(0)), figure.measure.unit)] if is_sum else []
            )
            rows.append((group_name(self.turn, group, first), *texts, *whole_row))
        if is_sum:
            columns.append((_upper(self.total), "number"))
            sums = [
                sum(filter(None, (self._value(cells.get((group.key, other.key))) for group in down)), Decimal(0))
                for other in across
            ]
            shown = [value_text(self.turn, each, figure.measure.unit) for each in sums]
            everything = self.answer.value(self.answer.total, 0)
            rows.append((self._total_name(), *shown, value_text(self.turn, everything, figure.measure.unit)))
        return tuple(columns), rows

    def file(self) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """All lines with plain numbers, for a spreadsheet."""
        columns = [dimension_name(self.turn, each, self.query) for each in self.query.by]
        for figure in self.query.figures:
            columns += [column_name(self.turn, figure)] + (
                [self._before_name(figure)] if self.answer.before is not None else []
            )
        rows = []
        for line in self.answer.lines or (self.answer.total,):
            cells = [*self._names(line)]
            for place, figure in enumerate(self.query.figures):
                cells.append(_plain(self.answer.value(line, place), figure.measure.unit))
                if self.answer.before is not None:
                    cells.append(_plain(self.answer.value(line, place, before=True), figure.measure.unit))
            rows.append(tuple(cells))
        return tuple(_upper(each) for each in columns), rows

    def _figures_as_rows(self) -> tuple[tuple[Column, ...], list[tuple[str, ...]]]:
        answer = self.answer
        period = self.query.period
        columns: list[Column] = [
            column(self.turn, "figure"),
            (period_text(self.turn, period) if period is not None else _upper(self.turn.words.label("now")), "number"),
        ]
        if answer.before is not None:
            columns += [(period_text(self.turn, answer.before), "number"), column(self.turn, "change", "number")]
        rows = []
        for place, figure in enumerate(self.query.figures):
            unit = figure.measure.unit
            now, before = answer.value(answer.total, place), answer.value(answer.total, place, before=True)
            row = [figure_name(self.turn, figure), value_text(self.turn, now, unit, with_currency=True)]
            if answer.before is not None:
                row += [
                    value_text(self.turn, before, unit, with_currency=True),
                    change_text(self.turn, now, before, unit),
                ]
            rows.append(tuple(row))
        return tuple(columns), rows

    def _figure_columns(self, figure: Figure) -> list[str]:
        name = column_name(self.turn, figure)
        if self.answer.before is None:
            return [name]
        return [name, self._before_name(figure), _upper(self.turn.words.label("change"))]

    def _before_name(self, figure: Figure) -> str:
        return period_text(self.turn, self.answer.before) if self.answer.before is not None else ""

    def _names(self, line: Line) -> list[str]:
        return [group_name(self.turn, g, d) for g, d in zip(line.groups, self.query.by, strict=False)]

    def _values(self, line: Line) -> list[str]:
        texts: list[str] = []
        for place, figure in enumerate(self.query.figures):
            now, unit = self.answer.value(line, place), figure.measure.unit
            texts.append(value_text(self.turn, now, unit))
            if self.answer.before is not None:
                before = self.answer.value(line, place, before=True)
                texts += [value_text(self.turn, before, unit), change_text(self.turn, now, before, unit)]
        return texts

    def _value(self, line: Line | None) -> Decimal | None:
        return self.answer.value(line, 0) if line is not None else None

    def _total_name(self) -> str:
        hidden = self.answer.group_count - len({line.groups[0].key for line in self.answer.lines})
        if self.query.top is not None and hidden > 0:
            return self.turn.words.say("utter_query_total_of_all", n=count_text(self.turn, self.answer.group_count))
        return _upper(self.total)


def _is_crossed(answer: Answer) -> bool:
    """Whether the second dimension's groups become columns: with one figure and one time."""
    return len(answer.query.by) == 2 and len(answer.query.figures) == 1 and answer.before is None


def _notes(turn: Turn, answer: Answer) -> str:
    """What a reader has to know to take the figures for what they are."""
    query, words = answer.query, turn.words
    used = {*query.by, *(each.dimension for each in query.conditions)}
    running = query.period is not None and is_running(query.period, turn.reading.today)
    compared_whole = running and answer.before is not None and not is_running(answer.before, turn.reading.today)
    measures = {figure.measure for figure in query.figures}
    has_total = bool(query.by) and not query.board and not query.show.is_picture
    return notes(
        _left_out(turn, answer),
        words.say("utter_query_so_far", day=date_text(turn.reading.today, turn.reading)) if compared_whole else "",
        words.label("attainment_note") if running and query.subject is Subject.QUOTA and answer.before is None else "",
        words.label("main_product_note") if Dimension.PRODUCT in used else "",
        words.label("country_note") if Dimension.COUNTRY in used else "",
        words.label("ratio_note") if has_total and not all(m.is_sum for m in measures) else "",
        words.label("pie_note") if query.show is Show.PIE else "",
    )  # fmt: skip


def _left_out(turn: Turn, answer: Answer) -> str:
    """What the sums of money leave out."""
    for place, figure in enumerate(answer.query.figures):
        tally = answer.total.now[place]
        if figure.measure.unit is Unit.MONEY and (tally.without_amount or tally.without_rate):
            without = DealSum(without_amount=tally.without_amount, without_rate=tally.without_rate)
            return left_out(turn, without)
    return ""


def _deal_row(turn: Turn, deal: Deal, query: ReportQuery, *, is_open: bool) -> tuple[str, ...]:
    closed = deal.closed_at.astimezone(turn.reading.zone).date() if deal.closed_at else None
    day = deal.close_date if is_open else closed
    unknown = turn.words.label("unknown")
    return (
        deal.name,
        deal.account.name,
        deal.stage.name,
        money_text(deal.money, turn.reading) if deal.money else unknown,
        date_text(day, turn.reading) if day else unknown,
        deal.owner.name,
        *((deal.lost_reason or unknown,) if query.figures[0].deals is Deals.LOST else ()),
    )


def _plain(value: Decimal | None, unit: Unit) -> str:
    if value is None:
        return ""
    places = {Unit.NUMBER: "1", Unit.MONEY: "0.01", Unit.SHARE: "0.0001"}.get(unit, "0.01")
    return f"{value.quantize(Decimal(places)):f}"


def _plain_name(figure: Figure) -> str:
    return figure.to_text().replace(" ", "-").replace("_", "-")


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
