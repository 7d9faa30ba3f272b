"""CoAP messages as values, and their octets.  [RFC 7252 §3, RFC 7641, RFC 7959, RFC 8132]

Sockets and retransmission are ``aiocoap``'s (extra ``lwm2m``); here a message is written, read and counted.

>>> read_name = Message.request("GET", "/3/0/0", accept=0, mid=0xDD3A, token=b"\\x14\\x19")
>>> encode(read_name).hex()
'4201dd3a1419b1330130013060'
>>> decode(encode(read_name)) == read_name, read_name.uri_path
(True, '/3/0/0')
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from dmkit.lwm2m.options import CODES, METHODS, OPTIONS, not_understood
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError

__all__ = ["Block", "Message", "code_text", "decode", "encode", "number"]

TYPES: Final = ("CON", "NON", "ACK", "RST")


class Block(msgspec.Struct, frozen=True):
    """A block of a body: its number, whether more follow, and its size in octets, 16 to 1024.  [RFC 7959 §2.2]

    >>> Block.of(Block(3, True, 1024).octets)
    Block(number=3, more=True, size=1024)
    """

    number: int
    more: bool
    size: int

    @property
    def octets(self) -> bytes:
        """As the option holds it."""
        return _uint(self.number << 4 | self.more << 3 | self.size.bit_length() - 5)

    @classmethod
    @asked
    def of(cls, octets: bytes) -> Block:
        """From the option; CodecError when it is none."""
        if len(octets) > 3 or (octets and octets[-1] & 7 == 7):
            raise CodecError(f"block option {octets[:8].hex()}; up to three octets, size exponent 0 to 6")
        value = int.from_bytes(octets, "big")
        return cls(value >> 4, bool(value & 8), 1 << (value & 7) + 4)


class Message(msgspec.Struct, frozen=True):
    """One message: type, code (``0.01`` and so on are requests), message id, token, options in order, payload."""

    type: str
    code: str
    mid: int = 0
    token: bytes = b""
    options: tuple[tuple[int, bytes], ...] = ()
    payload: bytes = b""

    @classmethod
    @asked
    def request(
        cls,
        method: str,
        path: str,
        payload: bytes = b"",
        *,
        query: Iterable[str] = (),
        format: int | None = None,
        accept: int | None = None,
        observe: int | None = None,
        block1: Block | None = None,
        block2: Block | None = None,
        mid: int = 0,
        token: bytes = b"",
        confirmable: bool = True,
    ) -> Message:
        """A request; ``path`` with slashes, numbers of content formats for ``format`` and ``accept``."""
        options = [(OPTIONS["Uri-Path"].number, part.encode()) for part in path.split("/") if part]
        options += [(OPTIONS["Uri-Query"].number, part.encode()) for part in query]
        options += _more(format, observe, block1, block2)
        if accept is not None:
            options.append((OPTIONS["Accept"].number, _uint(accept)))
        code = f"0.{METHODS[method]:02}"
        return cls("CON" if confirmable else "NON", code, mid, token, tuple(sorted(options, key=_first)), payload)

    def response(
        self,
        code: str,
        payload: bytes = b"",
        *,
        format: int | None = None,
        location: str = "",
        observe: int | None = None,
        block1: Block | None = None,
        block2: Block | None = None,
        etag: bytes = b"",
    ) -> Message:
        """The answer to this request, in its acknowledgement when it asked for one."""
        options = [(OPTIONS["Location-Path"].number, part.encode()) for part in location.split("/") if part]
        options += _more(format, observe, block1, block2)
        options += [(OPTIONS["ETag"].number, etag)] if etag else []
        kind = "ACK" if self.type == "CON" else "NON"
        return Message(kind, code, self.mid, self.token, tuple(sorted(options, key=_first)), payload)

    def all_of(self, name: str) -> tuple[bytes, ...]:
        """The values of an option, in order."""
        wanted = OPTIONS[name].number
        return tuple(value for number, value in self.options if number == wanted)

    def uint(self, name: str) -> int | None:
        """The first value of an option as a number; None when it is absent or too long, which is as good as absent."""
        found = self.all_of(name)
        return int.from_bytes(found[0], "big") if found and OPTIONS[name].holds(found[0]) else None

    @property
    def method(self) -> str:
        """The method of a request; empty for others."""
        return next((name for name, code in METHODS.items() if f"0.{code:02}" == self.code), "")

    @property
    def uri_path(self) -> str:
        """The path, with slashes.  CodecError when a segment is no UTF-8."""
        return "/" + "/".join(map(_text, self.all_of("Uri-Path")))

    @property
    def location(self) -> str:
        """Location-Path, with slashes; empty when it is absent."""
        return "".join("/" + _text(part) for part in self.all_of("Location-Path"))

    @property
    def query_texts(self) -> tuple[str, ...]:
        """Each Uri-Query as it stands.  CodecError when one is no UTF-8."""
        return tuple(map(_text, self.all_of("Uri-Query")))

    @property
    def queries(self) -> tuple[tuple[str, str], ...]:
        """Name and value of each Uri-Query; a name alone has an empty value."""
        return tuple((part.partition("=")[0], part.partition("=")[2]) for part in self.query_texts)

    @property
    def format(self) -> int | None:
        """Content-Format."""
        return self.uint("Content-Format")

    @property
    def observe(self) -> int | None:
        """Observe."""
        return self.uint("Observe")

    @property
    def unknown_critical(self) -> tuple[int, ...]:
        """Options that must be understood and are not: the answer is 4.02.  [RFC 7252 §5.4]"""
        return not_understood(self.options)

    @property
    def refusal(self) -> str:
        """The code that a request is refused with before anybody looks at it; empty when there is no reason."""
        if self.all_of("Proxy-Uri") or self.all_of("Proxy-Scheme"):
            return "5.05"
        return "4.02" if self.unknown_critical else ""

    def __str__(self) -> str:
        what = f"{self.method} {self.uri_path}" if self.method else code_text(self.code)
        return f"{self.type} {what}"


def _first(option: tuple[int, bytes]) -> int:
    return option[0]


def _more(
    format: int | None, observe: int | None, block1: Block | None, block2: Block | None
) -> list[tuple[int, bytes]]:
    """Options that requests and responses share, as far as they are given."""
    numbers = (("Content-Format", format), ("Observe", observe))
    made = [(OPTIONS[name].number, _uint(value)) for name, value in numbers if value is not None]
    blocks = (("Block1", block1), ("Block2", block2))
    return made + [(OPTIONS[name].number, block.octets) for name, block in blocks if block is not None]


def _text(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        raise CodecError(f"option {octets[:20]!r} that is no UTF-8") from None


@asked
def code_text(code: str) -> str:
    """A code with its phrase.

    >>> code_text("2.05"), code_text("4.77")
    ('2.05 Content', '4.77')
    """
    return f"{code} {CODES[code]}" if code in CODES else code


@asked
def number(code: str) -> int:
    """The octet of a code: three bits of class, five of detail."""
    head, _, tail = code.partition(".")
    if not (head.isdigit() and tail.isdigit() and int(head) < 8 and int(tail) < 32):
        raise CodecError(f"code {code[:10]!r}; class and detail are right, as 2.05")
    return int(head) << 5 | int(tail)


def _uint(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


@asked
def encode(message: Message) -> bytes:
    """The octets, options in rising order.  CodecError for what no message can hold."""
    if message.type not in TYPES or not 0 <= message.mid <= 0xFFFF or len(message.token) > 8:
        raise CodecError(
            f"type {message.type!r}, id {message.mid}, token of {many(len(message.token), 'octet')}: no message"
        )
    made = bytearray([1 << 6 | TYPES.index(message.type) << 4 | len(message.token), number(message.code)])
    made += message.mid.to_bytes(2, "big") + message.token
    last = 0
    for option, value in sorted(message.options, key=_first):
        delta, after_delta = _extended(option - last)
        length, after_length = _extended(len(value))
        made.append(delta << 4 | length)
        made += after_delta + after_length + value
        last = option
    if message.payload:
        made += b"\xff" + message.payload
    return bytes(made)


def _extended(value: int) -> tuple[int, bytes]:
    """Four bits, and what follows where they do not hold it.  [RFC 7252 §3.1]"""
    if value < 13:
        return value, b""
    if value < 269:
        return 13, bytes([value - 13])
    if value < 65805:
        return 14, (value - 269).to_bytes(2, "big")
    raise CodecError(f"an option of {value}; up to 65804 fit")


@asked
def decode(data: bytes) -> Message:
    """The message; CodecError says at which octet it is none."""
    if len(data) < 4:
        raise CodecError(f"a message of {many(len(data), 'octet')}; its header alone has 4", offset=len(data))
    if data[0] >> 6 != 1:
        raise CodecError(f"version {data[0] >> 6} of CoAP; 1 is known", offset=0)
    size = data[0] & 15
    if size > 8 or len(data) < 4 + size:
        raise CodecError(f"a token of {many(size, 'octet')}", offset=4)
    code = f"{data[1] >> 5}.{data[1] & 31:02}"
    at, last = 4 + size, 0
    if data[1] == 0 and len(data) > 4:
        raise CodecError("an empty message with something in it", offset=4)
    options: list[tuple[int, bytes]] = []
    while at < len(data) and data[at] != 0xFF:
        start = at
        delta, at = _longer(data, at + 1, data[start] >> 4, start)
        length, at = _longer(data, at, data[start] & 15, start)
        if at + length > len(data):
            raise CodecError(f"an option of {many(length, 'octet')} where {len(data) - at} are left", offset=start)
        last += delta
        if last > 0xFFFF:
            raise CodecError(f"option {last}; numbers have 16 bits", offset=start)
        options.append((last, data[at : at + length]))
        at += length
    if at < len(data) and at + 1 == len(data):
        raise CodecError("a payload marker without a payload", offset=at)
    token, mid = data[4 : 4 + size], int.from_bytes(data[2:4], "big")
    return Message(TYPES[data[0] >> 4 & 3], code, mid, token, tuple(options), data[at + 1 :])


def _longer(data: bytes, at: int, bits: int, start: int) -> tuple[int, int]:
    if bits == 15:
        raise CodecError("15 in four bits of an option, which is reserved", offset=start)
    extra = {13: 1, 14: 2}.get(bits, 0)
    if at + extra > len(data):
        raise CodecError("an option that ends before its length", offset=start)
    value = int.from_bytes(data[at : at + extra], "big")
    return {0: bits, 1: 13 + value, 2: 269 + value}[extra], at + extra
