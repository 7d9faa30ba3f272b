"""Who can ever, by trying everything: a naive model of lists and moves, written apart from the engine.

A tree is a shape (parent of each node, node 0 the root; which nodes are leaves) and a list for each node: text, ""
for none, None for a node that is missing.  ``search`` goes through all scripts, breadth first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import dmkit as dm

VERBS = ("Add", "Delete", "Exec", "Get", "Replace")


@dataclass(frozen=True)
class Shape:
    parents: tuple[int, ...]  # of node 1, 2 ...; a parent comes before its children
    leaves: frozenset[int]

    @property
    def size(self) -> int:
        return len(self.parents) + 1

    def uri(self, n: int) -> str:
        return "." if n == 0 else f"{self.uri(self.parents[n - 1])}/n{n}"

    def tree(self, lists: tuple[str, ...]) -> dm.Tree:
        values = {self.uri(n): "v" if n in self.leaves else None for n in range(1, self.size)}
        return dm.Tree.of(values, acl={self.uri(n): text for n, text in enumerate(lists) if text})


def shapes(size: int) -> Iterator[Shape]:
    """All rooted trees of ``size`` nodes, each once up to the order of children, with all choices of leaves."""
    seen = set()
    for parents in product(*(range(n) for n in range(1, size))):
        childless = [n for n in range(1, size) if n not in parents]
        for kinds in product((False, True), repeat=len(childless)):
            leaves = frozenset(n for n, leaf in zip(childless, kinds, strict=True) if leaf)
            form = _form(0, parents, leaves)
            if form not in seen:
                seen.add(form)
                yield Shape(parents, leaves)


def _form(n, parents, leaves):
    children = sorted(repr(_form(c, parents, leaves)) for c, p in enumerate(parents, 1) if p == n)
    return (n in leaves, tuple(children))


def grants(text: str, verb: str, server: str) -> bool:
    for entry in text.split("&"):
        name, _, ids = entry.partition("=")
        if name == verb and (server in ids.split("+") or "*" in ids.split("+")):
            return True
    return False


def may(shape: Shape, state, server: str, verb: str, n: int) -> bool:
    while n and not state[n]:
        n = shape.parents[n - 1]
    return grants(state[n], verb, server)


def moves(shape: Shape, state, server: str, lists, anew: bool, asks_all: bool = False):
    """Every state that one command of ``server`` leads to."""
    for n in range(shape.size):
        up = shape.parents[n - 1] if n else None
        if state[n] is None:
            if anew:
                yield from _added(shape, state, server, n)
            continue
        own = n not in shape.leaves and may(shape, state, server, "Replace", n)
        if own or (up is not None and may(shape, state, server, "Replace", up)):
            for text in lists:
                if n or grants(text, "Add", "*everybody*"):
                    yield (*state[:n], text, *state[n + 1 :])
        if anew and n and may(shape, state, server, "Delete", n):
            gone = {n}
            for m in range(n + 1, shape.size):
                if shape.parents[m - 1] in gone:
                    gone.add(m)
            there = [m for m in gone if state[m] is not None]
            if asks_all and not all(may(shape, state, server, "Delete", m) for m in there):
                continue
            yield tuple(None if m in gone else text for m, text in enumerate(state))


def _added(shape, state, server, n):
    """Add node ``n``, its missing parents with it."""
    chain = [n]
    while state[shape.parents[chain[-1] - 1]] is None:
        chain.append(shape.parents[chain[-1] - 1])
    if not may(shape, state, server, "Add", shape.parents[chain[-1] - 1]):
        return
    now = list(state)
    for m in reversed(chain):
        has = may(shape, now, server, "Replace", shape.parents[m - 1])
        now[m] = "" if has or m in shape.leaves else f"Add={server}&Delete={server}&Replace={server}"
    yield tuple(now)


def search(
    shape: Shape, lists, players, values, *, anew: bool = True, asks_all: bool = False
) -> dict[tuple[str, str, int], int]:
    """(server, verb, node) -> the least number of commands after which the server has the right there."""
    start = tuple(lists)
    seen, queue = {start: 0}, deque([start])
    found: dict[tuple[str, str, int], int] = {}
    while queue:
        state = queue.popleft()
        for server in players:
            for n in range(shape.size):
                if state[n] is not None:
                    for verb in VERBS:
                        if may(shape, state, server, verb, n):
                            found.setdefault((server, verb, n), seen[state])
        for server in players:
            for after in moves(shape, state, server, values, anew, asks_all):
                if after not in seen:
                    seen[after] = seen[state] + 1
                    queue.append(after)
    return found
