"""What all commands are given."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from pathlib import Path

import structlog

from bot.settings import Settings, load_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options before the command's name."""

    home: Path | None
    verbose: bool

    def settings(self) -> Settings:
        """The settings for this call; raises ConfigError. Also sets up logging."""
        configure_logging(verbose=self.verbose)
        return load_settings(home=self.home)


def configure_logging(*, verbose: bool) -> None:
    """Log to standard error: every turn when ``verbose``, else only what went wrong."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO if verbose else logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
