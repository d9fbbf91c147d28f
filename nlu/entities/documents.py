"""Numbers of orders, invoices and tickets."""

from __future__ import annotations

import re

from nlu.entities.candidates import DocumentNumber

# "ORD-10423", "ord 10423", "#INV2041", "T-118". A space is no separator after a bare T ("T 118" could be anything).
_PREFIXED = re.compile(
    r"(?<![\w-])(?:(?P<prefix>ORD|INV)[-\s_#]{0,2}(?P<digits>\d{2,9})|(?P<ticket>T)-(?P<ticket_digits>\d{1,9}))(?![\w-]|\.\d)",
    re.IGNORECASE,
)
# A bare number after the word: "order 10423", "invoice no. 2041", "ticket number is #118". At least three digits, or
# "order 2 more" would name an order; after "#" or "no." any number will do.
_AFTER_WORD = re.compile(
    r"\b(?P<word>order|invoice|bill|ticket)s?(?:\s+(?:number|nr|no|num|id)\b\.?)?(?:\s+is)?\s*:?\s*"
    r"(?P<mark>#|№|(?<=no)\s|(?<=no\.)\s)?\s?(?P<digits>\d{1,9})(?![\w%-]|[.,]\d)",
    re.IGNORECASE,
)
_FEWEST_BARE_DIGITS = 3
_BY_PREFIX = {"ORD": "order_number", "INV": "invoice_number", "T": "ticket_number"}
_BY_WORD = {"order": "order_number", "invoice": "invoice_number", "bill": "invoice_number", "ticket": "ticket_number"}


def find_document_numbers(text: str) -> tuple[DocumentNumber, ...]:
    """Return the document numbers in ``text`` in order; prefixes are upper case and hyphenated in ``canonical``.

    A bare number stays as it is: which prefix it belongs to is not for the reader to say.
    """
    found = []
    for match in _PREFIXED.finditer(text):
        prefix = (match["prefix"] or match["ticket"]).upper()
        digits = match["digits"] or match["ticket_digits"]
        found.append(
            DocumentNumber(
                entity=_BY_PREFIX[prefix], start=match.start(), end=match.end(), canonical=f"{prefix}-{digits}"
            )
        )
    for match in _AFTER_WORD.finditer(text):
        if match["mark"] or len(match["digits"]) >= _FEWEST_BARE_DIGITS:
            start, end = match.span("digits")
            entity = _BY_WORD[match["word"].lower()]
            found.append(DocumentNumber(entity=entity, start=start, end=end, canonical=match["digits"]))
    return tuple(sorted(found, key=lambda number: number.start))
