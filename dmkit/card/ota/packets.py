"""Secured packets: commands to a card over the air, and its answers.  [TS 102 225 §5; TS 31.115 §4]

A command packet is CPL CHL SPI KIc KID TAR CNTR PCNTR, a check (RC or CC), secured data; what follows TAR may be
enciphered.  SPI says how the packet is protected and how the answer, the proof of receipt, is to be.

>>> keys = OtaKeys(bytes.fromhex("301102030405060708090a0b0c0d0e0f"), bytes.fromhex("301102030405060708090a0b0c0d0e0f"))
>>> command = SecuredCommand(bytes.fromhex("00A40004023F00"), Spi.parse(bytes.fromhex("0201")), 0x00, 0x35, counter=1)
>>> packet = encode_command(command, keys)
>>> packet.hex()
'001d1502010035b000110000000001007e145cad0e5a86c200a40004023f00'
>>> decode_command(packet, keys).command == command
True
"""

from __future__ import annotations

import hmac
from dataclasses import field
from enum import IntEnum
from types import MappingProxyType
from typing import Annotated, Final, NamedTuple, Self

from dmkit.card.ota.crypto import CIPHERS, CRCS, Algorithm, Crc, OtaKeys
from dmkit.words.checked import Size, checked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError, ConfigError
from dmkit.words.ranges import Octet, Range
from dmkit.words.records import dataclass

__all__ = [
    "RESPONSE_HEADER",
    "TARS",
    "CounterRule",
    "Integrity",
    "OpenedPacket",
    "OtaKeys",
    "OtaStatus",
    "PacketHead",
    "Por",
    "SecuredCommand",
    "SecuredResponse",
    "Spi",
    "decode_command",
    "decode_response",
    "encode_command",
    "encode_response",
    "read_head",
]

TARS: Final = MappingProxyType({"RAM": b"\xb0\0\0", "SIM RFM": b"\xb0\0\x10", "USIM RFM": b"\xb0\0\x11"})
"""Well-known applications of a card; operators have others."""

RESPONSE_HEADER: Final = b"\x02\x71\x00"
"""User data header of an answer; it counts as a part of what its check covers."""


class Integrity(IntEnum):
    """How a packet is checked."""

    NONE = 0
    RC = 1
    CC = 2
    DS = 3


class CounterRule(IntEnum):
    """What the counter is for; UNSURE (memory): 3 means exactly one higher."""

    NONE = 0
    UNCHECKED = 1
    HIGHER = 2
    NEXT = 3


class Por(IntEnum):
    """When a proof of receipt is wanted."""

    NONE = 0
    ALWAYS = 1
    ON_ERROR = 2
    RESERVED = 3


class OtaStatus(IntEnum):
    """Response status code of a proof of receipt.  [TS 102 225 table 5]"""

    OK = 0x00
    CHECK_FAILED = 0x01
    COUNTER_LOW = 0x02
    COUNTER_HIGH = 0x03
    COUNTER_BLOCKED = 0x04
    CIPHERING_ERROR = 0x05
    SECURITY_ERROR = 0x06
    NO_MEMORY = 0x07
    MORE_TIME = 0x08
    TAR_UNKNOWN = 0x09
    SECURITY_LEVEL = 0x0A
    BY_SUBMIT = 0x0B
    BY_USSD = 0x0C


@checked
@dataclass(frozen=True, slots=True)
class Spi:
    """Security parameter indicator, two octets: protection of the command, and of the answer it asks for.

    >>> Spi.parse(bytes.fromhex("1619")) == Spi(counter=CounterRule.HIGHER, por_ciphered=True)
    True
    """

    integrity: Integrity = Integrity.CC
    """Checksum of the command."""
    ciphered: bool = True
    """Whether the command is enciphered."""
    counter: CounterRule = CounterRule.HIGHER
    """How its counter is used."""
    por: Por = Por.ALWAYS
    """When an answer is wanted."""
    por_integrity: Integrity = Integrity.CC
    """Checksum of the answer."""
    por_ciphered: bool = False
    """Whether the answer is enciphered."""
    por_by_submit: bool = False
    """True: the answer comes as a message of its own, SMS-SUBMIT."""

    @classmethod
    def parse(cls, octets: bytes) -> Self:
        """Read the two octets.  CodecError when a bit is set that means nothing."""
        if len(octets) != 2 or octets[0] & 0xE0 or octets[1] & 0xC0:
            raise CodecError(f"SPI {octets.hex()}: two octets, the upper bits of each zero", offset=3)
        first, second = octets
        return cls(
            Integrity(first & 3),
            bool(first & 4),
            CounterRule(first >> 3 & 3),
            Por(second & 3),
            Integrity(second >> 2 & 3),
            bool(second & 0x10),
            bool(second & 0x20),
        )

    def encode(self) -> bytes:
        """The two octets."""
        return bytes(
            [
                self.integrity | self.ciphered << 2 | self.counter << 3,
                self.por | self.por_integrity << 2 | self.por_ciphered << 4 | self.por_by_submit << 5,
            ]
        )


@checked
@dataclass(frozen=True, slots=True)
class SecuredCommand:
    """A command packet's content.  ``kic`` and ``kid`` are octets: number of the key set, and algorithm."""

    data: bytes
    """APDUs, or what the application takes."""
    spi: Spi = field(default_factory=Spi)
    """How it is protected."""
    kic: Octet = 0x12
    """Key and algorithm for enciphering."""
    kid: Octet = 0x12
    """Key and algorithm for the checksum."""
    tar: Annotated[bytes, Size(3, 3)] = TARS["USIM RFM"]
    """Which application it is for, three octets."""
    counter: Annotated[int, Range("number", 0, 2**40 - 1, whole=True)] = 0
    """Five octets, against replay."""


@dataclass(frozen=True, slots=True)
class SecuredResponse:
    """An answer packet's content; ``signed`` is whether a check covers it."""

    status: OtaStatus
    data: bytes = b""
    tar: bytes = TARS["USIM RFM"]
    counter: int = 0
    signed: bool = False


class PacketHead(NamedTuple):
    """What a command packet says before anything is deciphered; ``rest`` is the octets from CNTR on."""

    spi: Spi
    kic: int
    kid: int
    tar: bytes
    check_size: int
    rest: bytes


@dataclass(frozen=True, slots=True)
class OpenedPacket:
    """What became of a packet: ``command`` when its ``status`` is OK, else ``why`` not."""

    status: OtaStatus
    head: PacketHead
    command: SecuredCommand | None = None
    why: str = ""


# -- command packets


def encode_command(command: SecuredCommand, keys: OtaKeys, *, check_size: int = 8) -> bytes:
    """The packet, with its length CPL.  ConfigError for keys, algorithms or numbers that do not fit."""
    spi = command.spi
    cipher = _cipher(command.kic, "KIc") if spi.ciphered else None
    size = _check_size(spi.integrity, command.kid, check_size)
    counter = command.counter.to_bytes(5)
    pad = -(6 + size + len(command.data)) % cipher.block if cipher else 0
    data = command.data + bytes(pad)
    head = bytes([13 + size]) + spi.encode() + bytes([command.kic, command.kid]) + command.tar
    length = 1 + 13 + size + len(data)
    if length >= 1 << 16:
        raise ConfigError(f"{many(len(command.data), 'octet')} of data do not fit one packet")
    front = length.to_bytes(2) + head
    tail = counter + bytes([pad])
    check = _check(spi.integrity, command.kid, keys.kid, front + tail + data, size)
    inner = tail + check + data
    return front + (cipher.encrypt(keys.kic, inner) if cipher else inner)


def read_head(packet: bytes) -> PacketHead:
    """The part of a command packet that is never enciphered.  CodecError when the octets are no packet.

    A packet without CPL, as one sender makes it when it does not encipher, is taken too.
    """
    start = 2 if len(packet) >= 2 and int.from_bytes(packet[:2]) == len(packet) - 2 else 0
    if len(packet) < start + 14:
        raise CodecError(f"a command packet has 16 octets or more, not {len(packet)}", offset=len(packet))
    size = packet[start] - 13
    if size not in (0, 2, 4, 8):
        raise CodecError(f"CHL {packet[start]}: header and check have 13, 15, 17 or 21 octets", offset=start)
    body = packet[start + 1 :]
    spi = Spi.parse(body[:2])
    if start == 0 and spi.ciphered:
        raise CodecError("CPL does not fit the packet", offset=0)
    if len(body) < 13 + size:
        raise CodecError("the packet ends within its header", offset=len(packet))
    return PacketHead(spi, body[2], body[3], body[4:7], size, body[7:])


def decode_command(packet: bytes, keys: OtaKeys) -> OpenedPacket:
    """Decipher and check a command packet.  CodecError when it is none; a wrong check is a status, not an error."""
    head = read_head(packet)
    rest, spi = head.rest, head.spi
    if spi.integrity is Integrity.DS:
        return OpenedPacket(OtaStatus.SECURITY_ERROR, head, why="digital signatures are not known here")
    try:
        cipher = _cipher(head.kic, "KIc") if spi.ciphered else None
        if head.check_size != _check_size(spi.integrity, head.kid, head.check_size):
            return OpenedPacket(OtaStatus.SECURITY_ERROR, head, why="the size of the check does not fit its kind")
        if cipher is not None:
            if len(rest) % cipher.block:
                return OpenedPacket(OtaStatus.CIPHERING_ERROR, head, why="no whole blocks")
            rest = cipher.decrypt(keys.kic, rest)
        counter, pad, check = rest[:5], rest[5], rest[6 : 6 + head.check_size]
        data = rest[6 + head.check_size :]
        length = 1 + 7 + len(rest)
        front = (
            length.to_bytes(2) + bytes([13 + head.check_size]) + spi.encode() + bytes([head.kic, head.kid]) + head.tar
        )
        right = _check(spi.integrity, head.kid, keys.kid, front + counter + bytes([pad]) + data, head.check_size)
    except ConfigError as error:
        return OpenedPacket(OtaStatus.SECURITY_ERROR, head, why=str(error))
    if not hmac.compare_digest(right, check):
        return OpenedPacket(OtaStatus.CHECK_FAILED, head, why="the check is wrong")
    if pad > len(data) or (pad and cipher is None):
        return OpenedPacket(
            OtaStatus.CIPHERING_ERROR, head, why=f"{many(pad, 'octet')} of padding in {len(data)} of data"
        )
    command = SecuredCommand(data[: len(data) - pad], spi, head.kic, head.kid, head.tar, int.from_bytes(counter))
    return OpenedPacket(OtaStatus.OK, head, command)


# -- answers


def encode_response(response: SecuredResponse, keys: OtaKeys, spi: Spi, kic: int, kid: int) -> bytes:
    """The answer packet behind its user data header, protected as ``spi`` asks and ``response.signed`` allows."""
    integrity = spi.por_integrity if response.signed else Integrity.NONE
    cipher = _cipher(kic, "KIc") if spi.por_ciphered else None
    size = _check_size(integrity, kid, 8)
    pad = -(7 + size + len(response.data)) % cipher.block if cipher else 0
    data = response.data + bytes(pad)
    front = (11 + size + len(data)).to_bytes(2) + bytes([10 + size]) + response.tar
    tail = response.counter.to_bytes(5) + bytes([pad, response.status])
    check = _check(integrity, kid, keys.kid, RESPONSE_HEADER + front + tail + data, size)
    inner = tail + check + data
    return RESPONSE_HEADER + front + (cipher.encrypt(keys.kic, inner) if cipher else inner)


def decode_response(packet: bytes, keys: OtaKeys, spi: Spi, kic: int, kid: int) -> SecuredResponse:
    """Read an answer to a command sent with ``spi``.  CodecError when it is none, or its check is wrong.

    ``signed`` false in what comes back means that nothing vouches for it: treat it as a rumour.
    """
    at = len(RESPONSE_HEADER)
    if packet[:at] != RESPONSE_HEADER or len(packet) < at + 13:
        raise CodecError("an answer begins with 02 71 00 and has 16 octets or more", offset=0)
    if int.from_bytes(packet[at : at + 2]) != len(packet) - at - 2:
        raise CodecError("RPL does not fit the packet", offset=at)
    size, tar, rest = packet[at + 2] - 10, packet[at + 3 : at + 6], packet[at + 6 :]
    if size not in (0, 2, 4, 8) or len(rest) < 7 + size:
        raise CodecError(f"RHL {packet[at + 2]}: header and check have 10, 12, 14 or 18 octets", offset=at + 2)
    try:
        cipher = _cipher(kic, "KIc") if spi.por_ciphered else None
        if cipher is not None:
            if len(rest) % cipher.block:
                raise CodecError("an enciphered answer has whole blocks", offset=at + 6)
            rest = cipher.decrypt(keys.kic, rest)
        integrity = spi.por_integrity if size else Integrity.NONE
        covered = packet[: at + 6] + rest[:7] + rest[7 + size :]
        right = _check(integrity, kid, keys.kid, covered, size)
    except ConfigError as error:
        raise CodecError(str(error)) from None
    if not hmac.compare_digest(right, rest[7 : 7 + size]):
        raise CodecError("the check of the answer is wrong", offset=at + 13)
    pad, status, data = rest[5], rest[6], rest[7 + size :]
    if pad > len(data) or status > max(OtaStatus):
        raise CodecError(f"{many(pad, 'octet')} of padding in {len(data)}, status {status:02x}", offset=at + 11)
    signed = integrity in (Integrity.CC, Integrity.DS)
    return SecuredResponse(OtaStatus(status), data[: len(data) - pad], tar, int.from_bytes(rest[:5]), signed)


# -- what both share


def _cipher(octet: int, name: str) -> Algorithm:
    cipher = CIPHERS.get(octet & 0x0F)
    if cipher is None:
        known = ", ".join(f"{low:X} {c.name}" for low, c in CIPHERS.items())
        raise ConfigError(f"{name} {octet:02X}: algorithm {octet & 0x0F:X} is none of {known}")
    return cipher


def _check_size(integrity: Integrity, kid: int, size: int) -> int:
    if integrity is Integrity.NONE:
        return 0
    if integrity is Integrity.RC:
        return _crc(kid).size
    if integrity is Integrity.DS:
        raise ConfigError("digital signatures are not known here")
    if size not in (4, 8):
        raise ConfigError(f"a cryptographic checksum of {many(size, 'octet')}; it has 4 or 8")
    return size


def _check(integrity: Integrity, kid: int, key: bytes, covered: bytes, size: int) -> bytes:
    if integrity is Integrity.NONE:
        return b""
    if integrity is Integrity.RC:
        return _crc(kid).check(covered)
    return _cipher(kid, "KID").checksum(key, covered, size)


def _crc(kid: int) -> Crc:
    crc = CRCS.get(kid & 0x0F)
    if crc is None:
        raise ConfigError(f"KID {kid:02X}: redundancy check {kid & 0x0F:X} is none of {sorted(CRCS)}")
    return crc
