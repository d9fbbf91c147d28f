"""What is loaded at the start stays: the garbage collector need not look through it again and again.

Code, models and vocabularies are hundreds of thousands of objects. A full collection that walks all of them takes a
quarter of a second, and whoever's message it falls into waits for it.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Load within this what is to stay: nothing is collected meanwhile, and what is there at the end never is."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
