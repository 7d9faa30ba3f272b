"""The conversation: rules, states, packages, and both engines."""

from __future__ import annotations

from dmkit.words.lazy import door as _door

__getattr__, __dir__, __all__ = _door(
    __name__,
    {
        "client": "ClientSession",
        "server": "ServerSession",
        "rules": "Rules",
        "states": "TRANSITIONS SessionState",
        "events": "Step",
        "work": "DeviceInfo Job Talk Wait QueuedJob",
        "nonces": "NONCES NoncePolicy",
        "oracle.check": "assert_sound",
    },
)
