"""An HTTP conversation as a capture file that Wireshark and tshark open.

Pure function: octets in, octets out.  Each HTTP message becomes TCP segments between two made-up
addresses, with right sequence numbers and checksums, after a handshake.

>>> capture = pcap([(True, b"POST /dm HTTP/1.1\\r\\nContent-Length: 0\\r\\n\\r\\n")])
>>> capture[:4].hex(), len(capture)
('d4c3b2a1', 344)

Format: libpcap 2.4, Ethernet, IPv4, TCP.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final

__all__ = ["http_request", "http_response", "pcap", "pcap_datagrams"]

_CLIENT: Final = (bytes.fromhex("020000000001"), bytes((192, 0, 2, 1)), 49152)
_SERVER: Final = (bytes.fromhex("020000000002"), bytes((192, 0, 2, 2)), 80)
_SEGMENT: Final = 1400
_SYN, _ACK, _PUSH = 0x02, 0x10, 0x08


def http_request(body: bytes, media_type: str, *, host: str = "server.example", path: str = "/dm") -> bytes:
    """A POST that carries ``body``."""
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def http_response(body: bytes, media_type: str) -> bytes:
    """A 200 answer that carries ``body``."""
    return f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def pcap(messages: Iterable[tuple[bool, bytes]], *, interval: float = 0.1) -> bytes:
    """A capture of ``messages``: pairs of "from client to server" and the octets of one HTTP message.

    Packets are ``interval`` seconds apart, from the beginning of time.
    """
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 0x40000, 1)]
    sent = {True: 1000, False: 5000}
    count = 0

    def packet(to_server: bool, flags: int, payload: bytes = b"") -> None:
        nonlocal count
        frame = _frame(to_server, sent[to_server], sent[not to_server] if flags & _ACK else 0, flags, payload, count)
        micros = int(count * interval * 1_000_000)
        out.append(struct.pack("<IIII", micros // 1_000_000, micros % 1_000_000, len(frame), len(frame)) + frame)
        sent[to_server] += len(payload) + (1 if flags & _SYN else 0)
        count += 1

    packet(True, _SYN)
    packet(False, _SYN | _ACK)
    packet(True, _ACK)
    for to_server, octets in messages:
        for start in range(0, len(octets), _SEGMENT):
            last = start + _SEGMENT >= len(octets)
            packet(to_server, _ACK | (_PUSH if last else 0), octets[start : start + _SEGMENT])
    return b"".join(out)


def pcap_datagrams(units: Iterable[bytes], *, port: int = 2948, interval: float = 0.1) -> bytes:
    r"""A capture of pushes: each unit in a UDP datagram from the server to ``port`` of the device.

    >>> pcap_datagrams([b"\x01\x06\x01\xc4"])[-4:].hex()
    '010601c4'
    """
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 0x40000, 1)]
    for count, unit in enumerate(units):
        (mac, address, _), (other_mac, other, _) = _CLIENT, _SERVER
        udp = struct.pack(">HHHH", 49154, port, 8 + len(unit), 0)
        pseudo = other + address + struct.pack(">BBH", 0, 17, len(udp) + len(unit))
        udp = udp[:6] + struct.pack(">H", _sum(pseudo + udp + unit) or 0xFFFF)
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28 + len(unit), count & 0xFFFF, 0x4000, 64, 17, 0, other, address)
        frame = mac + other_mac + b"\x08\0" + ip[:10] + struct.pack(">H", _sum(ip)) + ip[12:] + udp + unit
        micros = int(count * interval * 1_000_000)
        out.append(struct.pack("<IIII", micros // 1_000_000, micros % 1_000_000, len(frame), len(frame)) + frame)
    return b"".join(out)


def _sum(octets: bytes) -> int:
    """The Internet checksum."""
    octets += b"\0" * (len(octets) % 2)
    total: int = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _frame(to_server: bool, seq: int, ack: int, flags: int, payload: bytes, number: int) -> bytes:
    """One Ethernet frame with one TCP segment."""
    (mac, address, port), (other_mac, other, other_port) = (_CLIENT, _SERVER) if to_server else (_SERVER, _CLIENT)
    tcp = struct.pack(">HHIIBBHHH", port, other_port, seq, ack, 5 << 4, flags, 65535, 0, 0)
    pseudo = address + other + struct.pack(">BBH", 0, 6, len(tcp) + len(payload))
    tcp = tcp[:16] + struct.pack(">H", _sum(pseudo + tcp + payload)) + tcp[18:]
    ip = struct.pack(
        ">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp) + len(payload), number & 0xFFFF, 0x4000, 64, 6, 0, address, other
    )
    ip = ip[:10] + struct.pack(">H", _sum(ip)) + ip[12:]
    return other_mac + mac + b"\x08\0" + ip + tcp + payload
