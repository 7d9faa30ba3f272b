"""Addresses: ``/object/instance/resource/item``, each a number of 16 bits.  [lwm2m sheet §1]

>>> Path.parse("/3/0/9")
Path('/3/0/9')
>>> Path.parse("/3").covers(Path(3, 0, 9)), Path(3, 0).resource is None
(True, True)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache, total_ordering
from typing import Final

from dmkit.words.errors import CodecError

__all__ = ["MAX_ID", "ROOT", "Path"]

MAX_ID: Final = 65534
"""65535 is reserved: it means "none" wherever a number is wanted."""

_NONE: Final = (None, None, None, None)
_PATH: Final = re.compile(r"/(?:(?:0|[1-9][0-9]{0,4})(?:/(?:0|[1-9][0-9]{0,4})){0,3})?")


@total_ordering
@dataclass(frozen=True, slots=True, repr=False)
class Path:
    """An address, as long as it is; the shorter cover the longer ones.  ``Path()`` is the root, all objects.

    CodecError when a number does not fit, or stands behind one that is missing.
    """

    object: int | None = None
    instance: int | None = None
    resource: int | None = None
    item: int | None = None

    def __post_init__(self) -> None:
        ids = (self.object, self.instance, self.resource, self.item)
        given = self.ids
        if ids[len(given) :] != _NONE[len(given) :]:
            raise CodecError(
                f"address {ids}: a number is missing before another; give object, instance, resource, item"
            )
        for number in given:
            if type(number) is not int or not 0 <= number <= MAX_ID:
                raise CodecError(f"{number!r} in an address; numbers from 0 to {MAX_ID} may stand there")

    @classmethod
    def of(cls, ids: Iterable[int]) -> Path:
        """The address of these numbers, at most four."""
        numbers = tuple(ids)
        if len(numbers) > 4:
            raise CodecError(f"address of {len(numbers)} numbers; at most four may stand there")
        return cls(*numbers)

    @classmethod
    def parse(cls, text: str) -> Path:
        """The address that is written so: ``/``, ``/3``, ``/3/0/0``; no zeros in front, no end slash.  CodecError."""
        return _parsed(text)

    @property
    def ids(self) -> tuple[int, ...]:
        """The numbers that are there."""
        first, second, third, last = self.object, self.instance, self.resource, self.item
        if first is None:
            return ()
        if second is None:
            return (first,)
        if third is None:
            return (first, second)
        return (first, second, third) if last is None else (first, second, third, last)

    def __truediv__(self, number: int) -> Path:
        """One step down.

        >>> Path(3, 0) / 9
        Path('/3/0/9')
        """
        return Path.of((*self.ids, number))

    @property
    def parent(self) -> Path:
        """One step up; the root's is the root."""
        return Path.of(self.ids[:-1])

    def covers(self, other: Path) -> bool:
        """Whether ``other`` is this address or lies below it."""
        return other.ids[: len(self.ids)] == self.ids

    def __lt__(self, other: Path) -> bool:
        return self.ids < other.ids

    def __len__(self) -> int:
        return len(self.ids)

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        return "/" + "/".join(map(str, self.ids))

    def __repr__(self) -> str:
        return f"Path({str(self)!r})"


@lru_cache(maxsize=1 << 14)
def _parsed(text: str) -> Path:
    """The address of a text; addresses come again and again."""
    if not _PATH.fullmatch(text):
        shown = text if len(text) <= 40 else text[:40] + "..."
        raise CodecError(f"address {shown!r}; up to four numbers are wanted, each behind a slash, as /3/0/9")
    return Path.of(int(part) for part in text.split("/") if part)


ROOT: Final = Path()
