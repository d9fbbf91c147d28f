"""What the Slack channel is told from outside: secrets from the environment, habits from config.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.errors import ConfigError

SCOPES = (
    "app_mentions:read",
    "assistant:write",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:write",
    "links:read",
    "links:write",
    "mpim:history",
    "mpim:read",
    "reactions:read",
    "reactions:write",
    "users:read",
    "users:read.email",
)
"""What the app asks for; slack-manifest.yml says what each is for."""

DEFAULT_API = "https://slack.com/api/"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackSettings:
    """How this installation reaches Slack.

    With ``app_token`` events come over Socket Mode; with ``signing_secret`` over HTTP at /slack/events. One workspace
    has a ``bot_token``; many are installed by OAuth (``client_id``, ``client_secret``), over HTTP only. ``workspaces``
    are those of the company itself among the many.
    """

    bot_token: str | None = None
    app_token: str | None = None
    signing_secret: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    api_url: str = DEFAULT_API
    base_url: str = ""
    task_emoji: tuple[str, ...] = ("pushpin",)
    workspaces: tuple[str, ...] = ()

    @property
    def by_oauth(self) -> bool:
        """Many workspaces, installed by OAuth."""
        return self.client_id is not None

    def is_own(self, team: str) -> bool:
        """Whether a workspace is the company's own, so that the e-mail addresses of its members say who they are.

        Anybody can install the app in a workspace of theirs and give its members any address.
        """
        return not self.by_oauth or team in self.workspaces


def slack_settings(
    environ: Mapping[str, str],
    *,
    base_url: str = "",
    task_emoji: tuple[str, ...] = ("pushpin",),
    workspaces: tuple[str, ...] = (),
) -> SlackSettings | None:
    """The settings of the environment, or None when Slack is off; raises ConfigError when they make no sense."""
    names = ("BOT_TOKEN", "APP_TOKEN", "SIGNING_SECRET", "CLIENT_ID", "CLIENT_SECRET")
    bot_token, app_token, signing_secret, client_id, client_secret = (
        environ.get(f"SLACK_{name}", "").strip() or None for name in names
    )
    if bot_token is None and client_id is None:
        return None
    if bot_token is not None and client_id is not None:
        raise ConfigError("set SLACK_BOT_TOKEN for one workspace or SLACK_CLIENT_ID for many, not both")
    if client_id is not None and (client_secret is None or signing_secret is None):
        raise ConfigError("SLACK_CLIENT_ID needs SLACK_CLIENT_SECRET and SLACK_SIGNING_SECRET beside it")
    if app_token is None and signing_secret is None:
        raise ConfigError(
            "SLACK_BOT_TOKEN needs SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP) beside it; "
            "see docs/slack.md"
        )
    if app_token is not None and not app_token.startswith("xapp-"):
        raise ConfigError('SLACK_APP_TOKEN is not an app-level token: those start with "xapp-"')
    api_url = environ.get("SLACK_API_URL", "").strip() or DEFAULT_API
    return SlackSettings(
        bot_token=bot_token,
        app_token=app_token,
        signing_secret=signing_secret,
        client_id=client_id,
        client_secret=client_secret,
        api_url=api_url if api_url.endswith("/") else f"{api_url}/",
        base_url=base_url,
        task_emoji=task_emoji,
        workspaces=workspaces,
    )
