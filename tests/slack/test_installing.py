"""Many workspaces: an administrator's browser goes from the install page to Slack and back, and the app is at work."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from sqlalchemy import select

from bot.channels.slack.settings import SCOPES
from crm_store.models import SlackInstallation
from tests.slack.assistant_in_slack import BASE_URL, InSlack, in_slack, running_clock, scenario
from tests.slack.standin.events import HttpTransport
from tests.slack.standin.workspace import BOT_TOKEN, CLIENT_ID, TEAM

WHO = "/who_am_i"


class Browser:
    """An administrator's browser. ``BASE_URL`` leads to the assistant; cookies are kept, as browsers do."""

    def __init__(self, together: InSlack) -> None:
        transport = together.standin.transport
        assert isinstance(transport, HttpTransport)
        self._server = transport.url.removesuffix("/slack/events")
        self._cookie = ""

    async def get(self, path: str, *, with_cookie: bool = True) -> tuple[int, str]:
        """A page of the assistant's: its status and text."""
        headers = {"Cookie": self._cookie} if with_cookie and self._cookie else {}
        async with aiohttp.ClientSession() as session, session.get(self._server + path, headers=headers) as response:
            if "Set-Cookie" in response.headers and not self._cookie:
                self._cookie = response.headers["Set-Cookie"].split(";")[0]
            return response.status, await response.text()

    async def to_slack(self) -> dict[str, str]:
        """Follow the install page's link to Slack; what Slack is told there."""
        status, page = await self.get("/slack/install")
        assert status == 200
        found = re.search(r'href="(https://slack\.com/oauth/v2/authorize\?[^"]+)"', page)
        assert found is not None, page
        return {name: values[0] for name, values in parse_qs(urlsplit(unescape(found[1])).query).items()}


def sealed(together: InSlack) -> list[str]:
    with together.store.unit_of_work(now=running_clock(), read_only=True) as uow:
        return list(uow.session.scalars(select(SlackInstallation.sealed)))


@scenario
async def test_an_administrator_installs_the_app_and_it_answers_until_it_is_removed(
    tmp_path: Path, seeded_database: Path
) -> None:
    async with in_slack(tmp_path, seeded_database, mode="oauth") as together:
        together.colleague("U1", "dana")
        await together.standin.say("U1", WHO)
        assert together.direct("U1") == [], "not installed yet"

        browser = Browser(together)
        asked = await browser.to_slack()
        assert asked["client_id"] == CLIENT_ID
        assert set(asked["scope"].split(",")) == set(SCOPES)
        assert asked["redirect_uri"] == f"{BASE_URL}/slack/oauth_redirect"
        code = together.standin.api.consent(asked["redirect_uri"])
        status, page = await browser.get(f"/slack/oauth_redirect?code={code}&state={asked['state']}")
        assert (status, "Thank you" in page) == (200, True)
        assert len(sealed(together)) == 1
        assert BOT_TOKEN not in sealed(together)[0]

        answer = await together.answer("U1", WHO)
        assert "Dana" in answer["text"]

        await together.standin.event("app_uninstalled", {"type": "app_uninstalled"})
        await together.standin.until(lambda: sealed(together) == [])
        said = len(together.direct("U1"))
        await together.standin.say("U1", WHO)
        await together.service.settle()
        assert len(together.direct("U1")) == said


@pytest.mark.parametrize("workspaces", [(), (TEAM,)])
@scenario
async def test_an_address_says_who_somebody_is_in_the_companys_own_workspaces_alone(
    tmp_path: Path, seeded_database: Path, workspaces: tuple[str, ...]
) -> None:
    async with in_slack(tmp_path, seeded_database, mode="oauth", workspaces=workspaces) as together:
        together.colleague("U1", "dana", known=False)
        browser = Browser(together)
        asked = await browser.to_slack()
        code = together.standin.api.consent(asked["redirect_uri"])
        await browser.get(f"/slack/oauth_redirect?code={code}&state={asked['state']}")
        answer = await together.answer("U1", WHO)
        assert ("are you Dana" in answer["text"]) is bool(workspaces)
        assert ("I don't know you yet" in answer["text"]) is not bool(workspaces)


@scenario
async def test_a_forged_or_repeated_way_back_from_slack_installs_nothing(tmp_path: Path, seeded_database: Path) -> None:
    async with in_slack(tmp_path, seeded_database, mode="oauth") as together:
        browser = Browser(together)
        asked = await browser.to_slack()
        back = "/slack/oauth_redirect?code={}&state={}"
        consent = together.standin.api.consent
        uri, state = asked["redirect_uri"], asked["state"]

        assert (await browser.get(back.format(consent(uri), state), with_cookie=False))[0] == 400
        assert (await browser.get(back.format(consent(uri), "made-up")))[0] == 400
        assert (await browser.get(f"/slack/oauth_redirect?error=access_denied&state={state}"))[0] == 200
        assert sealed(together) == []
        assert (await browser.get(back.format("no-such-code", state)))[0] == 401
        assert sealed(together) == []
        assert (await browser.get(back.format(consent(uri), state)))[0] == 401, "a state is good once"
        assert sealed(together) == []
