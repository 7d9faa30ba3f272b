"""Identifiers of management objects: those of the OMNA registry as far as they are known here, and their forms.

>>> registered("urn:oma:mo:oma-fumo:1.0"), form_of("urn:oma:mo:oma-fumo:1.0"), form_of("com.example/1.2/Router")
('DM_FUMO 1.0.2', 'urn', 'domain')
>>> registered("urn:oma:mo:oma-fumo:9.9"), form_of("Router"), OLDER["org.openmobilealliance/1.0/w7"]
('', '', 'urn:oma:mo:oma-dm-dmacc:1.0')

[OMNA dm_mo_registry; enablers sheet §1; DMTND §7.7.7.2]
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["OLDER", "OMA", "REGISTERED", "form_of", "registered"]

OMA: Final = "urn:oma:mo:"
"""What identifiers of the registry begin with; those of other bodies go on with ``ext-`` and are not listed here."""

_ROWS: Final = (
    ("oma-dm-dmacc", "1.0", "StdObj 1.2"), ("oma-dm-dmacc", "1.1", "StdObj 1.3"),
    ("oma-dm-dmacc", "1.2", "Protocol 2.0"), ("oma-dm-devinfo", "1.0", "StdObj 1.2"),
    ("oma-dm-devinfo", "1.1", "StdObj 1.3"), ("oma-dm-devinfo", "1.2", "Protocol 2.0"),
    ("oma-dm-devdetail", "1.0", "StdObj 1.2"), ("oma-dm-devdetail", "1.1", "StdObj 1.3"),
    ("oma-dm-inbox", "1.0", "StdObj 1.2"), ("oma-dm-bootstrapcfg", "1.0", "DM_Bootstrap 1.3"),
    ("oma-fumo", "1.0", "DM_FUMO 1.0.2"), ("oma-scomo", "1.0", "SCOMO 1.0"), ("oma-scomo", "1.1", "OMA-ER-SCOMO 1.1"),
    ("oma-lawmo", "1.0", "LAWMO 1.0"), ("oma-dcmo", "1.0", "DCMO 1.0"), ("oma-diagmon", "1.0", "DiagMon 1.0"),
    ("oma-diagmon", "1.1", "DiagMonMOFrame 1.2"), ("oma-diagmontrap", "1.0", "DiagMonTrap"),
    ("oma-diagmontrap", "1.1", "DiagMonTrap"), ("oma-dm-scheduling", "1.0", "DM_Scheduling 1.0"),
    ("oma-dm-dacmo", "1.0", "Protocol 2.0"), ("oma-sessioninfomo", "1.0", "Protocol 2.0"),
    ("oma-gwmo-config", "1.1", "GwMO 1.1"), ("oma-gwmo-deviceinventory", "1.1", "GwMO 1.1"),
    ("oma-gwmo-edtrigger", "1.0", "GwMO 1.1"), ("oma-gwmo-fanout", "1.0", "GwMO 1.1"),
    ("oma-gwmo-imageinventory", "1.0", "GwMO 1.1"), ("oma-connmo-nap", "1.0", "DDS-DM_ConnMO"),
    ("oma-connmo-proxy", "1.0", "DDS-DM_ConnMO"), ("oma-connmo-3gppcs", "1.0", "DDS-DM_ConnMO"),
    ("oma-connmo-3gppps", "1.0", "DDS-DM_ConnMO"), ("oma-connmo-cdma", "1.0", "DDS-DM_ConnMO"),
    ("oma-connmo-eap", "1.0", "DDS-DM_ConnMO"), ("oma-connmo-http", "1.0", "DDS-DM_ConnMO"),
    ("oma-connmo-wap", "1.0", "DDS-DM_ConnMO"), ("oma-connmo-wlan", "1.0", "DDS-DM_ConnMO"),
    ("oma-mgmtpolicymo", "1.0", "MgmtPolicyMO 1.0"), ("oma-listmo", "1.0", "ListMO"),
    ("oma-deltarec", "1.0", "DeltaRecMO"), ("oma-virmo", "1.0", "VirMO"), ("oma-vmimgmo", "1.0", "VirMO"),
    ("oma-mms", "1.3", "MMS"), ("oma-push", "1.0", "Push"), ("oma-push", "1.1", "Push"), ("oma-dsmo", "1.0", "DS"),
    ("oma-mem", "1.0", "Mobile Email"),
)  # fmt: skip

REGISTERED: Final[Mapping[str, str]] = MappingProxyType(
    {f"{OMA}{name}:{version}": spec for name, version, spec in _ROWS}
)
"""Identifier -> the document that defines it: an extract of the registry, not all of it."""

OLDER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "org.openmobilealliance/1.0/w7": "urn:oma:mo:oma-dm-dmacc:1.0",
        "org.openmobilealliance/1.0/ConnMO": "urn:oma:mo:oma-connmo-nap:1.0",
    }
)
"""Identifier of earlier days -> what is written now.  [DMBOOT §5.4.5]"""

_DOMAIN: Final = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+/[1-9][0-9]*\.(0|[1-9][0-9]*)(/[A-Za-z0-9]+)+")
_URN: Final = re.compile(r"urn:[a-z0-9][a-z0-9-]{0,31}:[^\s<>\"]+", re.IGNORECASE)
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s<>\"]+")


def registered(identifier: str) -> str:
    """The document that defines the object; empty when the extract does not have it."""
    return REGISTERED.get(identifier, "")


def form_of(identifier: str) -> str:
    """``urn``, ``uri`` or ``domain`` (reversed domain name, version, names); empty for none of them."""
    forms = (("urn", _URN), ("uri", _URI), ("domain", _DOMAIN))
    return next((name for name, form in forms if form.fullmatch(identifier)), "")
