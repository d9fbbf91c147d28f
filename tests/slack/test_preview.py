"""Pictures of the main cards, forms and the home page in artifacts/slack, for a person to judge."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from actions.forms import FormState
from bot.channels.slack.blocks import Audience, check_view, form_view, home_view, render_reply, unfurl
from bot.settings import PROJECT
from tests.actions.test_forms import WORDS, a_deal, opened
from tests.actions.test_home import page_of
from tests.assistants import Rig
from tests.slack import preview

PICTURES = PROJECT / "artifacts" / "slack"
BASE = "https://crm.example.com"
LINES = {
    "deal": ('/show_record{"ref": "REF"}',),
    "which-one": ('/show_record{"account": "Initech", "record_kind": "deal"}',),
    "deal-logged": (
        '/log_deal{"account": "Initech", "amount": "40k", "date": "2027-03-31", "deal": "Warehouse rollout"}',
    ),
    "deal-moved": (
        '/log_deal{"account": "Initech", "amount": "40k", "date": "2027-03-31"}',
        '/move_deal{"stage": "Negotiation"}',
    ),
    "lost-why": ('/log_deal{"account": "Initech", "amount": "40k", "date": "2027-03-31"}', "/lose_deal"),
    "account": ('/show_record{"account": "Globex"}',),
    "contact": ('/add_contact{"contact": "Ada <Lovelace> & *Co*", "account": "Globex", "email": "ada@globex.com"}',),
    "task": ('/create_task{"subject": "Send the contract", "date": "Friday at 3pm"}',),
    "ticket": ('/open_ticket{"subject": "The export button does nothing", "account": "Globex"}',),
    "pipeline": ("/show_pipeline",),
    "pipeline-chart": ('/show_pipeline{"grouping": "stage", "output": "chart"}',),
    "forecast": ("/forecast",),
    "forecast-chart": ('/forecast{"output": "chart"}',),
    "proposal": ('/log_deal{"account": "Initech", "amount": "2m", "date": "2027-03-31"}',),
}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        pytest.skip("needs Chromium (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def picture(chromium: Browser, name: str, html: str) -> Path:
    """Take a picture of a page; nothing on it may stick out."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / f"{name}.png"
    tab = chromium.new_page(viewport={"width": 720, "height": 200})
    tab.set_content(html)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 720
    tab.screenshot(path=path, full_page=True)
    tab.close()
    return path


@pytest.mark.parametrize("name", sorted(LINES))
def test_an_answer_has_its_picture(rig: Rig, chromium: Browser, name: str) -> None:
    dana = rig.speaker("dana")
    heard = [dana.say(line.replace("REF", str(a_deal(rig).ref))) for line in LINES[name]][-1]
    assert heard.error in {None, "Missing", "Ambiguous"}, heard.text

    sent = render_reply(heard.exchange.body, audience=Audience.DIRECT, base_url=BASE)

    assert picture(chromium, name, preview.page(preview.messages(sent))).stat().st_size > 1_000


def test_a_request_for_approval_has_its_picture_also_on_the_home_page(rig: Rig, chromium: Browser) -> None:
    dana = rig.speaker("dana")
    dana.press(dana.say(LINES["proposal"][0]).token("Confirm"))
    heard = rig.speaker("morgan").say("/show_approvals")

    sent = render_reply(heard.exchange.body, audience=Audience.DIRECT, base_url=BASE)
    view = home_view(page_of(rig, "morgan"), base_url=BASE)

    assert check_view(view) == []
    assert picture(chromium, "approval", preview.page(preview.messages(sent))).stat().st_size > 1_000
    assert picture(chromium, "home-morgan", preview.page(preview.view(view))).stat().st_size > 1_000


def test_a_posted_link_has_its_picture(rig: Rig, chromium: Browser) -> None:
    heard = rig.speaker("dana").say(f'/show_record{{"ref": "{a_deal(rig).ref}"}}')

    shown = unfurl(heard.exchange.body, base_url=BASE)

    assert shown is not None
    html = preview.page(f"<div class=bar>{preview.blocks(shown['blocks'])}</div>")
    assert picture(chromium, "unfurled", html).stat().st_size > 1_000


@pytest.mark.parametrize("form", ["log_deal", "edit_deal", "log_activity", "open_ticket", "feedback"])
def test_a_form_has_its_picture(rig: Rig, chromium: Browser, form: str) -> None:
    ref = str(a_deal(rig).ref)
    state: FormState = opened(rig, form, ref=None if form in {"open_ticket", "feedback"} else ref)

    view = form_view(state, WORDS)

    assert check_view(view) == []
    assert picture(chromium, f"form-{form.replace('_', '-')}", preview.page(preview.view(view))).stat().st_size > 1_000


@pytest.mark.parametrize("handle", ["dana", "sam"])
def test_the_home_page_has_its_picture(rig: Rig, chromium: Browser, handle: str) -> None:
    view = home_view(page_of(rig, handle), base_url=BASE)

    assert check_view(view) == []
    assert picture(chromium, f"home-{handle}", preview.page(preview.view(view))).stat().st_size > 1_000
