"""What an invoice says, as text; ``actions.invoice_pdf`` draws it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from actions.formatting import date_text, money_text
from actions.turn import Turn
from crm_store.models import Account, Address, Contact, Invoice, Order, OrderLine, Product
from crm_store.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceSheet:
    """What is on the page, as text: ``facts`` and ``totals`` are (label, text) pairs, ``rows`` match ``columns``.

    ``issued_on`` dates the file, so that the same invoice is the same file every time.
    """

    heading: str
    seller: str
    buyer: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    columns: tuple[str, str, str, str]
    rows: tuple[tuple[str, str, str, str], ...]
    totals: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    issued_on: date


def invoice_sheet(turn: Turn, invoice: Invoice) -> InvoiceSheet:
    """An invoice in the asker's locale."""
    label, reading = turn.words.label, turn.reading
    lines = turn.session.scalars(select(OrderLine).where(OrderLine.order_id == invoice.order_id).order_by(OrderLine.id))
    rows, subtotal = [], Decimal(0)
    for line in lines:
        # What was sold stays on the invoice when it is no longer sold.
        product = turn.uow.get_even_deleted(Product, line.product_id)
        price = Money(line.unit_price, invoice.currency)
        total = Money(line.quantity * line.unit_price, invoice.currency)
        subtotal += total.amount
        name = product.name if product is not None else label("product")
        rows.append((name, f"{line.quantity:,}", money_text(price, reading), money_text(total, reading)))
    totals = [(label("total"), money_text(Money(invoice.total, invoice.currency), reading))]
    if subtotal != invoice.total:
        rest = Money(invoice.total - subtotal, invoice.currency)
        totals.insert(0, (label("other_charges"), money_text(rest, reading)))
    return InvoiceSheet(
        heading=turn.words.say("utter_invoice_heading", invoice=invoice.number),
        seller=turn.policy.name,
        buyer=_buyer(turn, invoice),
        facts=tuple(_facts(turn, invoice)),
        columns=(label("item"), label("quantity"), label("unit_price"), label("total")),
        rows=tuple(rows),
        totals=tuple(totals),
        notes=(turn.words.say(f"utter_invoice_note_{invoice.status.value}"),),
        issued_on=invoice.issued_on,
    )


def _facts(turn: Turn, invoice: Invoice) -> list[tuple[str, str]]:
    label, reading = turn.words.label, turn.reading
    facts = [
        (label("issued"), date_text(invoice.issued_on, reading)),
        (label("due"), date_text(invoice.due_on, reading)),
    ]
    if invoice.paid_on is not None:
        facts.append((label("paid_on"), date_text(invoice.paid_on, reading)))
    order = turn.session.get(Order, invoice.order_id)
    if order is not None:
        facts.append((label("order_number"), order.number))
    return [(name[:1].upper() + name[1:], text) for name, text in facts]


def _buyer(turn: Turn, invoice: Invoice) -> tuple[str, ...]:
    """The company, the person and the billing address, as far as they are on record and for the asker to see."""
    account = turn.session.get(Account, invoice.account_id)
    contact = turn.session.get(Contact, invoice.contact_id)
    address = turn.session.scalar(
        select(Address)
        .where((Address.account_id == invoice.account_id) | (Address.contact_id == invoice.contact_id))
        .order_by(Address.purpose != "billing", Address.id)
        .limit(1)
    )
    lines = [account.name if account else None, contact.name if contact else None]
    if address is not None:
        lines += [address.street, f"{address.postcode} {address.city}", address.country]
    return tuple(filter(None, lines))
