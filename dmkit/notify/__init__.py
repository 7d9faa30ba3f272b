"""Package 0: the notification with which a server wakes a device.

The layout, bit by bit, is the FIELDS table of ``layout``; in ``receiver``, ``verify`` is the receiver's procedure and
``NotifyRules`` its choices.  [DMNOTI §6]

>>> from dmkit.auth import Credential
>>> octets = encode(Trigger("com.mgmtsrv.manage", 0x1234, ui=UiMode.BACKGROUND, initiator=Initiator.CLIENT),
...                 Credential("com.mgmtsrv.manage", "srvpw"), bytes(range(16, 32)))
>>> octets[:16].hex()
'f1e45361e2a0682e7ea7bba2353ca4cd'
>>> decode(octets).trigger.session_text
'1234'
"""

from __future__ import annotations

from dmkit.notify.layout import (
    DIGESTS,
    FIELDS,
    DigestScheme,
    Field,
    Initiator,
    Notification,
    Trigger,
    UiMode,
    decode,
    encode,
    explain,
)
from dmkit.notify.receiver import NONCES, PROFILES, VERSIONS, NotificationVerdict, NotifyRules, ReplayMemory, verify

__all__ = [
    "DIGESTS",
    "FIELDS",
    "NONCES",
    "PROFILES",
    "VERSIONS",
    "DigestScheme",
    "Field",
    "Initiator",
    "Notification",
    "NotificationVerdict",
    "NotifyRules",
    "ReplayMemory",
    "Trigger",
    "UiMode",
    "decode",
    "encode",
    "explain",
    "verify",
]


def __dir__() -> list[str]:
    return sorted(__all__)
