"""Whether the Rasa server can be used: it answers, and its model is one of our domain."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any

import structlog

from bot.dialogue.domain import Domain
from bot.errors import EngineUnavailable
from bot.rasa.client import RasaClient

_log = structlog.get_logger(__name__)


class RasaStanding:
    """Watches one server. Safe to use from several threads; changes for the worse or better are logged once."""

    def __init__(self, client: RasaClient, domain: Domain) -> None:
        self._client = client
        self._domain = domain
        self._lock = threading.Lock()
        self._accepted: str | None = None
        self._problem: str | None = None

    def require(self) -> None:
        """Return when the server can be used now; raises EngineUnavailable with what is the matter.

        Costs one small request, and another one when the model is another than last time.
        """
        try:
            status = self._client.status()
            if status.model_id != self._accepted:
                self._require_our_domain(status.model_file or status.model_id)
                self._accepted = status.model_id
        except EngineUnavailable as error:
            self._note(str(error))
            raise
        self._note(None)

    def _require_our_domain(self, model: str) -> None:
        served = self._client.domain()
        missing = [
            f"{kind} {', '.join(sorted(lacking)[:3])}"
            for kind, ours in (
                ("intents", self._domain.intents),
                ("actions", self._domain.actions),
                ("forms", self._domain.forms),
                ("slots", self._domain.slots),
            )
            if (lacking := set(ours) - _names(served.get(kind)))
        ]
        if missing:
            raise EngineUnavailable(
                f"Rasa at {self._client.url} serves {model}, a model of another domain: it lacks "
                f"{'; '.join(missing)}. Train this project (make rasa) and restart Rasa"
            )

    def _note(self, problem: str | None) -> None:
        with self._lock:
            before, self._problem = self._problem, problem
        if problem is not None and problem != before:
            _log.error("rasa_away", problem=problem)
        elif problem is None and before is not None:
            _log.warning("rasa_back", url=self._client.url)


def _names(section: Any) -> set[str]:
    """The names in a section of a domain, which lists or maps them, or lists mappings of one name."""
    if isinstance(section, Mapping):
        return {str(name) for name in section}
    if not isinstance(section, Iterable) or isinstance(section, str):
        return set()
    return {str(next(iter(item), "")) if isinstance(item, Mapping) else str(item) for item in section}
