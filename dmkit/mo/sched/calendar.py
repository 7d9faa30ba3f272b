"""When components are next due: a calendar of entries, and the due times of each component.

An entry is void when its component has entered a newer one, or its schedule is gone.  Entries of one moment go by
phase (validity, samples, runs), Priority, the order in which schedules were installed, and components.
[scheduling sheet §5.1]
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Final

from dmkit.mo.sched.clock import ScheduleClock
from dmkit.mo.sched.memory import NEVER, ComponentMemory, Draw, DueTime, Live
from dmkit.mo.sched.time import Readings, wall_of
from dmkit.mo.sched.values import SchedRules

__all__ = ["SAMPLES", "Calendar", "Dues"]

SAMPLES: Final = 0
_RUNS: Final = 1
_SPANS: Final = -1
_LEAP: Final = 32
"""So many missed due times are gone through one by one; of more the last is looked up."""
HeapEntry = tuple[float, int, int, int, int, int, "ComponentMemory | Live", int]


class Calendar:
    """A heap of what is due, on the world's clock."""

    def __init__(self, clock: ScheduleClock, rules: SchedRules) -> None:
        self.clock, self.rules = clock, rules
        self.entries: list[HeapEntry] = []
        self._count = 0
        self._wanted: dict[ComponentMemory, None] = {}
        """Parts whose next entry is written when somebody looks: a run changes its part several times."""

    def peek(self) -> float:
        """When the first valid entry is due."""
        entries = self.entries
        if self._wanted:
            wanted, self._wanted = self._wanted, {}
            for part in wanted:
                self._write(part)
        while entries:
            entry = entries[0]
            what = entry[6]
            if entry[1] != _SPANS:
                if what.version == entry[7]:  # type: ignore[union-attr]
                    return entry[0]
            elif not what.gone:  # type: ignore[union-attr]
                return entry[0]
            heappop(entries)
        return NEVER

    def pop(self) -> HeapEntry:
        """The first entry; ``peek`` comes before."""
        return heappop(self.entries)

    def enter(self, part: ComponentMemory) -> None:
        """Write when ``part`` is next due; older entries are void."""
        self._wanted[part] = None

    def drop(self, part: ComponentMemory) -> None:
        """Nothing of ``part`` is due any more."""
        self._wanted.pop(part, None)
        part.version += 1

    def _write(self, part: ComponentMemory) -> None:
        part.version += 1
        clock = self.clock
        timed = clock.is_trusted or self.rules.untrusted == "runs"
        at, sampling = (clock.now, False) if part.fires else part.wait(clock.offset, timed)
        if at < NEVER:
            self._count += 1
            live = part.live
            phase, priority = SAMPLES if sampling else _RUNS, live.priority
            heappush(self.entries, (at, phase, priority, live.number, part.index, self._count, part, part.version))

    def enter_span(self, live: Live, *, at_once: bool = False) -> None:
        """The same for the beginning and the end of a schedule's validity; ``at_once``: an end that is past, too."""
        context, clock = live.context, self.clock
        if context is None or live.gone:
            return
        for edge in (context.valid_from, context.valid_to):
            past = at_once and edge is context.valid_to
            if edge is not None and (past or edge - clock.offset > clock.now):
                self._count += 1
                at = max(edge - clock.offset, clock.now)
                entry: HeapEntry = (at, _SPANS, live.priority, live.number, 0, self._count, live, 0)
                heappush(self.entries, entry)

    def clear(self) -> None:
        """Nothing is due any more; all is entered anew."""
        self.entries.clear()
        self._wanted.clear()


class Dues:
    """Due times of components: the next one, those that were missed, those that are settled."""

    def __init__(self, clock: ScheduleClock, rules: SchedRules, draw: Draw) -> None:
        self.clock, self.rules, self.draw = clock, rules, draw
        self.readings = Readings(rules.base, rules.gap, rules.hourly)

    def on_wall(self, part: ComponentMemory) -> bool:
        """Whether the component's due times are named by the wall clock."""
        time = part.component.time
        return time is not None and time.recurrence.on_wall(self.readings)

    def key(self, part: ComponentMemory, shown: float, wall: float) -> float:
        """Where clock and wall stand among the names of the component's due times."""
        return wall if self.on_wall(part) else shown

    def here(self, part: ComponentMemory) -> float:
        """Where the present stands."""
        return self.key(part, self.clock.shown, self.clock.wall)

    def point(self, part: ComponentMemory, key: float, *, pending: bool = True) -> None:
        """Go on with the first due time from ``key`` that is not settled.

        ``pending``: one before it that by Jitter runs only after it is not yet past.
        """
        part.next, part.beyond, part.cursor, part.last_key = None, False, None, None
        context, time = part.live.context, part.component.time
        if time is None or context is None:
            return
        if context.valid_from is not None:
            begins = context.valid_from
            wall = wall_of(begins, self.clock.local) - 86400 if self.on_wall(part) else begins
            key = max(key, wall)
        back = max(key - time.jitter, min(part.begun, key)) if pending else key
        part.cursor = time.recurrence.moments(self.clock.local, self.readings, back)
        self.take(part)
        if back != key:
            while (due := part.next) is not None and due.key < key and due.key + (due.at - due.due) < key:
                self.take(part)

    def take(self, part: ComponentMemory) -> None:
        """On to the next due time that is not settled and within validity."""
        context, time = part.live.context, part.component.time
        if context is None or time is None:
            return
        if part.cursor is None:
            key = part.last_key if part.last_key is not None else self.here(part)
            part.cursor = time.recurrence.moments(self.clock.local, self.readings, key)
            if part.last_key is not None:
                next(part.cursor, None)
        before = part.next.at if part.next is not None else -NEVER
        part.next = None
        begins, ends = context.valid_from, context.valid_to
        for key, due in part.cursor:
            if ends is not None and due >= ends:
                part.beyond = True
                return
            follows, part.last_key = part.last_key, key
            if (begins is not None and due < begins) or part.is_settled(key):
                continue
            spread = int(self.draw(part.component.uri, due) * (time.jitter + 1)) if time.jitter else 0
            at = max(due + spread, before) if spread else due if due > before else before
            if ends is None or at < ends:
                part.next = DueTime(key, due, at, follows)
            else:
                part.beyond = True
            return

    def missed(self, part: ComponentMemory, tolerance: float = 0.0) -> tuple[DueTime, DueTime] | None:
        """The first and the last due time that the device's clock has gone past; they are taken.

        One that is past by no more than its Window, or ``tolerance``, is due now and not missed.
        """
        shown, time = self.clock.shown, part.component.time
        if part.next is None or time is None or part.next.at >= shown:
            return None
        slack = max(float(time.window), tolerance)
        first = last = part.next
        count = 0
        while part.next is not None and part.next.at < shown:
            last = part.next
            count += 1
            if count == _LEAP:
                self._leap(part, shown - time.jitter)
            self.take(part)
        if last.at + slack < shown:
            return first, last
        self.point(part, last.key, pending=False)
        return None if first.key == last.key else (first, self._before(part, first, last))

    def _leap(self, part: ComponentMemory, shown: float) -> None:
        """Go to the last due time before ``shown`` at once."""
        context, time = part.live.context, part.component.time
        if time is None or context is None or part.next is None:
            return
        if context.valid_to is not None:
            shown = min(shown, context.valid_to)
        key = wall_of(shown, self.clock.local) if self.on_wall(part) else shown
        far = time.recurrence.last_before(self.clock.local, key, self.readings)
        if far is not None and far.key > part.next.key:
            at = part.next.at
            self.point(part, far.key, pending=False)
            if part.next is None:
                part.beyond = part.beyond or context.valid_to is not None
            elif part.next.at < at:
                part.next = part.next._replace(at=at)

    def _before(self, part: ComponentMemory, first: DueTime, last: DueTime) -> DueTime:
        """The due time before ``last``, no earlier than ``first``."""
        time = part.component.time
        assert time is not None
        found = time.recurrence.last_before(self.clock.local, last.key, self.readings)
        return DueTime(found.key, found.due, found.due) if found is not None and found.key > first.key else first

    def settle(self, part: ComponentMemory, due: DueTime | None) -> None:
        """``due`` ran, or never will: it does not come again."""
        if due is not None and not part.is_settled(due.key):
            part.settle(due.key, due.key, due.follows)

    def set_back(self, part: ComponentMemory, was: float, here: float) -> None:
        """The clock goes from ``was`` to ``here``: what lies ahead again and never ran is due once more.

        A correction within the tolerance leaves what has just been decided.  [rule ``skipped_again``]
        """
        if here < was and part.idle and self.rules.skipped_again == "due":
            part.lies_ahead(here if was - here > self.rules.tolerance else here + self.rules.tolerance)

    def again(self, part: ComponentMemory) -> bool:
        """Whether the part can be due once more."""
        if part.next is not None or part.postponed or part.beyond or part.held_trap:
            return True
        component = part.component
        return bool(component.traps or component.thresholds or component.results) and not part.takes_turns

    def is_valid(self, part: ComponentMemory) -> bool:
        """Whether the present is within the validity of its schedule."""
        context, shown = part.live.context, self.clock.shown
        if context is None:
            return False
        begins, ends = context.valid_from, context.valid_to
        return (begins is None or shown >= begins) and (ends is None or shown < ends)
