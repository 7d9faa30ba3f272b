"""A campaign: many devices, one job, one network, some servers; and three ways to run it that agree.

Chance has keys (``luck``): every draw is that of a seed, a purpose, a device, an attempt and a message.
An engine plays:

- ``tape``: SimPy processes replay the tape of a session (who spoke, how many octets, how long); the model to read;
- ``fleet``: one loop over arrays; the same finish times to the last microsecond, for millions; compiled where numba is
  installed (``dmkit[fast]``) and the plan holds no functions of one's own, else in Python: ``Run.loop`` says which;
- ``exact``: every device and the server are the real engines, bytes and all.

Times are whole microseconds, so that sums are exact in whatever order they are made.

>>> plan = Campaign(devices=500, servers=Servers(count=2, service=0.05), arrivals=Spread(20.0))
>>> run = plan.run(seed=1)
>>> bool((run.finished == plan.with_fidelity("tape").run(seed=1).finished).all())
True
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Annotated, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dmkit.session.rules import Rules
from dmkit.session.work import Job
from dmkit.sim.arrivals import Arrivals, Spread
from dmkit.sim.backoff import POLICIES
from dmkit.sim.card import CARDS, CardTiming
from dmkit.sim.clock import Clock, zones_of
from dmkit.sim.net import LINKS, PUSH, Cells, Download, Link, Push
from dmkit.sim.parts import Again, DeviceClass, Outages
from dmkit.sim.people import Condition, Prompt, Window
from dmkit.sim.rates import Rate, micro
from dmkit.sim.run import Run
from dmkit.sim.sharing import MOST_WORK
from dmkit.sim.streams import Streams
from dmkit.sim.tape import EXAMPLE_TAPE, Tape
from dmkit.words.arguments import whole
from dmkit.words.checked import Names, Rows, Size, checked
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Count, Money, Natural, Range, Seconds, Share

__all__ = ["DISCIPLINES", "FIDELITIES", "Campaign", "Retry", "Servers"]

DISCIPLINES: Final = ("fifo", "lifo", "sharing")
Times: TypeAlias = Annotated[tuple[Annotated[float, Range("time", 0, 1e9)], ...], Size(1)]
"""At least one time, each up to 1e9 s."""
Fidelity = Literal["fleet", "tape", "exact"]
FIDELITIES: Final[tuple[Fidelity, ...]] = ("fleet", "tape", "exact")


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """A pool of workers behind one queue.

    >>> Servers(count=2, service=0.05).law
    'exponential'
    >>> Servers(count=0)
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: Servers.count is 0; it must be a whole number from 1 to 1000000000
    """

    count: Annotated[int, Range("number", 1, 1_000_000_000, whole=True)] = 4
    """Workers."""
    service: Seconds = 0.02
    """Mean seconds of work for a message."""
    law: Literal["exponential", "constant"] | Times | Callable[[float], float] = "exponential"
    """Of the work; or seconds that were measured, drawn with equal chance, or a function from a draw in [0, 1) to
    seconds: with both ``service`` does not count."""
    discipline: Literal["fifo", "lifo", "sharing"] = "fifo"
    """Who is next: first come, last come, or all at once, each with an equal share of the workers and at most one.
    Higher classes and urgent devices go first in a queue; sharing has none."""
    rate: Rate | None = None
    """Requests beyond it are refused with Retry-After.  None: no limit."""
    queue: Natural | None = None
    """Requests that may wait; a further one is refused with Retry-After.  None: no limit."""
    retry_after: Seconds = 60.0
    """Seconds that a refusal asks a device to stay away."""
    outages: tuple[tuple[Seconds, Seconds], ...] = ()
    """Start and end in seconds; requests in work or waiting are lost, sessions forgotten."""
    urgent: Share = 0.0
    """Share of devices whose requests go first (of the plan's first pool)."""
    sessions: Count | None = None
    """Sessions that the servers can remember at the same time; the first message of a further one is refused with
    Retry-After.  None: no limit."""
    cost_per_hour: Money = 0.0
    """Money for an hour of one server, at work or not."""
    region: str = ""
    """What this pool is called."""
    share: Money = 1.0
    """Weight of the devices that are at home here, among the pools of a plan."""

    def __post_init__(self) -> None:
        micro(self.service * 40, "Servers.service, at its longest,")
        micro(self.retry_after, "Servers.retry_after")
        last = 0.0
        for start, end in self.outages:
            if not last <= start < end:
                raise ConfigError(f"Servers.outages must be pairs in order, each with start before end: {self.outages}")
            last = end
        micro(last, "Servers.outages")


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """What a device does after a failed attempt.

    >>> Retry(policy="none").attempts
    5
    """

    policy: Annotated[str, Names(lambda: POLICIES)] | Times | Callable[..., float] = "full"
    """A row of ``POLICIES``: none, exponential, equal, full, decorrelated; or seconds after the first, second ...
    failure (the last for all further ones); or a function as those of ``POLICIES`` are."""
    base: Seconds = 30.0
    """Seconds."""
    cap: Seconds = 3600.0
    """Seconds."""
    attempts: Annotated[int, Range("number", 1, 1_000_000, whole=True)] = 5
    """All in all, the first included."""
    budget: Annotated[float, Range("share")] | None = None
    """Retries of the whole fleet, at most this share of the first attempts so far; None: no budget."""
    heed: bool = True
    """A device that was told Retry-After stays away for at least that long."""

    def __post_init__(self) -> None:
        micro(self.cap, "Retry.cap")
        if self.base > self.cap:
            raise ConfigError(f"Retry.base is {self.base}; it must not be above cap, which is {self.cap}")

    def pause(self, failures: int, draw: float, previous: float) -> float:
        """Seconds to sleep after so many failures."""
        if isinstance(self.policy, tuple):
            return self.policy[min(failures, len(self.policy)) - 1]
        policy = POLICIES[self.policy] if isinstance(self.policy, str) else self.policy
        return policy(failures, draw, previous, self.base, self.cap)


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """The plan.  Every field is a value, so that a variation is one ``replace`` and a sweep a table of them.

    >>> Campaign(devices=10).servers.count
    4
    """

    devices: Annotated[int, Range("number", 1, 1_000_000_000, whole=True)]
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
    pools: tuple[Servers, ...] = ()
    """Several pools instead of ``servers``, each at home to a share of the devices."""
    fail_over: bool = False
    """After a failed attempt a device turns to the next pool."""
    outages: Outages | None = None
    """Outages by chance that hit pools together, besides those of ``Servers.outages``."""
    gateway: Rate | None = None
    """What lies before the servers; messages beyond its rate wait, and are dropped when their sender gives up first."""
    classes: tuple[DeviceClass, ...] = ()
    """Kinds of devices; none: all alike."""
    arrivals: Arrivals | Callable[[int, Streams], NDArray[np.float64]] = field(default_factory=lambda: Spread(3600.0))
    """When devices are triggered or go by themselves: AtOnce, Spread, ByCell, ByZone, OnDevice, Polling, Trace, or a
    law of yours: a function of the number of devices and the ``Streams`` of the run."""
    push: Annotated[Push | None, Rows("PUSH", lambda: PUSH)] = None
    """How a trigger travels; None: at once and always.  Only for arrivals that need one."""
    conditions: tuple[Condition, ...] = ()
    """What keeps devices from answering; see ``people``."""
    window: Window = field(default_factory=Window)
    """Local hours in which devices may be managed, and their time zones."""
    start_hour: Annotated[float, Range("hour", 0, 24, below=True)] = 0.0
    """Hour of the day, in the first zone of the window, at which the campaign begins."""
    start_day: str = "2026-01-05"
    """The day; it matters only where zones have daylight saving time."""
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
    again: Again | None = None
    """A closed population; None: each device does the job once."""
    first: Annotated[int, Range("number", 0, 1 << 62, whole=True)] = 0
    """Number of the first device, for a fleet that is played in parts with the luck of the whole."""
    energy: Callable[[Run], NDArray[np.float64]] | None = None
    """From a run to joule of each device; None: what links and card draw."""
    money: Callable[[Run], NDArray[np.float64]] | None = None
    """From a run to money for each device; None: octets and short messages."""
    record: bool = False
    """Keep the times of every request and of every message offered: ``Run.requests``, ``Run.offers``."""
    fidelity: Fidelity = "fleet"
    """Which engine plays it: arrays, replayed tapes, or the real engines."""

    def __post_init__(self) -> None:
        try:
            self.clock  # noqa: B018  # hours, day and zones are checked
        except ConfigError as error:
            raise ConfigError(f"Campaign: {error}") from None
        micro(max(self.access), "Campaign.access")
        for pool in self.desks:
            longest = max(pool.law) if isinstance(pool.law, tuple) else pool.service * 40
            longest *= max([1.0, *(one.work for one in self.classes)])
            if pool.discipline == "sharing" and longest > MOST_WORK:
                raise ConfigError(
                    f"Servers.discipline 'sharing' takes work of up to {MOST_WORK:.0f} s, not {longest} s"
                )
        if self.pools and self.servers != Servers():
            raise ConfigError("Campaign takes servers or pools, not both")
        if self.pools and not sum(pool.share for pool in self.pools) > 0:
            raise ConfigError("Campaign.pools: no pool is at home to any device")
        if self.classes and abs(sum(one.share for one in self.classes) - 1) > 1e-9:
            raise ConfigError("Campaign.classes: the shares must add up to 1")
        for link, tape in self.kinds:
            if not tape.trips:
                raise ConfigError("Campaign.tape has no exchange; a session has at least one: Tape((Trip(400, 250),))")
            micro(link.timeout * (link.resends + 1), "Link.timeout, with its resends,")
            slowest = max((link.up_seconds(trip.up) + link.down_seconds(trip.down) for trip in tape.trips), default=0.0)
            micro(link.setup_seconds, "the set-up of the link")
            micro(max((trip.think for trip in tape.trips), default=0.0), "Trip.think")
            if slowest >= link.timeout:
                raise ConfigError(
                    f"Link.timeout is {link.timeout} s, but one exchange takes {slowest:.1f} s here; make it longer"
                )

    @property
    def clock(self) -> Clock:
        """Local time: the zones of the window or of the arrivals.  ConfigError when they do not agree."""
        mine, theirs = self.window.zones, getattr(self.arrivals, "zones", None)
        if mine != 1 and theirs is not None and zones_of(mine) != zones_of(theirs):
            raise ConfigError(f"zones of the window ({mine}) and of the arrivals ({theirs}) differ; there is one clock")
        zones = mine if mine != 1 or theirs is None else theirs
        return Clock(zones_of(zones), self.start_hour, self.start_day)

    @property
    def kinds(self) -> tuple[tuple[Link, Tape], ...]:
        """Link and tape of each class of devices."""
        if not self.classes:
            return ((self.link, self.recorded),)
        return tuple((one.link or self.link, one.tape or self.recorded) for one in self.classes)

    @property
    def desks(self) -> tuple[Servers, ...]:
        """The pools, or the one there is."""
        return self.pools or (self.servers,)

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

        draws = Draws.of(self, whole("seed", seed))
        if self.fidelity == "fleet":
            from dmkit.sim.fleet import run_fleet

            return run_fleet(self, draws)
        if self.fidelity == "tape":
            from dmkit.sim.processes import run_tape

            return run_tape(self, draws)
        from dmkit.sim.exact import run_exact

        return run_exact(self, draws)
