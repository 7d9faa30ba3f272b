"""A campaign: many devices, one job, one network, some servers; and three ways to run it that agree.

One run draws all chance first (``Draws``), as one table by device, attempt and message; then an engine plays it:

- ``tape``: SimPy processes replay the tape of a session (who spoke, how many octets, how long); the model to read;
- ``fleet``: one loop over arrays; the same finish times to the last microsecond, for millions;
- ``exact``: every device and the server are the real engines, bytes and all.

Times are whole microseconds, so that sums are exact in whatever order they are made.

>>> plan = Campaign(devices=500, servers=Servers(count=2, service=0.05), arrivals=Spread(20.0))
>>> run = plan.run(seed=1)
>>> bool((run.finished == plan.with_fidelity("tape").run(seed=1).finished).all())
True
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Final, Literal

import numpy as np
from numpy.typing import NDArray

from dmkit.session.rules import Rules
from dmkit.session.work import Job
from dmkit.sim.arrivals import Arrivals, Spread
from dmkit.sim.backoff import POLICIES
from dmkit.sim.card import CARDS, CardTiming
from dmkit.sim.net import LINKS, PUSH, Cells, Download, Link, Push
from dmkit.sim.people import Condition, Prompt, Window
from dmkit.sim.run import Run
from dmkit.sim.tape import EXAMPLE_TAPE, Tape
from dmkit.words.checked import Names, Rows, Size, checked
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Count, Money, Natural, Range, Seconds, Share

__all__ = ["FIDELITIES", "US", "Campaign", "Retry", "Servers"]

US: Final = 1_000_000
"""Microseconds in a second: the unit of the engines."""
Fidelity = Literal["fleet", "tape", "exact"]
FIDELITIES: Final[tuple[Fidelity, ...]] = ("fleet", "tape", "exact")


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """A pool of workers behind one queue."""

    count: Count = 4
    """Workers."""
    service: Seconds = 0.02
    """Mean seconds of work for a message."""
    law: Literal["exponential", "constant"] = "exponential"
    """How the work of messages is distributed around ``service``."""
    queue: Natural | None = None
    """Requests that may wait; a further one is refused with Retry-After.  None: no limit."""
    retry_after: Seconds = 60.0
    """Seconds that a refusal asks a device to stay away."""
    outages: tuple[tuple[Seconds, Seconds], ...] = ()
    """Start and end in seconds; requests in work or waiting are lost, sessions forgotten."""
    urgent: Share = 0.0
    """Share of devices whose requests go first."""
    sessions: Count | None = None
    """Sessions that the servers can remember at the same time; the first message of a further one is refused with
    Retry-After.  None: no limit."""
    cost_per_hour: Money = 0.0
    """Money for an hour of one server, at work or not."""

    def __post_init__(self) -> None:
        last = 0.0
        for start, end in self.outages:
            if not last <= start < end:
                raise ConfigError(f"Servers.outages must be pairs in order, each with start before end: {self.outages}")
            last = end


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """What a device does after a failed attempt."""

    policy: Annotated[str, Names(lambda: POLICIES)] = "full"
    """A row of ``POLICIES``: none, exponential, equal, full, decorrelated."""
    base: Seconds = 30.0
    """Seconds."""
    cap: Seconds = 3600.0
    """Seconds."""
    attempts: Annotated[int, Range("number", 1, 100, whole=True)] = 5
    """All in all, the first included."""
    budget: Annotated[float, Range("share")] | None = None
    """Retries of the whole fleet, at most this share of the first attempts so far; None: no budget."""
    heed: bool = True
    """A device that was told Retry-After stays away for at least that long."""

    def __post_init__(self) -> None:
        if self.base > self.cap:
            raise ConfigError(f"Retry.base is {self.base}; it must not be above cap, which is {self.cap}")


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """The plan.  Every field is a value, so that a variation is one ``replace`` and a sweep a table of them.

    >>> Campaign(devices=10).servers.count
    4
    """

    devices: Annotated[int, Range("number", 1, 16_000_000, whole=True)]
    """How many are managed."""
    job: Job | None = None
    """What the servers want of each device; None: read the firmware version.  ``exact`` runs it."""
    tape: Tape | None = None
    """Recorded from ``job`` under ``rules`` when not given."""
    rules: Rules | None = None
    """Rules of both sides of the recorded session; None: the specification's."""
    link: Annotated[Link, Rows("LINKS", lambda: LINKS)] = LINKS["lte"]
    """The packet link of every device, say a row of ``LINKS``."""
    servers: Servers = field(default_factory=Servers)
    """The pool of workers that answers."""
    arrivals: Arrivals = field(default_factory=lambda: Spread(3600.0))
    """When devices are triggered or go by themselves: AtOnce, Spread, ByCell, ByZone, OnDevice, Polling, or a law of
    yours."""
    push: Annotated[Push | None, Rows("PUSH", lambda: PUSH)] = None
    """How a trigger travels; None: at once and always.  Only for arrivals that need one."""
    conditions: tuple[Condition, ...] = ()
    """What keeps devices from answering; see ``people``."""
    window: Window = field(default_factory=Window)
    """Local hours in which devices may be managed."""
    start_hour: Annotated[float, Range("hour", 0, 24, below=True)] = 0.0
    """Hour of the day, in zone 0, at which the campaign begins."""
    cells: Cells = field(default_factory=Cells)
    """Where devices are, and how many sessions a cell carries."""
    access: Annotated[tuple[Seconds, ...], Size(1)] = (0.0,)
    """Seconds of access to the radio channel, drawn evenly from these; e.g. the delays of ``random_access``."""
    card: Annotated[CardTiming | None, Rows("CARDS", lambda: CARDS)] = None
    """Commands that each attempt gives to the card first; None: they take no time."""
    prompt: Prompt | None = None
    """How owners are asked; None: they are not."""
    download: Download | None = None
    """A package that is fetched after the session; None: there is none."""
    retry: Retry = field(default_factory=Retry)
    """What a device does after a failed attempt."""
    record: bool = False
    """Keep the times of every request, for curves of load: ``Run.requests``."""
    fidelity: Fidelity = "fleet"
    """Which engine plays it: arrays, replayed tapes, or the real engines."""

    def __post_init__(self) -> None:
        slowest = max(
            (self.link.up_seconds(trip.up) + self.link.down_seconds(trip.down) for trip in self.recorded.trips),
            default=0.0,
        )
        if slowest >= self.link.timeout:
            raise ConfigError(
                f"Link.timeout is {self.link.timeout} s, but one exchange takes {slowest:.1f} s here; make it longer"
            )

    @property
    def recorded(self) -> Tape:
        """The tape that ``tape`` and ``fleet`` replay."""
        if self.tape is not None:
            return self.tape
        if self.job is None and self.rules is None:
            return EXAMPLE_TAPE
        from dmkit.sim.tape import record

        return record(self.job, self.rules)

    def with_fidelity(self, fidelity: Fidelity) -> Campaign:
        """The same plan for another engine."""
        return replace(self, fidelity=fidelity)

    def run(self, seed: int) -> Run:
        """Play it once.  ConfigError when the engine cannot honour something of the plan, by name."""
        from dmkit.sim.draws import Draws

        draws = Draws.of(self, seed)
        if self.fidelity == "fleet":
            from dmkit.sim.fleet import run_fleet

            return run_fleet(self, draws)
        if self.fidelity == "tape":
            from dmkit.sim.processes import run_tape

            return run_tape(self, draws)
        from dmkit.sim.exact import run_exact

        return run_exact(self, draws)


def ticks(seconds: float) -> int:
    """Seconds as whole microseconds, to the nearest."""
    return round(seconds * US)


Ticks = NDArray[np.int64]


def to_ticks(seconds: NDArray[np.float64] | Sequence[float]) -> Ticks:
    """As ``ticks``, for an array."""
    result: Ticks = np.rint(np.asarray(seconds) * US).astype(np.int64)
    return result
