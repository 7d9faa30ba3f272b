"""Caches whose arguments come from outside: so many short ones are kept as each says, long ones only up to a weight.

``lru_cache`` counts entries and not their size: addresses of half a megabyte, each another, would stay until there are
65,536 of them.  Whoever keeps such arguments calls ``weigh`` where a value is made; to find one costs nothing more.

>>> from functools import lru_cache
>>> @lru_cache(maxsize=100)
... def upper(text):
...     weigh(upper, len(text))
...     return text.upper()
>>> for number in range(50):
...     _ = upper(f"{number}" + "x" * 100_000)
>>> upper.cache_info().currsize
10
"""

from __future__ import annotations

from typing import Final, Protocol

__all__ = ["LONG", "MOST", "weigh"]

LONG: Final = 1024
"""Signs of an argument that is long."""
MOST: Final = 1 << 20
"""Signs of long arguments after which all that was kept is forgotten."""


class _Cached(Protocol):
    """What ``lru_cache`` makes of a function."""

    def cache_clear(self) -> None:
        """Forget everything."""


_kept: Final[dict[_Cached, int]] = {}


def weigh(cached: _Cached, size: int) -> None:
    """Say that ``cached`` is about to keep a value for arguments of ``size`` signs."""
    if size > LONG:
        weight = _kept.get(cached, 0) + size
        if weight > MOST:
            cached.cache_clear()
            weight = size
        _kept[cached] = weight
