"""What Slack would refuse is found before it is sent."""

from typing import Any

import pytest

from bot.channels.slack.blocks import check_message, check_view

Payload = dict[str, Any]


def plain(text: str) -> Payload:
    return {"type": "plain_text", "text": text}


def button(**changed: Any) -> Payload:
    return {"type": "button", "text": plain("Undo"), "action_id": "press:0", "value": "o-1"} | changed


def actions(*elements: Payload) -> Payload:
    return {"type": "actions", "elements": list(elements)}


def section(text: str, kind: str = "plain_text") -> Payload:
    return {"type": "section", "text": {"type": kind, "text": text}}


def table(*rows: list[str]) -> Payload:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": cell} for cell in row] for row in rows]}


def select(count: int, **changed: Any) -> Payload:
    options = [{"text": plain(f"Stage {number}"), "value": f"o-{number}"} for number in range(count)]
    return {"type": "static_select", "action_id": "choose:0", "options": options} | changed


GOOD_BLOCKS = [
    section("x" * 3000),
    {"type": "section", "fields": [plain("x" * 2000)] * 4},
    {"type": "header", "text": plain("x" * 150)},
    {"type": "divider"},
    {"type": "context", "elements": [plain("small print")] * 10},
    actions(*(button(action_id=f"press:{n}") for n in range(25))),
    actions(select(100)),
    actions({"type": "datepicker", "action_id": "fill:close_date:deal:1", "initial_date": "2027-03-31"}),
    {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "hi"}]}]},
    table(*([["a"] * 20] * 100)),
]


@pytest.mark.parametrize("block", GOOD_BLOCKS, ids=lambda block: str(block["type"]))
def test_takes_what_is_at_the_limit(block: Payload) -> None:
    assert check_message({"channel": "C1", "text": "hi", "blocks": [block]}) == []


BAD_BLOCKS = {
    "long section": section("x" * 3001),
    "blank section": section("  "),
    "nothing in a section": {"type": "section"},
    "eleven fields": {"type": "section", "fields": [plain("x")] * 11},
    "long field": {"type": "section", "fields": [plain("x" * 2001)]},
    "long header": {"type": "header", "text": plain("x" * 151)},
    "markup in a header": {"type": "header", "text": {"type": "mrkdwn", "text": "x"}},
    "unescaped mention": section("<!channel> look", "mrkdwn"),
    "unescaped ampersand": section("R&D", "mrkdwn"),
    "escaped length counts": section("&" * 700),
    "emoji count twice": section("🎉" * 1501),
    "eleven small prints": {"type": "context", "elements": [plain("x")] * 11},
    "26 elements": actions(*(button(action_id=f"press:{n}") for n in range(26))),
    "no elements": actions(),
    "long button": actions(button(text=plain("x" * 76))),
    "long value": actions(button(value="x" * 2001)),
    "unknown style": actions(button(style="default")),
    "same action twice": actions(button(), button()),
    "101 options": actions(select(101)),
    "no options": actions(select(0)),
    "foreign initial option": actions(select(2, initial_option={"text": plain("Else"), "value": "o-9"})),
    "no such day": actions({"type": "datepicker", "action_id": "x", "initial_date": "2027-02-30"}),
    "unknown key": actions(button(colour="red")),
    "unknown block": {"type": "marquee", "text": plain("x")},
    "blank rich text": {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": " "}]}],
    },
    "101 rows": table(*([["a"]] * 101)),
    "21 columns": table(["a"] * 21),
    "ragged table": table(["a", "b"], ["a"]),
    "empty cell": table(["a", ""]),
    "heavy table": table(*([["x" * 100]] * 100), ["y"]),
}


@pytest.mark.parametrize("block", BAD_BLOCKS.values(), ids=BAD_BLOCKS.keys())
def test_refuses_what_slack_refuses(block: Payload) -> None:
    assert check_message({"text": "hi", "blocks": [block]})


def test_a_message_has_limits_as_a_whole() -> None:
    assert check_message({"text": "hi", "blocks": [{"type": "divider"}] * 50}) == []
    assert check_message({"text": "hi", "blocks": [{"type": "divider"}] * 51})
    assert check_message({"text": "hi", "blocks": [table(["a"]), table(["b"])]})
    assert check_message({"text": "hi", "blocks": [section("x" * 2999)] * 4})
    assert check_message({"text": "x" * 4001})
    assert check_message({"channel": "C1", "text": " "})
    assert check_message({"text": "hi", "blocks": [{"type": "divider", "block_id": "a"}] * 2})


def modal(**changed: Any) -> Payload:
    field = {"type": "plain_text_input", "action_id": "value", "initial_value": "x" * 3000}
    return {
        "type": "modal",
        "title": plain("x" * 24),
        "submit": plain("Save"),
        "callback_id": "log_deal",
        "private_metadata": "{}",
        "blocks": [{"type": "input", "block_id": "amount", "label": plain("Amount"), "element": field}],
    } | changed


def test_takes_a_modal_and_a_home_view() -> None:
    assert check_view(modal()) == []
    assert check_view({"type": "home", "blocks": [{"type": "divider"}] * 100}) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"title": plain("x" * 25)},
        {"title": None},
        {"submit": None},
        {"private_metadata": "x" * 3001},
        {"private_metadata": "not json"},
        {"callback_id": "x" * 256},
        {"blocks": [{"type": "divider"}] * 101},
        {"blocks": [table(["a"])]},
        {"hash": "1"},
    ],
    ids=str,
)
def test_refuses_a_view_slack_refuses(changed: Payload) -> None:
    assert check_view({key: value for key, value in (modal() | changed).items() if value is not None})


def test_says_where_it_went_wrong() -> None:
    (problem,) = check_message({"text": "hi", "blocks": [actions(button(text=plain("x" * 76)))]})

    assert "blocks" in problem
    assert "76 characters of 75" in problem
