"""Learning from the review queue: labelled messages become examples when they do not make understanding worse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.settings import Settings
from crm_store.reviewing import labelled_items, mark_learned
from crm_store.store import Store
from nlu.comparing import Comparison, compare, fit_intents
from nlu.data_files.loading import load_training_data
from nlu.data_files.report import normal_text
from nlu.encoder import Encoder
from nlu.learned import LabelledMessage, add_to_file, as_examples, learned_examples
from nlu.model_store import Manifest
from nlu.trainer import TrainerSettings, train, without_out_of_scope
from nlu.training_data import TrainingData, TrainingExample

FOLDS = 3

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What came of it: how many ``messages`` were labelled, how many were new ``examples``, and the comparison.

    ``comparison`` is None when there was nothing new to learn, ``manifest`` when the current model was kept.
    """

    messages: int
    examples: int
    comparison: Comparison | None = None
    manifest: Manifest | None = None


def learn_from_queue(
    settings: Settings,
    store: Store,
    *,
    now: datetime,
    encoder: Encoder | None,
    progress: Progress,
    folds: int = FOLDS,
    trainer: TrainerSettings | None = None,
) -> Learned:
    """Judge the labelled messages by cross-validation; train and publish a model with them when it is no worse.

    Otherwise the model and the examples stay as they are, and the messages stay labelled: more of them, or other
    labels, may help. Raises TrainingDataError and DatabaseUnavailable; then nothing has changed either.
    """
    with store.unit_of_work(now=now, read_only=True) as uow:
        labels = {
            item.id: LabelledMessage(text=item.text, intent=item.label or "") for item in labelled_items(uow.session)
        }
    messages = list(labels.values())
    known = _known(settings)
    new = _unknown(known, messages, now=now)
    if not new:
        _mark(store, frozenset(labels), now=now)
        return Learned(messages=len(messages), examples=0)
    comparison = compare(
        known, new, fit=fit_intents(encoder), folds=folds, progress=lambda what, share: progress(what, share * 0.6)
    )
    if not comparison.is_no_worse:
        return Learned(messages=len(messages), examples=len(new), comparison=comparison)
    before = settings.learned_path.read_bytes() if settings.learned_path.exists() else None
    add_to_file(settings.learned_path, messages, now=now)
    try:
        report = train(
            settings.data_dir,
            settings.model_dir,
            trainer,
            lambda what, share: progress(what, 0.6 + share * 0.4),
            now=now,
            encoder=encoder,
            learned=settings.learned_path,
        )
    except BaseException:
        # Examples that are there without a model that was trained on them would be learned by the next training.
        _put_back(settings.learned_path, before)
        raise
    _mark(store, frozenset(labels), now=now)
    return Learned(messages=len(messages), examples=len(new), comparison=comparison, manifest=report.manifest)


def _known(settings: Settings) -> tuple[TrainingExample, ...]:
    shared = load_training_data(settings.data_dir).examples
    return _in_scope_or_not((*shared, *learned_examples(settings.learned_path)))


def _unknown(
    known: Sequence[TrainingExample], messages: Sequence[LabelledMessage], *, now: datetime
) -> tuple[TrainingExample, ...]:
    """The different examples made of ``messages`` that are not there yet."""
    there = {(normal_text(example.text), example.intent) for example in known}
    new = {
        key: example
        for example in _in_scope_or_not(as_examples(messages, now=now))
        if example.text and (key := (normal_text(example.text), example.intent)) not in there
    }
    return tuple(new.values())


def _in_scope_or_not(examples: tuple[TrainingExample, ...]) -> tuple[TrainingExample, ...]:
    return without_out_of_scope(TrainingData(examples=examples)).examples


def _mark(store: Store, numbers: frozenset[int], *, now: datetime) -> None:
    with store.unit_of_work(now=now) as uow:
        mark_learned([item for item in labelled_items(uow.session) if item.id in numbers])
        uow.commit()


def _put_back(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(content)
