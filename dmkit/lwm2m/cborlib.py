"""CBOR by the library ``cbor2`` (extra ``lwm2m``), with one kind of error and nothing behind the document.

>>> dumps({1: b"x"}).hex(), loads(bytes.fromhex("a1014178"))
('a1014178', {1: b'x'})
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from dmkit.words.errors import CodecError, ConfigError

__all__ = ["MAX_DEPTH", "dumps", "loads"]

MAX_DEPTH = 16
_SIMPLE = frozenset({int, float, str, bytes, bool, type(None)})


def _library() -> Any:
    try:
        import cbor2
    except ImportError:
        raise ConfigError("CBOR needs the library cbor2: pip install 'dmkit[lwm2m]'") from None
    return cbor2


def dumps(value: object) -> bytes:
    """The octets of a value, lengths in their shortest form."""
    data: bytes = _library().dumps(value)
    return data


def loads(data: bytes) -> Any:
    """The value of these octets, all of them; tags other than those of plain values are refused.  CodecError."""
    cbor2 = _library()
    stream = BytesIO(data)
    try:
        value = cbor2.CBORDecoder(stream, tag_hook=_no_tag).decode()
    except CodecError:
        raise
    except Exception as error:  # the library raises its own, and for some octets ValueError, OverflowError or others
        raise CodecError(f"no CBOR: {error}"[:200], offset=min(stream.tell(), len(data))) from None
    if stream.tell() != len(data):
        raise CodecError("octets behind the end of the CBOR document", offset=stream.tell())
    _plain(value, 0)
    return value


def _no_tag(*_: object) -> Any:
    raise CodecError("a CBOR tag, which no encoding here uses")


def _plain(value: object, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise CodecError(f"CBOR nested deeper than {MAX_DEPTH}")
    if isinstance(value, dict):
        if depth == MAX_DEPTH and value:
            raise CodecError(f"CBOR nested deeper than {MAX_DEPTH}")
        for key, inner in value.items():
            if type(key) not in _SIMPLE:
                _plain(list(key) if isinstance(key, tuple) else key, depth + 1)
            if type(inner) not in _SIMPLE:
                _plain(inner, depth + 1)
    elif isinstance(value, (list, tuple)):
        if depth == MAX_DEPTH and value:
            raise CodecError(f"CBOR nested deeper than {MAX_DEPTH}")
        for inner in value:
            if type(inner) not in _SIMPLE:
                _plain(inner, depth + 1)
    elif value is not None and not isinstance(value, (bool, int, float, str, bytes)):
        raise CodecError(f"a {type(value).__name__} in CBOR, which no encoding here uses")
