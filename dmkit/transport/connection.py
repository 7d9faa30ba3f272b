"""One connection of a device: a usual request is read here and answered at once, every other by the HTTP library.

Almost all requests look alike: POST, one Content-Length, a media type of DM, no query.  ``Lane`` knows that form by one
expression and answers it without a task, a router or a response object.  The first request that is not of this form
goes to the library, and with it all that come later on its connection: its rules hold wherever there is a doubt.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from time import time
from typing import Any, Final, NamedTuple

from dmkit.transport.answering import KINDS, MAC_HEADER, Answering, ServedAnswer
from dmkit.transport.half_open import HalfOpen
from dmkit.words.model import Packet

__all__ = ["IDLE", "Lane", "ServedConnection"]

IDLE: Final = 75.0
"""Seconds after which a connection without a request is closed."""
_HEAD: Final = re.compile(rb"POST (/[!-~]*) HTTP/1\.1\r\n((?:[A-Za-z0-9-]+:[\t -~]*\r\n)+)\r\n")
_LONGEST_HEAD: Final = 8190
_KEPT_HEAD: Final = 1024
_KEPT_HEADS: Final = 512
_HOST: Final = re.compile(rb"[a-z0-9.-]+(?::(?!80$|443$|0)[0-9]{1,5})?")
_USED: Final = re.compile(
    rb"(?:^|\n)(host|content-length|content-type|connection|x-syncml-hmac"
    rb"|transfer-encoding|expect|upgrade|content-encoding|trailer|te):[\t ]*([^\r]*)",
    re.IGNORECASE,
)
_LIBRARY: Final = frozenset({b"transfer-encoding", b"expect", b"upgrade", b"content-encoding", b"trailer", b"te"})
_MAC: Final = MAC_HEADER.encode()
_KINDS: Final = frozenset({*KINDS, ""})
_PHRASES: Final = {int(status): status.phrase for status in HTTPStatus}


class _Head(NamedTuple):
    """What the head of a usual request says: where it goes, media type, MAC, and octets of the body."""

    to: str
    kind: str
    mac: str
    length: int


class Lane:
    """Usual requests to ``path``, or below it to the address of one session, for ``answering``.

    >>> from dmkit.transport.answering import ServerLimits
    >>> lane = Lane("/dm", Answering(None, limits=ServerLimits(), clock=lambda: 0.0), token="~")
    >>> octets = b"POST /dm HTTP/1.1\\r\\nHost: a:8080\\r\\nContent-Length: 2\\r\\n\\r\\nhi"
    >>> lane.read(octets, "http")
    (Packet(to='http://a:8080/dm', body=b'hi', media_type='', headers={}), 0)
    >>> lane.read(octets[:-1], "http"), lane.read(octets.replace(b"POST", b"PUT"), "http")
    ((None, 56), None)
    """

    def __init__(self, path: str, answering: Answering, *, token: str) -> None:
        below = re.escape(path.rstrip("/").encode()) + b"/" + re.escape(token.encode()) + b"[A-Za-z0-9_-]{16,64}"
        self._own = path.encode()
        self._path = re.compile(re.escape(path.encode()) + b"|" + below)
        self.answering = answering
        self._date = (0, b"")
        self._heads: dict[bytes, _Head] = {}

    def read(self, data: bytes, scheme: str) -> tuple[Packet | None, int] | None:
        """The packet of a usual request; None and how many octets the whole has while some are to come; or nothing."""
        start = data.find(b"\r\n\r\n") + 4
        octets = data[:start]
        head = self._heads.get(octets) or self._head(octets)
        if head is None:
            return None
        end = start + head.length
        if head.length > self.answering.limits.request or len(data) > end:
            return None
        if len(data) < end:
            return None, end
        headers = {MAC_HEADER: head.mac} if head.mac else {}
        return Packet(f"{scheme}://{head.to}", data[start:], head.kind, headers), 0

    def _head(self, octets: bytes) -> _Head | None:
        """What a usual head says; devices repeat theirs, so those without a MAC are remembered."""
        found = _HEAD.fullmatch(octets)
        if found is None or len(octets) > _LONGEST_HEAD:
            return None
        path, lines = found.groups()
        pairs = _USED.findall(lines)
        headers = {name.lower(): value.rstrip(b"\t ") for name, value in pairs}
        if len(headers) != len(pairs) or not headers.keys().isdisjoint(_LIBRARY):
            return None
        length, host = headers.get(b"content-length", b""), headers.get(b"host", b"")
        kind = headers.get(b"content-type", b"").decode("ascii")
        if (
            not (length.isdigit() and len(length) < 10)
            or headers.get(b"connection", b"keep-alive").lower() != b"keep-alive"
            or not self._path.fullmatch(path)
            or not _HOST.fullmatch(host)
            or (kind not in _KINDS and kind.partition(";")[0].strip().lower() not in KINDS)
        ):
            return None
        mac = headers.get(_MAC, b"").decode("ascii")
        head = _Head(f"{host.decode('ascii')}{path.decode('ascii')}", kind, mac, int(length))
        if not mac and len(octets) <= _KEPT_HEAD and path == self._own:
            if len(self._heads) >= _KEPT_HEADS:
                self._heads.clear()
            self._heads[octets] = head
        return head

    def write(self, answer: ServedAnswer) -> bytes:
        """The octets of a response."""
        now = int(time())
        if now != self._date[0]:
            self._date = (now, f"Date: {formatdate(now, usegmt=True)}\r\nServer: dmkit\r\n\r\n".encode())
        lines = "".join([f"{name}: {value}\r\n" for name, value in answer.headers.items()])
        head = f"HTTP/1.1 {answer.status} {_PHRASES[answer.status]}\r\n{lines}Content-Length: {len(answer.body)}\r\n"
        return head.encode("latin-1", "replace") + self._date[1] + answer.body


class ServedConnection(asyncio.Protocol):
    """Stands before the HTTP library on one connection; ``library`` makes its protocol when it is needed."""

    def __init__(self, limits: HalfOpen, lane: Lane | None, library: Callable[[], asyncio.Protocol]) -> None:
        self.limits = limits
        self.lane = lane
        self.library = library
        self.inner: asyncio.Protocol | None = None
        self.peer = ""
        self.scheme = "http"
        self.transport: asyncio.Transport | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.idle: asyncio.TimerHandle | None = None
        self.last = 0.0
        self.half_open = self.refused = False
        self.answers = False
        self.held: bytes | bytearray = b""
        self.wanted = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it; one too many is closed at once."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        name: Any = transport.get_extra_info("peername")
        self.peer = str(name[0]) if isinstance(name, tuple) and name else ""
        if self.limits.full(self.peer):
            self.refused = True
            transport.abort()
            return
        self.scheme = "http" if transport.get_extra_info("sslcontext") is None else "https"
        self.limits.connections.add(self)
        self.waits()
        if self.lane is None:
            self._hand_over(b"")

    def waits(self) -> None:
        """A request is to come."""
        if not self.half_open and self.transport is not None:
            self.half_open = True
            self.timer = self.limits.enters(self.peer, self, self.transport.abort)

    def spoke(self) -> None:
        """A whole request has come."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        self.half_open = False
        self.limits.leaves(self.peer, self)

    def data_received(self, data: bytes) -> None:
        """Octets begin the next request, or go on with this one."""
        if self.refused:
            return
        if self.inner is not None:
            self.waits()
            self.inner.data_received(data)
        elif self.answers:
            self._hold(data)
        elif not self.held:
            self._read(data)
        else:  # however small the pieces are that it comes in, a request is looked at when it is whole
            self.held += data
            if len(self.held) >= self.wanted:
                self._read(bytes(self.held))

    def _read(self, data: bytes) -> None:
        assert self.lane is not None and self.transport is not None
        found = self.lane.read(data, self.scheme)
        if found is None:
            self._hand_over(data)
            return
        packet, self.wanted = found
        if packet is None:
            self.held = bytearray(data)
            self.waits()
            return
        self.held = b""
        if self.half_open:
            self.spoke()
        self.answers = True
        self.lane.answering.hand(packet, self.peer, self._answer)

    def _hold(self, data: bytes) -> None:
        """More came before its answer: whoever sends ahead waits."""
        self.held += data
        if self.transport is not None and len(self.held) > _LONGEST_HEAD:
            self.transport.pause_reading()

    def _answer(self, answer: ServedAnswer | None) -> None:
        transport, self.answers = self.transport, False
        if transport is None or transport.is_closing() or self.lane is None:
            return
        if answer is None:
            transport.write(self.lane.write(ServedAnswer(500, {"Connection": "close"}, b"500 Internal Server Error\n")))
            transport.close()
            return
        transport.write(self.lane.write(answer))
        self.last = asyncio.get_running_loop().time()
        if self.idle is None:
            self._look()
        if self.held:
            data, self.held = bytes(self.held), b""
            transport.resume_reading()
            self._read(data)

    def _look(self) -> None:
        """Close a connection on which nothing was said for long."""
        loop = asyncio.get_running_loop()
        over = self.last + IDLE - loop.time()
        if over <= 0 and self.transport is not None and not self.half_open and not self.answers:
            self.transport.close()
        else:
            self.idle = loop.call_later(max(over, 1.0), self._look)

    def _hand_over(self, data: bytes) -> None:
        """From here on the library reads."""
        assert self.transport is not None
        self.lane, self.held = None, b""
        if self.idle is not None:
            self.idle.cancel()
            self.idle = None
        self.inner = self.library()
        self.inner.connection_made(self.transport)
        if data:
            self.waits()
            self.inner.data_received(data)

    def eof_received(self) -> bool | None:
        """The peer says no more."""
        return None if self.refused or self.inner is None else self.inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self.spoke()
        self.limits.connections.discard(self)
        if self.idle is not None:
            self.idle.cancel()
        if self.inner is not None:
            self.inner.connection_lost(exc)
        self.transport = None

    def pause_writing(self) -> None:
        """The peer does not read its answers: nor is it heard."""
        if self.inner is not None:
            self.inner.pause_writing()
        elif self.transport is not None:
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        """It reads again."""
        if self.inner is not None:
            self.inner.resume_writing()
        elif self.transport is not None:
            self.transport.resume_reading()
