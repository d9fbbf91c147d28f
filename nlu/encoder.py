"""Sentence vectors: all-MiniLM-L6-v2 on the CPU, without torch."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits
from tokenizers import Tokenizer

from nlu.minilm import LAYERS, WIDTH, Floats, MiniLM
from nlu.minilm_weights import EncoderUnavailable, find_model_files, read_weights, verify_weights

MAX_TOKENS = 256
"""What the model was trained for; the rest of a longer text is ignored."""

MAX_CHARACTERS = MAX_TOKENS * 40
"""The tokenizer sees no more: only texts of mostly blanks have fewer than MAX_TOKENS pieces in so many characters."""

CACHED_TEXTS = 4096
BATCH_TOKENS = 384
"""Tokens multiplied at once: more gains nothing, as the layers' intermediate results then leave the L2 cache."""

MANY_TEXTS, MOST_THREADS = 500, 4
"""From so many texts on (training, not chatting) all cores help to encode them."""

TAPPED = (2, 4, LAYERS)
"""The layers, counted from 1, that ``Encoder.layers`` gives; the last is the one the model was trained for."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """The word pieces of a text: ``offsets`` (n, 2) of character start and end, ``vectors`` (n, 384), same order.

    ``sentence`` is the unit vector of the whole text, as from ``Encoder.encode``.
    """

    offsets: npt.NDArray[np.int64]
    vectors: Floats
    sentence: Floats


class Encoder:
    """Turns texts into unit vectors whose dot product says how close their meanings are (1 is the same).

    Any text is accepted, the empty one too. Safe to call from several threads. Equal texts give equal vectors within
    1e-6 (batches may differ from single calls in the last bits); texts are lowercased by the model.
    """

    dimension = WIDTH

    def __init__(self, network: MiniLM, tokenizer: Tokenizer) -> None:
        """Use ``network`` with its ``tokenizer``, which from now on belongs to the encoder."""
        tokenizer.no_padding()
        tokenizer.enable_truncation(MAX_TOKENS)
        self._network = network
        self._tokenizer = tokenizer
        self._cached = lru_cache(maxsize=CACHED_TEXTS)(self._encode)

    def encode(self, text: str) -> Floats:
        """Return the unit vector (384,) of ``text``; what was computed for the last few thousand texts is kept."""
        return _unit(self.layers(text)[-1])

    def encode_many(self, texts: Sequence[str]) -> Floats:
        """Return the unit vectors (n, 384) of ``texts`` in their order; much faster than one by one."""
        return _unit(self.layers_many(texts)[:, -1])

    def whole_words(self) -> list[str]:
        """Return the words the model knows in one piece; about the most frequent ones of English come first."""
        pieces = sorted(self._tokenizer.get_vocab().items(), key=lambda piece: piece[1])
        return [piece for piece, _ in pieces if piece.isalpha()]

    def layers(self, text: str) -> Floats:
        """Return the mean vectors of ``text`` after each of the TAPPED layers, shape (len(TAPPED), 384), read-only."""
        return self._cached(text)

    def layers_many(self, texts: Sequence[str]) -> Floats:
        """Return the ``layers`` of ``texts``, shape (n, len(TAPPED), 384)."""
        vectors = np.zeros((len(texts), len(TAPPED), WIDTH), dtype=np.float32)
        by_length: dict[int, list[int]] = {}
        # Encoding all texts at once lets the tokenizer start its own threads, which is no gain for short messages.
        ids = [self._ids(text) for text in texts]
        for row, piece_ids in enumerate(ids):
            by_length.setdefault(len(piece_ids), []).append(row)
        batches = []
        for length, rows in sorted(by_length.items()):
            size = max(1, BATCH_TOKENS // length)
            batches += [rows[first : first + size] for first in range(0, len(rows), size)]

        def encode(batch: list[int]) -> None:
            vectors[batch] = self._means(np.array([ids[row] for row in batch]))

        if len(texts) < MANY_TEXTS:
            for batch in batches:
                encode(batch)
        else:
            # The products are computed outside Python's lock, so threads do share the work.
            with ThreadPoolExecutor(min(os.cpu_count() or 1, MOST_THREADS)) as threads:
                list(threads.map(encode, batches))
        return vectors

    def tokens(self, text: str) -> TokenVectors:
        """Return the contextual vectors of the word pieces of ``text`` (not normalised, without [CLS] and [SEP])."""
        encoding = self._tokenizer.encode(text[:MAX_CHARACTERS])
        states = self._network.hidden_states(np.array([encoding.ids]))
        offsets = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
        return TokenVectors(offsets=offsets[1:-1], vectors=states[0, 1:-1], sentence=_unit(states[0].mean(axis=0)))

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text[:MAX_CHARACTERS]).ids
        return ids

    def _encode(self, text: str) -> Floats:
        vectors: Floats = self._means(np.array([self._ids(text)]))[0]
        vectors.flags.writeable = False
        return vectors

    def _means(self, ids: npt.NDArray[np.int64]) -> Floats:
        """Average over all tokens ([CLS] and [SEP] included, as the model was trained)."""
        states = self._network.layer_states(ids)
        return np.stack([states[layer - 1].mean(axis=1) for layer in TAPPED], axis=1)


def _unit(vectors: Floats) -> Floats:
    unit: Floats = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return unit


def open_encoder(*, cache_dir: Path | None = None, threads: int = 1) -> Encoder:
    """Open the installed encoder, its weights verified (see ``verify_weights`` for ``cache_dir``).

    ``threads`` caps the linear algebra threads of this process, for good: one message is too small to share between
    cores, and a server answers several at once. Raises EncoderUnavailable.
    """
    files = find_model_files()
    verify_weights(files.weights, cache_dir=cache_dir)
    threadpool_limits(limits=threads, user_api="blas")
    return Encoder(MiniLM(read_weights(files.weights)), Tokenizer.from_file(str(files.tokenizer)))


def load_encoder(*, cache_dir: Path | None = None, threads: int = 1) -> Encoder | None:
    """Open the encoder like ``open_encoder``, or return None and log why; everything in nlu works without one."""
    try:
        return open_encoder(cache_dir=cache_dir, threads=threads)
    except EncoderUnavailable as err:
        _log.warning("no sentence encoder, understanding by words alone: %s", err.reason)
        return None
