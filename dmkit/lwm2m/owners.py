"""What is gone: instances whose owner's account is, and what was remembered of an instance.  [lwm2m sheet §5, §11]

>>> from dmkit.lwm2m.store import STANDARD
>>> store = Store.of(STANDARD, {"/1/0/0": 2, "/2/0/0": 3, "/2/0/1": 0, "/2/0/2/2": 3, "/2/0/3": 1})
>>> settle(store, (2,), "hand over").values[Path(2, 0, 3)]
2
>>> settle(store, (2,), "delete").instances(2), settle(store, (2,), "keep") is store
((), True)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from dmkit.lwm2m.path import Path
from dmkit.lwm2m.store import Store
from dmkit.words.asked import asked

if TYPE_CHECKING:
    from dmkit.lwm2m.client import Client

__all__ = ["OwnerGone", "forgotten", "settle"]

OwnerGone = Literal["keep", "hand over", "delete"]


@asked
def settle(store: Store, servers: Iterable[int], how: OwnerGone) -> Store:
    """The store when ``servers`` are all that are left; whom nobody can be given to stays as it is.

    ``hand over`` gives an instance to the server with the highest sum of rights, the lowest number among equals.
    """
    left = set(servers)
    if how == "keep":
        return store
    for control in store.instances(2):
        owner = store.values.get(control / 3)
        if owner in left or owner == 65535:
            continue
        if how == "delete":
            found = (store.values.get(control / 0), store.values.get(control / 1))
            store = store.delete(control)
            if all(isinstance(number, int) for number in found):
                store = store.delete(Path.of(found))  # type: ignore[arg-type]
            continue
        sums = {
            server: bits
            for server in left
            if isinstance(bits := store.values.get(control / 2 / server), int) and bits > 0
        }
        if sums:
            store = store.set(control / 3, min(sums, key=lambda server: (-sums[server], server)))
    return store


@asked
def forgotten(me: Client, paths: Iterable[Path]) -> Client:
    """Without observations, attributes and unfinished bodies of what stood at these addresses."""
    gone = tuple(paths)

    def stays(at: Path) -> bool:
        return not any(path.covers(at) for path in gone)

    return replace(
        me,
        observations=tuple(seen for seen in me.observations if seen.asked or stays(seen.path)),
        attributes=tuple(row for row in me.attributes if stays(row[0][1])),
        pieces=tuple(piece for piece in me.pieces if stays(piece.path)),
    )
