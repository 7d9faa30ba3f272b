"""A bar while runs are made, and a word that stays: how many there were.

A bar that a notebook stores would stand there at 0 for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

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
    from tqdm.notebook import tqdm as bar_of

    bar: Any = bar_of(items, total=total, desc=what, leave=True, display=False)
    handle: Any = display(bar.container, display_id=True)  # type: ignore[no-untyped-call]
    try:
        yield from bar
    finally:
        word = f"{bar.n} {what}" if bar.n == total else f"{bar.n} of {total} {what}"
        handle.update(Look(word, f"<small>{escape(word)}</small>"))


def _in_notebook() -> bool:
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return False
    shell: Any = get_ipython()
    return shell is not None and hasattr(shell, "kernel")
