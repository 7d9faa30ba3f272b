"""One intent, several protocols: DM 1.2 in XML and WBXML, DM 2.0, LwM2M; every figure comes from a run.

Each module loads when it is first used.  The room itself can be called: ``dm.generations("lock")`` is ``study``.

>>> from dmkit.generations import GENERATIONS, Read, play
>>> {name: play(Read(), name).trips for name in GENERATIONS}
{'dm 1.2 xml': 2, 'dm 1.2 wbxml': 2, 'dm 2.0': 2, 'lwm2m': 1}
"""

from __future__ import annotations

import sys as _sys
from types import ModuleType as _ModuleType
from typing import Any as _Any

from dmkit.words.lazy import door as _door

__getattr__, __dir__, __all__ = _door(
    __name__,
    {
        "names": "GENERATIONS",
        "intents": "INTENTS Bootstrap Delegate Inventory Lock Observe Provision Read Recover UpdateFirmware Wake Write"
        " intent",
        "carriage": "SECURITIES",
        "playing": "losses play",
        "tables": "compare lost octets pasted table",
        "powers": "POWERS protection",
        "populations": "fleets",
        "side_by_side": "ladders",
        "answering": "study",
        "": "carriage history intents playing tables",
    },
)


class _Room(_ModuleType):
    """A room that answers the question it is named for."""

    def __call__(self, intent: _Any, **choices: _Any) -> _Any:
        """``study(intent, ...)``: the table of an intent in each protocol."""
        from dmkit.generations.answering import study

        return study(intent, **choices)


_sys.modules[__name__].__class__ = _Room
