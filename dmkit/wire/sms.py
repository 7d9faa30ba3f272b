"""A datagram in short messages: ports and concatenation in the user data header, cut and put together.

One message has 140 octets of user data; ports take seven, concatenation five more of each part.
[DMNOTI §7.1; user data header of TS 23.040]

>>> first, second = split(bytes(150), reference=7)
>>> first.hex(" ")[:35]
'0b 05 04 0b 84 c0 02 00 03 07 02 01'
>>> state, datagram, why = Reassembly().take(second)
>>> why
'1 of 2 parts are here'
>>> state.take(first)[1].data == bytes(150)
True
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError
from dmkit.words.ranges import Count, Port, Seconds
from dmkit.words.records import dataclass

__all__ = ["ANY_PORT", "PUSH_PORT", "USER_DATA", "Datagram", "Reassembly", "SmsPart", "count", "parse", "split"]

USER_DATA: Final = 140
"""Octets of user data in one message, header included."""
PUSH_PORT: Final = 2948
"""Where connectionless, non-secure pushes go.  [DMNOTI §7.1]"""
ANY_PORT: Final = 49154
"""A port to send from; any will do."""
_PORTS: Final = 0x05
_CONCAT_8: Final = 0x00
_CONCAT_16: Final = 0x08


@checked
@dataclass(frozen=True, slots=True)
class Datagram:
    """Octets for a port; ``sender`` is whatever names the other end, a phone number say."""

    data: bytes
    """What is carried."""
    port: Port = PUSH_PORT
    """Where it goes."""
    source: Port = ANY_PORT
    """Where it comes from."""
    sender: str = ""


@dataclass(frozen=True, slots=True)
class SmsPart:
    """One message's share of a datagram: part ``number`` of ``total``, from 1; ``reference`` joins them.

    ``wide`` says that the reference has 16 bits: it is another than one of 8 bits with the same number.  ``addressed``
    says that the part names ports; only one part of a datagram needs to.
    """

    datagram: Datagram
    reference: int = 0
    total: int = 1
    number: int = 1
    wide: bool = False
    addressed: bool = True


def _head(port: int, source: int, wide: bool, total: int) -> int:
    return 1 + 6 + (0 if total == 1 else 6 if wide else 5)


@asked
def count(size: int, *, wide: bool = False) -> int:
    """How many messages a datagram of ``size`` octets takes; ``wide`` references need an octet more.

    >>> count(133), count(134), count(256), count(257)
    (1, 2, 2, 3)
    """
    if size <= USER_DATA - 7:
        return 1
    room = USER_DATA - (13 if wide else 12)
    return -(-size // room)


@asked
def split(
    data: bytes, *, port: int = PUSH_PORT, source: int = ANY_PORT, reference: int = 0, wide: bool = False
) -> tuple[bytes, ...]:
    """The user data of each message; CodecError when more than 255 are needed."""
    total = count(len(data), wide=wide)
    if total > 255:
        raise CodecError(
            f"{many(len(data), 'octet needs', 'octets need')} {many(total, 'message')}; at most 255 can be joined"
        )
    if not 0 <= reference < 1 << (16 if wide else 8):
        raise CodecError(f"reference {reference}: it has {many(16 if wide else 8, 'bit')}")
    if not (0 <= port < 1 << 16 and 0 <= source < 1 << 16):
        raise CodecError(f"ports {port} and {source}: a port is 0 to 65535")
    ports = bytes((_PORTS, 4)) + port.to_bytes(2, "big") + source.to_bytes(2, "big")
    room = USER_DATA - _head(port, source, wide, total)
    messages = []
    for number in range(1, total + 1):
        elements = ports
        if total > 1 and wide:
            elements += bytes((_CONCAT_16, 4, reference >> 8 & 0xFF, reference & 0xFF, total, number))
        elif total > 1:
            elements += bytes((_CONCAT_8, 3, reference & 0xFF, total, number))
        messages.append(bytes((len(elements),)) + elements + data[(number - 1) * room : number * room])
    return tuple(messages)


@asked
def parse(user_data: bytes, sender: str = "") -> SmsPart:
    """What one message says.  CodecError: no header, elements that do not fit, no ports in a message by itself.

    A concatenation element with total 0, number 0 or a number above the total is ignored.  [TS 23.040 §9.2.3.24.1]

    >>> parse(bytes.fromhex("0b05040b84c0020003070203")).total
    1
    """
    if not user_data or user_data[0] + 1 > len(user_data):
        raise CodecError("the user data header does not fit the message", offset=0)
    if len(user_data) > USER_DATA:
        raise CodecError(f"user data of {many(len(user_data), 'octet')}; a short message holds {USER_DATA}")
    end, at = user_data[0] + 1, 1
    ports: tuple[int, int] | None = None
    reference, total, number, wide = 0, 1, 1, False
    while at < end:
        if at + 2 > end or at + 2 + user_data[at + 1] > end:
            raise CodecError("an element of the user data header does not fit", offset=at)
        kind, value = user_data[at], user_data[at + 2 : at + 2 + user_data[at + 1]]
        if kind == _PORTS and len(value) == 4:
            ports = int.from_bytes(value[:2], "big"), int.from_bytes(value[2:], "big")
        elif _joins(kind, value):
            reference, total, number = int.from_bytes(value[:-2], "big"), value[-2], value[-1]
            wide = kind == _CONCAT_16
        at += 2 + len(value)
    if ports is None and total == 1:
        raise CodecError("the user data header names no ports", offset=0)
    datagram = Datagram(user_data[end:], *(ports or (0, 0)), sender)
    return SmsPart(datagram, reference, total, number, wide, ports is not None)


def _joins(kind: int, value: bytes) -> bool:
    """Whether an element is one of concatenation that makes sense."""
    size = {_CONCAT_8: 3, _CONCAT_16: 4}.get(kind)
    return len(value) == size and 1 <= value[-1] <= value[-2]


@dataclass(frozen=True, slots=True)
class _Pending:
    key: tuple[str, bool, int, int]
    parts: tuple[tuple[int, bytes], ...]
    since: float
    ports: tuple[int, int] | None = None
    come: int = 0
    """A bit for the number of each part."""


@checked
@dataclass(frozen=True, slots=True)
class Reassembly:
    """Parts that wait for others: a value, replaced by each message.

    ``room`` bounds how many datagrams wait at the same time (the oldest goes), ``patience`` for how many seconds.
    """

    waiting: tuple[_Pending, ...] = ()
    """What has come so far."""
    room: Count = 16
    patience: Seconds = 3600.0

    def take(self, user_data: bytes, sender: str = "", now: float = 0.0) -> tuple[Reassembly, Datagram | None, str]:
        """One message in: the new state, the datagram if it is whole, and a sentence why not.

        Order is free; a part that came before counts once, the first one stays.  Parts of several senders, with
        references of 8 and of 16 bits, or with other ports never join.  CodecError as ``parse``, and when no part of a
        whole datagram names ports.
        """
        part = parse(user_data, sender)
        kept = tuple(pending for pending in self.waiting if now - pending.since < self.patience)
        if part.total == 1:
            return replace(self, waiting=kept), part.datagram, ""
        whole = part.datagram
        key = (sender, part.wide, part.total, part.reference)
        ports = (whole.port, whole.source) if part.addressed else None
        known = next(
            (p for p in kept if p.key == key and (ports is None or p.ports in (None, ports))), _Pending(key, (), now)
        )
        others = tuple(pending for pending in kept if pending is not known)
        if known.come >> part.number & 1:
            return replace(self, waiting=kept), None, f"part {part.number} of {part.total} came before"
        parts, come = (*known.parts, (part.number, whole.data)), known.come | 1 << part.number
        known = replace(known, parts=parts, ports=known.ports or ports, come=come)
        if len(known.parts) == part.total:
            if known.ports is None:
                raise CodecError(f"none of the {many(part.total, 'part')} names ports", offset=0)
            data = b"".join(octets for _, octets in sorted(known.parts))
            return replace(self, waiting=others), Datagram(data, *known.ports, sender), ""
        state = replace(self, waiting=(*others, known)[-self.room :])
        return state, None, f"{len(known.parts)} of {many(part.total, 'part is', 'parts are')} here"
