"""Scripts of remote file management: many commands in one packet, compact or expanded.  [TS 102 226 §5.1, §5.2]

Compact: the commands one after the other, each with its P3.  Expanded: data objects, AA { 22 command ... }.

>>> read_script(bytes.fromhex("00A40004023F00" "00B0000009")).apdus[1].hex()
'00b0000009'
>>> expanded([bytes.fromhex("00A40004023F00")]).hex()
'aa09220700a40004023f00'
>>> compact_answer([bytes.fromhex("9000"), bytes.fromhex("0809109000")]).hex()
'029000080910'
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from dmkit.words.counts import many
from dmkit.words.errors import CodecError, ConfigError
from dmkit.words.records import dataclass

__all__ = ["ApduScript", "compact", "compact_answer", "expanded", "expanded_answer", "read_script", "update_file"]

# commands whose P3 says how much the card shall send: READ BINARY, READ RECORD, GET RESPONSE, STATUS, GET DATA
_SENDS: Final = frozenset({0xB0, 0xB2, 0xC0, 0xF2, 0xCA})
_COMMANDS: Final = 0xAA
_COMMANDS_OPEN: Final = 0xAE
_COMMAND: Final = 0x22
_RESPONSES: Final = 0xAB
_NUMBER: Final = 0x80
_RESPONSE: Final = 0x23


@dataclass(frozen=True, slots=True)
class ApduScript:
    """Commands to run in order, and how they were written."""

    apdus: tuple[bytes, ...]
    expanded: bool = False


def compact(apdus: Iterable[bytes]) -> bytes:
    """The commands one after the other.  ConfigError for one that could not be told from the next."""
    written = list(apdus)
    joined = b"".join(written)
    try:
        read = _read_compact(joined)
    except CodecError as error:
        raise ConfigError(f"no compact script: {error}") from None
    if read != tuple(written):
        raise ConfigError("no compact script: each command has CLA INS P1 P2 P3 and exactly the data that P3 says")
    return joined


def expanded(apdus: Iterable[bytes]) -> bytes:
    """The commands as data objects, with a length."""
    return _object(_COMMANDS, b"".join(_object(_COMMAND, apdu) for apdu in apdus))


def read_script(data: bytes) -> ApduScript:
    """The commands of either form.  CodecError when the octets are neither."""
    if data[:1] == bytes([_COMMANDS]):
        return ApduScript(_read_objects(data), True)
    if data[:2] == bytes([_COMMANDS_OPEN, 0x80]) and data[-2:] == b"\0\0":
        return ApduScript(_read_commands(data[2:-2], 2), True)
    return ApduScript(_read_compact(data))


def compact_answer(answers: Sequence[bytes]) -> bytes:
    """Number of commands run, last status word, last data."""
    if not answers:
        return b""
    return bytes([min(len(answers), 255)]) + answers[-1][-2:] + answers[-1][:-2]


def expanded_answer(answers: Sequence[bytes]) -> bytes:
    """Number of commands run, and the answer of each."""
    number = _object(_NUMBER, bytes([min(len(answers), 255)]))
    return _object(_RESPONSES, number + b"".join(_object(_RESPONSE, answer) for answer in answers))


def update_file(path: Sequence[int], content: bytes, *, aid: bytes = b"", piece: int = 250) -> list[bytes]:
    """Commands that write ``content`` over a transparent file, from its beginning.

    ``aid`` selects an application first; ``path`` are file identifiers below it, or below the master file.
    """
    if not 1 <= piece <= 255 or len(content) > 0x8000:
        raise ConfigError(
            f"pieces of {piece}, {many(len(content), 'octet')} in all: 1 to 255 in a piece, at most 32768 in all"
        )
    apdus = [b"\0\xa4\x04\x0c" + bytes([len(aid)]) + aid] if aid else []
    apdus += [b"\0\xa4\x00\x0c\x02" + fid.to_bytes(2) for fid in path]
    for at in range(0, len(content), piece):
        part = content[at : at + piece]
        apdus.append(b"\0\xd6" + at.to_bytes(2) + bytes([len(part)]) + part)
    return apdus


def _read_compact(data: bytes) -> tuple[bytes, ...]:
    apdus, at = [], 0
    while at < len(data):
        if at + 5 > len(data):
            raise CodecError("a command has CLA INS P1 P2 P3", offset=at)
        end = at + 5 + (0 if data[at + 1] in _SENDS else data[at + 4])
        if end > len(data):
            raise CodecError(
                f"the command has {many(len(data) - at - 5, 'octet')} of data, P3 says {data[at + 4]}", offset=at
            )
        apdus.append(data[at:end])
        at = end
    return tuple(apdus)


def _read_objects(data: bytes) -> tuple[bytes, ...]:
    value, end = _value(data, 0)
    if end != len(data):
        raise CodecError("octets behind the command template", offset=end)
    return _read_commands(value, end - len(value))


def _read_commands(data: bytes, base: int) -> tuple[bytes, ...]:
    apdus, at = [], 0
    while at < len(data):
        if data[at] != _COMMAND:
            raise CodecError(f"a command has tag 22, not {data[at]:02X}", offset=base + at)
        value, at = _value(data, at)
        if len(value) < 4:
            raise CodecError("a command has four octets or more", offset=base + at)
        apdus.append(value)
    return tuple(apdus)


def _value(data: bytes, at: int) -> tuple[bytes, int]:
    """The value of the data object at ``at``, and where the next begins."""
    first = data[at + 1] if at + 1 < len(data) else 0xFF
    size = first - 0x80 if first in (0x81, 0x82) else 0
    start = at + 2 + size
    length = int.from_bytes(data[at + 2 : start]) if size else first
    if (first >= 0x80 and not size) or start + length > len(data):
        raise CodecError("a data object does not fit", offset=at)
    return data[start : start + length], start + length


def _object(tag: int, value: bytes) -> bytes:
    size = len(value)
    length = bytes([size]) if size < 0x80 else b"\x81" + bytes([size]) if size < 0x100 else b"\x82" + size.to_bytes(2)
    return bytes([tag]) + length + value
