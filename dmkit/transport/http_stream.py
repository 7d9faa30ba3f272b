r"""HTTP messages out of octets as they went over a connection: one direction, or both one after another.

>>> data = b"POST /dm HTTP/1.1\r\nContent-Length: 4\r\n\r\n<a/>HTTP/1.1 204 No Content\r\n\r\n"
>>> [(said.is_request, said.start, said.body) for said in http_messages(data)]
[(True, 'POST /dm HTTP/1.1', b'<a/>'), (False, 'HTTP/1.1 204 No Content', b'')]

Format: RFC 9112.  Files that lost their carriage returns are read too.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from typing import Final

from dmkit.words.records import dataclass

__all__ = ["START", "HttpMessage", "http_messages", "is_http"]

START: Final = re.compile(rb"(?:(?:GET|POST|PUT|HEAD|OPTIONS|DELETE|PATCH|CONNECT|TRACE) \S{1,4000} HTTP/1\.[01]|"
                          rb"HTTP/1\.[01] \d{3}[^\r\n]{0,400})\r?\n")  # fmt: skip
_HEADER: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}):[ \t]*+([^\r\n]*)\r?\n")
_MAX_BODY: Final = 64 << 20
_NOTHING: Final = re.compile(rb"\s*+\Z")
_NO_BODY: Final = re.compile(r"HTTP/1\.[01] (1\d\d|204|304)")


@dataclass(frozen=True, slots=True)
class HttpMessage:
    """A request or a response: its first line, its headers (names in lower case), its body, decompressed.

    ``at`` is where it began in the octets, ``whole`` whether all of the body is there.
    """

    start: str
    headers: Mapping[str, str]
    body: bytes
    at: int
    whole: bool = True

    @property
    def is_request(self) -> bool:
        """True for what a client sent."""
        return not self.start.startswith("HTTP/")

    @property
    def target(self) -> str:
        """Where a request went: host and path, as far as it says."""
        path = self.start.split(" ")[1] if self.is_request else ""
        host = self.headers.get("host", "")
        return path if "://" in path or not host else f"http://{host}{path}"


def is_http(data: bytes) -> bool:
    """Whether ``data`` begins with an HTTP message."""
    return START.match(data.lstrip(b"\r\n")[:5000]) is not None


def http_messages(data: bytes) -> Iterator[HttpMessage]:
    """Every HTTP message in ``data``, in order; octets that are none are passed over."""
    at = 0
    while True:
        begins = START.search(data, at)
        if begins is None:
            return
        headers: dict[str, str] = {}
        p = begins.end()
        while (line := _HEADER.match(data, p)) is not None:
            headers.setdefault(line[1].decode("latin-1").lower(), line[2].decode("latin-1").strip())
            p = line.end()
        for blank in (b"\r\n", b"\n"):
            if data.startswith(blank, p):
                p += len(blank)
                break
        start = begins[0].decode("latin-1").strip()
        body, end, whole = _body(data, p, start, headers)
        yield HttpMessage(start, headers, _plain(body, headers), begins.start(), whole)
        at = max(end, begins.end())


def _body(data: bytes, p: int, start: str, headers: Mapping[str, str]) -> tuple[bytes, int, bool]:
    """The body that begins at ``p``, where it ends, whether it is all there."""
    if _NO_BODY.match(start):
        return b"", p, True
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return _chunks(data, p)
    value = headers.get("content-length", "")
    if value.isascii() and value.isdigit() and len(value) < 12:
        end = p + int(value)
        if end <= len(data) and (end == len(data) or START.match(data, end) or _NOTHING.match(data, end)):
            return data[p:end], end, True
        again = START.search(data, p)  # line ends were changed, or octets are missing: up to the next message
        if again is not None and not (end <= len(data) and START.search(data, end, end + 8)):
            return data[p : again.start()].rstrip(b"\r\n"), again.start(), False
        return data[p:end], min(end, len(data)), end <= len(data)
    if not start.startswith("HTTP/"):
        return b"", p, True
    again = START.search(data, p)
    end = again.start() if again is not None else len(data)
    return data[p:end], end, True


def _chunks(data: bytes, p: int) -> tuple[bytes, int, bool]:
    out: list[bytes] = []
    while True:
        end = data.find(b"\n", p, p + 2000)
        digits = data[p:end].partition(b";")[0].strip() if end >= 0 else b""
        if not digits or len(digits) > 8 or not re.fullmatch(rb"[0-9A-Fa-f]+", digits):
            return b"".join(out), p, False
        size = int(digits, 16)
        p = end + 1
        if size == 0:
            while (trailer := _HEADER.match(data, p)) is not None:
                p = trailer.end()
            return (
                b"".join(out),
                p + (2 if data.startswith(b"\r\n", p) else 1 if data.startswith(b"\n", p) else 0),
                True,
            )
        out.append(data[p : p + size])
        if p + size > len(data):
            return b"".join(out), len(data), False
        p += size
        p += 2 if data.startswith(b"\r\n", p) else 1 if data.startswith(b"\n", p) else 0


def _plain(body: bytes, headers: Mapping[str, str]) -> bytes:
    """``body`` without its compression; as it is when it cannot be undone."""
    coding = headers.get("content-encoding", "").lower()
    if coding not in ("gzip", "x-gzip", "deflate") or not body:
        return body
    for bits in (47, -15):
        try:
            return zlib.decompressobj(bits).decompress(body, _MAX_BODY)
        except zlib.error:
            continue
    return body
