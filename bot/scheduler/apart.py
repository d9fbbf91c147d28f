"""Work that loads much and is seldom done, in a process of its own, so that its memory is given back."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Protocol, TypeVar

R = TypeVar("R")


class Doing(Protocol):
    """Does some work and returns its result."""

    def __call__(self, work: Callable[[], R]) -> R:
        """Do it; raises what it raises."""


def here(work: Callable[[], R]) -> R:
    """In this process."""
    return work()


def apart(work: Callable[[], R]) -> R:
    """In a new process, which ends with the work. ``work`` and its result must be picklable.

    Raises what it raises, or BrokenProcessPool when the process was killed.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=_leave_stopping_to_the_parent) as pool:
        return pool.submit(work).result()


def _leave_stopping_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
