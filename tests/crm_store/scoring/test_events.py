from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crm_store.insights.scoring.events import Events

_DAY = st.integers(700_000, 700_020)


@given(st.lists(st.tuples(st.integers(0, 3), _DAY, st.integers(0, 9)), max_size=30), _DAY, _DAY)
def test_counts_and_sums_over_a_stretch_are_those_of_counting_one_by_one(
    happened: list[tuple[int, int, int]], after: int, until: int
) -> None:
    owner, day, worth = (np.array([each[i] for each in happened], dtype=np.int64) for i in range(3))
    events = Events.of(owner, day, worth.astype(float), owners=4)
    until = max(after, until)
    for who in range(4):
        inside = [w for o, d, w in happened if o == who and after < d <= until]
        days = [d for o, d, _ in happened if o == who and d <= until]
        assert events.count(after, until)[who] == len(inside)
        assert events.total(after, until)[who] == sum(inside)
        assert events.last(until)[who] == max(days, default=0)
        assert events.first(until)[who] == min(days, default=0)
