"""The App Home, unfurled links, and what using an element means."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from actions.call import Command
from actions.home import HomeLine, HomePage, HomeSection
from actions.home_settings import HomeSetting
from bot.channels.slack.blocks import (
    check_message,
    check_view,
    command_of_action,
    form_of_action,
    home_view,
    plain_home,
    unfurl,
)
from bot.channels.slack.blocks.links import record_at, record_url
from crm_store.refs import RecordRef

BASE = "https://crm.example.com/app"
TEXT = st.one_of(st.text(max_size=80), st.sampled_from(["<!here> & *x*", "a|b", "🎉" * 2000, "x" * 4000, "שלום"]))
COMMANDS = st.builds(lambda ref: Command("show_record", {"ref": ref}), st.sampled_from(["deal:1", "task:2"]))
LINES = st.builds(
    HomeLine, title=TEXT, detail=TEXT, ref=st.sampled_from(["deal:1", "task:2"]), button=TEXT, command=COMMANDS
)
PAGES = st.builds(
    HomePage,
    title=TEXT,
    sections=st.lists(
        st.builds(
            HomeSection,
            title=TEXT,
            summary=TEXT,
            lines=st.lists(LINES, max_size=5).map(tuple),
            more=st.one_of(st.none(), st.tuples(TEXT, COMMANDS)),
        ),
        max_size=4,
    ).map(tuple),
    forms=st.lists(
        st.tuples(TEXT, st.sampled_from(["log_deal", "feedback"])), max_size=2, unique_by=lambda f: f[1]
    ).map(tuple),
    prompts_title=TEXT,
    prompts=st.lists(TEXT, max_size=6).map(tuple),
    settings_title=TEXT,
    settings=st.lists(
        st.builds(
            HomeSetting,
            label=TEXT.filter(str.strip),
            current=TEXT,
            choices=st.lists(st.tuples(TEXT, COMMANDS), min_size=1, max_size=120).map(tuple),
        ),
        max_size=3,
    ).map(tuple),
)


def elements(view: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [
        block.get("elements", []) if block["type"] == "actions" else [block.get("accessory")]
        for block in view["blocks"]
    ]
    return [element for row in rows for element in row if element is not None]


@given(PAGES)
def test_slack_takes_every_home_page(page: HomePage) -> None:
    view = home_view(page, base_url=BASE)

    assert check_view(view) == []
    ids = [element["action_id"] for element in elements(view)]
    assert len(ids) == len(set(ids))


def test_a_stranger_gets_a_sentence() -> None:
    assert check_view(plain_home("I don't know you yet.")) == []


def test_what_is_used_is_understood() -> None:
    done = Command("complete_task", {"ref": "task:2"})

    assert command_of_action({"action_id": "do:3", "value": str(done)}) == done
    assert command_of_action({"action_id": "do:4", "selected_option": {"value": str(done)}}) == done
    assert command_of_action({"action_id": "fill:close_date:deal:12", "selected_date": "2027-03-31"}) == Command(
        "update_deal", {"ref": "deal:12", "date": "2027-03-31"}
    )
    assert form_of_action({"action_id": "open:edit_deal:deal:12"}) == ("edit_deal", "deal:12")
    assert form_of_action({"action_id": "open:log_deal:"}) == ("log_deal", None)


def test_what_is_not_ours_means_nothing() -> None:
    for action in (
        {},
        {"action_id": "press:0", "value": "o-1"},
        {"action_id": "do:0", "value": "delete everything"},
        {"action_id": "fill:close_date:deal:12", "selected_date": None},
        {"action_id": "fill:owner:deal:12", "selected_date": "2027-03-31"},
        {"action_id": "fill:close_date:../etc", "selected_date": "2027-03-31"},
    ):
        assert command_of_action(action) is None
    assert form_of_action({"action_id": "open:no_such_form:deal:12"}) is None
    assert form_of_action({"action_id": "do:0", "value": "x"}) is None


def test_a_link_to_a_record_is_read_where_it_was_written() -> None:
    assert record_at(BASE, record_url(BASE, "deal:12")) == RecordRef("deal", 12)
    assert record_at(BASE, f"{BASE}/r/deal/12/?x=1") == RecordRef("deal", 12)
    for foreign in (
        "https://evil.example.com/app/r/deal/12",
        "https://crm.example.com/r/deal/12",
        "http://crm.example.com/app/r/deal/12",
        f"{BASE}/r/deal/0",
        f"{BASE}/r/deal",
        "not a link",
        "https://[",
    ):
        assert record_at(BASE, foreign) is None


def test_a_link_shows_the_card_with_nothing_to_use() -> None:
    card = {
        "type": "card",
        "title": "Website",
        "subtitle": "Initech",
        "ref": "deal:12",
        "fields": [["Amount", "40,000 USD"], *[["Note", "x" * 2000]] * 30],
        "edits": [{"kind": "form", "field": "edit_deal", "label": "Edit", "value": ""}],
    }

    shown = unfurl({"parts": [card], "buttons": [{"label": "Won", "token": "o-1", "style": "default"}]}, base_url=BASE)

    assert shown is not None
    assert check_message({"attachments": [shown]}) == []
    assert all(block["type"] != "actions" for block in shown["blocks"])
    assert unfurl({"parts": [{"type": "text", "text": "No card"}]}) is None
