"""What can go wrong on the way of a message. Arguments are data."""

from __future__ import annotations


class BotError(Exception):
    """Base of this package's errors."""


class ConfigError(BotError):
    """The configuration cannot be used; the message names the file and the key."""


class UnknownPerson(BotError):
    """Nobody is known under this name."""

    def __init__(self, said: str) -> None:
        super().__init__(
            f"nobody is called {said!r}; use a colleague's handle such as dana, or customer:name@example.com"
        )
        self.said = said


class ModelMissing(BotError):
    """There is no trained model to understand messages with."""


class DatabaseNotReady(BotError):
    """The database's tables are missing or older than this version."""


class EngineUnavailable(BotError):
    """The engine cannot answer now; the message that was to be answered is kept and tried again."""
