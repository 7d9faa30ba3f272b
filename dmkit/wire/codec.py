"""The two codecs under one face, and how to tell which one wrote some octets.  [DMREPPRO §5]

>>> codec_for("application/vnd.syncml+wbxml; charset=utf-8", b"").name
'WBXML'
>>> codec_for("", b"<SyncML").name
'XML'
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Final, Protocol

from dmkit.errors import CodecError
from dmkit.model import Message

__all__ = ["WBXML", "XML", "Codec", "codec_for"]


class Codec(Protocol):
    """Writes and reads messages.  ``binary``: Data may be octets; otherwise they travel as base64 text."""

    @property
    def name(self) -> str:
        """Short name."""

    @property
    def media_type(self) -> str:
        """MIME type of what it writes."""

    @property
    def binary(self) -> bool:
        """True when octets need no base64."""

    def encode(self, message: Message) -> bytes:
        """Octets of ``message``; CodecError when it cannot be written."""

    def decode(self, data: bytes, *, lenient: bool = False) -> Message:
        """The message in ``data``; CodecError when it is none."""


@dataclass(frozen=True, slots=True)
class _Codec:
    name: str
    media_type: str
    binary: bool
    module: str

    def encode(self, message: Message) -> bytes:
        octets: bytes = import_module(self.module).encode(message)
        return octets

    def decode(self, data: bytes, *, lenient: bool = False) -> Message:
        message: Message = import_module(self.module).decode(data, lenient=lenient)
        return message

    def __repr__(self) -> str:
        return self.name


XML: Final[Codec] = _Codec("XML", "application/vnd.syncml.dm+xml", False, "dmkit.wire.xml")
WBXML: Final[Codec] = _Codec("WBXML", "application/vnd.syncml.dm+wbxml", True, "dmkit.wire.wbxml")

_WBXML_STARTS: Final = frozenset(range(4))


def codec_for(media_type: str, data: bytes) -> Codec:
    """The codec that a media type names, with or without ``.dm`` and parameters; failing that, what ``data`` looks like.

    CodecError when neither says.
    """
    kind = media_type.partition(";")[0].strip().lower()
    if kind.endswith("+wbxml"):
        return WBXML
    if kind.endswith("+xml"):
        return XML
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"<":
        return XML
    if data and data[0] in _WBXML_STARTS:
        return WBXML
    raise CodecError(f"neither the media type {media_type!r} nor the first octets name an encoding", offset=0)
