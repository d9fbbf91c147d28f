"""Replies on a phone: nothing is lost, nothing is torn apart, nothing is too long."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.telegram.rendering import MAX_CALLBACK_DATA, to_pieces
from bot.channels.telegram.rich_text import MAX_CAPTION, MAX_TEXT, Run, Style, length, split, to_html, to_plain
from tests.telegram.formatting import MAX_ENTITIES, read_formatted, utf16_length

_TEXT = st.text(
    alphabet=st.one_of(st.sampled_from("ab <>&\"'\n\n  é😀👩\u200d🚀\u0301"), st.characters(exclude_categories=["Cs"])),
    max_size=400,
)
_RUNS = st.lists(st.builds(Run, _TEXT, st.sampled_from(["", "b", "i", "pre"])), max_size=8)


def words_of(text: str) -> str:
    """The text without its white space."""
    return re.sub(r"\s+", "", text)


def body(*parts: dict[str, Any], buttons: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"parts": list(parts), "buttons": buttons or []}


@settings(max_examples=150, deadline=None)
@given(runs=_RUNS, limit=st.integers(min_value=20, max_value=300))
def test_cut_texts_hold_everything_within_the_limit(runs: list[Run], limit: int) -> None:
    pieces = split(runs, limit)
    for piece in pieces:
        shown = read_formatted(to_html(piece), "HTML")
        assert utf16_length(shown.text) <= limit
        assert shown.entities <= MAX_ENTITIES
        assert shown.text == to_plain(piece)
        assert shown.text.strip()
    whole = words_of("".join(run.text for run in runs))
    assert words_of("".join(to_plain(piece) for piece in pieces)) == whole


def test_lengths_are_counted_as_telegram_does() -> None:
    assert length("😀a") == 3
    (one,) = split([Run("😀" * (MAX_TEXT // 2))])
    assert utf16_length(to_plain(one)) == MAX_TEXT
    assert len(split([Run("😀" * (MAX_TEXT // 2) + "x")])) == 2


def test_a_cut_is_made_between_paragraphs_then_lines_then_words() -> None:
    text = "first paragraph here\n\nsecond one\nits next line is long"
    assert [to_plain(p) for p in split([Run(text)], 40)] == [
        "first paragraph here",
        "second one\nits next line is long",
    ]
    assert [to_plain(p) for p in split([Run("one two three four")], 12)] == ["one two", "three four"]


@pytest.mark.parametrize("style", ["b", "i", "pre"])
def test_a_style_goes_on_behind_a_cut(style: Style) -> None:
    pieces = split([Run("word " * 30, style)], 40)
    assert len(pieces) > 2
    assert all(to_html(piece).startswith(f"<{style}>") for piece in pieces)


def test_more_formatting_than_telegram_keeps_makes_another_message() -> None:
    runs = [run for n in range(150) for run in (Run(f"row {n}", "b"), Run("\n"))]
    assert [sum(bool(run.style) for run in piece) for piece in split(runs)] == [100, 50]


def test_a_narrow_table_stands_in_columns_and_a_wide_one_becomes_paragraphs() -> None:
    columns = [["Stage", "text"], ["Deals", "number"]]
    narrow = {"type": "table", "title": "Open", "columns": columns, "rows": [["New", "7"], ["Won", "12"]], "note": ""}
    (piece,) = to_pieces(body(narrow))
    assert "Stage  Deals\nNew        7\nWon       12" in to_plain(piece.text)
    wide = narrow | {"rows": [["A very long name of some stage or other", "7"]], "note": "all of them"}
    (piece,) = to_pieces(body(wide))
    assert "A very long name of some stage or other\nDeals: 7\nall of them" in to_plain(piece.text)


def test_a_card_a_chart_and_a_document_follow_each_other() -> None:
    card = {"type": "card", "title": "ORD-1", "subtitle": "shipped", "ref": None, "fields": [["Total", "<5 & more"]]}
    picture = {"type": "picture", "path": "/x/a.png", "alt": "c" * (MAX_CAPTION + 10)}
    document = {"type": "document", "path": "/x/b.pdf", "name": "INV-1.pdf", "media_type": "application/pdf"}
    pieces = to_pieces(body(card, picture, document, buttons=[{"label": "Go", "token": "o-1", "style": "default"}]))
    assert to_html(pieces[0].text) == "<b>ORD-1</b>\nshipped\n<i>Total:</i> &lt;5 &amp; more"
    assert [bool(p.picture) for p in pieces] == [False, True, False, False]
    assert length(to_plain(pieces[1].text)) == MAX_CAPTION
    assert pieces[-1].file_name == "INV-1.pdf"
    assert [len(p.keyboard) for p in pieces] == [0, 0, 0, 1]


def test_short_labels_stand_in_pairs_and_long_ones_alone() -> None:
    labels = ["Yes", "No", "Something quite long here", "Maybe"]
    buttons = [{"label": label, "token": f"o-{n}", "style": "default"} for n, label in enumerate(labels)]
    (piece,) = to_pieces(body({"type": "text", "text": "?"}, buttons=buttons))
    assert [[key.label for key in row] for row in piece.keyboard] == [["Yes", "No"], [labels[2]], ["Maybe"]]


def test_a_token_telegram_would_not_carry_is_refused() -> None:
    button = {"label": "Go", "token": "x" * (MAX_CALLBACK_DATA + 1), "style": "default"}
    with pytest.raises(ValueError, match="65 bytes"):
        to_pieces(body({"type": "text", "text": "?"}, buttons=[button]))


def test_an_empty_reply_is_no_message() -> None:
    assert to_pieces(body()) == []
