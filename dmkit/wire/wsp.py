"""WSP push: the connectionless unit in which package 0 and bootstrap documents reach a device.

A unit is a transaction number, the type, a content type with parameters, headers, and the body.  Well-known numbers
are in the tables; what no table has travels as text.  [DMNOTI §7.1; bootstrap sheet §2.3]

>>> unit = encode(WspPush("application/vnd.syncml.notification", b"...", application="x-wap-application:syncml.dm"))
>>> unit.hex(" ")
'01 06 03 c4 af 87 2e 2e 2e'
>>> decode(unit).application
'x-wap-application:syncml.dm'
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dmkit.wire.octets import mb
from dmkit.wire.octets import read_mb as read_number
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError
from dmkit.words.records import dataclass

__all__ = [
    "APPLICATIONS",
    "CONTENT_TYPES",
    "PARAMETERS",
    "PUSH",
    "WspPush",
    "decode",
    "encode",
    "header_size",
    "pieces",
]

PUSH: Final = 0x06
"""Type of a connectionless push."""

CONTENT_TYPES: Final[Mapping[int, str]] = MappingProxyType(
    {
        0x03: "text/plain",
        0x29: "application/vnd.wap.wmlc",
        0x2D: "text/vnd.wap.si",
        0x2E: "application/vnd.wap.sic",
        0x2F: "text/vnd.wap.sl",
        0x30: "application/vnd.wap.slc",
        0x34: "application/vnd.wap.sia",
        0x35: "text/vnd.wap.connectivity-xml",
        0x36: "application/vnd.wap.connectivity-wbxml",
        0x42: "application/vnd.syncml.dm+wbxml",
        0x43: "application/vnd.syncml.dm+xml",
        0x44: "application/vnd.syncml.notification",
        0x4E: "application/vnd.syncml.ds.notification",
        0x58: "application/vnd.syncml.dm.notification",
    }
)
"""Well-known content types that matter here."""

APPLICATIONS: Final[Mapping[int, str]] = MappingProxyType(
    {
        0x02: "x-wap-application:wml.ua",
        0x04: "x-wap-application:mms.ua",
        0x05: "x-wap-application:push.syncml",
        0x07: "x-wap-application:syncml.dm",
    }
)
"""Well-known values of X-WAP-Application-Id."""

APPLICATION_ID: Final = 0x2F
HEADERS: Final[Mapping[int, str]] = MappingProxyType(
    {0x0D: "Content-Length", 0x29: "User-Agent", 0x43: "Encoding-Version"}
)
"""Well-known header names that pushes carry; their values stay octets."""
_HEADER_OF: Final = {name: number for number, name in HEADERS.items()}
PARAMETERS: Final[Mapping[int, str]] = MappingProxyType({0x01: "Charset", 0x11: "SEC", 0x12: "MAC"})
"""Well-known parameters of a content type."""

_TYPE_OF: Final = {name: number for number, name in CONTENT_TYPES.items()}
_APPLICATION_OF: Final = {name: number for number, name in APPLICATIONS.items()}
_PARAMETER_OF: Final = {name: number for number, name in PARAMETERS.items()}
_MAX_SIZE: Final = 1 << 20

WspValue = int | str


@dataclass(frozen=True, slots=True)
class WspPush:
    """A push: what it holds and for whom.

    ``parameters`` belong to the content type (numbers or text); ``application`` is X-WAP-Application-Id, None when the
    header is absent; ``headers`` are the other ones, with text or the octets of a value that is not read here.
    """

    content_type: str
    body: bytes
    parameters: tuple[tuple[str, WspValue], ...] = ()
    application: str | None = None
    headers: tuple[tuple[str, str | bytes], ...] = ()
    transaction: int = 1

    def parameter(self, name: str) -> WspValue | None:
        """The parameter called ``name``, in any case, or None."""
        return next((value for key, value in self.parameters if key.lower() == name.lower()), None)


# -- write


def _text(text: str) -> bytes:
    try:
        octets = text.encode("latin-1")
    except UnicodeEncodeError:
        raise CodecError(f"{text!r} has characters that a WSP header cannot carry") from None
    if b"\0" in octets:
        raise CodecError("a WSP text holds no NUL")
    return (b"\x7f" if octets[:1] > b"\x7f" else b"") + octets + b"\0"


def _integer(value: int) -> bytes:
    """A short integer below 128, else a long one of up to 30 octets."""
    if value < 0:
        raise CodecError(f"{value} is no WSP integer")
    if value < 0x80:
        return bytes((0x80 | value,))
    octets = value.to_bytes((value.bit_length() + 7) // 8, "big")
    if len(octets) > 30:
        raise CodecError("a WSP integer has at most 30 octets")
    return bytes((len(octets),)) + octets


def _of_length(octets: bytes) -> bytes:
    """A value with its length before it: one octet up to 30, else quoted."""
    return (bytes((len(octets),)) if len(octets) <= 30 else b"\x1f" + mb(len(octets))) + octets


def _content_type(push: WspPush) -> bytes:
    number = _TYPE_OF.get(push.content_type)
    media = _text(push.content_type) if number is None else _integer(number)
    if not push.parameters:
        return media
    out = media
    for name, value in push.parameters:
        known = _PARAMETER_OF.get(name)
        out += _text(name) if known is None else _integer(known)
        out += _integer(value) if isinstance(value, int) else _text(value)
    return _of_length(out)


@asked
def encode(push: WspPush) -> bytes:
    """The unit; CodecError when a text or a number cannot be expressed."""
    headers = _content_type(push)
    if push.application is not None:
        number = _APPLICATION_OF.get(push.application)
        value = _text(push.application) if number is None else _integer(number)
        headers += _integer(APPLICATION_ID) + value
    for name, content in push.headers:
        known = _HEADER_OF.get(name) if isinstance(content, bytes) else None
        number = int(name[7:], 16) if name.startswith("header-0x") else known
        headers += _text(name) if number is None else _integer(number)
        headers += content if isinstance(content, bytes) else _text(content)
    return bytes((push.transaction & 0xFF, PUSH)) + mb(len(headers)) + headers + push.body


@asked
def header_size(unit: bytes) -> int:
    """Octets before the body of ``unit``; together with the WDP header at most 48 in a notification.  [DMNOTI §7.1]"""
    length, start = read_number(unit, 2)
    return start + length


# -- read


class _Reader:
    """A place in the octets, and what can be read from there; every method fails with CodecError."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data, self.at, self.end = data, at, end

    def octet(self) -> int:
        if self.at >= self.end:
            raise CodecError("a WSP header ends too early", offset=self.at)
        self.at += 1
        return self.data[self.at - 1]

    def peek(self) -> int:
        if self.at >= self.end:
            raise CodecError("a WSP header ends too early", offset=self.at)
        return self.data[self.at]

    def number(self) -> int:
        value, after = read_number(self.data[: self.end], self.at)
        self.at = after
        return value

    def text(self) -> str:
        stop = self.data.find(0, self.at, self.end)
        if stop < 0:
            raise CodecError("a WSP text has no NUL at its end", offset=self.at)
        octets, self.at = self.data[self.at : stop], stop + 1
        return octets.removeprefix(b"\x7f").removeprefix(b'"').decode("latin-1")

    def take(self, length: int) -> bytes:
        if length > self.end - self.at:
            raise CodecError(f"a WSP value of {many(length, 'octet')} does not fit its headers", offset=self.at)
        self.at += length
        return self.data[self.at - length : self.at]

    def length(self) -> int:
        first = self.octet()
        return first if first < 31 else self.number()

    def integer(self) -> int:
        first = self.octet()
        if first & 0x80:
            return first & 0x7F
        if not 1 <= first <= 30:
            raise CodecError(f"octet {first:02X} begins no WSP integer", offset=self.at - 1)
        return int.from_bytes(self.take(first), "big")

    def value(self) -> WspValue:
        """A number or text, whichever begins here."""
        return self.integer() if self.peek() & 0x80 or self.peek() <= 30 else self.text()


def _media(reader: _Reader) -> str:
    value = reader.value()
    return value if isinstance(value, str) else CONTENT_TYPES.get(value, f"type-{value:#04x}")


def _read_content_type(reader: _Reader) -> tuple[str, tuple[tuple[str, WspValue], ...]]:
    if reader.peek() >= 0x20:
        return _media(reader), ()
    length = reader.length()
    if length > reader.end - reader.at:
        raise CodecError(f"a content type of {many(length, 'octet')} does not fit the headers", offset=reader.at)
    inner = _Reader(reader.data, reader.at, reader.at + length)
    media, parameters = _media(inner), []
    while inner.at < inner.end:
        named = inner.value()
        name = named if isinstance(named, str) else PARAMETERS.get(named, f"parameter-{named:#04x}")
        parameters.append((name, inner.value()))
    reader.at = inner.end
    return media, tuple(parameters)


def _read_headers(reader: _Reader) -> tuple[str | None, tuple[tuple[str, str | bytes], ...]]:
    application: str | None = None
    headers: list[tuple[str, str | bytes]] = []
    while reader.at < reader.end:
        first = reader.peek()
        if 0x20 <= first < 0x7F:
            name = reader.text()
            headers.append((name, reader.text()))
            continue
        if not first & 0x80:
            raise CodecError(f"header code page {first:02X} is not known here", offset=reader.at)
        number = reader.integer()
        if number == APPLICATION_ID:
            value = reader.value()
            application = value if isinstance(value, str) else APPLICATIONS.get(value, f"application-{value:#04x}")
            continue
        headers.append((HEADERS.get(number, f"header-{number:#04x}"), _raw(reader)))
    return application, tuple(headers)


def _raw(reader: _Reader) -> bytes:
    """The octets of one header value, with what says where it ends."""
    start, first = reader.at, reader.peek()
    if first & 0x80:
        reader.octet()
    elif first < 0x20:
        reader.take(reader.length())
    else:
        reader.text()
    return reader.data[start : reader.at]


@asked
def decode(unit: bytes) -> WspPush:
    """Read one unit; CodecError for anything that is no connectionless push."""
    if len(unit) < 4:
        raise CodecError(f"{many(len(unit), 'octet is', 'octets are')} no WSP push", offset=len(unit))
    if len(unit) > _MAX_SIZE:
        raise CodecError(f"{many(len(unit), 'octet')}; a push has at most {_MAX_SIZE}")
    if unit[1] != PUSH:
        raise CodecError(f"WSP type {unit[1]:02X}; a push is 06", offset=1)
    length, start = read_number(unit, 2)
    if length > len(unit) - start:
        raise CodecError(f"headers of {many(length, 'octet does', 'octets do')} not fit {len(unit) - start}", offset=2)
    reader = _Reader(unit, start, start + length)
    media, parameters = _read_content_type(reader)
    application, headers = _read_headers(reader)
    return WspPush(media, unit[start + length :], parameters, application, headers, unit[0])


@asked
def pieces(unit: bytes) -> list[tuple[int, str]]:
    """Ends and meanings of the parts of a unit before its body; CodecError when it is none."""
    push = decode(unit)
    length, start = read_number(unit, 2)
    reader = _Reader(unit, start, start + length)
    _read_content_type(reader)
    shown = "".join(f"; {name}={value}" for name, value in push.parameters)
    found = [
        (1, f"WSP transaction {push.transaction}"),
        (2, "WSP type: push"),
        (start, f"headers of {many(length, 'octet')}"),
        (reader.at, f"content type {push.content_type}{shown}"),
    ]
    if reader.at < start + length:
        names = [f"application id {push.application}"] if push.application is not None else []
        found.append((start + length, ", ".join(names + [name for name, _ in push.headers])))
    return found
