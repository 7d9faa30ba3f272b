"""One intent, several protocols: DM 1.2 in XML and WBXML, DM 2.0, LwM2M; every figure comes from a run.

Each module loads when it is first used.

>>> from dmkit.generations import GENERATIONS, Read, play
>>> {name: play(Read(), name).trips for name in GENERATIONS}
{'dm 1.2 xml': 2, 'dm 1.2 wbxml': 2, 'dm 2.0': 2, 'lwm2m': 1}
"""

from __future__ import annotations

from dmkit.words.lazy import door as _door

__getattr__, __dir__, __all__ = _door(
    __name__,
    {
        "names": "GENERATIONS",
        "intents": "INTENTS Bootstrap Delegate Inventory Lock Observe Provision Read UpdateFirmware Wake Write intent",
        "carriage": "SECURITIES",
        "playing": "losses play",
        "tables": "compare lost octets pasted table",
        "powers": "POWERS protection",
        "populations": "fleets",
        "side_by_side": "ladders",
        "": "carriage history intents playing tables",
    },
)
