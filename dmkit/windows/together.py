"""What several commands, and several profiles, do to each other: one node written twice, dependencies on others.

A file needs little of the others: ``summary`` is what they have to know of it, ``across`` reads all summaries and says
to each file what it must know, ``cross_findings`` makes sentences of that.  So files can be looked at in several
processes.

>>> from dmkit.windows.catalogue import DescriptionCatalogue
>>> from dmkit.windows.facts import EXAMPLE
>>> from dmkit.windows.profiles import read_profile
>>> catalogue = DescriptionCatalogue.of([("sample.xml", EXAMPLE)])
>>> text = "<Replace><Item><Target><LocURI>./Vendor/MSFT/Sample/Allow</LocURI></Target><Data>{}</Data></Item></Replace>"
>>> both = [read_profile(f"{n}.xml", text.format(n).encode()) for n in (0, 1)]
>>> found = lint_together([one for profile in both for one in writes(profile, catalogue)], LintOptions(), ())
>>> [(finding.rule, finding.file) for finding in found]
[('twice', '1.xml')]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final, NamedTuple, TypeAlias

from dmkit.windows.catalogue import DescriptionCatalogue
from dmkit.windows.entries import segments_of
from dmkit.windows.facts import Dependency, spelt_as_one
from dmkit.windows.intended import WindowsProfile
from dmkit.windows.lint_rules import RULES, LintFinding, LintOptions, LintSeverity
from dmkit.words.asked import asked
from dmkit.words.records import repr_in_order

__all__ = [
    "Across",
    "Echo",
    "EchoRow",
    "FileSummary",
    "Written",
    "across",
    "cross_findings",
    "echoed",
    "graded",
    "lint_together",
    "lowered",
    "summary",
    "writes",
]

_NAMED: Final = re.compile(r"[\[{].*[\]}]")
"""A name given at run time, as a dependency writes it."""


class Written(NamedTuple):
    """A value that a profile writes: where it says so, on which node, on what that depends and with which defaults.

    ``key`` is the address in small letters; ``deletes``: it takes the node away, with what is below.
    """

    file: str
    line: int
    uri: str
    key: str
    data: str | None
    needs: tuple[tuple[Dependency, str | None], ...] = ()
    conflict: str = ""
    appends: bool = False
    deletes: bool = False


class FileSummary(NamedTuple):
    """What other files have to know of one: key, line, value, appends and deletes of all that it writes, and the keys
    of nodes whose values it wants to know."""

    file: str
    rows: tuple[tuple[str, int, str | None, bool, bool], ...]
    wants: frozenset[str]

    def __repr__(self) -> str:
        return repr_in_order(self)


class Echo(NamedTuple):
    """What was written before to the node of row ``at``: where, and what, as it is shown (empty: the same)."""

    at: int
    file: str
    line: int
    shown: str


EchoRow: TypeAlias = tuple[int, str, int, str]
"""An ``Echo`` as a bare row."""


class Across(NamedTuple):
    """What each file, in their order, must know of all: echoes of its rows, and the values that are wanted."""

    echoes: tuple[tuple[Echo, ...], ...]
    values: Mapping[str, str | None]


@asked
def lowered(uri: str) -> tuple[str, ...]:
    """The names of an address in small letters, as Windows compares them."""
    return segments_of(uri.lower(), "device")


@asked
def writes(profile: WindowsProfile, catalogue: DescriptionCatalogue) -> list[Written]:
    """What ``profile`` writes."""
    found = []
    for command in profile.commands:
        uri = command.uri.strip()
        if not uri or command.verb not in ("Add", "Replace", "Delete"):
            continue
        key = "/".join(lowered(uri))
        if command.verb == "Delete":
            found.append(Written(command.file, command.line, uri, key, None, deletes=True))
            continue
        entry = catalogue.find(re.sub(r"\s+", "", uri)).entry
        data = command.data
        if data is not None and entry is not None:
            data = spelt_as_one(data, entry.node.format)
        one = Written(command.file, command.line, uri, key, data)
        if entry is not None and not entry.node.is_interior:
            facts = entry.facts
            if facts.needs or facts.conflict or facts.replaces:
                needs = tuple((need, _default(need.uri, catalogue)) for need in facts.needs)
                one = one._replace(needs=needs, conflict=facts.conflict, appends=facts.replaces.lower() == "append")
        found.append(one)
    return found


def _default(uri: str, catalogue: DescriptionCatalogue) -> str | None:
    entry = catalogue.find(uri).entry
    return None if entry is None else entry.node.default


@asked
def summary(file: str, written: Iterable[Written]) -> FileSummary:
    """What others have to know of what ``file`` writes."""
    written = tuple(written)
    return FileSummary(
        file,
        tuple((one.key, one.line, one.data, one.appends, one.deletes) for one in written),
        frozenset(_bound(need.uri, one.key) for one in written for need, _ in one.needs),
    )


@asked
def across(files: Sequence[FileSummary]) -> Across:
    """What each of ``files``, in their order, must know of all."""
    echoes, values = echoed(files)
    return Across(tuple(tuple(map(Echo._make, own)) for own in echoes), values)


@asked
def echoed(files: Sequence[FileSummary]) -> tuple[list[list[EchoRow]], dict[str, str | None]]:
    """As ``across``, in rows that travel between processes at a third of the cost.

    One pass over what all files write, in their order.

    What is written after a Delete is a new value in that file; of files nobody knows the order, so there it is told.  A
    value that is wanted is the last one that was written and not deleted.
    """
    last: dict[str, tuple[str, int, str | None, int]] = {}
    deleted: dict[str, int] = {}
    deleted_in: dict[tuple[str, str], int] = {}
    number = 0
    echoes = []
    for file, rows, _ in files:
        own: list[EchoRow] = []
        for at, (key, line, data, appends, deletes) in enumerate(rows):
            number += 1
            if deletes:
                deleted[key] = deleted_in[file, key] = number
                continue
            before = last.get(key)
            if before is not None and deleted:
                own_deletes = (deleted_in.get((before[0], above), 0) for above in _and_above(key))
                before = None if any(when > before[3] for when in own_deletes) else before
            if before is not None and not (before[2] == data and before[0] == file):
                if before[2] == data:
                    own.append((at, before[0], before[1], ""))
                elif not appends:
                    own.append((at, before[0], before[1], f"{before[2]!r:.40}"))
            last[key] = (file, line, data, number)
        echoes.append(own)
    values = {}
    for key in sorted(frozenset().union(*(each.wants for each in files))):
        if (known := last.get(key)) is not None:
            gone = deleted and any(deleted.get(above, 0) > known[3] for above in _and_above(key))
            values[key] = None if gone else known[2]
    return echoes, values


def _and_above(key: str) -> Iterator[str]:
    """A key, and those of the nodes above."""
    while key:
        yield key
        key = key.rpartition("/")[0]


@asked
def cross_findings(
    written: Sequence[Written], echoes: Iterable[Echo | EchoRow], values: Mapping[str, str | None]
) -> list[LintFinding]:
    """What is wrong with what one file writes, beside others."""
    found = []
    for at, file, line, shown in echoes:
        one = written[at]
        if shown:
            text = f"{shown} stands in {file}:{line}, {one.data!r:.40} here"
            right = f"of several sources the device takes {one.conflict}" if one.conflict else ""
            found.append(LintFinding("twice", "error", one.file, one.line, one.uri, text, right))
        else:
            found.append(LintFinding("duplicate", "error", one.file, one.line, one.uri, f"{file}:{line} says the same"))
    return found + [finding for one in written if one.needs for finding in _dependencies(one, values)]


@asked
def lint_together(
    written: Iterable[Written], options: LintOptions, found: Iterable[LintFinding]
) -> tuple[LintFinding, ...]:
    """What several profiles do to each other, beside what was ``found`` in each; weighed and in order."""
    files = [(file, tuple(each)) for file, each in groupby(written, lambda one: one.file)]
    all_echoes, values = echoed([summary(file, each) for file, each in files])
    more = [
        finding
        for (_, each), echoes in zip(files, all_echoes, strict=True)
        for finding in cross_findings(each, echoes, values)
    ]
    return graded([*found, *more], options)


@asked
def graded(found: Iterable[LintFinding], options: LintOptions) -> tuple[LintFinding, ...]:
    """The findings, each as grave as its rule is, in order of files and lines; those that are off are left out."""
    told = dict(options.severities)
    kept = []
    for finding in found:
        severity = told.get(finding.rule) or _usual(finding)
        if severity == finding.severity:
            kept.append(finding)
        elif severity != "off":
            kept.append(replace(finding, severity=severity))  # type: ignore[arg-type]
    return tuple(sorted(kept, key=lambda f: (f.file, f.line, f.rule, f.text)))


def _usual(finding: LintFinding) -> LintSeverity:
    """How grave it is where nobody says otherwise: as its rule, or less where the finding says so itself."""
    usual = RULES[finding.rule].severity
    return finding.severity if finding.severity == "info" or usual == "error" else usual


def _dependencies(one: Written, values: Mapping[str, str | None]) -> Iterator[LintFinding]:
    """Of the dependencies of a group one must hold, and that for every group."""
    groups: dict[str, list[LintFinding | None]] = {}
    for need, default in one.needs:
        value = values.get(_bound(need.uri, one.key))
        groups.setdefault(need.group, []).append(_broken(one, need, value, default))
        if value is not None and need.met(value) and (why := _changed(one, need)):
            text = f"{why}, since {need.uri} is {value!r:.40}"
            yield LintFinding("value", "error", one.file, one.line, one.uri, text)
    for group in groups.values():
        broken = [finding for finding in group if finding is not None]
        if len(broken) == len(group):
            yield next((finding for finding in broken if finding.severity == "info"), broken[0])


def _broken(one: Written, need: Dependency, value: str | None, default: str | None) -> LintFinding | None:
    """What is to be said of a dependency that does not hold."""
    if need.met(value) or need.changed is not None:  # one that changes what is allowed is no condition
        return None
    severity: LintSeverity = "error"
    is_now = "is not set here" if value is None else f"is {value!r:.40}"
    if value is None and default is not None and need.met(default):
        severity, is_now = "info", f"is not set here; its default {default!r:.40} would do"
    return LintFinding("dependency", severity, one.file, one.line, one.uri, f"{need.uri} {is_now}; {need.wanted}")


def _changed(one: Written, need: Dependency) -> str:
    """Why a value is not taken since a dependency holds; empty when it is."""
    return "" if need.changed is None or one.data is None else need.changed.wrong(one.data.strip())


def _bound(uri: str, own: str) -> str:
    """The key of a dependency: where a name is given at run time, that of the node which depends on it."""
    names = own.split("/")
    return "/".join(
        names[at] if _NAMED.fullmatch(name) and at < len(names) else name for at, name in enumerate(lowered(uri))
    )
