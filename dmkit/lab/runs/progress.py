"""How many runs are made while they are made, and a word that stays: how many there were.

In a terminal it is a bar.  In a notebook it is the word alone, from 0 on: a bar that is stored would stand there at 0
for ever, and whoever compares outputs (nbval) sees the first look only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import monotonic
from typing import Any, Final, TypeVar

from dmkit.views.look import Look, escape

__all__ = ["counted"]

T = TypeVar("T")


def counted(items: Iterable[T], total: int, what: str, progress: bool = True) -> Iterator[T]:
    """``items`` one by one, with a bar; ``what`` is counted.

    >>> list(counted([1, 2], 2, "runs", progress=False))
    [1, 2]
    """
    if not progress or not total:
        yield from items
        return
    if not _in_notebook():
        from tqdm import tqdm

        yield from tqdm(items, total=total, desc=what, leave=False)
        return
    from IPython.display import display

    handle: Any = display(_word(0, total, what), display_id=True)  # type: ignore[no-untyped-call]
    done, shown = 0, monotonic()
    try:
        for item in items:
            yield item
            done += 1
            if monotonic() - shown > _BEAT:
                handle.update(_word(done, total, what))
                shown = monotonic()
    finally:
        handle.update(_word(done, total, what))


_BEAT: Final = 0.2
"""Seconds between two looks of a count that goes on."""


def _word(done: int, total: int, what: str) -> Look:
    word = f"{done} {what}" if done == total else f"{done} of {total} {what}"
    return Look(word, f"<small>{escape(word)}</small>")


def _in_notebook() -> bool:
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return False
    shell: Any = get_ipython()
    return shell is not None and hasattr(shell, "kernel")
