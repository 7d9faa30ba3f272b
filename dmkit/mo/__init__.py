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
from dmkit.mo.machine import Machine, MoveRefused, ObjectEvent, ObjectMove, ObjectState, ResultCode
from dmkit.mo.object import Managed, ObjectRow, Place, Plain, load

__all__ = [
    "CAPABILITIES",
    "OBJECTS",
    "Capability",
    "Machine",
    "Managed",
    "MoveRefused",
    "ObjectEvent",
    "ObjectMove",
    "ObjectRow",
    "ObjectState",
    "Place",
    "Plain",
    "ResultCode",
    "load",
]  # fmt: skip

_VALUES: Final = "dmkit.mo.values"
_REPORTS: Final = (can.EXEC, can.GENERIC_ALERT, can.CORRELATOR, can.CLIENT_SESSION)
_SETTINGS: Final = (can.IMPLICIT_ADD, can.TNDS, can.ATOMIC, can.LISTING)

OBJECTS: Final[Mapping[str, ObjectRow]] = MappingProxyType({row.name: row for row in (
    ObjectRow("dmacc", "urn:oma:mo:oma-dm-dmacc:1.0", "Account of a server", _VALUES, "./DMAcc/Operator",
        (can.IMPLICIT_ADD, can.TNDS), "DMSTDOBJ §5.3.1"),
    ObjectRow("devinfo", "urn:oma:mo:oma-dm-devinfo:1.0", "Device information", _VALUES, "./DevInfo", (),
    "DMSTDOBJ §5.3.2"),
    ObjectRow("devdetail", "urn:oma:mo:oma-dm-devdetail:1.0", "Device details", _VALUES, "./DevDetail", (can.LISTING,),
        "DMSTDOBJ §5.3.3"),
    ObjectRow("inbox", "urn:oma:mo:oma-dm-inbox:1.0", "Inbox", _VALUES, "./Inbox", (can.TNDS,), "DMSTDOBJ §5.3.4"),
    ObjectRow("fumo", "urn:oma:mo:oma-fumo:1.0", "Firmware update", "dmkit.mo.fumo", "./FUMO",
        (*_REPORTS, can.LARGE_OBJECT, can.NOTIFICATION, can.UI_ALERT), "FUMO 1.0"),
    ObjectRow("scomo", "urn:oma:mo:oma-scomo:1.0", "Software components", "dmkit.mo.scomo", "./SCOMO",
        (*_REPORTS, can.LARGE_OBJECT, can.IMPLICIT_ADD, can.LISTING, can.UI_ALERT), "enablers sheet §2"),
    ObjectRow("diagmon", "urn:oma:mo:oma-diagmon:1.0", "Diagnostic function", "dmkit.mo.diagmon", "./DiagMon/Battery",
        (*_REPORTS, can.LISTING), "enablers sheet §3"),
    ObjectRow("trap", "urn:oma:mo:oma-diagmontrap:1.0", "Trap", "dmkit.mo.trap", "./Trap/Signal",
        (can.GENERIC_ALERT, can.CLIENT_SESSION, can.IMPLICIT_ADD), "enablers sheet §3"),
    ObjectRow("lawmo", "urn:oma:mo:oma-lawmo:1.0", "Lock and wipe", "dmkit.mo.lawmo", "./LAWMO",
        (*_REPORTS, can.NOTIFICATION), "enablers sheet §4"),
    ObjectRow("dcmo", "urn:oma:mo:oma-dcmo:1.0", "Device capabilities", "dmkit.mo.dcmo", "./DCMO", _REPORTS,
        "enablers sheet §5"),
    ObjectRow("nap", "urn:oma:mo:oma-connmo-nap:1.0", "Access point", _VALUES, "./NAP/Internet", _SETTINGS,
        "enablers sheet §6"),
    ObjectRow("proxy", "urn:oma:mo:oma-connmo-proxy:1.0", "Proxy", _VALUES, "./Proxy/Main", _SETTINGS,
    "enablers sheet §6"),
    ObjectRow("bearer3gpp", "urn:oma:mo:oma-connmo-3gppps:1.0", "Packet bearer", _VALUES, "./Bearer/Packet", _SETTINGS,
        "enablers sheet §6"),
    ObjectRow("wlan", "urn:oma:mo:oma-connmo-wlan:1.0", "Wireless bearer", _VALUES, "./Bearer/WLAN", _SETTINGS,
        "enablers sheet §6"),
    ObjectRow("eap", "urn:oma:mo:oma-connmo-eap:1.0", "Proof to a network", _VALUES, "./EAP/Office", _SETTINGS,
        "enablers sheet §6"),
    ObjectRow("browser", "urn:x-dmkit:mo:browser:1.0", "Browser settings", _VALUES, "./Application/Browser", _SETTINGS,
        "enablers sheet §8"),
    ObjectRow("mail", "urn:x-dmkit:mo:mail:1.0", "Mail settings", _VALUES, "./Application/Mail", _SETTINGS,
        "enablers sheet §8"),
    ObjectRow("mms", "urn:oma:mo:oma-mms:1.3", "Multimedia messages", _VALUES, "./Application/MMS", _SETTINGS,
        "enablers sheet §8"),
    ObjectRow("sched", "urn:oma:mo:x-dmsched:1.0", "Schedules (proposal)", "dmkit.mo.sched.object", "./Sched",
        (*_REPORTS, can.UI_ALERT), "proposal; not from DM_Scheduling 1.0"),
)})  # fmt: skip
"""Name -> object: identifier, module, place, and the capabilities of the protocol that its use touches."""


def __dir__() -> list[str]:
    return sorted(__all__)
