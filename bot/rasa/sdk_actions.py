"""The assistant's actions for rasa-sdk's own server: ``python -m rasa_sdk --actions bot.rasa.sdk_actions``.

rasa-sdk finds actions by importing a module and looking for classes, so this one reads domain.yml when it is imported;
everything else, the database too, is opened by its worker processes beside their start.
``rapport actions`` serves the same actions.
"""

from __future__ import annotations

import asyncio
import functools
import multiprocessing
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rasa_sdk import Action
from sanic.worker.manager import WorkerManager

from bot.dialogue.domain import load_domain
from bot.settings import load_settings

if TYPE_CHECKING:
    from bot.rasa.own_turns import OwnTurns

# In tenths of a second: how long Sanic waits for its worker to start before it gives up. Its 30 seconds are too short
# for a busy machine.
WorkerManager.THRESHOLD = max(WorkerManager.THRESHOLD, 3000)
_opening = threading.Lock()


@functools.cache
def _opened() -> OwnTurns:
    from bot.rasa.assembly import open_own_turns  # noqa: PLC0415

    return open_own_turns(load_settings())[1]


def _turns() -> OwnTurns:
    with _opening:
        return _opened()


def _run(action: str, dispatcher: Any, tracker: dict[str, Any]) -> list[dict[str, Any]]:
    from bot.rasa.action_server import hand_out  # noqa: PLC0415
    from bot.rasa.open_turns import ActionRequest  # noqa: PLC0415

    return hand_out(_turns().run(ActionRequest(action=action, tracker=tracker)), dispatcher)


def _action_class(action: str) -> type[Any]:
    async def run(self: Any, dispatcher: Any, tracker: Any, _domain: Any) -> list[dict[str, Any]]:
        return await asyncio.to_thread(_run, action, dispatcher, tracker.current_state())

    return type(action, (Action,), {"name": lambda self: action, "run": run, "__module__": __name__})


def _classes() -> Iterator[type[Any]]:
    settings = load_settings()
    for action in sorted(load_domain(settings.domain_path, settings.data_dir).actions):
        yield _action_class(action)


# rasa-sdk finds them as subclasses of its own, and its server's worker processes by their names in this module.
globals().update({each.__name__: each for each in _classes()})

if multiprocessing.parent_process() is not None:
    # The first call need not wait for all of it; what goes wrong is told by that call.
    threading.Thread(target=_turns, name="opening", daemon=True).start()
