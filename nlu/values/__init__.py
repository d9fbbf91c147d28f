"""Readers of the values people write in messages: money, dates, numbers and contact points.

A reader returns the value, None when the text holds none, and raises UnreadableValue (nothing else, on any text) when
one is there that cannot be. Readers have no state and may be called from several threads.
"""

from nlu.values.contact_points import read_email, read_phone
from nlu.values.dates.anchored import Anchored, closing_of
from nlu.values.dates.readers import read_anchored, read_duration, read_recurrence, read_when
from nlu.values.dates.recurrence import Recurrence
from nlu.values.dates.span import Span
from nlu.values.dates.when import OPEN_END, OPEN_START, When
from nlu.values.errors import UnreadableValue
from nlu.values.finding import VALUE_KINDS, FoundValue, ValueKind, find_values
from nlu.values.money import Amount, read_money
from nlu.values.numbers import read_number, read_percent
from nlu.values.ordinals import read_ordinal
from nlu.values.reading import Reading

Money = Amount

__all__ = [
    "OPEN_END",
    "OPEN_START",
    "VALUE_KINDS",
    "Amount",
    "Anchored",
    "FoundValue",
    "Money",
    "Reading",
    "Recurrence",
    "Span",
    "UnreadableValue",
    "ValueKind",
    "When",
    "closing_of",
    "find_values",
    "read_anchored",
    "read_duration",
    "read_email",
    "read_money",
    "read_number",
    "read_ordinal",
    "read_percent",
    "read_phone",
    "read_recurrence",
    "read_when",
]
