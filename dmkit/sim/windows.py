"""A fleet of Windows-like devices in simulated time: polls, a push channel with its limits, drift and its repair.

Parts for SimPy: ``polling`` and ``drifting`` are processes, ``Channel`` is a value that says what becomes of a push.

>>> channel = Channel(opened=0.0)
>>> channel.post(10.0, online=True).at, channel.post(31 * 86_400.0, online=True).status
(11.0, 410)

Sources: [windows sheet §4, §5, §6]; shares and rates that have no source are parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
import simpy

from dmkit.sim.polls import PollSets
from dmkit.sim.streams import Streams
from dmkit.words.checked import checked
from dmkit.words.ranges import Natural, Seconds, SomeSeconds

__all__ = [
    "Channel",
    "Declaring",
    "DriftDesign",
    "Posted",
    "Repair",
    "declaring",
    "drifting",
    "polling",
    "repair_times",
]

DAY: Final = 86_400.0


class Posted(NamedTuple):
    """What became of a push: HTTP status, and when the device had it (None: never)."""

    status: int
    at: float | None


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A push channel like that of WNS: opened, renewed, throttled, dead.

    It lives thirty days and is renewed after fifteen when the device is there; a dead one answers 410, one that is
    asked too often 406.  A device that is away gets what is cached until its time to live is over.
    """

    opened: Seconds = 0.0
    """When the device opened it, seconds."""
    life: SomeSeconds = 30 * DAY
    """How long it is good.  [E LEARN]"""
    delay: SomeSeconds = 1.0
    """From the post to the device.  [V FLEET#43773]"""
    ttl: SomeSeconds = 3600.0
    """How long a push waits for a device that is away (X-WNS-TTL)."""
    spacing: Seconds = 0.0
    """Smallest time between two pushes that are taken; sooner is 406.  No text says how much."""

    def post(self, now: float, *, online: bool, back: float | None = None, last: float | None = None) -> Posted:
        """What becomes of a push at ``now``: the device is ``online``, or comes ``back`` later; ``last`` is the push
        before it."""
        if now >= self.opened + self.life:
            return Posted(410, None)
        if last is not None and now - last < self.spacing:
            return Posted(406, None)
        if online:
            return Posted(200, now + self.delay)
        return Posted(200, back + self.delay if back is not None and back <= now + self.ttl else None)

    def renewed(self, now: float) -> Channel:
        """The channel as the device finds it when it calls at ``now``: a new one where half its life is over."""
        fresh = Channel(opened=now, life=self.life, delay=self.delay, ttl=self.ttl, spacing=self.spacing)
        return fresh if now >= self.opened + self.life / 2 else self


def polling(env: simpy.Environment, polls: PollSets, call: Callable[[float], None]) -> Generator[Any, Any, None]:
    """A device that calls as its poll sets say, for ever: ``call`` is told when.

    >>> env, seen = simpy.Environment(), []
    >>> _ = env.process(polling(env, PollSets(first=(15, 2), second=(60, 0)), seen.append))
    >>> env.run(8000); seen
    [900.0, 1800.0, 5400.0]
    """
    for at in polls.times():
        yield env.timeout(at - env.now)
        call(env.now)


class Repair(NamedTuple):
    """A setting that drifted: when, when it was set right, and what the server had to say for it."""

    drifted: float
    repaired: float
    sessions: int
    octets: int


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class DriftDesign:
    """How drift is found and repaired: by the server at a poll, or by the device itself.

    ``look`` is the time between two looks; ``sessions`` and ``octets`` are what each look costs, ``repair_octets``
    what a repair costs more.
    """

    look: SomeSeconds = 4 * 3600.0
    """Seconds between two looks."""
    sessions: Natural = 0
    """Sessions of each look."""
    octets: Natural = 0
    """Octets of each look, both ways."""
    repair_octets: Natural = 0
    """Octets of a repair, beside the look."""


def drifting(
    env: simpy.Environment, design: DriftDesign, gaps: Iterator[float], phase: float, found: list[Repair]
) -> Generator[Any, Any, None]:
    """A device whose setting drifts after each of ``gaps`` seconds of being right, and is repaired at the next look."""
    for gap in gaps:
        yield env.timeout(gap)
        drifted = env.now
        looks = np.floor((drifted - phase) / design.look) + 1
        yield env.timeout(max(0.0, phase + float(looks) * design.look - env.now))
        found.append(Repair(drifted, env.now, design.sessions, design.octets + design.repair_octets))


def repair_times(design: DriftDesign, devices: int, days: float, rate: float, seed: int) -> list[Repair]:
    """Every drift of ``devices`` in ``days``, each drifting ``rate`` times a day on the average while it is right.

    >>> found = repair_times(DriftDesign(look=3600.0), devices=20, days=30.0, rate=0.5, seed=1)
    >>> len(found) > 100, max(r.repaired - r.drifted for r in found) <= 3600.0
    (True, True)
    """
    env, found = simpy.Environment(), list[Repair]()
    streams = Streams(seed)
    phases = streams.uniform("phase", (devices,)) * design.look
    for device in range(devices):
        draws = streams.generator(f"drift {device}")
        env.process(drifting(env, design, _gaps(draws, DAY / rate), float(phases[device]), found))
    env.run(days * DAY)
    return found


def _gaps(draws: np.random.Generator, mean: float) -> Iterator[float]:
    while True:
        yield float(draws.exponential(mean))


class Declaring(Protocol):
    """What keeps settings as documents want them: ``dmkit.device.windows_linked.LinkedEnrollment`` is one."""

    def advance(self, now: float) -> bool:
        """Do what is due; whether the server is to be told."""

    def due(self, now: float) -> float:
        """When there is something to do next; infinity for never."""


def declaring(
    env: simpy.Environment, linked: Declaring, call: Callable[[float], object], idle: float = 4 * 3600.0
) -> Generator[Any, Any, None]:
    """A device that applies documents and repairs drift; ``call`` is told when it has something to tell its server.

    With nothing to do it looks again after ``idle`` seconds.
    """
    while True:
        if linked.advance(env.now):
            call(env.now)
        due = linked.due(env.now)
        yield env.timeout(due - env.now if env.now < due < float("inf") else idle)
