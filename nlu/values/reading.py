"""The circumstances a value is read in: when, where and by whom something was said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

Grain = Literal["second", "minute", "hour", "day", "week", "month", "quarter", "year"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """When and where something was said.

    ``now`` is an aware datetime (any zone; UTC by convention); ``zone`` is the speaker's; ``locale`` is a Babel locale
    identifier such as "en_US" (month first, decimal point) or "en_GB"/"de_DE" (day first; German decimal comma).
    ``fiscal_year_start`` is the first month (1-12) of the company's fiscal year.
    """

    now: datetime
    zone: ZoneInfo
    locale: str = "en_US"
    fiscal_year_start: int = 1

    @property
    def today(self) -> date:
        """The speaker's calendar day."""
        return self.now.astimezone(self.zone).date()
