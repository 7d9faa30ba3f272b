"""Two releases of a whole set of descriptions: what came, what went, what changed, as a changelog for people.

>>> from dmkit.windows.catalogue import DescriptionCatalogue
>>> from dmkit.windows.facts import EXAMPLE
>>> old = DescriptionCatalogue.of([("sample.xml", EXAMPLE)])
>>> third = b"<MSFT:Enum><MSFT:Value>2</MSFT:Value></MSFT:Enum></MSFT:AllowedValues>"
>>> new = DescriptionCatalogue.of([("sample.xml", EXAMPLE.replace(b"</MSFT:AllowedValues>", third))])
>>> [str(change) for change in changes(old, new)]
['./Device/Vendor/MSFT/Sample/Allow: allowed values: 2 came']
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from dmkit.windows.catalogue import DescriptionCatalogue
from dmkit.windows.entries import CatalogueEntry
from dmkit.words.asked import asked
from dmkit.words.counts import many

__all__ = ["ReleaseChange", "as_changelog", "changes"]

ReleaseChangeKind: TypeAlias = Literal["added", "removed", "deprecated", "changed"]


@dataclass(frozen=True, slots=True)
class ReleaseChange:
    """One difference: the node, its file, what became of it, in words."""

    kind: ReleaseChangeKind
    uri: str
    file: str
    says: str

    def __str__(self) -> str:
        return f"{self.uri}: {self.says}"


def _listed(old: tuple[str, ...], new: tuple[str, ...]) -> str:
    came, went = [v for v in new if v not in old], [v for v in old if v not in new]
    parts = [f"{', '.join(values[:10])}{', ...' if len(values) > 10 else ''} {word}"
             for values, word in ((came, "came"), (went, "went")) if values]  # fmt: skip
    return "; ".join(parts)


def _plain(old: object, new: object) -> str:
    return f"{old or 'nothing'} -> {new or 'nothing'}"


def _access(entry: CatalogueEntry) -> tuple[str, ...]:
    return tuple(sorted(verb.value for verb in entry.node.access or ()))


_FIELDS: Final[Mapping[str, tuple[Callable[[CatalogueEntry], object], Callable[..., str]]]] = MappingProxyType(
    {
        "format": (lambda e: e.node.format.value if e.node.format else "", _plain),
        "AccessType": (_access, _listed),
        "allowed values": (lambda e: e.facts.values, _listed),
        "kind of values": (lambda e: e.facts.kind, _plain),
        "range or pattern": (lambda e: e.facts.text, _plain),
        "DefaultValue": (lambda e: e.node.default or "", _plain),
        "first build": (lambda e: e.facts.since, _plain),
        "builds": (lambda e: e.facts.builds if len(e.facts.builds) > 1 else (), _listed),
        "editions": (lambda e: e.facts.editions, _listed),
        "template": (lambda e: e.facts.admx.name if e.facts.admx else "", _plain),
        "names of instances": (lambda e: e.facts.name_pattern, _plain),
        "depends on": (lambda e: tuple(sorted(n.uri for n in e.facts.needs)), _listed),
        "occurrence": (lambda e: str(e.node.occurs), _plain),
        "scope": (lambda e: "Permanent" if e.node.is_permanent else "Dynamic", _plain),
    }
)


@asked
def changes(old: DescriptionCatalogue, new: DescriptionCatalogue) -> tuple[ReleaseChange, ...]:
    """Every difference, by address; of what came or went as a whole, the topmost node speaks for those below it."""
    return tuple(sorted(_changes(old, new), key=lambda change: (change.uri.lower(), change.kind, change.says)))


def _changes(old: DescriptionCatalogue, new: DescriptionCatalogue) -> Iterator[ReleaseChange]:
    for kind, here, there, says in (("added", new, old, "added"), ("removed", old, new, "removed")):
        gone = {uri for uri in here.entries if uri not in there.entries}
        below = Counter(top for uri in gone if (top := _top(uri, gone)) != uri)
        for uri in gone:
            if _top(uri, gone) == uri:
                entry = here.entries[uri]
                more = f", with {many(below[uri], 'node')} below" if below[uri] else ""
                yield ReleaseChange(kind, entry.uri, entry.file, says + more)  # type: ignore[arg-type]
    for uri, entry in new.entries.items():
        before = old.entries.get(uri)
        if before is None:
            continue
        if entry.facts.deprecated and not before.facts.deprecated:
            since = "" if entry.facts.deprecated == "yes" else f" since {entry.facts.deprecated}"
            yield ReleaseChange("deprecated", entry.uri, entry.file, f"deprecated{since}")
        elif before.facts.deprecated and not entry.facts.deprecated:
            yield ReleaseChange("changed", entry.uri, entry.file, "no longer deprecated")
        for name, (read, say) in _FIELDS.items():
            was, now = read(before), read(entry)
            if was != now:
                yield ReleaseChange("changed", entry.uri, entry.file, f"{name}: {say(was, now) or 'in another order'}")


def _top(uri: str, gone: set[str]) -> str:
    parts = uri.split("/")
    return next(("/".join(parts[:n]) for n in range(2, len(parts)) if "/".join(parts[:n]) in gone), uri)


_TITLES: Final = {"added": "Added", "removed": "Removed", "deprecated": "Deprecated", "changed": "Changed"}


@asked
def as_changelog(found: tuple[ReleaseChange, ...], old: str = "the old set", new: str = "the new one") -> str:
    """A changelog in Markdown: counts, then by kind and file."""
    counts = Counter[str](change.kind for change in found)
    summary = ", ".join(f"{counts[kind]} {kind}" for kind in _TITLES if counts[kind]) or "nothing changed"
    lines = [f"# From {old} to {new}", "", f"{summary[0].upper()}{summary[1:]}."]
    for kind, title in _TITLES.items():
        own = [change for change in found if change.kind == kind]
        if own:
            lines += ["", f"## {title}"]
        for file in sorted({change.file for change in own}):
            lines += ["", f"### {file.rpartition('/')[2]}", ""]
            lines += [f"- `{change.uri}`: {change.says}" for change in own if change.file == file]
    return "\n".join(lines) + "\n"
