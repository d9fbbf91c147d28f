"""The layer of meaning: what can be measured, of which records, and by what it can be grouped and filtered.

docs/reports.md describes the same for people; a test keeps the two together.
"""

from __future__ import annotations

from enum import StrEnum
from typing import cast

from crm_store.insights.calendar_buckets import CalendarUnit


class Subject(StrEnum):
    """The records a figure is taken from."""

    DEALS = "deals"
    ACTIVITIES = "activities"
    TICKETS = "tickets"
    ORDERS = "orders"
    QUOTA = "quota"
    COMMISSION = "commission"


class Deals(StrEnum):
    """Which deals, and so which of their dates a period is about.

    OPEN: the close date; WON, LOST and CLOSED (either): the day they were closed; NEW: the day they were created.
    """

    OPEN = "open"
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"
    NEW = "new"


class Unit(StrEnum):
    """What a figure is in. MONEY is the company's currency."""

    NUMBER = "number"
    MONEY = "money"
    SHARE = "share"
    DAYS = "days"
    HOURS = "hours"


class Measure(StrEnum):
    """What is measured. CYCLE: days from creation to winning; ATTAINMENT: won amount as a share of the quota.

    COMMISSION: what the plans pay for won deals. LIST shows the deals themselves. FIRST_RESPONSE and RESOLUTION are
    means over the tickets that have one.
    """

    COUNT = "count"
    AMOUNT = "amount"
    WEIGHTED = "weighted"
    AVERAGE = "average"
    WIN_RATE = "win_rate"
    CYCLE = "cycle"
    LIST = "list"
    ATTAINMENT = "attainment"
    COMMISSION = "commission"
    ACTIVITIES = "activities"
    TICKETS = "tickets"
    FIRST_RESPONSE = "first_response"
    RESOLUTION = "resolution"
    ORDERS = "orders"
    ORDER_VALUE = "order_value"
    AVERAGE_ORDER = "average_order"

    @property
    def subject(self) -> Subject:
        """Whose figure it is."""
        return _SUBJECTS.get(self, Subject.DEALS)

    @property
    def unit(self) -> Unit:
        """What it is in."""
        return _UNITS.get(self, Unit.NUMBER)

    @property
    def is_sum(self) -> bool:
        """Whether the figures of groups add up to the figure of all."""
        return self.unit in {Unit.NUMBER, Unit.MONEY} and self not in {Measure.AVERAGE, Measure.AVERAGE_ORDER}

    @property
    def of_deals(self) -> frozenset[Deals]:
        """The deals it can be taken of; empty for other records."""
        if self.subject is not Subject.DEALS:
            return frozenset()
        return _POPULATIONS.get(self, frozenset(Deals))


_SUBJECTS = {
    Measure.ATTAINMENT: Subject.QUOTA,
    Measure.COMMISSION: Subject.COMMISSION,
    Measure.ACTIVITIES: Subject.ACTIVITIES,
    Measure.TICKETS: Subject.TICKETS,
    Measure.FIRST_RESPONSE: Subject.TICKETS,
    Measure.RESOLUTION: Subject.TICKETS,
    Measure.ORDERS: Subject.ORDERS,
    Measure.ORDER_VALUE: Subject.ORDERS,
    Measure.AVERAGE_ORDER: Subject.ORDERS,
}
_UNITS = {
    Measure.AMOUNT: Unit.MONEY,
    Measure.WEIGHTED: Unit.MONEY,
    Measure.AVERAGE: Unit.MONEY,
    Measure.COMMISSION: Unit.MONEY,
    Measure.ORDER_VALUE: Unit.MONEY,
    Measure.AVERAGE_ORDER: Unit.MONEY,
    Measure.WIN_RATE: Unit.SHARE,
    Measure.ATTAINMENT: Unit.SHARE,
    Measure.CYCLE: Unit.DAYS,
    Measure.FIRST_RESPONSE: Unit.HOURS,
    Measure.RESOLUTION: Unit.HOURS,
}
_POPULATIONS = {
    Measure.WIN_RATE: frozenset({Deals.CLOSED}),
    Measure.CYCLE: frozenset({Deals.WON}),
    Measure.WEIGHTED: frozenset({Deals.OPEN}),
}


class Dimension(StrEnum):
    """What records can be grouped and filtered by. REP is the owner, of a ticket who it is assigned to, of an order
    who owns the customer; PRODUCT the one with the largest share of the lines; COUNTRY that of the first address."""

    REP = "rep"
    TEAM = "team"
    STAGE = "stage"
    SOURCE = "source"
    PRODUCT = "product"
    INDUSTRY = "industry"
    REGION = "region"
    COUNTRY = "country"
    ACCOUNT = "account"
    CURRENCY = "currency"
    REASON = "reason"
    KIND = "kind"
    CATEGORY = "category"
    PRIORITY = "priority"
    STATUS = "status"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def unit(self) -> CalendarUnit | None:
        """The calendar's unit, for the dimensions of time."""
        return cast(CalendarUnit, self.value) if self in TIMES else None

    @property
    def has_order(self) -> bool:
        """Whether its groups have an order of their own."""
        return self in TIMES or self in {Dimension.STAGE, Dimension.PRIORITY, Dimension.STATUS}


TIMES = frozenset({Dimension.DAY, Dimension.WEEK, Dimension.MONTH, Dimension.QUARTER, Dimension.YEAR})
_OF_ANY = TIMES | {Dimension.REP, Dimension.TEAM}
_OF_CUSTOMERS = {Dimension.INDUSTRY, Dimension.REGION, Dimension.COUNTRY, Dimension.ACCOUNT}
_OF_SALES = {Dimension.PRODUCT, Dimension.CURRENCY}
_BY_SUBJECT: dict[Subject, frozenset[Dimension]] = {
    Subject.DEALS: frozenset(_OF_ANY | _OF_CUSTOMERS | _OF_SALES | {Dimension.SOURCE}),
    Subject.ACTIVITIES: frozenset(_OF_ANY | _OF_CUSTOMERS | {Dimension.KIND}),
    Subject.TICKETS: frozenset(
        _OF_ANY | _OF_CUSTOMERS | {Dimension.CATEGORY, Dimension.PRIORITY, Dimension.STATUS}
    ),
    Subject.ORDERS: frozenset(_OF_ANY | _OF_CUSTOMERS | _OF_SALES | {Dimension.STATUS}),
    Subject.QUOTA: frozenset({Dimension.REP, Dimension.TEAM, Dimension.QUARTER, Dimension.YEAR}),
    Subject.COMMISSION: frozenset(
        {Dimension.REP, Dimension.TEAM, Dimension.MONTH, Dimension.QUARTER, Dimension.YEAR}
    ),
}  # fmt: skip


PERSONAL = frozenset({Subject.DEALS, Subject.ACTIVITIES, Subject.QUOTA, Subject.COMMISSION})
"""The records that belong to salespeople, of which a rep means their own."""


def dimensions_of(measure: Measure, deals: Deals | None) -> frozenset[Dimension]:
    """What a figure can be grouped and filtered by: the stage of deals that are open, the reason of those lost."""
    found = _BY_SUBJECT[measure.subject]
    if deals is Deals.OPEN:
        return found | {Dimension.STAGE}
    return found | {Dimension.REASON} if deals is Deals.LOST else found
