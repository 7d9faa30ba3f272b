"""Addresses: ``/object/instance/resource/item``, each a number of 16 bits.  [lwm2m sheet §1]

>>> Path.parse("/3/0/9")
Path('/3/0/9')
>>> Path.parse("/3").covers(Path(3, 0, 9)), Path(3, 0).resource is None
(True, True)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError

__all__ = ["MAX_ID", "ROOT", "Path", "known", "parsed", "step"]

MAX_ID: Final = 65534
"""65535 is reserved: it means "none" wherever a number is wanted."""

_PATH: Final = re.compile(r"/(?:(?:0|[1-9][0-9]{0,4})(?:/(?:0|[1-9][0-9]{0,4})){0,3})?")
_FORMS: Final = ("/", "/%d", "/%d/%d", "/%d/%d/%d", "/%d/%d/%d/%d")


class Path(tuple[int, ...]):
    """An address, as long as it is; the shorter cover the longer ones.  ``Path()`` is the root, all objects.

    It is a tuple of its numbers, which makes it quick to build, to compare and to look up.  CodecError when a number
    does not fit, or stands behind one that is missing.
    """

    __slots__ = ()

    def __new__(
        cls,
        object: int | None = None,
        instance: int | None = None,
        resource: int | None = None,
        item: int | None = None,
    ) -> Path:
        """The address of these numbers."""
        asked = (object, instance, resource, item)
        given = [number for number in asked if number is not None]
        if None in asked[: len(given)]:
            raise CodecError(
                f"address {asked}: a number is missing before another; give object, instance, resource, item"
            )
        return cls.of(given)

    @classmethod
    @asked
    def of(cls, ids: Iterable[int]) -> Path:
        """The address of these numbers, at most four."""
        numbers = tuple(ids)
        if len(numbers) > 4:
            raise CodecError(f"address of {many(len(numbers), 'number')}; at most four may stand there")
        for number in numbers:
            if type(number) is not int or not 0 <= number <= MAX_ID:
                raise CodecError(f"{number!r} in an address; numbers from 0 to {MAX_ID} may stand there")
        return tuple.__new__(cls, numbers)

    def __getnewargs__(self) -> tuple[int, ...]:
        """What a copy is made from."""
        return tuple(self)

    @classmethod
    @asked
    def parse(cls, text: str) -> Path:
        """The address that is written so: ``/``, ``/3``, ``/3/0/0``; no zeros in front, no end slash.  CodecError."""
        return parsed(text)

    @property
    def object(self) -> int | None:
        """The first number."""
        return self[0] if len(self) > 0 else None

    @property
    def instance(self) -> int | None:
        """The second number."""
        return self[1] if len(self) > 1 else None

    @property
    def resource(self) -> int | None:
        """The third number."""
        return self[2] if len(self) > 2 else None

    @property
    def item(self) -> int | None:
        """The last number, of an instance of a resource."""
        return self[3] if len(self) > 3 else None

    @property
    def ids(self) -> tuple[int, ...]:
        """The numbers that are there."""
        return tuple(self)

    def __truediv__(self, number: int) -> Path:
        """One step down.

        >>> Path(3, 0) / 9
        Path('/3/0/9')
        """
        return Path.of((*self, number))

    @property
    def parent(self) -> Path:
        """One step up; the root's is the root."""
        return Path.of(self[:-1])

    def covers(self, other: Path) -> bool:
        """Whether ``other`` is this address or lies below it."""
        return other[: len(self)] == self

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        return _FORMS[len(self)] % self

    def __repr__(self) -> str:
        return f"Path({str(self)!r})"


@asked
@lru_cache(maxsize=1 << 14)
def parsed(text: str) -> Path:
    """The address of a text; addresses come again and again."""
    if not _PATH.fullmatch(text):
        shown = text if len(text) <= 40 else text[:40] + "..."
        raise CodecError(f"address {shown!r}; up to four numbers are wanted, each behind a slash, as /3/0/9")
    return Path.of(int(part) for part in text.split("/") if part)


@asked
@lru_cache(maxsize=1 << 14)
def step(at: tuple[int, ...], number: int) -> Path:
    """``at`` and one number more, which has to be an ``int``; kept, since addresses come again and again."""
    return Path.of((*at, number))


@asked
@lru_cache(maxsize=1 << 14)
def known(numbers: tuple[int, ...]) -> Path:
    """The address of these numbers, which have to be of type ``int``; kept, as ``step`` keeps it."""
    return Path.of(numbers)


ROOT: Final = Path()
