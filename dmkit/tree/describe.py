"""What nodes allow, apart from rights: the seam at which device descriptions (DDF) plug in.  [DMTND §6.2.5, §9]

>>> phone = Descriptions.of({"./DevInfo/*": Described(frozenset({Verb.GET}), permanent=True)})
>>> phone("./DevInfo/Man").permanent, phone("./DevInfo/Man").place, phone("./Vendor").permanent
(True, './DevInfo/*', False)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Final, Protocol, Self, TypeAlias

from dmkit.tree.uri import join
from dmkit.words.checked import checked
from dmkit.words.codes import Verb
from dmkit.words.ranges import Natural, Octets
from dmkit.words.records import dataclass

__all__ = [
    "ANYTHING", "UNKNOWN", "Describe", "Described", "Descriptions", "Steps", "anything", "described_at",
    "steps_at",
]  # fmt: skip


@checked
@dataclass(frozen=True, slots=True)
class Described:
    """What one node allows: the framework properties of a description.  The defaults allow everything.

    Commands refused by ``access``, ``permanent``, ``known`` or ``most`` are answered 405, formats, types and values
    415, longer values 413, properties that are not in ``properties`` 406.  [DMTND §9.4.3]
    """

    access: frozenset[Verb] | None = None
    """AccessType: the commands that the node takes; None for every command."""
    permanent: bool = False
    """Scope: neither created nor deleted nor renamed by servers, and of fixed format and type."""
    known: bool = True
    """False where no description matches: nothing can be made there."""
    place: str = ""
    """URI of the description, ``*`` for names given at run time; siblings of one place are counted together."""
    least: Natural = 0
    """Occurrence: how many there are below one parent at least (a finding, never a refusal)."""
    most: Natural | None = None
    """Occurrence: how many there may be below one parent; None for any number."""
    formats: frozenset[str] | None = None
    """DFFormat: the formats that a value may have, ``node`` for an interior node; None for any."""
    types: tuple[str, ...] = ()
    """DFType of a leaf: the MIME types it takes; none named, all are taken."""
    object_type: str = ""
    """DFType of an interior node: the identifier of the management object that begins here."""
    max_size: Octets | None = None
    """Longest value in octets."""
    check: Callable[[str], str] | None = None
    """Says why the text of a value is refused (out of range, not in a list ...), or nothing when it is fine."""
    case_sensitive: bool | None = None
    """CaseSense of the node's name; None leaves it to the device."""
    properties: frozenset[str] | None = None
    """RTProperties: the properties that the node has at run time; None for all that the device knows."""
    default: str | bytes | None = None
    """DefaultValue: what the maker puts there; a value as it is stored."""
    title: str = ""
    """DFTitle: a name for people."""
    description: str = ""
    """Description: what the node is for."""

    def takes(self, verb: Verb) -> bool:
        """True when AccessType lists ``verb``, or there is no AccessType."""
        return self.access is None or verb in self.access

    def lists(self, verb: Verb) -> bool:
        """True when there is an AccessType and it lists ``verb``."""
        return self.access is not None and verb in self.access


Describe: TypeAlias = Callable[[str], Described]
"""From a URI to what the node there allows, whether it exists or not.

It may have methods that save work: ``at`` takes the path of an address, ``cases`` that of a parent, and says which
values of ``case_sensitive`` nodes below it have."""


def described_at(describe: Describe, path: tuple[str, ...]) -> Described:
    """As ``describe`` says, for an address that is read already: one with a method ``at`` does not read it again.

    >>> described_at(ANYTHING, ("DevInfo", "Man")).known
    True
    """
    at: Callable[[tuple[str, ...]], Described] | None = getattr(describe, "at", None)
    return describe(join(path)) if at is None else at(path)


class Steps(Protocol):
    """What is said of a place, from which one goes on to the places below it, one name at a time."""

    described: Described

    def below(self, name: str) -> Self:
        """The place of a child."""
        ...


def steps_at(describe: Describe, path: tuple[str, ...]) -> Steps | None:
    """A place from which all that ``describe`` says of places below it can be reached; None: ask for each by itself.

    >>> steps_at(ANYTHING, ("DevInfo",)) is None
    True
    """
    steps: Callable[[tuple[str, ...]], Steps | None] | None = getattr(describe, "steps", None)
    return None if steps is None else steps(path)


_FREE: Final = Described()
UNKNOWN: Final = Described(known=False)
"""What a complete description says of a node that it does not know."""


def anything(uri: str) -> Described:
    """Every node allows everything."""
    return _FREE


ANYTHING: Final[Describe] = anything


_FEW: Final = 16
"""Rows that are looked at one after the other."""
_Table: TypeAlias = dict[int, dict[tuple[int, ...], dict[tuple[str, ...], int]]]
"""Numbers of rows by their length, by where they have names, by these names."""


@dataclass(frozen=True, slots=True)
class Descriptions:
    """A table of URIs, ``*`` for any one segment; the first row that matches counts, others are as ``otherwise``."""

    rows: tuple[tuple[tuple[str, ...], Described], ...]
    otherwise: Described = _FREE
    _table: _Table | None = field(default=None, init=False, repr=False, compare=False)
    _cases: frozenset[bool | None] | None = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, table: Mapping[str, Described], *, otherwise: Described = _FREE) -> Self:
        """Make it from a table of URI patterns; the pattern becomes the ``place`` of what has none."""
        rows = ((uri, d if d.place else replace(d, place=uri)) for uri, d in table.items())
        return cls(tuple((tuple(uri.split("/")), described) for uri, described in rows), otherwise)

    def __call__(self, uri: str) -> Described:
        """What the node at ``uri`` allows."""
        segments = uri.split("/")
        if len(self.rows) > _FEW:
            return self._looked_up(tuple(segments))
        for pattern, described in self.rows:
            if len(pattern) == len(segments) and all(p in ("*", s) for p, s in zip(pattern, segments, strict=True)):
                return described
        return self.otherwise

    def cases(self, parent: tuple[str, ...]) -> frozenset[bool | None]:
        """What is said of case in names, of all nodes together: where it counts for all, no two names are alike."""
        if self._cases is None:
            found = frozenset(described.case_sensitive for _, described in self.rows)
            object.__setattr__(self, "_cases", found | {self.otherwise.case_sensitive})
        assert self._cases is not None
        return self._cases

    def _looked_up(self, segments: tuple[str, ...]) -> Described:
        """The same where rows are many: those with stars at the same places are one table."""
        table = self._table
        if table is None:
            table = {}
            for number, (pattern, _) in enumerate(self.rows):
                named = tuple(at for at, segment in enumerate(pattern) if segment != "*")
                row = tuple(pattern[at] for at in named)
                table.setdefault(len(pattern), {}).setdefault(named, {}).setdefault(row, number)
            object.__setattr__(self, "_table", table)
        first = len(self.rows)
        for named, rows in table.get(len(segments), {}).items():
            first = min(first, rows.get(tuple(segments[at] for at in named), first))
        return self.rows[first][1] if first < len(self.rows) else self.otherwise
