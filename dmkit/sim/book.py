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

from dmkit.sim.draws import NEVER
from dmkit.sim.run import OUTCOMES, Run

if TYPE_CHECKING:
    from dmkit.sim.campaign import Campaign
    from dmkit.sim.draws import Draws

__all__ = ["Book", "Kind", "Times"]

DONE, NOT_REACHED, NO_ANSWER, REFUSED, LOST, DOWNLOAD_BROKE, OVER_BUDGET = range(len(OUTCOMES))
REFUSAL: Final = 120
"""Octets of an answer that says only Retry-After."""


class Kind(IntEnum):
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
class Times:
    """One exchange of the tape on this link: microseconds up, down and until the next message; octets."""

    up: int
    down: int
    think: int
    up_octets: int
    down_octets: int


class Book:
    """Keeps the state of one run.  Times are microseconds."""

    def __init__(self, plan: Campaign, draws: Draws) -> None:
        self.plan, self.draws = plan, draws
        link, n = plan.link, plan.devices
        self.trips = tuple(
            Times(
                round(link.up_seconds(trip.up) * 1e6),
                round(link.down_seconds(trip.down) * 1e6),
                round(trip.think * 1e6),
                trip.up,
                trip.down,
            )
            for trip in plan.recorded.trips
        )
        self.setup = round(link.setup_seconds * 1e6)
        self.timeout = round(link.timeout * 1e6)
        self.refusal = round(link.down_seconds(REFUSAL) * 1e6)
        self.resends = link.resends
        self.midnight = round(plan.start_hour * 3600e6)
        package = plan.download.octets if plan.download is not None else 0
        self.left = [package] * n
        self.urgent: list[bool] = draws.urgent.tolist()
        self.session_done = bytearray(n)
        self.previous = [0.0] * n
        self.finished, self.outcome = [-1] * n, [NOT_REACHED] * n
        self.attempts, self.refusals, self.waited = [0] * n, [0] * n, [0] * n
        self.octets_up, self.octets_down, self.connected = [0] * n, [0] * n, [0] * n
        self.peak = self.served = self.wasted = self.busy = 0
        self.first = self.retries = 0
        self.requests: list[tuple[int, int, int]] | None = [] if plan.record else None
        self.prompts, self.wakings = [0] * n, [0] * n
        self.night = plan.prompt.night if plan.prompt is not None else None

    # -- attempts

    def due(self, device: int, when: int, attempt: int) -> int:
        """When an attempt that could begin at ``when`` does: the device's condition and its window hold it back."""
        when += int(self.draws.ready[device, attempt])
        return when + self.plan.window.wait(when + self.midnight, int(self.draws.zone[device]))

    def first_attempts(self) -> Iterator[tuple[int, int]]:
        """Time and number of each device that is reached, in order."""
        reached = np.flatnonzero(self.draws.reached != NEVER)
        if self.plan.window.whole_day:
            when = self.draws.reached[reached] + self.draws.ready[reached, 0]
        else:
            when = np.array([self.due(int(d), int(self.draws.reached[d]), 0) for d in reached], dtype=np.int64)
        order = np.lexsort((reached, when))
        return zip(when[order].tolist(), reached[order].tolist(), strict=True)

    def begin(self, device: int, attempt: int, now: int) -> None:
        """An attempt begins."""
        if self.night is not None and (attempt == 0 or self.plan.prompt.again):  # type: ignore[union-attr]  # as night
            self.prompts[device] += 1
            self.wakings[device] += not self.night.wait(now + self.midnight, int(self.draws.zone[device]))
        self.attempts[device] += 1
        if attempt == 0:
            self.first += 1

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
        pause = self.draws.sleep(self.plan, device, attempt, self.previous[device], told)
        self.previous[device] = pause
        return self.due(device, now + round(pause * 1e6), attempt + 1)

    def finish(self, device: int, now: int) -> None:
        """The job is done."""
        self.finished[device] = now
        self.outcome[device] = DONE

    # -- servers and downloads

    def start(self, asked: int, now: int, work: int) -> None:
        """A request that came at ``asked`` is begun."""
        if self.requests is not None:
            self.requests.append((asked, now, now + work))

    def serve(self, work: int, *, late: bool) -> None:
        """A request is done; ``late`` when nobody waits for it any more."""
        self.served += 1
        self.busy += work
        self.wasted += late

    def part(self, device: int, attempt: int) -> tuple[int, bool]:
        """Octets that this try of the download brings, and whether it then breaks off."""
        share = float(self.draws.breaks[device, attempt])
        return int(self.left[device] * share), share < 1.0

    def load(self, octets: int) -> int:
        """Microseconds that the download of ``octets`` takes."""
        return round(self.plan.link.down_seconds(octets) * 1e6)

    def loaded(self, device: int, octets: int, broke: bool) -> None:
        """A try of the download has ended."""
        self.octets_down[device] += octets
        assert self.plan.download is not None
        if not broke:
            self.left[device] = 0
        elif self.plan.download.resume:
            self.left[device] -= octets

    # -- the end

    def run(self, engine: str, log: dict[str, object] | None = None) -> Run:
        """The result."""
        draws, plan = self.draws, self.plan
        attempts = np.array(self.attempts, dtype=np.int64)
        begun = np.arange(plan.retry.attempts) < attempts[:, None]
        persons = [number for number, condition in enumerate(plan.conditions) if condition.person]

        def column(values: list[int]) -> NDArray[np.int64]:
            return np.array(values, dtype=np.int64)

        return Run(
            plan=self.plan,
            seed=draws.seed,
            engine=engine,
            finished=column(self.finished),
            outcome=np.array(self.outcome, dtype=np.int8),
            attempts=attempts,
            refusals=column(self.refusals),
            waited=column(self.waited),
            octets_up=column(self.octets_up) + attempts * plan.link.setup_up,
            octets_down=column(self.octets_down) + attempts * plan.link.setup_down,
            connected=column(self.connected),
            triggered=draws.trigger,
            triggers=draws.triggers,
            reached=draws.reached,
            cell=draws.cell,
            condition=draws.condition[:, 0],
            card=np.zeros_like(attempts) if draws.card is None else (draws.card * begun).sum(axis=1),
            prompts=column(self.prompts),
            wakings=column(self.wakings),
            postponed=(np.isin(draws.condition, persons) & begun).sum(axis=1) if persons else np.zeros_like(attempts),
            wasted=self.wasted,
            served=self.served,
            peak=self.peak,
            busy=self.busy / 1e6,
            requests=None if self.requests is None else np.array(sorted(self.requests), dtype=np.int64).reshape(-1, 3),
            log=dict(log or {}),
        )
