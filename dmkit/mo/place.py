"""Where an object stands: addresses and values below it, reports from there; and how it gets into a tree.

>>> Place("./FUMO").uri("Update", "PkgData")
'./FUMO/Update/PkgData'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from functools import cache
from importlib import resources

from dmkit.ddf.checking import populate
from dmkit.ddf.reader import read
from dmkit.ddf.rules import describe_of
from dmkit.ddf.spec import Spec
from dmkit.mo.machine import MoveRefused
from dmkit.tree.context import Call
from dmkit.tree.describe import Describe, Described, Steps, described_at, steps_at
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.tree.uri import join, parse
from dmkit.words.asked import asked
from dmkit.words.codes import StatusCode
from dmkit.words.digits import whole
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import listed, nearest, spelled
from dmkit.words.model import Item, Meta, Value
from dmkit.words.outcome import After, Later, Outcome
from dmkit.words.records import dataclass

__all__ = ["ExecAsked", "Place", "answer", "describe_also", "load", "make_tree", "moved", "refused"]


_DDF = ".ddf.xml"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object stands: addresses below it, values there, and reports from there.

    >>> Place("./FUMO").uri("Update", "PkgData")
    './FUMO/Update/PkgData'
    """

    at: str

    def uri(self, *names: str) -> str:
        """The address of a node below."""
        return "/".join((self.at, *names))

    def node(self, tree: Tree, *names: str) -> Node | None:
        """The node there, or None."""
        return tree.find(parse(self.uri(*names)).path)

    def text(self, tree: Tree, *names: str) -> str:
        """The value there as text; empty without a node."""
        node = self.node(tree, *names)
        return node.text if node is not None else ""

    def number(self, tree: Tree, *names: str) -> int:
        """The value there as a number; 0 for what is none."""
        text = self.text(tree, *names).strip()
        number = whole(text.removeprefix("-")) or 0
        return -number if text.startswith("-") else number

    def flag(self, tree: Tree, *names: str) -> bool:
        """The value there as true or false."""
        return self.text(tree, *names).strip().lower() in ("true", "1")

    def set(self, tree: Tree, value: Value | Node, *names: str, now: float) -> Tree:
        """The tree with another value there: the device's own change."""
        return tree.set(self.uri(*names), value, now=now)

    def alert(
        self,
        type: str,
        result: int | str,
        correlator: str | None,
        *,
        seconds: float = 0.0,
        ok: bool = True,
        source: str | None = None,
        format: str = "int",
        to: str = "",
    ) -> Later:
        """The report of a result to server ``to``; ``source`` is the root of the object unless said otherwise."""
        mark = None if ok else "warning"
        return Later(seconds, type, str(result), source or self.at, correlator, format, mark, to)

    def after(self, seconds: float, event: str, data: str = "", correlator: str | None = None) -> After:
        """Something that will happen here."""
        return After(seconds, self.at, event, data, correlator)


@dataclass(frozen=True, slots=True)
class ExecAsked:
    """Who set something going with an Exec, and what every report of it says: the correlator, and the node.

    >>> ExecAsked("com.acme.dm", "c1", "./DiagMon/Operations/Start").report(Place("./DiagMon"), "urn:x", 1200).to
    'com.acme.dm'
    """

    by: str
    correlator: str | None = None
    uri: str = ""

    @classmethod
    def of(cls, call: Call) -> ExecAsked:
        """That of the command which a handler was told."""
        return cls(call.by, call.correlator, call.uri)

    def report(self, place: Place, type: str, result: int, *, ok: bool = True) -> Later:
        """The report of ``result`` to whoever asked."""
        return place.alert(type, result, self.correlator, ok=ok, source=self.uri, to=self.by)


def refused(tree: Tree, no: MoveRefused) -> tuple[Tree, Outcome]:
    """What a handler gives for a refusal."""
    return tree, Outcome(no.status or StatusCode.COMMAND_FAILED, why=no.why)


def answer(uri: str, value: str | bytes, format: str = "chr") -> Outcome:
    """A live value as the outcome of a Get."""
    meta = None if format == "chr" else Meta(format=format)
    return Outcome(StatusCode.OK, (Item(source=uri, meta=meta, data=value),))


# -- putting an object into a tree


def moved(spec: Spec, at: str) -> Spec:
    """``spec`` with its one root at the URI ``at``."""
    path = parse(at).path
    if not path:
        raise ConfigError("an object stands below the root: give a place such as ./FUMO")
    root = replace(spec.roots[0], name=path[-1], path=join(path[:-1]))
    return replace(spec, roots=(root,))


@dataclass(frozen=True, slots=True)
class _Also:
    """What ``specs`` say from their roots down, and elsewhere what ``before`` says; equal when these are."""

    before: Describe
    specs: tuple[Spec, ...]
    places: tuple[tuple[tuple[str, ...], Describe], ...] = field(compare=False)

    def __call__(self, uri: str) -> Described:
        """What the node at ``uri`` allows."""
        return self.at(parse(uri).path)

    def at(self, path: tuple[str, ...]) -> Described:
        """The same for an address that is read already."""
        for root, own in self.places:
            if path[: len(root)] == root:
                return described_at(own, path)
        return described_at(self.before, path)

    def steps(self, path: tuple[str, ...]) -> Steps | None:
        """A place from which one goes on below it; None where other descriptions begin below."""
        for root, own in self.places:
            if path[: len(root)] == root:
                return steps_at(own, path)
            if root[: len(path)] == path:
                return None
        return steps_at(self.before, path)


def describe_also(tree: Tree, *specs: Spec) -> Tree:
    """The tree which enforces ``specs`` too, each from its root down; elsewhere it is as before."""
    places = tuple((_root(spec), describe_of(spec)) for spec in specs)
    return replace(tree, describe=_Also(tree.describe, specs, places))


def _root(spec: Spec) -> tuple[str, ...]:
    root = spec.roots[0]
    return (*parse(root.path or ".").path, root.name)


def make_tree(tree: Tree, spec: Spec, values: Mapping[str, Value | None | Node] = {}, *, keep: bool = False) -> Tree:
    """The tree with the smallest instance of ``spec`` and ``values`` by URI; parents appear on the way.

    With ``keep``, what stands there already stays, and only what is missing is made.
    """
    root = _root(spec)
    made = populate(values, spec)
    for depth in range(1, len(root)):
        if tree.find(root[:depth]) is None:
            tree = tree.with_node(root[:depth], Node.interior())
    new = made.find(root)
    assert new is not None
    present = tree.find(root)
    tree = tree.with_node(root, new if present is None or not keep else _joined(present, new))
    return describe_also(tree, spec)


def _joined(present: Node, new: Node) -> Node:
    if not present.is_interior or not new.is_interior:
        return present
    children = {
        name: _joined(present.children[name], node) if name in present.children else node
        for name, node in new.children.items()
    }
    return replace(
        present,
        children={**children, **{n: c for n, c in present.children.items() if n not in children}},
        type=present.type or new.type,
    )


@asked
@cache
def load(name: str) -> Spec:
    """The description of the object called ``name``; ConfigError for one that there is not.

    >>> load("fumoo")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: load: name is 'fumoo'; there is no description of it; nearest: 'fumo'
    """
    folder = resources.files("dmkit.mo")
    file = folder.joinpath(f"{name}.ddf.xml")
    if not file.is_file():
        known = sorted(entry.name.removesuffix(_DDF) for entry in folder.iterdir() if entry.name.endswith(_DDF))
        near = nearest(name, known) or f"; there are {listed(known, 'and')}"
        raise ConfigError(f"load: name is {spelled(name)}; there is no description of it{near}")
    return read(file.read_bytes(), strict=True)
