"""Many descriptions as one set: what an address means, and which are near.

Names compare without regard to case, since that is how Windows finds a node; a name that differs in case only is told.

>>> from dmkit.windows.facts import EXAMPLE
>>> catalogue = DescriptionCatalogue.of([("sample.xml", EXAMPLE)])
>>> catalogue.find("./Device/Vendor/MSFT/Sample/Allow").entry.uri
'./Device/Vendor/MSFT/Sample/Allow'
>>> catalogue.find("./Vendor/MSFT/Sample/Alow").nearest
('./Device/Vendor/MSFT/Sample/Allow',)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final, TypeVar

from dmkit.ddf.reader import read
from dmkit.ddf.spec import Spec
from dmkit.windows.builds import allows, first_of, has
from dmkit.windows.entries import CatalogueEntry, CatalogueMatch, segments_of
from dmkit.windows.facts import Facts
from dmkit.words.asked import asked
from dmkit.words.codes import Format
from dmkit.words.errors import ConfigError, DdfError

__all__ = [
    "DescriptionCatalogue",
]

T = TypeVar("T")


SCOPES: Final = ("User", "Device")


_STANDARD: Final = frozenset({"devinfo", "devdetail", "dmacc", "inbox", "syncml"})


_SPELT: Final = {"device": "Device", "user": "User", "vendor": "Vendor", "msft": "MSFT"}
"""Names above the providers, which no description spells."""


@dataclass(slots=True)
class _Branch:
    children: dict[str, _Branch] = field(default_factory=dict)
    entry: CatalogueEntry | None = None


class DescriptionCatalogue:
    """Descriptions that are searched by address.  Made once, then only read."""

    @asked
    def __init__(self, specs: Iterable[tuple[str, Spec]]) -> None:
        self.files: list[str] = []
        self.entries: dict[str, CatalogueEntry] = {}
        self.doubled: list[CatalogueEntry] = []
        self._root = _Branch()
        self._above: dict[str, tuple[CatalogueEntry, ...]] = {}
        for file, spec in specs:
            self.files.append(file)
            for place in spec.walk():
                self._add(CatalogueEntry("./" + "/".join(segments_of(place.uri)), place.node, file))

    @classmethod
    @asked
    def of_entries(cls, files: Iterable[str], entries: Iterable[CatalogueEntry]) -> DescriptionCatalogue:
        """From entries that are there already, and the names of their files."""
        made = cls(())
        made.files = list(files)
        for entry in entries:
            made._add(entry)
        return made

    @classmethod
    @asked
    def of(cls, files: Iterable[tuple[str, bytes]]) -> DescriptionCatalogue:
        """From names and octets of description files; DdfError names the file that is none."""

        def specs() -> Iterator[tuple[str, Spec]]:
            for name, data in files:
                try:
                    yield name, read(data)
                except DdfError as error:
                    raise DdfError(f"{name}: {error.reason}", line=error.line) from None

        made = cls(specs())
        if not made.entries:
            raise ConfigError("there is no description among the files")
        return made

    def _add(self, entry: CatalogueEntry) -> None:
        branch = self._root
        for name in segments_of(entry.uri):
            branch = branch.children.setdefault(name.lower(), _Branch())
        branch.entry = entry
        if self.entries.setdefault(entry.uri.lower(), entry) is not entry:
            self.doubled.append(entry)

    def __len__(self) -> int:
        return len(self.entries)

    def find(self, uri: str) -> CatalogueMatch:
        """What an address leads to; a name that is described goes before one that is given at run time."""
        names = segments_of(uri)
        spelt = "./" + "/".join(names)
        same = self.entries.get(spelt.lower())
        if same is not None and same.uri == spelt:
            return CatalogueMatch(same)
        found = self._walk(self._root, names, (), ())
        if found is not None:
            path, run_time, entry = found
            respelt = "./" + "/".join(path)
            return CatalogueMatch(entry, "" if segments_of(respelt) == names else respelt, run_time)
        deepest = self._deepest(names)
        return CatalogueMatch(None, nearest=self._nearest(names, deepest), deepest="./" + "/".join(names[:deepest]))

    def _walk(
        self,
        branch: _Branch,
        names: tuple[str, ...],
        path: tuple[str, ...],
        run_time: tuple[tuple[str, CatalogueEntry], ...],
    ) -> tuple[tuple[str, ...], tuple[tuple[str, CatalogueEntry], ...], CatalogueEntry] | None:
        if not names:
            return None if branch.entry is None else (path, run_time, branch.entry)
        name = names[0]
        exact = branch.children.get(name.strip().lower())
        if exact is not None:
            shown = segments_of(exact.entry.uri)[-1] if exact.entry is not None else name.strip()
            found = self._walk(exact, names[1:], (*path, shown), run_time)
            if found is not None or exact.entry is not None:
                return found  # a name that is described is not one that is given at run time
        given = branch.children.get("*")
        if given is not None and given.entry is not None and name != "*":
            return self._walk(given, names[1:], (*path, name), (*run_time, (name, given.entry)))
        return None

    def _deepest(self, names: tuple[str, ...]) -> int:
        branch, depth = self._root, 0
        for name in names:
            below = branch.children.get(name.strip().lower()) or branch.children.get("*")
            if below is None:
                break
            branch, depth = below, depth + 1
        return depth

    def _nearest(self, names: tuple[str, ...], depth: int, most: int = 3) -> tuple[str, ...]:
        """Addresses with the name that is wrong replaced by a near one; the other scope, where the path is there."""
        if not names:
            return ()
        for scope in SCOPES:
            other = (scope, *names[1:])
            there = self._walk(self._root, other, (), ()) if names[0] in SCOPES and other != names else None
            if there is not None and self.general(CatalogueMatch(there[2], names=there[1])) is None:
                return ("./" + "/".join(other),)
        branch = self._root
        for name in names[:depth]:
            branch = branch.children.get(name.strip().lower()) or branch.children["*"]
        if depth >= len(names):
            return ()
        known = {key: below for key, below in branch.children.items() if key != "*"}
        near = get_close_matches(names[depth].strip().lower(), list(known), most, 0.6)
        found = []
        for key in near:
            entry = known[key].entry
            shown = segments_of(entry.uri)[-1] if entry is not None else _SPELT.get(key, key)
            found.append("./" + "/".join((*names[:depth], shown, *names[depth + 1 :])))
        return tuple(uri for uri in found if self._deepest(segments_of(uri)) > depth)

    def is_outside(self, uri: str) -> bool:
        """Whether ``uri`` is of a standard object of which the set has no description at all.

        >>> from dmkit.windows.facts import EXAMPLE
        >>> made = DescriptionCatalogue.of([("s", EXAMPLE)])
        >>> made.is_outside("./DevInfo/DevId"), made.is_outside("./Vendor/MSFT/Nothing")
        (True, False)
        """
        names = segments_of(uri)
        return bool(names) and names[0].lower() in _STANDARD and names[0].lower() not in self._root.children

    def beside(self, entry: CatalogueEntry) -> tuple[str, ...]:
        """The names that are described beside a name given at run time, in small letters."""
        branch = self._root
        for name in segments_of(entry.uri)[:-1]:
            branch = branch.children[name.lower()]
        return tuple(name for name in branch.children if name != "*")

    def general(self, match: CatalogueMatch) -> tuple[str, CatalogueEntry] | None:
        """The name in ``match`` that only a general description has (without a format of its own): an area of policies
        that a template brought, one whose description is not here, or a mistake."""
        if match.entry is None or match.entry.node.format is not Format.NULL:
            return None
        for name, entry in match.names:
            if entry.facts.naming == "ClientInventory":
                return name, entry
        return None

    def other_scope(self, uri: str) -> str:
        """The same address in the other scope, where that is described by its names; else empty."""
        names = segments_of(uri)
        if not names or names[0] not in SCOPES:
            return ""
        other = "./" + "/".join((SCOPES[1 - SCOPES.index(names[0])], *names[1:]))
        found = self.find(other)
        return other if found.entry is not None and self.general(found) is None else ""

    def spelling(self, entry: CatalogueEntry, name: str) -> str:
        """How a name beside ``entry`` is spelt."""
        beside = self.entries.get("./" + "/".join((*segments_of(entry.uri)[:-1], name)).lower())
        return name if beside is None else segments_of(beside.uri)[-1]

    def leads_on(self, path: Sequence[str]) -> bool:
        """Whether something is described below ``path``."""
        return self._deepest(segments_of("./" + "/".join(path))) == len(path)

    def above(self, entry: CatalogueEntry) -> tuple[CatalogueEntry, ...]:
        """The described nodes above ``entry``, from the outside."""
        known = self._above.get(entry.uri)
        if known is None:
            names = segments_of(entry.uri)
            places = ("./" + "/".join(names[:depth]).lower() for depth in range(1, len(names)))
            known = self._above[entry.uri] = tuple(self.entries[p] for p in places if p in self.entries)
        return known

    def _nearest_that_says(self, entry: CatalogueEntry, read: Callable[[Facts], T]) -> T | None:
        """What ``entry`` says, or the nearest node above that says something: it is inherited.  [ddf v2 schema]"""
        near = (read(each.facts) for each in (entry, *reversed(self.above(entry))))
        return next((content for content in near if content), None)

    def builds(self, entry: CatalogueEntry) -> tuple[str, ...]:
        """The builds that brought ``entry``; empty when nothing is said."""
        return self._nearest_that_says(entry, lambda facts: facts.builds) or ()

    def since(self, entry: CatalogueEntry) -> str:
        """The build to name of those; empty when nothing is said."""
        return first_of(self.builds(entry))

    def editions(self, entry: CatalogueEntry) -> tuple[str, ...]:
        """The editions of ``entry``; empty for all."""
        return self._nearest_that_says(entry, lambda facts: facts.editions) or ()

    def deprecated(self, entry: CatalogueEntry) -> str:
        """Since which build ``entry`` is deprecated; ``yes`` where no build is said, else empty."""
        return self._nearest_that_says(entry, lambda facts: facts.deprecated) or ""

    def wants_atomic(self, entry: CatalogueEntry) -> bool:
        """Whether ``entry``, or a node above, is to be changed within an Atomic."""
        return entry.facts.atomic or any(above.facts.atomic for above in self.above(entry))

    def applies(self, entry: CatalogueEntry, build: str = "", edition: str = "") -> bool:
        """Whether a device of that build and edition has the node; what is not given is not asked."""
        builds, editions = self.builds(entry), self.editions(entry)
        if build and builds and not has(build, builds):
            return False
        return not edition or not editions or allows(editions, edition)

    def search(self, words: str, most: int = 50) -> tuple[CatalogueEntry, ...]:
        """Entries whose address, title or description has every word, addresses first.

        >>> from dmkit.windows.facts import EXAMPLE
        >>> [entry.uri for entry in DescriptionCatalogue.of([("s", EXAMPLE)]).search("sample allow")]
        ['./Device/Vendor/MSFT/Sample/Allow']
        """
        wanted = [word.lower() for word in words.split()]
        if not wanted:
            return ()
        ranked: list[tuple[int, str, CatalogueEntry]] = []
        for entry in self.entries.values():
            uri = entry.uri.lower()
            text = f"{entry.node.title or ''} {entry.node.description or ''}".lower()
            if all(word in uri or word in text for word in wanted):
                outside = sum(word not in uri for word in wanted)
                ranked.append((outside, entry.uri, entry))
        return tuple(entry for _, _, entry in sorted(ranked, key=lambda row: row[:2])[:most])

    @property
    def by_file(self) -> Mapping[str, tuple[CatalogueEntry, ...]]:
        """File -> its entries, in order."""
        found: dict[str, list[CatalogueEntry]] = {}
        for entry in self.entries.values():
            found.setdefault(entry.file, []).append(entry)
        return {file: tuple(entries) for file, entries in found.items()}
