"""Kinds of a customer's data, and the ways to prove who one is."""

from __future__ import annotations

from enum import StrEnum


class DataClass(StrEnum):
    """Kinds of a customer's data; each asks for its own kinds and age of proof."""

    ORDERS = "orders"
    INVOICES = "invoices"
    TICKETS = "tickets"
    ADDRESSES = "addresses"


class ProofMethod(StrEnum):
    """How somebody showed who they are."""

    EMAIL_CODE = "email_code"
    LINK = "link"
    PHONE = "phone"
