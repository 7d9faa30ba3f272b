"""Names of this release and of earlier ones."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

__all__ = ["Maker", "Work", "m", "of"]

Work = Callable[[], object]
Maker = Callable[[int], Work]


def of(*places: str) -> Any:
    """The first of ``module:name`` that there is."""
    for place in places:
        module, _, name = place.partition(":")
        try:
            return getattr(import_module(f"dmkit.{module}" if module else "dmkit"), name)
        except (ImportError, AttributeError):
            continue
    raise ImportError(f"none of {', '.join(places)}")


def m(name: str) -> Any:
    """A struct of messages."""
    return of(f"words.model:{name}", f"model:{name}")
