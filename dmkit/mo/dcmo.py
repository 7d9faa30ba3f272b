"""DCMO 1.0, device capabilities: camera, radio and ports that a server switches off and on.

The tree is known from code; of the result codes only 1404 for Enable is certain, the others are our own.  [enablers
sheet §5]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar, Final

from dmkit.ddf.checking import populate
from dmkit.ddf.spec import Basis
from dmkit.mo.machine import Machine, ObjectEvent, ObjectMove, ObjectState, codes
from dmkit.mo.object import Handlers, Managed, Place, make_tree
from dmkit.tree.context import Call, Handler
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.tree.uri import parse
from dmkit.words.asked import asked
from dmkit.words.codes import StatusCode, Verb
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import listed, nearest, spelled
from dmkit.words.model import Value
from dmkit.words.outcome import After, Due, Later, Outcome
from dmkit.words.records import dataclass

__all__ = ["ALERTS", "MACHINE", "MACHINES", "RESULTS", "Dcmo", "make"]


class DcmoState(ObjectState):
    """Attached and Enabled as one, and what was switched off when it was taken away."""

    ABSENT = 0, "Not attached"
    ABSENT_OFF = 5, "Not attached, disabled before"
    OFF = 10, "Disabled"
    ON = 20, "Enabled"


class DcmoEvent(ObjectEvent):
    """Commands of the server, and what people do."""

    ENABLE = "Exec Enable", "server"
    DISABLE = "Exec Disable", "server"
    ATTACHED = "hardware attached", "device"
    DETACHED = "hardware detached", "device"


_S, _E = DcmoState, DcmoEvent


def _m(to: DcmoState) -> ObjectMove:
    return ObjectMove(to, (), Basis.IMPLEMENTATION, "enablers sheet §5")


MACHINE: Final = Machine(
    "dcmo", _S.ON, DcmoEvent,
    {
        _S.ABSENT: {_E.ATTACHED: _m(_S.ON)},
        _S.ABSENT_OFF: {_E.ATTACHED: _m(_S.OFF)},
        _S.OFF: {_E.ENABLE: _m(_S.ON), _E.DISABLE: _m(_S.OFF), _E.DETACHED: _m(_S.ABSENT_OFF)},
        _S.ON: {_E.ENABLE: _m(_S.ON), _E.DISABLE: _m(_S.OFF), _E.DETACHED: _m(_S.ABSENT)},
    },
    {_S.ABSENT: (1, 0), _S.ABSENT_OFF: (0, 1), _S.OFF: (1, 1), _S.ON: (2, 0)},
)  # fmt: skip
MACHINES: Final = (MACHINE,)
RESULTS: Final = codes(
    """
    1200 operation succeeded
    1400 client error
    1401 user cancelled
    1402 enable failed
    1403 disable failed
    1404 enable failed: not attached [evidence]
    1405 disable failed: not attached
    """,
    Basis.PROPOSAL,
    "enablers sheet §5",
)
NEW: Final = "urn:x-dmkit:at:dcmo:CapabilityFound"
"""The alert about new hardware: that there is one is said of the object, its name and what it tells are ours."""
ALERTS: Final = ("urn:oma:at:dcmo:1.0:OperationComplete", NEW)


@dataclass(slots=True)
class Dcmo(Managed):
    """The object on a device: ``capabilities`` maps names (Camera) to their group (Hardware)."""

    at: str
    capabilities: Mapping[str, str] = field(default_factory=lambda: {"Camera": "Hardware", "Bluetooth": "Connectivity"})
    absent: frozenset[str] = frozenset()
    seconds: float = 1.0
    name: str = "dcmo"
    off: frozenset[str] = frozenset()
    """Capabilities that were switched off when they were taken away: they come back switched off."""
    remembers: ClassVar[tuple[str, ...]] = ("off",)
    hears: ClassVar[frozenset[str]] = frozenset({"ENABLE", "DISABLE"})
    place: Place = field(init=False)

    def __post_init__(self) -> None:
        self.place = Place(self.at)

    def build(self, tree: Tree) -> Tree:
        """All capabilities, those that are attached enabled."""
        values: dict[str, Value | None | Node] = {}
        for name, group in self.capabilities.items():
            values |= self._leaves(name, group, name not in self.absent)
        return make_tree(tree, self.spec, values)

    def handlers(self) -> Handlers:
        """Exec on Enable and Disable of each capability."""
        found: dict[str, Handler] = {self.place.uri("*", "Operations", name): self._exec(event)
                                     for name, event in (("Enable", _E.ENABLE), ("Disable", _E.DISABLE))}  # fmt: skip
        return found | {f"Replace {self.place.uri('*')}": self._renamed}

    def _renamed(self, tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        """The name of a capability is that of the hardware: nobody gives it another."""
        if self.place.node(tree, call.uri.rpartition("/")[2]) is not None:
            return tree, Outcome(None)
        return tree, Outcome(StatusCode.NOT_ALLOWED, why=f"{call.uri}: capabilities keep their names")

    def state(self, tree: Tree, name: str) -> DcmoState:
        """Where one capability stands."""
        if not self.place.flag(tree, name, "Attached"):
            return _S.ABSENT_OFF if name in self._off(tree) else _S.ABSENT
        return _S.ON if self.place.flag(tree, name, "Enabled") else _S.OFF

    def _exec(self, event: DcmoEvent) -> Handler:
        def run(tree: Tree, call: Call) -> tuple[Tree, Outcome]:
            if call.verb is not Verb.EXEC:
                return tree, Outcome(None)
            after = self.place.after(self.seconds, event.name, call.uri, call.correlator)
            return tree, Outcome(StatusCode.ACCEPTED, later=(after,))

        return run

    def happen(self, tree: Tree, event: After, now: float) -> tuple[Tree, Outcome]:
        """The capability is switched, or not, and that is reported."""
        what = DcmoEvent[event.event]
        capability = event.data.removeprefix(f"{self.at}/").partition("/")[0]
        move = MACHINE.move(self.state(tree, capability), what)
        if isinstance(move, ObjectMove):
            tree, result = self._set(tree, capability, move.to, now), 1200
        else:
            result = 1404 if what is _E.ENABLE else 1405
        report = self.place.alert(ALERTS[0], result, event.correlator, source=event.data, ok=result == 1200)
        return tree, Outcome(None, later=(report,))

    def _off(self, tree: Tree) -> frozenset[str]:
        """What ``tree`` remembers of switched-off capabilities that are not there."""
        self.remember(tree.memory.get(self.at, (self.off,)))
        return self.off

    def _set(self, tree: Tree, capability: str, state: ObjectState, now: float) -> Tree:
        there = state not in (_S.ABSENT, _S.ABSENT_OFF)
        for leaf, value in (("Attached", there), ("Enabled", state is _S.ON)):
            if self.place.flag(tree, capability, leaf) != value:
                tree = self.place.set(tree, value, capability, leaf, now=now)
        off = self._off(tree) - {capability} | ({capability} if state is _S.ABSENT_OFF else set())
        if off == self.off:
            return tree
        self.off = off
        return tree.remembering(self.at, self.memory())

    def give_up(self, tree: Tree, lost: tuple[Due, ...], now: float) -> tuple[Tree, tuple[Later, ...]]:
        """A switch that a factory reset breaks off is a client error, 1400."""
        events = [(due.by, due.what) for due in lost if isinstance(due.what, After)]
        return tree, tuple(self.place.alert(ALERTS[0], 1400, event.correlator, source=event.data, ok=False, to=by)
                           for by, event in events)  # fmt: skip

    def renewed(self, tree: Tree, before: Tree, now: float) -> Tree:
        """A reset plugs nothing in, and takes nothing away."""
        own = self.place.node(before)
        for name in own.children if own is not None else ():
            there = self.place.flag(before, name, "Attached")
            if there and self.place.node(tree, name) is None:  # found since: what is plugged in stays plugged in
                tree = self._made(tree, name, self.place.text(before, name, "Group"))
            if there != self.place.flag(tree, name, "Attached"):
                tree = self._set(tree, name, _S.ON if there else _S.ABSENT, now)
        self.off = frozenset()
        return tree.remembering(self.at, self.memory())

    def plugged(self, tree: Tree, capability: str, attached: bool, now: float = 0.0) -> Tree:
        """The tree after somebody attached hardware, or took it away; ConfigError for an unknown capability."""
        if self.place.node(tree, capability) is None:
            near = nearest(capability, self.capabilities) or f"; there are {listed(self.capabilities, 'and')}"
            raise ConfigError(f"{self.at} has no capability {spelled(capability)}{near}")
        move = MACHINE.move(self.state(tree, capability), _E.ATTACHED if attached else _E.DETACHED)
        return self._set(tree, capability, move.to, now) if isinstance(move, ObjectMove) else tree

    @asked
    def found(self, tree: Tree, capability: str, group: str = "Hardware", now: float = 0.0) -> tuple[Tree, Later]:
        """The tree after hardware was attached that the device had not known, enabled, and the alert about it.

        ``device.report(alert, now=now)`` puts it on the agenda, for the next server that is met.  ConfigError for what
        is there already, or is no name of a node.  PROPOSAL: what the alert says is ours.  [enablers sheet §5]

        >>> import dmkit as dm
        >>> device = dm.Device.example().with_object("dcmo")
        >>> tree, alert = device.objects["./DCMO"].found(device.tree, "Lidar")
        >>> tree.get("./DCMO/Lidar/Enabled").value, alert.source, alert.data
        ('true', './DCMO/Lidar', 'Lidar')
        """
        if not capability or set(capability) & {"/", "?"} or capability == ".":
            raise ConfigError(
                f"found: capability is {spelled(capability)}; the name of a node is right, such as Camera"
            )
        if self.place.node(tree, capability) is not None:
            raise ConfigError(f"{self.at} has {capability} already; plugged() attaches it, or takes it away")
        tree = self._made(tree, capability, group, now)
        return tree, self.place.alert(NEW, capability, None, source=self.place.uri(capability), format="chr")

    def _made(self, tree: Tree, name: str, group: str, now: float = 0.0) -> Tree:
        path = parse(self.place.uri(name)).path
        tree = tree.with_node(path, populate(self._leaves(name, group, True), self.spec).get(self.place.uri(name)))
        return tree.with_node(path[:-1], tree.get(self.at).touched(now))

    def _leaves(self, name: str, group: str, there: bool) -> dict[str, Value | None | Node]:
        leaves: dict[str, Value] = {"Property": name.lower(), "Group": group, "Attached": there, "Enabled": there,
                                    "DCMOConfig/DenyUserEnable": False, "DCMOConfig/NotifyUser": False}  # fmt: skip
        return {self.place.uri(name, *leaf.split("/")): value for leaf, value in leaves.items()}

    def user_enables(self, tree: Tree, capability: str, now: float = 0.0) -> tuple[Tree, bool]:
        """The user switches it on; False where DenyUserEnable keeps them from it, or nothing is attached."""
        if self.place.flag(tree, capability, "DCMOConfig", "DenyUserEnable"):
            return tree, False
        if self.state(tree, capability) in (_S.ABSENT, _S.ABSENT_OFF):
            return tree, False
        return self._set(tree, capability, _S.ON, now), True


def make(at: str, **options: object) -> Dcmo:
    """A DCMO at ``at``; the options are fields of ``Dcmo``."""
    return Dcmo(at, **options)  # type: ignore[arg-type]  # Row.make turns a wrong name into a sentence
