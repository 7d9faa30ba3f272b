"""The device: its sessions, its waking, its card, and what it still has to do."""

from __future__ import annotations

from dmkit.words.lazy import door as _door

__getattr__, __dir__, __all__ = _door(
    __name__,
    {
        "device": "Device User counted_nonces no_user",
    },
)
