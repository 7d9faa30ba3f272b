"""What the engines of a campaign share: the durations of a plan in microseconds, the counters, and the rules for
beginning, failing and trying again.  Whatever is here cannot differ between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from dmkit.sim.clock import HOUR, waiting
from dmkit.sim.draws import NEVER, TURNS
from dmkit.sim.rates import Rate, micro, too_late, within
from dmkit.sim.run import FATES, OUTCOMES, Run

if TYPE_CHECKING:
    from dmkit.sim.campaign import Campaign
    from dmkit.sim.draws import Draws
    from dmkit.sim.net import Link
    from dmkit.sim.tape import Tape

__all__ = ["Book", "Bucket", "ExchangeTimes", "Precedence", "Terms"]

DONE, NOT_REACHED, NO_ANSWER, REFUSED, LOST, DOWNLOAD_BROKE, OVER_BUDGET = range(len(OUTCOMES))
TAKEN, TURNED_AWAY, LOST_ON_THE_WAY, NO_SERVER, CUT_OFF, HELD_UP = range(len(FATES))
FATE_COUNT: Final = len(FATES)
_MOST_WORK: Final = 1 << 61
"""Microseconds of all servers together: the compiled loop counts them in 64 bits."""
REFUSAL: Final = 120
"""Octets of an answer that says only Retry-After."""


class Precedence(IntEnum):
    """What happens first when several things fall on one microsecond."""

    FREE = 0
    UP = 1
    DOWN = 2
    SENT = 3
    ANSWER = 4
    TIMEOUT = 5
    BEGIN = 6
    DONE = 7


@dataclass(frozen=True, slots=True)
class ExchangeTimes:
    """One exchange of the tape on this link: microseconds up, down and until the next message; octets."""

    up: int
    down: int
    think: int
    up_octets: int
    down_octets: int


@dataclass(frozen=True, slots=True)
class Terms:
    """A class of devices: what its link and its tape come to, in microseconds."""

    link: Link
    trips: tuple[ExchangeTimes, ...]
    setup: int
    timeout: int
    refusal: int
    resends: int
    chances: tuple[float, ...]
    """That a message is lost at least once, twice, ..., as often as it is sent."""

    @classmethod
    def of(cls, link: Link, tape: Tape) -> Terms:
        """No message travels in less than a microsecond: cause comes before effect in every engine."""
        return cls(
            link,
            tuple(
                ExchangeTimes(
                    max(1, micro(link.up_seconds(trip.up), "Trip.up")),
                    max(1, micro(link.down_seconds(trip.down), "Trip.down")),
                    micro(trip.think, "Trip.think"),
                    trip.up,
                    trip.down,
                )
                for trip in tape.trips
            ),
            micro(link.setup_seconds, "Link.setup"),
            max(3, micro(link.timeout, "Link.timeout")),
            max(1, micro(link.down_seconds(REFUSAL), "Link.down")),
            link.resends,
            tuple(link.loss**times for times in range(1, link.resends + 2)) if link.loss else (),
        )


class Bucket:
    """A token bucket as a time: when it would be full again.  [GCRA]"""

    __slots__ = ("full", "interval", "slack")

    def __init__(self, rate: Rate) -> None:
        self.interval, self.slack, self.full = rate.interval, rate.slack, 0

    def takes(self, now: int) -> bool:
        """Whether there is a token at ``now``; if so it is taken."""
        if now < self.full - self.slack:
            return False
        self.full = max(self.full, now) + self.interval
        return True

    def leaves(self, now: int, latest: int) -> int | None:
        """When what came at ``now`` may go on, a token taken; None when that is after ``latest``."""
        at = max(now, self.full - self.slack)
        if at > latest:
            return None
        self.full = max(self.full, at) + self.interval
        return at


class Book:
    """Keeps the state of one run.  Times are microseconds."""

    def __init__(self, plan: Campaign, draws: Draws) -> None:
        self.plan, self.draws = plan, draws
        n = plan.devices
        self.terms = tuple(Terms.of(link, tape) for link, tape in plan.kinds)
        self.klass: list[int] = draws.klass.tolist()
        self.package = plan.download.octets if plan.download is not None else 0
        self.left = [self.package] * n
        urgent = draws.urgent.tolist()
        ranks = [-2 * one.priority for one in plan.classes] or [0]
        self.rank: list[int] = [ranks[k] + (not u) for k, u in zip(self.klass, urgent, strict=True)]
        """Requests of the smallest number go first."""
        self.session_done = bytearray(n)
        self.previous = [0.0] * n
        self.finished, self.outcome = [-1] * n, [NOT_REACHED] * n
        self.attempts, self.refusals, self.waited = [0] * n, [0] * n, [0] * n
        self.octets_up, self.octets_down, self.connected = [0] * n, [0] * n, [0] * n
        self.peak = self.served = self.wasted = self.busy = 0
        self.fates = [0] * len(FATES)
        self.first = self.retries = 0
        self.requests: list[tuple[int, int, int]] | None = [] if plan.record else None
        self.offers: list[tuple[int, int, int]] | None = [] if plan.record else None
        self.prompts, self.wakings, self.postponed = [0] * n, [0] * n, [0] * n
        self.card = [0] * n
        self.round, self.rounds, self.began, self.took = [0] * n, [0] * n, [0] * n, [0] * n
        self.prompt = plan.prompt
        self.night = (
            (0, 0)
            if plan.prompt is None
            else (round(plan.prompt.night_start * HOUR), round(plan.prompt.night_end * HOUR))
        )
        self.window = (
            None if plan.window.whole_day else (round(plan.window.start * HOUR), round(plan.window.end * HOUR))
        )
        self.persons = [condition.person for condition in plan.conditions]
        lives = draws.lives.any
        self.period: tuple[list[int], list[int], list[int]] | None = (
            (draws.number.tolist(), draws.end.tolist(), draws.state.tolist()) if lives else None
        )
        self.gateway = Bucket(plan.gateway) if plan.gateway is not None else None

    # -- attempts

    def turn(self, device: int, attempt: int) -> int:
        """The turn of an attempt: part of the keys of its draws."""
        return self.round[device] * TURNS + attempt

    def due(self, device: int, when: int) -> int:
        """When an attempt that could begin at ``when`` does: the device is ready, and its window is open."""
        put_off = False
        for _ in range(1000):
            if self.period is not None:
                number, end, state = (column[device] for column in self.period)
                while end < when:
                    number, end, state = self.draws.lives.after(device, number, end, state)
                for column, value in zip(self.period, (number, end, state), strict=True):
                    column[device] = value
                if state >= 0:
                    when = end
                    put_off = put_off or self.persons[state]
            if self.window is None:
                break
            wait = waiting(when, self.draws.offsets[self.draws.zone[device]], *self.window)
            when += wait
            if not wait or self.period is None:
                break
        self.postponed[device] += put_off
        return within(when)

    def first_attempts(self) -> Iterator[tuple[int, int]]:
        """Time and number of each device that is reached, in order."""
        reached = np.flatnonzero(self.draws.begin != NEVER)
        when = self.draws.begin[reached]
        self.postponed = (self.draws.put_off & (self.draws.begin != NEVER)).astype(np.int64).tolist()
        order = np.lexsort((reached, when))
        return zip(when[order].tolist(), reached[order].tolist(), strict=True)

    def begin(self, device: int, attempt: int, now: int) -> None:
        """An attempt begins."""
        if self.prompt is not None and (attempt == 0 or self.prompt.again):
            self.prompts[device] += 1
            offsets = self.draws.offsets[self.draws.zone[device]]
            self.wakings[device] += not waiting(now, offsets, *self.night)
        self.attempts[device] += 1
        if self.plan.card is not None:
            self.card[device] += self.draws.card(device, self.turn(device, attempt))
        if attempt == 0:
            self.first += 1
            self.began[device] = now

    def access(self, device: int, attempt: int) -> int:
        """Microseconds until the device is on the network, its card included."""
        turn = self.round[device] * TURNS + attempt
        card = self.draws.card(device, turn) if self.plan.card is not None else 0
        return self.draws.access(device, turn) + card

    def fail(self, device: int, attempt: int, why: int, now: int, told: float) -> int | None:
        """An attempt has failed; when the next one is due, None when there is none.  ``told``: Retry-After, seconds."""
        self.outcome[device] = why
        if why == REFUSED:
            self.refusals[device] += 1
        retry = self.plan.retry
        if attempt + 1 == retry.attempts:
            return None
        if retry.budget is not None:
            if self.retries + 1 > retry.budget * self.first:
                self.outcome[device] = OVER_BUDGET
                return None
            self.retries += 1
        pause = self.draws.sleep(device, self.turn(device, attempt), attempt, self.previous[device], told)
        self.previous[device] = pause
        return self.due(device, now + round(pause * 1e6))

    def finish(self, device: int, now: int) -> None:
        """The job is done."""
        self.finished[device] = now
        self.outcome[device] = DONE
        self.rounds[device] += 1
        self.took[device] += now - self.began[device]

    def again(self, device: int, now: int) -> int | None:
        """When a device of a closed population that is done with a round, or gave it up, begins the next."""
        again = self.plan.again
        if again is None:
            return None
        self.round[device] += 1
        when = now + self.draws.think(device, self.round[device] * TURNS)
        if when >= again.until * 1e6:
            return None
        self.session_done[device] = 0
        self.previous[device] = 0.0
        self.left[device] = self.package
        return self.due(device, when)

    # -- servers and downloads

    def offer(self, now: int, fate: int, pool: int) -> None:
        """A message was sent towards the servers, and what became of it."""
        self.fates[fate] += 1
        if self.offers is not None:
            self.offers.append((now, fate, pool))

    def lose(self, start: int, times: int, timeout: int, pool: int) -> None:
        """So many sendings of a message from ``start`` on have been lost."""
        if self.offers is None:
            self.fates[LOST_ON_THE_WAY] += times
            return
        for number in range(times):
            self.offer(start + number * timeout, LOST_ON_THE_WAY, pool)

    def start(self, asked: int, now: int, work: int) -> None:
        """A request that came at ``asked`` is begun."""
        if self.requests is not None:
            self.requests.append((asked, now, now + work))

    def serve(self, work: int, late: bool) -> None:
        """A request is done; ``late`` when nobody waits for it any more."""
        self.served += 1
        self.busy += work
        self.wasted += late

    def part(self, device: int, attempt: int) -> tuple[int, bool]:
        """Octets that this try of the download brings, and whether it then breaks off."""
        share = self.draws.share(device, self.turn(device, attempt))
        return int(self.left[device] * share), share < 1.0

    def load(self, device: int, octets: int) -> int:
        """Microseconds that the download of ``octets`` takes."""
        return round(self.terms[self.klass[device]].link.down_seconds(octets) * 1e6)

    def loaded(self, device: int, octets: int, broke: bool) -> None:
        """A try of the download has ended."""
        self.octets_down[device] += octets
        assert self.plan.download is not None
        if not broke:
            self.left[device] = 0
        elif self.plan.download.resume:
            self.left[device] -= octets

    # -- the end

    def run(self, engine: str, log: dict[str, object] | None = None, loop: str = "") -> Run:
        """The result."""

        def column(values: list[int]) -> NDArray[np.int64]:
            return np.array(values, dtype=np.int64)

        names = ("attempts", "refusals", "waited", "octets_up", "octets_down", "connected", "card")
        more = ("prompts", "wakings", "postponed", "rounds", "took")
        return run_of(
            self.plan,
            self.draws,
            self.terms,
            engine=engine,
            loop=loop or "Python",
            finished=column(self.finished),
            outcome=np.array(self.outcome, dtype=np.int8),
            columns={name: column(getattr(self, name)) for name in (*names, *more)},
            counts=(self.wasted, self.served, self.peak, self.busy),
            fates=self.fates,
            requests=rows(self.requests),
            offers=rows(self.offers),
            log=log,
        )


def rows(found: list[tuple[int, int, int]] | None) -> NDArray[np.int64] | None:
    """In order; None when nothing was to be kept."""
    return None if found is None else np.array(sorted(found), dtype=np.int64).reshape(-1, 3)


def run_of(
    plan: Campaign,
    draws: Draws,
    terms: tuple[Terms, ...],
    *,
    engine: str,
    loop: str,
    finished: NDArray[np.int64],
    outcome: NDArray[np.int8],
    columns: dict[str, NDArray[np.int64]],
    counts: tuple[int, int, int, int],
    fates: list[int],
    requests: NDArray[np.int64] | None = None,
    offers: NDArray[np.int64] | None = None,
    log: dict[str, object] | None = None,
) -> Run:
    """What an engine found, as a Run; the octets of handshakes are added."""
    attempts = columns["attempts"]
    for way in ("up", "down"):
        each = np.array([getattr(one.link, f"setup_{way}") for one in terms], dtype=np.int64)
        if each.any():
            columns[f"octets_{way}"] += attempts * each[draws.klass]
    wasted, served, peak, busy = counts
    if busy > _MOST_WORK:
        raise too_late()
    return Run(
        plan=plan,
        seed=draws.seed,
        engine=engine,
        loop=loop,
        finished=finished,
        outcome=outcome,
        triggered=draws.trigger,
        triggers=draws.triggers,
        reached=draws.reached,
        cell=draws.cell,
        klass=draws.klass,
        urgent=draws.urgent,
        pool=draws.home,
        condition=draws.condition,
        wasted=int(wasted),
        served=int(served),
        peak=int(peak),
        busy=int(busy) / 1e6,
        fates=tuple(int(count) for count in fates),
        requests=requests,
        offers=offers,
        log=dict(log or {}),
        **columns,
    )
