"""What the scheduler remembers of a component while time goes by: due times, samples, a run under way.

``SchedulerMemory`` is all of it as one frozen value: equal memories behave alike, and a scheduler can be made from one.

>>> from dmkit.mo.sched.values import Op, Threshold
>>> from dmkit.tree.node import Node
>>> watch = Watch(Threshold("./Bat/Level", Op.CROSS_DOWN, "20", hysteresis=5))
>>> [watch.sample(Node("int", str(level))) for level in (15, 30, 19, 22, 18, 26, 20)]
[False, False, True, False, False, False, True]
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import field
from hashlib import sha256
from typing import Any, Final, NamedTuple, TypeAlias

from dmkit.mo.sched.clock import ClockReading
from dmkit.mo.sched.gate import compare, number
from dmkit.mo.sched.states import ComponentMove, ScheduleState
from dmkit.mo.sched.time import Moment
from dmkit.mo.sched.values import Component, Op, ReportCode, ScheduleContext, Task, Threshold
from dmkit.tree.node import Node
from dmkit.words.model import Item
from dmkit.words.records import dataclass

__all__ = [
    "NEVER",
    "ComponentMemory",
    "Draw",
    "DueTime",
    "Live",
    "Postponed",
    "ScheduledRun",
    "SchedulerMemory",
    "Watch",
    "drawn",
]

NEVER = float("inf")
Draw: TypeAlias = Callable[[str, float], float]
"""Chance for Jitter: from a component's URI and a due time to a number from 0 to below 1, always the same one."""
_RELATION = {Op.GE: ">=", Op.LE: "<=", Op.GT: ">", Op.LT: "<", Op.EQ: "=", Op.NE: "!=", Op.CROSS_UP: ">=",
             Op.CROSS_DOWN: "<="}  # fmt: skip
_UP = frozenset({Op.GE, Op.GT, Op.CROSS_UP})
_DOWN = frozenset({Op.LE, Op.LT, Op.CROSS_DOWN})
_MOST_SPANS = 64
"""Spans of settled due times that a component remembers; then the two that lie closest become one."""


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
    is_open: bool = True
    """False until the event that opens the sampling has come."""
    is_blind: bool = False
    """The owner may not read the node; the server was told."""

    def start(self, now: float, counts: bool) -> None:
        """Begin anew: the first sample at ``now``, or when it is opened."""
        self.counts = counts and not self.threshold.op.crosses
        self.fired = self.met = self.is_blind = False
        self.is_open = not self.threshold.opens
        self.since = now
        self.at = now if self.is_open else NEVER
        self.last = None

    def open(self, now: float, counts: bool) -> None:
        """The event has come: sampling begins."""
        self.start(now, counts)
        self.is_open, self.at = True, now

    def beat(self, after: float, *, strictly: bool) -> float:
        """The first time to sample at ``after`` or later; ``strictly``: later."""
        if not self.is_open:
            return NEVER
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

    def forget(self, counts: bool) -> None:
        """What was sampled before a reboot says nothing: the next sample is a first one.  [P3b claim 3]"""
        self.counts = counts and not self.threshold.op.crosses and not self.fired
        self.met, self.last = False, None

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


class DueTime(NamedTuple):
    """A due time on the device's clock, by its name (``key``), and when with Jitter it really runs (``at``)."""

    key: float
    due: float
    at: float
    follows: float | None = None
    """The name of the due time just before it, where that is known."""


class Postponed(NamedTuple):
    """A run that was put off until ``at``, on the world's clock: what for, and why."""

    at: float
    due: DueTime | None
    late: bool = False
    """It makes up for one that was missed."""
    asked: bool = False
    """The user chose the time, and is not asked again."""
    waits: bool = False
    """The gate was closed; it is asked again at ``at``."""
    jumped: bool = False
    """It was missed because the clock was set: when it comes to nothing, the due time is not settled."""


@dataclass(slots=True)
class ScheduledRun:
    """A run under way: what it is for, which tasks are left, and what it waits for until ``until``."""

    due: DueTime | None
    late: bool
    tasks: list[Task]
    until: float
    began: float
    tries: int = 0
    waits: bool = True
    """At ``until`` the next task begins (the user has answered, a retry is due); else the one in hand is over."""
    code: ReportCode = ReportCode.OK
    """What the task in hand will have come to."""
    why: str = ""
    status: Item | None = None
    """The status of a task that failed."""
    items: list[Item] = field(default_factory=list)
    """What Get has found."""
    results: list[tuple[str, str, int]] = field(default_factory=list)
    """Task, target and status of each command so far."""
    ended: ReportCode | None = None
    """Why it goes no further."""


def _without(spans: list[tuple[float, float]], first: float, last: float) -> list[tuple[float, float]]:
    """Spans without the names from ``first`` to ``last``; names are whole seconds.

    >>> _without([(0, 20), (30, 40)], 10, 30)
    [(0, 9.5), (30.5, 40)]
    """
    found: list[tuple[float, float]] = []
    for span in spans:
        if span[1] < first or span[0] > last:
            found.append(span)
        else:
            found += [rest for rest in ((span[0], first - 0.5), (last + 0.5, span[1])) if rest[0] <= rest[1]]
    return found


@dataclass(slots=True, eq=False)
class ComponentMemory:
    """A component and what it is doing."""

    component: Component
    live: Live
    index: int
    state: ScheduleState = ScheduleState.INSTALLED
    next: DueTime | None = None
    beyond: bool = False
    """There would be more due times, but validity ends before."""
    settled: list[tuple[float, float]] = field(default_factory=list)
    """Spans of due times, by name, that ran or never will: they do not come again."""
    idle: list[tuple[float, float]] = field(default_factory=list)
    """Spans among them that never ran: cancelled, suppressed, declined, made up for by others."""
    idle_to: float = -NEVER
    """No such span has ended later."""
    latched: set[str] = field(default_factory=set)
    """Families of conditions that have come true, waiting for the others (Logic 1) or for the gate."""
    postponed: list[Postponed] = field(default_factory=list)
    watches: list[Watch] = field(default_factory=list)
    run: ScheduledRun | None = None
    cut: ScheduledRun | None = None
    """A run that was cut off."""
    missed_trap: bool = False
    held_trap: bool = False
    """An event came within the hold-off; it counts when that is over."""
    quiet: float = -NEVER
    """The hold-off of events lasts until then."""
    fires: bool = False
    """A sample fired; the run itself comes behind all samples of the same time."""
    version: int = 0
    """Entries in the calendar with another number are void."""
    awaits: bool = False
    """Rests until Valid/From."""
    over: bool = False
    """Ended because no due time was left: a clock set back may bring one."""
    since: ClockReading | None = None
    """Clock and wall when it was suspended: what is due from there on may be missed."""
    before: ScheduleState | None = None
    """The state in which it expired."""
    jumped: bool = False
    """The clock was set forward while it ran: what that passed over is missed by the clock."""
    held: str = ""
    """Why it is suspended although the device could: "by hand", "account gone"."""
    cursor: Iterator[Moment] | None = None
    """Where the rule's due times go on; made anew when it is missing."""
    last_key: float | None = None
    """Name of the due time that the cursor gave last."""
    shown: ScheduleState | None = None
    """The state that the tree shows, or will when somebody looks; with its time, and how often it has changed since."""
    shown_at: float = 0.0
    shown_moves: int = 0
    begun: float = NEVER
    """Where it stood among the names of its due times when it became active: earlier ones are none of its."""

    @property
    def takes_turns(self) -> bool:
        """True with Order and no due times: one run is its whole turn."""
        return self.component.order is not None and self.component.time is None

    def is_settled(self, key: float) -> bool:
        """Whether the due time of that name ran, or never will."""
        spans = self.settled
        if not spans or key > spans[-1][1]:
            return False
        at = bisect_right(spans, (key, NEVER)) - 1
        return at >= 0 and spans[at][0] <= key <= spans[at][1]

    def settle(self, first: float, last: float, follows: float | None = None) -> None:
        """Due times from ``first`` to ``last`` do not come again; ``follows`` is the one just before."""
        spans = self.settled
        if spans and follows is not None and spans[-1][1] == follows:
            spans[-1] = (spans[-1][0], last)
            return
        if (not spans or first > spans[-1][1]) and len(spans) < _MOST_SPANS and follows is None:
            spans.append((first, last))
            return
        if follows is not None and any(span[1] == follows for span in spans):
            first = next(span[0] for span in spans if span[1] == follows)
        apart = [span for span in spans if span[1] < first or span[0] > last]
        touched = [span for span in spans if not (span[1] < first or span[0] > last)]
        whole = (min([first, *(s[0] for s in touched)]), max([last, *(s[1] for s in touched)]))
        self.settled = sorted([*apart, whole])
        if len(self.settled) > _MOST_SPANS:
            spans = self.settled
            at = min(range(1, len(spans)), key=lambda n: spans[n][0] - spans[n - 1][1])
            spans[at - 1 : at + 1] = [(spans[at - 1][0], spans[at][1])]

    def unsettle(self, key: float) -> None:
        """The due time of that name has not run after all: it comes when the clock comes to it."""
        self.settled = _without(self.settled, key, key)

    def lay_aside(self, first: float, last: float, follows: float | None = None) -> None:
        """Settle due times from ``first`` to ``last``; those that are not yet settled never ran."""
        spans = [(first, last)]
        for span in self.settled:
            if span[1] >= first and span[0] <= last:
                spans = _without(spans, *span)
        self.settle(first, last, follows)
        for span in spans:
            self.never_ran(*span)

    def never_ran(self, first: float, last: float | None = None) -> None:
        """Due times from ``first`` to ``last`` are settled and did not run."""
        last = first if last is None else last
        self.idle.append((first, last))
        self.idle_to = max(self.idle_to, last)
        if len(self.idle) > _MOST_SPANS:
            del self.idle[0]

    def ran(self, key: float) -> None:
        """The due time of that name runs, after all."""
        if self.idle and key <= self.idle_to:
            self.idle = _without(self.idle, key, key)

    def lies_ahead(self, key: float) -> None:
        """The clock was set back: what is named later than ``key`` and never ran is due again."""
        for first, last in self.idle:
            if last > key:
                self.settled = _without(self.settled, max(first, key + 0.5), last)
        self.idle = _without(self.idle, key + 0.5, NEVER)

    def wait(self, offset: float, timed: bool = True) -> tuple[float, bool]:
        """When this part next has something to do, on the world's clock, and whether that is sampling only."""
        if self.state is ScheduleState.RUNNING and self.run is not None:
            return self.run.until, False
        if self.state is not ScheduleState.ACTIVE:
            return NEVER, False
        at = self.next.at - offset if self.next is not None and timed else NEVER
        for entry in self.postponed:
            if entry.at < at:
                at = entry.at
        if self.held_trap and self.quiet < at:
            at = self.quiet
        sampling = NEVER
        for watch in self.watches:
            if watch.at < sampling:
                sampling = watch.at
        return (sampling, True) if sampling <= at else (at, False)


@dataclass(slots=True, eq=False)
class Live:
    """A schedule on the device; without ``context`` it is not valid, and ``why`` says what is wrong with it."""

    uri: str
    owner: str
    number: int = 0
    """Schedules of one priority go in the order of these: that of their installation."""
    context: ScheduleContext | None = None
    parts: list[ComponentMemory] = field(default_factory=list)
    why: str = ""
    status: int = 200
    fresh: bool = True
    """Waits for the end of the session that installed or changed it."""
    by_task: bool = False
    """A task installed it: it waits for the end of that run."""
    failed: bool = False
    gone: bool = False
    """Deleted; a run of its own may still be under way."""
    insists: bool = False
    """Resumed by hand: low battery does not hold it."""
    shown: ScheduleState | None = None
    """As that of a component."""
    shown_at: float = 0.0
    shown_moves: int = 0
    log: dict[str, Any] = field(default_factory=dict)
    """Entries of Log by their number, the oldest first."""
    log_changed: bool = False
    entries: int = 0
    triggers: int = 0
    failures: int = 0
    last_failure: int = 0
    last_failed: float | None = None
    told: ScheduleState | None = None
    """The state that was last reported, where states are."""
    consent: bool = True
    """False until the user has agreed to the installation."""
    wish: ComponentMove | None = None
    """STOP or SUSPEND, told by a task of its own: it counts when that run is over."""
    seen: Node | None = None
    """The schedule in the tree as it was last looked at."""
    whole: Node | None = None
    """The schedule in the tree with all that the client adds, as it was last written."""

    @property
    def priority(self) -> int:
        """Lower goes first; without one, last."""
        return self.context.priority if self.context is not None and self.context.priority is not None else 1001


_UNKEPT: Final = frozenset({"cursor", "live", "version", "shown", "shown_at", "shown_moves"})
"""What is found anew, and no part of a value."""


def _plain(thing: Any) -> tuple[Any, ...]:
    """The fields of a slotted value, those that are lists and such as tuples."""
    found = []
    for name in thing.__slots__:
        value = getattr(thing, name)
        if name in _UNKEPT:
            value = None
        elif isinstance(value, list):
            value = tuple(_plain(v) if isinstance(v, Watch | ComponentMemory) else v for v in value)
        elif isinstance(value, set):
            value = frozenset(value)
        elif isinstance(value, dict):
            value = tuple(value.items())
        elif isinstance(value, ScheduledRun):
            value = _plain(value)
        found.append(value)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class SchedulerMemory:
    """All that a scheduler remembers besides its tree, frozen.

    ``Scheduler.memory`` makes it, ``Scheduler.remember`` takes it back.
    """

    clock: tuple[Any, ...]
    lives: tuple[tuple[Any, ...], ...] = ()
    outbox: tuple[Any, ...] = ()
    quiet: tuple[tuple[str, float, int], ...] = ()
    lost: tuple[tuple[str, int], ...] = ()
    count: int = 0
    accounts: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    """Servers whose accounts were removed."""

    def __hash__(self) -> int:  # nodes of logs have no hash, and count for equality only
        return hash((self.clock, self.quiet, self.lost, self.count, len(self.lives), len(self.outbox)))

    @staticmethod
    def of_live(live: Live) -> tuple[Any, ...]:
        """One schedule, frozen."""
        return _plain(live)

    @staticmethod
    def to_live(kept: tuple[Any, ...]) -> Live:
        """A schedule from what ``of_live`` made."""
        live = Live("", "")
        for name, value in zip(Live.__slots__, kept, strict=True):
            if name in _UNKEPT:
                continue
            if name == "parts":
                value = [_part(live, row) for row in value]
            elif name == "log":
                value = dict(value)
            setattr(live, name, value)
        return live


def _part(live: Live, kept: tuple[Any, ...]) -> ComponentMemory:
    part = ComponentMemory(kept[0], live, 0)
    for name, value in zip(ComponentMemory.__slots__, kept, strict=True):
        if name in _UNKEPT:
            continue
        if name == "watches":
            value = [Watch(*row) for row in value]
        elif name in ("run", "cut") and value is not None:
            value = _run(value)
        elif name == "latched":
            value = set(value)
        elif name in ("settled", "idle", "postponed"):
            value = list(value)
        setattr(part, name, value)
    return part


def _run(kept: tuple[Any, ...]) -> ScheduledRun:
    run = ScheduledRun(*kept)
    run.tasks, run.items, run.results = list(run.tasks), list(run.items), list(run.results)
    return run
