"""Services and what they depend on: catalogue, state, plan, the job that carries it out, and what a change breaks.

>>> phone = {"./DevDetail/Bearer/LTE": "true", "./Card/Applications": "USIM"}
>>> plan(default(), phone, ["mms"]).cost
12
"""

from __future__ import annotations

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.impact import impact
from dmkit.services.journal import DeviceRecord
from dmkit.services.packing import pack, rows
from dmkit.services.plan import NoPlan, ServicePlan
from dmkit.services.planner import plan
from dmkit.services.provision import provision, renew, undo
from dmkit.services.renewal import Expiry, due, expiries
from dmkit.services.state import STATES, state, values_of, why_not, works
from dmkit.services.tables import default, parse, read
from dmkit.services.upkeep import Upkeep, upkeep

__all__ = [
    "STATES",
    "DeviceRecord",
    "Expiry",
    "NoPlan",
    "ServiceCatalogue",
    "ServicePlan",
    "Upkeep",
    "default",
    "due",
    "expiries",
    "impact",
    "pack",
    "parse",
    "plan",
    "provision",
    "read",
    "renew",
    "rows",
    "state",
    "undo",
    "upkeep",
    "values_of",
    "why_not",
    "works",
]


def __dir__() -> list[str]:
    return sorted(__all__)
