"""Management objects: each a description (DDF) and a module with its behaviour, a row in ``OBJECTS``.

``Device.with_object`` mounts one.  [DMSTDOBJ §5.3, FUMO, enablers sheet]

>>> OBJECTS["fumo"].id, OBJECTS["fumo"].spec.count().nodes
('urn:oma:mo:oma-fumo:1.0', 11)
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dmkit.mo import capabilities as can
from dmkit.mo.capabilities import CAPABILITIES, Capability
from dmkit.mo.machine import Code, Event, Machine, Move, Refused, State
from dmkit.mo.object import Managed, Place, Plain, Row, load

__all__ = ["CAPABILITIES", "OBJECTS", "Capability", "Code", "Event", "Machine", "Managed", "Move", "Place", "Plain",
           "Refused", "Row", "State", "load"]  # fmt: skip

_REPORTS: Final = (can.EXEC, can.GENERIC_ALERT)

OBJECTS: Final[Mapping[str, Row]] = MappingProxyType({row.name: row for row in (
    Row("fumo", "urn:oma:mo:oma-fumo:1.0", "Firmware update", "dmkit.mo.fumo", "./FUMO", _REPORTS,
        (can.CORRELATOR, can.LARGE_OBJECT, can.NOTIFICATION, can.CLIENT_SESSION, can.UI_ALERT), "FUMO 1.0"),
    Row("sched", "urn:oma:mo:x-dmsched:1.0", "Schedules (proposal)", "dmkit.mo.sched", "./Sched", _REPORTS,
        (can.CORRELATOR, can.CLIENT_SESSION, can.UI_ALERT), "proposal; not from DM_Scheduling 1.0"),
)})  # fmt: skip
"""Name -> object: identifier, module, place, capabilities."""
