"""The world around the protocol: chance, queues, radio, retries, energy.  Needs numpy, scipy, simpy.

Each module loads when it is first used; what plans are made of has its name here too.

>>> from dmkit import sim
>>> sim.Spread(3600.0), sim.CARDS["fast"].rate
(Spread(seconds=3600.0), 250000.0)
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

_MODULES: Final = (
    "arrivals",
    "backoff",
    "campaign",
    "card",
    "energy",
    "net",
    "people",
    "queueing",
    "radio",
    "schedule",
    "rollout",
    "streams",
    "theory",
    "traffic",
)
_NAMES: Final[dict[str, str]] = {
    name: module
    for module, names in {
        "arrivals": "AtOnce ByCell ByZone OnDevice Polling Spread",
        "campaign": "Campaign Retry Servers",
        "card": "CARDS CardTiming",
        "net": "LINKS PUSH SETUPS Cells Download Link Push",
        "people": "HANDSET READY SENSOR Condition Prompt Window",
        "rollout": "Rollout",
        "tape": "Tape Trip record",
    }.items()
    for name in names.split()
}

__all__ = [*_MODULES, *sorted(_NAMES)]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(import_module(f"dmkit.sim.{_NAMES[name]}"), name)
    if name not in _MODULES:
        raise AttributeError(f"module 'dmkit.sim' has no attribute {name!r}")
    return import_module(f"dmkit.sim.{name}")
