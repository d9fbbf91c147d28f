"""rasa-project: how much of somebody's Rasa project the embedded engine takes over as it is."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from bot.cli.options import Options


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command(name="rasa-project")(rasa_project)


def rasa_project(
    context: typer.Context,
    directory: Annotated[Path, typer.Argument(metavar="DIR", exists=True, file_okay=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Try a Rasa project (domain.yml, data/, tests/) on the embedded engine; nothing is kept.

    Trains on its examples and holds its test stories by its rules and forms. Exit code 1 when rules or forms go
    another way than a story says; stories that need policies that learn from stories are named.
    """
    options: Options = context.obj
    options.settings()
    figures = try_project(directory)
    if as_json:
        print(json.dumps(figures, ensure_ascii=False))
    else:
        _print(figures)
    raise typer.Exit(1 if figures["stories"]["failed"] else 0)


def try_project(directory: Path) -> dict[str, Any]:
    """Load, train and test a project; raises DomainError, TrainingDataError."""
    from bot.dialogue.domain import load_domain
    from bot.dialogue.stories import hold, read_stories, summary_of
    from bot.opening import system_clock
    from nlu.embedded import EmbeddedEngine
    from nlu.encoder import load_encoder
    from nlu.trainer import train
    from nlu.values.reading import Reading

    domain = load_domain(directory / "domain.yml", directory / "data")
    stories = list(read_stories(directory / "tests"))
    outcomes = [hold(story, domain) for story in stories]
    now = system_clock()
    with tempfile.TemporaryDirectory() as home:
        encoder = load_encoder(cache_dir=Path(home) / "cache")
        report = train(directory / "data", Path(home) / "models", now=now, encoder=encoder)
        engine = EmbeddedEngine(Path(home) / "models", encoder=encoder)
        said = dict(pair for story in stories for pair in story.said())
        reading = Reading(now=now, zone=ZoneInfo("UTC"))
        readings = {text: engine.parse(text, reading=reading) for text in said}
    # "out_of_scope" is what this engine says by refusing.
    refusals = {"out_of_scope", "nlu_fallback"}
    misread = [
        {"text": text, "intent": intent, "read_as": readings[text].intent.name}
        for text, intent in said.items()
        if readings[text].intent.name != intent and not {readings[text].intent.name, intent} <= refusals
    ]
    return {
        "examples": int(report.manifest.figures["examples"]),
        "intents": int(report.manifest.figures["intents"]),
        "train_seconds": report.manifest.figures["seconds"],
        "rules": len(domain.rules),
        "forms": len(domain.forms),
        "stories": summary_of(outcomes),
        "not_passed": [
            {
                "story": story.name,
                "verdict": outcome.verdict,
                "step": outcome.at,
                "expected": outcome.expected,
                "found": outcome.found,
            }
            for story, outcome in zip(stories, outcomes, strict=True)
            if outcome.verdict != "passed"
        ],
        "messages": len(said),
        "misread": misread,
    }


def _print(figures: dict[str, Any]) -> None:
    print(f"{figures['rules']} rules and {figures['forms']} forms are understood.")
    understood = figures["messages"] - len(figures["misread"])
    print(
        f"Trained on {figures['examples']} examples of {figures['intents']} intents in "
        f"{figures['train_seconds']:.0f} s; {understood} of {figures['messages']} messages of the test stories are "
        "read as they say."
    )
    for miss in figures["misread"]:
        print(f"  {miss['text']!r} is {miss['intent']}, read as {miss['read_as']}")
    stories = figures["stories"]
    print(
        f"Test stories: {stories['passed']} pass, {stories['needs stories']} go where only learned stories lead, "
        f"{stories['failed']} fail."
    )
    for each in figures["not_passed"]:
        instead = f", here {each['found']}" if each["found"] else ""
        print(f"  {each['verdict']}: {each['story']}: step {each['step']}: {each['expected']}{instead}")
