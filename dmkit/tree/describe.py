"""What nodes allow, apart from rights: the seam at which device descriptions (DDF) plug in.  [DMTND §6.2.5, §9]

>>> phone = Descriptions.of({"./DevInfo/*": Described(frozenset({Verb.GET}), permanent=True)})
>>> phone("./DevInfo/Man").permanent, phone("./Vendor").permanent
(True, False)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Self, TypeAlias

from dmkit.codes import Verb

__all__ = ["ANYTHING", "Describe", "Described", "Descriptions", "anything"]


@dataclass(frozen=True, slots=True)
class Described:
    """What one node allows.  ``access`` None: every command; ``permanent``: neither created nor deleted nor renamed."""

    access: frozenset[Verb] | None = None
    permanent: bool = False

    def takes(self, verb: Verb) -> bool:
        """True when AccessType lists ``verb``, or there is no AccessType."""
        return self.access is None or verb in self.access


Describe: TypeAlias = Callable[[str], Described]
"""From a URI to what the node there allows, whether it exists or not."""

_FREE: Final = Described()


def anything(uri: str) -> Described:
    """Every node allows everything."""
    return _FREE


ANYTHING: Final[Describe] = anything


@dataclass(frozen=True, slots=True)
class Descriptions:
    """A table of URIs, ``*`` for any one segment; the first row that matches counts, others are free."""

    rows: tuple[tuple[tuple[str, ...], Described], ...]

    @classmethod
    def of(cls, table: Mapping[str, Described]) -> Self:
        """Make it from a table of URI patterns."""
        return cls(tuple((tuple(uri.split("/")), described) for uri, described in table.items()))

    def __call__(self, uri: str) -> Described:
        """What the node at ``uri`` allows."""
        segments = uri.split("/")
        for pattern, described in self.rows:
            if len(pattern) == len(segments) and all(p in ("*", s) for p, s in zip(pattern, segments, strict=True)):
                return described
        return _FREE
