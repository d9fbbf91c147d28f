"""A text of the training data is encoded once, not at every training; and never wrongly because of a file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from nlu.encoder import TAPPED
from nlu.kept_layers import KeptLayers
from nlu.minilm import WIDTH, Floats


class CountingEncoder:
    """Gives every text numbers made from it, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def layers_many(self, texts: Sequence[str]) -> Floats:
        self.asked += texts
        shape = (len(TAPPED), WIDTH)
        return np.array(
            [np.random.default_rng(list(text.encode())).standard_normal(shape) for text in texts], dtype=np.float32
        )


def test_a_text_is_encoded_once_whatever_process_asks(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    first = KeptLayers(encoder, tmp_path)
    new = first.layers_many(["show my deals", "hello", "hello"])
    first.save()
    again = KeptLayers(encoder, tmp_path).layers_many(["hello", "bye", "show my deals"])
    assert encoder.asked == ["show my deals", "hello", "bye"]
    assert np.array_equal(again[[2, 0]], new[:2])
    assert np.array_equal(new[1], new[2])
    assert np.abs(new - CountingEncoder().layers_many(["show my deals", "hello", "hello"])).max() < 2e-3


def test_texts_no_longer_used_leave_the_file(tmp_path: Path) -> None:
    kept = KeptLayers(CountingEncoder(), tmp_path)
    kept.layers_many(["an old example"])
    kept.save()
    later = KeptLayers(CountingEncoder(), tmp_path)
    later.layers_many(["a new example"])
    later.save()
    encoder = CountingEncoder()
    KeptLayers(encoder, tmp_path).layers_many(["a new example", "an old example"])
    assert encoder.asked == ["an old example"]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 cut", b"nonsense"])
def test_a_damaged_file_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    first = KeptLayers(CountingEncoder(), tmp_path)
    expected = first.layers_many(["hello"])
    first.save()
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage)
    second = KeptLayers(CountingEncoder(), tmp_path)
    assert np.array_equal(second.layers_many(["hello"]), expected)
    second.save()
    unasked = CountingEncoder()
    KeptLayers(unasked, tmp_path).layers_many(["hello"])
    assert unasked.asked == []


def test_nothing_is_written_without_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    kept = KeptLayers(CountingEncoder())
    kept.layers_many(["hello"])
    kept.save()
    assert list(tmp_path.iterdir()) == []


def test_what_was_expected_is_encoded_beside_and_kept(tmp_path: Path) -> None:
    encoder = CountingEncoder()
    kept = KeptLayers(encoder, tmp_path)
    kept.expect(["show my deals", "hello"])
    found = kept.layers_many(["hello", "bye"])
    kept.save()
    assert encoder.asked == ["bye"]
    assert np.abs(found - CountingEncoder().layers_many(["hello", "bye"])).max() < 2e-3
    KeptLayers(encoder, tmp_path).layers_many(["hello", "bye"])
    assert encoder.asked == ["bye"]
