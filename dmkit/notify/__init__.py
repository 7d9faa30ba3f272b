"""Package 0: the notification with which a server wakes a device.

The layout, bit by bit, is the FIELDS table of ``layout``; in ``receiver``, ``verify`` is the receiver's procedure and
``NotifyRules`` (``rules``) its choices.  [DMNOTI §6]

>>> from dmkit.auth import Credential
>>> octets = encode(Trigger("com.mgmtsrv.manage", 0x1234, ui=UiMode.BACKGROUND, initiator=Initiator.CLIENT),
...                 Credential("com.mgmtsrv.manage", "srvpw"), bytes(range(16, 32)))
>>> octets[:16].hex()
'f1e45361e2a0682e7ea7bba2353ca4cd'
>>> decode(octets).trigger.session_text
'1234'
"""

from __future__ import annotations

from dmkit.words.lazy import door as _door

__getattr__, __dir__, __all__ = _door(
    __name__,
    {
        "layout": "DIGESTS FIELDS DigestScheme Field Initiator Notification Trigger UiMode decode encode explain",
        "receiver": "NotificationVerdict verify",
        "rules": "NONCES PROFILES VERSIONS NotifyRules ReplayMemory",
    },
)
