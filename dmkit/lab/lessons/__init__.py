"""For readers of the notebooks: answers that are checked, solutions that stay folded, tables that are not cut.

``%load_ext dmkit`` in a notebook brings the last two.
"""

from __future__ import annotations

from dmkit.words.lazy import door as _door

__getattr__, __dir__, __all__ = _door(
    __name__,
    {"lessons.answers": "Reply check", "lessons.extension": "load solution"},
    root="dmkit.lab",
)
