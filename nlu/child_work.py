"""Work done in a copy of this process, beside what this process does meanwhile."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

_RESULT = "result"


class ChildWork:
    """Work under way in a copy of this process; it writes its result to the file it is given.

    Where the system cannot copy processes, nothing is under way, and ``result`` does the work itself.
    """

    def __init__(self, work: Callable[[Path], None]) -> None:
        """Begin. The copy has this thread only: ``work`` must need no lock that another one may hold."""
        self._work = work
        self._child: int | None = None
        self._folder = Path(tempfile.mkdtemp(prefix="rapport-training-"))
        if hasattr(os, "fork"):
            with warnings.catch_warnings():
                # Python 3.12 and later warn of the other threads; the child takes none of their locks.
                warnings.simplefilter("ignore", DeprecationWarning)
                self._child = os.fork()
        if self._child == 0:
            self._work_and_exit()

    def result(self) -> bytes:
        """Wait for the end and return what was written; to be called once.

        A child that was killed (for its memory, perhaps) costs time, not the work: it is done here then.
        """
        path = self._folder / _RESULT
        try:
            child, self._child = self._child, None
            if child is None or os.waitpid(child, 0)[1] != 0:
                self._work(path)
            return path.read_bytes()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def __del__(self) -> None:
        """End work whose result nobody waits for any more, because something else has failed."""
        if self._child:
            os.kill(self._child, signal.SIGKILL)
            os.waitpid(self._child, 0)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _work_and_exit(self) -> None:
        """Do nothing in the copied process but the work: its threads and connections are another's."""
        status = 1
        try:
            gc.disable()
            for name in (signal.SIGINT, signal.SIGTERM):
                signal.signal(name, signal.SIG_DFL)
            self._work(self._folder / _RESULT)
            status = 0
        finally:
            os._exit(status)
