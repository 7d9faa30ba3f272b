"""Octets of a tree that shares with the example device after ten writes, of an account and of a job that waits.

Traced over many that are all kept.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial

import dmkit as dm
from bench import Row, within
from dmkit.tree.tree import Tree
from dmkit.words.counts import many

MANY = 2000
MOST = 2000.0
EXAMPLE = dm.Device.example().tree
LEAVES = [uri for uri, node in EXAMPLE.walk() if not node.is_interior][:10]
NOW = 1.5e9
Writes = list[tuple[str, str, float]]


def _shared(leaves: int) -> Callable[[int], Writes]:
    """Ten writes over so many leaves, with texts and times that other trees have too."""
    writes = [(LEAVES[turn % leaves], f"value {turn}", NOW) for turn in range(10)]
    return lambda number: writes


def _own(number: int, leaves: list[str] = LEAVES) -> Writes:
    """Ten writes to ten leaves, each with a text and a time that no other tree has."""
    return [(uri, f"v{number:07d}{at:02d}", NOW + number * 10 + at) for at, uri in enumerate(leaves)]


KINDS: dict[str, Callable[[int], Writes]] = {
    "to one leaf": _shared(1), "over three leaves": _shared(3), "to ten leaves": _shared(10),
    "to ten leaves, each with a value and a time of its own": _own,
}  # fmt: skip


def _below(interiors: int) -> tuple[Tree, list[str]]:
    """A tree of ten leaves below so many interior nodes, and where they are."""
    leaves = [f"./Vendor/P{at % interiors}/L{at}" for at in range(10)]
    return Tree.of(dict.fromkeys(leaves, "factory")), leaves


def octets(made: Callable[[int], object]) -> float:
    """What one more adds to those before it."""
    kept: list[object] = [None] * MANY
    made(0)
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(MANY):
            kept[number] = made(number)
        gc.collect()
        return (tracemalloc.get_traced_memory()[0] - before) / MANY
    finally:
        tracemalloc.stop()


def _tree(writes: Callable[[int], Writes], before: Tree = EXAMPLE) -> Callable[[int], Tree]:
    def made(number: int) -> Tree:
        tree = before
        for uri, value, now in writes(number):
            tree = tree.set(uri, value, now=now)
        return tree

    return made


def _job() -> float:
    """Octets of a job that waits for a device of a server that many know."""
    device = dm.Device.example()
    account = next(iter(dm.Server.example(device).accounts.values()))
    known = {f"IMEI:{number}": account for number in range(MANY)}
    server = dm.Server(known, nonces=lambda device: iter(lambda: b"0123456789abcdef", None))
    return octets(lambda number: server.enqueue(f"IMEI:{number}", dm.jobs.put("./APN/Name", str(number))))


def rows() -> Iterator[Row]:
    for name, writes in KINDS.items():
        yield within(f"memory of a tree after ten writes {name}", octets(_tree(writes)), MOST, "octets")
    for interiors in (1, 10):
        tree, leaves = _below(interiors)
        name = f"the same of another tree, below {many(interiors, 'interior node')}"
        yield within(name, octets(_tree(partial(_own, leaves=leaves), tree)), None, "octets")
    yield within("memory of a job that waits, the queue of its device with it", _job(), None, "octets")
