"""Versions of software, as a stated scheme: how they are read, which is later, and ranges of them.

A version is numbers between dots, perhaps after a ``v``, then perhaps a pre-release after ``-`` or letters, then
perhaps a build after ``+``:

- numbers compare as numbers, and zeros at the end do not count: 1.9 < 1.10, 2 == 2.0.0, v2 == 2;
- a pre-release comes before its release, and compares word by word: 2.0-alpha < 2.0-beta2 < 2.0-beta10 < 2.0rc1 < 2.0;
  a number comes before a word, and case does not count;
- a build does not count: 2.0+7 == 2.0.

That is the order of semver.org, but that digits within a word compare as numbers there too (it has beta10 before
beta9), and that case does not count.  Other text is no version.  As a bound, ``<3`` leaves out the
pre-releases of 3 too, since whoever asks for less than 3 does not mean a trial of it.

>>> version("2.0-rc1") < version("2.0") < version("2.0.1-beta")
True
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final, Self, TypeAlias

from dmkit.words.checked import Names, checked
from dmkit.words.errors import ConfigError

__all__ = ["SIGNS", "VersionKey", "VersionRange", "same", "version"]

SIGNS: Final = (">=", "<=", "==", "!=", "<", ">")
"""How a bound compares."""
VersionKey: TypeAlias = tuple[tuple[int, ...], tuple[tuple[int, int, str], ...]]
"""What versions compare by: the numbers, then the words of a pre-release."""

_VERSION: Final = re.compile(
    r"[vV]?([0-9]+(?:\.[0-9]+)*)(?:-?([A-Za-z][0-9A-Za-z]*(?:[.-][0-9A-Za-z]+)*)|-([0-9A-Za-z]+(?:[.-][0-9A-Za-z]+)*))?"
    r"(?:\+[0-9A-Za-z]+(?:[.-][0-9A-Za-z]+)*)?\Z"
)
_WORD: Final = re.compile(r"[0-9]+|[A-Za-z]+")
_BOUND: Final = re.compile(r"(>=|<=|==|!=|<|>)\s*(\S+)\Z")
_LONGEST: Final = 200
_RELEASE: Final = ((2, 0, ""),)  # after every pre-release


def version(text: str) -> VersionKey:
    """A version as it compares; ConfigError when ``text`` is none by the scheme.

    >>> version("2.10.0") > version("2.9"), version("v1.0+7") == version("1")
    (True, True)
    >>> version("latest")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: 'latest' is no version; 2.1, 2.1.0-rc1 or 2.1+7 is one
    """
    found = _VERSION.match(text) if len(text) <= _LONGEST else None
    if found is None:
        shown = text if len(text) <= _LONGEST else f"{text[:20]}..."
        raise ConfigError(f"{shown!r} is no version; 2.1, 2.1.0-rc1 or 2.1+7 is one")
    numbers = [int(digits) for digits in found[1].split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    trial = found[2] or found[3]
    if trial is None:
        return tuple(numbers), _RELEASE
    words = _WORD.findall(trial.lower())
    return tuple(numbers), tuple((0, int(w), "") if w.isdigit() else (1, 0, w) for w in words)


@checked
@dataclass(frozen=True, slots=True)
class VersionRange:
    """Bounds that a version keeps, ``>=2.1,<3``; without bounds any text, but some there must be.

    >>> [VersionRange.of("<3").takes(text) for text in ("2.9", "3.0-rc1", "3", "unknown", None)]
    [True, False, False, False, False]
    """

    bounds: tuple[tuple[Annotated[str, Names(lambda: SIGNS)], str], ...] = ()
    """Sign and version, all of which count."""

    def __post_init__(self) -> None:
        for _, bound in self.bounds:
            version(bound)

    @classmethod
    def of(cls, text: str) -> Self:
        """Read ``text``; ConfigError when it is none."""
        bounds = []
        for part in (p.strip() for p in text.split(",")) if text.strip() else ():
            found = _BOUND.match(part)
            try:
                version(found[2] if found else "")
            except ConfigError:
                raise ConfigError(f"{part!r} is no bound of a version; >=2.1 is one") from None
            assert found is not None
            bounds.append((found[1], found[2]))
        return cls(tuple(bounds))

    def takes(self, text: str | None) -> bool:
        """True when a component of version ``text`` is inside; never for None, which is "not installed".

        Text that is no version is inside no bound: nobody can say which is later.
        """
        if text is None:
            return False
        if not self.bounds:
            return True
        try:
            mine = version(text)
        except ConfigError:
            return False
        return all(_keeps(mine, sign, version(bound)) for sign, bound in self.bounds)

    def __str__(self) -> str:
        return ",".join(sign + bound for sign, bound in self.bounds)


def same(one: str | None, other: str | None) -> bool:
    """True when both say the same version, or the same text where they say none.

    >>> same("2.0", "v2"), same("odd", "odd"), same("2.0-rc1", "2.0"), same("2", None)
    (True, True, False, False)
    """
    if one is None or other is None or one == other:
        return one == other
    try:
        return version(one) == version(other)
    except ConfigError:
        return False


def _keeps(mine: VersionKey, sign: str, bound: VersionKey) -> bool:
    if sign == "<" and bound[1] == _RELEASE and mine[0] == bound[0]:
        return False  # a pre-release of the bound
    compare = {
        ">=": mine.__ge__, "<=": mine.__le__, "==": mine.__eq__, "!=": mine.__ne__, "<": mine.__lt__, ">": mine.__gt__,
    }  # fmt: skip
    return bool(compare[sign](bound))
