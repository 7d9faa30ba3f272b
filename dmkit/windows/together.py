"""What several commands, and several profiles, do to each other: one node written twice, dependencies on others.

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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from dmkit.windows.catalogue import DescriptionCatalogue
from dmkit.windows.entries import segments_of
from dmkit.windows.facts import Dependency
from dmkit.windows.intended import WindowsProfile
from dmkit.windows.lint_rules import RULES, LintFinding, LintOptions, LintSeverity

__all__ = ["Written", "lint_together", "lowered", "writes"]

_NAMED: Final = re.compile(r"[\[{].*[\]}]")
"""A name given at run time, as a dependency writes it."""


class Written(NamedTuple):
    """A value that a profile writes: where it says so, on which node, on what that depends and with which defaults.

    ``deletes``: it takes the node away, with what is below.
    """

    file: str
    line: int
    uri: str
    key: tuple[str, ...]
    data: str | None
    needs: tuple[tuple[Dependency, str | None], ...] = ()
    conflict: str = ""
    appends: bool = False
    deletes: bool = False


def lowered(uri: str) -> tuple[str, ...]:
    """The names of an address in small letters, as Windows compares them."""
    return tuple(name.lower() for name in segments_of(uri))


def writes(profile: WindowsProfile, catalogue: DescriptionCatalogue) -> list[Written]:
    """What ``profile`` writes: all that ``lint_together`` needs to know of it."""
    found = []
    for command in profile.commands:
        if command.verb == "Delete" and command.uri.strip():
            uri = command.uri.strip()
            found.append(Written(command.file, command.line, uri, lowered(uri), None, deletes=True))
        if command.verb in ("Add", "Replace") and command.uri.strip():
            entry = catalogue.find(re.sub(r"\s+", "", command.uri)).entry
            uri = command.uri.strip()
            one = Written(command.file, command.line, uri, lowered(uri), command.data)
            if entry is not None and not entry.node.is_interior:
                facts = entry.facts
                needs = tuple((need, _default(need.uri, catalogue)) for need in facts.needs)
                one = one._replace(needs=needs, conflict=facts.conflict, appends=facts.replaces.lower() == "append")
            found.append(one)
    return found


def _default(uri: str, catalogue: DescriptionCatalogue) -> str | None:
    entry = catalogue.find(uri).entry
    return None if entry is None else entry.node.default


def lint_together(
    written: Iterable[Written], options: LintOptions, found: Iterable[LintFinding]
) -> tuple[LintFinding, ...]:
    """What several profiles do to each other, beside what was ``found`` in each; weighed and in order."""
    written = tuple(written)
    found = [*found, *_twice(written), *_dependencies(written)]
    told = dict(options.severities)
    graded = [
        replace(finding, severity=told.get(finding.rule) or _usual(finding))  # type: ignore[arg-type]
        for finding in found
    ]
    return tuple(sorted((f for f in graded if f.severity != "off"), key=lambda f: (f.file, f.line, f.rule, f.text)))


def _usual(finding: LintFinding) -> LintSeverity:
    """How grave it is where nobody says otherwise: as its rule, or less where the finding says so itself."""
    usual = RULES[finding.rule].severity
    return finding.severity if finding.severity == "info" or usual == "error" else usual


def _twice(written: Iterable[Written]) -> Iterator[LintFinding]:
    last: dict[tuple[str, ...], Written] = {}
    for one in written:
        if one.deletes:  # what is written after it is a new value, in that file; of files nobody knows the order
            last = {key: each for key, each in last.items() if each.file != one.file or not _is_below(key, one.key)}
            continue
        before = last.get(one.key)
        if before is not None and before.data != one.data and not one.appends:
            text = f"{before.data!r:.40} stands in {before.file}:{before.line}, {one.data!r:.40} here"
            right = f"of several sources the device takes {one.conflict}" if one.conflict else ""
            yield LintFinding("twice", "error", one.file, one.line, one.uri, text, right)
        elif before is not None and before.data == one.data and before.file != one.file:
            yield LintFinding(
                "duplicate", "error", one.file, one.line, one.uri, f"{before.file}:{before.line} says the same"
            )
        last[one.key] = one


def _is_below(key: tuple[str, ...], above: tuple[str, ...]) -> bool:
    return key[: len(above)] == above


def _dependencies(written: Sequence[Written]) -> Iterator[LintFinding]:
    """Of the dependencies of a group one must hold, and that for every group."""
    values: dict[tuple[str, ...], str | None] = {}
    for one in written:
        if one.deletes:
            values = {key: value for key, value in values.items() if not _is_below(key, one.key)}
        else:
            values[one.key] = one.data
    for one in written:
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


def _bound(uri: str, own: tuple[str, ...]) -> tuple[str, ...]:
    """The names of a dependency: where a name is given at run time, that of the node which depends on it."""
    names = lowered(uri)
    return tuple(own[at] if _NAMED.fullmatch(name) and at < len(own) else name for at, name in enumerate(names))
