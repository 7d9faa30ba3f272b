"""Readings, properties and places as the sheets list them, written off by hand.  [tree §1, §3; tnds; bootstrap §3]"""

from __future__ import annotations

import re
from dataclasses import fields
from string import ascii_letters, digits

from dmkit.tree import tnds
from dmkit.tree.node import SERIALISED
from dmkit.tree.places import ACCOUNT_PLACES, PLACES
from dmkit.tree.properties import _CHANGES, PROPERTIES
from dmkit.tree.rules import ALL_PROPERTIES, TreeRules
from dmkit.tree.uri import _NOT_STRICT
from dmkit.tree.values import TNDS_TYPES

NAMES = "ACL Format Name Size Title TStamp Type VerNo"
ALL = set(NAMES.split())
ON = "case_sensitive decode_escapes implicit_add need_type listings tnds tnds_own_name copy copy_access exec " \
    "correlator sequence look_before rollback_versions"  # fmt: skip
"""What the specification has, or what the sheet recommends where it is unsure; everything else is off."""
WORDS = {
    "root_acl": "add stays", "duplicate_entries": "refuse", "creator_acl": "Add={0}&Delete={0}&Replace={0}",
    "add_access": "either", "no_meta": "keep", "get_refused": "405", "listing_order": "levels",
    "tnds_selection": "strict", "tnds_acl": "refuse", "tnds_rights": "target", "tnds_carriage": "inline",
    "exec_items": "one", "timeout": "408", "unknown_command": "406", "atomic": "all or nothing",
    "nested_in_sequence": "execute", "inside_refused": "215", "nested_atomic": "refuse",
}  # fmt: skip
VALUES = {"first_verno": 0, "max_title": 255, "max_value": None, "status": {}, "properties": ALL,
          "counted": {"value", "acl", "title", "name", "children"}}  # fmt: skip


def test_readings_that_a_device_has_unless_told_otherwise():
    rules = TreeRules()
    values = {field.name: getattr(rules, field.name) for field in fields(TreeRules)}
    assert {name for name, value in values.items() if value is True} == set(ON.split())
    rest = {name: value for name, value in values.items() if not isinstance(value, bool) and name != "limits"}
    assert rest == WORDS | VALUES
    limits = rules.limits
    assert (limits.max_depth, limits.max_total, limits.max_segment) == (0, 0, 0), "0 is no limit"
    assert (limits.count_root, limits.count_query) == (False, True)


def test_properties():
    assert set(PROPERTIES) == ALL == ALL_PROPERTIES and set(_CHANGES) == {"ACL", "Name", "Title"}
    assert tnds.ALL == SERIALISED == ALL - {"Name", "Size"} | {"Value"}
    assert tnds._RT == ALL and {"VerDTD", "Man", "Mod", "Node"} == tnds._MGMT_TREE
    assert {"NodeName", "Path", "RTProperties", "DFProperties", "Node", "Value"} == tnds._NODE


def test_places():
    accounts = {"urn:oma:mo:oma-dm-dmacc:": "./DMAcc", "org.openmobilealliance/1.0/w7": "./DMAcc"}
    assert accounts == ACCOUNT_PLACES
    assert accounts | {
        "urn:oma:mo:oma-connmo-": "./NAP", "urn:oma:mo:oma-connmo-proxy:": "./Proxy",
        "org.openmobilealliance/1.0/ConnMO": "./NAP"} == PLACES  # fmt: skip


def test_types_of_serialised_trees():
    types = ("application/vnd.syncml.dmtnds+xml", "application/vnd.syncml.dmtnds+wbxml")
    assert types == TNDS_TYPES == (tnds.TYPE_XML, tnds.TYPE_WBXML) and tnds.VER_DTD == "1.2"


def test_characters_of_a_strict_segment():
    """[RFC 2396 §3.3]: unreserved and ``:@&=+$,``, and the semicolon of parameters; the percent sign of an escape."""
    allowed = set(ascii_letters + digits + "-_.!~*'()" + ":@&=+$," + ";" + "%")
    found = {chr(code) for code in range(128) if not re.match(_NOT_STRICT.pattern, chr(code))}
    assert found == allowed
