"""parse, train and eval."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bot.cli.options import Options
from bot.settings import Settings
from nlu.model_store import Manifest


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(parse)
    app.command()(train)
    app.command(name="eval")(evaluate)


def parse(
    context: typer.Context,
    text: Annotated[list[str] | None, typer.Argument(help="Messages to read; - reads one per line.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per message.")] = False,
) -> None:
    """Show how messages are understood, without doing anything."""
    from bot.bootstrap import bootstrap
    from bot.cli.talking import lines_of
    from bot.opening import system_clock
    from nlu.values.reading import Reading

    options: Options = context.obj
    assistant = bootstrap(options.settings())
    zone = ZoneInfo(assistant.settings.config.company.time_zone)
    try:
        for line in lines_of(text):
            result = assistant.engine.parse(line, reading=Reading(now=system_clock(), zone=zone))
            data = {
                "text": line,
                "intent": {"name": result.intent.name, "confidence": round(result.intent.confidence, 4)},
                "entities": [
                    {
                        "entity": e.entity,
                        "start": e.start,
                        "end": e.end,
                        "text": e.text,
                        "value": e.value,
                        "role": e.role,
                    }
                    for e in result.entities
                ],
                "intent_ranking": [{"name": s.name, "confidence": round(s.confidence, 4)} for s in result.ranking],
                "in_scope": round(result.in_scope, 4),
            }
            if as_json:
                print(json.dumps(data, ensure_ascii=False), flush=True)
                continue
            print(f"{result.intent.name} ({result.intent.confidence:.0%})")
            for entity in result.entities:
                role = f" [{entity.role}]" if entity.role else ""
                print(f"  {entity.entity}{role}: {entity.text!r} = {entity.value}")
    finally:
        assistant.store.close()


def train(
    context: typer.Context,
    engine: Annotated[str, typer.Option(help="Which engine's model: embedded or rasa.")] = "embedded",
    restore: Annotated[bool, typer.Option("--restore", help="Go back to VERSION, or to the previous model.")] = False,
    show: Annotated[bool, typer.Option("--list", help="Show the models that are kept.")] = False,
    version: Annotated[str | None, typer.Argument(help="With --restore: which model.", show_default=False)] = None,
) -> None:
    """Train the models on nlu/data and what was learned from use. Does nothing when nothing has changed."""
    options: Options = context.obj
    if engine not in {"embedded", "rasa"}:
        raise typer.BadParameter(f"{engine!r} is neither embedded nor rasa", param_hint="--engine")
    if version is not None and not restore:
        raise typer.BadParameter("a version is only for --restore", param_hint="VERSION")
    settings = options.settings()
    if engine == "rasa":
        from bot.rasa.training import train_rasa

        if restore or show:
            raise typer.BadParameter(
                "Rasa keeps one model; --restore and --list are for embedded", param_hint="--engine"
            )
        train_rasa(settings)
        return
    if restore:
        _restore(settings, version)
    if restore or show:
        _list_models(settings)
        return
    if (manifest := model_of_today(settings)) is not None:
        _say("Model is up to date", manifest)
        return
    from bot.bootstrap import open_encoder_for
    from bot.cli.progress import progress_bar
    from bot.opening import system_clock
    from nlu.trainer import train as train_models

    encoder = open_encoder_for(settings)
    if encoder is None:
        print("The sentence encoder is not installed: paraphrases will be understood less well.", file=sys.stderr)
    with progress_bar("Training") as progress:
        report = train_models(
            settings.data_dir,
            settings.model_dir,
            None,
            progress,
            now=system_clock(),
            encoder=encoder,
            learned=settings.learned_path,
        )
    if report.restored:
        state = "Kept the model that was restored until there is something new to learn"
    else:
        state = "Model is up to date" if report.skipped else f"Trained in {report.manifest.figures['seconds']:.0f} s"
    _say(state, report.manifest)


def model_of_today(settings: Settings) -> Manifest | None:
    """The current model if what it was trained on is as it was; found out without loading what trains."""
    from nlu.minilm_weights import EncoderUnavailable, find_model_files
    from nlu.training_inputs import inputs_digest, unchanged

    try:
        find_model_files()
        encoder = True
    except EncoderUnavailable:
        encoder = False
    return unchanged(settings.model_dir, inputs_digest(settings.data_dir, settings.learned_path, encoder=encoder))


def _say(state: str, manifest: Manifest) -> None:
    figures = manifest.figures
    print(f"{state}: {figures['examples']:.0f} examples, {figures['intents']:.0f} intents ({manifest.version})")


def _restore(settings: Settings, version: str | None) -> None:
    from bot.bootstrap import open_encoder_for
    from nlu.embedded import EmbeddedEngine
    from nlu.model_store import ModelStore

    store = ModelStore(settings.model_dir)
    wanted = store.manifest(version or store.previous()).version
    # A model of an earlier version of the program may be of no use to this one; then the current one must stay.
    EmbeddedEngine(settings.model_dir / wanted, encoder=open_encoder_for(settings))
    directory = store.restore(wanted)
    print(f"Restored {directory.name}. A running assistant takes it up within seconds.")


def _list_models(settings: Settings) -> None:
    from nlu.model_store import ModelStore

    store = ModelStore(settings.model_dir)
    current = store.current().name
    for manifest in store.versions():
        mark = "*" if manifest.version == current else " "
        print(f"{mark} {manifest.version}  trained {manifest.trained_at}, {manifest.figures['examples']:.0f} examples")


def evaluate(
    context: typer.Context,
    picture: Annotated[Path | None, typer.Option(help="Write the report as a PNG too.")] = None,
    folds: Annotated[int, typer.Option(help="How many folds to cross-validate with.", min=2, max=20)] = 10,
) -> None:
    """Cross-validate understanding on nlu/data: per intent and entity, confusions, calibration, spelling noise."""
    raise typer.Exit(_evaluate(context.obj, picture, folds))


def _evaluate(options: Options, picture: Path | None, folds: int) -> int:
    from bot.cli.evaluating import print_evaluation

    print_evaluation(options.settings(), picture=picture, folds=folds, now=datetime.now().astimezone())
    return 0
