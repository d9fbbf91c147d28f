"""Sentence vectors kept in a file, so that texts which rarely change are encoded once and not at every start."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from nlu.encoder import Encoder, TokenVectors
from nlu.minilm import Floats
from nlu.minilm_weights import WEIGHTS_SHA256

FORMAT = 1
_log = logging.getLogger(__name__)


class Vectors(Protocol):
    """What an encoder gives, from wherever it comes."""

    def tokens(self, text: str) -> TokenVectors:
        """Return what ``Encoder.tokens`` does."""
        ...

    def encode_many(self, texts: Sequence[str]) -> Floats:
        """Return what ``Encoder.encode_many`` does."""
        ...


class _Kept(NamedTuple):
    """What is known of a text: its vector and those of its word pieces (rows), and the pieces' character offsets."""

    vectors: Floats
    offsets: npt.NDArray[np.int64]


class SavedVectors:
    """Answers like its encoder, from the file where it can. What was asked for since the last ``save`` is written then.

    The file holds floats and digests of texts, no text. It belongs to one encoder: another's file is not looked at, and
    a damaged one is made anew. Not for use by several threads at once.
    """

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        """Keep the vectors of ``encoder`` in ``folder``, which need not exist yet."""
        self._encoder = encoder
        self._path = folder / f"articles-{WEIGHTS_SHA256[:12]}-{FORMAT}.npz"
        self._stored: dict[str, _Kept] | None = None
        self._used: dict[str, _Kept] = {}
        self._changed = False

    def tokens(self, text: str) -> TokenVectors:
        """Return what ``Encoder.tokens`` does."""
        key = _key("pieces", text)
        kept = self._known(key)
        if kept is None:
            found = self._encoder.tokens(text)
            kept = self._keep(key, _Kept(np.vstack([found.sentence[None], found.vectors]), found.offsets))
        return TokenVectors(offsets=kept.offsets, vectors=kept.vectors[1:], sentence=kept.vectors[0])

    def encode_many(self, texts: Sequence[str]) -> Floats:
        """Return what ``Encoder.encode_many`` does."""
        keys = [_key("text", text) for text in texts]
        kept = {key: self._known(key) for key in keys}
        missing = [(key, text) for key, text in zip(keys, texts, strict=True) if kept[key] is None]
        if missing:
            nowhere = np.zeros((0, 2), dtype=np.int64)
            for (key, _), vector in zip(missing, self._encoder.encode_many([text for _, text in missing]), strict=True):
                kept[key] = self._keep(key, _Kept(vector[None], nowhere))
        rows = [found.vectors[0] for key in keys if (found := kept[key]) is not None]
        return np.array(rows, dtype=np.float32).reshape(-1, Encoder.dimension)

    def save(self) -> None:
        """Write what was used to the file when any of it is new, and forget it here.

        When it cannot be written (a full disk) that is logged, and the next start takes longer.
        """
        if self._changed:
            try:
                self._write()
            except OSError as err:
                _log.warning("vectors not kept in %s: %s", self._path, err.strerror)
        self._stored, self._used, self._changed = None, {}, False

    def _known(self, key: str) -> _Kept | None:
        if key not in self._used:
            if self._stored is None:
                self._stored = self._read()
            if key not in self._stored:
                return None
            self._used[key] = self._stored[key]
        return self._used[key]

    def _keep(self, key: str, kept: _Kept) -> _Kept:
        self._used[key] = kept
        self._changed = True
        return kept

    def _read(self) -> dict[str, _Kept]:
        try:
            with self._path.open("rb") as handle, np.load(handle, allow_pickle=False) as file:
                keys, sizes = file["keys"].tolist(), file["sizes"]
                vectors = np.split(file["vectors"], np.cumsum(sizes[:, 0])[:-1])
                offsets = np.split(file["offsets"], np.cumsum(sizes[:, 1])[:-1])
                return dict(zip(keys, map(_Kept, vectors, offsets), strict=True))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, IndexError, zipfile.BadZipFile, EOFError) as err:
            _log.warning("%s is damaged and made anew: %s", self._path, err)
            return {}

    def _write(self) -> None:
        # An index is often brought up to date in parts: what was stored before stays.
        everything = {**(self._stored or {}), **self._used}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._path.parent, suffix=".npz")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(
                    file,
                    keys=np.array(list(everything)),
                    sizes=np.array([(len(kept.vectors), len(kept.offsets)) for kept in everything.values()]),
                    vectors=np.concatenate([kept.vectors for kept in everything.values()]),
                    offsets=np.concatenate([kept.offsets for kept in everything.values()]),
                )
            Path(name).replace(self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _key(kind: str, text: str) -> str:
    return hashlib.sha256(f"{kind}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
