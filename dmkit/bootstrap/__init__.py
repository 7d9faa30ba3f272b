"""Bootstrap: from a document that a device trusts to accounts and rights in its tree.

``process`` takes or refuses a document, ``forget`` undoes what came from a card that is gone.  [DMBOOT]
"""

from __future__ import annotations

from dmkit.bootstrap import cp, dm, dmacc
from dmkit.bootstrap.events import BootstrapReason
from dmkit.bootstrap.procedure import Result, forget, process
from dmkit.bootstrap.rules import PROFILES, BootstrapRules, CardRules
from dmkit.bootstrap.security import METHODS, Secrets, mac, parameters

__all__ = [
    "METHODS",
    "PROFILES",
    "BootstrapReason",
    "BootstrapRules",
    "CardRules",
    "Result",
    "Secrets",
    "cp",
    "dm",
    "dmacc",
    "forget",
    "mac",
    "parameters",
    "process",
]


def __dir__() -> list[str]:
    return sorted(__all__)
