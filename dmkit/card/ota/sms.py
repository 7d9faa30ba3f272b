"""Secured packets in short messages: SMS-DELIVER with TP-PID 7F and class 2, and pieces of what is too long for one.

The element 70 of the user data header stands in the first message only.  [TS 31.115 §4; TS 23.040 §9.2.3.24]

>>> count(137), count(138), count(266), count(267), count(1000), count(4000)
(1, 2, 2, 3, 8, 30)
>>> deliver(bytes.fromhex("00150d00010000b0001100000000000000a40004023f00"), sender="12345678")[0].hex()
'400881214365877ff6000000000000001a02700000150d00010000b0001100000000000000a40004023f00'
"""

from __future__ import annotations

from typing import Final

from dmkit.words.errors import ConfigError

__all__ = ["count", "deliver"]

_SINGLE: Final = 137
_FIRST: Final = 132
_LATER: Final = 134
_PID_TO_CARD: Final = 0x7F
_CLASS_2: Final = 0xF6


def count(size: int) -> int:
    """How many short messages a packet of ``size`` octets takes."""
    return 1 if size <= _SINGLE else 1 + -(-(size - _FIRST) // _LATER)


def deliver(packet: bytes, *, sender: str = "", reference: int = 0, timestamp: bytes = bytes(7)) -> tuple[bytes, ...]:
    """The SMS-DELIVER units that bring ``packet`` to the card behind a terminal.

    ``sender`` are the digits of the originating address.  ConfigError for a packet of more than 255 messages.
    """
    total = count(len(packet))
    if total > 255:
        raise ConfigError(f"{len(packet)} octets need {total} short messages; at most 255 can be joined")
    if not (sender == "" or (sender.isascii() and sender.isdecimal())) or len(sender) > 20 or len(timestamp) != 7:
        raise ConfigError(f"sender {sender!r}, time stamp of {len(timestamp)} octets: at most 20 digits, and seven")
    digits = sender + "F" * (len(sender) % 2)
    swapped = bytes(int(digits[at + 1] + digits[at], 16) for at in range(0, len(digits), 2))
    head = b"\x40" + bytes([len(sender), 0x81]) + swapped + bytes([_PID_TO_CARD, _CLASS_2]) + timestamp
    units = []
    for header, piece in _pieces(packet, total, reference & 0xFF):
        data = bytes([len(header)]) + header + piece
        units.append(head + bytes([len(data)]) + data)
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
