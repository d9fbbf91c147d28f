"""A reply in Slack: everything in it is there, and Slack takes it."""

import re
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels.slack.blocks import Audience, SlackMessage, check_message, render_reply
from bot.channels.slack.blocks.texts import clean

Json = dict[str, Any]

NASTY = st.sampled_from(
    [
        "<!channel> & <@U123>",
        "*bold* _it_ ~no~ `code`",
        ":tada: 10:30:45",
        "שלום עולם \u202eabc",
        "مرحبا",
        "👩‍👩‍👧‍👦🇩🇪👍🏽",
        "é́́",
        "<b>HTML</b> &amp; <script>alert(1)</script>",
        "> quoted\n• listed",
        "https://example.com/a?b=c&d=<e>",
        "word " * 700,
        "&" * 700,
        "🎉" * 1600,
        "x" * 3100,
        "\x00\x07\ud800",
        "\n\n \t",
    ]
)
ANY_TEXT = st.lists(st.one_of(NASTY, st.text(max_size=60)), min_size=0, max_size=4).map(" ".join)
SHORT = st.one_of(st.text(max_size=30), NASTY)
LABEL = st.one_of(st.text(max_size=90), st.sampled_from(["<!here> & Söhne", "👍🏽" * 40, "\n", "*bold*"]))
ROWS = st.integers(0, 30).flatmap(
    lambda width: st.tuples(
        st.lists(st.tuples(st.text(max_size=30), st.sampled_from(["text", "number"])), min_size=width, max_size=width),
        st.lists(st.lists(st.text(max_size=8), min_size=width, max_size=width), max_size=8),
        st.integers(1, 40),
    )
)
TEXTS = st.builds(lambda text: {"type": "text", "text": text}, ANY_TEXT)
CARDS = st.builds(
    lambda title, subtitle, ref, fields: {
        "type": "card",
        "title": title,
        "subtitle": subtitle,
        "ref": ref,
        "fields": fields,
        "edits": [{"kind": "date", "field": "close_date", "label": "Close date", "value": "2027-03-31"}],
    },
    ANY_TEXT,
    ANY_TEXT,
    st.sampled_from([None, "deal:12", "task:3"]),
    st.lists(st.tuples(SHORT, ANY_TEXT).map(list), max_size=14),
)
TABLES = st.builds(
    lambda title, shape, note: {
        "type": "table",
        "title": title,
        "columns": [list(column) for column in shape[0]],
        "rows": shape[1] * shape[2],
        "note": note,
    },
    ANY_TEXT,
    ROWS,
    ANY_TEXT,
)
PICTURES = st.builds(lambda alt: {"type": "picture", "path": "/tmp/a.png", "alt": alt}, ANY_TEXT)
BUTTONS = st.builds(
    lambda label, style: {"label": label, "token": "o-123", "style": style},
    LABEL,
    st.sampled_from(["default", "primary", "danger"]),
)
MENUS = st.builds(
    lambda label, options, times: {"label": label, "options": options * times},
    LABEL,
    st.lists(st.builds(lambda text: {"label": text, "token": "o-1"}, LABEL), min_size=1, max_size=5),
    st.integers(1, 50),
)
BODIES = st.builds(
    lambda parts, buttons, menus: {"parts": parts, "buttons": buttons, "menus": menus},
    st.lists(st.one_of(TEXTS, CARDS, TABLES, PICTURES), max_size=4),
    st.lists(BUTTONS, max_size=40),
    st.lists(MENUS, max_size=3),
)


def seen(found: object) -> Iterator[str]:
    """Every text in blocks."""
    if isinstance(found, dict):
        for key, value in found.items():
            if isinstance(value, str):
                if key == "text":
                    yield (
                        value.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
                        if found.get("type") == "mrkdwn"
                        else value
                    )
            else:
                yield from seen(value)
    elif isinstance(found, list):
        for item in found:
            yield from seen(item)


def squeezed(text: str) -> str:
    """Without white space, which is what may change at a cut, and without what nobody sees."""
    return re.sub(r"\s+", "", clean(text))


def said(body: Json) -> Iterator[str]:
    for part in body["parts"]:
        match part["type"]:
            case "text":
                yield part["text"]
            case "card":
                yield part["title"]
                yield part["subtitle"]
                for label, value in part["fields"]:
                    yield label
                    yield value
            case "table":
                yield part["title"]
                yield part["note"]
                if part["columns"]:
                    yield from (cell for row in part["rows"] for cell in row)
                yield from (label for label, _ in part["columns"])
            case "picture":
                yield part["alt"]
    yield from (button["label"] for button in body["buttons"])
    yield from (option["label"] for menu in body["menus"] for option in menu["options"])


def everything_seen(messages: list[SlackMessage]) -> str:
    shown = [text for message in messages for text in seen(message.blocks)]
    return squeezed("".join([*shown, *(file.alt for message in messages for file in message.files)]))


def problems(messages: list[SlackMessage]) -> list[str]:
    return [
        problem
        for message in messages
        for problem in check_message({"text": message.text} | ({"blocks": message.blocks} if message.blocks else {}))
        if message.blocks or not message.files
    ]


@given(BODIES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_slack_takes_every_reply_and_nothing_in_it_is_lost(body: Json) -> None:
    messages = render_reply(body, audience=Audience.DIRECT, base_url="https://crm.example.com")

    assert problems(messages) == []
    shown = everything_seen(messages)
    lost = [text[:50] for text in said(body) if squeezed(text) not in shown]
    assert lost == []


def table(columns: list[str], rows: list[list[str]]) -> Json:
    return {
        "parts": [
            {"type": "table", "title": "Deals", "columns": [[c, "text"] for c in columns], "rows": rows, "note": "All"}
        ]
    }


def table_rows(messages: list[SlackMessage]) -> list[list[str]]:
    """The rows of all tables of the messages, without headings."""
    blocks = [block for message in messages for block in message.blocks if block["type"] == "table"]
    return [[cell["text"] for cell in row] for block in blocks for row in block["rows"][1:]]


def test_a_long_table_goes_on_in_further_messages_under_its_headings() -> None:
    rows = [[f"Deal {number}", f"{number},000 USD"] for number in range(250)]

    messages = render_reply(table(["Deal", "Amount"], rows), audience=Audience.DIRECT)

    assert problems(messages) == []
    assert len(messages) == 3
    assert table_rows(messages) == rows
    headings = [block["rows"][0] for message in messages for block in message.blocks if block["type"] == "table"]
    assert all([cell["text"] for cell in row] == ["Deal", "Amount"] for row in headings)


def test_a_long_cell_goes_on_in_the_row_below() -> None:
    long = " ".join(f"word{number}" for number in range(900))

    messages = render_reply(table(["Deal", "Note"], [["Website", long], ["Shop", "short"]]), audience=Audience.DIRECT)

    assert problems(messages) == []
    column = [row[1] for row in table_rows(messages)]
    assert column[-1] == "short"
    assert " ".join(column[:-1]) == long


def test_a_wide_table_repeats_its_first_column() -> None:
    columns = [f"Month {number}" for number in range(45)]

    messages = render_reply(table(columns, [[f"v{number}" for number in range(45)]]), audience=Audience.DIRECT)

    assert problems(messages) == []
    (first, second, third) = table_rows(messages)
    assert first == [f"v{number}" for number in range(20)]
    assert second == ["v0", *(f"v{number}" for number in range(20, 39))]
    assert third == ["v0", *(f"v{number}" for number in range(39, 45))]


def test_nothing_to_see_is_no_message() -> None:
    assert render_reply({"parts": [{"type": "text", "text": " \n"}]}, audience=Audience.DIRECT) == []


def test_buttons_and_menus_carry_their_tokens() -> None:
    body = {
        "parts": [{"type": "text", "text": "Which one?"}],
        "buttons": [{"label": "Acme", "token": "o-1", "style": "primary"}],
        "menus": [{"label": "Move to", "options": [{"label": "Proposal", "token": "o-2"}]}],
    }

    (message,) = render_reply(body, audience=Audience.DIRECT)

    buttons, menus = [block for block in message.blocks if block["type"] == "actions"]
    (pressed,), (chosen,) = buttons["elements"], menus["elements"]
    assert (pressed["action_id"], pressed["value"], pressed["style"]) == ("press:0", "o-1", "primary")
    assert (chosen["action_id"], chosen["options"][0]["value"]) == ("choose:0", "o-2")


def test_a_picture_is_a_file_with_words_for_it_before_what_follows() -> None:
    body = {
        "parts": [
            {"type": "text", "text": "Here it is."},
            {"type": "picture", "path": "/tmp/a.png", "alt": "Pipeline by stage (USD): Proposal 40,000"},
            {"type": "text", "text": "2 deals in total."},
        ]
    }

    first, second = render_reply(body, audience=Audience.DIRECT)

    assert first.files == ()
    (file,) = second.files
    assert (file.title, file.alt) == ("Pipeline by stage (USD)", "Pipeline by stage (USD): Proposal 40,000")
    assert list(seen(second.blocks)) == ["2 deals in total."]


def test_what_a_picture_shows_is_written_out_for_an_asker_alone() -> None:
    body = {"parts": [{"type": "picture", "path": "/tmp/a.png", "alt": "Pipeline (USD): Proposal 40,000"}]}

    (alone,) = render_reply(body, audience=Audience.ASKER)
    (shown,) = render_reply(body, audience=Audience.CHANNEL)

    assert list(seen(alone.blocks)) == ["Pipeline (USD): Proposal 40,000"]
    assert shown.blocks == []


def test_a_family_emoji_is_not_torn_apart() -> None:
    family = "👩‍👩‍👧‍👦"

    messages = render_reply({"parts": [{"type": "text", "text": family * 400}]}, audience=Audience.DIRECT)

    assert all(len(text) % len(family) == 0 for message in messages for text in seen(message.blocks))
