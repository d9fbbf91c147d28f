"""Messages that mean about the same, put together."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from nlu.encoder import Encoder
from nlu.intents.masking import stand_in
from nlu.minilm import Floats

_PLACEHOLDER = re.compile(r"<([a-z_]+)>")
_FURTHEST, _FURTHEST_BY_LETTERS = 0.45, 0.7
"""Mean cosine distance of two groups from which on they are not one: of sentence vectors, of letter triples."""


def group_alike(texts: Sequence[str], *, encoder: Encoder | None) -> tuple[tuple[int, ...], ...]:
    """Group ``texts`` (with placeholders such as "<contact>" or without) by meaning: positions, each in one group.

    The biggest group comes first, and in each the most typical text. By average linkage over sentence vectors; without
    an encoder over letter triples, which brings together what is worded alike. Deterministic; time and memory grow with
    the square of the number of texts.
    """
    if not texts:
        return ()
    # A quarter of a second to import, and only for whoever reviews messages.
    from scipy.cluster.hierarchy import fcluster, linkage  # noqa: PLC0415
    from scipy.spatial.distance import squareform  # noqa: PLC0415

    plain = [_PLACEHOLDER.sub(lambda match: stand_in(match[1]), text) for text in texts]
    vectors = _letter_vectors(plain) if encoder is None else encoder.encode_many(plain)
    numbers = np.zeros(len(texts), dtype=np.int64)
    if len(texts) > 1:
        distances = np.clip(1 - vectors @ vectors.T, 0, 2)
        np.fill_diagonal(distances, 0)
        furthest = _FURTHEST_BY_LETTERS if encoder is None else _FURTHEST
        tree = linkage(squareform(distances, checks=False), method="average")
        numbers = fcluster(tree, t=furthest, criterion="distance")
    groups = []
    for number in np.unique(numbers):
        members = np.flatnonzero(numbers == number)
        nearness = vectors[members] @ vectors[members].mean(axis=0)
        groups.append(tuple(members[np.argsort(-nearness, kind="stable")].tolist()))
    return tuple(sorted(groups, key=lambda group: (-len(group), min(group))))


def _letter_vectors(texts: Sequence[str]) -> Floats:
    """Return unit vectors of how often each letter triple occurs in each text."""
    triples = [[f" {text.casefold()} "[i : i + 3] for i in range(len(text))] for text in texts]
    column = {triple: number for number, triple in enumerate(sorted({each for row in triples for each in row}))}
    counts = np.zeros((len(texts), max(len(column), 1)), dtype=np.float32)
    for number, row in enumerate(triples):
        for triple in row:
            counts[number, column[triple]] += 1
    unit: Floats = counts / np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1e-9)
    return unit
