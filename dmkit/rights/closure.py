"""What servers can ever do, all nodes at once: a fixpoint over the moves that rights allow.

Why a fixpoint is right although lists can also lose entries: a move that gives *everything to the servers that play*
leaves none of them with less than any other Replace of the same list would.  So it is enough to try that one, from
the root downwards, once for each node (policies look at a node and what is above it, never below).  Making a node
anew does lose: its value, and the lists below it.  So the addresses below are followed in each of the trees that come
of it, beside the one in which nothing was deleted.  tests/rights/test_reach.py holds all this against a search through
all scripts.

>>> from dmkit.tree.tree import Tree
>>> tree = Tree.of({"./A/x": "1"}, acl={"./A": "Get=*&Replace=s"})
>>> found = closure(tree, ["s", "t"])
>>> [found.can(server, Verb.EXEC, "./A/x") for server in found.servers]
[True, False]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final, TypeAlias

from dmkit.rights.assumptions import Assumptions, add_like, everything, paths_of, set_list
from dmkit.rights.rivals import Loans, Roles, denying, merged, per_command
from dmkit.tree.acl import RIGHTS
from dmkit.tree.node import Node, Path
from dmkit.tree.policy import at_time, oma_acl, open_policy
from dmkit.tree.tree import Tree
from dmkit.tree.uri import join, parse
from dmkit.words.arguments import instance
from dmkit.words.asked import asked
from dmkit.words.codes import Verb
from dmkit.words.model import Command, Delete
from dmkit.words.records import dataclass

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

        >>> from dmkit.tree.tree import Tree
        >>> closure(Tree.of({"./A": None}, acl={"./A": "Get=*&Replace=s"}), ["s"]).letters("s", "./A")
        'adeGR'
        """
        now, ever = self.now[server, uri], self.ever[server, uri]
        return "".join(v[0] if v in now else v[0].lower() if v in ever else "·" for v in RIGHTS)

    def can(self, server: str, verb: Verb, uri: str) -> bool:
        """Whether ``server`` can ever get ``verb`` at ``uri``, a node of this tree."""
        return Verb(verb) in self.ever[server, join(parse(uri).path)]


@asked
def closure(
    tree: Tree,
    servers: Iterable[str],
    *,
    world: Assumptions | None = None,
    together: bool = False,
    uris: Iterable[str] | None = None,
) -> Closure:
    """What each of ``servers`` can ever do at each node, by itself, or when all of them work ``together``.

    ``uris`` limits the question to some nodes (and costs less).

    >>> from dmkit.tree.tree import Tree
    >>> found = closure(Tree.of({"./A/B": "1"}, acl={"./A/B": "Get=ops"}), ["ops"])
    >>> sorted(found.servers)
    ['ops']
    """
    world, known = world or Assumptions(), tuple(dict.fromkeys(servers))
    for server in known:
        instance("an entry of servers", server, str, "a name")
    paths = paths_of(tree, None if world.rules.delete_asks_all else uris)
    oracle = _Oracle(tree, world, paths)
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

    A policy that reads lists only gives the same answer wherever the same lists stand one below the other, whatever
    the nodes are called and how many without a list are between them: those answers are shared.  Others are
    remembered for their own path.  What a description forbids is asked of the real tree, once for each node.
    """

    def __init__(self, tree: Tree, world: Assumptions, paths: Mapping[Path, Node]) -> None:
        self.tree = tree
        self.world = world
        self.shared = world.policy in _READS_LISTS or isinstance(world.policy, Roles | Loans)
        self.policy = at_time(world.policy, world.now)
        self._leaf = {path: not node.is_interior for path, node in paths.items()}
        self._rights: dict[tuple[Path, Texts, str], frozenset[Verb]] = {}
        self._opens: dict[tuple[Path, Texts, bool, tuple[str, ...]], bool] = {}
        self._makes: dict[tuple[Path, Texts, bool, tuple[str, ...]], tuple[str, ...]] = {}
        self._free: dict[tuple[Path, str], bool] = {}

    def _place(self, path: Path, texts: Texts, last: bool = True) -> tuple[Path, Texts]:
        """Where to ask: the place itself, or one like it without nodes that have no list; ``last`` keeps the last."""
        if not self.shared or not path:
            return path, texts
        end = texts[-1:] if last else ()
        kept = (texts[0], *filter(None, texts[1 : len(texts) - len(end)]), *end)
        return ("n",) * (len(kept) - 1), kept

    def _line(self, path: Path, texts: Texts, leaf: bool = False) -> Tree:
        """A tree of the nodes on ``path`` with these lists."""
        node = Node("chr", "", acl=texts[-1]) if leaf and path else Node.interior(acl=texts[-1])
        for name, text in zip(reversed(path), reversed(texts[:-1]), strict=True):
            node = Node.interior({name: node}, acl=text)
        return Tree(node)

    def rights(self, path: Path, texts: Texts, server: str) -> frozenset[Verb]:
        """The rights of ``server`` at the end of ``path``."""
        key = (*self._place(path, texts, last=False), server)
        found = self._rights.get(key)
        if found is None:
            line, uri = self._line(key[0], key[1], self._leaf[path] and not self.shared), join(key[0])
            found = frozenset(verb for verb in RIGHTS if self.policy(line, server, verb, uri))
            self._rights[key] = found
        return found

    def opened(self, path: Path, texts: Texts, players: tuple[str, ...]) -> Texts:
        """The lists after a player has opened the last one, if one can; without Replace here or above, none can."""
        places = ((path, texts), (path[:-1], texts[:-1]))[: 2 if path else 1]
        if not any(Verb.REPLACE in self.rights(*place, player) for place in places for player in players):
            return texts
        leaf = self._leaf[path]
        key = (*self._place(path, texts), leaf, players)
        can = self._opens.get(key)
        if can is None:
            line, command = self._line(key[0], key[1], leaf), set_list(players, key[0])
            can = self._opens[key] = any(self.world.play(line, player, command) is not None for player in players)
        if can and self._allows(path, "open", set_list(players, path)):
            return (*texts[:-1], everything(players, path))
        return texts

    def can_vacate(self, path: Path, kept: Mapping[Path, Texts], players: tuple[str, ...]) -> bool:
        """Whether a player may delete the node and nothing else stands against it."""
        able = [player for player in players if Verb.DELETE in self.rights(path, kept[path], player)]
        if able and self.world.rules.delete_asks_all:
            below = [other for other in kept if other[: len(path)] == path]
            able = [p for p in able if all(Verb.DELETE in self.rights(other, kept[other], p) for other in below)]
        return bool(able) and self._allows(path, "delete", Delete.of(join(path)))

    def made(self, path: Path, above: Texts, players: tuple[str, ...]) -> tuple[Texts, ...]:
        """The lists once a player has added the node below ``above`` and opened what it can; one for each way."""
        leaf = self._leaf[path]
        key = (*self._place(path, (*above, "")), leaf, players)
        own = self._makes.get(key)
        if own is None:
            line, command = self._line(key[0][:-1], key[1][:-1]), add_like(key[0], Node() if leaf else None)
            trees = (self.world.play(line, player, command) for player in players)
            own = tuple(dict.fromkeys(t.get(join(key[0])).acl for t in trees if t is not None))
            self._makes[key] = own
        if not own or not self._allows(path, "add", add_like(path, self.tree.find(path))):
            return ()
        return tuple(dict.fromkeys(self.opened(path, (*above, text), players) for text in own))

    def _allows(self, path: Path, what: str, command: Command) -> bool:
        """Whether nothing but rights could forbid ``command``: permanence, AccessType, limits, the description."""
        found = self._free.get((path, what))
        if found is None:
            free = replace(self.world, policy=open_policy)
            tree = self.tree.without(path) if what == "add" else self.tree
            found = self._free[path, what] = free.play(tree, "anybody", command) is not None
        return found
