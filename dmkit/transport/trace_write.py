"""A transcript written as a trace in each form that is read: for exchange with other tools, and as examples.

>>> from dmkit.views.transcript import Line, Transcript
>>> from dmkit.words.model import Packet
>>> said = Transcript((Line(1, "client", Packet("http://s/dm", b"<SyncML/>", "application/vnd.syncml.dm+xml"), 0.0),))
>>> write_trace(said, "http").splitlines()[0], write_trace(said, "pcap")[:4].hex()
(b'POST /dm HTTP/1.1', 'd4c3b2a1')

Formats: libpcap 2.4, pcapng 1.0, HAR 1.2, RFC 9112.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote, urlsplit

from dmkit.transport.har import write_har
from dmkit.transport.pcap import http_request, http_response, pcap
from dmkit.transport.trace import write_log_line
from dmkit.transport.tshark import Captured
from dmkit.views.transcript import Line, Transcript
from dmkit.wire.pieces import without_comments
from dmkit.words.errors import ConfigError

__all__ = ["WRITERS", "write_trace"]


def write_trace(talk: Transcript, form: str) -> bytes:
    """``talk`` as a trace of this ``form``, a key of ``WRITERS``; secrets stay in all but ``log``.

    ConfigError for another form.
    """
    if form not in WRITERS:
        raise ConfigError(f"{form!r} is no form of a trace that is written; there are {', '.join(WRITERS)}")
    return WRITERS[form](talk)


def _host_and_path(address: str) -> tuple[str, str]:
    """What a request to ``address`` names; usual names where a peer gave out what is no address.

    >>> _host_and_path("http://dm.example/a b"), _host_and_path("http://[::1/")
    (('dm.example', '/a%20b'), ('server.example', '/dm'))
    """
    try:
        place = urlsplit(address)
    except ValueError:
        return "server.example", "/dm"
    host = place.netloc.encode("ascii", "ignore").decode()
    return host or "server.example", quote(place.path, safe="/%:=&~!$'()*+,;@") or "/dm"


def _http_of(line: Line) -> tuple[bool, bytes]:
    packet = line.packet
    if line.sender == "client":
        host, path = _host_and_path(packet.to)
        return True, http_request(packet.body, packet.media_type, host=host, path=path)
    return False, http_response(packet.body, packet.media_type)


def _pcap(talk: Transcript) -> bytes:
    return pcap(map(_http_of, talk))


def _pcapng(talk: Transcript) -> bytes:
    """The frames of the pcap in blocks: a section, an interface, a packet each."""
    data = _pcap(talk)

    def block(kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        size = 12 + len(body)
        return struct.pack("<II", kind, size) + body + struct.pack("<I", size)

    out = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)), block(1, struct.pack("<HHI", 1, 0, 0x40000))]
    p = 24
    while p < len(data):
        seconds, micros, kept, size = struct.unpack_from("<IIII", data, p)
        at = seconds * 1_000_000 + micros
        frame = data[p + 16 : p + 16 + kept]
        out.append(block(6, struct.pack("<IIIII", 0, at >> 32, at & 0xFFFFFFFF, kept, size) + frame))
        p += 16 + kept
    return b"".join(out)


def _har(talk: Transcript) -> bytes:
    return write_har(
        Captured(line.sender, line.packet.media_type, line.packet.headers, line.at, line.packet.body, line.packet.to)
        for line in talk
    )


def _http(talk: Transcript) -> bytes:
    return b"".join(octets for _, octets in map(_http_of, talk))


def _log(talk: Transcript) -> bytes:
    lines = (
        write_log_line(line.at or 0.0, line.message.header.session_id if line.message else "", line.sender, line.packet)
        for line in talk
    )
    return ("\n".join(lines) + "\n").encode()


def _messages(talk: Transcript) -> bytes:
    return b"".join(line.packet.body for line in talk)


def _viewer(talk: Transcript) -> bytes:
    """As viewers of management messages save them: each message under a comment that says when, XML only."""
    found = []
    for line in talk:
        if line.encoding != "xml":
            raise ConfigError("a viewer shows XML; write the session in XML, or in another form")
        way = "to the server" if line.sender == "client" else "to the device"
        found.append(
            f"<!-- {line.at or 0.0:.3f} s, {way} -->\n".encode() + without_comments(line.packet.body) + b"\n\n"
        )
    return b"".join(found)


WRITERS: Final[Mapping[str, Callable[[Transcript], bytes]]] = {
    "pcap": _pcap, "pcapng": _pcapng, "har": _har, "http": _http, "log": _log, "messages": _messages, "viewer": _viewer,
}  # fmt: skip
"""Form -> what writes it."""
