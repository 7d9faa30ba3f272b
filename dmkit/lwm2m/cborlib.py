"""CBOR by the library ``cbor2`` (extra ``lwm2m``), with one kind of error and nothing behind the document.

>>> dumps({1: b"x"}).hex(), loads(bytes.fromhex("a1014178"))
('a1014178', {1: b'x'})
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from io import BytesIO
from typing import Any, Final

from dmkit.words.asked import asked
from dmkit.words.errors import CodecError, ConfigError

__all__ = ["MAX_DEPTH", "dumps", "loads", "odd_keys"]

MAX_DEPTH: Final = 16


@cache
def _library() -> Any:
    try:
        import cbor2
    except ImportError:
        raise ConfigError("CBOR needs the library cbor2: pip install 'dmkit[lwm2m]'") from None
    return cbor2


def dumps(value: object) -> bytes:
    """The octets of a value, lengths in their shortest form; CodecError for a text that has no UTF-8."""
    try:
        data: bytes = _library().dumps(value)
    except (UnicodeEncodeError, _library().CBOREncodeError) as error:
        raise CodecError(f"CBOR has no form for a value: {error}"[:200]) from None
    return data


@asked
def loads(data: bytes) -> Any:
    """The value of these octets, all of them; tags, keys that stand twice and deep nesting are refused.  CodecError.

    What comes may hold values that no encoding here uses, ``undefined`` and simple ones: readers look at each value.
    """
    stream = BytesIO(data)
    decoder = _library().CBORDecoder(
        stream, tag_hook=_no_tag, semantic_decoders=_TAGS, max_depth=MAX_DEPTH, allow_duplicate_keys=False
    )
    try:
        value = decoder.decode()
    except Exception as error:  # the library raises its own, and for some octets ValueError, OverflowError or others
        why = error.__cause__ if isinstance(error.__cause__, CodecError) else error
        raise CodecError(f"no CBOR: {why}"[:200], offset=min(stream.tell(), len(data))) from None
    if stream.tell() != len(data):
        raise CodecError("octets behind the end of the CBOR document", offset=stream.tell())
    return value


@asked
def odd_keys(data: bytes) -> bool:
    """Whether a key may be true, false or a float, which Python takes for the number that it equals."""
    return len(data.translate(None, _ODD)) != len(data)


_ODD: Final = bytes([0xF4, 0xF5, 0xF9, 0xFA, 0xFB])


def _no_tag(*_: object) -> Any:
    raise CodecError("a tag, which no encoding here uses")


_TAGS: Final[Mapping[int, Any]] = dict.fromkeys(
    (*range(6), 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799), _no_tag
)
"""Tags that the library would read by itself."""
