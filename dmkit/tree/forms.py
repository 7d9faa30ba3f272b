"""What nodes share: a value that thousands of nodes have in common, in many trees.

>>> form_of("int", "text/plain", "", "") is form_of("int", "text/plain", "", ""), places(("A", "B"))
(True, {'A': 'child0', 'B': 'child1'})
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec

from dmkit.tree.children import PLACES
from dmkit.words.caches import weigh

__all__ = ["NO_PLACES", "NodeForm", "form_for", "form_of", "places", "usual_form"]

NO_PLACES: Final[Mapping[str, str]] = {}


class NodeForm(msgspec.Struct, frozen=True, gc=False):
    """What a node shares with others: all that a write to a leaf, or below an interior node, leaves as it is."""

    format: str
    type: str
    acl: str
    title: str
    at: Mapping[str, str]
    """Where the children are, by name, when they are few."""
    tstamp: float
    """Of an interior node with few children, as ``verno``; other nodes have times of their own."""
    verno: int
    deep: int
    """How deep nodes stand in such a node, as far as they were nested by hand: an address has an end of its own."""


@lru_cache(maxsize=256, typed=True)
def usual_form(format: str, type: str) -> NodeForm:
    """The form of leaves without list and title."""
    weigh(usual_form, len(format) + len(type))
    return NodeForm(format, type, "", "", NO_PLACES, 0.0, 0, 0)


def form_of(format: str, type: str, acl: str, title: str) -> NodeForm:
    """The form of a leaf; usual ones are shared."""
    return NodeForm(format, type, acl, title, NO_PLACES, 0.0, 0, 0) if acl or title else usual_form(format, type)


@lru_cache(maxsize=256)
def places(names: tuple[str, ...]) -> Mapping[str, str]:
    """Where children of these names are: nodes whose children have the same names share it."""
    weigh(places, len("".join(names)))
    return dict(zip(names, PLACES, strict=False))


def form_for(form: NodeForm, names: tuple[str, ...]) -> NodeForm:
    """``form`` for children of other names."""
    return NodeForm(form.format, form.type, form.acl, form.title, places(names), form.tstamp, form.verno, form.deep)
