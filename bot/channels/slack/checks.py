"""Is Slack set up rightly? What `rapport doctor` says about it, found by asking Slack."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

from slack_sdk.errors import SlackApiError

from bot.channels.slack.calls import NETWORK_ERRORS, Clients, error_code
from bot.channels.slack.settings import SCOPES, SlackSettings

LARGEST_SKEW = timedelta(minutes=1)
"""Slack's signatures are refused from five minutes on; a minute is a clock nobody keeps."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked."""

    state: Literal["ok", "note", "bad"]
    text: str


def check_slack(settings: SlackSettings, *, now: datetime) -> list[Finding]:
    """Check tokens, scopes and clock. Needs the network; that Slack cannot be reached is a finding, too."""
    return asyncio.run(_check(settings, now))


async def _check(settings: SlackSettings, now: datetime) -> list[Finding]:
    logger = logging.getLogger("rapport.slack.doctor")
    logger.setLevel(logging.CRITICAL)
    clients = Clients(settings.api_url, logger=logger)
    try:
        findings = await _check_bot(clients, settings, now)
        if settings.app_token is not None:
            findings.append(await _check_app_token(clients, settings.app_token))
        else:
            findings.append(Finding("ok", "Slack: events come over HTTP to /slack/events, checked by signature"))
        return findings
    finally:
        await clients.close()


async def _check_bot(clients: Clients, settings: SlackSettings, now: datetime) -> list[Finding]:
    if settings.bot_token is None:
        installed = Finding("ok", "Slack: workspaces are installed at /slack/install")
        if settings.workspaces:
            return [installed]
        nobody = "Slack: nobody is recognised by e-mail before slack.workspaces in config.yml names your own workspaces"
        return [installed, Finding("note", nobody)]
    try:
        answer = await clients.asking(settings.bot_token).auth_test()
    except SlackApiError as error:
        return [Finding("bad", f"Slack: SLACK_BOT_TOKEN is refused ({error_code(error)})")]
    except NETWORK_ERRORS as error:
        return [Finding("bad", f"Slack cannot be reached at {settings.api_url}: {error}")]
    findings = [Finding("ok", f"Slack: workspace {answer.get('team')}, as @{answer.get('user')}")]
    return [*findings, scopes_finding(answer.headers), clock_finding(answer.headers, now)]


async def _check_app_token(clients: Clients, token: str) -> Finding:
    try:
        await clients.asking(None).apps_connections_open(app_token=token)
    except SlackApiError as error:
        return Finding("bad", f"Slack: SLACK_APP_TOKEN opens no Socket Mode connection ({error_code(error)})")
    except NETWORK_ERRORS as error:
        return Finding("bad", f"Slack cannot be reached: {error}")
    return Finding("ok", "Slack: Socket Mode can connect")


def scopes_finding(headers: Mapping[str, str]) -> Finding:
    """Whether the token has all the scopes the manifest asks for."""
    given = {scope.strip() for scope in _header(headers, "x-oauth-scopes").split(",") if scope.strip()}
    missing = [scope for scope in SCOPES if scope not in given]
    if missing:
        names = ", ".join(missing)
        return Finding("bad", f"Slack: the token lacks {names}; add them from slack-manifest.yml and install again")
    return Finding("ok", f"Slack: all {len(SCOPES)} scopes are granted")


def clock_finding(headers: Mapping[str, str], now: datetime) -> Finding:
    """Whether this machine's clock agrees with Slack's."""
    try:
        theirs = parsedate_to_datetime(_header(headers, "date"))
    except ValueError:
        return Finding("note", "Slack: its answers carry no time to compare the clock with")
    skew = now - (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC))
    seconds = round(skew.total_seconds())
    if abs(skew) > LARGEST_SKEW:
        return Finding("bad", f"this machine's clock is {seconds} s away from Slack's; requests will be refused")
    return Finding("ok", f"this machine's clock agrees with Slack's ({seconds:+} s)")


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")
