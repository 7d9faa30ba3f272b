"""What the scheduler remembers of a component while time goes by: due times, samples, a run under way.

>>> from dmkit.mo.sched.values import Op, Threshold
>>> from dmkit.tree.node import Node
>>> watch = Watch(Threshold("./Bat/Level", Op.CROSS_DOWN, "20", hysteresis=5))
>>> [watch.sample(Node("int", str(level))) for level in (15, 30, 19, 22, 18, 26, 20)]
[False, False, True, False, False, False, True]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from hashlib import sha256
from typing import NamedTuple, TypeAlias

from dmkit.mo.sched.gate import compare, number
from dmkit.mo.sched.states import State
from dmkit.mo.sched.values import Code, Component, Context, Op, Task, Threshold
from dmkit.tree.node import Node
from dmkit.words.model import Item

__all__ = ["NEVER", "Draw", "Due", "Live", "Part", "Postponed", "Run", "Watch", "drawn"]

NEVER = float("inf")
Draw: TypeAlias = Callable[[str, float], float]
"""Chance for Jitter: from a component's URI and a due time to a number from 0 to below 1, always the same one."""
_RELATION = {Op.GE: ">=", Op.LE: "<=", Op.GT: ">", Op.LT: "<", Op.EQ: "=", Op.NE: "!=", Op.CROSS_UP: ">=",
             Op.CROSS_DOWN: "<="}  # fmt: skip
_UP = frozenset({Op.GE, Op.GT, Op.CROSS_UP})
_DOWN = frozenset({Op.LE, Op.LT, Op.CROSS_DOWN})


def drawn(seed: object) -> Draw:
    """Draws that depend on ``seed``, the component and the due time only, so that one never shifts another.

    >>> draw = drawn(1)
    >>> draw("./Sched/A", 60.0) == drawn(1)("./Sched/A", 60.0), 0 <= draw("./Sched/A", 120.0) < 1
    (True, True)
    """

    def draw(uri: str, due: float) -> float:
        digest = sha256(f"{seed} {uri} {due!r}".encode()).digest()
        return int.from_bytes(digest[:6], "big") / 2**48

    return draw


@dataclass(slots=True)
class Watch:
    """A threshold and what it remembers: whether the last sample met it, whether it counts when one does.

    Counting anew needs a sample that has left by Hysteresis; before it first fired, one that does not meet it.
    """

    threshold: Threshold
    counts: bool = False
    fired: bool = False
    met: bool = False
    at: float = NEVER
    """When the next sample is taken."""
    since: float = 0.0
    """When sampling began: samples are taken at whole multiples of Sampling from here."""
    last: Node | None = None
    """The node at the last sample."""

    def start(self, now: float, counts: bool) -> None:
        """Begin anew: the first sample at ``now``."""
        self.counts = counts and not self.threshold.op.crosses
        self.fired = self.met = False
        self.at = self.since = now
        self.last = None

    def beat(self, after: float, *, strictly: bool) -> float:
        """The first time to sample at ``after`` or later; ``strictly``: later."""
        step = self.threshold.sampling
        beats = int((after - self.since) // step)
        at = self.since + beats * step
        return at if at > after or (at == after and not strictly) else at + step

    def sample(self, node: Node) -> bool:
        """Take a sample: true when the threshold fires."""
        self.met = compare(node, _RELATION[self.threshold.op], self.threshold.value)
        if self.met and self.counts:
            self.counts, self.fired = False, True
            return True
        if not self.counts and not self.met and (not self.fired or self._has_left(node)):
            self.counts = True
        return False

    def _has_left(self, node: Node) -> bool:
        distance = self.threshold.hysteresis
        value, limit = number(node.text), number(self.threshold.value)
        if not distance or value is None or limit is None or self.threshold.op is Op.NE:
            return True
        if self.threshold.op in _UP:
            return value <= limit - distance
        if self.threshold.op in _DOWN:
            return value >= limit + distance
        return abs(value - limit) >= distance


@dataclass(frozen=True, slots=True)
class Due:
    """A due time on the device's clock, and when with Jitter it really runs."""

    due: float
    at: float


class Postponed(NamedTuple):
    """A run that was put off until ``at``, on the world's clock: what for, and why."""

    at: float
    due: float | None
    late: bool = False
    """It makes up for one that was missed."""
    asked: bool = False
    """The user chose the time, and is not asked again."""


@dataclass(slots=True)
class Run:
    """A run under way: what it is for, which tasks are left, and what it waits for until ``until``."""

    due: float | None
    late: bool
    tasks: list[Task]
    until: float
    began: float
    tries: int = 0
    waits: bool = True
    """At ``until`` the next task begins (the user has answered, a retry is due); else the one in hand is over."""
    code: Code = Code.OK
    """What the task in hand will have come to."""
    why: str = ""
    status: Item | None = None
    """The status of a task that failed."""
    items: list[Item] = field(default_factory=list)
    """What Get has found."""


@dataclass(slots=True, eq=False)
class Part:
    """A component and what it is doing."""

    component: Component
    live: Live
    index: int
    state: State = State.INSTALLED
    dues: Iterator[float] = field(default_factory=lambda: iter(()))
    next: Due | None = None
    beyond: bool = False
    """There would be more due times, but validity ends before."""
    done: float = -NEVER
    """The last due time that is settled: it never comes again."""
    done_wall: datetime = datetime.min
    """The same on the wall, for local times: a zone left behind does not bring it back."""
    latched: set[str] = field(default_factory=set)
    """Families of conditions that have come true, waiting for the others (Logic 1) or for the gate."""
    postponed: list[Postponed] = field(default_factory=list)
    watches: list[Watch] = field(default_factory=list)
    run: Run | None = None
    cut: Run | None = None
    """A run that was cut off."""
    missed_trap: bool = False
    fires: bool = False
    """A sample fired; the run itself comes behind all samples of the same time."""
    version: int = 0
    """Entries in the calendar with another number are void."""
    awaits: bool = False
    """Rests until Valid/From."""

    @property
    def takes_turns(self) -> bool:
        """True with Order and no due times: one run is its whole turn."""
        return self.component.order is not None and self.component.time is None

    def wait(self, offset: float) -> tuple[float, bool]:
        """When this part next has something to do, on the world's clock, and whether that is sampling only."""
        if self.state is State.RUNNING and self.run is not None:
            return self.run.until, False
        if self.state is not State.ACTIVE:
            return NEVER, False
        at = self.next.at - offset if self.next is not None else NEVER
        for entry in self.postponed:
            at = min(at, entry.at)
        sampling = NEVER
        for watch in self.watches:
            sampling = min(sampling, watch.at)
        return (sampling, True) if sampling <= at else (at, False)


@dataclass(slots=True, eq=False)
class Live:
    """A schedule on the device; without ``context`` it is not valid, and ``why`` says what is wrong with it."""

    uri: str
    owner: str
    context: Context | None = None
    parts: list[Part] = field(default_factory=list)
    why: str = ""
    status: int = 200
    fresh: bool = True
    """Waits for the end of the session that installed or changed it."""
    failed: bool = False
    insists: bool = False
    """Resumed by hand: low battery does not hold it."""
    log: dict[str, Node] = field(default_factory=dict)
    """Entries of Log by their number, the oldest first."""
    log_changed: bool = False
    entries: int = 0
    seen: Node | None = None
    """The schedule in the tree as it was last looked at."""

    @property
    def priority(self) -> int:
        """Lower goes first; without one, last."""
        return self.context.priority if self.context is not None and self.context.priority is not None else 1001


def wall(seconds: float, local: tzinfo) -> datetime:
    """What the clock on the wall shows."""
    return datetime.fromtimestamp(seconds, local).replace(tzinfo=None)
