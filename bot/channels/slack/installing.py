"""Many workspaces: installed by OAuth, their tokens kept encrypted in our database.

The key is derived from the secret key (RAPPORT_SECRET_KEY or the file in the data directory): a copy of the database
alone opens no workspace, and after a change of the secret every workspace has to be installed anew.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from itsdangerous import BadData, URLSafeTimedSerializer
from slack_bolt.async_app import AsyncBoltRequest
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.slack.calls import Clients, NotInstalled, Workspace
from bot.channels.slack.settings import SCOPES, SlackSettings
from crm_store.models import SlackInstallation
from crm_store.store import Store

INSTALL_PATH = "/slack/install"
REDIRECT_PATH = "/slack/oauth_redirect"
STATE_SECONDS = 600
_KEPT = ("app_id", "enterprise_id", "team_id", "team_name", "bot_token", "bot_id", "bot_user_id", "user_id")


class Installations(AsyncInstallationStore):
    """The installation store. A workspace installed again replaces its token; an unreadable one is not installed."""

    def __init__(self, store: Store, secret: str, clock: Callable[[], datetime]) -> None:
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"rapport slack installations")
        self._fernet = Fernet(base64.urlsafe_b64encode(derived.derive(secret.encode())))
        self._store = store
        self._clock = clock
        self._logger = logging.getLogger("rapport.slack.installations")

    @property
    def logger(self) -> logging.Logger:
        """Where the flow logs."""
        return self._logger

    async def async_save(self, installation: Installation) -> None:
        """Keep a workspace's tokens."""
        found = installation.to_dict()
        kept = {name: found.get(name) for name in _KEPT}
        await asyncio.to_thread(self._save, str(installation.team_id or installation.enterprise_id), kept)

    async def async_save_bot(self, bot: Bot) -> None:
        """Part of the protocol; everything is saved by ``async_save``."""

    async def async_find_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,
        is_enterprise_install: bool | None = False,
    ) -> Installation | None:
        """The latest installation of a workspace."""
        kept = await asyncio.to_thread(self._find, str(team_id or enterprise_id))
        return None if kept is None else Installation(**kept)

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        """The app's bot user in a workspace."""
        found = await self.async_find_installation(enterprise_id=enterprise_id, team_id=team_id)
        return None if found is None else found.to_bot()

    async def async_delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        """Forget a workspace's tokens."""
        await asyncio.to_thread(self._delete, str(team_id or enterprise_id))

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """Forget a workspace's tokens."""
        await asyncio.to_thread(self._delete, str(team_id or enterprise_id))

    def _save(self, key: str, kept: dict[str, Any]) -> None:
        sealed = self._fernet.encrypt(json.dumps(kept).encode()).decode()
        with self._store.unit_of_work(now=self._clock()) as uow:
            row = uow.session.scalar(select(SlackInstallation).where(SlackInstallation.key == key))
            if row is None:
                uow.session.add(SlackInstallation(key=key, sealed=sealed, installed_at=uow.now))
            else:
                row.sealed, row.installed_at = sealed, uow.now
            uow.commit()

    def _find(self, key: str) -> dict[str, Any] | None:
        with self._store.unit_of_work(now=self._clock(), read_only=True) as uow:
            sealed = uow.session.scalar(select(SlackInstallation.sealed).where(SlackInstallation.key == key))
        if sealed is None:
            return None
        try:
            kept: dict[str, Any] = json.loads(self._fernet.decrypt(sealed.encode()))
        except InvalidToken:
            self._logger.error("the tokens of workspace %s were sealed with another secret key; install it again", key)
            return None
        return kept

    def _delete(self, key: str) -> None:
        with self._store.unit_of_work(now=self._clock()) as uow:
            row = uow.session.scalar(select(SlackInstallation).where(SlackInstallation.key == key))
            if row is not None:
                uow.session.delete(row)
                uow.commit()


class SignedStates(AsyncOAuthStateStore):
    """States that prove an installation was started here, in the last ten minutes. Each is taken once per process."""

    def __init__(self, secret: str) -> None:
        self._serializer = URLSafeTimedSerializer(secret, salt="slack-oauth-state")
        self._issued = 0
        self._used: set[str] = set()

    async def async_issue(self, *args: object, **kwargs: object) -> str:
        """A new state."""
        self._issued += 1
        return str(self._serializer.dumps([self._issued, datetime.now(UTC).isoformat()]))

    async def async_consume(self, state: str) -> bool:
        """Whether the state is good; from then on it is not."""
        try:
            self._serializer.loads(state, max_age=STATE_SECONDS)
        except BadData:
            return False
        if state in self._used:
            return False
        self._used.add(state)
        return True


class InstalledWorkspaces:
    """The workspaces of the installation store, looked up anew after ``forget``."""

    def __init__(self, installations: Installations, clients: Clients) -> None:
        self._installations = installations
        self._clients = clients
        self._known: dict[str, Workspace] = {}

    async def of(self, team: str) -> Workspace:
        """The workspace; raises NotInstalled."""
        if team not in self._known:
            found = await self._installations.async_find_installation(enterprise_id=None, team_id=team)
            if found is None or not found.bot_token:
                raise NotInstalled(team)
            self._known[team] = Workspace(
                team=team,
                bot_user=found.bot_user_id or "",
                bot_id=found.bot_id or "",
                asking=self._clients.asking(found.bot_token),
                sending=self._clients.sending(found.bot_token),
            )
        return self._known[team]

    def forget_all(self) -> None:
        """Look all of them up anew: one was installed, perhaps again."""
        self._known.clear()

    async def forget(self, team: str, *, uninstalled: bool) -> None:
        """Look the workspace up anew; ``uninstalled``: its tokens are worth nothing any more."""
        self._known.pop(team, None)
        if uninstalled:
            await self._installations.async_delete_installation(enterprise_id=None, team_id=team)


def install_routes(
    settings: SlackSettings,
    installations: Installations,
    workspaces: InstalledWorkspaces,
    *,
    clients: Clients,
    secret: str,
) -> list[Route]:
    """The pages where an administrator installs the app into a workspace."""
    flow = AsyncOAuthFlow(
        client=clients.asking(None),
        logger=logging.getLogger("rapport.slack.oauth"),
        settings=AsyncOAuthSettings(
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            scopes=SCOPES,
            redirect_uri=f"{settings.base_url.rstrip('/')}{REDIRECT_PATH}",
            installation_store=installations,
            state_store=SignedStates(secret),
            state_expiration_seconds=STATE_SECONDS,
        ),
    )

    async def install(request: Request) -> Response:
        return _response(await flow.handle_installation(_bolt_request(request)))

    async def redirected(request: Request) -> Response:
        response = _response(await flow.handle_callback(_bolt_request(request)))
        workspaces.forget_all()
        return response

    return [Route(INSTALL_PATH, install, methods=["GET"]), Route(REDIRECT_PATH, redirected, methods=["GET"])]


def _bolt_request(request: Request) -> AsyncBoltRequest:
    return AsyncBoltRequest(body="", query=dict(request.query_params), headers=dict(request.headers))


def _response(answer: Any) -> Response:
    response = Response(answer.body, status_code=answer.status)
    for name, values in answer.headers.items():
        for value in values:
            if name.lower() != "content-length":
                response.headers.append(name, value)
    return response
