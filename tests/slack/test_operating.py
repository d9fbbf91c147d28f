"""Setting Slack up: settings, manifest, what the doctor finds, installation by OAuth, signatures."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.oauth.installation_store import Installation
from sqlalchemy import select

from bot.channels.slack.calls import Clients, NotInstalled
from bot.channels.slack.checks import check_slack, clock_finding, scopes_finding
from bot.channels.slack.installing import Installations, InstalledWorkspaces, SignedStates
from bot.channels.slack.settings import SCOPES, SlackSettings, slack_settings
from bot.errors import ConfigError
from crm_store.models import SlackInstallation
from crm_store.store import Store
from tests.slack.assistant_in_slack import in_slack, scenario
from tests.slack.standin.events import HttpTransport, signature
from tests.slack.standin.server import Standin, manifest
from tests.slack.standin.workspace import APP_TOKEN, BOT_TOKEN


def test_the_manifest_asks_for_the_scopes_the_code_needs_and_no_more() -> None:
    assert sorted(manifest()["oauth_config"]["scopes"]["bot"]) == sorted(SCOPES)


def test_the_manifest_asks_for_the_only_view_slack_gives_new_apps() -> None:
    about = manifest()
    assert "assistant_view" not in about["features"]
    # Slack's limit for the description.
    assert 0 < len(about["features"]["agent_view"]["agent_description"]) <= 300
    assert {"app_home_opened", "app_context_changed", "message.im"} <= set(
        about["settings"]["event_subscriptions"]["bot_events"]
    )


@pytest.mark.parametrize(
    ("environ", "complaint"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xoxb-2"}, "xapp-"),
        ({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s", "SLACK_CLIENT_ID": "1"}, "not both"),
        ({"SLACK_CLIENT_ID": "1", "SLACK_SIGNING_SECRET": "s"}, "SLACK_CLIENT_SECRET"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(environ: dict[str, str], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        slack_settings(environ)


def test_without_tokens_slack_is_off_and_the_address_of_the_api_can_be_set() -> None:
    assert slack_settings({}) is None
    environ = {"SLACK_BOT_TOKEN": "x", "SLACK_SIGNING_SECRET": "s", "SLACK_API_URL": "http://127.0.0.1:9/api"}
    settings = slack_settings(environ)
    assert settings is not None
    assert settings.api_url == "http://127.0.0.1:9/api/"


def test_the_doctor_names_missing_scopes_and_a_wrong_clock() -> None:
    now = datetime(2026, 11, 18, 15, tzinfo=UTC)
    assert scopes_finding({"X-OAuth-Scopes": ",".join(SCOPES)}).state == "ok"
    assert "users:read.email" in scopes_finding({"x-oauth-scopes": ",".join(SCOPES[:-1])}).text
    assert clock_finding({"Date": format_datetime(now)}, now).state == "ok"
    assert clock_finding({"Date": format_datetime(now - timedelta(minutes=7))}, now).state == "bad"


@scenario
async def test_the_doctor_asks_slack() -> None:
    async with Standin() as standin:
        good = SlackSettings(bot_token=BOT_TOKEN, app_token=APP_TOKEN, api_url=standin.api_url)
        found = await asyncio.to_thread(check_slack, good, now=datetime.now(UTC))
        assert [finding.state for finding in found] == ["ok"] * 4
        bad = SlackSettings(bot_token="xoxb-old", app_token="xapp-old", api_url=standin.api_url)
        found = await asyncio.to_thread(check_slack, bad, now=datetime.now(UTC))
        assert [finding.state for finding in found] == ["bad", "bad"]
        assert "invalid_auth" in found[0].text


@scenario
async def test_tokens_of_workspaces_are_kept_encrypted_and_lost_with_the_key(
    tmp_path: Path, seeded_database: Path
) -> None:
    shutil.copy(seeded_database, tmp_path / "rapport.db")
    store = Store(f"sqlite:///{tmp_path / 'rapport.db'}")
    clients = Clients("http://127.0.0.1:9/api/", logger=logging.getLogger("test"))
    installations = Installations(store, "a secret", lambda: datetime.now(UTC))
    workspaces = InstalledWorkspaces(installations, clients)
    for token in ("xoxb-first", "xoxb-second"):
        await installations.async_save(
            Installation(team_id="T1", bot_token=token, bot_id="B1", bot_user_id="U0", user_id="U1")
        )
    assert (await workspaces.of("T1")).asking.token == "xoxb-second"
    with store.unit_of_work(now=datetime.now(UTC), read_only=True) as uow:
        (row,) = uow.session.scalars(select(SlackInstallation)).all()
        assert "xoxb" not in row.sealed
    other = Installations(store, "another secret", lambda: datetime.now(UTC))
    assert await other.async_find_bot(enterprise_id=None, team_id="T1") is None
    await workspaces.forget("T1", uninstalled=True)
    with pytest.raises(NotInstalled):
        await workspaces.of("T1")
    await clients.close()
    store.close()


@scenario
async def test_a_state_is_good_once_and_only_ours() -> None:
    states = SignedStates("a secret")
    state = await states.async_issue()
    assert await states.async_consume(state)
    assert not await states.async_consume(state)
    assert not await states.async_consume("made up")
    assert not await SignedStates("another").async_consume(await states.async_issue())


@scenario
async def test_unsigned_old_and_malformed_requests_are_refused(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database, mode="http") as together:
        transport = together.standin.transport
        assert isinstance(transport, HttpTransport)
        body = json.dumps({"type": "url_verification", "challenge": "c1"}).encode()
        now = int(time.time())
        cases: list[tuple[dict[str, str], int]] = [
            (signature(body, str(now)), 200),
            (signature(body, str(now), "another secret"), 401),
            (signature(body, str(now - 600)), 401),
            ({**signature(body, str(now)), "X-Slack-Request-Timestamp": "yesterday"}, 401),
            ({}, 401),
        ]
        async with aiohttp.ClientSession() as session:
            for headers, expected in cases:
                sent: Any = {"Content-Type": "application/json", **headers}
                async with session.post(transport.url, data=body, headers=sent) as response:
                    assert response.status == expected, headers
                    if expected == 200:
                        assert "c1" in await response.text()
