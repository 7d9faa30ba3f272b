"""Arguments of functions, checked where they are called: one sentence with name, value and what would be right."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from dmkit.words.errors import ConfigError

__all__ = ["callable_", "finite", "instance", "seeds_of", "whole"]


def _is_whole(value: Any) -> bool:
    """Integers of Python and of numpy; no truth values."""
    return hasattr(value, "__index__") and not isinstance(value, bool) and type(value).__name__ != "bool_"


def whole(name: str, value: Any, least: int = 0) -> int:
    """``value`` as an int.

    >>> whole("most", 2.5)
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: most is 2.5; it must be a whole number from 0 upwards
    """
    if not _is_whole(value) or value < least:
        raise ConfigError(f"{name} is {value!r}; it must be a whole number from {least} upwards")
    return int(value)


def finite(name: str, value: Any, what: str = "seconds") -> float:
    """``value``, a finite number.

    >>> finite("now", "noon")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: now is 'noon'; it must be a finite number (seconds)
    """
    number = hasattr(value, "__float__") and not isinstance(value, bool | str)
    if not number or not math.isfinite(value):
        raise ConfigError(f"{name} is {value!r}; it must be a finite number ({what})")
    return float(value)


def callable_(name: str, value: Any, like: str) -> Any:
    """``value``, something that can be called, such as ``like``.

    >>> callable_("tap", 5, "dm.transport.honest")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: tap is 5; it must be a function such as dm.transport.honest
    """
    if not callable(value) or isinstance(value, type):
        raise ConfigError(f"{name} is {value!r}; it must be a function such as {like}")
    return value


def instance(name: str, value: Any, kind: type | tuple[type, ...], right: str) -> Any:
    """``value``, when it is of ``kind``.

    >>> instance("frame", 5, dict, "a table of runs, as sweep gives it")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: frame is 5; it must be a table of runs, as sweep gives it
    """
    if not isinstance(value, kind):
        raise ConfigError(f"{name} is {value!r}; it must be {right}")
    return value


def seeds_of(values: Any) -> list[int]:
    """Seeds as a list: whole numbers from 0, at least one.

    >>> seeds_of(range(3)), seeds_of([7])
    ([0, 1, 2], [7])
    >>> seeds_of(5)
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: seeds is 5; it must be several whole numbers from 0, such as range(5)
    """
    several = isinstance(values, Iterable) and not isinstance(values, str | bytes)
    listed = list(values) if several else []
    if not several or not all(_is_whole(seed) and seed >= 0 for seed in listed):
        raise ConfigError(f"seeds is {values!r}; it must be several whole numbers from 0, such as range(5)")
    if not listed:
        raise ConfigError("seeds is empty; at least one is needed, such as seeds=[1]")
    return [int(seed) for seed in listed]
