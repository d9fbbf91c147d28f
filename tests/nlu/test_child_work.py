"""Work beside this process is done once, survives its process's death, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from nlu.child_work import ChildWork


def test_the_result_is_what_another_process_wrote() -> None:
    def write(path: Path) -> None:
        path.write_text(str(os.getpid()), encoding="ascii")

    assert int(ChildWork(write).result()) != os.getpid()


def test_work_whose_process_was_killed_is_done_here() -> None:
    parent = os.getpid()

    def write(path: Path) -> None:
        if os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        path.write_text("done here", encoding="ascii")

    assert ChildWork(write).result() == b"done here"


def test_what_work_fails_with_is_raised_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def fail(_path: Path) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        ChildWork(fail).result()
    assert list(tmp_path.iterdir()) == []


def test_work_nobody_waits_for_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def wait_for_ever(_path: Path) -> None:
        signal.pause()

    work = ChildWork(wait_for_ever)
    child = work._child
    del work
    assert child is not None
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    assert list(tmp_path.iterdir()) == []
