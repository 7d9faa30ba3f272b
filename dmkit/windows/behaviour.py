"""How Windows differs from plain DM 1.2: each behaviour a row with its mark, and the rules that follow.

Marks: E is Microsoft's text, V was measured by others, U is a choice of ours where nobody says.  [windows sheet §2, §3]

>>> BEHAVIOUR["CmdID"].mark, RULES.first_cmd_id
('V', 2)
>>> sorted({row.mark for row in BEHAVIOUR.values()})
['E', 'E/V', 'U', 'V']
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from dmkit.session.rules import Rules
from dmkit.tree.policy import open_policy
from dmkit.tree.rules import ALL_PROPERTIES, TreeRules
from dmkit.words.checked import checked

__all__ = ["BEHAVIOUR", "RULES", "Behaviour", "EvidenceMark", "WindowsRules"]

EvidenceMark = Literal["E", "V", "E/V", "U"]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One difference: what Windows does, its mark, and which field holds it."""

    what: str
    mark: EvidenceMark
    field: str


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class WindowsRules:
    """What a device like Windows does beyond ``Rules``; each field names its mark.

    >>> WindowsRules(told="alike").told
    'alike'
    """

    session_ids: Literal["decimal", "hexadecimal"] = "decimal"
    """SessionID: decimal, or four hexadecimal digits (SyncApplicationVersion 2.0 and above).  [E]"""
    told: Literal["each", "alike"] = "each"
    """A failed Atomic: each part has its own Status, or all repeat that of the guilty one (FLEET PR 15277).  [E/V]"""
    bad_value: Literal[400, 500] = 500
    """A value that the description does not take: 500, where most faults of providers end, or 400.  [E/V]"""
    unescaped: Literal["silent", "take"] = "silent"
    """Mark-up in Data that is not escaped: no Status at all (FLEET#16316), or taken as text.  [V]"""
    cdata: Literal["refuse", "take"] = "refuse"
    """A CDATA section in Data: not supported; that this is a 400 nobody says.  [E; the status U]"""
    blanks: Literal["keep", "strip"] = "keep"
    """White space around an address: a name with a blank, so 404, or left out.  [V ASD-Blueprint#178; the status U]"""
    no_format: Literal["described", "chr"] = "described"
    """A value without Format: that of the description, or chr, which numbers then refuse.  [U]"""
    exec_status: Literal[200, 202] = 200
    """Exec of a node that takes it: done, or begun and reported later by Alert 1226.  [U]"""
    scope: Literal["user", "device", "mixed"] = "mixed"
    """Which settings a session is about; a command outside is 405.  [E]"""


_ROWS: Final = (
    ("header", "no Meta in SyncHdr; that of the server is read for MaxMsgSize only", "E/V", "max_message"),
    ("authentication", "TLS with the certificate of enrolment, no Cred and no Chal", "E", "auth"),
    ("version", "VerDTD 1.2, VerProto DM/1.2, DevInfo/DmV 1.3", "V", "DmV"),
    ("SessionID", "decimal, or two octets in hexadecimal", "E/V", "session_ids"),
    ("CmdID", "begins with 2", "V", "first_cmd_id"),
    ("first message", "Alert 1201 or 1200, alerts 1224, then Replace of DevInfo", "E", "alerts_first"),
    ("upsert", "Replace makes a node that is not there", "E", "tree.replace_adds"),
    ("implicit parents", "Add makes the parents that are missing", "E", "tree.implicit_add"),
    ("access control", "no lists; whoever is enrolled may", "E/V", "policy"),
    ("correlator", "not kept", "E/V", "tree.correlator"),
    ("MoreData", "no large objects; DevDetail/LrgObj is false", "E/V", "large_objects"),
    ("large Results", "200, no Results, Alert 1223, end", "V", "too_large_results"),
    ("Atomic in Atomic", "500 within, 507 without", "E", "tree.nested_atomic"),
    ("Get in Atomic", "500", "E", "tree.look_before"),
    ("Add then Replace", "of one node in one Atomic: not supported; that this is 500 nobody says", "U", "twice"),
    ("failed Atomic", "507, and each part its own Status, or all alike", "E/V", "told"),
    ("no command", "an element that is no command is 400", "E", "tree.unknown_command"),
    ("no CmdID", "answered with a blank CmdRef and 400", "E", "no_cmd_id"),
    ("leading slash", "an address that begins with / is refused", "E", "slash"),
    ("heads", "./Vendor means ./Device/Vendor", "E", "vendor"),
    ("scope", "a command outside the scope of the session is 405", "E", "scope"),
    ("not escaped", "mark-up in Data: no Status at all", "V", "unescaped"),
    ("CDATA", "not supported in Data", "E", "cdata"),
    ("white space", "around an address: no node has that name", "V", "blanks"),
    ("bool", "1 and 0 beside true and false", "E/V", "tree.bool_digits"),
    ("case", "names compare without regard to case", "U", "tree.case_sensitive"),
    ("unknown node", "404 for what no description of this build has", "E/V", "tree.status"),
    ("bad value", "500, where a provider's fault has no status of its own, or 400", "E/V", "bad_value"),
    ("policy payload", "a payload that does not fit its template: 500 (0x82B00001)", "V", "admx"),
    ("owned", "a setting that a declared configuration owns: 500 (0x86000031)", "V", "owned"),
    ("second account", "its nodes are 406 for the primary account", "V", "second"),
    ("statuses", "none outside the set of section 3", "E", "tree.status"),
    ("format left out", "that of the description", "U", "no_format"),
    ("exec", "200 for a node that takes it", "U", "exec_status"),
)  # fmt: skip

BEHAVIOUR: Final[Mapping[str, Behaviour]] = MappingProxyType(
    {name: Behaviour(what, mark, field) for name, what, mark, field in _ROWS}  # type: ignore[arg-type]
)
"""Name -> difference.  ``field`` is one of ``Rules``, of ``TreeRules`` after ``tree.``, or of ``WindowsRules``; the
others are fixed in ``dmkit.device.windows``."""

STATUSES: Final = frozenset({200, 202, 212, 214, 215, 216, 400, 401, 403, 404, 405, 406, 415, 418, 425, 500, 507, 516})
"""What a device of Windows answers.  [E, windows sheet §3]"""

_STATUS: Final = {
    "not described": 404, "below leaf": 404, "no parent": 404, "too many": 405, "limits": 400, "name too long": 400,
    "title too long": 500, "too large": 500, "range": 500, "full": 500, "store failed": 500, "sibling": 418,
    "nothing to run": 405, "tnds twice": 418,
}  # fmt: skip

TREE: Final = TreeRules(
    status=_STATUS,
    case_sensitive=False,
    bool_digits=True,
    replace_adds=True,
    correlator=False,
    properties=ALL_PROPERTIES - {"ACL"},
    unknown_command="400",
    tnds=False,
    copy=False,
    need_type=False,
)

RULES: Final = Rules(
    auth="none",
    server_auth="none",
    lenient=True,
    first_message="any",
    max_message=None,
    large_objects="no",
    first_cmd_id=2,
    alerts_first=True,
    too_large_results="200 and the end",
    policy=open_policy,
    tree=TREE,
)
"""The rules of a session on the device."""
