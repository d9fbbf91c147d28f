"""The page as people use it: in a real browser, with mouse, keyboard and a phone's screen.

Pictures of it are left in artifacts/web/.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect

from crm_store.store import Store
from tests.bot.channels.scripted import ScriptedChat

ARTIFACTS = Path(__file__).parents[3] / "artifacts" / "web"
OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, chat: ScriptedChat) -> Iterator[OpenPage]:
    """Opens the page as somebody; any script error, or any request to elsewhere, fails the test."""
    problems: list[str] = []
    contexts = []

    def see_request(request: Request) -> None:
        if not request.url.startswith(chat.url):
            problems.append(request.url)

    def open_as(person: str | None = "user:1", **options: Any) -> Page:
        context = chromium.new_context(base_url=chat.url, reduced_motion="reduce", locale="en-US", **options)
        contexts.append(context)
        if person is not None:
            answer = context.request.post("/demo/become", data={"person": person}, headers={"Origin": chat.url})
            assert answer.ok
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", see_request)
        page.goto("/")
        expect(page.locator("#state-text")).to_have_text("Connected")
        return page

    yield open_as
    for context in contexts:
        context.close()
    assert problems == []


def own_lines(page: Page) -> Locator:
    return page.locator(".line.own .bubble")


def answers(page: Page) -> Locator:
    return page.locator(".line:not(.own)")


def say(page: Page, text: str) -> None:
    """Say something and wait for one more answer."""
    before = answers(page).count()
    page.get_by_label("Message", exact=True).fill(text)
    page.keyboard.press("Enter")
    expect(answers(page)).to_have_count(before + 1)


def picture(page: Page, name: str) -> None:
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"{name}.png")


def test_a_deal_is_logged_and_taken_back_with_a_button_that_works_once(open_page: OpenPage) -> None:
    page = open_page()
    expect(page.get_by_role("heading", name=re.compile("Good .*, Dana"))).to_be_visible()
    picture(page, "first")
    page.get_by_role("button", name="Log a deal with Initech").click()
    card = page.get_by_role("region", name="Initech")
    expect(card.locator("dt")).to_have_text(["Amount", "Closes", "Owner"])
    expect(card.locator("dd").first).to_have_text("$40,000.00")
    expect(page.locator("#welcome")).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(answers(page).last).to_contain_text("You pressed Undo.")
    expect(own_lines(page).last).to_have_text("Undo")
    undo, edit = page.get_by_role("button", name="Undo"), page.get_by_role("button", name="Change the amount")
    expect(undo).to_have_attribute("aria-pressed", "true")
    expect(edit).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_role("button", name="Show history")).not_to_have_attribute("aria-disabled", "true")
    edit.click(force=True)
    say(page, "and now?")
    expect(own_lines(page)).to_have_count(3)
    picture(page, "card")
    page.reload()
    expect(own_lines(page)).to_have_count(3)
    expect(page.get_by_role("button", name="Undo")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Change the amount")).to_have_attribute("aria-disabled", "true")


def test_a_table_has_a_caption_and_numbers_at_the_right(open_page: OpenPage) -> None:
    page = open_page()
    say(page, "what's in my pipeline?")
    table = page.get_by_role("table", name="Open deals")
    expect(table.get_by_role("columnheader")).to_have_text(["Deal", "Stage", "Closes", "Amount"])
    expect(table.get_by_role("row")).to_have_count(4)
    expect(table.locator("td.number").first).to_have_css("text-align", "end")
    picture(page, "table")


def test_a_picture_is_enlarged_and_a_document_downloaded(open_page: OpenPage) -> None:
    page = open_page()
    say(page, "pipeline by stage as a chart")
    small = page.get_by_role("button", name="Open deals by stage")
    small.click()
    viewer = page.get_by_role("dialog", name="Picture")
    expect(viewer.get_by_role("img", name="Open deals by stage")).to_be_visible()
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect(small).to_be_focused()
    say(page, "send me the invoice")
    with page.expect_download() as download:
        page.get_by_role("link", name="INV-2041.pdf").click()
    assert download.value.suggested_filename == "INV-2041.pdf"
    assert Path(download.value.path()).read_bytes() == b"%PDF-1.4 an invoice"


def test_nothing_is_lost_or_doubled_over_a_restart_of_the_server(open_page: OpenPage, chat: ScriptedChat) -> None:
    page = open_page()
    say(page, "before")
    chat.stop()
    expect(page.get_by_text("The connection is lost")).to_be_visible()
    for text in ("while away", "and once more"):
        page.get_by_label("Message", exact=True).fill(text)
        page.keyboard.press("Enter")
    expect(page.get_by_text("Waiting for the connection")).to_have_count(2)
    picture(page, "offline")
    chat.start()
    expect(answers(page)).to_have_count(3)
    said = ["before", "while away", "and once more"]
    expect(own_lines(page)).to_have_text(said)
    expect(answers(page)).to_contain_text([f"You said: {text}" for text in said])
    expect(page.get_by_text("The connection is lost")).to_be_hidden()
    expect(page.locator(".line.unsent")).to_have_count(0)
    page.reload()
    expect(own_lines(page)).to_have_text(said)
    expect(answers(page)).to_have_count(3)
    assert [message.text for message in chat.gateway.received if message.text != "before"] == said[1:]


def test_a_message_written_offline_is_sent_when_the_page_is_opened_again(
    open_page: OpenPage, chat: ScriptedChat
) -> None:
    page = open_page()
    chat.stop()
    page.get_by_label("Message", exact=True).fill("do not forget me")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Waiting for the connection")).to_be_visible()
    context = page.context
    page.close()
    chat.start()
    again = context.new_page()
    again.goto("/")
    expect(own_lines(again)).to_have_text(["do not forget me"])
    expect(answers(again)).to_contain_text(["You said: do not forget me"])


def test_an_answer_given_while_the_page_was_away_is_there_on_return(open_page: OpenPage, chat: ScriptedChat) -> None:
    chat.gateway.pause()
    page = open_page()
    page.get_by_label("Message", exact=True).fill("take your time")
    page.keyboard.press("Enter")
    expect(page.locator("#typing")).to_be_visible()
    picture(page, "typing")
    chat.stop()
    expect(page.locator("#typing")).to_be_hidden()
    chat.gateway.go_on()
    chat.start()
    expect(answers(page)).to_contain_text(["You said: take your time"])


def test_many_messages_at_once_wait_their_turn_and_all_arrive_in_order(open_page: OpenPage, chat: ScriptedChat) -> None:
    page = open_page()
    said = [f"number {number}" for number in range(24)]
    for text in said:
        page.get_by_label("Message", exact=True).fill(text)
        page.keyboard.press("Enter")
    expect(answers(page)).to_have_count(24, timeout=30_000)
    expect(own_lines(page)).to_have_text(said)
    assert [message.text for message in chat.gateway.received] == said


def test_two_tabs_show_the_same_conversation(open_page: OpenPage) -> None:
    page = open_page()
    other = page.context.new_page()
    other.goto("/")
    expect(other.locator("#state-text")).to_have_text("Connected")
    say(page, "log a deal")
    expect(own_lines(other)).to_have_text(["log a deal"])
    other.get_by_role("button", name="Undo").click()
    expect(own_lines(page)).to_have_text(["log a deal", "Undo"])
    expect(page.get_by_role("button", name="Undo")).to_have_attribute("aria-disabled", "true")


def test_everything_works_with_the_keyboard_alone(open_page: OpenPage) -> None:
    page = open_page()
    page.reload()
    page.locator("body").press("Tab")
    box = page.get_by_label("Message", exact=True)
    page.get_by_role("link", name="Skip to the message box").focus()
    page.keyboard.press("Enter")
    expect(box).to_be_focused()
    page.keyboard.type("log a deal")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("with Initech")
    expect(box).to_have_value("log a deal\nwith Initech")
    page.keyboard.press("Enter")
    expect(answers(page)).to_have_count(1)
    expect(box).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(box).to_have_value("log a deal\nwith Initech")
    box.fill("")
    for _ in range(4):  # suggestions, then the reply's buttons from the last to the first
        page.keyboard.press("Shift+Tab")
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    assert undo.evaluate("button => getComputedStyle(button).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(answers(page).last).to_contain_text("You pressed Undo.")
    expect(undo).to_be_focused()


def test_what_people_write_is_shown_and_never_run(open_page: OpenPage) -> None:
    page = open_page()
    nasty = "<img src=x onerror=alert(1)><b>bold</b> &amp; https://evil.test"
    say(page, nasty)
    expect(own_lines(page)).to_have_text([nasty])
    expect(answers(page).locator(".bubble")).to_have_text([f"You said: {nasty}"])
    assert page.locator("#transcript b:not(.who-when b), #transcript .bubble img").count() == 0


def test_too_long_a_message_cannot_be_sent_and_says_so(open_page: OpenPage, chat: ScriptedChat) -> None:
    page = open_page()
    page.get_by_label("Message", exact=True).fill("x" * 20_001)
    expect(page.get_by_text("20,001 of 20,000 characters")).to_be_visible()
    page.keyboard.press("Enter")
    page.get_by_label("Message", exact=True).fill("short")
    page.keyboard.press("Enter")
    expect(answers(page)).to_contain_text(["You said: short"])
    assert [message.text for message in chat.gateway.received] == ["short"]


def test_times_are_the_viewers(open_page: OpenPage, chat: ScriptedChat, store: Store) -> None:
    page = open_page(timezone_id="Asia/Kathmandu")
    say(page, "what time is it?")
    stamp = answers(page).locator("time").get_attribute("datetime")
    shown = answers(page).locator("time").text_content()
    assert stamp is not None
    at = datetime.fromisoformat(stamp.replace("Z", "+00:00")).astimezone(UTC)
    minutes = at.hour * 60 + at.minute + 5 * 60 + 45
    hour, minute = minutes // 60 % 24, minutes % 60
    assert shown is not None
    assert shown.replace("\u202f", " ") == f"{hour % 12 or 12}:{minute:02} {'AM' if hour < 12 else 'PM'}"


def test_a_demo_lets_one_be_somebody_else(open_page: OpenPage) -> None:
    page = open_page("user:1")
    say(page, "I am Dana")
    page.get_by_label("Chat as").select_option(label="Jane Doe, Globex")
    expect(page.get_by_role("heading", name=re.compile("Jane"))).to_be_visible()
    expect(page.get_by_role("button", name="Where is my order?")).to_be_visible()
    expect(own_lines(page)).to_have_count(0)
    page.get_by_label("Chat as").select_option(label="Dana Reyes (rep)")
    expect(own_lines(page)).to_have_text(["I am Dana"])


def test_reading_further_up_is_not_disturbed_by_new_messages(open_page: OpenPage, chat: ScriptedChat) -> None:
    page = open_page(viewport={"width": 900, "height": 500})
    for _ in range(4):
        say(page, "what's in my pipeline?")
    scroller = page.locator("#scroller")
    scroller.evaluate("element => { element.scrollTop = 0; }")
    other = page.context.new_page()
    other.goto("/")
    expect(answers(other)).to_have_count(4)
    say(other, "news")
    expect(page.get_by_role("button", name="New messages")).to_be_visible()
    assert scroller.evaluate("element => element.scrollTop") == 0
    page.get_by_role("button", name="New messages").click()
    expect(answers(page).last).to_be_in_viewport()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_no_width_scrolls_sideways(open_page: OpenPage, scheme: str, width: int) -> None:
    page = open_page(viewport={"width": width, "height": 740}, color_scheme=scheme)
    picture(page, f"{scheme}-{width}-first")
    for text in ("log a deal", "what's in my pipeline?", "pipeline by stage as a chart", "the invoice", "x" * 400):
        say(page, text)
        assert page.evaluate("document.documentElement.scrollWidth") == width
    page.get_by_role("table").first.scroll_into_view_if_needed()
    picture(page, f"{scheme}-{width}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_contrast_as_wcag_asks(open_page: OpenPage, scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    for text_color, background, least in (
        ("ink", "paper", 7),
        ("ink", "surface", 7),
        ("ink-soft", "paper", 4.5),
        ("ink-soft", "surface", 4.5),
        ("ink-soft", "sunken", 4.5),
        ("accent", "surface", 4.5),
        ("accent", "accent-soft", 4.5),
        ("on-accent", "accent", 4.5),
        ("on-own", "own", 4.5),
        ("danger", "surface", 4.5),
        ("danger", "danger-soft", 4.5),
        ("ink", "warm-soft", 7),
        ("line-strong", "surface", 3),
        ("accent", "paper", 3),
    ):
        colors = [page.evaluate(_COLOR, name) for name in (text_color, background)]
        ratio = contrast(*colors)
        assert ratio >= least, f"{text_color} on {background}: {ratio:.2f}"


_COLOR = """name => {
    const value = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    return [1, 3, 5].map(at => parseInt(value.slice(at, at + 2), 16));
}"""


def contrast(one: list[int], other: list[int]) -> float:
    """The contrast ratio of WCAG 2.2 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio)."""

    def luminance(color: list[int]) -> float:
        parts = [value / 255 for value in color]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)
