"""The action server inside this process: rasa-sdk's executor behind its two addresses.

Rasa posts each action to /webhook, as to any action server. Nobody but Rasa is to reach it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from json import JSONDecodeError
from typing import Any

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bot.errors import ConfigError
from bot.rasa.open_turns import ActionOutcome, ActionRequest, TurnClosed
from crm_store.errors import DatabaseUnavailable

Begin = Callable[[ActionRequest], Future[ActionOutcome]]
"""Has an action run somewhere, and says what it came to when it is done; raises TurnClosed, also from the result."""

_log = structlog.get_logger(__name__)
_START_SECONDS = 10


class ActionServer:
    """Serves Rasa's action calls from a thread of its own, from ``start`` to ``stop``."""

    def __init__(self, begin: Begin, actions: Iterable[str], *, host: str, port: int) -> None:
        """Have ``begin`` answer for ``actions``; raises ConfigError when rasa-sdk is not installed."""
        # Importing rasa-sdk takes half a second, which only those who use Rasa are to wait for.
        try:
            from rasa_sdk.executor import ActionExecutor  # noqa: PLC0415
            from rasa_sdk.interfaces import ActionNotFoundException  # noqa: PLC0415
        except ImportError as err:
            raise ConfigError(
                "the engine rasa needs rasa-sdk: install rapport[rasa], or start with make run ENGINE=rasa"
            ) from err
        self._begin = begin
        self._unknown = ActionNotFoundException
        self._executor = ActionExecutor()
        for action in actions:
            self._executor.register_function(action, self._runner(action))
        app = Starlette(
            routes=[
                Route("/webhook", self._webhook, methods=["POST"]),
                Route("/health", self._health, methods=["GET"]),
            ]
        )
        self._server = uvicorn.Server(
            uvicorn.Config(app, host=host, port=port, log_config=None, access_log=False, lifespan="off")
        )
        self._address = f"{host}:{port}"
        self._thread = threading.Thread(target=self._server.run, name="rasa-actions", daemon=True)

    def start(self) -> None:
        """Return once calls are served; raises ConfigError when the address is taken."""
        self._thread.start()
        for _ in range(_START_SECONDS * 50):
            if self._server.started:
                return
            self._thread.join(0.02)
            if not self._thread.is_alive():
                break
        raise ConfigError(
            f"the action server cannot listen on {self._address}; is another rapport running with Rasa? "
            "Choose another with rapport.rasa.actions_port in config.yml"
        )

    def stop(self) -> None:
        """Serve no more."""
        self._server.should_exit = True
        self._thread.join(5)

    def _runner(self, action: str) -> Any:
        async def run(dispatcher: Any, tracker: Any, _domain: Any) -> list[dict[str, Any]]:
            future = self._begin(ActionRequest(action=action, tracker=tracker.current_state()))
            return hand_out(await asyncio.wrap_future(future), dispatcher)

        return run

    async def _webhook(self, request: Request) -> JSONResponse:
        try:
            call = await request.json()
            if not is_action_call(call):
                return JSONResponse({"error": "not an action call"}, 422)
            result = await self._executor.run(call)
        except (JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
            return JSONResponse({"error": f"not an action call: {error}"}, 422)
        except self._unknown as error:
            _log.error("rasa_called_unknown_action", action=error.action_name)
            return JSONResponse({"error": str(error), "action_name": error.action_name}, 404)
        except TurnClosed:
            _log.warning("rasa_action_refused", reason="its turn is over or of another process")
            return JSONResponse({"error": "the turn of this action is over; nothing was done"}, 409)
        except DatabaseUnavailable as error:
            _log.error("rasa_action_not_done", problem=str(error))
            return JSONResponse({"error": "the database is away; nothing was done"}, 503)
        return JSONResponse(result.model_dump() if result else {"events": [], "responses": []})

    async def _health(self, _request: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})


def hand_out(outcome: ActionOutcome, dispatcher: Any) -> list[dict[str, Any]]:
    """Tell rasa-sdk's dispatcher what an action says; returns its events."""
    for message in outcome.messages:
        dispatcher.utter_message(**message)
    return [dict(event) for event in outcome.events]


def is_action_call(body: object) -> bool:
    """Whether a request's body has what every call of an action has."""
    return isinstance(body, dict) and isinstance(body.get("next_action"), str) and isinstance(body.get("tracker"), dict)
