"""Whether a call is one the Bot API describes: known method, known parameters of the right types, none missing.

``bot_api.json`` holds, in our own short form, the part of the description (Bot API 10.1) that our channel uses.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("bot_api.json")
_REQUIRED = " (required)"


class BadCall(Exception):
    """The platform answers 400 with this description."""


@cache
def _description() -> dict[str, Any]:
    described: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return described


def read_call(method: str, params: Mapping[str, str], files: Mapping[str, bytes]) -> dict[str, Any]:
    """The call's parameters with their types; raises BadCall for anything the description does not have."""
    methods = _description()["methods"]
    if method not in methods:
        raise BadCall(f"Not Found: method {method} is not one the channel is known to use")
    fields: dict[str, str] = methods[method]
    unknown = (set(params) | set(files)) - set(fields) - _attached(params)
    if unknown:
        raise BadCall(f"Bad Request: {method} has no parameter {sorted(unknown)}")
    missing = {name for name, types in fields.items() if types.endswith(_REQUIRED)} - set(params) - set(files)
    if missing:
        raise BadCall(f"Bad Request: {method} needs {sorted(missing)}")
    read = {name: _read(fields[name].removesuffix(_REQUIRED), text, name) for name, text in params.items()}
    return {**read, **{name: data for name, data in files.items() if name in fields}}


def _attached(params: Mapping[str, str]) -> set[str]:
    return {text.removeprefix("attach://") for text in params.values() if text.startswith("attach://")}


def _read(types: str, text: str, place: str) -> Any:
    """A form field as one of its types. Everything that is no text travels as JSON."""
    names = types.split(" | ")
    if "String" in names and not any(name in names for name in ("Integer",)):
        return text
    if "Integer" in names and text.lstrip("-").isdigit():
        return int(text)
    if "String" in names or names == ["InputFile"]:
        return text
    try:
        value = json.loads(text)
    except json.JSONDecodeError as err:
        raise BadCall(f"Bad Request: {place} is not JSON") from err
    if not any(_is(value, name, place) for name in names):
        raise BadCall(f"Bad Request: {place} is none of {names}")
    return value


def _is(value: Any, type_name: str, place: str) -> bool:
    if type_name.startswith("Array of "):
        inner = type_name.removeprefix("Array of ")
        return isinstance(value, list) and all(_is(each, inner, place) for each in value)
    plain: dict[str, type | tuple[type, ...]] = {"String": str, "Boolean": bool, "Float": (int, float)}
    if type_name == "Integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if type_name in plain:
        return isinstance(value, plain[type_name])
    fields = _description()["types"].get(type_name)
    if fields is None or not isinstance(value, dict) or not set(value) <= set(fields):
        return False
    needed = {name for name, types in fields.items() if types.endswith(_REQUIRED)}
    if not needed <= set(value):
        return False
    return all(
        any(_is(value[name], each, f"{place}.{name}") for each in fields[name].removesuffix(_REQUIRED).split(" | "))
        for name in value
    )
