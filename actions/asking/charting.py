"""The chart of an answer: bars for groups, lines over time, pieces for a second dimension."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from actions.asking.wording import figure_name, group_name, period_text, value_text
from actions.charts import ChartKind, ChartSpec, Series, short_number
from actions.turn import Turn
from crm_store.insights.query.layer import Unit
from crm_store.insights.query.report_query import Figure, Show
from crm_store.insights.query.running import Answer, Line, second_groups

_CENT = Decimal("0.01")


def chart_of(turn: Turn, answer: Answer, title: str) -> ChartSpec | None:
    """The chart of the first figure and others in the same unit; None when there is nothing to set side by side."""
    query = answer.query
    first = query.figures[0]
    alike = [n for n, figure in enumerate(query.figures) if figure.measure.unit is first.measure.unit]
    if len(query.by) == 2:
        return _over_two(turn, answer, title)
    if query.by:
        lines, labels = answer.lines, [group_name(turn, line.groups[0], query.by[0]) for line in answer.lines]
        series = [
            Series(
                name=_series_name(turn, answer, query.figures[n], before=before),
                values=tuple(_drawn(answer.value(line, n, before=before), first) for line in lines),
            )
            for n in alike
            for before in ((True, False) if answer.before is not None else (False,))
        ]
    elif answer.before is not None and query.period is not None:
        labels = [period_text(turn, answer.before), period_text(turn, query.period)]
        total = answer.total
        series = [
            Series(
                name=figure_name(turn, query.figures[n]),
                values=(
                    _drawn(answer.value(total, n, before=True), first),
                    _drawn(answer.value(total, n), first),
                ),
            )
            for n in alike
        ]
    else:
        return None
    over_time = bool(query.by) and query.by[0].unit is not None and len(labels) > 1
    kind = _kind(query.show, over_time=over_time, stacked=False)
    return _spec(turn, first, title=title, labels=labels, series=series, kind=kind)


def _over_two(turn: Turn, answer: Answer, title: str) -> ChartSpec:
    """A label for each group of one dimension and a series for each of the other; time goes along the axis."""
    query = answer.query
    first, second = query.by
    figure = query.figures[0]
    down = list({line.groups[0].key: line.groups[0] for line in answer.lines}.values())
    across = second_groups(answer)
    cells: dict[tuple[object, object], Line] = {(e.groups[0].key, e.groups[1].key): e for e in answer.lines}
    turned = second.unit is not None and first.unit is None
    rows, columns = (across, down) if turned else (down, across)
    row_dimension, column_dimension = (second, first) if turned else (first, second)
    missing = Decimal(0) if figure.measure.is_sum else None
    series = []
    for column in columns[:7]:
        found = [cells.get((column.key, row.key) if turned else (row.key, column.key)) for row in rows]
        values = [_drawn(answer.value(line, 0), figure) if line is not None else missing for line in found]
        series.append(Series(name=group_name(turn, column, column_dimension), values=tuple(values)))
    labels = [group_name(turn, row, row_dimension) for row in rows]
    over_time = row_dimension.unit is not None and len(labels) > 1
    kind = _kind(query.show, over_time=over_time and not figure.measure.is_sum, stacked=figure.measure.is_sum)
    return _spec(turn, figure, title=title, labels=labels, series=series, kind=kind)


def _kind(show: Show, *, over_time: bool, stacked: bool) -> ChartKind:
    if show is Show.LINE or (show in {Show.CHART, Show.PDF} and over_time):
        return ChartKind.LINE
    return ChartKind.STACKED_BAR if stacked else ChartKind.BAR


def _spec(
    turn: Turn, figure: Figure, *, title: str, labels: list[str], series: list[Series], kind: ChartKind
) -> ChartSpec:
    unit = figure.measure.unit
    scale = Decimal(100) if unit is Unit.SHARE else Decimal(1)

    def words(value: Decimal) -> str:
        return value_text(turn, value / scale, unit)

    def short(value: Decimal) -> str:
        return f"{short_number(value)}%" if unit is Unit.SHARE else short_number(value)

    return ChartSpec(
        title=title,
        labels=tuple(labels),
        series=tuple(series),
        kind=kind,
        unit=_unit_text(turn, unit),
        short_text=short,
        value_text=words,
    )


def _unit_text(turn: Turn, unit: Unit) -> str:
    match unit:
        case Unit.MONEY:
            return turn.policy.currency
        case Unit.DAYS:
            return turn.words.label("days")
        case Unit.HOURS:
            return turn.words.label("hours")
    return ""


def _drawn(value: Decimal | None, figure: Figure) -> Decimal | None:
    """A value as it is drawn: shares in percent."""
    if value is None:
        return None
    scaled = value * 100 if figure.measure.unit is Unit.SHARE else value
    return scaled.quantize(_CENT, ROUND_HALF_EVEN)


def _series_name(turn: Turn, answer: Answer, figure: Figure, *, before: bool) -> str:
    name = figure_name(turn, figure)
    period = answer.before if before else answer.query.period
    if answer.before is None or period is None:
        return name
    text = period_text(turn, period)
    return text if len(answer.query.figures) == 1 else f"{name}, {text}"
