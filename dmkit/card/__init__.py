"""The card and what it computes: files and commands, authentication, secured packets.  All pure: no clock, no dice."""

from __future__ import annotations

from dmkit.words.lazy import door as _door

__getattr__, __dir__, __all__ = _door(
    __name__,
    {
        "card": "Card Medium Usim",
        "": "access aka apdu authenticate codings data dispatch exchange explain files images listing memory "
        "ota pins pkcs15 select sim terminal tlv toolkit turn",
    },
)
