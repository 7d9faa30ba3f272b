"""DiagMon: a function that collects samples and reports, and a trap that watches a value and tells others.

Frame and alert types are registered; operations, status values and the nodes of traps are not known from a source and
marked so.  [enablers sheet §3]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final

from dmkit.ddf.spec import Basis
from dmkit.mo.machine import Machine, ObjectEvent, ObjectMove, ObjectState, codes
from dmkit.mo.object import NOTHING, ExecAsked, Handlers, Managed, Place, answer, make_tree, refused
from dmkit.tree.context import Call
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.words.checked import checked
from dmkit.words.codes import StatusCode
from dmkit.words.model import Value
from dmkit.words.outcome import After, Due, Later, Outcome
from dmkit.words.ranges import Natural, Seconds, SomeSeconds

__all__ = ["ALERTS", "FUNCTION", "MACHINES", "RESULTS", "TRAP", "Function", "SensorTrap", "make_diagmon", "make_trap"]

Sensor = Callable[[float], float]
"""What is measured, at a time."""


class FunctionState(ObjectState):
    """The leaf Status.  PROPOSAL"""

    IDLE = 10, "Idle"
    RUNNING = 20, "Running", True
    LIMIT = 30, "Stopped by a limit", False, True


class FunctionEvent(ObjectEvent):
    """What happens to a function."""

    START = "Exec Start", "server"
    STOP = "Exec Stop", "server"
    TRIGGERED = "a trap starts it", "device"
    LIMIT = "limit reached", "device"


class TrapState(ObjectState):
    """Whether a trap is watched, and whether its condition holds.  PROPOSAL"""

    OFF = 10, "Not watched"
    INACTIVE = 20, "Watched, inactive"
    ACTIVE = 30, "Watched, active"


class TrapEvent(ObjectEvent):
    """What happens to a trap."""

    ENABLED = "Enabled set", "server"
    DISABLED = "Enabled cleared", "server"
    RISES = "condition holds", "device"
    FALLS = "condition ends", "device"


_F, _FE, _T, _TE = FunctionState, FunctionEvent, TrapState, TrapEvent


def _m(to: ObjectState) -> ObjectMove:
    return ObjectMove(to, (), Basis.PROPOSAL, "enablers sheet §3")


FUNCTION: Final = Machine(
    "diagmon", _F.IDLE, FunctionEvent,
    {
        _F.IDLE: {_FE.START: _m(_F.RUNNING), _FE.TRIGGERED: _m(_F.RUNNING)},
        _F.RUNNING: {_FE.STOP: _m(_F.IDLE), _FE.LIMIT: _m(_F.LIMIT)},
        _F.LIMIT: {_FE.START: _m(_F.RUNNING), _FE.TRIGGERED: _m(_F.RUNNING)},
    },
    {_F.IDLE: (0, 0), _F.RUNNING: (1, 0), _F.LIMIT: (2, 0)},
)  # fmt: skip
TRAP: Final = Machine(
    "trap", _T.OFF, TrapEvent,
    {
        _T.OFF: {_TE.ENABLED: _m(_T.INACTIVE), _TE.DISABLED: _m(_T.OFF)},
        _T.INACTIVE: {_TE.ENABLED: _m(_T.INACTIVE), _TE.DISABLED: _m(_T.OFF), _TE.RISES: _m(_T.ACTIVE)},
        _T.ACTIVE: {_TE.ENABLED: _m(_T.ACTIVE), _TE.DISABLED: _m(_T.OFF), _TE.FALLS: _m(_T.INACTIVE)},
    },
    {_T.OFF: (0, 0), _T.INACTIVE: (1, 0), _T.ACTIVE: (2, 0)},
)  # fmt: skip
MACHINES: Final = (FUNCTION, TRAP)
RESULTS: Final = codes(
    """
    1200 success
    1400 client error
    1401 user refused
    1402 not supported
    1403 memory full
    1404 stopped by a limit
    """,
    Basis.PROPOSAL,
    "enablers sheet §3",
)
_ROOT: Final = "urn:oma:at:diagmon:1.0"
ALERTS: Final = tuple(f"{_ROOT}:{what}" for what in ("OperationComplete", "CollectedSimpleDataReport",
                                                     "TrapNotification", "TrapInactiveNotification",
                                                     "TrapDeregistered"))  # fmt: skip
_COMPLETE, _REPORT, _ACTIVE, _INACTIVE, _DEREGISTERED = ALERTS


@checked
@dataclass(slots=True)
class Function(Managed):
    """A diagnostic function: samples of ``sensor`` every SampIntrvl seconds, up to DefMemory or for DefDuration."""

    at: str
    """Where the object stands."""
    sensor: Sensor = lambda now: 0.0
    """What is measured, at a time in seconds."""
    description: str = "battery level"
    """The leaf Description."""
    name: str = "diagmon"
    """Its row of ``OBJECTS``."""
    runs: Natural = 0
    """Starts so far; samples of an earlier one count no more."""
    began: Seconds = 0.0
    """When it was started last."""
    asked: ExecAsked | None = None
    """The Exec which is still to be answered; None when a trap has started it."""
    remembers: ClassVar[tuple[str, ...]] = ("runs", "began", "asked")
    hears: ClassVar[frozenset[str]] = frozenset({"sample", "start"})
    place: Place = field(init=False)

    def __post_init__(self) -> None:
        self.place = Place(self.at)

    def build(self, tree: Tree) -> Tree:
        """Idle, with its settings and an empty store."""
        values: dict[str, Value | None] = {"Description": self.description, "ServerID": "", "Status": 10,
                                           "DiagMonData": None, "Operations/Stop": ""}  # fmt: skip
        parms: dict[str, Value] = {"SampIntrvl": 60, "DefDuration": 0, "DefMemory": 1000, "ReportCondition/Samples": 0}
        values |= {f"DiagMonConfig/ConfigParms/{leaf}": value for leaf, value in parms.items()}
        named: dict[str, Value | None | Node] = {self.place.uri(*k.split("/")): v for k, v in values.items()}
        return make_tree(tree, self.spec, named)

    def handlers(self) -> Handlers:
        """Exec on Start and Stop."""
        uri = self.place.uri
        return {uri("Operations", "Start"): self._start, uri("Operations", "Stop"): self._stop}

    def _parm(self, tree: Tree, *names: str) -> int:
        return self.place.number(tree, "DiagMonConfig", "ConfigParms", *names)

    def state(self, tree: Tree) -> FunctionState:
        """Where the function stands."""
        return FunctionState(self.place.number(tree, "Status"))

    def _start(self, tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        move = FUNCTION.move(self.state(tree), _FE.START)
        if not isinstance(move, ObjectMove):
            return refused(tree, move)
        self.asked = ExecAsked.of(call)
        tree, later = self._begun(tree, call.now)
        return tree, Outcome(StatusCode.ACCEPTED, later=(later,))

    def _begun(self, tree: Tree, now: float) -> tuple[Tree, After]:
        """Collecting begins, with an empty store."""
        self.runs, self.began = self.runs + 1, now
        data = self.place.node(tree, "DiagMonData")
        for sample in data.children if data is not None else ():
            tree = tree.remove(self.place.uri("DiagMonData", sample), now=now)
        tree = self.place.set(tree, int(_F.RUNNING), "Status", now=now)
        return tree, self.place.after(max(1, self._parm(tree, "SampIntrvl")), "sample", str(self.runs))

    def _stop(self, tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        move = FUNCTION.move(self.state(tree), _FE.STOP)
        if not isinstance(move, ObjectMove):
            return refused(tree, move)
        own = ExecAsked.of(call).report(self.place, _COMPLETE, 1200)
        tree, report = self._ended(tree, move.to, 1200, call.now)
        return tree, Outcome(StatusCode.ACCEPTED, later=(own, report))

    def _ended(self, tree: Tree, to: ObjectState, result: int, now: float) -> tuple[Tree, Later]:
        """It is over, which is told to whoever started it; after a start by a trap to the server named in ServerID."""
        self.runs += 1
        tree = self.place.set(tree, int(to), "Status", now=now)
        asked, self.asked = self.asked, None
        if asked is not None:
            return tree, asked.report(self.place, _COMPLETE, result, ok=result == 1200)
        return tree, self._data(tree, _COMPLETE, result, format="int", ok=result == 1200)

    def _data(self, tree: Tree, type: str, data: int | str, *, format: str = "chr", ok: bool = True) -> Later:
        """A report for the server that ServerID names, else for whoever started it; a correlator goes to its giver."""
        server = self.place.text(tree, "ServerID")
        asked = self.asked if self.asked is not None and server in ("", self.asked.by) else None
        to = server or (asked.by if asked is not None else "")
        correlator = asked.correlator if asked is not None else None
        return self.place.alert(type, data, correlator, ok=ok, format=format, to=to)

    def give_up(self, tree: Tree, lost: tuple[Due, ...], now: float) -> tuple[Tree, tuple[Later, ...]]:
        """A factory reset ends it: client error."""
        asked, self.asked = self.asked, None
        return tree, () if asked is None else (asked.report(self.place, _COMPLETE, 1400, ok=False),)

    def renewed(self, tree: Tree, before: Tree, now: float) -> Tree:
        """It does not run, and samples of before count no more."""
        self.runs, self.asked = self.runs + 1, None
        return tree

    def happen(self, tree: Tree, event: After, now: float) -> tuple[Tree, Outcome]:
        """A sample is taken, or a trap starts the function."""
        if event.event == "start":
            if not FUNCTION.move(self.state(tree), _FE.TRIGGERED):
                return tree, NOTHING
            self.asked = None
            tree, after = self._begun(tree, now)
            return tree, Outcome(None, later=(after,))
        if event.data != str(self.runs) or self.state(tree) is not _F.RUNNING:
            return tree, NOTHING
        data = self.place.node(tree, "DiagMonData")
        count = len(data.children) + 1 if data is not None else 1
        tree = self.place.set(tree, f"{now:g} {self.sensor(now):g}", "DiagMonData", str(count), now=now)
        later: list[After | Later] = []
        every = self._parm(tree, "ReportCondition", "Samples")
        if every and count % every == 0:
            later.append(self._data(tree, _REPORT, f"{count} samples"))
        duration, memory = self._parm(tree, "DefDuration"), self._parm(tree, "DefMemory")
        if (memory and count >= memory) or (duration and now - self.began >= duration):
            tree, report = self._ended(tree, _F.LIMIT, 1403 if memory and count >= memory else 1404, now)
            later.append(report)
        else:
            later.append(self.place.after(max(1, self._parm(tree, "SampIntrvl")), "sample", str(self.runs)))
        return tree, Outcome(None, later=tuple(later))


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
    sensor: Sensor = lambda now: 0.0
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
            return _T.OFF
        return _T.ACTIVE if self.active else _T.INACTIVE

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
        if event.data != str(self.watch) or self.state(tree) is _T.OFF:
            return tree, NOTHING
        holds = self._holds(tree, self.sensor(now))
        later: list[After | Later] = [self.place.after(self.every, "look", event.data)]
        if holds != self.active:
            move = TRAP.move(self.state(tree), _TE.RISES if holds else _TE.FALLS)
            self.active = isinstance(move, ObjectMove) and move.to is _T.ACTIVE
            later.extend(self._told(tree, holds))
        return tree, Outcome(None, later=tuple(later))

    def noticed(self, tree: Tree, now: float) -> tuple[Tree, tuple[Later, ...]]:
        """A function that is not to be started any more is told of: its address, as chr.  [enablers sheet §3]"""
        before, self.inward = self.inward, self._inward(tree)
        ended = [target for name, target in before if (name, target) not in self.inward]
        servers = dict.fromkeys(server for _, server in self._references(tree, "TargetServer")) or [""]
        return tree, tuple(
            Later(0.0, _DEREGISTERED, target, self.at, format="chr", to=server)
            for target in ended
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


def make_diagmon(at: str, **options: object) -> Function:
    """A diagnostic function at ``at``; the options are fields of ``Function``."""
    return Function(at, **options)  # type: ignore[arg-type]  # Row.make turns a wrong name into a sentence


def make_trap(at: str, **options: object) -> SensorTrap:
    """A trap at ``at``; the options are fields of ``SensorTrap``."""
    return SensorTrap(at, **options)  # type: ignore[arg-type]  # see above
