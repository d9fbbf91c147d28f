"""Training a Rasa model on this project's files, in Rasa's own environment."""

from __future__ import annotations

import os
import subprocess

from bot.errors import ModelMissing
from bot.rasa.process import ENVIRONMENT, model_path, rasa_command
from bot.settings import Settings


def train_rasa(settings: Settings) -> None:
    """Train with ``rasa train`` and put the model where the server takes it from; Rasa says what it does.

    Rasa itself skips what has not changed. Raises ConfigError when Rasa is not installed and ModelMissing when it
    would not train.
    """
    model = model_path(settings)
    model.parent.mkdir(parents=True, exist_ok=True)
    files = ["--data", str(settings.data_dir), "--domain", str(settings.domain_path)]
    files += ["--config", str(settings.project / "config.yml")]
    name = model.name.removesuffix(".tar.gz")
    done = subprocess.run(  # noqa: S603 - our own command line
        [str(rasa_command(settings)), "train", *files, "--out", str(model.parent), "--fixed-model-name", name],
        cwd=settings.project,
        env=os.environ | ENVIRONMENT,
        check=False,
    )
    if done.returncode != 0 or not model.exists():
        raise ModelMissing(f"rasa train ended with code {done.returncode}; nothing was replaced")
