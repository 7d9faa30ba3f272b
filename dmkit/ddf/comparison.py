"""Two versions of a description: what was added, removed and changed, and whom it breaks.

>>> from dmkit.words.codes import Format, Verb
>>> from dmkit.ddf.spec import NodeSpec, Spec
>>> old = Spec((NodeSpec(name="N", format=Format.INT, access=frozenset({Verb.GET, Verb.REPLACE})),))
>>> new = Spec((NodeSpec(name="N", format=Format.INT, access=frozenset({Verb.GET})),))
>>> print(diff(old, new))
changed ./N: AccessType Get, Replace -> Get: breaking for servers: Replace is answered 405 now
1 changed; breaking for servers

*Breaking for servers*: a server made for the old description may fail on a device of the new one.  *Breaking for
devices*: a device, or a stored tree, that conforms to the old description need not conform to the new one.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from dmkit.ddf.comparison_rules import BOTH, DEVICES, FIELDS, JUDGED_APART, NO_ONE, Breakage, Breaks
from dmkit.ddf.places import keyed_places
from dmkit.ddf.spec import NodeSpec, Spec
from dmkit.words.asked import asked
from dmkit.words.records import dataclass

__all__ = ["Breaks", "ChangeKind", "DdfChange", "SpecDiff", "diff"]


class ChangeKind(StrEnum):
    """What became of a node."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class DdfChange:
    """One difference: the node, what of it, how it was and is, whom that breaks, and why.

    ``what`` is empty for a node that was added or removed, with all that stands below it (``below`` more nodes).

    >>> from dmkit.ddf.api import load
    >>> wifi = load("data/ddf/wifi.xml")
    >>> str(next(iter(diff(wifi, load("data/ddf/mail.xml")))))[:60]
    'changed .: source dmkit example -> dmkit example; idea of th'
    """

    uri: str
    kind: ChangeKind
    what: str
    old: str
    new: str
    breaks: Breaks
    reason: str
    below: int = 0

    @property
    def effect(self) -> str:
        """``compatible``, or whom it breaks."""
        return "compatible" if not self.breaks else f"breaking for {' and '.join(sorted(self.breaks, reverse=True))}"

    def __str__(self) -> str:
        below = f" and {self.below} below it" if self.below else ""
        what = f": {self.what} {self.old or '(none)'} -> {self.new or '(none)'}" if self.what else below
        return f"{self.kind} {self.uri}{what}: {self.effect}: {self.reason}"


@dataclass(frozen=True, slots=True)
class SpecDiff:
    """All differences, in the order of the old document, then of the new one.

    >>> from dmkit.ddf.api import load
    >>> wifi = load("data/ddf/wifi.xml")
    >>> len(diff(wifi, wifi)), len(diff(wifi, load("data/ddf/mail.xml"))) > 0
    (0, True)
    """

    changes: tuple[DdfChange, ...]

    def __iter__(self) -> Iterator[DdfChange]:
        return iter(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    def of(self, kind: ChangeKind | str) -> tuple[DdfChange, ...]:
        """The changes of one kind: ``"added"``, ``"removed"``, ``"changed"``."""
        return tuple(change for change in self.changes if change.kind == kind)

    def breaking(self, whom: str = "") -> tuple[DdfChange, ...]:
        """The changes that break ``"servers"`` or ``"devices"``; either of them when nobody is named."""
        return tuple(change for change in self.changes if (whom in change.breaks if whom else change.breaks))

    @property
    def effect(self) -> str:
        """``compatible``, or whom the new version breaks."""
        whom = [side for side in ("servers", "devices") if self.breaking(side)]
        return f"breaking for {' and '.join(whom)}" if whom else "compatible"

    def __str__(self) -> str:
        if not self.changes:
            return "no difference"
        counts = ", ".join(f"{len(self.of(kind))} {kind}" for kind in ChangeKind if self.of(kind))
        return "\n".join([*map(str, self.changes), f"{counts}; {self.effect}"])


@asked
def diff(old: Spec, new: Spec) -> SpecDiff:
    """What changed from ``old`` to ``new``, node by node; nodes are the same when their addresses are.

    Order, comments, and how a document is written do not count.

    >>> from dmkit.ddf.api import load
    >>> diff(load("data/ddf/wifi.xml"), load("data/ddf/wifi.xml")).changes
    ()
    """
    return SpecDiff((*_documents(old, new), *_nodes(_Side(old), _Side(new))))


def _documents(old: Spec, new: Spec) -> Iterator[DdfChange]:
    for what, was, now in (("Man", old.man, new.man), ("Mod", old.mod, new.mod), ("namespace", old.ns, new.ns),
                           ("basis", old.basis, new.basis), ("source", old.source, new.source)):  # fmt: skip
        if was != now:
            reason = "both namespaces are read" if what == "namespace" else "it informs readers"
            yield DdfChange(".", ChangeKind.CHANGED, what, was or "", now or "", NO_ONE, reason)


class _Side:
    """One version: nodes by key, who is whose parent, who has children."""

    def __init__(self, spec: Spec) -> None:
        self.nodes: dict[str, NodeSpec] = {}
        self.parents: dict[str, str] = {}
        self.below: dict[str, list[str]] = {}
        for parent, key, place in keyed_places(spec):
            self.nodes[key] = place.node
            self.parents[key] = parent
            self.below.setdefault(parent, []).append(key)

    def tops(self, other: _Side) -> Iterator[str]:
        """What only this version has, without what stands below such a node."""
        for key, parent in self.parents.items():
            if key not in other.nodes and (parent in other.nodes or parent not in self.nodes):
                yield key

    def size(self, key: str, other: _Side) -> int:
        """How many nodes below ``key`` only this version has."""
        return sum((below not in other.nodes) + self.size(below, other) for below in self.below.get(key, ()))


def _nodes(old: _Side, new: _Side) -> Iterator[DdfChange]:
    gone = set(old.tops(new))
    for key, node in old.nodes.items():
        if key in gone:
            verdict = _removed(key, node, old)
            yield DdfChange(key, ChangeKind.REMOVED, "", "", "", verdict.breaks, verdict.reason, old.size(key, new))
        elif key in new.nodes:
            yield from _compare(key, node, new.nodes[key])
    for key in new.tops(old):
        verdict = _added(key, new.nodes[key], old, new)
        yield DdfChange(key, ChangeKind.ADDED, "", "", "", verdict.breaks, verdict.reason, new.size(key, old))


def _removed(key: str, node: NodeSpec, old: _Side) -> Breakage:
    always = "each device has" if node.occurs.least and not node.is_placeholder else "devices may have"
    return Breakage(
        BOTH,
        f"servers that use it are answered 404 or 405, and {always} a node that is no longer described",
    )


def _added(key: str, node: NodeSpec, old: _Side, new: _Side) -> Breakage:
    parent = old.nodes.get(new.parents[key])
    beside = (old.nodes[other] for other in old.below.get(new.parents[key], ()))
    if node.name and any(other.is_placeholder for other in beside):
        return Breakage(BOTH, "a node of this name could be one of those without name")
    if parent is not None and parent.is_interior and not old.below.get(new.parents[key]):
        return Breakage(DEVICES, "anything could stand there before")
    if parent is not None and not parent.is_interior:
        return Breakage(DEVICES, "its parent was a leaf")
    if node.occurs.least:
        return Breakage(DEVICES, f"it occurs {node.occurs.kind.value}, and devices do not have it yet")
    return Breakage(NO_ONE, f"it occurs {node.occurs.kind.value}: a device need not have it")


def _compare(key: str, was: NodeSpec, now: NodeSpec) -> Iterator[DdfChange]:
    if was.is_interior != now.is_interior:
        before, after = ("an interior node" if node.is_interior else "a leaf" for node in (was, now))
        yield DdfChange(key, ChangeKind.CHANGED, "kind", before, after, BOTH, f"it was {before} and is {after}")
    for field in FIELDS:
        one, two = field.get(was), field.get(now)
        if one != two:
            apart = field.what in JUDGED_APART and was.is_interior != now.is_interior
            verdict = Breakage(NO_ONE, "see what became of its kind") if apart else field.compare(was, now)
            yield DdfChange(key, ChangeKind.CHANGED, field.what, field.show(one), field.show(two), *verdict)
