"""Finding help articles by meaning and by words, and knowing when there is none."""

from __future__ import annotations

import pytest

from nlu.article_entries import Article, split_passages
from nlu.encoder import Encoder, load_encoder
from nlu.retrieval import ArticleIndex

ARTICLES = [
    Article(
        article_id="password",
        title="How do I reset my password?",
        body="Open the sign-in page and choose Forgot password. We send you a link that is valid for an hour.",
    ),
    Article(
        article_id="refund",
        title="Do you offer refunds?",
        body="You can return anything within thirty days. The money is back on your card after a week.",
    ),
    Article(
        article_id="export",
        title="Exporting your data",
        body="Go to Settings.\n\nChoose Export to download all contacts as a spreadsheet. Large ones come by mail.",
    ),
    Article(article_id="hours", title="When is support available?", body="Monday to Friday from nine to five."),
]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    loaded = load_encoder()
    if loaded is None:
        pytest.skip("the weights are not installed")
    return loaded


def index_of(*articles: Article, encoder: Encoder | None) -> ArticleIndex:
    index = ArticleIndex(encoder=encoder)
    index.put_many(articles)
    return index


@pytest.mark.parametrize(
    ("question", "article_id"),
    [
        ("I forgot my login credentials", "password"),
        ("can I get my money back", "refund"),
        ("how to save my contacts to excel", "export"),
        ("at what time can I reach your team", "hours"),
    ],
)
def test_a_question_in_other_words_finds_its_article(encoder: Encoder, question: str, article_id: str) -> None:
    assert index_of(*ARTICLES, encoder=encoder).search(question)[0].article_id == article_id


@pytest.mark.parametrize(
    ("question", "article_id"), [("reset pasword please", "password"), ("do I get a refund", "refund")]
)
def test_words_alone_find_it_too_even_misspelled(question: str, article_id: str) -> None:
    assert index_of(*ARTICLES, encoder=None).search(question)[0].article_id == article_id


def test_the_passage_that_answers_is_shown(encoder: Encoder) -> None:
    hit = index_of(*ARTICLES, encoder=encoder).search("download my contacts as a spreadsheet")[0]

    assert hit.passage.startswith("Choose Export")


@pytest.mark.parametrize("question", ["which mountain is the highest", "my dog ate my homework", "", "🙂"])
def test_it_admits_that_it_has_no_answer(encoder: Encoder, question: str) -> None:
    assert index_of(*ARTICLES, encoder=encoder).answer(question) is None


def test_a_title_asked_word_for_word_is_answered_with_confidence(encoder: Encoder) -> None:
    for used in (encoder, None):
        answer = index_of(*ARTICLES, encoder=used).answer("Do you offer refunds?")
        assert answer is not None
        assert answer.article_id == "refund"
        assert answer.confidence > 0.8


def test_hits_are_ranked_and_limited(encoder: Encoder) -> None:
    hits = index_of(*ARTICLES, encoder=encoder).search("refund to my card", limit=2)

    assert len(hits) == 2
    assert hits[0].score >= hits[1].score


def test_articles_come_and_go_at_once() -> None:
    index = index_of(*ARTICLES, encoder=None)
    shipping = Article(article_id="shipping", title="How long does shipping take?", body="Two days.")

    index.put(shipping)
    assert index.search("shipping")[0].article_id == "shipping"

    index.put(Article(article_id="shipping", title="Delivery times", body="Three days."))
    assert index.search("delivery times")[0].passage == "Three days."

    index.remove("shipping")
    index.remove("never there")
    assert len(index) == len(ARTICLES)
    assert "shipping" not in {hit.article_id for hit in index.search("delivery times", limit=10)}


def test_an_empty_index_answers_nothing(encoder: Encoder) -> None:
    assert index_of(encoder=encoder).search("anything") == ()
    assert index_of(encoder=None).answer("anything") is None


def test_an_article_without_text_does_no_harm(encoder: Encoder) -> None:
    empty = Article(article_id="empty", title="", body="")
    index = index_of(*ARTICLES, empty, encoder=encoder)

    assert index.search("can I get my money back")[0].article_id == "refund"


def test_passages_end_with_sentences_and_paragraphs() -> None:
    sentence = "One two three four five six seven eight nine ten."
    passages = split_passages(" ".join([sentence] * 7) + "\n\nAnother paragraph.")

    assert [len(passage.split()) for passage in passages] == [60, 10, 2]
