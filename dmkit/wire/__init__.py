"""How a message is written: one element table, two codecs, and an explanation octet by octet."""

from __future__ import annotations

from dmkit.words.lazy import door as _door

__getattr__, __dir__, __all__ = _door(
    __name__,
    {
        "codec": "WBXML XML Codec codec_for",
        "": "sms wsp",
    },
)
