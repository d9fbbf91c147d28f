"""Fixtures of the channels' tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from crm_store.store import Store
from tests.bot.channels.scripted import ScriptedGateway
from tests.bot.channels.served import ServedChat, make_company

_FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = make_company(f"sqlite:///{tmp_path}/crm.db")
    yield store
    store.close()


@pytest.fixture
def chat(store: Store, tmp_path: Path) -> Iterator[ServedChat[ScriptedGateway]]:
    with ServedChat(ScriptedGateway(store, tmp_path)) as chat:
        yield chat


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # Not longer than a module: Playwright keeps an event loop running, and asyncio.run elsewhere would refuse to start.
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        pytest.skip("needs Chromium (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_FLAGS)
        yield browser
        browser.close()
