"""Where a management object belongs: below which node, by the beginning of its identifier.

A server that adds to the Inbox and a bootstrap document both bring objects that do not say where they go; the device
knows, puts each in its place, and lets what refers to it by its place in the Inbox name the real one.
[DMSTDOBJ §5.3.4; DMBOOT §5.4.5]

>>> place_of("urn:oma:mo:oma-connmo-proxy:1.0", PLACES), place_of("com.example:mo:1.0", PLACES)
('./Proxy', None)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from dmkit.tree.node import Node, Path
from dmkit.tree.tree import Tree

__all__ = [
    "ACCOUNTS",
    "ACCOUNT_PLACES",
    "INBOX",
    "NAP",
    "PLACES",
    "PROXY",
    "moved_reference",
    "place_of",
    "with_parents",
]

INBOX: Final = "./Inbox"
ACCOUNTS: Final = "./DMAcc"
NAP: Final = "./NAP"
PROXY: Final = "./Proxy"
ACCOUNT_PLACES: Final[Mapping[str, str]] = MappingProxyType(
    {"urn:oma:mo:oma-dm-dmacc:": ACCOUNTS, "org.openmobilealliance/1.0/w7": ACCOUNTS}
)
"""Accounts only: what a device takes through its Inbox in a session, unless told otherwise."""
PLACES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **ACCOUNT_PLACES,
        "urn:oma:mo:oma-connmo-": NAP,
        "urn:oma:mo:oma-connmo-proxy:": PROXY,
        "org.openmobilealliance/1.0/ConnMO": NAP,
    }
)
"""How an identifier begins -> the node below which its objects go; what a bootstrap document may bring."""


def place_of(identifier: str, places: Mapping[str, str] = PLACES) -> str | None:
    """The place of objects of this identifier: the longest beginning that is listed counts; None for no place."""
    known = [start for start in places if identifier.startswith(start)]
    return places[max(known, key=len)] if known else None


def with_parents(tree: Tree, path: Path, now: float) -> Tree:
    """The tree with a node at ``path`` and above it: the device makes its own places, so that no server owns them.

    ``now`` is their time stamp, in seconds.
    """
    for depth in range(1, len(path) + 1):
        if tree.find(path[:depth]) is None:
            tree = tree.with_node(path[:depth], replace(Node.interior(), tstamp=now))
    return tree


def moved_reference(text: str, moved: Mapping[str, str]) -> str:
    """``text`` with the address of an object in the Inbox replaced by its real one, when it begins with such.

    >>> moved_reference("./Inbox/net/Name", {"./Inbox/net": "./NAP/7"})
    './NAP/7/Name'
    """
    if text.startswith(f"{INBOX}/"):
        for old in ("/".join(text.split("/", 3)[:3]), INBOX):  # objects stand right below it, or are all of it
            if old in moved:
                return moved[old] + text[len(old) :]
    return text
