"""What a campaign came to: one row per device, whatever engine played it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from dmkit.sim.provenance import made_by

if TYPE_CHECKING:
    import pandas as pd

    from dmkit.sim.campaign import Campaign

__all__ = ["COLUMNS", "OUTCOMES", "Run"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

OUTCOMES: Final = ("done", "not reached", "no answer", "refused", "lost", "download broke", "over budget")
"""How it ended for a device; the number in ``Run.outcome`` counts from 0.

"no answer": the server took too long or was down; "refused": the queue was full; "lost": the link lost a message more
often than the device sends it; of devices that gave up, the reason of their last attempt.
"""

COLUMNS: Final = {
    "device": "number",
    "cell": "number",
    "triggered": "s since the campaign began, when the first trigger left",
    "reached": "s, when one arrived; NaN: never",
    "finished": "s, when the job was done; NaN: never",
    "outcome": "one of OUTCOMES",
    "attempts": "sessions or downloads begun",
    "refusals": "answers with Retry-After",
    "waited": "s in the servers' queue, in all",
    "octets_up": "octets sent, repeats included",
    "octets_down": "octets received",
    "messages": "short messages for its triggers",
    "energy": "J spent by the radio and the card",
    "cost": "money for octets and short messages",
    "prompts": "questions to the owner",
    "wakings": "questions at night",
    "postponed": "attempts that the owner put off",
    "condition": "what held the device back before its first attempt; empty: nothing",
}
"""Columns of ``Run.frame`` and their units."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Arrays of shape ``(devices,)``; times in whole microseconds, -1 for never.

    ``wasted``: requests the servers worked on although nobody waited for the answer any more; ``served``: all.
    ``peak``: most requests waiting at once.  ``busy``: server seconds used.
    """

    plan: Campaign
    seed: int
    engine: str
    finished: Ints
    outcome: NDArray[np.int8]
    attempts: Ints
    refusals: Ints
    waited: Ints
    octets_up: Ints
    octets_down: Ints
    connected: Ints
    triggered: Ints
    triggers: Ints
    reached: Ints
    cell: Ints
    condition: NDArray[np.int8]
    card: Ints
    prompts: Ints
    wakings: Ints
    postponed: Ints
    wasted: int
    served: int
    peak: int
    busy: float
    requests: Ints | None = None
    """(requests, 3): when each came, was begun, would be done; in order.  None unless the plan records."""
    log: dict[str, Any] = field(default_factory=dict)

    @property
    def done(self) -> NDArray[np.bool_]:
        """Which devices came to the end of the job."""
        result: NDArray[np.bool_] = self.outcome == 0
        return result

    def seconds(self) -> Floats:
        """When each device was done, in seconds; NaN for those that never were."""
        return np.where(self.done, self.finished / 1e6, np.nan)

    def within(self, share: float) -> float:
        """Seconds until ``share`` of all devices were done; infinite when they never were.

        A device that gave up counts among all, so 99 % may never be reached.
        """
        times = np.sort(self.finished[self.done]) / 1e6
        need = int(np.ceil(share * len(self.finished)))
        return float(times[need - 1]) if 0 < need <= len(times) else float("inf")

    def energy(self) -> Floats:
        """Joule of each device: sending, receiving, waiting while connected, and its card."""
        link = self.plan.link
        up, down = self.octets_up * 8 / link.up, self.octets_down * 8 / link.down
        idle = np.maximum(0.0, self.connected / 1e6 - up - down)
        card = self.card / 1e6 * self.plan.card.watt if self.plan.card is not None else 0.0
        result: Floats = up * link.transmit + down * link.receive + idle * link.idle + card
        return result

    def messages(self) -> Ints:
        """Short messages that triggered each device."""
        each: int = self.plan.push.messages if self.plan.push is not None else 0
        return self.triggers * each

    def cost(self) -> Floats:
        """Money for each device's octets and short messages; servers are in ``summary`` only."""
        sms = self.messages() * self.plan.push.cost if self.plan.push is not None else 0.0
        return (self.octets_up + self.octets_down) / 1e6 * self.plan.link.cost_per_mb + sms

    def annoyance(self) -> Floats:
        """What each owner suffered, weighted as ``Prompt`` says; zero where nobody is asked."""
        prompt = self.plan.prompt
        if prompt is None:
            return np.zeros(len(self.finished))
        result: Floats = self.prompts + prompt.waking * self.wakings + prompt.postponed * self.postponed
        return result

    def summary(self) -> dict[str, float]:
        """The run as one row: times, failures, load, octets, short messages, energy, money, annoyance.

        ``energy`` and ``annoyance`` are means of a device; ``cost`` counts the servers until the last device was done.
        """
        n = len(self.finished)
        hours = float(self.finished.max(initial=0)) / 3600e6
        return {
            "seed": self.seed,
            "done": float(self.done.mean()),
            "t50": self.within(0.5),
            "t95": self.within(0.95),
            "t99": self.within(0.99),
            "failed": int(n - self.done.sum()),
            "attempts": float(self.attempts.sum() / n),
            "peak_queue": self.peak,
            "wasted": self.wasted / max(1, self.served),
            "server_hours": self.busy / 3600,
            "mean_wait": float(self.waited.sum() / 1e6 / n),
            "megabytes": float((self.octets_up.sum() + self.octets_down.sum()) / 1e6),
            "short_messages": int(self.messages().sum()),
            "energy": float(self.energy().mean()),
            "cost": float(self.cost().sum()) + hours * self.plan.servers.count * self.plan.servers.cost_per_hour,
            "prompts": int(self.prompts.sum()),
            "wakings": int(self.wakings.sum()),
            "postponed": int(self.postponed.sum()),
            "annoyance": float(self.annoyance().mean()),
        }

    def frame(self) -> pd.DataFrame:
        """One row per device; columns are ``COLUMNS``, ``attrs`` carries version, parameters and seed."""
        import pandas as pd

        names = [condition.name for condition in self.plan.conditions]
        frame = pd.DataFrame(
            {
                "device": np.arange(len(self.finished)),
                "cell": self.cell,
                "triggered": self.triggered / 1e6,
                "reached": np.where(self.reached >= 0, self.reached / 1e6, np.nan),
                "finished": self.seconds(),
                "outcome": pd.Categorical([OUTCOMES[code] for code in self.outcome], categories=list(OUTCOMES)),
                "attempts": self.attempts,
                "refusals": self.refusals,
                "waited": self.waited / 1e6,
                "octets_up": self.octets_up,
                "octets_down": self.octets_down,
                "messages": self.messages(),
                "energy": self.energy(),
                "cost": self.cost(),
                "prompts": self.prompts,
                "wakings": self.wakings,
                "postponed": self.postponed,
                "condition": [names[c] if c >= 0 else "" for c in self.condition],
            }
        )
        frame.attrs = {
            "measure": "campaign",
            **made_by(),
            "parameters": repr(self.plan),
            "seed": self.seed,
            "engine": self.engine,
            "units": COLUMNS,
        }
        return frame

    def __repr__(self) -> str:
        done = int(self.done.sum())
        half = self.within(0.5)
        return f"Run({self.engine}, seed {self.seed}: {done} of {len(self.finished)} done, half in {half:.1f} s)"
