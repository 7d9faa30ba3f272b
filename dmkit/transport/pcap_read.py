"""HTTP messages out of a capture file: pcap or pcapng, TCP put together again, both directions.

A small reader for where tshark is not: Ethernet (VLAN too), Linux cooked, loopback and raw IP; IPv4 and IPv6.
Segments may come late, twice or overlapping; where octets are missing the stream ends.  TLS stays closed.

>>> from dmkit.transport.pcap import http_request, pcap
>>> [said.message.body for said in captured(pcap([(True, http_request(b"<a/>", "text/xml"))]))]
[b'<a/>']

Formats: libpcap 2.4, pcapng 1.0, RFC 9293.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import field
from operator import itemgetter
from typing import Final, NamedTuple

from dmkit.transport.http_stream import HttpMessage, http_messages
from dmkit.words.errors import CodecError
from dmkit.words.records import dataclass

__all__ = ["Exchanged", "captured", "frames", "is_capture"]

_PCAP: Final = {
    b"\xa1\xb2\xc3\xd4": (">", 1e-6), b"\xd4\xc3\xb2\xa1": ("<", 1e-6),
    b"\xa1\xb2\x3c\x4d": (">", 1e-9), b"\x4d\x3c\xb2\xa1": ("<", 1e-9),
}  # fmt: skip
"""First octets of a pcap file: byte order, seconds in a unit of its fractions."""
_PCAPNG: Final = b"\x0a\x0d\x0d\x0a"
_SKIP: Final = {0: 4, 1: 14, 101: 0, 108: 4, 113: 16, 12: 0, 228: 0, 229: 0, 276: 20}
"""Octets before the IP header, by link type; Ethernet and cooked ones say what follows."""
_SYN: Final = 0x02
_MAX_FRAME: Final = 1 << 18


class Exchanged(NamedTuple):
    """An HTTP message of a capture: when its first octet came, and the addresses that it went between."""

    at: float
    source: str
    destination: str
    message: HttpMessage


def is_capture(data: bytes) -> bool:
    """Whether ``data`` begins as a pcap or pcapng file does."""
    return data[:4] in _PCAP or data[:4] == _PCAPNG


def frames(data: bytes) -> Iterator[tuple[float, int, bytes]]:
    """Time in seconds, link type and octets of every frame; CodecError for what is no capture file.

    A file that ends inside a frame gives the frames before it.
    """
    if data[:4] in _PCAP:
        order, unit = _PCAP[data[:4]]
        yield from _pcap(data, order, unit)
    elif data[:4] == _PCAPNG:
        yield from _pcapng(data)
    else:
        raise CodecError("neither pcap nor pcapng", offset=0)


def _pcap(data: bytes, order: str, unit: float) -> Iterator[tuple[float, int, bytes]]:
    if len(data) < 24:
        raise CodecError("the header of the capture is cut", offset=len(data))
    link = int(struct.unpack_from(order + "I", data, 20)[0]) & 0x0FFFFFFF
    p = 24
    while p + 16 <= len(data):
        seconds, part, kept, _ = struct.unpack_from(order + "IIII", data, p)
        if kept > _MAX_FRAME or p + 16 + kept > len(data):
            return
        yield seconds + part * unit, link, data[p + 16 : p + 16 + kept]
        p += 16 + kept


class _Interface(NamedTuple):
    """What an interface description says: link type, octets kept of a packet (0: all), unit and offset in seconds."""

    link: int
    kept: int
    unit: float
    offset: int


def _pcapng(data: bytes) -> Iterator[tuple[float, int, bytes]]:
    p, order = 0, "<"
    interfaces: list[_Interface] = []
    while p + 12 <= len(data):
        if data[p : p + 4] == _PCAPNG:
            order = "<" if data[p + 8 : p + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            interfaces = []
        kind, length = struct.unpack_from(order + "II", data, p)
        if length < 12 or length % 4 or p + length > len(data):
            return
        body = data[p + 8 : p + length - 4]
        if kind == 1 and len(body) >= 8:
            interfaces.append(_interface(body, order))
        elif kind == 6 and len(body) >= 20:
            number, high, low, kept = struct.unpack_from(order + "IIII", body)
            if number < len(interfaces) and kept <= len(body) - 20:
                interface = interfaces[number]
                yield (high << 32 | low) * interface.unit + interface.offset, interface.link, body[20 : 20 + kept]
        elif kind == 3 and len(body) >= 4 and interfaces:
            kept = min(struct.unpack_from(order + "I", body)[0], len(body) - 4, interfaces[0].kept or len(body))
            yield 0.0, interfaces[0].link, body[4 : 4 + kept]
        p += length


def _interface(body: bytes, order: str) -> _Interface:
    """The interface, and of its options the unit of time (9, else microseconds) and the offset (14, else none)."""
    link, _, kept = struct.unpack_from(order + "HHI", body)
    unit, offset, p = 1e-6, 0, 8
    while p + 4 <= len(body):
        code, length = struct.unpack_from(order + "HH", body, p)
        if code == 0:
            break
        if code == 9 and length == 1 and p + 4 < len(body):
            value = body[p + 4]
            unit = float(2.0 ** -(value & 0x7F)) if value & 0x80 else float(10.0**-value)
        elif code == 14 and length == 8 and p + 12 <= len(body):
            offset = struct.unpack_from(order + "q", body, p + 4)[0]
        p += 4 + length + (-length % 4)
    return _Interface(link, kept, unit, offset)


class _Segment(NamedTuple):
    at: float
    source: tuple[bytes, int]
    destination: tuple[bytes, int]
    sequence: int
    flags: int
    data: bytes


def _segment(at: float, link: int, frame: bytes) -> _Segment | None:
    """The TCP segment in a frame; None when it holds something else."""
    skip = _SKIP.get(link)
    if skip is None or len(frame) < skip + 20:
        return None
    if link == 1:
        while frame[skip - 2 : skip] in (b"\x81\x00", b"\x88\xa8"):
            skip += 4
    ip = frame[skip:]
    if not ip:
        return None
    if ip[0] >> 4 == 4 and len(ip) >= 20:
        head, size, protocol = (ip[0] & 15) * 4, int.from_bytes(ip[2:4], "big"), ip[9]
        if int.from_bytes(ip[6:8], "big") & 0x3FFF:  # a fragment
            return None
        source, destination = ip[12:16], ip[16:20]
        end = size or len(ip)
    elif ip[0] >> 4 == 6 and len(ip) >= 40:
        head, protocol, end = 40, ip[6], 40 + int.from_bytes(ip[4:6], "big")
        source, destination = ip[8:24], ip[24:40]
        while protocol in (0, 43, 60) and head + 2 <= len(ip):
            protocol, head = ip[head], head + 8 * (ip[head + 1] + 1)
    else:
        return None
    tcp = ip[head:end]
    if protocol != 6 or len(tcp) < 20:
        return None
    ports = int.from_bytes(tcp[:2], "big"), int.from_bytes(tcp[2:4], "big")
    payload = tcp[(tcp[12] >> 4) * 4 :]
    return _Segment(at, (source, ports[0]), (destination, ports[1]), int.from_bytes(tcp[4:8], "big"), tcp[13], payload)


@dataclass
class _Stream:
    """One direction of one connection; offsets of segments count from ``base``; the first octet came ``before`` it."""

    source: tuple[bytes, int]
    destination: tuple[bytes, int]
    base: int
    began: bool = False
    before: int = 0
    segments: list[tuple[int, float, bytes]] = field(default_factory=list)

    def joined(self) -> tuple[bytes, list[tuple[int, float]]]:
        """The octets up to the first gap, and when the octet at each place came."""
        out = bytearray()
        times: list[tuple[int, float]] = []
        for place, at, data in sorted(self.segments):
            offset = place + self.before
            if offset > len(out):
                break
            fresh = data[len(out) - offset :]
            if fresh:
                times.append((len(out), at))
                out += fresh
        return bytes(out), times


def _streams(data: bytes) -> list[_Stream]:
    found: list[_Stream] = []
    open_now: dict[tuple[tuple[bytes, int], tuple[bytes, int]], _Stream] = {}
    for at, link, frame in frames(data):
        segment = _segment(at, link, frame)
        if segment is None:
            continue
        key = (segment.source, segment.destination)
        stream = open_now.get(key)
        first = segment.sequence + (1 if segment.flags & _SYN else 0)
        if stream is None or (segment.flags & _SYN and (first - stream.base + stream.before) & 0xFFFFFFFF):
            stream = open_now[key] = _Stream(*key, first, bool(segment.flags & _SYN))
            found.append(stream)
        offset = (first - stream.base + stream.before) & 0xFFFFFFFF
        if offset >= 1 << 31:  # before what was seen first: a capture that began late, or sent again
            if stream.began:
                continue
            stream.before += (1 << 32) - offset
            offset = 0
        if segment.data:
            stream.segments.append((offset - stream.before, segment.at, segment.data))
    return found


def _time(times: list[tuple[int, float]], place: int) -> float:
    at = bisect_right(times, place, key=itemgetter(0))
    return times[at - 1][1] if at else 0.0


def _name(end: tuple[bytes, int]) -> str:
    address, port = end
    if len(address) == 4:
        return f"{'.'.join(map(str, address))}:{port}"
    return f"[{':'.join(address[n : n + 2].hex() for n in range(0, 16, 2))}]:{port}"


def captured(data: bytes) -> list[Exchanged]:
    """Every HTTP message of a capture file, in the order of time; CodecError when it is no such file."""
    found: list[Exchanged] = []
    for stream in _streams(data):
        octets, times = stream.joined()
        for message in http_messages(octets):
            at = _time(times, message.at)
            found.append(Exchanged(at, _name(stream.source), _name(stream.destination), message))
    return sorted(found, key=lambda value: (value.at, not value.message.is_request))
