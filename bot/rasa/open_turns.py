"""Turns that wait for Rasa, and the action calls that belong to them.

Rasa calls our actions while the turn's own thread waits for its answer. The call is handed to that thread, so that a
turn's transaction is only ever touched by one thread, and none is left running when the turn gives up waiting.
"""

from __future__ import annotations

import queue
import secrets
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequest:
    """An action Rasa wants run: its name, the conversation as Rasa sees it, and its answer to come."""

    action: str
    tracker: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionOutcome:
    """What an action came to: events for Rasa's tracker and messages for its dispatcher."""

    events: tuple[Mapping[str, Any], ...] = ()
    messages: tuple[Mapping[str, Any], ...] = ()


class TurnClosed(Exception):
    """The turn an action belongs to is over, or was never of this process; nothing is done."""


@dataclass(slots=True)
class _Call:
    request: ActionRequest
    outcome: Future[ActionOutcome] = field(default_factory=Future)


class OpenTurns:
    """The turns of this process that wait for Rasa. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, queue.SimpleQueue[_Call | None]] = {}
        self._senders = ThreadPoolExecutor(thread_name_prefix="rasa")

    def close(self) -> None:
        """Wait for what is being sent and take no more turns."""
        self._senders.shutdown()

    def serve(self, send: Callable[[str], T], run: Callable[[ActionRequest], ActionOutcome]) -> T:
        """Have ``send`` say something to Rasa under a new turn's name, and run in this thread what Rasa calls.

        Returns or raises what ``send`` does. When ``run`` fails, Rasa is told so, no further action of the turn is
        run, and the error is raised here in the end.
        """
        name = secrets.token_urlsafe(12)
        calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        with self._lock:
            self._waiting[name] = calls
        problem: BaseException | None = None
        try:
            sending = self._senders.submit(send, name)
            sending.add_done_callback(lambda _done: calls.put(None))
            while (call := calls.get()) is not None:
                if problem is not None:
                    call.outcome.set_exception(TurnClosed(name))
                    continue
                try:
                    call.outcome.set_result(run(call.request))
                except BaseException as error:  # noqa: BLE001 - raised below, in the turn it belongs to
                    problem = error
                    call.outcome.set_exception(TurnClosed(name))
        finally:
            with self._lock:
                del self._waiting[name]
            while not calls.empty():
                if (late := calls.get()) is not None:
                    late.outcome.set_exception(TurnClosed(name))
        if problem is not None:
            raise problem
        return sending.result()

    def hand_over(self, name: str, request: ActionRequest) -> Future[ActionOutcome]:
        """Have the turn's own thread run an action; raises TurnClosed, at once or from the result."""
        call = _Call(request)
        with self._lock:
            calls = self._waiting.get(name)
            if calls is None:
                raise TurnClosed(name)
            calls.put(call)
        return call.outcome
