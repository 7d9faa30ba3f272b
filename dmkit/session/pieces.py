"""How large the next piece of an object is, so that its message is as long as the peer takes.

A message with a piece of one unit is written; from it the lengths of all others are computed, and the one that leaves
says whether that was right.  So an object takes time in proportion to its octets, whatever a unit of it takes.

>>> from dmkit.wire.codec import WBXML
>>> from dmkit.words.model import Replace
>>> sending = Sending(Replace.of("./Note", "&" * 5000))
>>> written = lambda units: 90 + units
>>> size_of_piece(sending, 1000, 1000, WBXML, written)
910
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from dmkit.session.objects import Sending
from dmkit.wire.codec import Codec
from dmkit.wire.markup import escape
from dmkit.wire.octets import mb

__all__ = ["size_of_piece"]

_Long: TypeAlias = Callable[[int], int]
"""Octets of the message with a piece of so many units."""


def size_of_piece(sending: Sending, most: int, limit: int, codec: Codec, written: _Long) -> int:
    """Units of the next piece of ``sending``, at most ``most``, whose message has ``limit`` octets or a few fewer.

    ``written`` writes a message with so many units, and says how long it is.  One unit is the least, also where there
    is no room for it.
    """
    rest, data, at = sending.rest, sending.data, sending.at
    around: Final = written(1) - _carried(data[at : at + 1], codec) if rest > 1 else 0

    def told(units: int) -> int:
        return written(units) if units == rest else around + _carried(data[at : at + units], codec)

    size = _filling(most, limit, told)
    return size if written(size) == told(size) else _filling(most, limit, written)  # a codec of one's own may differ


def _filling(size: int, limit: int, long: _Long) -> int:
    """``size``, or less, as far as the message has room."""
    octets = long(size)
    while octets > limit and size > 1:
        cost = max(1.0, (octets - long(1)) / max(1, size - 1))
        size = max(1, min(size - 1, size - int((octets - limit) / cost)))
        octets = long(size)
    return size


def _carried(data: str | bytes, codec: Codec) -> int:
    """Octets that ``data`` takes in a message, beside what stands there for any."""
    if isinstance(data, bytes):
        return len(data) + len(mb(len(data)))
    text = data if codec.binary else escape(data)
    return len(text) if text.isascii() else len(text.encode())
