"""The encoder's layers of training examples, kept between trainings: after a small change few texts are new."""

from __future__ import annotations

import hashlib
import io
import logging
import os
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from nlu.child_work import ChildWork
from nlu.encoder import TAPPED
from nlu.minilm import WIDTH, Floats
from nlu.minilm_weights import WEIGHTS_SHA256

FORMAT = 1
_log = logging.getLogger(__name__)


class ManyLayers(Protocol):
    """What training needs of an encoder."""

    def layers_many(self, texts: Sequence[str]) -> Floats:
        """Return what ``Encoder.layers_many`` does."""
        ...


class KeptLayers:
    """Answers like its encoder, rounded to half precision whether kept or new, and encodes no text twice.

    The file holds numbers and digests of texts, no text; it belongs to one encoder, and a damaged one is made anew. Not
    for use by several threads at once.
    """

    def __init__(self, encoder: ManyLayers, folder: Path | None = None) -> None:
        """Use what is kept in ``folder``, which need not exist yet; without one nothing outlives this object."""
        self._encoder = encoder
        self._path = None if folder is None else folder / f"layers-{WEIGHTS_SHA256[:12]}-{FORMAT}.npz"
        self._kept: dict[bytes, npt.NDArray[np.float16]] | None = None
        self._used: set[bytes] = set()
        self._expected: tuple[list[bytes], ChildWork] | None = None
        self._changed = False

    def expect(self, texts: Sequence[str]) -> None:
        """Begin to encode ``texts`` in a process beside this one, to have the most of them when they are asked for."""
        if self._kept is None:
            self._kept = self._read()
        missing = {key: text for text in texts if (key := _key(text)) not in self._kept}
        if not missing:
            return
        different = list(missing.values())

        def encode(path: Path) -> None:
            with path.open("wb") as file:
                np.save(file, self._encoder.layers_many(different).astype(np.float16))

        self._expected = list(missing), ChildWork(encode)

    def layers_many(self, texts: Sequence[str]) -> Floats:
        """Return what ``Encoder.layers_many`` does."""
        if self._kept is None:
            self._kept = self._read()
        if self._expected is not None:
            (expected, work), self._expected = self._expected, None
            self._kept.update(zip(expected, np.load(io.BytesIO(work.result()), allow_pickle=False), strict=True))
            self._changed = True
        keys = [_key(text) for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._kept}
        if missing:
            found = self._encoder.layers_many(list(missing.values())).astype(np.float16)
            self._kept.update(zip(missing, found, strict=True))
            self._changed = True
        self._used.update(keys)
        layers = np.zeros((len(texts), len(TAPPED), WIDTH), dtype=np.float32)
        for row, key in enumerate(keys):
            layers[row] = self._kept[key]
        return layers

    def save(self) -> None:
        """Write what was used to the file when any of it is new; a failure is logged, the next training is slower."""
        if self._path is None or self._kept is None or not self._changed:
            return
        keys = sorted(self._used)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._path.parent, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    np.savez(
                        file,
                        keys=np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(-1, 16),
                        layers=np.stack([self._kept[key] for key in keys]),
                    )
                Path(name).replace(self._path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as err:
            _log.warning("vectors not kept in %s: %s", self._path, err.strerror)
        self._changed = False

    def _read(self) -> dict[bytes, npt.NDArray[np.float16]]:
        if self._path is None:
            return {}
        try:
            with self._path.open("rb") as handle, np.load(handle, allow_pickle=False) as file:
                keys, layers = file["keys"], file["layers"]
            if layers.dtype != np.float16 or layers.shape != (len(keys), len(TAPPED), WIDTH):
                raise ValueError(layers.shape)
            return {key.tobytes(): row for key, row in zip(keys, layers, strict=True)}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError) as err:
            _log.warning("%s is damaged and made anew: %s", self._path, err)
            return {}


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]
