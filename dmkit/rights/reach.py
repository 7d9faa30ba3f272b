"""Who can ever get a right: not what the lists say now, but what servers can make of them.

A server that may replace a list can give itself more; a server that may delete a node and add it again stands before
a node with a new list.  Three moves, then: Replace of a list, Delete, Add.  (Rename is none: it takes a node to
another address and changes nobody's rights over it.)

``closure`` says who can get what for all nodes at once; ``ever`` answers one question, with a shortest script.

>>> from dmkit.tree.tree import Tree
>>> tree = Tree.of({"./A/B/x": "1"}, acl={"./A": "Get=*&Replace=s", "./A/B": "Get=t"})
>>> print(ever(tree, "s", Verb.GET, "./A/B/x"))
yes, in 1 command: s: Replace ./A/B?prop=ACL = Add=s&Delete=s&Exec=s&Get=s&Replace=s
>>> print(ever(tree, "t", Verb.REPLACE, "./A/B/x"))
no, whatever t does
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from dmkit.rights.assumptions import Assumptions, add_like, everything, paths_of, set_list
from dmkit.rights.closure import closure
from dmkit.tree.node import Node, Path
from dmkit.tree.tree import Tree
from dmkit.tree.uri import join, parse
from dmkit.words.asked import asked
from dmkit.words.codes import Verb
from dmkit.words.model import Command, Delete

__all__ = ["Reach", "RightsMove", "ever", "who_can_ever"]

RightsGoal: TypeAlias = tuple[Verb, str]


@dataclass(frozen=True, slots=True)
class RightsMove:
    """One command of one server.

    >>> from dmkit.tree.tree import Tree
    >>> tree = Tree.of({"./A/B": "1"}, acl={"./A/B": "Replace=ops"})
    >>> [turn.by for turn in ever(tree, "ops", "Get", "./A/B").script]
    []
    """

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

    >>> from dmkit.tree.tree import Tree
    >>> bool(ever(Tree.of({"./A/B": "1"}, acl={"./A/B": "Get=ops"}), "ops", "Get", "./A/B"))
    True
    """

    server: str
    goals: tuple[RightsGoal, ...]
    possible: bool
    script: tuple[RightsMove, ...]
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

    def proves(self, tree: Tree, world: Assumptions | None = None) -> bool:
        """Carry the script out on ``tree``, command by command: True when each is answered well and the goals hold."""
        world = world or Assumptions()
        for turn in self.script:
            after = world.play(tree, turn.by, turn.command)
            if after is None:
                return False
            tree = after
        return all(uri in tree and bool(world.may(tree, self.server, verb, uri)) for verb, uri in self.goals)


@asked
def ever(
    tree: Tree,
    server: str,
    verb: Verb | str,
    uri: str,
    *more: RightsGoal,
    helpers: Iterable[str] = (),
    world: Assumptions | None = None,
) -> Reach:
    """Whether ``server`` can ever get the right ``verb`` at ``uri`` (and ``more`` rights at the same time), with a
    shortest script.

    By itself, or with ``helpers``, servers that do all they can for it.  CommandFailed 404 for a node that is missing.

    >>> from dmkit.tree.tree import Tree
    >>> tree = Tree.of({"./A/B": "1"}, acl={"./A": "Replace=ops"})    # may write the list of B
    >>> ever(tree, "ops", "Get", "./A/B").possible, ever(tree, "guest", "Get", "./A/B").possible
    (True, False)
    """
    world = world or Assumptions()
    goals = tuple((Verb(v), join(parse(u).path)) for v, u in ((verb, uri), *more))
    for _, at in goals:
        tree.get(at)
    players = tuple(dict.fromkeys((server, *helpers)))
    known = closure(tree, players, world=world, together=True, uris=[at for _, at in goals])
    if not all(known.can(server, v, at) for v, at in goals):
        return Reach(server, goals, False, (), tree)
    also = known.uris if world.rules.delete_asks_all else ()  # a list below may have to be opened before a Delete
    more_places = [at for at in also if any(Verb.DELETE in known.keep[p, at] - known.now[p, at] for p in players)]
    return _search(tree, server, goals, players, world, more_places)


def _search(
    tree: Tree,
    server: str,
    goals: tuple[RightsGoal, ...],
    players: tuple[str, ...],
    world: Assumptions,
    also: Iterable[str],
) -> Reach:
    """Breadth first through the moves on the nodes of the goals and above, and on those of ``also``."""
    places = paths_of(tree, [*(uri for _, uri in goals), *also])
    ends = {parse(uri).path for _, uri in goals}

    def there(now: Tree) -> bool:
        nodes = ((uri, now.find(parse(uri).path), places[parse(uri).path]) for _, uri in goals)
        if not all(node is not None and node.is_interior == was.is_interior for _, node, was in nodes):
            return False
        return all(world.may(now, server, verb, uri) for verb, uri in goals)

    def looks(now: Tree) -> tuple[str | None, ...]:
        nodes = (now.find(path) for path in places)
        return tuple(None if node is None else node.acl for node in nodes)

    frontier: list[tuple[Tree, tuple[RightsMove, ...], frozenset[Path]]] = [(tree, (), frozenset())]
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


def _turns(
    now: Tree, places: Mapping[Path, Node], players: tuple[str, ...], anew: bool
) -> Iterator[tuple[RightsMove, Path]]:
    """Every move on these nodes that changes something."""
    for path, was in places.items():
        node = now.find(path)
        for player in players:
            if node is None:
                yield RightsMove(player, add_like(path, was)), path
                continue
            if node.acl != everything(players, path):
                yield RightsMove(player, set_list(players, path)), path
            if anew and path:
                yield RightsMove(player, Delete.of(join(path))), path


@asked
def who_can_ever(
    tree: Tree,
    verb: Verb | str,
    uri: str,
    servers: Iterable[str],
    *,
    helped: bool = False,
    world: Assumptions | None = None,
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
