"""The chat inside another site's page, in a real browser: allowed sites see it, others do not."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from crm_store.store import Store
from tests.bot.channels.scripted import ScriptedGateway
from tests.bot.channels.served import ServedChat
from tests.bot.channels.test_web_in_chromium import ARTIFACTS


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Somebody else's site, on another origin; its page is to be written by the test."""
    folder = tmp_path / "shop"
    folder.mkdir()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_address[1]}", folder
    server.shutdown()
    server.server_close()


def write_page(folder: Path, chat_url: str) -> None:
    script = f'<script src="{chat_url}/widget.js" async></script>'
    (folder / "index.html").write_text(f"<!doctype html><title>Shop</title><h1>Our shop</h1>{script}", encoding="utf-8")


def test_an_allowed_site_shows_the_chat_and_it_answers(
    chromium: Browser, store: Store, tmp_path: Path, shop: tuple[str, Path]
) -> None:
    site, folder = shop
    with ServedChat(ScriptedGateway(store, tmp_path), allowed_origins=(site,)) as chat:
        write_page(folder, chat.url)
        context = chromium.new_context(reduced_motion="reduce", viewport={"width": 1000, "height": 800})
        page = context.new_page()
        page.goto(site)
        page.get_by_role("button", name="Chat with us").click()
        frame = page.frame_locator("iframe")
        expect(frame.locator("#state-text")).to_have_text("Connected")
        frame.get_by_label("Message", exact=True).fill("where is my order?")
        frame.get_by_label("Message", exact=True).press("Enter")
        expect(frame.locator(".line:not(.own)")).to_have_count(1)
        assert chat.gateway.received[0].sender.startswith("visitor:")
        assert chat.gateway.received[0].person is None
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=ARTIFACTS / "widget.png")
        page.reload()
        page.get_by_role("button", name="Chat with us").click()
        expect(page.frame_locator("iframe").locator(".line.own")).to_have_count(1)
        context.close()


def test_another_site_gets_an_empty_frame(
    chromium: Browser, store: Store, tmp_path: Path, shop: tuple[str, Path]
) -> None:
    site, folder = shop
    with ServedChat(ScriptedGateway(store, tmp_path), allowed_origins=("https://allowed.example",)) as chat:
        write_page(folder, chat.url)
        context = chromium.new_context()
        page = context.new_page()
        refusals: list[str] = []
        page.on("console", lambda message: refusals.append(message.text))
        page.goto(site)
        page.get_by_role("button", name="Chat with us").click()
        page.wait_for_function("() => true")
        expect(page.frame_locator("iframe").locator("#composer")).to_have_count(0)
        assert any("frame-ancestors" in text for text in refusals)
        assert chat.gateway.received == []
        context.close()


def test_whoever_is_signed_in_on_the_page_is_a_visitor_in_the_widget(
    chromium: Browser, store: Store, tmp_path: Path, shop: tuple[str, Path]
) -> None:
    site, folder = shop
    with ServedChat(ScriptedGateway(store, tmp_path), allowed_origins=(site,)) as chat:
        write_page(folder, chat.url)
        context = chromium.new_context()
        context.request.post(f"{chat.url}/demo/become", data={"person": "user:1"}, headers={"Origin": chat.url})
        page = context.new_page()
        page.goto(site)
        page.get_by_role("button", name="Chat with us").click()
        frame = page.frame_locator("iframe")
        expect(frame.locator("#state-text")).to_have_text("Connected")
        expect(frame.get_by_text("Dana")).to_have_count(0)
        context.close()
