"""The trap of DiagMon: it watches a value, and tells servers or starts functions on the device.

The alert types are registered; the nodes of a trap are not known from a source and marked so.  [enablers sheet §3]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final

from dmkit.mo.diagmon_states import ALERTS, RESULTS, TrapEvent, TrapState
from dmkit.mo.diagmon_states import TRAP as MACHINE
from dmkit.mo.machine import ObjectMove
from dmkit.mo.object import NOTHING, Handlers, Managed, Place, answer, make_tree
from dmkit.tree.context import Call
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.words.checked import checked
from dmkit.words.model import Value
from dmkit.words.outcome import After, Later, Outcome
from dmkit.words.ranges import Natural, SomeSeconds

__all__ = ["ALERTS", "MACHINE", "MACHINES", "RESULTS", "SensorTrap", "make"]

MACHINES: Final = (MACHINE,)
_ACTIVE, _INACTIVE, _DEREGISTERED = ALERTS[2:]


@checked
@dataclass(slots=True)
class SensorTrap(Managed):
    """A trap: ``sensor`` is looked at every ``every`` seconds while Enabled; Above and Below are its limits.

    References tell a server (TargetServer, by alert) or start a function on the device (TargetMO).  When a reference
    to a function goes or leads elsewhere, TrapDeregistered says so, to the servers that remain.  PROPOSAL: to whom
    """

    at: str
    """Where the object stands."""
    trap_id: str = "urn:oma:mo:oma-diagmontrap:rxpwr:1.0"
    """The leaf TrapID: what is watched."""
    sensor: Callable[[float], float] = lambda now: 0.0
    """What is measured, at a time in seconds."""
    every: SomeSeconds = 60.0
    name: str = "trap"
    """Its row of ``OBJECTS``."""
    active: bool = False
    """Whether its condition holds now."""
    watch: Natural = 0
    """How often Enabled was set or cleared; looks of an earlier one count no more."""
    inward: tuple[tuple[str, str], ...] = ()
    """Functions on the device that it starts, by the name of the reference."""
    remembers: ClassVar[tuple[str, ...]] = ("active", "watch", "inward")
    hears: ClassVar[frozenset[str]] = frozenset({"look"})
    place: Place = field(init=False)

    def __post_init__(self) -> None:
        self.place = Place(self.at)

    def build(self, tree: Tree) -> Tree:
        """Not watched; room for references."""
        values: dict[str, Value | None] = {"TrapID": self.trap_id, "Enabled": False, "ToRef": None, "Ext": None}
        named: dict[str, Value | None | Node] = {self.place.uri(k): v for k, v in values.items()}
        tree = make_tree(tree, self.spec, named)
        return tree.set(self.place.uri("Ext", "Active"), False)

    def handlers(self) -> Handlers:
        """Enabled is followed; Ext/Active is live."""
        return {f"Replace {self.place.uri('Enabled')}": self._switched, self.place.uri("Ext", "Active"): self._live}

    def state(self, tree: Tree) -> TrapState:
        """Where the trap stands."""
        if not self.place.flag(tree, "Enabled"):
            return TrapState.OFF
        return TrapState.ACTIVE if self.active else TrapState.INACTIVE

    def _live(self, tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        return tree, answer(call.item.target or call.uri, "true" if self.active else "false", "bool")

    def _switched(self, tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        self.watch += 1
        if not self.place.flag(tree, "Enabled"):
            self.active = False
            return tree, Outcome(None)
        return tree, Outcome(None, later=(self.place.after(self.every, "look", str(self.watch)),))

    def happen(self, tree: Tree, event: After, now: float) -> tuple[Tree, Outcome]:
        """Look at the value; tell whoever is to be told when the condition begins or ends."""
        if event.data != str(self.watch) or self.state(tree) is TrapState.OFF:
            return tree, NOTHING
        holds = self._holds(tree, self.sensor(now))
        later: list[After | Later] = [self.place.after(self.every, "look", event.data)]
        if holds != self.active:
            move = MACHINE.move(self.state(tree), TrapEvent.RISES if holds else TrapEvent.FALLS)
            self.active = isinstance(move, ObjectMove) and move.to is TrapState.ACTIVE
            later.extend(self._told(tree, holds))
        return tree, Outcome(None, later=tuple(later))

    def noticed(self, tree: Tree, now: float) -> tuple[Tree, tuple[Later, ...]]:
        """A function that is not to be started any more is told of: its address, as chr.  [enablers sheet §3]"""
        before, self.inward = self.inward, self._inward(tree)
        ended = Counter(target for _, target in before) - Counter(target for _, target in self.inward)
        servers = dict.fromkeys(server for _, server in self._references(tree, "TargetServer")) or [""]
        return tree, tuple(
            Later(0.0, _DEREGISTERED, target, self.at, format="chr", to=server)
            for target in ended.elements()
            for server in servers
        )

    def renewed(self, tree: Tree, before: Tree, now: float) -> Tree:
        """Nobody watches; references go with the tree, and nobody is told."""
        self.active, self.watch, self.inward = False, self.watch + 1, self._inward(tree)
        return tree

    def _inward(self, tree: Tree) -> tuple[tuple[str, str], ...]:
        return tuple(self._references(tree, "TargetMO"))

    def _references(self, tree: Tree, leaf: str) -> Iterator[tuple[str, str]]:
        node = self.place.node(tree, "ToRef")
        for name in node.children if node is not None else ():
            target = self.place.text(tree, "ToRef", name, leaf)
            if target:
                yield name, target

    def _holds(self, tree: Tree, value: float) -> bool:
        above, below = self.place.node(tree, "Above"), self.place.node(tree, "Below")
        return (above is not None and value > self.place.number(tree, "Above")) or (
            below is not None and value < self.place.number(tree, "Below"))  # fmt: skip

    def _told(self, tree: Tree, holds: bool) -> list[After | Later]:
        node = self.place.node(tree, "ToRef")
        told: list[After | Later] = []
        for name in node.children if node is not None else ():
            server, mode, target = (self.place.text(tree, "ToRef", name, leaf) for leaf in
                                    ("TargetServer", "NotifyMode", "TargetMO"))  # fmt: skip
            if server and mode in ("", "both", "active" if holds else "inactive"):
                kind = _ACTIVE if holds else _INACTIVE
                told.append(Later(0.0, kind, self.trap_id, self.at, format="chr", to=server))
            if target and holds:
                told.append(After(0.0, target, "start"))
        return told


def make(at: str, **options: object) -> SensorTrap:
    """A trap at ``at``; the options are fields of ``SensorTrap``."""
    return SensorTrap(at, **options)  # type: ignore[arg-type]  # Row.make turns a wrong name into a sentence
