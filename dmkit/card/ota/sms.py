"""Secured packets in short messages: SMS-DELIVER with TP-PID 7F and class 2, and pieces of what is too long for one.

The element 70 of the user data header stands in the first message only.  [TS 31.115 §4; TS 23.040 §9.2.3.24]

>>> count(137), count(138), count(266), count(267), count(1000), count(4000)
(1, 2, 2, 3, 8, 30)
>>> deliver(bytes.fromhex("00150d00010000b0001100000000000000a40004023f00"), sender="12345678")[0].hex()
'440881214365877ff6621010000000001a02700000150d00010000b0001100000000000000a40004023f00'
"""

from __future__ import annotations

from typing import Final

from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError

__all__ = ["TIME_STAMP", "count", "deliver", "time_stamp"]

_SINGLE: Final = 137
_FIRST: Final = 132
_LATER: Final = 134
_PID_TO_CARD: Final = 0x7F
_CLASS_2: Final = 0xF6
_DELIVER: Final = 0x40
"""SMS-DELIVER with a user data header; more messages wait."""
_NO_MORE: Final = 0x04
TIME_STAMP: Final = bytes.fromhex("62101000000000")
"""The beginning of 2026, at Greenwich."""


@asked
def time_stamp(year: int, month: int, day: int, hour: int, minute: int, second: int, quarters: int = 0) -> bytes:
    """The time stamp of a service centre: semi-octets, lower digit first; ``quarters`` of an hour east of Greenwich.

    ConfigError for what is no time.  [TS 23.040 §9.2.3.11]

    >>> time_stamp(2026, 11, 29, 18, 5, 9, -4).hex()
    '62119281509048'
    """
    parts = (year % 100, month, day, hour, minute, second, abs(quarters))
    if not 0 <= min(parts) <= max(parts) <= 99:
        raise ConfigError(f"{parts} is no time")
    stamp = bytearray((part % 10) << 4 | part // 10 for part in parts)
    stamp[6] |= 0x08 if quarters < 0 else 0
    if not _is_time(bytes(stamp)):
        raise ConfigError(f"{parts} is no time")
    return bytes(stamp)


def _is_time(stamp: bytes) -> bool:
    """Whether seven octets are a time stamp that every receiver takes: a month from 1 to 12 and so on."""
    if len(stamp) != 7:
        return False
    octets = (*stamp[:6], stamp[6] & 0xF7)
    digits = [(octet & 0xF, octet >> 4) for octet in octets]
    if any(high > 9 or low > 9 for high, low in digits):
        return False
    _, month, day, hour, minute, second, zone = (high * 10 + low for high, low in digits)
    fits = 1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 60 and zone <= 56
    return bool(fits)


def count(size: int) -> int:
    """How many short messages a packet of ``size`` octets takes."""
    return 1 if size <= _SINGLE else 1 + -(-(size - _FIRST) // _LATER)


def deliver(packet: bytes, *, sender: str = "", reference: int = 0, timestamp: bytes = TIME_STAMP) -> tuple[bytes, ...]:
    """The SMS-DELIVER units that bring ``packet`` to the card behind a terminal.

    ``sender`` are the digits of the originating address, ``timestamp`` the seven octets that the service centre puts in
    (``time_stamp`` makes them).  The last message says that no more wait.  ConfigError for a packet of more than 255
    messages, and for a time stamp that is none.
    """
    total = count(len(packet))
    if total > 255:
        raise ConfigError(
            f"{many(len(packet), 'octet needs', 'octets need')} {many(total, 'short message')}; "
            "at most 255 can be joined"
        )
    if not (sender == "" or (sender.isascii() and sender.isdecimal())) or len(sender) > 20 or not _is_time(timestamp):
        text = f"sender {sender!r}, time stamp {timestamp.hex()}"
        raise ConfigError(f"{text}: at most 20 digits, and a time as TS 23.040 has it")
    digits = sender + "F" * (len(sender) % 2)
    swapped = bytes(int(digits[at + 1] + digits[at], 16) for at in range(0, len(digits), 2))
    head = bytes([len(sender), 0x81]) + swapped + bytes([_PID_TO_CARD, _CLASS_2]) + timestamp
    units = []
    for number, (header, piece) in enumerate(_pieces(packet, total, reference & 0xFF), 1):
        data = bytes([len(header)]) + header + piece
        first = _DELIVER | (_NO_MORE if number == total else 0)
        units.append(bytes([first]) + head + bytes([len(data)]) + data)
    return tuple(units)


def _pieces(packet: bytes, total: int, reference: int) -> list[tuple[bytes, bytes]]:
    """Header elements and octets of each message."""
    if total == 1:
        return [(b"\x70\x00", packet)]
    pieces = [(b"\x00\x03" + bytes([reference, total, 1]) + b"\x70\x00", packet[:_FIRST])]
    for number in range(2, total + 1):
        at = _FIRST + (number - 2) * _LATER
        pieces.append((b"\x00\x03" + bytes([reference, total, number]), packet[at : at + _LATER]))
    return pieces
