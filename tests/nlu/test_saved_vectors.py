"""Articles are encoded once, not at every start; and never wrongly because of a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from nlu.article_entries import Article
from nlu.encoder import Encoder, TokenVectors, load_encoder
from nlu.minilm import Floats
from nlu.retrieval import ArticleIndex
from nlu.saved_vectors import SavedVectors

ARTICLES = [
    Article(article_id="password", title="Reset a password", body="Choose Forgot password.", questions=("locked out",)),
    Article(article_id="refund", title="Do you offer refunds?", body="Within thirty days. The money comes in a week."),
]


class CountingEncoder(Encoder):
    """The real encoder, counting the texts it is given."""

    def __init__(self, encoder: Encoder) -> None:
        self.__dict__.update(encoder.__dict__)
        self.texts: list[str] = []

    def tokens(self, text: str) -> TokenVectors:
        """Count and encode."""
        self.texts.append(text)
        return super().tokens(text)

    def encode_many(self, texts: Sequence[str]) -> Floats:
        """Count and encode."""
        self.texts.extend(texts)
        return super().encode_many(texts)


@pytest.fixture
def encoder() -> CountingEncoder:
    loaded = load_encoder()
    assert loaded is not None, "make setup installs the weights"
    return CountingEncoder(loaded)


def _index(encoder: Encoder, folder: Path | None, articles: Sequence[Article] = tuple(ARTICLES)) -> ArticleIndex:
    index = ArticleIndex(encoder=encoder, keep_in=folder)
    index.put_many(articles)
    index.search("warm")
    return index


def test_a_second_start_encodes_nothing_and_finds_the_same(encoder: CountingEncoder, tmp_path: Path) -> None:
    fresh = _index(encoder, None).search("i can't get in")
    first = _index(encoder, tmp_path / "cache").search("i can't get in")
    encoder.texts.clear()
    second = _index(encoder, tmp_path / "cache").search("i can't get in")
    assert encoder.texts == ["warm", "i can't get in"], "only what is asked"
    assert first == second == fresh


def test_only_what_has_changed_is_encoded_and_the_rest_stays_on_file(encoder: CountingEncoder, tmp_path: Path) -> None:
    index = _index(encoder, tmp_path)
    index.put(Article(article_id="hours", title="When are you open?", body="Always."))
    index.search("warm")
    encoder.texts.clear()
    _index(encoder, tmp_path, [*ARTICLES, Article(article_id="hours", title="When are you open?", body="Never.")])
    assert set(encoder.texts) == {"When are you open? Never.", "When are you open?. Never.", "warm"}


@pytest.mark.parametrize("content", [b"", b"rubbish", b"PK\x03\x04 half an archive"])
def test_a_damaged_file_is_made_anew(encoder: CountingEncoder, tmp_path: Path, content: bytes) -> None:
    expected = _index(encoder, tmp_path).search("refund please")
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    assert _index(encoder, tmp_path).search("refund please") == expected
    encoder.texts.clear()
    _index(encoder, tmp_path)
    assert encoder.texts == ["warm"]


def test_where_nothing_can_be_written_it_works_all_the_same(encoder: CountingEncoder, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert _index(encoder, tmp_path / "cache").search("refund please")[0].article_id == "refund"


def test_texts_of_any_kind_come_back_as_they_were(encoder: CountingEncoder, tmp_path: Path) -> None:
    texts = ["", "a", "🙂🙂", "שלום", "x" * 10_000]
    saved = SavedVectors(encoder, tmp_path)
    before = [saved.tokens(text) for text in texts]
    rows = saved.encode_many(texts)
    saved.save()
    again = SavedVectors(encoder, tmp_path)
    encoder.texts.clear()
    for text, expected in zip(texts, before, strict=True):
        found = again.tokens(text)
        assert np.array_equal(found.vectors, expected.vectors)
        assert np.array_equal(found.offsets, expected.offsets)
        assert np.array_equal(found.sentence, expected.sentence)
    assert np.array_equal(again.encode_many(texts), rows)
    assert again.encode_many([]).shape == (0, Encoder.dimension)
    assert not encoder.texts
