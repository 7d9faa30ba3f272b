"""What a campaign came to: one row per device, whatever engine played it."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from dmkit.sim.arrays import Floats, Ints, numbers_given
from dmkit.sim.provenance import made_by
from dmkit.words.records import dataclass

if TYPE_CHECKING:
    import pandas as pd

    from dmkit.sim.campaign import Campaign

__all__ = ["COLUMNS", "FATES", "OUTCOMES", "SUMMARY", "Run"]


OUTCOMES: Final = ("done", "not reached", "no answer", "refused", "lost", "download broke", "over budget")
"""How it ended for a device; the number in ``Run.outcome`` counts from 0.

"no answer": the server took too long or was down; "refused": the queue was full; "lost": the link lost a message more
often than the device sends it; of devices that gave up, the reason of their last attempt.
"""

FATES: Final = (
    "taken",
    "refused",
    "lost on the way",
    "no server",
    "cut off",
    "held up",
)
"""What becomes of a message that is sent towards the servers.

"no server": they were down when it came; "cut off": it was taken, and an outage ended its work or its wait; "held up":
dropped at the gateway, since it could not pass before its sender gave up.
"""

COLUMNS: Final = {
    "device": "number",
    "cell": "number",
    "class": "name of the device's class; empty: all are alike",
    "region": "name or number of the pool that is its home",
    "urgent": "whether its requests go first",
    "triggered": "s since the campaign began, when the first trigger left",
    "reached": "s, when one arrived; NaN: never",
    "finished": "s, when the job was done; NaN: never",
    "outcome": "one of OUTCOMES",
    "attempts": "sessions or downloads begun",
    "rounds": "how often the job was done: at most once, unless the population is closed",
    "took": "s from the first attempt of a round to its end, over all rounds that were done",
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


SUMMARY: Final = {
    "seed": "number",
    "done": "share of all devices",
    "t50": "s until half of all devices were done",
    "t95": "s until 95 % of all devices were done",
    "t99": "s until 99 % of all devices were done",
    "failed": "devices that gave up or were never reached",
    "attempts": "sessions or downloads begun, mean of a device",
    "peak_queue": "requests, most that waited at one time",
    "wasted": "share of the servers' work that nobody waited for",
    "offered": "messages sent towards the servers",
    "refused": "messages answered with Retry-After",
    "lost": "messages lost on the way, at a server that was down, by an outage or at the gateway",
    "server_hours": "h of work of the servers",
    "mean_wait": "s in the servers' queue, mean of a device",
    "megabytes": "1e6 octets, both ways",
    "short_messages": "for triggers",
    "energy": "J, mean of a device",
    "cost": "money: octets, short messages, servers until the last device was done",
    "prompts": "questions to owners",
    "wakings": "questions at night",
    "postponed": "attempts that owners put off",
    "annoyance": "mean of a device, weighted as Prompt says",
}
"""Columns of ``Run.summary`` and their units."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Arrays of shape ``(devices,)``; times in whole microseconds, -1 for never.

    ``wasted``: requests the servers worked on although nobody waited for the answer any more; ``served``: all.
    ``peak``: most requests waiting at once.  ``busy``: server seconds used.
    """

    plan: Campaign
    seed: int
    engine: str
    loop: str
    """What ran it: Python, or numba and its version."""
    finished: Ints
    outcome: NDArray[np.int8]
    attempts: Ints
    refusals: Ints
    waited: Ints
    octets_up: Ints
    octets_down: Ints
    connected: Ints
    triggered: Ints
    triggers: NDArray[np.int16]
    reached: Ints
    cell: NDArray[np.int32]
    klass: NDArray[np.int8]
    urgent: NDArray[np.bool_]
    pool: NDArray[np.int16]
    rounds: Ints
    took: Ints
    condition: NDArray[np.int8]
    card: Ints
    prompts: Ints
    wakings: Ints
    postponed: Ints
    wasted: int
    served: int
    peak: int
    busy: float
    fates: tuple[int, ...]
    """Messages sent towards the servers, by ``FATES``."""
    requests: Ints | None = None
    """(requests, 3): when each came, was begun, would be done; in order.  None unless the plan records."""
    offers: Ints | None = None
    """(messages, 3): when each was sent or came, numbers of its fate and its pool.  None unless the plan records."""
    log: dict[str, Any] = field(default_factory=dict)

    @property
    def done(self) -> NDArray[np.bool_]:
        """Which devices came to the end of the job."""
        result: NDArray[np.bool_] = self.outcome == 0
        return result

    @property
    def offered(self) -> int:
        """Messages that were sent towards the servers, each repeat counted; those cut off are among those taken."""
        return sum(self.fates) - self.fates[FATES.index("cut off")]

    def seconds(self) -> Floats:
        """When each device was done, in seconds; NaN for those that never were."""
        return np.where(self.done, self.finished / 1e6, np.nan)

    def within(self, share: float) -> float:
        """Seconds until ``share`` of all devices were done; infinite when they never were, see ``short_of``.

        A device that gave up counts among all, so 99 % may never be reached.
        """
        return self._until(share)[0]

    def _until(self, *shares: float) -> list[float]:
        """``within`` of each share; the times are put in order only as far as these need it."""
        times = self.finished[self.done]
        needs = [int(np.ceil(share * len(self.finished))) for share in shares]
        reached = sorted({need - 1 for need in needs if 0 < need <= len(times)})
        if reached:
            times.partition(reached)
        return [float(times[need - 1] / 1e6) if need - 1 in reached else float("inf") for need in needs]

    def short_of(self, share: float) -> str:
        """Why ``within(share)`` is no time; empty when it is one.

        >>> from dmkit.sim.campaign import Campaign
        >>> Campaign(devices=10).run(1).short_of(0.5)
        ''
        """
        done = float(self.done.mean())
        if self.within(share) < float("inf"):
            return ""
        return f"not reached by {100 * (share - done):.1f} %"

    def energy(self) -> Floats:
        """Joule of each device: sending, receiving, waiting while connected, and its card; or as the plan measures."""
        if self.plan.energy is not None:
            return self._measured(self.plan.energy, "energy")
        links = [link for link, _ in self.plan.kinds]

        def of(name: str) -> Any:
            values = np.array([getattr(link, name) for link in links], dtype=np.float64)
            return values[self.klass] if len(links) > 1 else values[0]

        up, down = self.octets_up * 8 / of("up"), self.octets_down * 8 / of("down")
        idle = np.maximum(0.0, self.connected / 1e6 - up - down)
        card = self.card / 1e6 * self.plan.card.watt if self.plan.card is not None else 0.0
        result: Floats = up * of("transmit") + down * of("receive") + idle * of("idle") + card
        return result

    def _measured(self, measure: Any, name: str) -> Floats:
        return numbers_given(f"Campaign.{name}", measure(self), len(self.finished), "one finite number a device")

    def messages(self) -> Ints:
        """Short messages that triggered each device."""
        each: int = self.plan.push.messages if self.plan.push is not None else 0
        return self.triggers.astype(np.int64) * each

    def cost(self) -> Floats:
        """Money for each device's octets and short messages, or as the plan measures; servers are in ``summary``."""
        if self.plan.money is not None:
            return self._measured(self.plan.money, "money")
        sms = self.messages() * self.plan.push.cost if self.plan.push is not None else 0.0
        prices = np.array([link.cost_per_mb for link, _ in self.plan.kinds], dtype=np.float64)
        return (self.octets_up + self.octets_down) / 1e6 * prices[self.klass] + sms

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
        n, done = len(self.finished), self.done
        hours = float(self.finished.max(initial=0)) / 3600e6
        t50, t95, t99 = self._until(0.5, 0.95, 0.99)
        return {
            "seed": self.seed,
            "done": float(done.mean()),
            "t50": t50,
            "t95": t95,
            "t99": t99,
            "failed": int(n - done.sum()),
            "attempts": float(self.attempts.sum() / n),
            "peak_queue": self.peak,
            "wasted": self.wasted / max(1, self.served),
            "offered": self.offered,
            "refused": self.fates[1],
            "lost": self.offered - self.fates[0] - self.fates[1] + self.fates[4],
            "server_hours": self.busy / 3600,
            "mean_wait": float(self.waited.sum() / 1e6 / n),
            "megabytes": float((self.octets_up.sum() + self.octets_down.sum()) / 1e6),
            "short_messages": int(self.messages().sum()),
            "energy": float(self.energy().mean()),
            "cost": float(self.cost().sum()) + hours * sum(pool.count * pool.cost_per_hour for pool in self.plan.desks),
            "prompts": int(self.prompts.sum()),
            "wakings": int(self.wakings.sum()),
            "postponed": int(self.postponed.sum()),
            "annoyance": float(self.annoyance().mean()),
        }

    def frame(self) -> pd.DataFrame:
        """One row per device; columns are ``COLUMNS``, ``attrs`` carries version, parameters and seed."""
        import pandas as pd

        names = [condition.name for condition in self.plan.conditions]
        classes = [one.name for one in self.plan.classes] or [""]
        regions = [pool.region or str(number) for number, pool in enumerate(self.plan.desks)]
        frame = pd.DataFrame(
            {
                "device": np.arange(len(self.finished)),
                "cell": self.cell,
                "class": [classes[k] for k in self.klass],
                "region": [regions[k] for k in self.pool],
                "urgent": self.urgent,
                "triggered": self.triggered / 1e6,
                "reached": np.where(self.reached >= 0, self.reached / 1e6, np.nan),
                "finished": self.seconds(),
                "outcome": pd.Categorical([OUTCOMES[code] for code in self.outcome], categories=list(OUTCOMES)),
                "attempts": self.attempts,
                "rounds": self.rounds,
                "took": self.took / 1e6,
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
            "loop": self.loop,
            "units": COLUMNS,
        }
        return frame

    def __repr__(self) -> str:
        done = int(self.done.sum())
        half = self.within(0.5)
        text = f"half in {half:.1f} s" if half < float("inf") else f"half {self.short_of(0.5)}"
        return f"Run({self.engine}, seed {self.seed}: {done} of {len(self.finished)} done, {text})"
