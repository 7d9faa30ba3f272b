"""The loop of ``fleet`` again, compiled: the same events in the same order, arrays for lists.  Needs numba.

Read ``fleet`` first; functions here have the names of its methods.  ``LoopPlan`` is the plan, ``LoopState`` what
changes, both of rows: all that an event needs of a device lies in one place of memory, and few arrays travel through
the calls.  Events lie in a heap of two arrays, time and kind packed in one number, the device in the other.  What is in
a queue or shares a pool lies in slots, and a heap of slots for each pool says who is next.

``DOORS`` are called from Python.  numba keeps their code on disk and looks only at the file in which a door stands;
here whatever is in that code counts (``keep_by_contents``).
"""

# mypy: ignore-errors

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Final

from dmkit.sim import book, clock, luck, rates, sharing
from dmkit.sim import draws as by_key
from dmkit.sim.compiled_loop import device, general, heaps, plain, pool, records, state
from dmkit.sim.compiled_loop import draws as of_the_loop
from dmkit.sim.compiled_loop.general import play
from dmkit.sim.compiled_loop.plain import first_plain, play_plain
from dmkit.sim.compiled_loop.state import LoopPlan, LoopState

__all__ = ["DOORS", "LoopPlan", "LoopState", "first_plain", "keep_by_contents", "play", "play_plain", "state"]

DOORS: Final = (first_plain, play_plain, play)
_BELOW: Final = (book, clock, by_key, luck, rates, sharing)
_FILES: Final = (*_BELOW, device, general, heaps, of_the_loop, plain, pool, records, state)


def keep_by_contents() -> None:
    """Let kept code be taken only when every file that is compiled into it is as it was."""
    stamp = sha256(b"".join(Path(str(file.__file__)).read_bytes() for file in _FILES)).hexdigest()
    for door in DOORS:
        door._cache._cache_file._source_stamp = stamp


keep_by_contents()
