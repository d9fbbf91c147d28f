"""Words that mean similar things share a class: what a tagger learns from "Monday" then also holds for "Tuesday"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from nlu.entities.tokens import Token
from nlu.minilm_weights import find_model_files, read_weights
from nlu.name_keys import folded

GRANULARITIES = (64, 256, 1024)
"""How many classes the words are divided into, coarse to fine; the same idea as the prefixes of Brown clusters."""

_AXES, _PASSES = 64, 6
_UNKNOWN = (-1,) * len(GRANULARITIES)
_PIECE = "##"
_WORD_PIECE = re.compile(r"(?:##)?(?:[a-z]+|[0-9]+|\W)")


class WordClasses:
    """The classes of word pieces, learned from the input embeddings of the sentence encoder by k-means."""

    def __init__(self, pieces: Mapping[str, tuple[int, ...]]) -> None:
        """Use the classes, one per granularity, of each vocabulary piece (WordPiece: "##" marks a continuation)."""
        self._pieces = pieces
        self._classes_of = lru_cache(maxsize=20_000)(self._look_up)

    @classmethod
    def from_encoder(cls) -> WordClasses:
        """Cluster the vocabulary of the installed encoder; takes some seconds, raises EncoderUnavailable."""
        files = find_model_files()
        rows, pieces = _vocabulary(files.tokenizer)
        embeddings = read_weights(files.weights).words[np.array(rows)]
        vectors = embeddings - embeddings.mean(axis=0)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        # Clusters in the space of the principal axes are as good as in all of it and found ten times as fast.
        _, axes = np.linalg.eigh(vectors.T @ vectors)
        vectors = np.ascontiguousarray(vectors @ axes[:, -_AXES:])
        columns = [_clustered(vectors, count) for count in GRANULARITIES]
        return cls(dict(zip(pieces, map(tuple, np.stack(columns, axis=1).tolist()), strict=True)))

    @classmethod
    def load(cls, path: Path) -> WordClasses:
        """Read what ``save`` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            pieces, classes = stored["pieces"].tolist(), stored["classes"].tolist()
        return cls(dict(zip(pieces, map(tuple, classes), strict=True)))

    def save(self, path: Path) -> None:
        """Write the classes to ``path`` (.npz)."""
        classes: npt.NDArray[np.int16] = np.array(list(self._pieces.values()), dtype=np.int16)
        np.savez_compressed(path, pieces=np.array(list(self._pieces)), classes=classes)

    def features(self, tokens: Iterable[Token]) -> list[list[str]]:
        """Return, for each token, features of its classes and of its neighbours' classes."""
        words = [token.text for token in tokens]
        classes = [_UNKNOWN, _UNKNOWN, *(self._classes_of(folded(word)) for word in words), _UNKNOWN, _UNKNOWN]
        window = ["", *(word.lower() for word in words), ""]
        return [_of_token(classes, at + 2, window[at], window[at + 2]) for at in range(len(words))]

    def _look_up(self, word: str) -> tuple[int, ...]:
        """Return the classes of a word of the vocabulary, else of the longest piece it ends with."""
        if (known := self._pieces.get(word)) is not None:
            return known
        for start in range(1, len(word)):
            if (known := self._pieces.get(_PIECE + word[start:])) is not None:
                return known
        return _UNKNOWN


def _clustered(vectors: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.int64]:
    """Return the cluster of each vector after a few rounds of k-means (Lloyd) from vectors chosen at random."""
    chosen = np.random.default_rng(0).choice(len(vectors), size=count, replace=False)
    centres = vectors[chosen]
    for _ in range(_PASSES):
        nearest = _nearest(vectors, centres)
        order = np.argsort(nearest, kind="stable")
        starts = np.flatnonzero(np.diff(nearest[order], prepend=-1))
        sizes = np.diff(starts, append=len(order))
        centres[nearest[order][starts]] = np.add.reduceat(vectors[order], starts, axis=0) / sizes[:, None]
    return _nearest(vectors, centres)


def _nearest(vectors: npt.NDArray[np.float32], centres: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    nearest: npt.NDArray[np.int64] = np.argmax(vectors @ centres.T - (centres * centres).sum(axis=1) / 2, axis=1)
    return nearest


def _of_token(classes: list[tuple[int, ...]], at: int, before: str, after: str) -> list[str]:
    coarse, middle, _ = classes[at]
    features = []
    window = zip(classes[at - 1], classes[at], classes[at + 1], strict=True)
    for granularity, (previous, here, following) in enumerate(window):
        features += [f"c{granularity}={here}", f"c{granularity}-1={previous}", f"c{granularity}+1={following}"]
    return [
        *features,
        f"c0-1,0={classes[at - 1][0]}|{coarse}",
        f"c0,+1={coarse}|{classes[at + 1][0]}",
        f"w-1,c1={before}|{middle}",
        f"c1,w+1={middle}|{after}",
        f"c1-2={classes[at - 2][1]}",
        f"c1+2={classes[at + 2][1]}",
    ]


def _vocabulary(tokenizer: Path) -> tuple[list[int], list[str]]:
    """Return the rows and texts of the vocabulary pieces that can occur in English text."""
    vocabulary = Tokenizer.from_file(str(tokenizer)).get_vocab(with_added_tokens=False)
    chosen = sorted((row, piece) for piece, row in vocabulary.items() if _WORD_PIECE.fullmatch(piece))
    return [row for row, _ in chosen], [piece for _, piece in chosen]
