"""Codecs as testees: on a pipe, in whatever language; libwbxml by its own functions; dmkit itself.

A frame is four octets of length, most significant first, and that many octets.  A request begins with its operation
(``OPERATIONS``), an answer with ``+`` and what was made, ``-`` and why it is refused, or ``?``: not supported.

>>> frame(b"n")
b'\\x00\\x00\\x00\\x01n'
>>> answer_to(OwnCodec(), b"n")
b'+dmkit'
"""

from __future__ import annotations

import contextlib
import ctypes
import struct
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ctypes.util import find_library
from selectors import EVENT_READ, DefaultSelector
from typing import IO, Any, BinaryIO, Final, Protocol, Self

from msgspec.structs import replace

from dmkit.probe.verdict import Result, Verdict
from dmkit.wire.codec import WBXML, XML
from dmkit.wire.conversion import convert
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError, ConfigError
from dmkit.words.model import Message

__all__ = ["OPERATIONS", "LibWbxml", "NotSupported", "OwnCodec", "PipeCodec", "TestedCodec", "answer_to", "frame",
           "probe_codec", "serve"]  # fmt: skip

OPERATIONS: Final[Mapping[bytes, str]] = {
    b"n": "its name, as text",
    b"d": "WBXML to XML",
    b"e": "XML to WBXML",
}
"""First octet of a request -> what is asked."""
_LARGEST: Final = 16 << 20


class NotSupported(Exception):
    """A testee declares that it has not what is asked."""


class TestedCodec(Protocol):
    """A codec that is probed: each function raises CodecError for what it refuses, NotSupported for what it lacks."""

    name: str

    def decode(self, wbxml: bytes) -> bytes:
        """WBXML as XML."""

    def encode(self, xml: bytes) -> bytes:
        """XML as WBXML."""


class OwnCodec:
    """dmkit."""

    name = "dmkit"

    def decode(self, wbxml: bytes) -> bytes:
        """WBXML as XML."""
        return convert(wbxml)[0]

    def encode(self, xml: bytes) -> bytes:
        """XML as WBXML."""
        return convert(xml)[0]


class LibWbxml:
    """libwbxml, through ctypes; ConfigError where the library is not there."""

    def __init__(self) -> None:
        path = find_library("wbxml2")
        if path is None:
            raise ConfigError("libwbxml is not on this machine; its package is called libwbxml2")
        self.name = "libwbxml"
        self._library, self._libc = ctypes.CDLL(path), ctypes.CDLL(None)
        self._libc.free.argtypes = [ctypes.c_void_p]
        self._made = {name: self._converter(name) for name in ("wbxml2xml", "xml2wbxml")}
        self._library.wbxml_conv_wbxml2xml_set_gen_type(self._made["wbxml2xml"], 0)
        self._library.wbxml_conv_wbxml2xml_enable_preserve_whitespaces(self._made["wbxml2xml"])
        self._library.wbxml_conv_xml2wbxml_enable_preserve_whitespaces(self._made["xml2wbxml"])

    def _converter(self, name: str) -> ctypes.c_void_p:
        made = ctypes.c_void_p()
        if getattr(self._library, f"wbxml_conv_{name}_create")(ctypes.byref(made)):
            raise ConfigError(f"libwbxml cannot make its converter {name}")
        return made

    def _run(self, name: str, data: bytes) -> bytes:
        out, size = ctypes.c_void_p(), ctypes.c_uint()
        run = getattr(self._library, f"wbxml_conv_{name}_run")
        error = run(self._made[name], data, len(data), ctypes.byref(out), ctypes.byref(size))
        if error:
            raise CodecError(f"libwbxml error {error}")
        try:
            return ctypes.string_at(out, size.value)
        finally:
            self._libc.free(out)

    def decode(self, wbxml: bytes) -> bytes:
        """WBXML as XML."""
        return self._run("wbxml2xml", wbxml)

    def encode(self, xml: bytes) -> bytes:
        """XML as WBXML."""
        return self._run("xml2wbxml", xml)


class PipeCodec:
    """A process that answers frames.  ConfigError when it cannot be started, or answers none in ``seconds``."""

    def __init__(self, words: Sequence[str], seconds: float = 10.0) -> None:
        if not words or not words[0]:
            raise ConfigError("a testee is a command, such as 'node data/probe/testee.js'")
        try:
            self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        except OSError as error:
            raise ConfigError(f"{words[0] if words else ''!r} cannot be started: {error.strerror or error}") from None
        self._seconds = seconds
        try:
            self.name = self._ask(b"n", b"").decode("utf-8", "replace")[:80]
        except (CodecError, NotSupported):
            self.close()
            raise ConfigError(f"{words[0]!r} does not answer with its name; docs/probe.md says how") from None
        except ConfigError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process.kill()
        self._process.wait()

    def _ask(self, operation: bytes, data: bytes) -> bytes:
        writing, reading = self._process.stdin, self._process.stdout
        assert writing is not None
        assert reading is not None
        try:
            writing.write(frame(operation + data))
            writing.flush()
            answer = self._frame(reading)
        except OSError as error:
            raise ConfigError(f"the testee is gone: {error.strerror or error}") from None
        kind, body = answer[:1], answer[1:]
        if kind == b"?":
            raise NotSupported(OPERATIONS[operation])
        if kind != b"+":
            raise CodecError(body.decode("utf-8", "replace")[:200] or "refused")
        return body

    def _frame(self, pipe: IO[bytes]) -> bytes:
        (length,) = struct.unpack(">I", self._octets(pipe, 4))
        if length > _LARGEST:
            raise ConfigError(f"the testee announces a frame of {many(length, 'octet')}; at most {_LARGEST} are taken")
        return self._octets(pipe, length)

    def _octets(self, pipe: IO[bytes], wanted: int) -> bytes:
        found = b""
        with DefaultSelector() as waiting:
            waiting.register(pipe, EVENT_READ)
            while len(found) < wanted:
                if not waiting.select(self._seconds):
                    raise ConfigError(f"the testee does not answer in {self._seconds:g} s")
                piece = pipe.raw.read(wanted - len(found)) if hasattr(pipe, "raw") else pipe.read(wanted - len(found))
                if not piece:
                    raise ConfigError(f"the testee ended after {many(len(found), 'octet')} of {wanted}")
                found += piece
        return found

    def decode(self, wbxml: bytes) -> bytes:
        """WBXML as XML."""
        return self._ask(b"d", wbxml)

    def encode(self, xml: bytes) -> bytes:
        """XML as WBXML."""
        return self._ask(b"e", xml)


# -- the other end


def frame(octets: bytes) -> bytes:
    """``octets`` behind their length."""
    return struct.pack(">I", len(octets)) + octets


def answer_to(codec: TestedCodec, request: bytes) -> bytes:
    """What a testee made of ``codec`` answers."""
    operation, data = request[:1], request[1:]
    if operation == b"n":
        return b"+" + codec.name.encode()
    if operation not in OPERATIONS:
        return b"?"
    try:
        return b"+" + (codec.decode(data) if operation == b"d" else codec.encode(data))
    except NotSupported:
        return b"?"
    except CodecError as error:
        return b"-" + str(error).encode("utf-8", "backslashreplace")


def serve(codec: TestedCodec, reading: BinaryIO, writing: BinaryIO) -> int:
    """Answer frames until there are none; how many there were."""
    frames = 0
    while len(head := reading.read(4)) == 4:
        (length,) = struct.unpack(">I", head)
        writing.write(frame(answer_to(codec, reading.read(length))))
        writing.flush()
        frames += 1
    return frames


# -- what is asked of a codec


def _plain(message: Message) -> Message:
    return replace(message, deviations=())


@asked
def probe_codec(codec: TestedCodec, messages: Iterable[Message]) -> Iterator[Result]:
    """Each message decoded and encoded by the testee and compared as a value, and each broken off, to be refused.

    >>> from dmkit.probe.own import sample
    >>> [result.verdict.value for result in probe_codec(OwnCodec(), sample(1))]
    ['pass', 'pass', 'pass']
    """
    for number, message in enumerate(messages, 1):
        for what in ("decodes", "encodes", "refuses"):
            yield _one(codec, message, f"codec P-02 {what}@{number}", what)


def _one(codec: TestedCodec, message: Message, case: str, what: str) -> Result:
    def result(verdict: Verdict, why: str = "", quote: str = "") -> Result:
        return Result(case, verdict, why, what, "DMREPPRO §5", quote, evidence=1)

    octets = WBXML.encode(message)
    try:
        if what == "refuses":
            made = codec.decode(octets[: len(octets) * 2 // 3])
            return result(
                Verdict.FAIL, "two thirds of a message are taken for one", made[:200].decode("utf-8", "replace")
            )
        made = codec.decode(octets) if what == "decodes" else codec.encode(XML.encode(message))
    except NotSupported as lacks:
        return Result(case, Verdict.NOT_SUPPORTED, f"declared: it has no {lacks}", what, "DMREPPRO §5")
    except CodecError as error:
        if what == "refuses":
            return result(Verdict.PASS)
        return result(Verdict.FAIL, f"it refuses a right message: {error}", XML.encode(message)[:200].decode())
    try:
        read: Any = (XML if what == "decodes" else WBXML).decode(made, lenient=True)
    except CodecError as error:
        return result(Verdict.FAIL, f"what it makes cannot be read: {error}", repr(made[:120]))
    if _plain(read) != _plain(message):
        return result(Verdict.FAIL, "the message has become another", repr(made[:120]))
    return result(Verdict.PASS)
