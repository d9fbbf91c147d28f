"""Writing a deal down: the row itself, its lines, the stages it went through, what was done about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from random import Random

from crm_store.demo.history import DealHistory, write_deal_history
from crm_store.demo.offers import Draft
from crm_store.demo.rows import Rows
from crm_store.demo.timeline import Timeline, in_order
from crm_store.models import Deal, DealLine, StageChange

_LOST_REASONS = {"price": 28, "competitor": 22, "no decision": 18, "timing": 13, "no budget": 11, "feature gap": 8}
_NEXT_STEPS = (
    "Send the proposal", "Call back after their board meeting", "Demo for the operations team", "Get the security form",
    "Agree on the rollout plan", "Check the quote with finance", "Meet the new decision maker", "Send references",
)  # fmt: skip


@dataclass(kw_only=True)
class DealWriter:
    """Adds one deal after the other; ``activity_share`` scales how many activities they get."""

    rows: Rows
    timeline: Timeline
    rng: Random
    activity_share: float = 1.0

    def walk(self, first: int, last: int) -> list[int]:
        """From stage to stage; some are skipped, now and then a deal goes back one."""
        visited = [first]
        for index in range(first + 1, last + 1):
            if index < last and self.rng.random() < 0.08:
                continue
            visited.append(index)
            if index > first + 1 and self.rng.random() < 0.05:
                visited += [index - 1, index]
        return visited

    def moments(self, draft: Draft, first: date, last: date, count: int) -> list[datetime]:
        """``count`` moments in order, the first and the last on the given days."""
        if count == 1:
            return in_order(self.rng, [first], draft.customer.owner.zone)
        shares = list(accumulate(self.rng.expovariate(1) + 0.15 for _ in range(count - 1)))
        length = (last - first).days
        days = [first] + [first + timedelta(days=round(length * share / shares[-1])) for share in shares]
        return in_order(self.rng, days, draft.customer.owner.zone)

    def write(
        self,
        draft: Draft,
        moments: list[datetime],
        stage_ids: list[int],
        *,
        close_date: date | None,
        closed_at: datetime | None = None,
        won: bool = False,
        touched: date | None = None,
    ) -> None:
        """Add the deal with its lines, its stage changes and what was done about it.

        ``moments`` are when it entered each of ``stage_ids``; ``touched``: nothing was done about it since.
        """
        rng, rows = self.rng, self.rows
        history = DealHistory(
            deal_id=rows.next_id(Deal),
            customer=draft.customer,
            person=draft.person,
            created_at=moments[0],
            closed_at=closed_at,
            won=won,
            touched=touched,
        )
        last_activity_at = write_deal_history(rows, self.timeline, rng, history, share=self.activity_share)
        deal_id = rows.add(
            Deal,
            created_at=moments[0],
            name=draft.name,
            account_id=draft.customer.id,
            contact_id=draft.person.id,
            owner_id=draft.customer.owner.id,
            stage_id=stage_ids[-1],
            amount=draft.amount if draft.lines else None,
            currency=draft.currency,
            close_date=close_date,
            next_step=rng.choice(_NEXT_STEPS) if closed_at is None and rng.random() < 0.6 else None,
            source=draft.source,
            lost_reason=None if won or closed_at is None else _choose(rng, _LOST_REASONS),
            closed_at=closed_at,
            stage_since=moments[-1],
            last_activity_at=last_activity_at,
        )
        for line in draft.lines:
            rows.add(
                DealLine,
                deal_id=deal_id,
                product_id=line.product.id,
                quantity=line.quantity,
                unit_price=line.unit_price,
            )
        for index, (moment, stage_id) in enumerate(zip(moments, stage_ids, strict=True)):
            before = stage_ids[index - 1] if index else None
            rows.add(StageChange, deal_id=deal_id, from_stage_id=before, to_stage_id=stage_id, at=moment)


def _choose(rng: Random, weights: dict[str, int]) -> str:
    return rng.choices(list(weights), weights=list(weights.values()))[0]
