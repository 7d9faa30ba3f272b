"""Compatibility profiles: rules for a server (or a device) that talks to one kind of real peer.

``spec`` is the specification; the others are what the interoperability sheet observed.  Each is a frozen ``Rules``;
a switch that no rule has is listed in docs/serving.md.

>>> PROFILES["libdmclient"].sequences
False
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from dmkit.auth.mac import RFC2104_MAC
from dmkit.session.rules import Rules
from dmkit.tree.rules import TreeRules
from dmkit.tree.uri import UriLimits
from dmkit.windows.behaviour import RULES as WINDOWS
from dmkit.words.errors import ConfigError

__all__ = ["NOTES", "PROFILES", "profile"]

_SPEC: Final = Rules()
_LENIENT: Final = replace(_SPEC, lenient=True, first_message="any")

PROFILES: Final[Mapping[str, Rules]] = MappingProxyType(
    {
        "spec": _SPEC,
        "lenient": _LENIENT,
        # takes the first piece for the whole, dies of Sequence, of Add without Data or Format and of questions
        # without options, sends Atomic no Status
        "libdmclient": replace(_LENIENT, large_objects="no", sequences=False, write_empty_data=True, write_meta=True),
        # obeys MaxMsgSize, keeps sending Cred after 212 (taken by every server), the MAC on message 1 only; takes
        # octets in pieces as base64 alone
        "aosp": replace(_LENIENT, mac_once=True, large_binary="b64"),
        # XML only, Statuses without references, answers the first Item of a Get
        "hs20": replace(_LENIENT, large_objects="no", sequences=False),
        # loops for ever without RespURI (a served dmkit always sends it), parse error on MoreData
        "koneki": replace(_LENIENT, large_objects="no", write_empty_data=True),
        # a Python server that accepts anybody and means RFC 2104 by HMAC: rules for a device
        "webos": replace(_LENIENT, auth=RFC2104_MAC, server_auth="none"),
        # ignores SyncHdr/Meta; no Get, Exec or Atomic inside Atomic
        "windows": replace(_LENIENT, max_message=None),
    }
)
"""Name -> rules.  ``spec`` is the default everywhere."""

# what the tree sheet (marks IMPL) has seen two engines do; each field is a switch of its own
_AOSP_TREE: Final = TreeRules(
    status={
        "bad acl": 500,
        "bad name": 500,
        "name too long": 413,
        "no property": 400,
        "not described": 500,
        "range": 500,
        "too many": 420,
    },
    limits=UriLimits(count_root=True),
    property_access=True,
    cut_title=True,
    root_acl="fixed",
    duplicate_entries="merge",
    creator_acl="Add={0}&Delete={0}&Exec={0}&Get={0}&Replace={0}",
    creator_acl_on_leaves=True,
    delete_asks_all=True,
    delete_permanent_below=True,
    listing_order="depth",
    list_children=True,
    prune_listing=True,
    tnds_selection="lenient",
    tnds_own_name=False,
    tnds_merge=True,
    copy=False,
    nested_atomic="run",
    look_before=False,
    sequence_stops=True,
)
_LIBDMCLIENT_TREE: Final = TreeRules(
    status={"bad acl": 500, "inbox": 425, "malformed uri": 500, "no copy": 501},
    decode_escapes=False,
    creator_acl="Add={0}&Delete={0}&Get=*&Replace={0}",
    creator_acl_on_leaves=True,
    copy=False,
    atomic="best effort",
)

# how a device of that make behaves, for tests of servers: rules of ClientSession
DEVICES: Final[Mapping[str, Rules]] = MappingProxyType(
    {
        "libdmclient": replace(
            _LENIENT, large_objects="first piece is all", heed_max_message=False, tree=_LIBDMCLIENT_TREE
        ),
        "aosp": replace(
            _LENIENT,
            status_per_item=True,
            results_per_item=True,
            interrupting="412",
            large_binary="b64",
            tree=_AOSP_TREE,
        ),
        "hs20": replace(_LENIENT, target_refs=False, large_objects="no", tree=TreeRules(atomic="unsupported")),
        "windows": WINDOWS,  # each behaviour with its mark in dmkit/windows/behaviour.py; the rest in device/windows.py
    }
)

NOTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "spec": "the specification to the letter; refuses what it does not allow",
        "lenient": "reads what real peers send and reports each deviation; any first message",
        "libdmclient": "no large objects, no Sequence, Data, Format and Type in each Add",
        "aosp": "lenient reading; accepts the MAC on the first message only and Cred after 212; large binary as b64",
        "hs20": "no large objects, no Sequence",
        "koneki": "no large objects; an empty Data in each Add",
        "webos": "for a device: HMAC-MD5 of RFC 2104 in place of the nested formula; the server proves nothing",
        "windows": "announces no MaxMsgSize, which would be ignored",
    }
)
"""Name -> what is special, in a sentence."""


def profile(name: str) -> Rules:
    """The rules called ``name``; ConfigError names those there are."""
    if name not in PROFILES:
        raise ConfigError(f"profile {name!r} is not known; there are {', '.join(PROFILES)}")
    return PROFILES[name]
