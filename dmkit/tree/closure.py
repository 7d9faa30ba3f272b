"""What servers can ever do, all nodes at once: a fixpoint over the moves that rights allow.

Why a fixpoint is right although lists can also lose entries: a move that gives *everything to the servers that play*
leaves none of them with less than any other Replace of the same list would.  So it is enough to try that one, from
the root downwards, once for each node (policies look at a node and what is above it, never below).  Making a node
anew does lose: its value, and the lists below it.  So the addresses below are followed in each of the trees that come
of it, beside the one in which nothing was deleted.  tests/tree/test_reach.py holds all this against a search through
all scripts.

>>> from dmkit.tree.node import Tree
>>> tree = Tree.of({"./A/x": "1"}, acl={"./A": "Get=*&Replace=s"})
>>> found = closure(tree, ["s", "t"])
>>> [found.can(server, Verb.EXEC, "./A/x") for server in found.servers]
[True, False]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, TypeAlias

from dmkit.codes import Verb
from dmkit.model import Command, Delete
from dmkit.tree.acl import RIGHTS
from dmkit.tree.moves import World, add_like, everything, paths_of, set_list
from dmkit.tree.node import DEFAULT_ROOT_ACL, Node, Path, Tree
from dmkit.tree.policy import at_time, oma_acl, open_policy
from dmkit.tree.rivals import Loans, Roles, denying, merged, per_command
from dmkit.tree.uri import join, parse

__all__ = ["Closure", "closure"]

_READS_LISTS: Final = (oma_acl, merged, per_command, denying, open_policy)
Texts: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Closure:
    """For servers and addresses, the rights held ``now``, those they can get and ``keep`` the node, and those they can
    ``ever`` get, the node deleted and made anew if need be.  Keys are ``(server, uri)``; ``lists`` are the nodes' own.
    """

    servers: tuple[str, ...]
    uris: tuple[str, ...]
    lists: Mapping[str, str]
    now: Mapping[tuple[str, str], frozenset[Verb]]
    keep: Mapping[tuple[str, str], frozenset[Verb]]
    ever: Mapping[tuple[str, str], frozenset[Verb]]

    def letters(self, server: str, uri: str) -> str:
        """Rights as five letters: ``A`` has it, ``a`` can get it, ``·`` never.

        >>> from dmkit.tree.node import Tree
        >>> closure(Tree.of({"./A": None}, acl={"./A": "Get=*&Replace=s"}), ["s"]).letters("s", "./A")
        'adeGR'
        """
        now, ever = self.now[server, uri], self.ever[server, uri]
        return "".join(v[0] if v in now else v[0].lower() if v in ever else "·" for v in RIGHTS)

    def can(self, server: str, verb: Verb, uri: str) -> bool:
        """Whether ``server`` can ever get ``verb`` at ``uri``, a node of this tree."""
        return Verb(verb) in self.ever[server, join(parse(uri).path)]


def closure(
    tree: Tree,
    servers: Iterable[str],
    *,
    world: World | None = None,
    together: bool = False,
    uris: Iterable[str] | None = None,
) -> Closure:
    """What each of ``servers`` can ever do at each node, by itself, or when all of them work ``together``.

    ``uris`` limits the question to some nodes (and costs less).
    """
    world, known = world or World(), tuple(dict.fromkeys(servers))
    paths = paths_of(tree, None if world.rules.delete_asks_all else uris)
    oracle = _Oracle(tree, world)
    now: dict[tuple[str, str], frozenset[Verb]] = {}
    keep: dict[tuple[str, str], frozenset[Verb]] = {}
    best: dict[tuple[str, str], frozenset[Verb]] = {}
    for players in [known] if together else [(server,) for server in known]:
        for path, before, kept, others in _spread(paths, players, oracle, world.anew):
            uri = join(path)
            for server in players:
                now[server, uri] = oracle.rights(path, before, server)
                keep[server, uri] = now[server, uri] | oracle.rights(path, kept, server)
                best[server, uri] = keep[server, uri].union(*(oracle.rights(path, t, server) for t in others))
    lists = {join(path): node.acl for path, node in paths.items()}
    return Closure(known, tuple(lists), *(MappingProxyType(found) for found in (lists, now, keep, best)))


def _spread(
    paths: Mapping[Path, Node], players: tuple[str, ...], oracle: _Oracle, anew: bool
) -> Iterator[tuple[Path, Texts, Texts, tuple[Texts, ...]]]:
    """For each node the lists on its path: as they are, with all opened that the players can open, and those that it
    can have after it, or a node above it, was made anew."""
    before: dict[Path, Texts] = {}
    kept: dict[Path, Texts] = {}
    others: dict[Path, tuple[Texts, ...]] = {}
    for path, node in paths.items():
        before[path] = (*before[path[:-1]], node.acl) if path else (node.acl,)
        kept[path] = oracle.opened(path, (*kept[path[:-1]], node.acl) if path else (node.acl,), players)
    for path in paths:
        ways = dict.fromkeys(others[path[:-1]] if path else ())
        if path and anew and oracle.can_vacate(path, kept, players):
            ways[kept[path[:-1]]] = None
        made = (text for way in ways for text in oracle.made(path, way, players))
        others[path] = tuple(dict.fromkeys(made))
        yield path, before[path], kept[path], others[path]


class _Oracle:
    """Answers by the engine itself, on a tree of one path, remembered.

    A policy that reads lists only gives the same answer wherever the same lists stand one below the other, so those
    answers are shared between nodes; others are remembered for their own path.
    """

    def __init__(self, tree: Tree, world: World) -> None:
        self.tree = tree
        self.world = world
        self.shared = world.policy in _READS_LISTS or isinstance(world.policy, Roles | Loans)
        self.policy = at_time(world.policy, world.now)
        self._memo: dict[object, object] = {}
        self._leaf = {parse(uri).path: not node.is_interior for uri, node in tree.walk()}

    def _key(self, path: Path, texts: Texts, *rest: object) -> object:
        return (texts, *rest) if self.shared else (path, texts, *rest)

    def _line(self, path: Path, texts: Texts, leaf: bool = False) -> Tree:
        """A tree of the nodes on ``path`` with these lists."""
        node = Node("chr", "", acl=texts[-1]) if leaf and len(texts) > 1 else Node.interior(acl=texts[-1])
        for depth in range(len(texts) - 1, 0, -1):
            node = Node.interior({path[depth - 1]: node}, acl=texts[depth - 1])
        return Tree(node if node.acl else replace(node, acl=DEFAULT_ROOT_ACL))

    def rights(self, path: Path, texts: Texts, server: str) -> frozenset[Verb]:
        """The rights of ``server`` at the end of ``path``."""
        key = self._key(path, texts, server)
        found = self._memo.get(key)
        if found is None:
            line, uri = self._line(path, texts, self._leaf[path]), join(path)
            found = frozenset(verb for verb in RIGHTS if self.policy(line, server, verb, uri))
            self._memo[key] = found
        return found  # type: ignore[return-value]  # the memo has values of several kinds

    def opened(self, path: Path, texts: Texts, players: tuple[str, ...]) -> Texts:
        """The lists after a player has opened the last one, if one can."""
        leaf = self._leaf[path]
        key = self._key(path, texts, players, leaf, "open")
        found = self._memo.get(key)
        if found is None:
            line, command = self._line(path, texts, leaf), set_list(players, path)
            can = any(self.world.play(line, player, command) is not None for player in players)
            found = (*texts[:-1], everything(players, path)) if can else texts
            self._memo[key] = found
        if found != texts and not self._structure(path, "open", set_list(players, path)):
            return texts
        return found  # type: ignore[return-value]

    def can_vacate(self, path: Path, kept: Mapping[Path, Texts], players: tuple[str, ...]) -> bool:
        """Whether a player may delete the node and nothing else stands against it."""
        able = [player for player in players if Verb.DELETE in self.rights(path, kept[path], player)]
        if able and self.world.rules.delete_asks_all:
            below = [other for other in kept if other[: len(path)] == path]
            able = [p for p in able if all(Verb.DELETE in self.rights(other, kept[other], p) for other in below)]
        return bool(able) and self._structure(path, "delete", Delete.of(join(path)))

    def made(self, path: Path, above: Texts, players: tuple[str, ...]) -> tuple[Texts, ...]:
        """The lists once a player has added the node below ``above`` and opened what it can; one for each way."""
        leaf = self._leaf[path]
        key = self._key(path, above, players, leaf, "made")
        found = self._memo.get(key)
        if found is None:
            line, command = self._line(path[:-1], above), add_like(path, Node() if leaf else None)
            trees = (self.world.play(line, player, command) for player in players)
            texts = dict.fromkeys((*above, t.get(join(path)).acl) for t in trees if t is not None)
            found = tuple(dict.fromkeys(self.opened(path, each, players) for each in texts))
            self._memo[key] = found
        if found and not self._structure(path, "add", add_like(path, self.tree.find(path))):
            return ()
        return found  # type: ignore[return-value]

    def _structure(self, path: Path, what: str, command: Command) -> bool:
        """Whether anything but rights forbids ``command``: permanence, AccessType, limits, the description."""
        key = (path, what)
        found = self._memo.get(key)
        if found is None:
            free = replace(self.world, policy=open_policy)
            tree = self.tree.without(path) if what == "add" else self.tree
            found = self._memo[key] = free.play(tree, "anybody", command) is not None
        return bool(found)
