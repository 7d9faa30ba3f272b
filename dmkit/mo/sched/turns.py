"""Due times of components, whose turn it is, and what the server hears of it.  [scheduling sheet §4, §5.1, §6]"""

from __future__ import annotations

from collections.abc import Sequence

from dmkit.mo.sched import commands as work
from dmkit.mo.sched import tree_form as keep
from dmkit.mo.sched.board import Board
from dmkit.mo.sched.events import Report, What
from dmkit.mo.sched.memory import NEVER, Due, Live, Part, wall
from dmkit.mo.sched.states import Move, State
from dmkit.mo.sched.values import Code, When
from dmkit.words.model import Alert, Item

__all__ = ["Turns"]


class Turns(Board):
    """Components become active, rest and end; reports go into the outbox, entries into the log."""

    def _rewind(self, part: Part) -> None:
        """Begin the due times anew, behind what is settled."""
        time = part.component.time
        if time is None:
            return
        part.beyond = False
        part.dues = time.recurrence.dues(self.local, base_counts=self.rules.base == "first due")
        part.next = None
        self._take(part)
        if not time.recurrence.is_utc:
            while part.next is not None and wall(part.next.due, self.local) <= part.done_wall:
                self._take(part)

    def _take(self, part: Part) -> None:
        """On to the next due time that is not settled and within validity."""
        context, time = part.live.context, part.component.time
        if context is None or time is None:
            return
        before = part.next.at if part.next is not None else -NEVER
        part.next = None
        begins = context.valid_from if context.valid_from is not None else -NEVER
        for due in part.dues:
            if context.valid_to is not None and due >= context.valid_to:
                part.beyond = True
                return
            if due <= part.done or due < begins:
                continue
            spread = int(self.draw(part.component.uri, due) * (time.jitter + 1)) if time.jitter else 0
            at = max(due + spread, before)
            if context.valid_to is None or at < context.valid_to:
                part.next = Due(due, at)
            else:
                part.beyond = True
            return

    def _settle(self, part: Part, due: float | None) -> None:
        """``due`` ran, or never will: it does not come again."""
        if due is None or due <= part.done:
            return
        part.done = due
        time = part.component.time
        if time is not None and not time.recurrence.is_utc:
            part.done_wall = max(part.done_wall, wall(due, self.local))

    def _missed_dues(self, part: Part) -> list[float]:
        """Due times that the device's clock has gone past; they are taken."""
        missed: list[float] = []
        while part.next is not None and part.next.at < self.clock:
            missed.append(part.next.due)
            self._take(part)
        return missed

    def _again(self, part: Part) -> bool:
        """Whether the part can be due once more."""
        if part.next is not None or part.postponed or part.beyond:
            return True
        return bool(part.component.traps or part.component.thresholds) and not part.takes_turns

    def _is_valid(self, part: Part) -> bool:
        context = part.live.context
        if context is None:
            return False
        begins, ends = context.valid_from, context.valid_to
        return (begins is None or self.clock >= begins) and (ends is None or self.clock < ends)

    def _note(self, part: Part, code: Code, data: str = "") -> None:
        """An entry of the log; the oldest goes."""
        live = part.live
        live.entries += 1
        live.log[str(live.entries)] = keep.entry(self.clock, part.component.name, code, data)
        live.log.pop(str(live.entries - self.rules.max_log), None)
        live.log_changed = True
        self._dirty[live.uri] = live

    def _report(self, part: Part, code: Code, more: Sequence[Item] = ()) -> None:
        """Tell the server, unless Gating leaves that out."""
        context = part.live.context
        assert context is not None
        if context.lets_report(code):
            self._say(What.REPORTED, part.component.uri, None, code)
            self._post(part, work.report(context, part.component, code, self.rules.alert_type, self.clock, more))

    def _post(self, part: Part, alert: Alert) -> None:
        """Put an alert into the outbox."""
        context = part.live.context
        assert context is not None
        due = self.now
        if context.when is When.NEXT_SESSION:
            due = NEVER
        elif context.when is When.BATCHED:
            due = self.now + self.rules.batch_seconds
        self._batch = min(self._batch, due)
        self.outbox = [*self.outbox[1 - self.rules.max_outbox :], Report(self.now, context.reports_to, alert, due)]
        if context.when is not When.BATCHED:
            return
        batched = [r for r in self.outbox if self.now < r.due < NEVER and r.server == context.reports_to]
        if len(batched) >= self.rules.batch:
            self.outbox = [r._replace(due=self.now) if r in batched else r for r in self.outbox]

    def callers(self) -> tuple[str, ...]:
        """Servers for which a session is to be opened now."""
        return tuple(dict.fromkeys(r.server for r in self.outbox if r.due <= self.now)) if self.is_on else ()

    def reports(self, server: str) -> tuple[Alert, ...]:
        """Alerts for ``server``, those that could have waited too; they stay until ``reported``."""
        return tuple(r.alert for r in self.outbox if r.server == server)

    def reported(self, alert: Alert) -> None:
        """A server has answered ``alert``."""
        self.outbox = [r for r in self.outbox if r.alert != alert]

    def _expire(self, live: Live) -> None:
        said = False
        for part in live.parts:
            if part.state in (State.EXPIRED, State.FAILED):
                continue
            idle = part.state in (State.FINISHED, State.INACTIVE)
            cut = part.run or part.cut
            if not idle and (cut is not None or part.postponed):
                due = cut.due if cut is not None else part.postponed[0].due
                self._say(What.CANCELLED, part.component.uri, due, Code.EXPIRED, "its time is over")
                self._report(part, Code.EXPIRED)
            self._rest(part)
            self._move(part, Move.EXPIRE)
            said = True
        if said:
            self._say(What.EXPIRED, live.uri)

    def _start(self, live: Live) -> None:
        """The parts whose turn it is become active; those with a later turn rest."""
        context = live.context
        assert context is not None
        if context.valid_to is not None and self.clock >= context.valid_to:
            self._expire(live)
            return
        startable = [part for part in live.parts if part.state in (State.INSTALLED, State.INACTIVE)]
        orders = [part.component.order for part in startable if part.component.order is not None]
        first = min(orders, default=None)
        waits = context.valid_from is not None and self.clock < context.valid_from
        for part in startable:
            if waits or (part.component.order is not None and part.component.order != first):
                if part.state is State.INSTALLED:
                    self._move(part, Move.REST)
                part.awaits = waits
            else:
                self._arm(part)
        live.fresh = False
        if not waits and startable:
            self._say(What.STARTED, live.uri)

    def _arm(self, part: Part) -> None:
        """One part becomes active: due times from now on, sampling from now on."""
        self._rest(part)
        part.awaits = False
        if part.component.time is not None:
            self._rewind(part)
            while part.next is not None and part.next.due < self.clock:
                self._take(part)
        for watch in part.watches:
            watch.start(self.now, self.rules.first_sample == "counts")
        self._move(part, Move.START)
        if not self._again(part) and not part.takes_turns:
            self._say(What.CANCELLED, part.component.uri, None, Code.EXPIRED, "all its due times lie behind")
            self._report(part, Code.EXPIRED)
            self._move(part, Move.CANCEL_LAST)
            self._succeed(part)
        elif self.is_low and not part.live.insists:
            self._move(part, Move.SUSPEND)

    def _succeed(self, part: Part) -> bool:
        """The next in order becomes active; False when there is none."""
        following = self._successor(part)
        if following is None:
            return False
        self._arm(following)
        self._say(What.STARTED, following.component.uri, why=f"{part.component.name} is over")
        return True

    def _successor(self, part: Part) -> Part | None:
        order = part.component.order
        if order is None:
            return None
        later = [
            other for other in part.live.parts
            if other.component.order is not None and other.component.order > order and other.state is State.INACTIVE
        ]  # fmt: skip
        return min(later, key=lambda other: (other.component.order or 0, other.index), default=None)
