"""review: what was not understood, and learning from it."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from actions.review_queue import OUT_OF_SCOPE, Cluster
from bot.cli.options import Options
from bot.settings import Settings
from crm_store.store import Store

if TYPE_CHECKING:
    from nlu.comparing import Comparison, Understanding

_BY = "command line"
_TEXTS = 5


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(review)


def review(
    context: typer.Context,
    *,
    show: Annotated[bool, typer.Option("--list", help="Only show what waits.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Show it as one JSON object.")] = False,
    label: Annotated[
        list[str] | None, typer.Option(metavar="ID[,ID]=INTENT", help="Say what messages mean; can be repeated.")
    ] = None,
    dismiss: Annotated[list[str] | None, typer.Option(metavar="ID[,ID]", help="Take messages out, unlearned.")] = None,
    train: Annotated[
        bool, typer.Option("--train", help="Train on what is labelled; keep the model only if it is no worse.")
    ] = False,
    folds: Annotated[int, typer.Option(help="How many folds to compare the models with.", min=2, max=20)] = 3,
) -> None:
    """Review messages that were not understood: show, label, learn. Without options: one group after the other."""
    from bot.bootstrap import open_encoder_for
    from bot.opening import open_store

    options: Options = context.obj
    settings = options.settings()
    labels = [_labelled(text, settings) for text in label or ()]
    dismissed = [number for text in dismiss or () for number in _numbers(text)]
    encoder = open_encoder_for(settings)
    store = open_store(settings)
    try:
        if labels or dismissed:
            _decide(store, labels, dismissed)
        elif show or as_json or not (train or sys.stdin.isatty()):
            _show(store, encoder, as_json=as_json)
        elif not train:
            train = _interactively(store, settings, encoder)
        if train and not _train(settings, store, encoder, folds):
            raise typer.Exit(1)
    finally:
        store.close()


def go_through(
    clusters: Sequence[Cluster],
    intents: frozenset[str],
    *,
    ask: Callable[[str], str],
    tell: Callable[[str], None],
    decide: Callable[[Cluster, str | None], None],
) -> int:
    """Ask about each cluster and pass on what was decided (None: dismissed); how many were labelled.

    The answer is the number of a suggestion, an intent's name, "o" (nothing we do), "d" (dismiss), "q" (stop), or
    nothing (not now).
    """
    labelled = 0
    for number, cluster in enumerate(clusters, start=1):
        tell(f"\n{number} of {len(clusters)}: {len(cluster.items)} x")
        for text in cluster.texts[:_TEXTS]:
            tell(f"   {text}")
        tell("".join(f"  [{place}] {intent}" for place, intent in enumerate(cluster.suggestions, start=1)))
        choices = {str(place): intent for place, intent in enumerate(cluster.suggestions, start=1)}
        choices |= {"o": OUT_OF_SCOPE} | {intent: intent for intent in intents}
        while (
            answer := ask("meaning? number, intent, o = not for us, d = dismiss, Enter = later, q = stop: ")
        ) not in {
            "",
            "d",
            "q",
            *choices,
        }:
            tell(f"{answer!r} is none of these and no intent")
        if answer == "q":
            break
        if answer == "d":
            decide(cluster, None)
        elif answer:
            decide(cluster, choices[answer])
            labelled += 1
    return labelled


def _interactively(store: Store, settings: Settings, encoder: Any) -> bool:
    from bot.opening import system_clock
    from crm_store.reviewing import dismiss_items, label_items

    def decide(cluster: Cluster, label: str | None) -> None:
        with store.unit_of_work(now=system_clock()) as uow:
            if label is None:
                dismiss_items(uow.session, cluster.numbers, by=_BY, now=uow.now)
            else:
                label_items(uow.session, cluster.numbers, label, by=_BY, now=uow.now)
            uow.commit()

    clusters = _clusters(store, encoder)
    if not clusters:
        print("Nothing waits for review.")
        return False
    labelled = go_through(clusters, _intents(settings), ask=lambda text: input(text).strip(), tell=print, decide=decide)
    return labelled > 0 and typer.confirm("Train on it now?", default=True)


def _decide(store: Store, labels: list[tuple[list[int], str]], dismissed: list[int]) -> None:
    from bot.opening import system_clock
    from crm_store.reviewing import dismiss_items, label_items

    with store.unit_of_work(now=system_clock()) as uow:
        for numbers, intent in labels:
            count = label_items(uow.session, numbers, intent, by=_BY, now=uow.now)
            print(f"Labelled {count} of {len(numbers)} as {intent}.")
        if dismissed:
            count = dismiss_items(uow.session, dismissed, by=_BY, now=uow.now)
            print(f"Dismissed {count} of {len(dismissed)}.")
        uow.commit()


def _show(store: Store, encoder: Any, *, as_json: bool) -> None:
    from crm_store.models import ReviewStatus

    clusters = _clusters(store, encoder)
    waiting = _counts(store)[ReviewStatus.LABELLED]
    if as_json:
        print(json.dumps({"clusters": [_as_json(each) for each in clusters], "labelled": waiting}, ensure_ascii=False))
        return
    for cluster in clusters:
        print(f"{len(cluster.items)} x  likeliest: {', '.join(cluster.suggestions) or '-'}")
        for text in cluster.texts[:_TEXTS]:
            numbers = ",".join(str(item.id) for item in cluster.items if item.text == text)
            print(f"   {numbers}: {text}")
    print(f"{sum(len(each.items) for each in clusters)} messages wait for review, {waiting} labelled for training.")


def _as_json(cluster: Cluster) -> dict[str, Any]:
    return {
        "items": [{"id": item.id, "text": item.text, "reason": item.reason.value} for item in cluster.items],
        "count": len(cluster.items),
        "suggestions": list(cluster.suggestions),
        "asked_by": dict(Counter(item.asked_by for item in cluster.items)),
        "last": max(item.at for item in cluster.items).isoformat(),
    }


def _clusters(store: Store, encoder: Any) -> tuple[Cluster, ...]:
    from actions.review_queue import clusters_of
    from bot.opening import system_clock
    from crm_store.reviewing import open_items
    from nlu.grouping import group_alike

    with store.unit_of_work(now=system_clock(), read_only=True) as uow:
        items = list(open_items(uow.session))
        uow.session.expunge_all()
    return clusters_of(items, lambda texts: group_alike(texts, encoder=encoder))


def _counts(store: Store) -> Counter[Any]:
    from bot.opening import system_clock
    from crm_store.reviewing import count_by_status

    with store.unit_of_work(now=system_clock(), read_only=True) as uow:
        return count_by_status(uow.session)


def _train(settings: Settings, store: Store, encoder: Any, folds: int) -> bool:
    from bot.cli.progress import progress_bar
    from bot.learning import learn_from_queue
    from bot.opening import system_clock

    with progress_bar("Learning") as progress:
        learned = learn_from_queue(settings, store, now=system_clock(), encoder=encoder, progress=progress, folds=folds)
    if learned.comparison is None:
        print("There is nothing new to learn." if learned.messages else "No messages are labelled.")
        return True
    print(_as_text(learned.comparison))
    if learned.manifest is None:
        print("The current model is kept: the new one would be worse. The messages stay labelled.")
        return False
    print(f"Learned {learned.examples} examples; the new model is {learned.manifest.version}.")
    return True


def _as_text(comparison: Comparison) -> str:
    rows: list[tuple[str, Understanding, Understanding]] = [
        (f"all {comparison.known_messages + comparison.new_messages} messages", comparison.before, comparison.after),
        (f"the {comparison.known_messages} known ones", comparison.known_before, comparison.known_after),
    ]
    lines = [f"Cross-validation, {comparison.folds} folds     before    after"]
    for name, before, after in rows:
        lines.append(f"  {name:<18} accuracy  {before.accuracy:7.2%}  {after.accuracy:7.2%}")
        lines.append(f"  {'':<18} macro F1  {before.macro_f1:7.2%}  {after.macro_f1:7.2%}")
    new = f"the {comparison.new_messages} new ones"
    lines.append(f"  {new:<18} accuracy  {comparison.new_before:7.2%}  {comparison.new_after:7.2%}")
    return "\n".join(lines)


def _labelled(text: str, settings: Settings) -> tuple[list[int], str]:
    numbers, _, intent = text.partition("=")
    if intent not in _intents(settings):
        raise typer.BadParameter(f"{intent!r} is no intent of domain.yml", param_hint="--label")
    return _numbers(numbers), intent


def _numbers(text: str) -> list[int]:
    try:
        return [int(number) for number in text.split(",")]
    except ValueError as err:
        raise typer.BadParameter(f"{text!r} is no list of numbers", param_hint="--label / --dismiss") from err


def _intents(settings: Settings) -> frozenset[str]:
    from bot.dialogue.domain import load_domain

    return frozenset(load_domain(settings.domain_path, settings.data_dir).intents) | {OUT_OF_SCOPE}
