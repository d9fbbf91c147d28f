"""What is loaded at the start is out of the garbage collector's sight; what comes later is not."""

from __future__ import annotations

import gc
import weakref

from bot.memory import loading


class _Circle:
    def __init__(self) -> None:
        self.itself = self


def _circle() -> weakref.ref[_Circle]:
    return weakref.ref(_Circle())


def test_what_was_loaded_is_no_longer_looked_through_but_what_comes_later_is_collected() -> None:
    with loading():
        kept = _circle()
        assert not gc.isenabled()
    try:
        assert gc.isenabled()
        later = _circle()
        gc.collect()
        assert kept() is not None
        assert later() is None
    finally:
        gc.unfreeze()


def test_an_error_while_loading_leaves_the_collector_at_work() -> None:
    try:
        with loading():
            raise ValueError
    except ValueError:
        pass
    finally:
        gc.unfreeze()
    assert gc.isenabled()
