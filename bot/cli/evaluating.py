"""The report of ``rapport eval``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from bot.bootstrap import open_encoder_for
from bot.settings import Settings
from nlu.data_files.loading import load_training_data
from nlu.entities.tagger import TaggedSpan
from nlu.evaluation import evaluate, to_text
from nlu.trainer import TrainerSettings, train_tagger
from nlu.training_data import TrainingExample


def print_evaluation(settings: Settings, *, picture: Path | None, folds: int, now: datetime) -> None:
    """Cross-validate on nlu/data and print the report; also draw it to ``picture``."""
    encoder = open_encoder_for(settings)

    def fit_tagger(examples: Sequence[TrainingExample]) -> Callable[[str], Sequence[TaggedSpan]]:
        return train_tagger(examples, TrainerSettings(), encoder=encoder, now=now).tag

    data = load_training_data(settings.data_dir)
    report = evaluate(data.examples, encoder=encoder, fit_tagger=fit_tagger, folds=folds)
    print(to_text(report))
    if picture is not None:
        from nlu.evaluation_picture import draw_evaluation

        draw_evaluation(report, picture)
        print(f"Picture: {picture}")
