"""Everything that is added to the SELECTs of one actor, as one option instead of twenty."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any

from sqlalchemy import BindParameter
from sqlalchemy.orm.interfaces import CriteriaOption
from sqlalchemy.orm.util import LoaderCriteriaOption

_numbers = count()
_SHAPES: dict[tuple[Any, ...], int] = {}


class RowFilter(CriteriaOption):
    """The criteria of several ``with_loader_criteria``, in order.

    SQLAlchemy works out and compares the cache key of every option of every statement. For the twenty criteria of an
    actor that cost as much as the query; here it is done once, and two filters that differ in values only (the numbers
    of the users somebody may see) share compiled statements as before.

    Not carried along to what a relationship loads later: the unit of work gives every SELECT its filter, those too.
    """

    __slots__ = ("_parameters", "_parts", "_shape")

    propagate_to_loaders = False
    inherit_cache = True

    def __init__(self, parts: Iterable[LoaderCriteriaOption]) -> None:
        self._parts = tuple(parts)
        self._parameters: list[BindParameter[Any]] = []
        shape: list[Any] = []
        for part in self._parts:
            key = part._generate_cache_key()
            if key is None:
                raise TypeError(f"{part} cannot be cached")
            shape.append(key.key)
            self._parameters.extend(key.bindparams)
        self._shape = _SHAPES.setdefault(tuple(shape), next(_numbers))

    def __add__(self, other: RowFilter) -> RowFilter:
        return RowFilter(self._parts + other._parts)

    def _gen_cache_key(self, anon_map: Any, bindparams: list[BindParameter[Any]]) -> tuple[Any, ...]:
        bindparams.extend(self._parameters)
        return (RowFilter, self._shape)

    def process_compile_state(self, compile_state: Any) -> None:
        for part in self._parts:
            part.process_compile_state(compile_state)

    def process_compile_state_replaced_entities(self, compile_state: Any, mapper_entities: Any) -> None:
        for part in self._parts:
            part.process_compile_state_replaced_entities(compile_state, mapper_entities)

    def get_global_criteria(self, attributes: dict[Any, Any]) -> None:
        for part in self._parts:
            part.get_global_criteria(attributes)
