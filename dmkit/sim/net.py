"""Between device and server: links, the push channel, cells, the download.  Parameters only, with unit and source.

>>> LINKS["lte"].up_seconds(1000)
0.033
>>> round(PUSH["good"].within(30.0), 3), round(PUSH["good"].within(600.0), 3)
(0.84, 0.98)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray

from dmkit.sim.arrays import Floats
from dmkit.sim.luck import Luck
from dmkit.sim.quantiles import normal
from dmkit.sim.rates import Rate, paced
from dmkit.words.checked import checked
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Count, Money, Natural, Octets, Range, Seconds, Share, SomeSeconds, Watts
from dmkit.words.records import dataclass

__all__ = ["LINKS", "PUSH", "SETUPS", "Cells", "Download", "Link", "Push", "SetUp"]


@checked
@dataclass(frozen=True, slots=True)
class SetUp:
    """What comes before the first message on a new connection: round trips, and octets of handshakes both ways."""

    trips: Natural
    """Round trips."""
    up: Octets
    """Octets from the device."""
    down: Octets
    """Octets to the device."""
    source: str
    """Where the figures come from."""


SETUPS: Final[Mapping[str, SetUp]] = MappingProxyType(
    {
        "tcp": SetUp(1, 0, 0, "RFC 9293 §3.5"),
        "tls 1.2": SetUp(3, 500, 3500, "RFC 5246 §7.3: two round trips after TCP's"),
        "tls 1.2 resumed": SetUp(2, 400, 200, "RFC 5246 §7.3: one round trip after TCP's"),
        "tls 1.2 mutual": SetUp(3, 2000, 3600, "RFC 5246 §7.4.6: the device shows a certificate too"),
        "tls 1.3": SetUp(2, 500, 3500, "RFC 8446 §2: one round trip after TCP's"),
        "tls 1.3 early data": SetUp(1, 500, 250, "RFC 8446 §2.3: the first message travels with the handshake"),
    }
)
"""Round trips are those of the sources; octets are orders of magnitude with a chain of two certificates (PROPOSAL)."""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A packet link as a session meets it.  ConfigError for a rate, time or probability outside its range."""

    up: Annotated[float, Range("rate", 0, above=True)]
    """Bits a second from the device, above 0."""
    down: Annotated[float, Range("rate", 0, above=True)]
    """Bits a second to the device, above 0."""
    rtt: Seconds
    """Seconds for a small packet there and back, half of it each way."""
    setup_trips: Natural = 3
    """Round trips before the first message: TCP 1, TLS 2; see ``over``."""
    setup_up: Octets = 0
    """Octets of the handshakes from the device."""
    setup_down: Octets = 0
    """Octets of the handshakes to the device."""
    loss: Annotated[float, Range("share", 0, 1, below=True)] = 0.0
    """Probability, below 1, that an exchange has to be repeated: a message lost for good in spite of TCP."""
    timeout: SomeSeconds = 30.0
    """Seconds without an answer until a device sends again or gives up."""
    resends: Annotated[int, Range("number", 0, 10_000, whole=True)] = 2
    """How often a device sends the same message again before its session is over."""
    transmit: Watts = 0.5
    """Watt."""
    receive: Watts = 0.1
    """Watt."""
    idle: Watts = 0.01
    """Watt, connected and waiting."""
    cost_per_mb: Money = 0.0
    """Money for 1e6 octets, any currency."""
    basis: str = "proposal"
    """What the figures rest on: proposal, evidence, a source."""

    def over(self, setup: str) -> Link:
        """The same link with a row of ``SETUPS``; ConfigError for one that is not there.

        >>> LINKS["nb-iot"].over("tls 1.3").setup_seconds < LINKS["nb-iot"].over("tls 1.2").setup_seconds
        True
        """
        if setup not in SETUPS:
            raise ConfigError(f"set-up {setup!r} is not known; there are {', '.join(SETUPS)}")
        row = SETUPS[setup]
        return replace(self, setup_trips=row.trips, setup_up=row.up, setup_down=row.down)

    def up_seconds(self, octets: int) -> float:
        """Half a round trip, and the time to send ``octets``."""
        return self.rtt / 2 + octets * 8 / self.up

    def down_seconds(self, octets: int) -> float:
        """Half a round trip, and the time to receive ``octets``."""
        return self.rtt / 2 + octets * 8 / self.down

    @property
    def setup_seconds(self) -> float:
        """Before the first message."""
        return self.setup_trips * self.rtt + self.setup_up * 8 / self.up + self.setup_down * 8 / self.down


LINKS: Final[Mapping[str, Link]] = MappingProxyType(
    {
        "gprs": Link(up=20e3, down=40e3, rtt=0.7, loss=0.02, transmit=0.9),
        "umts": Link(up=64e3, down=384e3, rtt=0.2, loss=0.01, transmit=0.8),
        "lte": Link(up=1e6, down=10e6, rtt=0.05, loss=0.003),
        "lte-m": Link(up=375e3, down=300e3, rtt=0.12, loss=0.005),
        "nb-iot": Link(up=16e3, down=21e3, rtt=1.6, loss=0.01, timeout=60.0),
        "wifi": Link(up=20e6, down=20e6, rtt=0.02, loss=0.001, transmit=0.7),
    }
)
"""Typical links.  Orders of magnitude for comparison, not measurements of one network (basis: proposal)."""


# -- push


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A trigger by SMS: lost with ``loss``; else late by a mixture of a fast lognormal law and a slow exponential one.

    A trigger later than ``expiry`` is dropped by the SMS centre.

    >>> PUSH["poor"].loss > PUSH["good"].loss if "good" in PUSH else PUSH["poor"].messages
    False
    """

    loss: Share = 0.051
    """[Meng et al. 2007: 5.1 %]"""
    fast_share: Share
    """Share of the triggers that follow the fast law."""
    fast_median: SomeSeconds = 8.0
    """Seconds."""
    fast_sigma: Annotated[float, Range("number", 0, above=True)] = 0.7
    """Standard deviation of the logarithm of the fast law."""
    slow_mean: SomeSeconds
    """Seconds."""
    expiry: SomeSeconds = 86_400.0
    """Seconds."""
    messages: Count = 1
    """Short messages for one trigger."""
    tries: Annotated[int, Range("number", 1, 100, whole=True)] = 1
    """Triggers for one device, as long as it has not come."""
    again: SomeSeconds = 1800.0
    """Seconds from one of them to the next."""
    cost: Money = 0.0
    """Money for one short message, in the currency of ``Link.cost_per_mb``."""
    rate: Rate | None = None
    """What the channel carries; triggers beyond it wait.  None: no limit."""
    basis: str = "evidence"
    """What the figures rest on."""

    def within(self, seconds: float) -> float:
        """Share of the triggers that are delivered at all which come within ``seconds``."""
        fast = 0.5 * math.erfc(-math.log(seconds / self.fast_median) / (self.fast_sigma * math.sqrt(2)))
        return self.fast_share * fast + (1 - self.fast_share) * -math.expm1(-seconds / self.slow_mean)

    def triggers(self, sent: Floats, luck: Luck) -> tuple[Floats, NDArray[np.int64]]:
        """When the first trigger of each device arrives, infinite when none does; and how many triggers it took."""
        n = len(sent)
        arrived, used = np.full(n, np.inf), np.zeros(n, dtype=np.int64)
        full = 0  # with a rate: when the bucket is full again
        for number in range(self.tries):
            leaves = sent + number * self.again
            delay = self.delays(luck.uniform("push delay", n, number), luck.uniform("push loss", n, number))
            needed = arrived > leaves
            if self.rate is not None:
                leaves, full = self._leave(leaves, needed, full)
            used += needed
            arrived = np.where(needed, np.minimum(arrived, leaves + delay), arrived)
        return arrived, used

    def _leave(self, leaves: Floats, needed: NDArray[np.bool_], full: int) -> tuple[Floats, int]:
        """When the channel lets the triggers out that are ``needed``; those of an earlier round went before."""
        assert self.rate is not None
        who = np.flatnonzero(needed)
        order = who[np.argsort(leaves[who], kind="stable")]
        wanted = np.maximum(np.rint(leaves[order] * 1e6).astype(np.int64), full - self.rate.slack)
        out = paced(wanted, self.rate)
        left = leaves.copy()
        left[order] = out / 1e6
        return left, full if not len(out) else max(full, int(out[-1])) + self.rate.interval

    def delays(self, chance: Floats, pick: Floats) -> Floats:
        """Seconds of each trigger; infinite when it is lost or expires.  ``pick``, ``chance``: draws from [0, 1)."""
        lost = pick < self.loss
        rest = (pick - self.loss) / max(1 - self.loss, 1e-12)
        soon = ~lost & (rest < self.fast_share)
        delay = -self.slow_mean * np.log1p(-chance)
        delay[soon] = self.fast_median * np.exp(self.fast_sigma * normal(np.clip(chance[soon], 1e-12, 1 - 1e-12)))
        return np.where(lost | (delay > self.expiry), np.inf, delay)


def _fitted(soon: float, late: float = 0.98, median: float = 8.0, sigma: float = 0.7) -> Push:
    """The mixture with P(D < 30 s) = ``soon`` and P(D < 600 s) = ``late``: share and slow mean solve both."""
    fast = 0.5 * math.erfc(-math.log(30 / median) / (sigma * math.sqrt(2)))
    low, high = 1.0, 100_000.0

    def share(mean: float) -> float:
        """From the first condition."""
        slow = -math.expm1(-30 / mean)
        return (soon - slow) / (fast - slow)

    for _ in range(200):
        middle = math.sqrt(low * high)
        w = share(middle)
        low, high = (middle, high) if w + (1 - w) * -math.expm1(-600 / middle) > late else (low, middle)
    return Push(fast_share=share(low), slow_mean=low, fast_median=median, fast_sigma=sigma)

    """Cells among which the devices are spread."""


PUSH: Final[Mapping[str, Push]] = MappingProxyType({"good": _fitted(0.84), "poor": _fitted(0.46)})
"""Fitted to six carriers: 84 % or 46 % within 30 s, 98 % within 10 minutes.  [Mspect 2001, validation sheet A8]"""


# -- cells and download


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Where devices are, and how many sessions a cell carries at the same time.

    >>> Cells(count=4, limit=100).limit
    100
    """

    count: Count = 1
    """Cells among which the devices are spread."""
    limit: Count | tuple[Count | None, ...] | None = None
    """Sessions at the same time in one cell, or in each; others wait their turn.  None: no limit."""
    skew: Money = 0.0
    """0: all cells alike; 1: the population of cells falls like 1/rank."""
    map: tuple[Natural, ...] | None = None
    """The cell of each device, by number; None: drawn."""

    def __post_init__(self) -> None:
        if isinstance(self.limit, tuple) and len(self.limit) != self.count:
            raise ConfigError(
                f"Cells.limit has {many(len(self.limit), 'number')} for {many(self.count, 'cell')}; give one for each"
            )
        if self.map is not None and (not self.map or not 0 <= min(self.map) <= max(self.map) < self.count):
            raise ConfigError(f"Cells.map must give each device a cell from 0 to {self.count - 1}")

    @property
    def limits(self) -> tuple[int | None, ...] | None:
        """Of each cell; None when no cell has one."""
        limits = self.limit if isinstance(self.limit, tuple) else (self.limit,) * self.count
        return None if all(limit is None for limit in limits) else limits

    def place(self, chance: Floats) -> NDArray[np.int64]:
        """The cell of each device, from draws in [0, 1); ConfigError when the map has another number of devices."""
        if self.map is not None:
            if len(self.map) != len(chance):
                raise ConfigError(f"Cells.map has {many(len(self.map), 'device')}, the campaign {len(chance)}")
            return np.asarray(self.map, dtype=np.int64)
        weights = np.arange(1, self.count + 1, dtype=np.float64) ** -self.skew
        bounds = np.cumsum(weights / weights.sum())
        return np.minimum(np.searchsorted(bounds, chance, side="right"), self.count - 1)


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A package that is fetched from a download server after the session.

    >>> Download(octets=1_500_000).resume
    True
    """

    octets: Annotated[int, Range("octets", 0, 1 << 50, whole=True)]
    """Size of the package."""
    breaks: Annotated[float, Range("share", 0, 1, below=True)] = 0.0
    """Probability that a try breaks off; where, is drawn evenly."""
    resume: bool = True
    """A later try goes on where the earlier broke off, instead of from the start."""
    servers: Count | None = None
    """Downloads at the same time that the download servers carry; None: no limit."""
