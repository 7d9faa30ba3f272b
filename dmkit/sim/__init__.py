"""The world around the protocol: chance, queues, radio, retries, energy.  Needs numpy, scipy, simpy.

Each module loads when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = [
    "arrivals",
    "attack",
    "backoff",
    "campaign",
    "designs",
    "energy",
    "net",
    "people",
    "queueing",
    "radio",
    "streams",
    "theory",
    "traffic",
    "trial",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'dmkit.sim' has no attribute {name!r}")
    return import_module(f"dmkit.sim.{name}")
