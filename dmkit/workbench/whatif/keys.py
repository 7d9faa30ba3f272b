"""What may stand in the file of a change, and the parts of its report: words only, so that help loads nothing."""

from __future__ import annotations

from typing import Final

__all__ = ["KEYS", "PART_NAMES"]

KEYS: Final = {
    "name": "what it is called",
    "about": "a sentence of what it is for",
    "rules": "fields of Rules for both sides; those of its tree in [rules.tree]",
    "device": "the same for the device alone",
    "server": "the same for the server alone",
    "policy": "who may do what: a row of dm.rights.RIVALS, or file.py:function",
    "scheme": "how both sides prove themselves: a row of dm.auth.SCHEMES, or file.py:NAME",
    "profile": "both sides as a peer is: a row of PROFILES in dmkit.server.peers",
    "alert": "code, and answer (a status) or do (file.py:function): an alert with behaviour",
    "handler": "uri and do (file.py:function): what an Exec of a node does",
    "ddf": "before and after: files with descriptions",
    "settles": "switches whose reading the change would settle",
    "sections": "sections of the specification that it touches, beside those of its fields",
}
"""What may stand in the file of a change."""
PART_NAMES: Final = (
    "itself", "readings", "conformance", "goldens", "others", "interop", "rights", "attacks", "enablers", "fleet",
    "pages",
)  # fmt: skip
"""Parts of a report, in the order in which they are made."""
