"""The management tree: values, so that every change gives a new tree and the old one stays.

>>> tree = Tree.of({"./Vendor/Poll": 30, "./Vendor/Name": "phone"})
>>> later = tree.put("./Vendor/Poll", Node("int", "60"))
>>> tree.get("./Vendor/Poll").value, later.get("./Vendor/Poll").value
('30', '60')
>>> print(*later.diff(tree), sep="\\n")
~ ./Vendor/Poll: '30' -> '60'
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal, Protocol, Self, TypeAlias

import msgspec

from dmkit.tree.acl import EVERYBODY, Acl
from dmkit.tree.acl import parse as parse_acl
from dmkit.tree.describe import ANYTHING, Describe
from dmkit.tree.execute import execute
from dmkit.tree.node import LeafNode, Node, Path, WideNode, changed, node_from
from dmkit.tree.policy import Decision, Policy, oma_acl
from dmkit.tree.refusals import Refusal, refuse
from dmkit.tree.rewriting import child_of, form_after, put_back, without_child
from dmkit.tree.uri import join, parse, quote
from dmkit.words.asked import WRONG, asked, blamed
from dmkit.words.codes import StatusCode, Verb
from dmkit.words.errors import CommandFailed, ConfigError
from dmkit.words.model import Command, Value
from dmkit.words.outcome import Outcome
from dmkit.words.structs import like_a_dataclass

__all__ = ["DEFAULT_ROOT_ACL", "Tree"]

DEFAULT_ROOT_ACL: Final = "Add=*&Get=*"
"""The root always has a list of its own.  [DMTND §7.7.1.2]"""


Memory: TypeAlias = tuple[Hashable, ...]
_NOTHING: Final[Mapping[str, Memory]] = MappingProxyType({})


class NodePlan(Protocol):
    """What a tree can be made after: a description, which knows formats and defaults."""

    def tree(self, values: Mapping[str, Value | None | Node], *, acl: Mapping[str, str] | None = None) -> Tree:
        """The smallest tree that conforms, with ``values``."""
        ...


@like_a_dataclass
class Tree(msgspec.Struct, frozen=True):
    """A management tree: a value, every change gives a new one that shares what did not change.  [DMTND §5, §6]

    ``describe`` tells what its nodes allow, as a device description does.  Methods with a URI raise CommandFailed: 400
    for one that is malformed, 404 where there is no node.  They are the device's own, and ask nobody; what a server may
    is asked by ``may``, and by ``dmkit.tree.execute`` for its commands.

    >>> Tree.of({"./A/B": "1"}).get("./A/B").value
    '1'
    """

    root: Node
    describe: Describe = ANYTHING
    memory: Mapping[str, Memory] = _NOTHING
    """What objects with behaviour know besides their nodes, by the URI at which they stand: it goes back with the tree
    when an Atomic does.  Nobody outside the device sees it."""

    def __hash__(self) -> int:
        return hash((self.root, frozenset(self.memory.items())))

    @classmethod
    @asked
    def of(
        cls,
        values: Mapping[str, Value | None | Node] | NodePlan,
        instance: Mapping[str, Value | None | Node] | None = None,
        *,
        acl: Mapping[str, str] | None = None,
        describe: Describe = ANYTHING,
    ) -> Tree:
        """A tree from URIs and values (None makes an interior node); parents appear by themselves.

        With a description in place of values, the smallest tree that conforms to it, with the values of ``instance``
        in the formats described; it enforces the description.  ``acl`` gives nodes lists of their own; the root has
        ``Add=*&Get=*`` unless it says otherwise.
        """
        if not isinstance(values, Mapping):
            return values.tree(instance or {}, acl=acl)
        building = _Building(Node.interior(acl=DEFAULT_ROOT_ACL))
        for uri, value in values.items():
            try:
                building.put(parse(uri).path, node_from(value))
            except ConfigError as error:
                raise ConfigError(f"{uri}: {error}") from None
        tree: Tree = cls(building.done(), describe)
        for uri, text in (acl or {}).items():
            tree = tree.with_acl(uri, text)
        return tree

    # -- looking

    def find(self, path: Path | str) -> Node | None:
        """The node at ``path``, segments or a URI, or None; CommandFailed 400 for a URI that is malformed.

        >>> tree = Tree.of({"./A/B": "1"})
        >>> tree.find(("A", "B")) is tree.find("./A/B"), tree.find("./A/C")
        (True, None)
        """
        try:
            node = self.root
            if isinstance(path, str):
                path = parse(path).path
            for segment in path:
                place = node.form.at.get(segment)
                if place is not None:
                    node = getattr(node, place)
                    continue
                below = node.children.get(segment) if type(node) is WideNode else None
                if below is None:
                    return None
                node = below
            return node
        except WRONG as error:
            raise blamed(error, Tree.find, self, path) from None

    def get(self, uri: str) -> Node:
        """The node at ``uri``; CommandFailed 404 when there is none, 400 when the URI is malformed."""
        try:
            node = self.find(parse(uri).path)
            if node is None:
                raise CommandFailed(StatusCode.NOT_FOUND, f"{uri}: no such node", at=uri)
            return node
        except WRONG as error:
            raise blamed(error, Tree.get, self, uri) from None

    @asked
    def walk(self, uri: str = ".") -> Iterator[tuple[str, Node]]:
        """URIs and nodes from ``uri`` downwards, parents before children; nothing when there is no such node."""
        path = parse(uri).path
        node = self.find(path)
        if node is not None:
            yield from _walk(join(path), node)

    def __contains__(self, uri: str) -> bool:
        return self.find(parse(uri).path) is not None

    @asked
    def acl(self, uri: str) -> tuple[Acl, str]:
        """The list in force at ``uri`` and where it stands: there, or at the nearest ancestor with one.  [§7.7.1.1]"""
        return self.effective_acl(parse(uri).path)

    def effective_acl(self, path: Path) -> tuple[Acl, str]:
        """As ``acl``, for a path; segments that do not exist inherit."""
        try:
            text, at, node = self.root.acl, 0, self.root
            for depth, segment in enumerate(path, 1):
                below = child_of(node, segment)
                if below is None:
                    break
                node = below
                if node.acl:
                    text, at = node.acl, depth
            return parse_acl(text, lenient=True), join(path[:at])
        except WRONG as error:
            raise blamed(error, Tree.effective_acl, self, path) from None

    def may(self, server: str, verb: Verb, uri: str, policy: Policy | None = None) -> Decision:
        """Whether ``server`` may do ``verb`` at ``uri``, and why."""
        try:
            return (policy or oma_acl)(self, server, Verb(verb), uri)
        except WRONG as error:
            raise blamed(error, Tree.may, self, server, verb, uri, policy) from None

    # -- changing

    def with_node(self, path: Path, node: Node) -> Self:
        """A tree with ``node`` at ``path``; its parent must exist and be interior."""
        try:
            return type(self)(_with(self.root, path, node), self.describe, self.memory)
        except WRONG as error:
            raise blamed(error, Tree.with_node, self, path, node) from None

    def without(self, path: Path) -> Self:
        """A tree without the node at ``path`` and all below it."""
        try:
            return type(self)(_with(self.root, path, None), self.describe, self.memory)
        except WRONG as error:
            raise blamed(error, Tree.without, self, path) from None

    @asked
    def remembering(self, at: str, memory: Memory) -> Self:
        """A tree with ``memory`` of the object at the URI ``at``."""
        if self.memory.get(at) == memory:
            return self
        return type(self)(self.root, self.describe, MappingProxyType({**self.memory, at: memory}))

    @asked
    def put(self, uri: str, node: Node) -> Self:
        """A tree with ``node`` at ``uri``; CommandFailed 404 when its parent is missing."""
        return self.with_node(parse(uri).path, node)

    @asked
    def delete(self, uri: str) -> Self:
        """A tree without ``uri``; CommandFailed 404 when it is not there."""
        self.get(uri)
        return self.without(parse(uri).path)

    @asked
    def with_acl(self, uri: str, text: str) -> Self:
        """A tree in which ``uri`` has ``text`` as its own list; CommandFailed 400 when that is no list."""
        parse_acl(text)
        return self.put(uri, changed(self.get(uri), acl=text))

    @asked
    def apply(
        self, command: Command, by: str, *, now: float = 0.0, policy: Policy | None = None
    ) -> tuple[Tree, Outcome]:
        """Carry out one command for server ``by``: the new tree (the old one when it failed) and the outcome."""
        execution = execute(self, (command,), by=by, now=now, policy=policy or oma_acl)
        return execution.tree, execution.outcomes[0]

    # -- changes that the device itself makes, with their TStamp and VerNo

    @asked
    def set(self, uri: str, value: Value | Node, *, now: float = 0.0) -> Self:
        """The tree after the device, or its user, gave the leaf at ``uri`` a value at time ``now``.

        The leaf keeps its format and type, list and title (a Node brings format and type of its own); a missing one
        is made, with its parents.  TStamp and VerNo move as for a command.  CommandFailed 405 for an interior node.
        [DMTND §7.7.6, §7.7.8]
        """
        path, new = parse(uri).path, node_from(value)
        present = self.find(path)
        if present is None:
            depth = next(d for d in range(len(path) - 1, -1, -1) if self.find(path[:d]) is not None)
            tree = self._child_touched(path[:depth], now)
            for d in range(depth + 1, len(path)):
                tree = tree.with_node(path[:d], changed(Node.interior(), tstamp=now))
            return tree.with_node(path, changed(new, tstamp=now))
        if present.is_interior:
            raise refuse(Refusal.INTERIOR_VALUE, uri)
        keeps = value is not new and isinstance(new.value, str) and isinstance(present.value, str)
        form = present.form if keeps else form_after(present.form, new.form)
        verno = (present.verno + 1) % 65536
        if form.format == "node":
            return self.with_node(path, Node("node", new.value, form.type, form.acl, form.title, now, verno))
        return self.with_node(path, LeafNode(form, new.value, now, verno))

    @asked
    def remove(self, uri: str, *, now: float = 0.0) -> Self:
        """The tree after the device removed ``uri`` at time ``now``; CommandFailed 404 when it is not there."""
        return self.delete(uri)._child_touched(parse(uri).path[:-1], now)

    @asked
    def forget(self, server: str, *, now: float = 0.0, emptied: Literal["factory", "everybody"] = "factory") -> Self:
        """The tree after the account of ``server`` left the device: its identifier is in no list any more.

        A list left without entries inherits.  At the root, a command left without identifiers gets what the factory
        gave, ``Add=*&Get=*``; ``emptied="everybody"`` gives ``*`` to any, which opens the whole tree when the command
        is Replace.  UNSURE [DMTND §7.7.1.4]
        """
        root = _forgotten(self.root, server, now, emptied, at_root=True)
        return self if root is self.root else type(self)(root, self.describe, self.memory)

    def _child_touched(self, path: Path, now: float) -> Self:
        """The tree after a child of ``path`` came or went."""
        node = self.find(path)
        return self if node is None else self.with_node(path, node.touched(now))

    # -- comparing

    @asked
    def diff(self, before: Tree, uri: str = ".", before_uri: str | None = None) -> list[str]:
        """Lines that say what changed since ``before``: ``+`` new, ``-`` gone, ``~`` changed.

        ``uri`` and ``before_uri`` compare sub-trees, at different places when they differ (``tree.diff.changes`` gives
        the same as rows).
        """
        from dmkit.tree.diff import changes

        return [str(change) for change in changes(before, self, before_uri or uri, uri)]


def _walk(uri: str, node: Node) -> Iterator[tuple[str, Node]]:
    yield uri, node
    for name, child in node.children.items():
        if type(child) is LeafNode:
            yield f"{uri}/{quote(name)}", child
        else:
            yield from _walk(f"{uri}/{quote(name)}", child)


def _with(root: Node, path: Path, new: Node | None) -> Node:
    if not path:
        if new is None:
            raise CommandFailed(StatusCode.NOT_ALLOWED, "the root cannot be deleted", at=".")
        return new
    way: list[tuple[Node, str]] = []
    node = root
    for name in path[:-1]:
        way.append((node, name))
        place = node.form.at.get(name)
        if place is not None:
            node = getattr(node, place)
            continue
        below = child_of(node, name)
        if below is None:
            if not node.is_interior:
                break
            why = f"{join(path)}: {name} on the way does not exist"
            raise CommandFailed(StatusCode.NOT_FOUND, why, at=join(path))
        node = below
    if not node.is_interior:
        raise CommandFailed(StatusCode.NOT_ALLOWED, f"{join(path)}: a node on the way is a leaf", at=join(path))
    if new is None:
        return put_back(way, without_child(node, path[-1]))
    way.append((node, path[-1]))
    return put_back(way, new)


def _forgotten(node: Node, server: str, now: float, emptied: str, *, at_root: bool = False) -> Node:
    """``node`` after ``server`` has left all the lists at it and below; itself when it stands in none."""
    below = {name: _forgotten(child, server, now, emptied) for name, child in node.children.items()}
    if any(child is not node.children[name] for name, child in below.items()):
        node = changed(node, children=below)
    acl = parse_acl(node.acl, lenient=True)
    left = acl.without(server)
    if left == acl:
        return node
    if at_root:
        lost = set(acl.entries) - set(left.entries)
        back = lost if emptied == "everybody" else lost & set(parse_acl(DEFAULT_ROOT_ACL).entries)
        left = Acl(MappingProxyType({**left.entries, **{verb: frozenset({EVERYBODY}) for verb in back}}))
    return changed(node, acl=str(left)).touched(now)


class _Building:
    """A tree being made: dicts that are still open, each node once a value when all its children are there."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.below: dict[str, _Building] = {}

    def put(self, path: Path, node: Node) -> None:
        """``node`` at ``path``, in place of what was there; parents that are missing are made."""
        at = self
        for depth, name in enumerate(path):
            if not at.root.is_interior:
                raise CommandFailed(
                    StatusCode.NOT_ALLOWED, f"{join(path)}: a node on the way is a leaf", at=join(path)
                )  # fmt: skip
            if depth == len(path) - 1:
                at.below[name] = _Building.of(node)
            elif name not in at.below:
                at.below[name] = _Building(Node.interior())
            at = at.below[name]
        if not path:
            self.root, self.below = node, _Building.of(node).below

    @classmethod
    def of(cls, node: Node) -> _Building:
        """``node`` with all below it, open."""
        building = cls(node)
        building.below = {name: cls.of(child) for name, child in node.children.items()}
        return building

    def done(self) -> Node:
        """The node, a value."""
        if not self.below and not self.root.children:
            return self.root
        return changed(self.root, children={name: child.done() for name, child in self.below.items()})
