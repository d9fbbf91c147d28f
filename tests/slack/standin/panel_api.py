"""The Web API's part about conversations with an assistant: status, title, prompts, by Slack's reference."""

from __future__ import annotations

from typing import Any

from tests.slack.standin.methods import Refused
from tests.slack.standin.workspace import Room, Workspace


class PanelApi:
    """Checks and carries out assistant.threads.*; ``features`` are those of the app's manifest."""

    workspace: Workspace
    features: frozenset[str]
    violations: list[str]

    def _room(self, channel: str) -> Room:
        raise NotImplementedError

    def _assistant_threads_setstatus(
        self, channel_id: str, thread_ts: str, status: str, loading_messages: list[str] | None = None, **_more: str
    ) -> dict[str, Any]:
        if self._room(channel_id).find(thread_ts) is None:
            raise Refused("invalid_thread_ts")
        if len(loading_messages or ()) > 10:
            raise Refused("invalid_arguments")
        self.workspace.statuses.append((channel_id, thread_ts, status))
        return {}

    def _assistant_threads_settitle(self, channel_id: str, thread_ts: str, title: str) -> dict[str, Any]:
        self._in_panel(channel_id, thread_ts)
        if not title.strip():
            self.violations.append("assistant.threads.setTitle: title is empty")
            raise Refused("invalid_arguments")
        self.workspace.titles[channel_id, thread_ts] = title
        return {}

    def _assistant_threads_setsuggestedprompts(
        self, channel_id: str, prompts: list[Any], thread_ts: str | None = None, title: str = ""
    ) -> dict[str, Any]:
        if thread_ts is None and "agent_view" not in self.features:
            # The app cannot know which view it is shown in; being refused does no harm.
            raise Refused("invalid_arguments")
        self._in_panel(channel_id, thread_ts)
        wrong = [
            each for each in prompts if set(each) != {"title", "message"} or not all(map(str.strip, each.values()))
        ]
        if wrong or not 1 <= len(prompts) <= 4:
            self.violations.append(f"assistant.threads.setSuggestedPrompts: {len(prompts)} prompts, wrong: {wrong}")
            raise Refused("invalid_arguments")
        self.workspace.prompts.append((channel_id, thread_ts, prompts))
        return {}

    def _in_panel(self, channel: str, thread: str | None) -> None:
        if not self.features & {"agent_view", "assistant_view"}:
            raise Refused("access_denied")
        room = self._room(channel)
        if not channel.startswith("D") or (thread is not None and room.find(thread) is None):
            raise Refused("invalid_thread_ts")
