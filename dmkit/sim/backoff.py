"""Trying again: policies of waiting, and the models that show what they do to a server.

A policy says how long to sleep after the n-th failure (n from 1), given a draw and the sleep before.  Counts are of
attempts unless a name says retries.  [Brooker 2015; RFC 7252 §4.8; Beyer et al. 2016, ch. 21-22]

>>> policy = POLICIES["exponential"]
>>> [policy(n, 0.5, 0.0, 5.0, 2000.0) for n in (1, 2, 3)]
[10.0, 20.0, 40.0]
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heapreplace
from types import MappingProxyType
from typing import Annotated, Final, TypeAlias

import numpy as np

from dmkit.sim.streams import Streams
from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Natural, Range, SomeSeconds

__all__ = [
    "COAP",
    "POLICIES",
    "BackoffPolicy",
    "Coap",
    "Contention",
    "adaptive_throttling",
    "contention",
    "layered_attempts",
    "retry_load",
]

BackoffPolicy: TypeAlias = Callable[[int, float, float, float, float], float]
"""``(failures, draw, previous sleep, base, cap) -> sleep``; the draw is in [0, 1), times share one unit."""


def _none(failures: int, draw: float, previous: float, base: float, cap: float) -> float:
    return 0.0


def _exponential(failures: int, draw: float, previous: float, base: float, cap: float) -> float:
    return min(cap, base * 2.0 ** min(failures, 60))


def _equal(failures: int, draw: float, previous: float, base: float, cap: float) -> float:
    half = _exponential(failures, draw, previous, base, cap) / 2
    return half + draw * half


def _full(failures: int, draw: float, previous: float, base: float, cap: float) -> float:
    return draw * _exponential(failures, draw, previous, base, cap)


def _decorrelated(failures: int, draw: float, previous: float, base: float, cap: float) -> float:
    last = previous or base
    return min(cap, base + draw * (3 * last - base))


POLICIES: Final[Mapping[str, BackoffPolicy]] = MappingProxyType(
    {
        "none": _none,
        "exponential": _exponential,
        "decorrelated": _decorrelated,
        "equal": _equal,
        "full": _full,
    }
)
"""Name -> policy.  [Brooker 2015]"""


# -- optimistic writes on one record


@dataclass(frozen=True, slots=True)
class Contention:
    """One run: write calls in all (reads are not counted), and milliseconds until the last client is done."""

    calls: int
    completion: float


@asked
def contention(
    clients: int,
    policy: BackoffPolicy | str,
    *,
    seed: int,
    base: float = 5.0,
    cap: float = 2000.0,
    mean: float = 10.0,
    sd: float = 2.0,
) -> Contention:
    """``clients`` start together; each reads a version and writes conditionally; a loser sleeps and begins anew.

    A message takes |Normal(mean, sd)| ms one way.  Completion is when the last client has its answer.
    [Brooker 2015: variance 4]
    """
    if clients < 1:
        raise ConfigError(f"contention needs at least one client, not {clients}")
    sleep = _policy(policy)
    streams = Streams(seed)
    streams_delay, chance_rng = streams.generator("delay"), streams.generator("backoff")
    delays: list[float] = []
    chance = _supply(chance_rng.random).__next__

    def supply() -> float:
        delays[:] = np.abs(streams_delay.normal(mean, sd, 4096)).tolist()
        return delays.pop()

    events: list[tuple[float, int, bool, int]] = []
    for n in range(clients):
        events.append((delays.pop() if delays else supply(), n, False, 0))
    events.sort()
    failures, previous = [0] * clients, [0.0] * clients
    version = calls = 0
    finish = 0.0
    while events:
        now, client, writes, known = events[0]
        if not writes:  # the server reads out the version; the client's write arrives two messages later
            back = now + (delays.pop() if delays else supply())
            heapreplace(events, (back + (delays.pop() if delays else supply()), client, True, version))
            continue
        calls += 1
        answered = now + (delays.pop() if delays else supply())
        if known == version:
            version += 1
            finish = max(finish, answered)
            heappop(events)
            continue
        failures[client] += 1
        pause = sleep(failures[client], chance(), previous[client], base, cap)
        previous[client] = pause
        heapreplace(events, (answered + pause + (delays.pop() if delays else supply()), client, False, 0))
    return Contention(calls, finish)


def _policy(policy: BackoffPolicy | str) -> BackoffPolicy:
    if not isinstance(policy, str):
        return policy
    if policy not in POLICIES:
        raise ConfigError(f"backoff {policy!r} is not known; there are {', '.join(POLICIES)}")
    return POLICIES[policy]


def _supply(make: Callable[[int], np.ndarray[tuple[int, ...], np.dtype[np.float64]]]) -> Iterator[float]:
    """Single draws out of blocks."""
    while True:
        yield from reversed(make(4096).tolist())


# -- the retransmission of CoAP


@checked
@dataclass(frozen=True, slots=True)
class Coap:
    """Retransmission of a confirmable message; seconds.  [RFC 7252 §4.8]"""

    ack_timeout: SomeSeconds = 2.0
    """Until the first retransmission at least."""
    random_factor: Annotated[float, Range("number", 1)] = 1.5
    """How much longer at most."""
    max_retransmit: Natural = 4
    """Retransmissions."""

    def sends(self, draw: float) -> tuple[float, ...]:
        """When the message is sent, the first at 0, if no answer comes; ``draw`` in [0, 1] fixes the first timeout.

        >>> Coap().sends(1.0)
        (0.0, 3.0, 9.0, 21.0, 45.0)
        """
        timeout = self.ack_timeout * (1 + draw * (self.random_factor - 1))
        return tuple(timeout * (2**n - 1) for n in range(self.max_retransmit + 1))

    def gives_up(self, draw: float) -> float:
        """When the sender stops waiting for an answer.

        >>> Coap().gives_up(1.0)
        93.0
        """
        timeout = self.ack_timeout * (1 + draw * (self.random_factor - 1))
        return timeout * float(2 ** (self.max_retransmit + 1) - 1)


COAP: Final = Coap()


# -- retries against a server that fails


@asked
def layered_attempts(layers: int, attempts: int, failure: float = 1.0, *, users: int = 1, seed: int = 0) -> float:
    """Calls that reach the last of ``layers`` for one action of a user, when each layer tries up to ``attempts`` times.

    The last layer fails with probability ``failure``; a layer whose attempts all failed fails towards the one above.
    Mean over ``users``, by running them.

    >>> layered_attempts(3, 4)
    64.0
    """
    if layers < 1 or attempts < 1 or not 0 <= failure <= 1:
        raise ConfigError(
            f"layers and attempts are at least 1, failure within 0 and 1: {layers}, {attempts}, {failure}"
        )
    rng = Streams(seed).generator("layers")
    calls = 0

    def call(layer: int) -> bool:
        nonlocal calls
        if layer == 0:
            calls += 1
            return bool(rng.random() >= failure)
        return any(call(layer - 1) for _ in range(attempts))

    for _ in range(users):
        call(layers)
    return calls / users


@asked
def retry_load(
    demand: int, failure: float, *, retries: int = 2, budget: float | None = None, seconds: int = 600, seed: int = 0
) -> float:
    """Requests sent over requests wanted, when each failed attempt is tried again up to ``retries`` times.

    ``budget`` allows retries only up to that share of the first attempts so far; None: no limit.  ``demand`` is first
    attempts a second; ``failure`` the probability that an attempt fails.

    >>> retry_load(100, 1.0), round(retry_load(100, 1.0, budget=0.1), 2)
    (3.0, 1.1)
    """
    rng = Streams(seed).generator("failures")
    first = again = 0
    for _ in range(seconds):
        failed = int(rng.binomial(demand, failure))
        first += demand
        for _ in range(retries):
            wanted = failed
            if budget is not None:
                wanted = min(wanted, max(0, int(budget * first) - again))
            again += wanted
            failed = int(rng.binomial(wanted, failure)) if wanted else 0
    return (first + again) / first


@asked
def adaptive_throttling(
    demand: float, capacity: float, *, k: float = 2.0, window: int = 120, seconds: int = 1200, seed: int = 0
) -> float:
    """Requests a second that a client lets through to a server that accepts ``capacity`` a second, in the long run.

    Each second the client rejects by itself with probability max(0, (requests - k accepts) / (requests + 1)), both
    counted over the last ``window`` seconds.  Mean of the second half of the run.  [Beyer et al. 2016, ch. 21]
    """
    if demand < 0 or capacity < 0 or k <= 0:
        raise ConfigError(f"demand and capacity are not negative and k is above 0: {demand}, {capacity}, {k}")
    rng = Streams(seed).generator("demand")
    history: deque[tuple[int, int]] = deque(maxlen=window)
    sent = []
    requests = accepts = 0
    for _ in range(seconds):
        wanted = int(rng.poisson(demand))
        rejected = max(0.0, (requests - k * accepts) / (requests + 1))
        passed = int(rng.binomial(wanted, 1 - rejected))
        accepted = min(passed, int(rng.poisson(capacity)))
        if len(history) == window:
            old = history[0]
            requests, accepts = requests - old[0], accepts - old[1]
        history.append((wanted, accepted))
        requests, accepts = requests + wanted, accepts + accepted
        sent.append(passed)
    return float(np.mean(sent[seconds // 2 :]))
