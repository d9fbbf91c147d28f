"""Who bought what, as a matrix."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchases:
    """``bought`` is a SciPy CSR matrix (customer, product) holding 1 where a customer ever bought a product."""

    customers: Mapping[Hashable, int]
    products: tuple[Hashable, ...]
    bought: Any

    @classmethod
    def of(cls, pairs: Iterable[tuple[Hashable, Hashable]]) -> Purchases:
        """From (customer, product), in any order and as often as they were bought."""
        from scipy.sparse import csr_matrix  # noqa: PLC0415 - SciPy takes a while to import

        distinct = sorted(set(pairs), key=str)
        customers = {customer: row for row, customer in enumerate(dict.fromkeys(who for who, _ in distinct))}
        products = {product: column for column, product in enumerate(dict.fromkeys(what for _, what in distinct))}
        rows = [customers[who] for who, _ in distinct]
        columns = [products[what] for _, what in distinct]
        shape = (len(customers), len(products))
        bought = csr_matrix((np.ones(len(distinct)), (rows, columns)), shape=shape)
        return cls(customers=customers, products=tuple(products), bought=bought)

    def baskets(self) -> list[NDArray[np.int32]]:
        """Which products (columns) each customer bought."""
        return [
            self.bought.indices[self.bought.indptr[row] : self.bought.indptr[row + 1]]
            for row in range(self.bought.shape[0])
        ]
