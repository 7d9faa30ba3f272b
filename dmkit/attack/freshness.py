"""Nonces by the number: when random ones repeat, and how many devices stay in step when messages are lost.

Simulation beside the formulas of ``dmkit.sim.theory``.  [validation sheet B3]

>>> round(same_birthday(23, 365), 4)
0.5073
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from dmkit.attack.choices import Choices
from dmkit.attack.designs import DESIGNS, Design
from dmkit.attack.path import cut
from dmkit.attack.stage import Stage
from dmkit.sim.streams import Streams
from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError
from dmkit.words.records import dataclass

__all__ = ["AfterLoss", "after_loss", "first_repeats", "lost_in_step", "same_birthday"]


@asked
def same_birthday(values: int, of: int) -> float:
    """Probability that ``values`` draws out of ``of`` are not all different, exactly."""
    if values > of:
        return 1.0
    return -math.expm1(sum(math.log1p(-n / of) for n in range(values)))


@asked
def first_repeats(bits: int, trials: int, *, seed: int = 1) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """How many random nonces of ``bits`` it takes until one comes again, for each trial."""
    if not 1 <= bits <= 30:
        raise ConfigError(f"nonces of 1 to 30 bits are simulated, not of {bits}: use theory.birthday")
    rng = Streams(seed).generator(f"nonces of {bits} bits")
    found = np.empty(trials, dtype=np.int64)
    length = 4 * 2 ** ((bits + 1) // 2)
    for trial in range(trials):
        while True:
            first = _repeat(rng.integers(0, 2**bits, length))
            if first:
                found[trial] = first
                break
    return found


def _repeat(drawn: np.ndarray[tuple[int], np.dtype[np.int64]]) -> int:
    """How many of ``drawn`` it takes until one comes again, 0 when none does; most often their first half has one."""
    shift = len(drawn).bit_length()
    for part in (len(drawn) // 2, len(drawn)):
        keys = np.sort((drawn[:part] << shift) + np.arange(part))  # equal ones stand together, in their order
        values = keys >> shift
        again = keys[1:][values[1:] == values[:-1]]
        if len(again):
            return int((again & (1 << shift) - 1).min()) + 1
    return 0


@dataclass(frozen=True, slots=True)
class AfterLoss:
    """What the engines do after the last message of a session was lost: does the next one work, what does it cost?"""

    works: bool
    extra_round_trips: int


def after_loss(*, resync: bool) -> AfterLoss:
    """One session, another whose last message is lost for good, and a third: real engines, real octets.

    ``resync``: a proof with a stale nonce is met by one more challenge, as it must be; without, by the end.
    """
    base = DESIGNS["mac"]
    design = Design("", replace(base.rules, challenges=2 if resync else 1))
    stage = Stage(design)
    honest = stage.session(Choices())
    stage.session(Choices((0,) * (len(honest) - 1) + (1,)), cut)
    after = stage.session(Choices())
    return AfterLoss(stage.wanted[-1], after.round_trips - honest.round_trips)


@asked
def lost_in_step(
    devices: int, sessions: int, loss: float, *, seed: int = 1, resync: bool = False
) -> tuple[float, float]:
    """Share of devices whose session after ``sessions`` works, and extra round trips a device.

    Each session loses its last message with probability ``loss``; what follows is what ``after_loss`` saw.
    """
    fact = after_loss(resync=resync)
    lost = Streams(seed).uniform("last message", (devices, sessions)) < loss
    if fact.works:
        return 1.0, float(lost.sum() * fact.extra_round_trips / devices)
    return float((~lost).all(axis=1).mean()), 0.0
