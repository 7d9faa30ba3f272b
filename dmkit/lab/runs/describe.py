"""Names for values that are the same in every process and every year: keys of runs, parameters in files.

>>> from dmkit.sim.campaign import Retry
>>> describe(Retry(base=5.0))["base"], key_of({"a": 1}, 7) == key_of({"a": 1}, 7)
(5.0, True)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import partial
from types import CodeType
from typing import Any

import msgspec

__all__ = ["describe", "key_of"]


def describe(value: object, _within: tuple[int, ...] = ()) -> Any:
    """``value`` as plain data: numbers, texts, lists and dicts; a function by where it stands and what it does."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Enum):
        return describe(value.value)
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, Mapping):
        return {str(name): describe(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [describe(entry) for entry in value]
    if isinstance(value, set | frozenset):
        return sorted((describe(entry) for entry in value), key=str)
    if is_dataclass(value) and not isinstance(value, type):
        named = {field.name: describe(getattr(value, field.name)) for field in fields(value)}
        return {"is": type(value).__name__, **named}
    if isinstance(value, msgspec.Struct):
        return {
            "is": type(value).__name__,
            **{name: describe(getattr(value, name)) for name in value.__struct_fields__},
        }
    if isinstance(value, partial):
        return {"partial": describe(value.func), "args": describe(value.args), "keywords": describe(value.keywords)}
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    if callable(value):
        return _function(value, _within)
    name = getattr(value, "name", None)
    return f"{type(value).__name__} {name}" if isinstance(name, str) else type(value).__name__


def _function(function: Callable[..., object], within: tuple[int, ...]) -> Any:
    code = getattr(function, "__code__", None)
    named = f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', type(function).__qualname__)}"
    if code is None or id(function) in within:  # a function may hold itself
        return named
    closure = [
        describe(cell.cell_contents, (*within, id(function))) for cell in getattr(function, "__closure__", None) or ()
    ]
    return {
        "function": named,
        "code": hashlib.sha256(_code(code)).hexdigest()[:16],
        "with": closure,
        "defaults": describe(getattr(function, "__defaults__", None)),
    }


def _code(code: CodeType) -> bytes:
    parts = [code.co_code, repr(code.co_names).encode()]
    parts += [_code(c) if isinstance(c, CodeType) else repr(c).encode() for c in code.co_consts]
    return b"\0".join(parts)


def key_of(*values: object) -> str:
    """A short key of ``values``: equal for equal plans, in any process."""
    text = json.dumps([describe(value) for value in values], sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:20]
