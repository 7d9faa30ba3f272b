"""OBEX: the PUT with which package 0 reaches a device over a local link.  [DMNOTI §7.2]

>>> request = put("application/vnd.syncml.notification", b"...")
>>> request.hex(" ")[:17]
'82 00 35 42 00 27'
>>> read_put(request)
('application/vnd.syncml.notification', b'...')
"""

from __future__ import annotations

from typing import Final

from dmkit.words.counts import many
from dmkit.words.errors import CodecError

__all__ = ["put", "read_put"]

_PUT: Final = 0x02
_FINAL: Final = 0x80
_TYPE: Final = 0x42
_LENGTH: Final = 0xC3
_BODY: Final = 0x48
_END_OF_BODY: Final = 0x49
_WORDS: Final = {0: "unicode text", 1: "octets", 2: "one octet", 3: "four octets"}


def put(media_type: str, body: bytes) -> bytes:
    """One final PUT with Type, Length and the whole body; CodecError when it exceeds 65535 octets."""
    kind = media_type.encode("ascii", "replace") + b"\0"
    headers = bytes((_TYPE,)) + (len(kind) + 3).to_bytes(2, "big") + kind
    headers += bytes((_LENGTH,)) + len(body).to_bytes(4, "big")
    total = 3 + len(headers) + 3 + len(body)
    if total > 0xFFFF:
        raise CodecError(f"{many(total, 'octet does', 'octets do')} not fit one OBEX packet of 65535")
    headers += bytes((_END_OF_BODY,)) + (len(body) + 3).to_bytes(2, "big") + body
    return bytes((_PUT | _FINAL,)) + total.to_bytes(2, "big") + headers


def read_put(packet: bytes) -> tuple[str, bytes]:
    """Media type and body of a final PUT; CodecError for anything else."""
    if len(packet) < 3 or packet[0] != _PUT | _FINAL:
        raise CodecError("not a final OBEX PUT, which begins with 82", offset=0)
    if int.from_bytes(packet[1:3], "big") != len(packet):
        raise CodecError(
            f"the packet says {int.from_bytes(packet[1:3], 'big')} octets, {len(packet)} are here", offset=1
        )
    at, media_type, body, content = 3, "", b"", None
    while at < len(packet):
        kind, form = packet[at], packet[at] >> 6
        length = 2 if form == 2 else 5 if form == 3 else int.from_bytes(packet[at + 1 : at + 3], "big")
        if length < (2 if form == 2 else 3) or at + length > len(packet):
            raise CodecError(f"an OBEX header ({_WORDS[form]}) does not fit", offset=at)
        value = packet[at + (1 if form > 1 else 3) : at + length]
        if kind == _TYPE:
            media_type = value.rstrip(b"\0").decode("latin-1")
        elif kind == _LENGTH:
            content = int.from_bytes(value, "big")
        elif kind in (_BODY, _END_OF_BODY):
            body += value
        at += length
    if content is not None and content != len(body):
        raise CodecError(f"the Length header says {many(content, 'octet')}, the body has {len(body)}", offset=0)
    return media_type, body
