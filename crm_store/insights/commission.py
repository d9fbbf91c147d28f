"""Commission plans: what a salesperson earns for what they have won in a calendar quarter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """From ``above`` times the quota on the rate is ``rate``; both are shares (1 = 100 %)."""

    above: Decimal
    rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A part of the won amount that is paid at one rate; ``above``: the share of the quota it begins at."""

    above: Decimal
    rate: Decimal
    amount: Decimal

    @property
    def earned(self) -> Decimal:
        """The commission on this part."""
        return self.amount * self.rate


@dataclass(frozen=True, slots=True, kw_only=True)
class CommissionPlan:
    """How commission is worked out, in the company's currency and for a calendar quarter at a time.

    ``rate`` is paid on what was won, as a share. ``tiers``, in order, change it where so much of the quota is reached:
    for what lies beyond or, with ``whole``, for all of the quarter. Without a quota only ``rate`` counts. ``cap`` is
    the most of a quarter. ``pipelines``, ``teams`` and ``people`` (handles) narrow whose and which deals count; empty:
    all. The plan is for quarters that begin from ``first`` to ``last``; None is open.
    """

    name: str
    rate: Decimal
    tiers: tuple[Tier, ...] = ()
    whole: bool = False
    cap: Decimal | None = None
    pipelines: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None

    def is_for(self, handle: str, team: str | None, quarter: date) -> bool:
        """Whether the plan is that of a colleague in the quarter that begins on a day."""
        if (self.first is not None and quarter < self.first) or (self.last is not None and quarter > self.last):
            return False
        named = {each.casefold() for each in self.people}
        teams = {each.casefold() for each in self.teams}
        if not named and not teams:
            return True
        return handle.casefold() in named or (team or "").casefold() in teams

    def counts(self, pipeline: str) -> bool:
        """Whether deals of a pipeline earn commission."""
        return not self.pipelines or pipeline.casefold() in {each.casefold() for each in self.pipelines}

    def steps(self, amount: Decimal, quota: Decimal | None) -> tuple[Step, ...]:
        """The won amount of a quarter in parts by their rate; together they are the amount."""
        tiers = self.tiers if quota else ()
        reached = [Tier(above=Decimal(0), rate=self.rate)]
        reached += [tier for tier in tiers if quota is not None and amount > tier.above * quota]
        if self.whole or quota is None:
            return (Step(above=reached[-1].above, rate=reached[-1].rate, amount=amount),)
        bounds = [tier.above * quota for tier in reached[1:]]
        parts = zip(reached, [Decimal(0), *bounds], [*bounds, amount], strict=True)
        return tuple(Step(above=tier.above, rate=tier.rate, amount=end - start) for tier, start, end in parts)

    def earned(self, amount: Decimal, quota: Decimal | None) -> Decimal:
        """The commission on what was won of a quarter so far, not rounded."""
        whole = sum((step.earned for step in self.steps(amount, quota)), Decimal(0))
        return whole if self.cap is None else min(whole, self.cap)


def plan_of(plans: Iterable[CommissionPlan], handle: str, team: str | None, quarter: date) -> CommissionPlan | None:
    """The first plan that is a colleague's in a quarter."""
    return next((plan for plan in plans if plan.is_for(handle, team, quarter)), None)
