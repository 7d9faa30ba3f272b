"""What a payload says: an entry a value, with its address.  Every encoding reads into entries and writes from them.

>>> Entry(Path(3, 0, 0), "Anjay")
Entry(path=Path('/3/0/0'), value='Anjay', time=None)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

import msgspec

from dmkit.lwm2m.path import Path
from dmkit.lwm2m.values import Type, Value
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError
from dmkit.words.structs import like_a_dataclass

__all__ = ["Entry", "TypeOf", "single"]

TypeOf: TypeAlias = Callable[[Path], Type | None]
"""Of which type a resource is: from its object's definition; None when nobody knows."""


@like_a_dataclass
class Entry(msgspec.Struct, frozen=True):
    """A value at an address; ``value`` None asks for what is there (a composite read); ``time`` in seconds of Unix."""

    path: Path
    value: Value | None = None
    time: float | None = None


@asked
def single(entries: Iterable[Entry], what: str) -> Entry:
    """The only entry, for encodings that hold one value; CodecError when there is another number of them."""
    found = tuple(entries)
    if len(found) != 1 or found[0].value is None:
        raise CodecError(f"{many(len(found), 'value')} in {what}, which holds one")
    return found[0]
