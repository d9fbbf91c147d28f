"""kill -9 while Telegram's updates are taken in and answered: none is lost, none is done twice."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.telegram.endurance import endure


def test_no_update_is_lost_or_done_twice_though_the_process_is_killed(tmp_path: Path, seeded_database: Path) -> None:
    shutil.copy(seeded_database, tmp_path / "rapport.db")
    outcome = endure(tmp_path, updates=60, chats=6, kills=3, seconds_before_kill=(0.1, 1.0), patience=300)
    assert outcome.kills == 3
    assert (outcome.taken_in, outcome.answered) == (60, 60)
    assert (outcome.tickets, outcome.tickets_doubled) == (outcome.tickets_wanted, 0)
    assert outcome.answers_lost == 0
    assert outcome.out_of_order == 0
    # What Telegram took in the very moment of a kill is sent again: one per chat and kill at the most.
    assert 0 <= outcome.delivered_again <= outcome.kills * 6
