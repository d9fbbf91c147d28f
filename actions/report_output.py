"""Handing over a report: as a table, as a chart with the same numbers in words, or as a file for a spreadsheet."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

from babel.numbers import format_decimal

from actions.charts import ChartSpec, draw
from actions.formatting import money_text
from actions.reply import Document, Picture, Table, Text
from actions.report_follow_up import remember_report
from actions.report_words import Output, read_output
from actions.turn import Turn
from crm_store.insights.deal_sums import DealSum
from crm_store.money import Money

MAX_ROWS = 15
Column = tuple[str, Literal["text", "number"]]
_CHART_WORDS = re.compile(r"\b(charts?|graphs?|plot|diagram|visuali[sz]e)\b", re.IGNORECASE)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_PLAIN_NUMBER = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What there is to show. ``file_rows`` (with ``file_columns``) are what a file holds instead of the table's."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    chart: ChartSpec | None = None
    file_name: str = "report"
    file_columns: tuple[str, ...] = ()
    file_rows: Sequence[tuple[str, ...]] = ()


def output_said(turn: Turn) -> Output:
    """How the report is to be shown; a table unless something else was said."""
    for said in turn.call.all("output"):
        output = read_output(said)
        if output is not None:
            return output
    return Output.CHART if _CHART_WORDS.search(turn.call.words) else Output.TABLE


def show_report(turn: Turn, report: Report, output: Output) -> None:
    """Add the report to the reply; what cannot be shown as asked is said and shown as a table.

    It is what "as a chart" said next is about.
    """
    remember_report(turn)
    if output is Output.CHART and report.chart is not None:
        chart = draw(report.chart)
        path = turn.files / f"{hashlib.sha256(chart.png).hexdigest()[:32]}.png"
        turn.files.mkdir(parents=True, exist_ok=True)
        path.write_bytes(chart.png)
        turn.show(Picture(path=path, alt=chart.alt))
        if report.note:
            turn.show(Text(report.note))
        return
    if output is Output.CSV:
        turn.say("utter_report_csv", title=report.title)
        turn.show(_csv_document(turn, report))
        if report.note:
            turn.show(Text(report.note))
        return
    if output is Output.PDF:
        turn.say("utter_report_pdf", title=report.title)
        turn.show(_pdf_document(turn, report))
        return
    if output is Output.CHART:
        turn.say("utter_report_no_chart")
    turn.show(Table(title=report.title, columns=report.columns, rows=report.rows, note=report.note))


def _csv_document(turn: Turn, report: Report) -> Document:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(report.file_columns or tuple(label for label, _ in report.columns))
    for row in report.file_rows or report.rows:
        writer.writerow([defused(cell) for cell in row])
    # With a byte order mark, without which Excel reads UTF-8 as Latin-1.
    content = buffer.getvalue().encode("utf-8-sig")
    path = turn.files / f"{hashlib.sha256(content).hexdigest()[:32]}.csv"
    turn.files.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    name = f"{report.file_name}-{turn.reading.today.isoformat()}.csv"
    return Document(path=path, name=name, media_type="text/csv")


def _pdf_document(turn: Turn, report: Report) -> Document:
    """The table with its note, and above it the chart where there is one."""
    from actions.report_pdf import ReportSheet, to_pdf  # noqa: PLC0415 - fpdf2 loads slowly, few reports are printed

    chart = draw(report.chart) if report.chart is not None else None
    content = to_pdf(
        ReportSheet(
            title=report.title,
            company=turn.policy.name,
            printed_on=turn.reading.today,
            columns=tuple(label for label, _ in report.columns),
            numeric=tuple(kind == "number" for _, kind in report.columns),
            rows=report.rows,
            note=report.note,
            picture=chart.png if chart is not None else None,
            picture_alt=chart.alt if chart is not None else "",
        )
    )
    path = turn.files / f"{hashlib.sha256(content).hexdigest()[:32]}.pdf"
    turn.files.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    name = f"{report.file_name}-{turn.reading.today.isoformat()}.pdf"
    return Document(path=path, name=name, media_type="application/pdf")


def defused(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP, "CSV Injection"); numbers stay numbers."""
    if cell.lstrip(" ").startswith(_FORMULA_STARTS) and not _PLAIN_NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def column(turn: Turn, label: str, kind: Literal["text", "number"] = "text") -> Column:
    """A table's column, headed by a label."""
    text = turn.words.label(label)
    return text[:1].upper() + text[1:], kind


def sum_column(turn: Turn, label: str) -> Column:
    """A column of sums, headed by a label and the company's currency."""
    text, kind = column(turn, label, "number")
    return f"{text} ({turn.policy.currency})", kind


def whole(amount: Decimal) -> Decimal:
    """An amount rounded to whole units, as sums are shown."""
    return amount.quantize(Decimal(1), ROUND_HALF_EVEN)


def sum_text(turn: Turn, amount: Decimal) -> str:
    """A sum in whole units of the company's currency, which the column names."""
    return format_decimal(whole(amount), format="#,##0", locale=turn.reading.locale)


def company_money(turn: Turn, amount: Decimal) -> str:
    """A sum in whole units with the company's currency."""
    return money_text(Money(whole(amount), turn.policy.currency), turn.reading)


def count_text(turn: Turn, count: int) -> str:
    """A number in the reader's locale."""
    return format_decimal(count, format="#,##0", locale=turn.reading.locale)


def left_out(turn: Turn, deals: DealSum) -> str:
    """What a sum leaves out, in words; empty when nothing."""
    parts = []
    if deals.without_amount:
        parts.append(turn.words.say("utter_left_out_no_amount", deals=turn.words.counted("deal", deals.without_amount)))
    if deals.without_rate:
        parts.append(turn.words.say("utter_left_out_no_rate", deals=turn.words.counted("deal", deals.without_rate)))
    return turn.words.say("utter_left_out", what=", ".join(parts)) if parts else ""


def lines_before(page: int, length: int, count: int) -> int:
    """How many of ``count`` lines come before a page; a list that has become shorter ends with its last page."""
    return min(page - 1, max(0, count - 1) // length) * length


def page_title(turn: Turn, title: str, before: int, count: int) -> str:
    """A list's title on a page that ``before`` lines come before."""
    return turn.words.say(
        "utter_page_title", title=title, first=count_text(turn, before + 1), last=count_text(turn, before + count)
    )


def notes(*sentences: str) -> str:
    """Sentences one after the other; empty ones are left out."""
    return " ".join(sentence for sentence in sentences if sentence)
