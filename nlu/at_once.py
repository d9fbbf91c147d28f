"""Independent pieces of numerical work on all cores: the products are computed outside Python's lock."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
MOST_THREADS = 4


def at_once(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """Return the results of ``jobs`` in their order; the first error of any is raised."""
    with ThreadPoolExecutor(max(1, min(os.cpu_count() or 1, MOST_THREADS, len(jobs)))) as threads:
        return [future.result() for future in [threads.submit(job) for job in jobs]]
