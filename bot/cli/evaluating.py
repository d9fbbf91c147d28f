"""The report of ``rapport eval``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from bot.bootstrap import open_encoder_for
from bot.cli.progress import progress_bar
from bot.settings import Settings
from nlu.data_files.loading import load_training_data
from nlu.evaluation import TrainedEntities, evaluate, to_text
from nlu.trainer import TrainerSettings, fit_entities, without_out_of_scope
from nlu.training_data import TrainingExample


def print_evaluation(settings: Settings, *, picture: Path | None, folds: int, now: datetime) -> None:
    """Cross-validate on nlu/data and print the report; also draw it to ``picture``."""
    encoder = open_encoder_for(settings)

    def fit(examples: Sequence[TrainingExample]) -> TrainedEntities:
        return fit_entities(examples, TrainerSettings(), encoder=encoder, now=now)

    data = without_out_of_scope(load_training_data(settings.data_dir))
    with progress_bar("Evaluating") as progress:
        report = evaluate(data.examples, encoder=encoder, fit_entities=fit, folds=folds, progress=progress)
    print(to_text(report))
    if picture is not None:
        from nlu.evaluation_picture import draw_evaluation

        draw_evaluation(report, picture)
        print(f"Picture: {picture}")
