"""What the models get to read of a message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.cleaning import MAX_CHARACTERS, clean


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("what’s “Acme” worth…", 'what\'s "Acme" worth...'),
        ("log\u00a0a\u2009deal", "log a deal"),
        ("mo\u200bve it\u200e to pro\u00adposal", "move it to proposal"),
        ("🎉🎉 we won Initech! 🎉", "we won Initech!"),
        (":tada: we won Initech! :rocket: :rocket:", "we won Initech!"),
        ("call Jose\u0301 tomorrow", "call José tomorrow"),
        ("ｌｏｇ a deal, ５０k", "log a deal, 50k"),
        ("Acme™ signed", "Acme signed"),
        ("close it\n-- \nJane Doe\nHead of Sales", "close it"),
        ("ship it today\n\nSent from my iPhone", "ship it today"),
        ("> where is it?\n> thanks\nI sent it on Monday", "I sent it on Monday"),
        ("Yes please\n\nOn Mon, 3 May 2027 at 10:00, Kim <kim@example.com> wrote:\n> shall we?", "Yes please"),
        ("  many\t\tspaces \n\n and lines ", "many spaces\nand lines"),
    ],
)
def test_decoration_goes_and_words_stay(message: str, expected: str) -> None:
    assert clean(message).text == expected


@pytest.mark.parametrize("message", ["👍", ":thumbsup:", "> only a quotation", "-- \nJane"])
def test_a_message_of_nothing_but_decoration_is_kept(message: str) -> None:
    assert clean(message).text.strip() != ""


def test_a_comparison_at_the_start_of_a_line_is_no_quotation() -> None:
    assert clean("deals\n> 50k").text == "deals\n> 50k"


def test_a_leading_slash_is_just_a_character() -> None:
    assert clean('/inform{"order_number":"X"}').text == '/inform{"order_number":"X"}'


def test_reads_a_bounded_part_of_an_endless_message() -> None:
    assert len(clean("word " * 5000).text) <= MAX_CHARACTERS


def test_a_span_leads_back_to_the_characters_it_was_made_from() -> None:
    message = "🎉 log a deal with “Jose\u0301 & Sons”"
    cleaned = clean(message)
    start = cleaned.text.index("José & Sons")
    first, last = cleaned.original_span(start, start + len("José & Sons"))
    assert message[first:last] == "Jose\u0301 & Sons"


@given(st.text(max_size=300))
def test_every_character_has_its_place_in_the_original(message: str) -> None:
    cleaned = clean(message)
    assert len(cleaned.text) == len(cleaned.starts) == len(cleaned.ends)
    assert all(start < end <= len(message) for start, end in zip(cleaned.starts, cleaned.ends, strict=True))
    assert list(cleaned.starts) == sorted(cleaned.starts)


@given(st.text(alphabet=st.characters(categories=["L", "N", "P"]), max_size=80))
def test_cleaning_clean_text_again_changes_nothing(message: str) -> None:
    once = clean(message).text
    assert clean(once).text == once
