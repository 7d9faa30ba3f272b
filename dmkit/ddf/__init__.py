"""Descriptions of management objects: read, written, checked, compared, linted.

The names of ``dmkit.ddf.api`` are here; the package loads them when the first is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dmkit.ddf.api import *  # noqa: F403


def __getattr__(name: str) -> Any:
    api = import_module("dmkit.ddf.api")
    if name.startswith("__") or not hasattr(api, name):
        raise AttributeError(f"module 'dmkit.ddf' has no attribute {name!r}")
    return getattr(api, name)


def __dir__() -> list[str]:
    return list(import_module("dmkit.ddf.api").__all__)
