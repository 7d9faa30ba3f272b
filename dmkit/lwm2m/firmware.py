"""Object 5, Firmware Update: its states, by push and by pull.  [lwm2m sheet §5]

State: 0 idle, 1 downloading, 2 downloaded, 3 updating.  Result: 0 initial, 1 ok, 4 connection, 6 unsupported package,
7 bad URI, 10 cancelled.  A package that nothing can be made of leaves State 0 and Result 6, as measured of a peer.

>>> from dmkit.lwm2m.store import STANDARD
>>> store = initial(Store.of(STANDARD, {"/3/0/3": "1.0"}))
>>> acts = behaviours(lambda data: data.decode() if data.startswith(b"2.") else None)
>>> store, _ = acts[5, 0](store.set(PACKAGE, b"2.1"), PACKAGE, "")
>>> state(store)
(2, 0)
>>> store, code = acts[5, 2](store, Path(5, 0, 2), "")
>>> state(store), store.values[Path(3, 0, 3)]
((0, 1), '2.1')
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from dmkit.lwm2m.path import Path
from dmkit.lwm2m.store import Store
from dmkit.words.asked import asked

__all__ = ["PACKAGE", "URI", "Verify", "behaviours", "downloaded", "initial", "state", "wanted"]

PACKAGE: Final = Path(5, 0, 0)
URI: Final = Path(5, 0, 1)
_STATE: Final = Path(5, 0, 3)
_RESULT: Final = Path(5, 0, 5)
_VERSION: Final = Path(3, 0, 3)
_SCHEMES: Final = ("coap", "coaps", "http", "https")

Verify: TypeAlias = Callable[[bytes], "str | None"]
"""What a package is: its version, None when nothing can be made of it."""


@asked
def initial(store: Store) -> Store:
    """With object 5 idle, taking packages both ways."""
    return store.put_all([(URI, ""), (_STATE, 0), (_RESULT, 0), (Path(5, 0, 9), 2)])


@asked
def state(store: Store) -> tuple[int, int]:
    """State and Update Result."""
    found = (store.values.get(_STATE, 0), store.values.get(_RESULT, 0))
    return int(found[0]), int(found[1])  # type: ignore[arg-type]


@asked
def wanted(store: Store) -> str:
    """The address from which a package is to be fetched now; empty when none is."""
    return str(store.values.get(URI, "")) if state(store)[0] == 1 else ""


def _at(store: Store, number: int, result: int) -> Store:
    return store.put_all([(_STATE, number), (_RESULT, result)])


@asked
def downloaded(store: Store, data: bytes | None, verify: Verify) -> Store:
    """A download has ended: with octets, or None when the connection broke off (Result 4)."""
    if data is None:
        return _at(store, 0, 4)
    if verify(data) is None:
        return _at(store.delete(PACKAGE), 0, 6)
    return _at(store.set(PACKAGE, data), 2, 0)


def behaviours(verify: Verify) -> Mapping[tuple[int, int], Callable[[Store, Path, str], tuple[Store, str]]]:
    """What happens behind a write to Package or Package URI, behind Update and Cancel: for ``Client.behaviours``."""

    def package(store: Store, path: Path, arguments: str) -> tuple[Store, str]:
        data = store.values.get(PACKAGE, b"")
        assert isinstance(data, bytes)
        if not data:  # an empty package starts over
            return _at(store.delete(PACKAGE), 0, 0), ""
        return downloaded(store, data, verify), ""

    def uri(store: Store, path: Path, given: str) -> tuple[Store, str]:
        if not given:
            return _at(store.delete(PACKAGE), 0, 0), ""
        scheme, mark, rest = given.partition("://")
        if scheme not in _SCHEMES or not mark or not rest:
            return _at(store, 0, 7), ""
        return _at(store, 1, 0), ""

    def update(store: Store, path: Path, arguments: str) -> tuple[Store, str]:
        data = store.values.get(PACKAGE)
        if state(store)[0] != 2 or not isinstance(data, bytes):
            return store, "4.05"
        version = verify(data)
        if version is None:
            return _at(store.delete(PACKAGE), 0, 8), ""
        return _at(store.delete(PACKAGE), 0, 1).set(_VERSION, version), ""

    def cancel(store: Store, path: Path, arguments: str) -> tuple[Store, str]:
        if state(store)[0] not in (1, 2):
            return store, "4.05"
        return _at(store.delete(PACKAGE).set(URI, ""), 0, 10), ""

    return {(5, 0): package, (5, 1): uri, (5, 2): update, (5, 10): cancel}
