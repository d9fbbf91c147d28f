"""The Rasa server as a process of ours: started, watched, started again when it dies, stopped with us."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path
from urllib.parse import urlsplit

import structlog
import yaml

from bot.errors import ConfigError, ModelMissing
from bot.settings import Settings

_log = structlog.get_logger(__name__)
_STOP_SECONDS = 10
_LONGEST_PAUSE = 60.0

ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "PYTHONWARNINGS": "ignore",
}
"""What Rasa is started with beside our own environment: it phones nobody and is quiet about its libraries."""


def rasa_command(settings: Settings) -> Path:
    """Rasa's own command line; raises ConfigError when it is not installed."""
    command = settings.project / settings.config.rasa.environment / "bin" / "rasa"
    if not command.exists():
        raise ConfigError(f"Rasa is not installed in {command.parent.parent}; run: make rasa")
    return command


def model_path(settings: Settings) -> Path:
    """The model ``rapport train --engine rasa`` writes and the server serves."""
    return settings.home / "rasa" / "model.tar.gz"


def _write_server_files(settings: Settings, directory: Path) -> tuple[Path, Path]:
    endpoints, credentials = directory / "endpoints.yml", directory / "credentials.yml"
    url = f"http://127.0.0.1:{settings.config.rasa.actions_port}/webhook"
    endpoints.write_text(yaml.safe_dump({"action_endpoint": {"url": url}}), encoding="utf-8")
    credentials.write_text("rest:\n", encoding="utf-8")
    return endpoints, credentials


class RasaProcess:
    """Keeps one Rasa server running, from ``start`` to ``stop``. Its output goes to ``rasa/server.log`` below home."""

    def __init__(self, settings: Settings) -> None:
        """Raises ConfigError when Rasa is not installed and ModelMissing when nothing was trained."""
        model = model_path(settings)
        if not model.exists():
            raise ModelMissing(f"no Rasa model in {model}; run: rapport train --engine rasa")
        directory = model.parent
        endpoints, credentials = _write_server_files(settings, directory)
        port = urlsplit(settings.config.rasa.url).port or 5005
        command = [str(rasa_command(settings)), "run", "--enable-api", "--interface", "127.0.0.1", "--port", str(port)]
        files = ["--model", str(model), "--endpoints", str(endpoints), "--credentials", str(credentials)]
        self._command = [*command, *files]
        self._directory = directory
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher = threading.Thread(target=self._watch, name="rasa-watch", daemon=True)

    def start(self) -> None:
        """Start the server and return at once; it takes about half a minute until it answers."""
        self._launch()
        self._watcher.start()

    def stop(self) -> None:
        """Stop the server, by force if it does not go."""
        self._stopping.set()
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def pid(self) -> int | None:
        """The running server's process id."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def _launch(self) -> None:
        with (self._directory / "server.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command line
                self._command, cwd=self._directory, env=os.environ | ENVIRONMENT, stdout=log, stderr=log
            )
        _log.info("rasa_started", pid=self._process.pid)

    def _watch(self) -> None:
        pause = 1.0
        while not self._stopping.is_set():
            process = self._process
            if process is None or process.poll() is None:
                self._stopping.wait(0.5)
                continue
            _log.error("rasa_died", exit_code=process.returncode, log=str(self._directory / "server.log"))
            if self._stopping.wait(pause):
                return
            pause = min(pause * 2, _LONGEST_PAUSE)
            self._launch()
