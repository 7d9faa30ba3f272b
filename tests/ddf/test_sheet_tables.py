"""The registry, and what a description is made of, written off by hand.  [enablers sheet §1, ddf sheet §2]"""

from __future__ import annotations

import pytest

from dmkit.ddf.grammar import CONTENT, EXTENSIONS, REPEATED
from dmkit.ddf.registry import OLDER, REGISTERED
from dmkit.ddf.spec import OccurrenceKind

REGISTRY = """
    oma-dm-dmacc 1.0 1.1 1.2; oma-dm-devinfo 1.0 1.1 1.2; oma-dm-devdetail 1.0 1.1; oma-dm-inbox 1.0
    oma-dm-bootstrapcfg 1.0; oma-fumo 1.0; oma-scomo 1.0 1.1; oma-lawmo 1.0; oma-dcmo 1.0; oma-diagmon 1.0 1.1
    oma-diagmontrap 1.0 1.1; oma-dm-scheduling 1.0; oma-dm-dacmo 1.0; oma-sessioninfomo 1.0; oma-gwmo-config 1.1
    oma-gwmo-deviceinventory 1.1; oma-gwmo-edtrigger 1.0; oma-gwmo-fanout 1.0; oma-gwmo-imageinventory 1.0
    oma-connmo-nap 1.0; oma-connmo-proxy 1.0; oma-connmo-3gppcs 1.0; oma-connmo-3gppps 1.0; oma-connmo-cdma 1.0
    oma-connmo-eap 1.0; oma-connmo-http 1.0; oma-connmo-wap 1.0; oma-connmo-wlan 1.0; oma-mgmtpolicymo 1.0
    oma-listmo 1.0; oma-deltarec 1.0; oma-virmo 1.0; oma-vmimgmo 1.0; oma-mms 1.3; oma-push 1.0 1.1; oma-dsmo 1.0
    oma-mem 1.0"""
SPECS = {
    "oma-dm-dmacc:1.1": "StdObj 1.3", "oma-dm-devinfo:1.2": "Protocol 2.0", "oma-dm-devdetail:1.0": "StdObj 1.2",
    "oma-dm-bootstrapcfg:1.0": "DM_Bootstrap 1.3", "oma-fumo:1.0": "DM_FUMO 1.0.2", "oma-scomo:1.0": "SCOMO 1.0",
    "oma-scomo:1.1": "OMA-ER-SCOMO 1.1", "oma-diagmon:1.1": "DiagMonMOFrame 1.2", "oma-dm-dacmo:1.0": "Protocol 2.0",
    "oma-gwmo-fanout:1.0": "GwMO 1.1", "oma-connmo-wlan:1.0": "DDS-DM_ConnMO", "oma-vmimgmo:1.0": "VirMO",
}  # fmt: skip
PARTS = {
    "MgmtTree": "VerDTD Man Mod Node",
    "Node": "NodeName Path RTProperties DFProperties Node Value",
    "RTProperties": "ACL Format Name Size Title TStamp Type VerNo",
    "DFProperties": "AccessType DefaultValue Description DFFormat Occurrence Scope DFTitle DFType CaseSense",
    "AccessType": "Add Copy Delete Exec Get Replace",
    "Format": "b64 bin bool chr date float int node null time xml",
    "Occurrence": "One OneOrMore OneOrN ZeroOrMore ZeroOrN ZeroOrOne",
    "Scope": "Dynamic Permanent",
    "Type": "DDFName MIME",
    "CaseSense": "CIS CS",
}


def test_registered_identifiers():
    rows = [row.split() for line in REGISTRY.splitlines() for row in line.split(";") if row.strip()]
    assert set(REGISTERED) == {f"urn:oma:mo:{name}:{version}" for name, *versions in rows for version in versions}
    assert {name: REGISTERED[f"urn:oma:mo:{name}"] for name in SPECS} == SPECS


def test_identifiers_of_earlier_days():
    """[DMBOOT §5.4.5]: an account, and an access point."""
    old = "org.openmobilealliance/1.0"
    assert {f"{old}/w7": "urn:oma:mo:oma-dm-dmacc:1.0", f"{old}/ConnMO": "urn:oma:mo:oma-connmo-nap:1.0"} == OLDER


@pytest.mark.parametrize("name", PARTS)
def test_what_stands_in_an_element(name):
    ordered = name in ("MgmtTree", "Node", "RTProperties", "DFProperties")
    assert (list if ordered else sorted)(CONTENT[name]) == PARTS[name].split()


def test_where_elements_of_others_go():
    """Before the first Node, behind the properties of one, and at the end of a list of properties."""
    behind = {"MgmtTree": "Mod", "Node": "DFProperties", "RTProperties": "VerNo", "DFProperties": "CaseSense"}
    assert {name: CONTENT[name][at] for name, at in EXTENSIONS.items()} == behind


def test_what_may_stand_more_than_once():
    assert {f"{a}/{b}" for a, b in REPEATED} == {"MgmtTree/Node", "Node/Node", "DFType/MIME", "Type/MIME"}


def test_occurrences():
    rows = {kind.value: (kind.least, kind.many, kind.symbol) for kind in OccurrenceKind}
    assert rows == {"One": (1, False, "1"), "ZeroOrOne": (0, False, "?"), "ZeroOrMore": (0, True, "*"),
                    "OneOrMore": (1, True, "+"), "ZeroOrN": (0, True, "*"), "OneOrN": (1, True, "+")}  # fmt: skip
