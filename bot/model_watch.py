"""Taking up a new model, or a restored one, while the assistant runs."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import structlog

from nlu.model_store import ModelMissing, ModelStore
from nlu.training_data import NluError

_log = structlog.get_logger(__name__)


class Swappable(Protocol):
    """An engine that can go on with another model."""

    def swap(self, model_dir: Path) -> None:
        """Read messages with the current model below ``model_dir`` from now on; raises NluError and stays as it is."""
        ...


class ModelWatch:
    """Has the engine take up the current model when that becomes another one; for one caller at a time.

    A model that cannot be loaded is reported once and the one in use goes on, until there is yet another one.
    """

    def __init__(self, engine: Swappable, model_dir: Path) -> None:
        """Start with the current model, which ``engine`` is taken to have loaded just now."""
        self._engine = engine
        self._model_dir = model_dir
        self._taken_up = self._current()

    def check(self) -> bool:
        """Look at which model is current (one small file is read); whether another one was taken up."""
        current = self._current()
        if current is None or current == self._taken_up:
            return False
        self._taken_up = current
        try:
            self._engine.swap(self._model_dir / current)
        except NluError as error:
            _log.error("model_not_taken_up", version=current, error=str(error))
            return False
        _log.info("model_taken_up", version=current)
        return True

    def _current(self) -> str | None:
        try:
            return ModelStore(self._model_dir).current().name
        except ModelMissing:
            return None
