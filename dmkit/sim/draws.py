"""All chance of one run of a campaign, drawn before it begins: one table by device, attempt and message.

Every engine reads the same table, so they can be compared device by device, and two designs with the same seed meet the
same luck.  Each column has a stream of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from dmkit.sim.backoff import POLICIES
from dmkit.sim.people import residuals
from dmkit.sim.streams import Streams
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    from dmkit.sim.campaign import Campaign

__all__ = ["NEVER", "Draws"]

Ints = NDArray[np.int64]
NEVER = -1
"""Trigger time of a device that no trigger reaches."""
_US = 1_000_000


def _ticks(seconds: NDArray[np.float64]) -> Ints:
    result: Ints = np.rint(seconds * _US).astype(np.int64)
    return result


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Times are microseconds; N devices, A attempts, K exchanges of the tape."""

    seed: int
    trigger: Ints
    """(N,): when the (first) trigger left."""
    triggers: Ints
    """(N,): how many were pushed."""
    reached: Ints
    """(N,): when it arrived; NEVER when it was lost."""
    ready: Ints
    """(N, A): how long the device's condition holds it back before each attempt."""
    condition: NDArray[np.int8]
    """(N, A): which condition that is; -1 for none."""
    zone: NDArray[np.int8]
    cell: Ints
    urgent: NDArray[np.bool_]
    access: Ints
    """(N, A): on the way to the network, the card's commands included."""
    card: Ints | None
    """(N, A): the card's commands alone; None without a card."""
    service: NDArray[np.int32]
    """(N, A, K)"""
    losses: NDArray[np.int8]
    """(N, A, K): how often the message is lost before it arrives."""
    backoff: NDArray[np.float64]
    """(N, A), in [0, 1)."""
    breaks: NDArray[np.float64]
    """(N, A): at which part of the rest a download breaks off; 1 when it does not."""

    @classmethod
    def of(cls, plan: Campaign, seed: int) -> Self:
        """Draw for ``plan``; ConfigError when the table would not fit into memory."""
        n, a, k = plan.devices, plan.retry.attempts, len(plan.recorded.trips)
        if n * a * (k * 5 + 40) > 4e9:
            raise ConfigError(
                f"{n} devices with {a} attempts of {k} exchanges need more than 4 GB of draws; cut one of them"
            )
        streams = Streams(seed)
        sent = plan.arrivals(n, streams)
        arrived, triggers = sent, np.zeros(n, dtype=np.int64)
        if plan.push is not None and plan.arrivals.push:
            arrived, triggers = plan.push.triggers(sent, streams)
        lost = ~np.isfinite(arrived)
        reached = _ticks(np.where(lost, 0.0, arrived))
        reached[lost] = NEVER
        held, condition = residuals(
            plan.conditions, streams.uniform("condition", (n, a)), streams.uniform("residual", (n, a))
        )
        servers, link = plan.servers, plan.link
        work = (
            streams.exponential("service", (n, a, k), servers.service)
            if servers.law == "exponential"
            else np.full((n, a, k), servers.service)
        )
        losses = np.zeros((n, a, k), dtype=np.int8)
        if link.loss:
            chance = streams.uniform("loss", (n, a, k))
            losses = np.minimum(np.log(np.maximum(chance, 1e-300)) / np.log(link.loss), link.resends + 1).astype(
                np.int8
            )
        breaks = np.ones((n, a))
        if plan.download is not None and plan.download.breaks:
            chance = streams.uniform("break", (n, a))
            breaks = np.where(chance < plan.download.breaks, chance / plan.download.breaks, 1.0)
        pick = (streams.uniform("access", (n, a)) * len(plan.access)).astype(np.int64)
        access = _ticks(np.asarray(plan.access))[pick]
        card = None
        if plan.card is not None:
            again = streams.uniform("card", (n, a)) < plan.card.resync
            card = _ticks(np.where(again, plan.card.seconds + plan.card.authenticate, plan.card.seconds))
            access = access + card
        return cls(
            seed,
            _ticks(sent),
            triggers,
            reached,
            _ticks(held),
            condition,
            (np.arange(n) % plan.window.zones).astype(np.int8),
            plan.cells.place(streams.uniform("cell", (n,))),
            streams.uniform("urgent", (n,)) < servers.urgent,
            access,
            card,
            np.rint(work * _US).astype(np.int32),
            losses,
            streams.uniform("backoff", (n, a)),
            breaks,
        )

    def sleep(self, plan: Campaign, device: int, attempt: int, previous: float, told: float) -> float:
        """Seconds to sleep after failed ``attempt`` (from 0); ``told`` is Retry-After, 0 when none was given."""
        retry = plan.retry
        draw = float(self.backoff[device, attempt])
        pause = POLICIES[retry.policy](attempt + 1, draw, previous, retry.base, retry.cap)
        return max(pause, told) if retry.heed else pause
