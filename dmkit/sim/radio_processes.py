"""Random access once more, as SimPy processes: a device is a process, the cell another.  To read, and to check.

Every device of ``random_access`` (arrays) and of this one meets the same draws, so their results are equal, device by
device.  Slower, for one seed at a time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from dmkit.sim.radio import Access, ArrivalLaw, Rach
from dmkit.sim.streams import Streams

__all__ = ["random_access_processes"]


def random_access_processes(devices: int, arrivals: ArrivalLaw, *, seed: int, rach: Rach | None = None) -> Access:
    """As ``random_access`` for one seed and without barring."""
    import simpy

    channel = rach or Rach()
    streams = Streams(seed)
    arrived = arrivals(devices, streams.generator("arrivals"))
    draws = {
        name: streams.uniform(name, (channel.tries, devices))
        for name in ("preamble", "detection", "grant", "msg3", "msg4", "backoff")
    }
    env: Any = simpy.Environment()
    cell = _Cell(env, channel, draws)
    success, delay = np.zeros(devices, dtype=np.bool_), np.full(devices, np.nan)
    tries = np.zeros(devices, dtype=np.int64)

    def device(n: int) -> Iterator[Any]:
        first = math.ceil(arrived[n] * 1000 / channel.period)
        opportunity = first
        while tries[n] < channel.tries:
            tries[n] += 1
            took = yield cell.contend(opportunity, n, int(tries[n]))
            if took is not None:
                success[n] = True
                delay[n] = ((opportunity - first) * channel.period + took) / 1000
                return
            pause = draws["backoff"][tries[n] - 1, n] * channel.backoff
            silent = channel.preamble_length + channel.processing + channel.window + pause
            opportunity += max(1, math.ceil(silent / channel.period))

    for n in range(devices):
        env.process(device(n))
    env.run()
    period = float(getattr(arrivals, "seconds", arrived.max()))
    opportunities = max(1, round(period * 1000 / channel.period))
    return Access(
        seed,
        success,
        delay,
        np.zeros(devices),
        tries,
        cell.collided_preambles,
        cell.collided_transmissions,
        opportunities,
        channel.preambles,
        np.array(cell.used, dtype=np.int64),
    )


class _Cell:
    """Collects who contends in an opportunity, and answers each when it is over."""

    def __init__(self, env: Any, rach: Rach, draws: dict[str, Any]) -> None:
        self.env, self.rach, self.draws = env, rach, draws
        self.present: dict[int, list[tuple[int, int, Any]]] = {}
        self.collided_preambles = self.collided_transmissions = 0
        self.used: list[int] = []

    def contend(self, opportunity: int, device: int, attempt: int) -> Any:
        """An event that comes with the milliseconds to access, or None for a loss."""
        if opportunity not in self.present:
            self.present[opportunity] = []
            self.env.process(self._hold(opportunity))
        answer = self.env.event()
        self.present[opportunity].append((device, attempt, answer))
        return answer

    def _hold(self, opportunity: int) -> Iterator[Any]:
        yield self.env.timeout(opportunity * self.rach.period + self.rach.preamble_length - self.env.now)
        contenders = self.present.pop(opportunity)
        by_preamble: dict[int, list[tuple[int, int, Any]]] = {}
        for device, attempt, answer in contenders:
            chosen = int(self.draws["preamble"][attempt - 1, device] * self.rach.preambles)
            by_preamble.setdefault(chosen, []).append((device, attempt, answer))
        self.used.extend([0] * (opportunity + 1 - len(self.used)))
        self.used[opportunity] = len(by_preamble)
        detected = []
        for group in by_preamble.values():
            if len(group) > 1:
                self.collided_preambles += 1
                self.collided_transmissions += len(group)
            elif self._is_detected(*group[0][:2]):
                detected.append(group[0])
        detected.sort(key=lambda one: self.draws["grant"][one[1] - 1, one[0]])
        places = len(detected) if self.rach.grants is None else self.rach.grants * self.rach.window
        took = {device: self._exchange(device, attempt, n) for n, (device, attempt, _) in enumerate(detected[:places])}
        for device, _, answer in contenders:
            answer.succeed(took.get(device))

    def _is_detected(self, device: int, attempt: int) -> bool:
        return not self.rach.detection or bool(self.draws["detection"][attempt - 1, device] < -math.expm1(-attempt))

    def _exchange(self, device: int, attempt: int, place: int) -> float | None:
        rach = self.rach
        again = [self._again(self.draws[name][attempt - 1, device]) for name in ("msg3", "msg4")]
        contention = rach.exchange + rach.harq_msg3 * again[0] + rach.harq_msg4 * again[1]
        if max(again) >= rach.harq_limit or contention > rach.contention_timer:
            return None
        subframe = (0 if rach.grants is None else place // rach.grants) + 1
        before = rach.preamble_length + rach.processing + subframe + rach.response_processing + rach.msg3_build
        return float(before + contention)

    def _again(self, chance: float) -> int:
        if self.rach.harq == 0:
            return 0
        return min(math.floor(math.log(max(chance, 1e-300)) / math.log(self.rach.harq)), self.rach.harq_limit)
