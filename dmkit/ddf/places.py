"""Places of a description told apart: unnamed siblings, and nodes that are described twice, have keys of their own.

>>> from dmkit.ddf.spec import NodeSpec, Spec
>>> spec = Spec((NodeSpec(name="A", children=(NodeSpec(), NodeSpec(), NodeSpec(name="B"))),))
>>> [keyed.key for keyed in keyed_places(spec)]
['./A', './A/*', './A/*[2]', './A/B']
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dmkit.ddf.spec import DescribedPlace, Spec

__all__ = ["Keyed", "keyed_places"]


class Keyed(NamedTuple):
    """A place with its own ``key`` and that of its ``parent`` in the tree, ``""`` for that of a described root."""

    parent: str
    key: str
    place: DescribedPlace


def keyed_places(spec: Spec) -> Iterator[Keyed]:
    """Each place with keys, which are like ``uri``; parents before children, in the order of the document."""
    keys: dict[int, str] = {}
    seen: dict[str, int] = {}
    for place in spec.walk():
        node, above = place.node, place.uri.rpartition("/")[0]
        parent = keys[id(place.above[-1])] if node.path is None and place.above else above
        key = f"{parent}/{node.name or '*'}" if above else "."
        seen[key] = number = seen.get(key, 0) + 1
        if number > 1:
            key += f"[{number}]"
        keys[id(node)] = key
        yield Keyed(parent, key, place)
