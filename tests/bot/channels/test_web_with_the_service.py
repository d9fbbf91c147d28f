"""The page with the real assistant behind it: trained engine, demo company, turns, inbox and outbox."""

from __future__ import annotations

import asyncio
import re
import shutil
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from bot.bootstrap import bootstrap
from bot.opening import open_store
from bot.service import Service
from crm_store.models import Deal, User
from crm_store.store import Store
from nlu.parse import Engine
from tests.assistants import NOW, settings_at
from tests.bot.channels.browsing import browser
from tests.bot.channels.served import ServedChat

ARTIFACTS = Path(__file__).parents[3] / "artifacts" / "web"
TURN_PATIENCE = 30_000


class WorkingService(Service):
    """The service as the server runs it."""

    async def work(self) -> None:
        await self.recover()
        await asyncio.Event().wait()


AssistantChat = ServedChat[WorkingService]


@pytest.fixture
def assistant_chat(tmp_path: Path, seeded_database: Path, trained_engine: Engine) -> Iterator[AssistantChat]:
    shutil.copy(seeded_database, tmp_path / "rapport.db")
    settings = settings_at(tmp_path)
    started = time.monotonic()

    def clock() -> datetime:
        """A clock that runs, from the day the demo company was made for."""
        return NOW + timedelta(seconds=time.monotonic() - started)

    assistant = bootstrap(settings, clock=clock, store=open_store(settings), engine=trained_engine)
    with ServedChat(WorkingService(assistant.pipeline, home=tmp_path)) as chat:
        yield chat
    assistant.store.close()


@pytest.fixture
def page(chromium: Browser, assistant_chat: AssistantChat) -> Iterator[Page]:
    context = chromium.new_context(base_url=assistant_chat.url, reduced_motion="reduce", locale="en-US")
    page = context.new_page()
    page.goto("/")
    with assistant_chat.gateway.store.unit_of_work(now=NOW, read_only=True) as uow:
        dana = uow.session.scalars(select(User).where(User.handle == "dana")).one()
    # Dana may be who the page opened as: only the page that comes after the choice is the one to talk to.
    with page.expect_navigation():
        page.get_by_label("Chat as").select_option(str(dana.ref))
    expect(page.get_by_role("heading", name=re.compile("Dana"))).to_be_visible()
    yield page
    context.close()


def count_deals(store: Store) -> int:
    with store.unit_of_work(now=NOW, read_only=True) as uow:
        return uow.session.scalars(select(func.count(Deal.id))).one()


def say(page: Page, text: str) -> None:
    answers = page.locator(".line:not(.own)")
    before = answers.count()
    page.get_by_label("Message", exact=True).fill(text)
    page.keyboard.press("Enter")
    expect(answers).to_have_count(before + 1, timeout=TURN_PATIENCE)


def test_a_rep_logs_a_deal_sees_the_pipeline_and_takes_the_deal_back(page: Page, assistant_chat: AssistantChat) -> None:
    store = assistant_chat.gateway.store
    before = count_deals(store)
    say(page, "log a deal with Initech, 40k, closing end of March")
    expect(page.locator(".card").last).to_contain_text("40,000")
    assert count_deals(store) == before + 1
    say(page, "what's in my pipeline?")
    expect(page.get_by_role("table").last.get_by_role("row").nth(1)).to_be_visible()
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTIFACTS / "assistant.png")
    page.get_by_role("button", name="Undo").first.click()
    expect(page.locator(".line:not(.own)")).to_have_count(3, timeout=TURN_PATIENCE)
    assert count_deals(store) == before
    expect(page.get_by_role("button", name="Undo").first).to_have_attribute("aria-disabled", "true")
    said = page.locator(".line").all_text_contents()
    page.reload()
    expect(page.locator(".line")).to_have_count(len(said))


def test_a_message_received_before_a_restart_is_answered_after_it(assistant_chat: AssistantChat) -> None:
    with browser(assistant_chat, "user:1") as person:
        with person.tab() as tab:
            tab.say("hello")
            tab.wait_for("received")
        assistant_chat.stop()
        assistant_chat.start()
        with person.tab() as tab:
            lines = tab.history()
            if [line["type"] for line in lines] == ["own"]:
                lines.append(tab.wait_for("message"))
    assert [line["type"] for line in lines] == ["own", "message"]
    assert lines[1]["body"]["parts"]
