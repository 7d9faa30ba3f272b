"""Random access to a cell as in 3GPP TR 37.868: many devices, few preambles, few grants.

Time is cut into random access opportunities (RAO).  In each, every contender sends one of the preambles; a preamble
that two choose is lost for both; a lone one is detected with 1 - exp(-i) on the i-th try; detected ones receive the
grants of the response window in random order; the message exchange that follows may need retransmissions (HARQ).
Losers back off.  Several runs (seeds) go through the same loop side by side; each device's chance is one row of a table
drawn before.  [TR 37.868 §6.1, §6.4.1]

>>> one = random_access(3_000, Beta(10.0), seeds=[1])[0]
>>> one.success.mean(), round(float(one.tries[one.success].mean()), 2)
(np.float64(1.0), 1.5)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias

import numpy as np

from dmkit.sim.arrays import Bools, Floats, Ints
from dmkit.sim.streams import Streams
from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Count, Range, Seconds, SomeSeconds

__all__ = [
    "Access",
    "AccessPlan",
    "ArrivalLaw",
    "Barring",
    "Beta",
    "Rach",
    "Uniform",
    "random_access",
    "sector_devices",
]

ArrivalLaw: TypeAlias = Callable[[int, np.random.Generator], Floats]
"""From how many devices and a stream of chance to their arrival times in seconds."""

_MS: Final = 1e-3
_PURPOSES: Final = ("preamble", "detection", "grant", "msg3", "msg4", "backoff")
"""What one try of one device draws for."""


@checked
@dataclass(frozen=True, slots=True)
class Uniform:
    """Arrivals spread evenly over ``seconds``: traffic model 1 with 60 s.  [TR 37.868 §6.1.1]"""

    seconds: SomeSeconds = 60.0

    def __call__(self, devices: int, rng: np.random.Generator) -> Floats:
        """Arrival times in seconds."""
        return rng.random(devices) * self.seconds


@checked
@dataclass(frozen=True, slots=True)
class Beta:
    """Arrivals of a synchronised herd: ``seconds`` times Beta(a, b); traffic model 2.  [TR 37.868 §6.1.1]"""

    seconds: SomeSeconds = 10.0
    a: Annotated[float, Range("number", 0, above=True)] = 3.0
    """First shape of the law."""
    b: Annotated[float, Range("number", 0, above=True)] = 4.0
    """Second shape of the law."""

    def __call__(self, devices: int, rng: np.random.Generator) -> Floats:
        """Arrival times in seconds."""
        return rng.beta(self.a, self.b, devices) * self.seconds


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Rach:
    """The channel; defaults are TR 37.868 table 6.2.2.1.1.  Times in milliseconds."""

    period: Annotated[float, Range("milliseconds", 0, above=True)] = 5.0
    """Between opportunities: PRACH configuration index 6."""
    preambles: Count = 54
    """For contention."""
    tries: Annotated[int, Range("number", 1, 1000, whole=True)] = 10
    """Preamble transmissions of a device, the first included."""
    backoff: Annotated[float, Range("milliseconds")] = 20.0
    """Losers wait evenly in [0, backoff]."""
    grants: Count | None = 3
    """Uplink grants of one response subframe; None: no limit."""
    window: Count = 5
    """Response window in subframes of 1 ms."""
    detection: bool = True
    """A lone preamble is detected with probability 1 - exp(-i) on try i; False: always."""
    preamble_length: Annotated[float, Range("milliseconds")] = 1.0
    """Of a preamble on the air."""
    processing: Annotated[float, Range("milliseconds")] = 2.0
    """At the base station, after the preamble."""
    response_processing: Annotated[float, Range("milliseconds")] = 5.0
    """At the device."""
    msg3_build: Annotated[float, Range("milliseconds")] = 4.0
    """At the device, between grant and Msg3."""
    exchange: Annotated[float, Range("milliseconds")] = 2.0
    """Msg3 and Msg4 on the air."""
    harq: Annotated[float, Range("share", 0, 1, below=True)] = 0.1
    """Probability that Msg3, and Msg4, must be sent again, each time."""
    harq_limit: Count = 5
    """Transmissions of one message, the first included."""
    harq_msg3: Annotated[float, Range("milliseconds")] = 8.0
    """From a lost Msg3 to the next."""
    harq_msg4: Annotated[float, Range("milliseconds")] = 5.0
    """From a lost Msg4 to the next."""
    contention_timer: Annotated[float, Range("milliseconds")] = 48.0
    """After which a device takes its try for lost."""


@checked
@dataclass(frozen=True, slots=True)
class Barring:
    """Access class barring, once per attach: pass with ``p``, else wait (0.7 + 0.6 v) ``seconds`` and draw again."""

    p: Annotated[float, Range("share", 0, 1, above=True)]
    """Probability to pass."""
    seconds: Seconds
    """Mean wait before the next draw."""

    def delays(self, devices: int, rng: np.random.Generator) -> Floats:
        """Seconds that each device is held back."""
        held, waiting = np.zeros(devices), np.arange(devices)
        while True:
            waiting = waiting[rng.random(len(waiting)) >= self.p]
            if not len(waiting):
                return held
            held[waiting] += (0.7 + 0.6 * rng.random(len(waiting))) * self.seconds


@dataclass(frozen=True, slots=True, eq=False)
class Access:
    """One run.  Arrays have shape ``(devices,)``.

    ``delay``: seconds from the first opportunity at or after the end of barring until access, NaN for failures;
    ``barred``: seconds held back before; ``tries``: preambles sent.  Two definitions of collision probability are in
    use and differ by an order of magnitude, so both are here.  [Cheng et al. 2012]
    """

    seed: int
    success: Bools
    delay: Floats
    barred: Floats
    tries: Ints
    collided_preambles: int
    collided_transmissions: int
    opportunities: int
    """In the period in which devices arrive."""
    preambles: int
    used: Ints
    """Distinct preambles used in each opportunity, until the last device has done."""

    @property
    def collision_rao(self) -> float:
        """Collided preambles over all preambles of all opportunities of the period: the report's definition."""
        return self.collided_preambles / (self.preambles * self.opportunities)

    @property
    def collision_device(self) -> float:
        """Collided transmissions over all transmissions: what a device meets."""
        return self.collided_transmissions / int(self.tries.sum())

    def row(self) -> dict[str, float]:
        """The run as a row of a table: success, tries and delay (of those that succeeded), both collisions."""
        good = self.success
        return {
            "seed": self.seed,
            "success": float(good.mean()),
            "tries": float(self.tries[good].mean()) if good.any() else float("nan"),
            "delay": float(self.delay[good].mean()) if good.any() else float("nan"),
            "barred": float(self.barred.mean()),
            "collision_rao": self.collision_rao,
            "collision_device": self.collision_device,
        }


@asked
def random_access(
    devices: int,
    arrivals: ArrivalLaw,
    *,
    seeds: Sequence[int],
    rach: Rach | None = None,
    barring: Barring | None = None,
    period: float | None = None,
) -> list[Access]:
    """Let ``devices`` contend, once for each seed.

    ``period`` (seconds) counts the opportunities of ``collision_rao``; by default ``arrivals.seconds``, or the last
    arrival when the law has none.  ConfigError for impossible parameters.
    """
    if devices < 1:
        raise ConfigError(f"random access needs at least one device, not {devices}")
    rach = rach or Rach()
    runs = len(seeds)
    arrived, barred = np.empty((runs, devices)), np.zeros((runs, devices))
    draws = np.empty((len(_PURPOSES), rach.tries, runs, devices))
    for k, seed in enumerate(seeds):
        streams = Streams(seed)
        arrived[k] = arrivals(devices, streams.generator("arrivals"))
        if barring is not None:
            barred[k] = barring.delays(devices, streams.generator("barring"))
        for p, purpose in enumerate(_PURPOSES):
            draws[p, :, k, :] = streams.uniform(purpose, (rach.tries, devices))
    contest = _Contest(rach, runs, devices, draws)
    contest.run(np.ceil((arrived + barred) / (rach.period * _MS)).astype(np.int64))
    if period is None:
        period = float(getattr(arrivals, "seconds", arrived.max()))
    opportunities = max(1, round(period / (rach.period * _MS)))
    return [
        Access(
            seed,
            contest.done[k],
            np.where(contest.done[k], contest.delay[k] * _MS, np.nan),
            barred[k],
            contest.tries[k],
            int(contest.collided_preambles[k]),
            int(contest.collided_transmissions[k]),
            opportunities,
            rach.preambles,
            contest.used(k),
        )
        for k, seed in enumerate(seeds)
    ]


class _Contest:
    """The loop over opportunities, all runs side by side; times in ms since the run began."""

    def __init__(self, rach: Rach, runs: int, devices: int, draws: Floats) -> None:
        self.rach, self.runs, self.devices, self.draws = rach, runs, devices, draws
        self.done = np.zeros((runs, devices), dtype=np.bool_)
        self.delay = np.zeros((runs, devices))
        self.tries = np.zeros((runs, devices), dtype=np.int64)
        self.first = np.zeros((runs, devices), dtype=np.int64)
        self.collided_preambles = np.zeros(runs, dtype=np.int64)
        self.collided_transmissions = np.zeros(runs, dtype=np.int64)
        self._used: list[tuple[int, Ints]] = []
        self._columns = draws.reshape(len(_PURPOSES), rach.tries, -1)
        self._tries = self.tries.ravel()

    def used(self, run: int) -> Ints:
        """Distinct preambles of each opportunity, by number of the opportunity."""
        last = self._used[-1][0] if self._used else -1
        counts = np.zeros(last + 1, dtype=np.int64)
        for rao, distinct in self._used:
            counts[rao] = distinct[run]
        return counts

    def run(self, first: Ints) -> None:
        """``first`` is the opportunity at which each device begins."""
        self.first = first
        flat = first.ravel()
        order = np.argsort(flat, kind="stable")
        bounds = np.searchsorted(flat[order], np.arange(int(flat.max()) + 2))
        waiting: dict[int, list[Ints]] = {}
        rao = 0
        while rao < len(bounds) - 1 or waiting:
            fresh = order[bounds[rao] : bounds[rao + 1]] if rao < len(bounds) - 1 else order[:0]
            again = waiting.pop(rao, None)
            who = fresh if again is None else np.concatenate([fresh, *again])
            if len(who):
                losers, when = self._opportunity(rao, who)
                for at in set(when.tolist()):
                    waiting.setdefault(at, []).append(losers[when == at])
            rao += 1

    def _draw(self, purpose: int, who: Ints, tries: Ints) -> Floats:
        result: Floats = self._columns[purpose, tries - 1, who]
        return result

    def _opportunity(self, rao: int, who: Ints) -> tuple[Ints, Ints]:
        """Those ``who`` contend in ``rao``; the losers that may try again, and the opportunities of that."""
        rach = self.rach
        run = who // self.devices
        tries = self._tries
        tries[who] += 1
        now = tries[who]
        key = run * rach.preambles + (self._draw(0, who, now) * rach.preambles).astype(np.int64)
        chosen = np.bincount(key, minlength=self.runs * rach.preambles)
        alone = chosen[key] == 1
        if alone.all():
            self._used.append((rao, np.bincount(run, minlength=self.runs)))
        else:
            table = chosen.reshape(self.runs, rach.preambles)
            self.collided_preambles += (table > 1).sum(axis=1)
            self.collided_transmissions += np.where(table > 1, table, 0).sum(axis=1)
            self._used.append((rao, (table > 0).sum(axis=1)))
        detected = alone & (self._draw(1, who, now) < -np.expm1(-now)) if rach.detection else alone
        good, place = self._granted(who, run, now, detected)
        waited, passed = self._exchange(who[good], now[good], place[good])
        winners = who[good][passed]
        self.done.ravel()[winners] = True
        begun = self.first.ravel()[winners]
        self.delay.ravel()[winners] = (rao - begun) * rach.period + waited[passed]
        lost = np.ones(len(who), dtype=np.bool_)
        lost[np.flatnonzero(good)[passed]] = False
        losers = who[lost & (now < rach.tries)]
        return losers, self._next(rao, losers) if len(losers) else losers

    def _granted(self, who: Ints, run: Ints, now: Ints, detected: Bools) -> tuple[Bools, Ints]:
        """Which of those heard get a grant, in random order, and which place in the window each has."""
        place = np.zeros(len(who), dtype=np.int64)
        index = np.flatnonzero(detected)
        if self.rach.grants is None or np.bincount(run[index]).max(initial=0) <= self.rach.grants:
            return detected, place  # there is room for all in the first place of the window
        order = index[np.lexsort((self._draw(2, who[index], now[index]), run[index]))]
        runs = run[order]
        place[order] = np.arange(len(order)) - np.searchsorted(runs, runs, side="left")
        return detected & (place < self.rach.grants * self.rach.window), place // self.rach.grants

    def _exchange(self, who: Ints, now: Ints, subframe: Ints) -> tuple[Floats, Bools]:
        """Milliseconds from the opportunity to access, and whether the exchange came to its end."""
        rach = self.rach
        msg3 = self._again(self._draw(3, who, now))
        msg4 = self._again(self._draw(4, who, now))
        contention = rach.exchange + rach.harq_msg3 * msg3 + rach.harq_msg4 * msg4
        until_msg3 = rach.preamble_length + rach.processing + subframe + 1 + rach.response_processing + rach.msg3_build
        good = (msg3 < rach.harq_limit) & (msg4 < rach.harq_limit) & (contention <= rach.contention_timer)
        took = np.asarray(until_msg3 + contention, dtype=np.float64)
        return took, good

    def _again(self, chance: Floats) -> Ints:
        """Retransmissions: geometric, cut at the limit."""
        if self.rach.harq == 0:
            return np.zeros(len(chance), dtype=np.int64)
        count = np.floor(np.log(np.maximum(chance, 1e-300)) / np.log(self.rach.harq))
        result: Ints = np.minimum(count, self.rach.harq_limit).astype(np.int64)
        return result

    def _next(self, rao: int, losers: Ints) -> Ints:
        """The first opportunity after the response window and the backoff."""
        rach = self.rach
        tries = self._tries[losers]
        after = rach.preamble_length + rach.processing + rach.window + self._draw(5, losers, tries) * rach.backoff
        steps: Ints = np.maximum(1.0, np.ceil(after / rach.period)).astype(np.int64)
        result: Ints = steps + rao
        return result


@asked
def sector_devices(
    site_distance: float = 1732.0, households: float = 1517.0, devices: float = 40.0, sectors: int = 3
) -> float:
    """Devices of one sector of a hexagonal cell; ``site_distance`` in metres, ``households`` per km2.

    [TR 45.820 Annex E]

    >>> int(sector_devices())
    52547
    """
    return 3**0.5 / 2 * site_distance**2 / sectors / 1e6 * households * devices


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPlan:
    """Random access as a plan for sweeps: ``run`` gives the row of one seed."""

    devices: Annotated[int, Range("number", 1, 1_000_000, whole=True)]
    """How many contend."""
    arrivals: ArrivalLaw = Beta()
    """When they do."""
    rach: Rach = Rach()
    """The channel."""
    barring: Barring | None = None
    """What holds them back before; None: nothing."""

    def run(self, seed: int) -> dict[str, float]:
        """Contend once."""
        row = random_access(self.devices, self.arrivals, seeds=[seed], rach=self.rach, barring=self.barring)[0].row()
        del row["seed"]
        return row
