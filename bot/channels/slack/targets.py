"""Where an answer goes: direct messages, a thread, or the place where a command or a button was used."""

from __future__ import annotations

from dataclasses import dataclass

from bot.channels.slack.calls import Workspace
from bot.channels.slack.errands import Errand
from bot.channels.slack.places import ConversationKey, is_direct, is_new_thread, person_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A place to send to. ``user`` is the asker there; ``alone``: only they may see it, whatever the channel.

    ``response_url`` answers where a command or button was used; with ``replacing`` in the place of what was pressed.
    """

    channel: str
    user: str | None
    thread: str | None = None
    alone: bool = False
    response_url: str | None = None
    replacing: bool = False

    @property
    def needs_audience(self) -> bool:
        """Whether others might read along."""
        return not is_direct(self.channel)


class Targets:
    """Finds targets; remembers which direct messages belong to whom. Belongs to one event loop."""

    def __init__(self) -> None:
        self._direct: dict[str, str] = {}

    async def of(self, errand: Errand, workspace: Workspace) -> Target:
        """Where this answer goes; raises what calling Slack raises."""
        key, place = errand.key, errand.place
        user = _user_of(errand)
        if errand.shown_in is not None:
            channel, thread = errand.shown_in
            return Target(channel=channel, user=user, thread=thread)
        if place.alone and place.channel is not None:
            return Target(
                channel=place.channel,
                user=user,
                thread=key.thread,
                alone=True,
                response_url=place.response_url,
                replacing=place.pressed and not errand.late,
            )
        if key.channel is not None:
            return Target(channel=key.channel, user=user, thread=None if is_new_thread(key.thread) else key.thread)
        if place.channel is not None and is_direct(place.channel):
            return Target(channel=place.channel, user=user)
        return await self._own(workspace, user or "")

    async def own(self, errand: Errand, workspace: Workspace) -> Target:
        """The asker's direct messages; raises what calling Slack raises."""
        return await self._own(workspace, _user_of(errand) or "")

    async def _own(self, workspace: Workspace, user: str) -> Target:
        name = person_key(workspace.team, user)
        if name not in self._direct:
            opened = await workspace.asking.conversations_open(users=user)
            self._direct[name] = str(opened["channel"]["id"])
        return Target(channel=self._direct[name], user=user)


def _user_of(errand: Errand) -> str | None:
    if errand.asker is not None:
        return ConversationKey.parse(errand.asker).user
    return errand.key.user
