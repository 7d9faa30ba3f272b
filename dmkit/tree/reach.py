"""Who can ever get a right: not what the lists say now, but what servers can make of them.

A server that may replace a list can give itself more; a server that may delete a node and add it again stands before
a node with a new list.  Three moves, then: Replace of a list, Delete, Add.  (Rename is none: it takes a node to
another address and changes nobody's rights over it.)

Why a fixpoint is right although lists can also lose entries: a move that gives *everything to the servers that play*
leaves none of them with less than any other Replace of the same list would.  So it is enough to try that one, from
the root downwards, once for each node (policies look at a node and what is above it, never below).  Making a node
anew does lose: its value, and the lists below it.  So the addresses below are followed in each of the trees that come
of it, beside the one in which nothing was deleted.  tests/tree/test_reach.py holds all this against a search through
all scripts.

>>> from dmkit.tree.node import Tree
>>> tree = Tree.of({"./A/B/x": "1"}, acl={"./A": "Get=*&Replace=s", "./A/B": "Get=t"})
>>> print(ever(tree, "s", Verb.GET, "./A/B/x"))
yes, in 1 command: s: Replace ./A/B?prop=ACL = Add=s&Delete=s&Exec=s&Get=s&Replace=s
>>> print(ever(tree, "t", Verb.REPLACE, "./A/B/x"))
no, whatever t does
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, TypeAlias

from dmkit.codes import Verb
from dmkit.model import Add, Command, Delete, Item, Meta, Replace
from dmkit.tree.acl import RIGHTS
from dmkit.tree.apply import TreeRules
from dmkit.tree.execute import execute
from dmkit.tree.node import DEFAULT_ROOT_ACL, Node, Path, Tree
from dmkit.tree.policy import Decision, Policy, at_time, oma_acl, open_policy
from dmkit.tree.rivals import Loans, Roles, denying, merged, per_command
from dmkit.tree.uri import join, parse

__all__ = ["Closure", "Reach", "Turn", "World", "closure", "ever", "who_can_ever"]

_ALL: Final = frozenset(RIGHTS)
_NONE: Final[frozenset[Verb]] = frozenset()
_READS_LISTS: Final = (oma_acl, merged, per_command, denying, open_policy)
Texts: TypeAlias = tuple[str, ...]
Goal: TypeAlias = tuple[Verb, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What holds while servers play: policy, rules of the tree, the time; ``anew``: whether they delete and add."""

    policy: Policy = oma_acl
    rules: TreeRules = field(default_factory=TreeRules)
    now: float = 0.0
    anew: bool = True

    def play(self, tree: Tree, by: str, command: Command) -> Tree | None:
        """The tree after ``command``; None when it was refused."""
        execution = execute(tree, (command,), by=by, now=self.now, policy=self.policy, rules=self.rules)
        return execution.tree if execution.outcomes[0].ok else None

    def may(self, tree: Tree, server: str, verb: Verb, uri: str) -> Decision:
        """What the policy says at the time of this world."""
        return at_time(self.policy, self.now)(tree, server, verb, uri)


@dataclass(frozen=True, slots=True)
class Turn:
    """One command of one server."""

    by: str
    command: Command

    def __str__(self) -> str:
        item = self.command.items[0]  # type: ignore[union-attr]  # only Add, Delete and Replace are turns
        value = f" = {item.text}" if item.text else ""
        return f"{self.by}: {self.command.verb.value} {item.target}{value}"


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether ``server`` can ever have all of ``goals`` at once; true when it can.

    ``script`` is a shortest one that brings it there, ``tree`` the tree after it.  ``anew``: a node of the goals was
    deleted on the way and made again, without its old value.
    """

    server: str
    goals: tuple[Goal, ...]
    possible: bool
    script: tuple[Turn, ...]
    tree: Tree = field(repr=False)
    anew: bool = False

    def __bool__(self) -> bool:
        return self.possible

    def __str__(self) -> str:
        if not self.possible:
            return f"no, whatever {self.server} does"
        if not self.script:
            return "yes, already"
        many = "s" if len(self.script) > 1 else ""
        lost = " (the node is a new one)" if self.anew else ""
        return f"yes, in {len(self.script)} command{many}{lost}: " + "; ".join(map(str, self.script))

    def proves(self, tree: Tree, world: World | None = None) -> bool:
        """Carry the script out on ``tree``, command by command: True when each is answered well and the goals hold."""
        world = world or World()
        for turn in self.script:
            after = world.play(tree, turn.by, turn.command)
            if after is None:
                return False
            tree = after
        return all(uri in tree and bool(world.may(tree, self.server, verb, uri)) for verb, uri in self.goals)


def _everything(players: Iterable[str], path: Path) -> str:
    """The list that gives all to the players; the root's Add stays with everybody."""
    ids = "+".join(sorted(set(players)))
    return "&".join(f"{verb.value}={'*' if verb is Verb.ADD and not path else ids}" for verb in RIGHTS)


def _set_list(players: Iterable[str], path: Path) -> Replace:
    return Replace.of(f"{join(path)}?prop=ACL", _everything(players, path))


def _add(path: Path, like: Node | None) -> Add:
    """Add a node at ``path`` of the kind of ``like``, empty; an interior one for None."""
    if like is None or like.is_interior:
        return Add.of(join(path), type=like.type if like is not None and like.type else None)
    return Add((Item(target=join(path), meta=Meta(format=like.format, type=like.type or None), data=like.value),))


# -- the fixpoint


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
    paths = _paths(tree, uris)
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


def _paths(tree: Tree, uris: Iterable[str] | None) -> dict[Path, Node]:
    """Nodes by path, parents first: all, or those of ``uris`` and what is above them."""
    if uris is None:
        return {parse(uri).path: node for uri, node in tree.walk()}
    wanted = sorted({path[:depth] for path in (parse(uri).path for uri in uris) for depth in range(len(path) + 1)})
    found = {path: tree.find(path) for path in wanted}
    return {path: node for path, node in found.items() if node is not None}


def _spread(
    paths: Mapping[Path, Node], players: tuple[str, ...], oracle: _Oracle, anew: bool
) -> Iterator[tuple[Path, Texts, Texts, tuple[Texts, ...]]]:
    """For each node the lists on its path: as they are, with all opened that the players can open, and those that it
    can have after it, or a node above it, was made anew."""
    before: dict[Path, Texts] = {}
    kept: dict[Path, Texts] = {}
    others: dict[Path, tuple[Texts, ...]] = {}
    for path, node in paths.items():
        up = path[:-1]
        before[path] = (*before[up], node.acl) if path else (node.acl,)
        kept[path] = oracle.opened(path, (*kept[up], node.acl) if path else (node.acl,), players)
        ways = dict.fromkeys(way for way in (others[up] if path else ()))
        if path and anew and oracle.can_vacate(path, kept[path], players):
            ways[kept[up]] = None
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
            line, command = self._line(path, texts, leaf), _set_list(players, path)
            can = any(self.world.play(line, player, command) is not None for player in players)
            found = (*texts[:-1], _everything(players, path)) if can else texts
            self._memo[key] = found
        if found != texts and not self._structure(path, "open", _set_list(players, path)):
            return texts
        return found  # type: ignore[return-value]

    def can_vacate(self, path: Path, texts: Texts, players: tuple[str, ...]) -> bool:
        """Whether a player may delete the node and nothing else stands against it."""
        able = any(Verb.DELETE in self.rights(path, texts, player) for player in players)
        return able and self._structure(path, "delete", Delete.of(join(path)))

    def made(self, path: Path, above: Texts, players: tuple[str, ...]) -> tuple[Texts, ...]:
        """The lists once a player has added the node below ``above`` and opened what it can; one for each way."""
        leaf = self._leaf[path]
        key = self._key(path, above, players, leaf, "made")
        found = self._memo.get(key)
        if found is None:
            line, command = self._line(path[:-1], above), _add(path, Node() if leaf else None)
            trees = (self.world.play(line, player, command) for player in players)
            texts = dict.fromkeys((*above, t.get(join(path)).acl) for t in trees if t is not None)
            found = tuple(dict.fromkeys(self.opened(path, each, players) for each in texts))
            self._memo[key] = found
        if found and not self._structure(path, "add", _add(path, self.tree.find(path))):
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


# -- one question, with a script that proves it


def ever(
    tree: Tree,
    server: str,
    verb: Verb | str,
    uri: str,
    *more: Goal,
    helpers: Iterable[str] = (),
    world: World | None = None,
) -> Reach:
    """Whether ``server`` can ever get the right ``verb`` at ``uri`` (and ``more`` rights at the same time), with a
    shortest script.

    By itself, or with ``helpers``, servers that do all they can for it.  CommandFailed 404 for a node that is missing.
    """
    world = world or World()
    goals = tuple((Verb(v), join(parse(u).path)) for v, u in ((verb, uri), *more))
    for _, at in goals:
        tree.get(at)
    players = tuple(dict.fromkeys((server, *helpers)))
    known = closure(tree, players, world=world, together=True, uris=[at for _, at in goals])
    if not all(known.can(server, v, at) for v, at in goals):
        return Reach(server, goals, False, (), tree)
    return _search(tree, server, goals, players, world)


def _search(tree: Tree, server: str, goals: tuple[Goal, ...], players: tuple[str, ...], world: World) -> Reach:
    """Breadth first through the moves on the nodes of the goals and above."""
    places = _paths(tree, [uri for _, uri in goals])
    ends = {parse(uri).path for _, uri in goals}

    def there(now: Tree) -> bool:
        nodes = ((uri, now.find(parse(uri).path), places[parse(uri).path]) for _, uri in goals)
        if not all(node is not None and node.is_interior == was.is_interior for _, node, was in nodes):
            return False
        return all(world.may(now, server, verb, uri) for verb, uri in goals)

    def looks(now: Tree) -> tuple[str | None, ...]:
        nodes = (now.find(path) for path in places)
        return tuple(None if node is None else node.acl for node in nodes)

    frontier: list[tuple[Tree, tuple[Turn, ...], frozenset[Path]]] = [(tree, (), frozenset())]
    seen = {looks(tree)}
    while frontier:
        for now, script, gone in frontier:
            if there(now):
                return Reach(server, goals, True, script, now, any(path[: len(g)] == g for g in gone for path in ends))
        following = []
        for now, script, gone in frontier:
            for turn, path in _turns(now, places, players, world.anew):
                after = world.play(now, turn.by, turn.command)
                if after is not None and looks(after) not in seen:
                    seen.add(looks(after))
                    lost = gone | {path} if turn.command.verb is Verb.DELETE else gone
                    following.append((after, (*script, turn), lost))
        frontier = following
    return Reach(server, goals, False, (), tree)


def _turns(now: Tree, places: Mapping[Path, Node], players: tuple[str, ...], anew: bool) -> Iterator[tuple[Turn, Path]]:
    """Every move on these nodes that changes something."""
    for path, was in places.items():
        node = now.find(path)
        for player in players:
            if node is None:
                yield Turn(player, _add(path, was)), path
                continue
            if node.acl != _everything(players, path):
                yield Turn(player, _set_list(players, path)), path
            if anew and path:
                yield Turn(player, Delete.of(join(path))), path


def who_can_ever(
    tree: Tree, verb: Verb | str, uri: str, servers: Iterable[str], *, helped: bool = False, world: World | None = None
) -> tuple[Reach, ...]:
    """``ever`` for each of ``servers``: alone, or ``helped`` by all the others.

    >>> tree = Tree.of({"./A/x": "1"}, acl={"./A": "Get=*&Replace=s"})
    >>> [reach.server for reach in who_can_ever(tree, "Exec", "./A/x", ["s", "t"]) if reach]
    ['s']
    """
    known = tuple(dict.fromkeys(servers))
    return tuple(
        ever(tree, server, verb, uri, helpers=[s for s in known if s != server and helped], world=world)
        for server in known
    )
