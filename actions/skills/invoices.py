"""Copies of invoices, as PDF."""

from __future__ import annotations

import hashlib
import re
from datetime import date, timedelta

from sqlalchemy import select

from actions.cards import invoice_fields
from actions.document_numbers import document_number
from actions.errors import refused
from actions.formatting import date_text
from actions.invoice_sheet import invoice_sheet
from actions.listing import remember_listed
from actions.orders_meant import is_theirs, numbered, of_customer, referred
from actions.pending import ask
from actions.periods import start_of_day
from actions.picking import label_of, order_before
from actions.registry import SALES, skill
from actions.reply import Document
from actions.said import said_date
from actions.sign_in_first import CLIENTS, SUPPORT, require_proof
from actions.turn import Turn
from crm_store.models import Invoice, InvoiceStatus, Order
from crm_store.proof_kinds import DataClass
from nlu.values import When, read_when

MAX_CHOICES = 6
_POOL = 200
_IT = re.compile(r"\b(?:it|that|this|pdf|the (?:invoice|bill|copy|document|file))\b", re.IGNORECASE)
_NEWEST = re.compile(r"\b(?:last|latest|newest|most recent|current)\s+(?:invoice|bill|one)\b", re.IGNORECASE)


@skill("action_invoice_copy", audience=CLIENTS | SUPPORT | SALES)
def invoice_copy(turn: Turn) -> None:
    """The invoice named by its number, its order or its month; several are offered to choose from."""
    require_proof(turn, DataClass.INVOICES)
    invoices = _invoices_meant(turn)
    if len(invoices) > 1:
        turn.say("utter_ask_which_invoice", invoices=turn.words.counted("invoice", len(invoices)))
        choices = tuple((label_of(turn, invoice), invoice.number) for invoice in invoices[:MAX_CHOICES])
        remember_listed(turn, invoices[:MAX_CHOICES])
        ask(turn, fill="invoice_number", choices=choices, free_text=True)
        return
    (invoice,) = invoices
    turn.focus_on(invoice)
    turn.say("utter_invoice_copy", invoice=invoice.number)
    turn.card(
        invoice,
        title=invoice.number,
        subtitle=turn.words.label(f"invoice_{invoice.status.value}"),
        fields=invoice_fields(turn, invoice) | {"status": None},
    )
    turn.show(_as_document(turn, invoice))


def _invoices_meant(turn: Turn) -> list[Invoice]:
    invoice = referred(turn, Invoice)
    if invoice is not None:
        return [invoice]
    focus = turn.last_focus()
    if focus is not None and focus.kind == Invoice.kind and not turn.call.entities and _IT.search(turn.call.text):
        last = turn.session.get(Invoice, focus.id)
        if last is not None and is_theirs(turn, last):
            return [last]
    order = referred(turn, Order)
    number, order_number = turn.call.first("invoice_number"), turn.call.first("order_number")
    if number is not None and document_number(number, "INV") is not None:
        return [numbered(turn, Invoice, number, "INV")]
    if order is None and order_number is not None:
        order = numbered(turn, Order, order_number, "ORD")
    period = said_date(turn) or number
    newest = _NEWEST.search(turn.call.text) is not None
    if order is None and period is None and not newest:
        order = _order_talked_about(turn)
    if order is not None:
        return _of_order(turn, order)
    if period is not None:
        return _of_period(turn, period)
    latest = _latest(turn)
    return latest[:1] if newest else latest


def _order_talked_about(turn: Turn) -> Order | None:
    focus = turn.last_focus()
    if _IT.search(turn.call.text):
        before = order_before(turn)
        if before is not None:
            return before
    if focus is None or focus.kind != Order.kind or turn.call.first("account") or turn.call.first("contact"):
        return None
    return turn.session.get(Order, focus.id)


def _of_order(turn: Turn, order: Order) -> list[Invoice]:
    query = select(Invoice).where(Invoice.order_id == order.id).order_by(Invoice.issued_on.desc())
    if turn.contact is not None:
        query = query.where(Invoice.contact_id == turn.contact.id)
    invoices = list(turn.session.scalars(query))
    if not invoices:
        raise refused("utter_no_invoice_of_order", order=order.number)
    return invoices


def _of_period(turn: Turn, said: str) -> list[Invoice]:
    when = read_when(said, turn.reading, prefer="past")
    if when is None:
        raise refused("utter_no_such_invoice" if turn.contact else "utter_no_such_invoice_staff", number=said[:60])
    first, last = _not_to_come(turn, when)
    query = of_customer(turn, Invoice).order_by(Invoice.issued_on.desc()).limit(_POOL)
    invoices = list(turn.session.scalars(query.where(Invoice.issued_on.between(first, last))))
    if not invoices:
        # "The invoice for the order of 3 May" was issued when that was shipped.
        placed = (Order.placed_at >= start_of_day(first, turn.reading)) & (
            Order.placed_at < start_of_day(last + timedelta(days=1), turn.reading)
        )
        invoices = list(turn.session.scalars(query.where(Invoice.order_id.in_(select(Order.id).where(placed)))))
    if not invoices:
        start, end = date_text(first, turn.reading), date_text(last, turn.reading)
        raise refused("utter_no_invoice_then", start=start, end=end)
    return _valid(invoices)


def _latest(turn: Turn) -> list[Invoice]:
    query = of_customer(turn, Invoice).order_by(Invoice.issued_on.desc(), Invoice.id.desc())
    invoices = list(turn.session.scalars(query.limit(_POOL)))
    if not invoices:
        raise refused("utter_no_invoices" if turn.contact is not None else "utter_no_invoices_staff")
    return _valid(invoices)


def _valid(invoices: list[Invoice]) -> list[Invoice]:
    """Without the void ones, unless there are no others; by its number or order a void one is there all the same."""
    return [each for each in invoices if each.status is not InvoiceStatus.VOID] or invoices


def _not_to_come(turn: Turn, when: When) -> tuple[date, date]:
    """The period's days; one that has not begun is that of the year before, for there are no invoices from tomorrow."""
    first, last = when.first_day, when.last_day
    if first > turn.reading.today and first.year > 1:
        # By the day after the last, so that February keeps its 29th.
        return _year_before(first), _year_before(last + timedelta(days=1)) - timedelta(days=1)
    return first, last


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)


def _as_document(turn: Turn, invoice: Invoice) -> Document:
    """The PDF, kept under a name made from its content, so that the same invoice is written once."""
    from actions.invoice_pdf import to_pdf  # noqa: PLC0415  # loads fpdf2 and matplotlib: a second

    pdf = to_pdf(invoice_sheet(turn, invoice))
    turn.files.mkdir(parents=True, exist_ok=True)
    path = turn.files / f"{hashlib.sha256(pdf).hexdigest()[:32]}.pdf"
    if not path.exists():
        path.write_bytes(pdf)
    return Document(path=path, name=f"{invoice.number}.pdf", media_type="application/pdf")
