"""The world around the protocol: chance, queues, radio, retries, energy.  Needs numpy, simpy.

Each module loads when it is first used; what plans are made of has its name here too.

>>> from dmkit import sim
>>> sim.Spread(3600.0), sim.CARDS["fast"].rate
(Spread(seconds=3600.0), 250000.0)
"""

from __future__ import annotations

from dmkit.words.lazy import door as _door

__getattr__, __dir__, __all__ = _door(
    __name__,
    {
        "arrivals": "AtOnce ByCell ByZone OnDevice Polling Spread",
        "campaign": "Campaign Retry Servers",
        "card": "CARDS CardTiming",
        "net": "LINKS PUSH SETUPS Cells Download Link Push",
        "people": "HANDSET READY SENSOR Condition Prompt Window",
        "rollout": "Rollout",
        "tape": "Tape Trip record",
        "": "arrivals backoff campaign card energy net people queueing radio rollout schedule streams theory traffic",
    },
)
