"""DiagMon: a function that collects records and reports; the trap that starts one is ``dmkit.mo.trap``.

Without a name a function is the frame alone: samples of one number, each a text of time and value.  With one of
``diagmon_functions.FUNCTIONS`` (``with_object("diagmon", function="batteryinfo")``) it has the identifier of that
function, and records with its leaves.  Frame, identifiers and alert types are registered; operations, status values
and what a record has are not known from a source and marked so.  [enablers sheet §3]
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Final

from dmkit.ddf.spec import Spec
from dmkit.mo.diagmon_functions import FUNCTIONS, DiagFunction, DiagWay, Reading, described, function_of
from dmkit.mo.diagmon_states import ALERTS, FUNCTION, RESULTS, FunctionEvent, FunctionState
from dmkit.mo.machine import ObjectMove, ObjectState
from dmkit.mo.object import NOTHING, ExecAsked, Handlers, Managed, Place, load, make_tree, moved, refused
from dmkit.tree.context import Call
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.words.checked import checked
from dmkit.words.codes import StatusCode
from dmkit.words.counts import many
from dmkit.words.model import Value
from dmkit.words.outcome import After, Due, Later, Outcome
from dmkit.words.ranges import Natural, Seconds

__all__ = [
    "ALERTS",
    "FUNCTION",
    "FUNCTIONS",
    "MACHINES",
    "RESULTS",
    "Function",
    "FunctionEvent",
    "FunctionState",
    "make",
]

MACHINES: Final = (FUNCTION,)
_F, _FE = FunctionState, FunctionEvent
_COMPLETE, _REPORT = ALERTS[:2]


@checked
@dataclass(slots=True)
class Function(Managed):
    """A diagnostic function: samples of ``sensor`` every SampIntrvl seconds, up to DefMemory or for DefDuration."""

    at: str
    """Where the object stands."""
    sensor: Reading | None = None
    """What is measured, at a time in seconds: a number, or values by leaf; None: what an example device measures."""
    description: str = ""
    """The leaf Description; empty: what the function is about."""
    function: str = ""
    """The function behind the frame, a name of ``FUNCTIONS``; empty: the frame alone, with samples of one number."""
    boots: Seconds = 5.0
    """How long a restart takes, which the function ``restart`` brings about."""
    name: str = "diagmon"
    """Its row of ``OBJECTS``."""
    runs: Natural = 0
    """Starts so far; samples of an earlier one count no more."""
    began: Seconds = 0.0
    """When it was started last."""
    asked: ExecAsked | None = None
    """The Exec which is still to be answered; None when a trap has started it."""
    remembers: ClassVar[tuple[str, ...]] = ("runs", "began", "asked")
    hears: ClassVar[frozenset[str]] = frozenset({"sample", "start", "restart", "limit"})
    restarts: ClassVar[frozenset[str]] = frozenset({"restart"})
    place: Place = field(init=False)
    kind: DiagFunction | None = field(init=False)

    def __post_init__(self) -> None:
        self.place = Place(self.at)
        self.kind = function_of(self.function) if self.function else None

    @property
    def spec(self) -> Spec:
        """The description of its function, at its place."""
        frame = load(self.name)
        return moved(described(frame, self.function) if self.function else frame, self.at)

    @property
    def way(self) -> DiagWay:
        """How it works, once it is started."""
        return DiagWay.SAMPLES if self.kind is None else self.kind.way

    def build(self, tree: Tree) -> Tree:
        """Idle, with its settings and an empty store."""
        about = self.description or (self.kind.title if self.kind is not None else "battery level")
        values: dict[str, Value | None] = {"Description": about, "ServerID": "", "Status": 10,
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
        return tree, Outcome(StatusCode.ACCEPTED, later=later)

    def _begun(self, tree: Tree, now: float) -> tuple[Tree, tuple[After, ...]]:
        """Collecting begins, with an empty store."""
        self.runs, self.began = self.runs + 1, now
        data = self.place.node(tree, "DiagMonData")
        for sample in data.children if data is not None else ():
            tree = tree.remove(self.place.uri("DiagMonData", sample), now=now)
        tree = self.place.set(tree, int(_F.RUNNING), "Status", now=now)
        duration = self._parm(tree, "DefDuration")
        seconds, event = {
            DiagWay.SAMPLES: (float(max(1, self._parm(tree, "SampIntrvl"))), "sample"),
            DiagWay.ONCE: (1.0, "sample"),
            DiagWay.RESTART: (0.0, "restart"),
            DiagWay.LOG: (float(duration), "limit"),
        }[self.way]
        if event == "limit" and not duration:
            return tree, ()
        return tree, (self.place.after(seconds, event, str(self.runs)),)

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

    def wants_restart(self, tree: Tree, event: After) -> bool:
        """Only for a start that goes on: it may be stopped while the restart is awaited."""
        return event.event in self.restarts and self._goes_on(tree, event)

    def _goes_on(self, tree: Tree, event: After) -> bool:
        return event.data == str(self.runs) and self.state(tree) is _F.RUNNING

    def boot(self, tree: Tree, lost: tuple[Due, ...], now: float) -> tuple[Tree, tuple[Due, ...]]:
        """What goes on, goes on; a log that is kept has a record of it."""
        again = tuple(due.again(now) for due in lost)
        if self.way is not DiagWay.LOG or self.state(tree) is not _F.RUNNING:
            return tree, again
        tree, outcome = self._sampled(tree, now)
        return tree, (*again, *(Due.of(each, getattr(each, "to", ""), now) for each in outcome.later))

    def happen(self, tree: Tree, event: After, now: float) -> tuple[Tree, Outcome]:
        """A record is taken, the device has restarted, or a trap starts the function."""
        if event.event == "start":
            if not FUNCTION.move(self.state(tree), _FE.TRIGGERED):
                return tree, NOTHING
            self.asked = None
            tree, after = self._begun(tree, now)
            return tree, Outcome(None, later=after)
        if not self._goes_on(tree, event):
            return tree, NOTHING
        if event.event == "restart":  # it has just happened, and takes its time
            return tree, Outcome(None, later=(self.place.after(self.boots, "sample", event.data),))
        if event.event == "limit":
            tree, report = self._ended(tree, _F.LIMIT, 1404, now)
            return tree, Outcome(None, later=(report,))
        return self._sampled(tree, now)

    def _sampled(self, tree: Tree, now: float) -> tuple[Tree, Outcome]:
        """One record more, and what follows: a report, the end, or the next one."""
        data = self.place.node(tree, "DiagMonData")
        count = len(data.children) + 1 if data is not None else 1
        for names, value in self._record(now).items():
            tree = self.place.set(tree, value, "DiagMonData", str(count), *names, now=now)
        if self.way in (DiagWay.ONCE, DiagWay.RESTART):
            tree, report = self._ended(tree, _F.IDLE, 1200, now)
            return tree, Outcome(None, later=(report,))
        later: list[After | Later] = []
        every = self._parm(tree, "ReportCondition", "Samples")
        if every and count % every == 0:
            later.append(self._data(tree, _REPORT, many(count, "sample")))
        duration, memory = self._parm(tree, "DefDuration"), self._parm(tree, "DefMemory")
        if (memory and count >= memory) or (duration and now - self.began >= duration):
            tree, report = self._ended(tree, _F.LIMIT, 1403 if memory and count >= memory else 1404, now)
            later.append(report)
        elif self.way is DiagWay.SAMPLES:
            later.append(self.place.after(max(1, self._parm(tree, "SampIntrvl")), "sample", str(self.runs)))
        return tree, Outcome(None, later=tuple(later))

    def _record(self, now: float) -> dict[tuple[str, ...], Value]:
        """What is measured now, by address below the record."""
        if self.kind is None:
            found = self.sensor(now) if self.sensor is not None else 0.0
            return {(): f"{now:g} {found:g}"}
        values = self.kind.record((self.sensor or self.kind.reading)(now))
        return {("Time",): f"{now:g}", **{(name,): value for name, value in values.items()}}


def make(at: str, **options: object) -> Function:
    """A diagnostic function at ``at``; the options are fields of ``Function``.

    >>> make("./DiagMon/Memory", function="memory").spec.roots[0].object_id
    'urn:oma:mo:oma-diag:memory:1.0'
    """
    return Function(at, **options)  # type: ignore[arg-type]  # Row.make turns a wrong name into a sentence
