"""Chance with names: every source of it has a stream of its own, so adding one never shifts another.

A run has one seed; a stream is named by the seed and a text.  Draws come in blocks, before the run, as arrays that
the engines look up by device, message and purpose: the engines agree to the last bit, and two designs under study
meet the same luck (common random numbers).

>>> streams = Streams(7)
>>> a = streams.uniform("arrivals", (3,))
>>> bool((a == Streams(7).uniform("arrivals", (3,))).all()), bool((a == streams.uniform("loss", (3,))).any())
(True, False)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

__all__ = ["TICK", "Streams", "on_grid"]

Floats = NDArray[np.float64]
TICK: Final = 2.0**-20
"""Seconds, about a microsecond: the grid on which times are drawn."""


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

    def generator(self, name: str) -> np.random.Generator:
        """A fresh generator at the start of stream ``name``: the same draws each time it is asked for."""
        return np.random.default_rng(np.random.SeedSequence([self.seed, crc32(name.encode())]))

    def uniform(self, name: str, shape: tuple[int, ...]) -> Floats:
        """Draws from [0, 1)."""
        return self.generator(name).random(shape)

    def exponential(self, name: str, shape: tuple[int, ...], mean: float = 1.0) -> Floats:
        """Draws from the exponential law with ``mean``."""
        return self.generator(name).exponential(mean, shape)
