"""What is said between terminal and card as a capture file: GSMTAP, as SIMtrace 2, Wireshark and pySim-trace have it.

Each frame carries what travels over T=0, the command with its data and the answer: a command whose answer waits becomes
two, the second is GET RESPONSE.  ``explained`` follows a session of others on a software card, so that files have their
names.

>>> from dmkit.card.card import Usim
>>> card = Usim.example()
>>> _ = card.transmit(bytes.fromhex("00A40004022FE219"))
>>> capture = write_trace([(one.apdu, one.answer) for one in card.log], card.atr)
>>> [(apdu.hex(), len(answer)) for apdu, answer in read_trace(capture)]
[('', 20), ('00a40004022fe2', 2), ('00c0000019', 27)]
>>> print(explained(read_trace(capture))[0].number, len(explained(read_trace(capture))))
1 2
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from dmkit.card.card import Usim
from dmkit.card.exchange import Exchange, Log
from dmkit.card.t0 import to_tpdus
from dmkit.transport.pcap import pcap_datagrams
from dmkit.transport.pcap_read import frames
from dmkit.words.errors import CodecError

__all__ = ["CardTrace", "explained", "read_trace", "to_tpdus", "write_trace"]

CardTrace: TypeAlias = tuple[tuple[bytes, bytes], ...]
"""Commands and answers; a reset is an empty command with the answer to reset."""

_PORT: Final = 4729
_SIM, _APDU, _ATR = 0x04, 0x00, 0x01
_OUT: Final = frozenset({0xB0, 0xB2, 0xC0, 0x12, 0x84, 0xF2, 0x70, 0xCB})
"""Instructions of which the answer has data and the command none: P3 is Le, not Lc."""

_LINKS: Final = {1: 14, 0: 4, 101: 0, 113: 16, 228: 0, 276: 20}


def write_trace(exchanges: Iterable[tuple[bytes, bytes]], atr: bytes = b"") -> bytes:
    """A capture file (pcap) of a session with a card.  CodecError for a command that T=0 has no form for."""
    units = [_unit(_ATR, atr)] if atr else []
    for apdu, answer in exchanges:
        if not apdu:
            units.append(_unit(_ATR, answer))
            continue
        units += [_unit(_APDU, sent + received) for sent, received in to_tpdus(apdu, answer)]
    return pcap_datagrams(units, port=_PORT, interval=0.01)


def _unit(kind: int, octets: bytes) -> bytes:
    """Version 2, a header of four words, type SIM; what it is stands in the sub-type."""
    return struct.pack(">BBBBHbbIBBBB", 2, 4, _SIM, 0, 0, 0, 0, 0, kind, 0, 0, 0) + octets


def read_trace(capture: bytes) -> CardTrace:
    """Commands and answers of a capture file, pcap or pcapng; other packets are passed over.

    CodecError when it is none, or has no GSMTAP of a card.
    """
    found = tuple(_exchanges(capture))
    if not found:
        raise CodecError("the capture has no GSMTAP packets of a card (UDP port 4729, type 4)")
    return found


def _exchanges(capture: bytes) -> Iterator[tuple[bytes, bytes]]:
    for _, link, frame in frames(capture):
        unit = _datagram(link, frame)
        if len(unit) < 16 or unit[0] != 2 or unit[2] != _SIM or len(unit) < 4 * unit[1]:
            continue
        octets = unit[4 * unit[1] :]
        if unit[12] == _ATR:
            yield b"", octets
        elif unit[12] == _APDU and len(octets) >= 6:
            yield _divided(octets)


def _datagram(link: int, frame: bytes) -> bytes:
    """What a UDP datagram to or from the port of GSMTAP carries; nothing for other frames."""
    skip = _LINKS.get(link)
    if skip is None or len(frame) < skip + 28:
        return b""
    ip = frame[skip:]
    if ip[0] >> 4 == 6:
        head, is_udp = 40, ip[6] == 17
    else:
        head, is_udp = (ip[0] & 15) * 4, ip[0] >> 4 == 4 and ip[9] == 17
    udp = ip[head:]
    if not is_udp or len(udp) < 8:
        return b""
    source, target, size = struct.unpack_from(">HHH", udp)
    return udp[8:size] if _PORT in (source, target) else b""


def _divided(octets: bytes) -> tuple[bytes, bytes]:
    """Where the command ends and the answer begins."""
    if len(octets) == 6:  # a command of four octets
        return octets[:4], octets[4:]
    head, size = octets[:5], octets[4]
    incoming = octets[1] not in _OUT or (octets[1] == 0xF2 and len(octets) == 7 and not size)
    if incoming and len(octets) >= 5 + size + 2 and size:
        return octets[: 5 + size], octets[5 + size :]
    if incoming and not size and len(octets) == 7:
        return octets[:4], octets[5:]
    return head, octets[5:]


def explained(trace: Iterable[tuple[bytes, bytes]], card: Usim | None = None) -> Log:
    """The exchanges, as a card of ours would understand them: its files give the names, the trace gives the answers.

    ``card`` is one that resembles that of the trace; the example card when none is given.  What it does not have stays
    without a name.
    """
    shadow, log, number = card or Usim.example(), Log(), 0
    for apdu, answer in trace:
        if not apdu:
            shadow.reset()
            continue
        before, number = shadow.state, number + 1
        shadow.transmit(apdu)
        log.add(Exchange(number, apdu, answer, before, shadow.state))
    return log
