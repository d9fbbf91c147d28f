"""doctor: is everything in place?"""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Iterator
from typing import Literal

import typer

from bot.cli.options import Options
from bot.settings import Settings

State = Literal["ok", "note", "bad"]
_MARKS: dict[State, str] = {"ok": "ok  ", "note": "note", "bad": "BAD "}


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(doctor)


def doctor(context: typer.Context) -> None:
    """Check the installation: database, model, encoder, settings, channels. Exit code 1 when something is broken."""
    options: Options = context.obj
    broken = False
    for state, text in _findings(options.settings()):
        print(f"{_MARKS[state]}  {text}")
        broken = broken or state == "bad"
    raise typer.Exit(1 if broken else 0)


def _findings(settings: Settings) -> Iterator[tuple[State, str]]:
    yield "ok", f"Python {platform.python_version()} on {platform.system()}"
    yield "ok", f"data directory {settings.home}"
    yield from _database(settings)
    yield from _understanding(settings)
    yield from _secrets(settings)
    yield from _channels(settings)
    if settings.config.engine == "rasa":
        from bot.cli.rasa_checks import check_rasa

        yield from check_rasa(settings)


def _database(settings: Settings) -> Iterator[tuple[State, str]]:
    from sqlalchemy import func, select
    from sqlalchemy.exc import SQLAlchemyError

    from crm_store.engine import choose_sqlite_mode, open_engine, to_sqlalchemy_url
    from crm_store.models import Account, Deal, Inbox, InboxStatus, Outbox, OutboxStatus, ReviewItem, ReviewStatus
    from crm_store.revisions import current_revision, head_revision

    url = to_sqlalchemy_url(settings.database_url)
    engine = open_engine(settings.database_url)
    try:
        revision = current_revision(engine)
    except SQLAlchemyError as err:
        yield "bad", f"database {url.render_as_string(hide_password=True)} cannot be reached: {err}"
        return
    yield "ok", f"database {url.render_as_string(hide_password=True)}"
    if url.get_backend_name() == "sqlite":
        mode = choose_sqlite_mode(sqlite3.sqlite_version_info[:3])
        version = sqlite3.sqlite_version
        yield (
            "ok",
            f"SQLite {version}: journal_mode={mode.journal_mode}, synchronous={mode.synchronous} ({mode.reason})",
        )
    if revision != head_revision():
        yield "bad", f"tables are at version {revision or 'none'}, not {head_revision()}; run: rapport db upgrade"
        return
    with engine.connect() as connection:
        deals = connection.scalar(select(func.count(Deal.id)))
        accounts = connection.scalar(select(func.count(Account.id)))
        waiting = connection.scalar(select(func.count(Inbox.id)).where(Inbox.status == InboxStatus.RECEIVED))
        failed = connection.scalar(select(func.count(Inbox.id)).where(Inbox.status == InboxStatus.FAILED))
        in_review = func.count(ReviewItem.id)
        unknown = connection.scalar(select(in_review).where(ReviewItem.status == ReviewStatus.OPEN))
        labelled = connection.scalar(select(in_review).where(ReviewItem.status == ReviewStatus.LABELLED))
        unsent = connection.scalar(select(func.count(Outbox.id)).where(Outbox.status == OutboxStatus.FAILED))
    yield (
        "ok" if accounts else "note",
        f"{accounts:,} accounts, {deals:,} deals" + ("" if accounts else "; for the demo company run: rapport db seed"),
    )
    yield (
        "note" if waiting or failed or unsent else "ok",
        (f"{waiting} messages wait, {failed} could not be answered, {unsent} answers were not delivered"),
    )
    yield (
        "note" if labelled else "ok",
        f"{unknown} messages wait for review, {labelled} are labelled"
        + ("; to learn from them run: rapport review --train" if labelled else ""),
    )
    engine.dispose()


def _understanding(settings: Settings) -> Iterator[tuple[State, str]]:
    from bot.bootstrap import open_encoder_for, open_engine
    from bot.dialogue.domain import load_domain
    from bot.dialogue.rules import DomainError
    from bot.errors import ModelMissing
    from nlu.model_store import ModelStore

    encoder = open_encoder_for(settings)
    if encoder is None:
        yield (
            "note",
            "sentence encoder is not installed: paraphrases and questions are understood less well; make setup",
        )
    else:
        yield "ok", "sentence encoder all-MiniLM-L6-v2, weights verified"
    try:
        open_engine(settings, encoder)
        models = ModelStore(settings.model_dir)
        manifest = models.manifest(models.current().name)
        kept = len(models.versions()) - 1
        yield "ok", f"model {manifest.version}: {manifest.figures['examples']:.0f} examples; {kept} others are kept"
    except ModelMissing as err:
        yield "bad", str(err)
    try:
        domain = load_domain(settings.domain_path, settings.data_dir)
        yield (
            "ok",
            f"domain: {len(domain.intents)} intents, {len(domain.rules)} rules, {len(domain.responses)} responses",
        )
    except DomainError as err:
        yield "bad", str(err)


def _secrets(settings: Settings) -> Iterator[tuple[State, str]]:
    key = os.environ.get("RAPPORT_SECRET_KEY")
    if key is not None and len(key) < 32:
        yield "bad", "RAPPORT_SECRET_KEY needs at least 32 characters"
    else:
        yield "ok", "session key from RAPPORT_SECRET_KEY" if key else "session key in the data directory"
    web = settings.config.web
    if web.demo:
        yield "note", f"web chat on {web.host}:{web.port} in demo mode: anybody who reaches it may be anybody"
    else:
        yield "ok", f"web chat on {web.host}:{web.port} with sign-in by e-mail link"
    if not web.demo and not os.environ.get("RAPPORT_SMTP_URL"):
        yield "note", "RAPPORT_SMTP_URL is not set: sign-in links are written to the log instead of being mailed"


def _telegram(settings: Settings) -> tuple[State, str]:
    from bot.channels.telegram.checking import TelegramProblem, check_telegram
    from bot.channels.telegram.settings import settings_from

    telegram = settings_from(os.environ, secret_key=os.environ.get("RAPPORT_SECRET_KEY") or "doctor")
    if telegram is None:
        return "ok", "Telegram: off (TELEGRAM_BOT_TOKEN is not set)"
    try:
        return "ok", f"Telegram: {check_telegram(telegram)}"
    except TelegramProblem as err:
        return "bad", f"Telegram: {err}"


def _channels(settings: Settings) -> Iterator[tuple[State, str]]:
    yield from _slack(settings)
    yield _telegram(settings)


def _slack(settings: Settings) -> Iterator[tuple[State, str]]:
    from datetime import UTC, datetime

    from bot.channels.slack.settings import slack_settings
    from bot.errors import ConfigError

    try:
        slack = slack_settings(os.environ, workspaces=tuple(settings.config.slack.workspaces))
    except ConfigError as err:
        yield "bad", str(err)
        return
    if slack is None:
        yield "ok", "Slack: off (SLACK_BOT_TOKEN is not set)"
        return
    from bot.channels.slack.checks import check_slack

    for finding in check_slack(slack, now=datetime.now(UTC)):
        yield finding.state, finding.text
