"""Package 0 of DM 2.0: a header of 16 bits, options in rising order, a digest that proves the sender.  [dm20 sheet §3]

Header: version (4 bits), number of options (5), reserved (7).  An option: delta to the last number (4 bits) and length
(4 bits), then the value; a length of 13 and more adds an octet, as CoAP does (PROPOSAL, as is version 1).

The digest is SHA-256 over secret, notification with 32 zero octets in its place, and authentication data: a plain
hash and no HMAC, so whoever finds two texts of one hash forges (a known weakness of that construction).

>>> wake = Notification("dmkit", notification_id=0x0102, request_mos=True)
>>> octets = encode(wake, secret=b"secret", data=b"data")
>>> len(octets), octets[:9].hex(), verify(octets, secret=b"secret", data=b"data")
(46, '120015646d6b697422', True)
>>> decode(octets).server_id, verify(octets, secret=b"another", data=b"data")
('dmkit', False)
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from dmkit.ddf.spec import Basis
from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError
from dmkit.words.ranges import Natural

__all__ = ["OPTIONS", "VERSION", "Connection", "Notification", "Option", "decode", "encode", "verify"]

VERSION: Final = 1
_DIGEST: Final = 32


class Connection(IntEnum):
    """Over what the server would like to be called."""

    ANY = 0
    CELLULAR = 1
    WLAN = 2
    WIRELINE = 3


@dataclass(frozen=True, slots=True)
class Option:
    """One option: number, name, and whether client and server must support it."""

    number: int
    name: str
    client: str
    server: str
    basis: Basis = Basis.ESTABLISHED


OPTIONS: Final[Mapping[int, Option]] = MappingProxyType(
    {
        row.number: row
        for row in (
            Option(1, "SERVER-ID", "M", "M"),
            Option(2, "PREFERRED-CON-TYPE", "M", "M"),
            Option(3, "NOTIFICATION-ID", "O", "M"),
            Option(4, "SHA256-DIGEST", "O", "M"),
            Option(5, "TIMESTAMP", "O", "M", Basis.UNSURE),
            Option(6, "REQ-MOS", "M", "M"),
        )
    }
)
"""Number -> option; the form of the time stamp is not established (here seconds of Unix, 4 or 8 octets)."""


@checked
@dataclass(frozen=True, slots=True)
class Notification:
    """What the server says: who it is, and how it would like to be called.

    ``digest`` None means without proof, b"" that ``encode`` is to compute it; ``unknown`` keeps options without a row.
    """

    server_id: str
    """Who wakes the client."""
    connection: Connection | None = None
    """Over what the server would like to be called; None: it does not say."""
    notification_id: Natural | None = None
    """The number of the notification; None: it has none."""
    timestamp: Natural | None = None
    """Seconds since 1970; None: it has none."""
    request_mos: bool = False
    """Whether package 1 is to list the objects."""
    digest: bytes | None = b""
    version: Natural = VERSION
    """Of the layout."""
    unknown: tuple[tuple[int, bytes], ...] = ()


@asked
def encode(notification: Notification, *, secret: bytes = b"", data: bytes = b"") -> bytes:
    """The octets; with ``digest`` b"" the proof is computed from ``secret`` and ``data``.  CodecError."""
    octets, at = _encode(notification)
    if notification.digest == b"" and at is not None:
        proof = hashlib.sha256(secret + octets + data).digest()
        octets = octets[:at] + proof + octets[at + _DIGEST :]
    return octets


def _encode(n: Notification) -> tuple[bytes, int | None]:
    options: dict[int, bytes] = {1: n.server_id.encode()}
    if n.connection is not None:
        options[2] = bytes([n.connection])
    if n.notification_id is not None:
        if not 0 <= n.notification_id <= 0xFFFF:
            raise CodecError(f"NOTIFICATION-ID {n.notification_id}; two octets hold 0 to 65535")
        options[3] = n.notification_id.to_bytes(2, "big")
    if n.digest is not None:
        if len(n.digest) not in (0, _DIGEST):
            raise CodecError(f"a digest of {many(len(n.digest), 'octet')}; {_DIGEST} are right")
        options[4] = n.digest or bytes(_DIGEST)
    if n.timestamp is not None:
        if not 0 <= n.timestamp < 1 << 64:
            raise CodecError(f"TIMESTAMP {n.timestamp}; seconds of Unix in at most 8 octets are right")
        options[5] = n.timestamp.to_bytes(4 if n.timestamp < 1 << 32 else 8, "big")
    if n.request_mos:
        options[6] = b""
    for number, value in n.unknown:
        if number in options or number in OPTIONS:
            raise CodecError(f"option {number} among the unknown, which has a name")
        options[number] = value
    if not 0 <= n.version <= 15 or len(options) > 31:
        raise CodecError(f"version {n.version} and {many(len(options), 'option')}; 4 and 5 bits hold them")
    body, last, digest_at = bytearray(), 0, None
    for number, value in sorted(options.items()):
        if not 0 < number - last <= 15:
            raise CodecError(f"option {number} behind {last}; four bits hold steps from 1 to 15")
        if len(value) > 13 + 0xFF:
            raise CodecError(f"option {number} of {many(len(value), 'octet')}; at most 268 are written")
        body.append((number - last) << 4 | min(len(value), 13))
        if len(value) >= 13:
            body.append(len(value) - 13)
        if number == 4:
            digest_at = 2 + len(body)
        body += value
        last = number
    header = n.version << 12 | len(options) << 7
    return header.to_bytes(2, "big") + bytes(body), digest_at


@asked
def decode(octets: bytes) -> Notification:
    """The notification; the digest is kept and not checked.  CodecError says at which octet it is none."""
    return _decode(octets)[0]


def _decode(octets: bytes) -> tuple[Notification, int | None]:
    if len(octets) < 2:
        raise CodecError(f"a notification of {many(len(octets), 'octet')}; its header alone has 2", offset=len(octets))
    header = int.from_bytes(octets[:2], "big")
    version, count = header >> 12, header >> 7 & 0x1F
    if version != VERSION:
        raise CodecError(f"version {version} of a notification; {VERSION} is known", offset=0)
    at, number, digest_at = 2, 0, None
    found: dict[int, bytes] = {}
    for _ in range(count):
        if at >= len(octets):
            raise CodecError(f"{many(count, 'option')} announced, {len(found)} are there", offset=at)
        delta, length = octets[at] >> 4, octets[at] & 15
        start, at = at, at + 1
        if length == 13:
            if at >= len(octets):
                raise CodecError("an option that ends before its length", offset=start)
            length, at = 13 + octets[at], at + 1
        elif length > 13:
            raise CodecError(f"a length field of {length}; 0 to 13 are known", offset=start)
        if delta == 0:
            raise CodecError(f"option {number} stands twice", offset=start)
        number += delta
        if at + length > len(octets):
            raise CodecError(
                f"option {number} of {many(length, 'octet')} where {len(octets) - at} are left", offset=start
            )
        if number == 4:
            digest_at = at
        found[number] = octets[at : at + length]
        at += length
    if at != len(octets):
        raise CodecError("octets behind the last option", offset=at)
    return _notification(version, found), digest_at


def _notification(version: int, found: dict[int, bytes]) -> Notification:
    sizes = {2: (1,), 3: (2,), 4: (_DIGEST,), 5: (4, 8), 6: (0,)}
    for number, right in sizes.items():
        if number in found and len(found[number]) not in right:
            wanted = " or ".join(map(str, right))
            raise CodecError(f"{OPTIONS[number].name} of {many(len(found[number]), 'octet')}; {wanted} are right")
    if 1 not in found:
        raise CodecError("SERVER-ID is missing")
    try:
        server = found[1].decode()
    except UnicodeDecodeError:
        raise CodecError("a SERVER-ID that is no UTF-8") from None
    if 2 in found and found[2][0] not in set(Connection):
        raise CodecError(f"PREFERRED-CON-TYPE {found[2][0]}; 0 to 3 are known")
    return Notification(
        server,
        Connection(found[2][0]) if 2 in found else None,
        int.from_bytes(found[3], "big") if 3 in found else None,
        int.from_bytes(found[5], "big") if 5 in found else None,
        6 in found,
        found.get(4),
        version,
        tuple((number, value) for number, value in found.items() if number not in OPTIONS),
    )


@asked
def verify(octets: bytes, *, secret: bytes, data: bytes) -> bool:
    """Whether the digest is the one that secret and data give; False without a digest.  CodecError as in ``decode``."""
    notification, at = _decode(octets)
    if at is None or notification.digest is None:
        return False
    blank = octets[:at] + bytes(_DIGEST) + octets[at + _DIGEST :]
    return hmac.compare_digest(hashlib.sha256(secret + blank + data).digest(), notification.digest)
