"""Questions about rights on trees of a thousand nodes; the peer of each is what one would write first."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from time import perf_counter

import dmkit as dm
from bench import Row, pair
from dmkit.rights.closure import closure
from dmkit.tree.acl import RIGHTS
from dmkit.tree.acl import parse as parse_acl

SERVERS = tuple(f"server{n}.example" for n in range(10))
TARGET = 1.0


def tree_of(nodes: int = 1000, seed: int = 5, owners: float = 0.2) -> dm.Tree:
    """A tree of ``nodes`` nodes, the root with them, at most eight deep; every fifth node has a list of its own."""
    rng = Random(seed)
    open_places = ["."]
    values: dict[str, str | None] = {}
    acl: dict[str, str] = {}
    while len(values) < nodes - 1:
        parent = rng.choice(open_places)
        uri = f"{parent}/n{len(values)}"
        leaf = rng.random() < 0.6 or uri.count("/") == 8
        values[uri] = "v" if leaf else None
        if not leaf:
            open_places.append(uri)
        if rng.random() < owners:
            verbs = rng.sample(RIGHTS, rng.randint(1, 3))
            acl[uri] = "&".join(f"{verb}={'+'.join(sorted(set(rng.choices(SERVERS, k=2))))}" for verb in verbs)
    return dm.Tree.of(values, acl=acl)


def naive(tree: dm.Tree) -> int:
    """The fixpoint by the book: let each server try to open every node, by commands, until nothing changes."""
    rights = 0
    for server in SERVERS:
        full = "&".join(f"{verb}={server}" for verb in RIGHTS)
        now, changed = tree, True
        while changed:
            changed = False
            for uri, node in list(now.walk()):
                if uri != "." and node.acl != full:
                    now, outcome = now.apply(dm.Replace.of(f"{uri}?prop=ACL", full), by=server)
                    changed = changed or outcome.ok
        rights += sum(bool(now.may(server, verb, uri)) for uri, _ in now.walk() for verb in RIGHTS)
    return rights


def rows() -> Iterator[Row]:
    tree = tree_of()
    start = perf_counter()
    reached = closure(tree, SERVERS)
    ours = perf_counter() - start
    yield Row(
        f"who can ever: {len(reached.uris)} nodes x {len(SERVERS)} servers x 5 rights, three moves, against 1 s",
        ours * 1e3, TARGET * 1e3, ours / TARGET, "ms",
    )  # fmt: skip
    lists_only = dm.rights.Assumptions(anew=False)
    start = perf_counter()
    keep = closure(tree, SERVERS, world=lists_only)
    ours = perf_counter() - start
    start = perf_counter()
    want = naive(tree)
    peer = perf_counter() - start
    assert sum(map(len, keep.ever.values())) == want
    yield Row("  the same by Replace of lists only, against commands until nothing changes",
              ours * 1e3, peer * 1e3, ours / peer, "ms")  # fmt: skip
    start = perf_counter()
    together = closure(tree, SERVERS, together=True)
    ours = perf_counter() - start
    assert len(together.uris) == len(reached.uris)
    yield Row("  all servers together, against each alone", ours * 1e3, peer * 1e3, ours / peer, "ms")

    servers = [
        (server, uri) for (server, uri), verbs in reached.ever.items() if "Exec" in verbs - reached.now[server, uri]
    ]
    server, uri = max(servers, key=lambda pair: pair[1].count("/"))
    yield pair(
        "a shortest script for one right, against the fixpoint for all nodes",
        lambda: dm.rights.ever(tree, server, "Exec", uri), lambda: closure(tree, SERVERS), rounds=2, calls=1,
    )  # fmt: skip
    deep = max(reached.uris, key=lambda uri: uri.count("/"))
    text = tree.acl(deep)[0]
    yield pair("list in force at the deepest node, against reading it anew",
               lambda: tree.acl(deep), lambda: parse_acl.__wrapped__(str(text)))  # fmt: skip
