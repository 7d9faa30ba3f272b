"""Chance with names: every source of it has a stream of its own, so adding one never shifts another.

A run has one seed; a stream is named by the seed and a text.  A stream serves where draws are taken in order, one for
each device or customer; a longer one begins with the shorter.  Draws by device, attempt and message are ``luck``.

>>> streams = Streams(7)
>>> a = streams.uniform("arrivals", (3,))
>>> bool((a == Streams(7).uniform("arrivals", (3,))).all()), bool((a == streams.uniform("loss", (3,))).any())
(True, False)
"""

from __future__ import annotations

from dataclasses import field
from operator import index
from typing import TYPE_CHECKING, Final
from zlib import crc32

import numpy as np

from dmkit.sim.arrays import Floats
from dmkit.words.asked import asked
from dmkit.words.records import dataclass

if TYPE_CHECKING:
    from dmkit.sim.clock import Clock

__all__ = ["TICK", "Streams", "on_grid"]

TICK: Final = 2.0**-20
"""Seconds, about a microsecond: the grid on which times are drawn."""


@asked
def on_grid(times: Floats) -> Floats:
    """Times rounded up to whole ticks.

    Sums and differences of such numbers are exact up to 2**33 s, in whatever order they are added: engines that do
    the same thing in another order then agree to the last bit.
    """
    return np.ceil(times / TICK) * TICK


@dataclass(frozen=True, slots=True)
class Streams:
    """The named streams of one seed."""

    seed: int
    clock: Clock | None = field(default=None, compare=False)
    """Local time of the campaign, for laws that ask for it."""

    def generator(self, name: str) -> np.random.Generator:
        """A fresh generator at the start of stream ``name``: the same draws each time it is asked for."""
        seed = index(self.seed)  # numpy walks through whatever else it is given, and a list may hold itself
        return np.random.default_rng(np.random.SeedSequence([seed, crc32(name.encode())]))

    def uniform(self, name: str, shape: tuple[int, ...]) -> Floats:
        """Draws from [0, 1)."""
        return self.generator(name).random(shape)

    def exponential(self, name: str, shape: tuple[int, ...], mean: float = 1.0) -> Floats:
        """Draws from the exponential law with ``mean``."""
        return self.generator(name).exponential(mean, shape)
