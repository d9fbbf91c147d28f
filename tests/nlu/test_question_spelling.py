"""Mending spelling mistakes in questions: the texts' own words first, and what is right stays."""

from __future__ import annotations

import pytest

from nlu.article_entries import Article
from nlu.encoder import Encoder
from nlu.question_spelling import QuestionSpelling
from nlu.retrieval import ArticleIndex

TEXTS = (
    "How do I reset my password?",
    "Return a printer",
    "the printer is unpacked",
    "Shipping to Switzerland and Canada",
)
COMMON = (
    "the",
    "my",
    "has",
    "not",
    "package",
    "doesn",
    "arrive",
    "arrived",
    "plan",
    "wife",
    "schedule",
    "licence",
    "phone",
    "pack",
)


@pytest.mark.parametrize(
    ("asked", "read"),
    [
        ("how do i reste my pasword", "how do i reset my password"),
        ("shiping to swizerland", "Shipping to Switzerland".lower()),
        ("my pakage has not arived", "my package has not arrived"),
        # Forms of known words, short words, names and abbreviations are no mistakes.
        ("reschedule the licences, it doesnt arrive", "reschedule the licences, it doesnt arrive"),
        ("teh wifi of the RETRUN desk", "teh wifi of the RETRUN desk"),
        ("", ""),
        ("42 !!", "42 !!"),
    ],
)
def test_a_mistake_is_mended_and_what_is_right_stays(asked: str, read: str) -> None:
    assert QuestionSpelling(TEXTS, COMMON).mended(asked) == read


def test_another_language_is_not_made_english() -> None:
    assert (
        QuestionSpelling(TEXTS, COMMON).mended("Wann kommt mein Packet nach Hause")
        == "Wann kommt mein Packet nach Hause"
    )


def test_a_misspelled_question_finds_its_article(encoder: Encoder) -> None:
    index = ArticleIndex(encoder=encoder)
    index.put_many(
        [
            Article(
                article_id="a", title="Reset your password", body="Open the page.", questions=("forgot my password",)
            ),
            Article(article_id="b", title="Warranty", body="Two years of repairs.", questions=("is it covered",)),
        ]
    )
    assert index.search("pasword forgoten")[0].article_id == "a"
