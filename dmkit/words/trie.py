"""A trie of hashes that is a value: a change copies one path of it, and shares the rest.

It is a dict of key to (place in the order, value), or 32 of these by the next five bits of the hash.  Who uses it says
how keys are hashed, as ``hashed``: the children of a node so that names which differ in case only lie near each other.

>>> trie = {}
>>> for at in range(100):
...     trie = put(trie, at, hash, (at, str(at)))
>>> leaf(cut(trie, 7, hash), 39), sorted(key for key, _ in entries(trie)) == list(range(100))
({39: (39, '39'), 71: (71, '71')}, True)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

__all__ = ["FAN", "Trie", "cut", "entries", "leaf", "put"]

Trie: TypeAlias = Any  # a dict of key to (its place in the order, value), or 32 of these
_FULL: Final = 16
FAN: Final = 5
"""Bits of the hash that each step down takes."""
_MASK: Final = (1 << FAN) - 1
_DEEP: Final = 120 // FAN
"""Behind so many steps a hash, or two of them one behind the other, has no more bits that keys could differ in."""


def leaf(trie: Trie, rest: int) -> dict[Any, tuple[int, Any]]:
    """What lies where a key of the hash ``rest`` would."""
    while trie.__class__ is tuple:
        trie = trie[rest & _MASK]
        rest >>= FAN
    found: dict[Any, tuple[int, Any]] = trie
    return found


def put(trie: Trie, key: object, hashed: Callable[[Any], int], entry: tuple[int, Any]) -> Trie:
    """The same with ``entry`` for ``key``."""
    return _put(trie, key, hashed(key), 0, entry, hashed)


def cut(trie: Trie, key: object, hashed: Callable[[Any], int]) -> Trie:
    """The same without ``key``."""
    return _cut(trie, key, hashed(key))


def entries(trie: Trie) -> Iterator[tuple[Any, tuple[int, Any]]]:
    """Keys with their entries, in no certain order."""
    if trie.__class__ is tuple:
        for part in trie:
            yield from entries(part)
    else:
        yield from trie.items()


def _put(trie: Trie, key: object, rest: int, depth: int, entry: tuple[int, Any], hashed: Callable[[Any], int]) -> Trie:
    if trie.__class__ is tuple:
        at = rest & _MASK
        return (*trie[:at], _put(trie[at], key, rest >> FAN, depth + 1, entry, hashed), *trie[at + 1 :])
    here = {**trie, key: entry}
    if len(here) <= _FULL or depth > _DEEP:
        return here
    parts: list[dict[Any, Any]] = [{} for _ in range(_MASK + 1)]
    for other, value in here.items():
        parts[(hashed(other) >> depth * FAN) & _MASK][other] = value
    return tuple(parts)


def _cut(trie: Trie, key: object, rest: int) -> Trie:
    if trie.__class__ is tuple:
        at = rest & _MASK
        return (*trie[:at], _cut(trie[at], key, rest >> FAN), *trie[at + 1 :])
    return {other: entry for other, entry in trie.items() if other != key}
