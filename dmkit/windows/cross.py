"""What is wrong between the files of a set of descriptions: nodes described twice, dependencies on nothing, and more.

>>> from dmkit.windows.catalogue import DescriptionCatalogue
>>> from dmkit.windows.facts import EXAMPLE
>>> cross_lint(DescriptionCatalogue.of([("sample.xml", EXAMPLE)]))
()
>>> twice = DescriptionCatalogue.of([("a.xml", EXAMPLE), ("b.xml", EXAMPLE)])
>>> [finding.rule for finding in cross_lint(twice)]
['twice']
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from dmkit.windows.builds import is_unreleased, version
from dmkit.windows.catalogue import DescriptionCatalogue
from dmkit.windows.entries import CatalogueEntry, segments_of
from dmkit.words.asked import asked

__all__ = ["CROSS_RULES", "CrossFinding", "cross_lint"]

CROSS_RULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "twice": "a leaf that two files describe",
        "no parent": "a node whose parent no file describes",
        "needs nothing": "a dependency on a node that no file describes",
        "needs a value": "a dependency on a value that the node it names does not take",
        "needs later": "a dependency on a node of a later build",
        "default": "a DefaultValue that the allowed values do not have",
        "earlier than its parent": "a build that is earlier than that of the node above",
        "no template": "a policy that names no template",
    }
)
"""Rule -> what it finds."""


@dataclass(frozen=True, slots=True)
class CrossFinding:
    """One thing that was found: rule, node, file, in words."""

    rule: str
    uri: str
    file: str
    says: str

    def __str__(self) -> str:
        return f"{self.file}: {self.rule}: {self.uri}: {self.says}"


@asked
def cross_lint(catalogue: DescriptionCatalogue) -> tuple[CrossFinding, ...]:
    """Everything that is wrong between descriptions, by file and address."""
    found = [*_twice(catalogue), *(f for entry in catalogue.entries.values() for f in _entry(entry, catalogue))]
    return tuple(sorted(found, key=lambda f: (f.file, f.uri.lower(), f.rule)))


def _twice(catalogue: DescriptionCatalogue) -> Iterator[CrossFinding]:
    for entry in catalogue.doubled:
        first = catalogue.entries[entry.uri.lower()]
        if not entry.node.is_interior or not first.node.is_interior:
            yield CrossFinding("twice", entry.uri, entry.file, f"{first.file} describes it, too")


def _entry(entry: CatalogueEntry, catalogue: DescriptionCatalogue) -> Iterator[CrossFinding]:
    def found(rule: str, says: str) -> CrossFinding:
        return CrossFinding(rule, entry.uri, entry.file, says)

    node, facts = entry.node, entry.facts
    names = segments_of(entry.uri)
    parent = catalogue.entries.get("./" + "/".join(names[:-1]).lower())
    if parent is None and len(names) > 4:
        yield found("no parent", f"./{'/'.join(names[:-1])} is not described")
    mine, above = _first(facts.builds), _first(() if parent is None else parent.facts.builds)
    if mine and above and version(mine) < version(above):
        yield found("earlier than its parent", f"{mine}, and {above} above")
    if (
        node.default
        and not node.is_interior
        and facts.kind not in ("ADMX", "XSD", "JSON")
        and facts.wrong(node.default)
    ):
        yield found("default", facts.wrong(node.default))
    if facts.kind == "ADMX" and (facts.admx is None or not facts.admx.name or not facts.admx.file):
        yield found("no template", "AdmxBacked has no File or no Name")
    for need in facts.needs:
        target = catalogue.find(need.uri).entry
        if target is None:
            near = catalogue.find(need.uri).nearest
            yield found("needs nothing", f"{need.uri} is not described{f'; near: {near[0]}' if near else ''}")
            continue
        for value in need.values:
            if why := target.facts.wrong(value):
                yield found("needs a value", f"{need.uri}: {why}")
        own, since = _first(catalogue.builds(entry)), _first(catalogue.builds(target))
        if own and since and version(since) > version(own):
            yield found("needs later", f"{need.uri} came with {since}, this with {own}")


def _first(builds: Iterable[str]) -> str:
    """The earliest build, updates counted; empty where none has it."""
    return min((build for build in builds if not is_unreleased(build)), key=version, default="")
