"""Closed forms: what a simulation has to agree with, and answers that need none.

Notation: ``load`` is the offered load in Erlang (arrival rate times mean service time), ``service`` the mean service
time in seconds; waits are in the unit of ``service``.  Sources stand with each function.

>>> round(erlang_c(10, 8.0), 5), round(mmc_wait(10, 8.0, 1.0), 5)
(0.40918, 0.20459)
"""

from __future__ import annotations

import math

from dmkit.sim.formula import formula
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError
from dmkit.words.records import dataclass

__all__ = [
    "Herd",
    "OneShot",
    "allen_cunneen_wait",
    "aloha_throughput",
    "bass",
    "bass_peak",
    "birthday",
    "birthday_half",
    "bound_after_no_failures",
    "cosmetatos_wait",
    "erlang_b",
    "erlang_c",
    "expected_attempts",
    "fluid_herd",
    "halfin_whitt",
    "in_step",
    "kingman_bound",
    "mdc_wait",
    "mg1_wait",
    "mmc_wait",
    "mmc_wait_tail",
    "offered_load",
    "one_shot_aloha",
    "patched_share",
    "sample_for_bound",
    "throttled",
]

_NEWTON = 20
"""Steps of Newton's method; the slowest zero of 1,000 servers takes 8, at any load up to 0.999999."""


def _stable(servers: int, load: float) -> None:
    if servers < 1 or load <= 0:
        raise ConfigError(f"a queue needs at least one server and a load above 0, not {servers} and {load}")
    if load >= servers:
        raise ConfigError(
            f"load {load} on {many(servers, 'server')} never settles; the load must stay below the servers"
        )


# -- queues


@formula
def erlang_b(servers: int, load: float) -> float:
    """Share of calls that find all ``servers`` busy and are lost; any law of service.  [Jagerman 1974]

    >>> round(erlang_b(10, 5.0), 7)
    0.0183846
    """
    if servers < 0 or load < 0:
        raise ConfigError(f"servers and load are not negative: {servers}, {load}")
    blocking = 1.0
    for k in range(1, servers + 1):
        blocking = load * blocking / (k + load * blocking)
    return blocking


@formula
def offered_load(servers: int, blocking: float) -> float:
    """The load that ``servers`` carry when the share ``blocking`` is lost: the Erlang B table read backwards.

    >>> round(offered_load(10, 0.01), 3)
    4.461
    """
    if not 0 < blocking < 1 or servers < 1:
        raise ConfigError(f"blocking lies between 0 and 1 and servers are at least 1: {blocking}, {servers}")
    low, high = 0.0, servers / (1 - blocking)
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if erlang_b(servers, middle) < blocking else (low, middle)
    return (low + high) / 2


@formula
def erlang_c(servers: int, load: float) -> float:
    """Probability of waiting in M/M/c; ConfigError when ``load`` is not below ``servers``.  [Kleinrock 1975]"""
    _stable(servers, load)
    blocking = erlang_b(servers, load)
    return blocking / (1 - load / servers * (1 - blocking))


@formula
def mmc_wait(servers: int, load: float, service: float = 1.0) -> float:
    """Mean wait in M/M/c, of all customers."""
    return erlang_c(servers, load) * service / (servers - load)


@formula
def mmc_wait_tail(servers: int, load: float, t: float, service: float = 1.0) -> float:
    """P(wait > t) in M/M/c."""
    return erlang_c(servers, load) * math.exp(-(servers - load) * t / service)


@formula
def mg1_wait(load: float, service: float = 1.0, scv: float = 1.0) -> float:
    """Mean wait in M/G/1; ``scv`` is the squared coefficient of variation of service.  [Pollaczek, Khinchine]

    >>> mg1_wait(0.8), mg1_wait(0.8, scv=0.0)      # exponential; constant: half of it
    (4.000000000000001, 2.0000000000000004)
    """
    _stable(1, load)
    return load * service * (1 + scv) / (2 * (1 - load))


@formula
def mdc_wait(servers: int, load: float, service: float = 1.0) -> float:
    """Mean wait in M/D/c, exact at any load below the servers.  [Crommelin 1932; Tijms 2003 §9.6]

    Sampled every service time, the queue is a random walk whose generating function has c - 1 zeros z in the unit disk,
    those of z^c = exp(-load (1 - z)) (Newton's method finds them); then the mean queue is
    (load^2 - c (c - 1)) / (2 (c - load)) + sum of 1 / (1 - z).  With one server that is Pollaczek and Khinchine's.

    >>> round(mdc_wait(5, 4.0), 6), round(mdc_wait(2, 1.6), 6), round(mdc_wait(1, 0.9999), 1)
    (0.28906, 0.903284, 4999.5)
    """
    _stable(servers, load)
    if servers == 1:
        return mg1_wait(load, service, scv=0.0)
    import numpy as np

    rho = load / servers
    unity = np.exp(2j * np.pi * np.arange(1, servers) / servers)
    zeros = 0 * unity
    for _ in range(_NEWTON):
        there = unity * np.exp(-rho * (1 - zeros))
        zeros = zeros - (zeros - there) / (1 - rho * there)
    queue = (load**2 - servers * (servers - 1)) / (2 * (servers - load)) + float(np.sum(1 / (1 - zeros)).real)
    return max(0.0, queue) / load * service


@formula
def cosmetatos_wait(servers: int, load: float, service: float = 1.0) -> float:
    """Mean wait in M/D/c, approximately.  [Cosmetatos 1975]"""
    rho = load / servers
    more = (1 - rho) * (servers - 1) * (math.sqrt(4 + 5 * servers) - 2) / (16 * rho * servers)
    return 0.5 * mmc_wait(servers, load, service) * (1 + more)


@formula
def allen_cunneen_wait(
    servers: int, load: float, service: float = 1.0, *, scv_arrivals: float = 1.0, scv_service: float = 1.0
) -> float:
    """Mean wait in G/G/c, approximately: 2 to 4 % low for M/D/c, so no oracle.  [Allen 1990]"""
    return mmc_wait(servers, load, service) * (scv_arrivals + scv_service) / 2


@formula
def kingman_bound(load: float, service: float = 1.0, *, scv_arrivals: float = 1.0, scv_service: float = 1.0) -> float:
    """The most that the mean wait in G/G/1 can be.  [Kingman 1961]"""
    _stable(1, load)
    rate = load / service
    return rate * (scv_arrivals / rate**2 + scv_service * service**2) / (2 * (1 - load))


@formula
def halfin_whitt(beta: float) -> float:
    """Limit of Erlang C with ``load + beta sqrt(load)`` servers as the load grows.  [Halfin, Whitt 1981]

    >>> round(halfin_whitt(1.0), 6)
    0.223361
    """
    density = math.exp(-beta * beta / 2) / math.sqrt(2 * math.pi)
    distribution = 0.5 * math.erfc(-beta / math.sqrt(2))
    return 1 / (1 + beta * distribution / density)


@dataclass(frozen=True, slots=True)
class Herd:
    """What a triggered herd meets: seconds until the last is done, largest backlog in devices, mean wait in seconds."""

    finish: float
    backlog: float
    wait: float


@formula
def fluid_herd(devices: int, window: float, capacity: float) -> Herd:
    """Devices triggered evenly over ``window`` seconds, ``capacity`` served a second: the fluid limit.

    >>> fluid_herd(100_000, 600, 100)
    Herd(finish=1000.0, backlog=40000.0, wait=200.0)
    """
    if devices < 0 or window < 0 or capacity <= 0:
        raise ConfigError(f"a herd needs devices >= 0, window >= 0 and capacity > 0: {devices}, {window}, {capacity}")
    finish = devices / capacity
    if finish <= window:
        return Herd(window, 0.0, 0.0)
    return Herd(finish, float(devices - window * capacity), (finish - window) / 2)


# -- shared channels


@formula
def aloha_throughput(load: float, *, slotted: bool = True) -> float:
    """Successes a slot (or a packet time) at ``load`` transmissions.  [Abramson 1970, Roberts 1975]"""
    return load * math.exp(-load if slotted else -2 * load)


@dataclass(frozen=True, slots=True)
class OneShot:
    """Outcome of group access: share that succeeded, mean cycles it took them, share of collided channels."""

    success: float
    cycles: float
    collision: float


@formula
def one_shot_aloha(devices: int, channels: int, cycles: int = 10) -> OneShot:
    """A group that starts at once, every loser trying again in the next cycle: the recursion.  [Wei et al. 2012]

    >>> round(one_shot_aloha(100, 30).success, 4)
    0.5846
    """
    left, done, weighted, collided = float(devices), 0.0, 0.0, 0.0
    for cycle in range(1, cycles + 1):
        share = left / channels
        succeed = left * math.exp(-share)
        collided += channels * (1 - math.exp(-share) * (1 + share))
        done += succeed
        weighted += cycle * succeed
        left -= succeed
    return OneShot(done / devices, weighted / done, collided / (cycles * channels))


# -- rollout


@formula
def bound_after_no_failures(trials: int, confidence: float = 0.95) -> float:
    """Upper bound of the defect rate after ``trials`` without a failure; about 3/n.  [Hanley 1983]

    >>> round(bound_after_no_failures(300), 6)
    0.009936
    """
    return float(1 - (1 - confidence) ** (1 / trials))


@formula
def sample_for_bound(rate: float, confidence: float = 0.95) -> int:
    """How many successes in a row prove, at ``confidence``, a defect rate of at most ``rate``."""
    return math.ceil(math.log(1 - confidence) / math.log(1 - rate))


@formula
def patched_share(t: float, half_life: float) -> float:
    """Share that has the update after ``t``, when what is left halves every ``half_life``.  [Qualys 2009: 30 days]"""
    return float(1 - 0.5 ** (t / half_life))


@formula
def bass(t: float, p: float = 0.03, q: float = 0.38) -> float:
    """Share that has adopted a new thing after ``t`` periods.  [Bass; mean p and q of Sultan et al. 1990]"""
    decay = math.exp(-(p + q) * t)
    return (1 - decay) / (1 + q / p * decay)


@formula
def bass_peak(p: float = 0.03, q: float = 0.38) -> float:
    """When most adopt, in periods.

    >>> round(bass_peak(), 2)
    6.19
    """
    return math.log(q / p) / (p + q)


# -- retries


@formula
def expected_attempts(failure: float, retries: int) -> float:
    """Mean attempts when each fails with probability ``failure`` and ``retries`` may follow the first.

    >>> expected_attempts(1.0, 2), expected_attempts(0.5, 1)
    (3.0, 1.5)
    """
    if failure == 1.0:
        return float(retries + 1)
    return (1 - float(failure) ** (retries + 1)) / (1 - failure)


@formula
def throttled(demand: float, capacity: float, k: float = 2.0) -> float:
    """Traffic that adaptive throttling lets through in the long run.  [Beyer et al. 2016, ch. 21]"""
    return min(demand, k * capacity)


# -- nonces


@formula
def birthday(values: int, bits: int) -> float:
    """Probability that ``values`` random nonces of ``bits`` are not all different.

    >>> round(birthday(77_163, 32), 3)
    0.5
    """
    return -math.expm1(-(values**2) / 2 ** (bits + 1))


@formula
def birthday_half(bits: int) -> float:
    """How many nonces make a repeat as likely as not: 1.1774 times the square root of all."""
    return math.sqrt(2 * math.log(2)) * 2 ** (bits / 2)


@formula
def in_step(loss: float, sessions: int) -> float:
    """Probability that two sides still agree on the nonce when each session loses it with ``loss`` and none resyncs.

    >>> round(in_step(0.01, 100), 3)
    0.366
    """
    return float((1 - loss) ** sessions)
