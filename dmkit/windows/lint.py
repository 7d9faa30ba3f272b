"""Is a profile right, before it is sent?  Each rule is a row; each finding says where, what, and what would be right.

>>> from dmkit.windows.catalogue import DescriptionCatalogue
>>> from dmkit.windows.facts import EXAMPLE
>>> from dmkit.windows.profiles import read_profile
>>> profile = read_profile("p.xml", b"<Replace><Item><Target><LocURI>./Vendor/MSFT/Sample/Allow</LocURI></Target>"
...                        b"<Meta><Format>int</Format></Meta><Data>7</Data></Item></Replace>")
>>> [str(finding) for finding in lint([profile], DescriptionCatalogue.of([("sample.xml", EXAMPLE)]))]
["p.xml:1: error value: ./Vendor/MSFT/Sample/Allow: '7' is none of 0, 1"]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from urllib.parse import unquote

from dmkit.windows.admx import Template, check_payload
from dmkit.windows.builds import allows, has, is_unreleased, version
from dmkit.windows.catalogue import DescriptionCatalogue
from dmkit.windows.entries import CatalogueEntry, CatalogueMatch, segments_of
from dmkit.windows.intended import Intended, WindowsProfile
from dmkit.windows.lint_rules import LintFinding, LintOptions, finding_of
from dmkit.windows.lint_values import value_findings
from dmkit.windows.patterns import compiled
from dmkit.windows.together import lint_together, lowered, writes
from dmkit.words.asked import asked
from dmkit.words.codes import Verb
from dmkit.words.counts import many

__all__ = [
    "lint",
    "lint_each",
]


@asked
def lint(
    profiles: Iterable[WindowsProfile],
    catalogue: DescriptionCatalogue,
    options: LintOptions | None = None,
    templates: Iterable[Template] = (),
) -> tuple[LintFinding, ...]:
    """Everything that is wrong, doubtful or to be known, in the order of files and lines."""
    options, profiles, templates = options or LintOptions(), tuple(profiles), tuple(templates)
    found = [finding for profile in profiles for finding in lint_each(profile, catalogue, options, templates)]
    written = [one for profile in profiles for one in writes(profile, catalogue)]
    return lint_together(written, options, found)


@asked
def lint_each(
    profile: WindowsProfile, catalogue: DescriptionCatalogue, options: LintOptions, templates: Iterable[Template] = ()
) -> list[LintFinding]:
    """What is wrong with one profile by itself; ``lint_together`` weighs it."""
    known = {template.file.lower(): template for template in templates}
    fixes = {"cdata": ("cdata", "")}
    found = [
        LintFinding(note.rule, "error", profile.file, note.line, "", note.text, "", fixes.get(note.rule))
        for note in profile.notes
    ]
    if options.max_message and profile.size > options.max_message:
        text = f"{many(profile.size, 'octet')}, a message holds {options.max_message}"
        found.append(LintFinding("size", "warning", profile.file, 1, "", text, "split the profile"))
    for command in profile.commands:
        found += _command(command, catalogue, options, known)
    return [*found, *_atomics(profile)]


def _command(
    command: Intended, catalogue: DescriptionCatalogue, options: LintOptions, templates: Mapping[str, Template]
) -> Iterator[LintFinding]:
    if command.verb not in {verb.value for verb in Verb}:
        yield finding_of(command, "foreign", f"<{command.verb}> is no command")
        return
    if not command.uri.strip():
        text = (
            "an entry of the list has no OMA-URI" if command.listed else f"{command.verb} has no Target with a LocURI"
        )
        yield finding_of(command, "no-uri", text)
        return
    if command.markup:
        yield finding_of(
            command,
            "markup",
            "Data holds elements that are not escaped",
            "write &lt; and &gt;, or escape the whole",
            ("escape", ""),
        )
    uri, query, spelt = _address(command)
    yield from spelt
    if query.lower() == "prop=acl":
        yield finding_of(command, "verb", "Windows has no access control lists", "406 is the answer")
        return
    found = catalogue.find(uri)
    if found.entry is None:
        if catalogue.is_outside(uri):
            yield finding_of(command, "unknowable", "a standard object that is not among the descriptions")
            return
        yield from _not_found(command, uri, found)
        return
    if found.respelt:
        yield finding_of(command, "spelling", f"described as {found.respelt}", "", ("uri", found.respelt))
    if (general := catalogue.general(found)) is not None:
        yield from _unforeseen(command, general, catalogue)
        return
    yield from _names(command, found)
    yield from _applies(command, found, catalogue, options)
    yield from _verb(command, found)
    if command.verb in ("Add", "Replace"):
        yield from value_findings(command, found, templates)
    if (
        command.verb != "Get"
        and not command.listed
        and "Atomic" not in command.within
        and catalogue.wants_atomic(found.entry)
    ):
        yield finding_of(
            command, "atomic-required", "stands outside an Atomic", "put its siblings and it into one Atomic"
        )


def _address(command: Intended) -> tuple[str, str, list[LintFinding]]:
    """The address that is meant, what stands behind its ``?``, and what is wrong with how it is written."""
    uri, found = command.uri, []
    if re.search(r"\s", uri):
        right = re.sub(r"\s+", "", uri)
        found.append(finding_of(command, "blank", f"{uri!r:.80}", "without white space", ("uri", right)))
        uri = right
    if uri.startswith("/"):
        found.append(finding_of(command, "slash", "begins with /", f".{uri}", ("uri", f".{uri}")))
        uri = f".{uri}"
    uri, _, query = uri.partition("?")
    mended = re.sub(r"(?<=/)(?:\.?/)+", "", uri).rstrip("/")
    if mended != uri:
        what = "." if re.search(r"/\.(/|$)", uri) else "empty"
        found.append(finding_of(command, "slash", f"a name in it is {what}", mended, ("uri", mended)))
    return mended, query, found


def _not_found(command: Intended, uri: str, found: CatalogueMatch) -> Iterator[LintFinding]:
    near = " or ".join(found.nearest)
    names = segments_of(uri)
    other = found.nearest and segments_of(found.nearest[0])
    if other and len(other) == len(names) and other[1:] == names[1:] and {other[0], names[0]} == {"User", "Device"}:
        yield finding_of(command, "scope", f"is described below ./{other[0]} only", near, ("uri", found.nearest[0]))
        return
    fix = ("uri", found.nearest[0]) if len(found.nearest) == 1 else None
    text = f"nothing is described below {found.deepest or '.'} by that name"
    yield finding_of(command, "path", text, f"near: {near}" if near else "", fix)


def _unforeseen(
    command: Intended, general: tuple[str, CatalogueEntry], catalogue: DescriptionCatalogue
) -> Iterator[LintFinding]:
    """A name that may be that of an ingested template, which has ``~`` in it, or a mistake."""
    name, entry = general
    if other := catalogue.other_scope(command.uri.strip()):
        scope = segments_of(other)[0]
        yield finding_of(command, "scope", f"is described below ./{scope} only", other, ("uri", other))
        return
    near = get_close_matches(name.lower(), catalogue.beside(entry), 1, 0.75)
    if near and "~" not in name:
        text = f"{name!r:.60} is none of the names described in {entry.uri.removesuffix('/*')}"
        yield finding_of(command, "path", text, f"near: {catalogue.spelling(entry, near[0])}")
        return
    if command.verb != "Exec" and command.data and re.match(r"\s*<(?:en|dis)abled", command.data):
        for sentence in check_payload(command.data, "", None):
            yield finding_of(command, "admx", sentence)
    yield finding_of(command, "unknowable", f"{name!r:.60} is a name that no description has, as of a template")


def _names(command: Intended, found: CatalogueMatch) -> Iterator[LintFinding]:
    if found.entry is not None and "*" in segments_of(command.uri) and "*" in segments_of(found.entry.uri):
        yield finding_of(command, "name", "'*' stands for a name that is given at run time", "write that name")
    for name, entry in found.names:
        pattern = compiled(entry.facts.name_pattern) if entry.facts.name_pattern else None
        if pattern is not None and not pattern.fullmatch(unquote(name)):
            yield finding_of(command, "name", f"the name {name!r:.60} does not match {entry.facts.name_pattern[:60]}")


def _applies(
    command: Intended, found: CatalogueMatch, catalogue: DescriptionCatalogue, options: LintOptions
) -> Iterator[LintFinding]:
    """What a node above says of builds and editions holds for those below it that say nothing."""
    entry = found.entry
    assert entry is not None
    builds, editions, deprecated = catalogue.builds(entry), catalogue.editions(entry), catalogue.deprecated(entry)
    if builds and all(map(is_unreleased, builds)):
        yield finding_of(command, "unreleased", "no release is named that has it")
    elif options.build and builds and not has(options.build, builds):
        yield finding_of(command, "build", f"came with {', '.join(builds)}, the target is {options.build}")
    if options.edition and editions and not allows(editions, options.edition):
        yield finding_of(command, "edition", f"edition {options.edition} is none of {', '.join(editions[:8])}")
    later = options.build and version(deprecated)[:3] > version(options.build)[:3]
    if deprecated and not later:
        yield finding_of(command, "deprecated", f"deprecated{f' since {deprecated}' if deprecated != 'yes' else ''}")


def _verb(command: Intended, found: CatalogueMatch) -> Iterator[LintFinding]:
    assert found.entry is not None
    access = found.entry.node.access
    if access is None:
        return
    takes = {verb.value for verb in access}
    wanted = {command.verb}
    if command.verb == "Replace":
        wanted.add("Add")  # Windows adds what a Replace does not find: upsert  [windows sheet, E]
    if not wanted & takes:
        may = ", ".join(sorted(takes)) or "nothing"
        yield finding_of(command, "verb", f"does not take {command.verb}", f"it takes {may}")


def _atomics(profile: WindowsProfile) -> Iterator[LintFinding]:
    seen: dict[tuple[int, tuple[str, ...]], Intended] = {}
    for command in profile.commands:
        if command.within.count("Atomic") > 1:
            yield finding_of(command, "atomic-nested", "stands in an Atomic within an Atomic", "one Atomic")
        if "Atomic" in command.within and command.verb == "Get":
            yield finding_of(command, "atomic-get", "Get stands in an Atomic", "put it behind the Atomic")
        if command.atomic and command.verb in ("Add", "Replace"):
            key = (command.atomic, lowered(command.uri))
            before = seen.get(key)
            if before is not None and {before.verb, command.verb} == {"Add", "Replace"}:
                yield finding_of(
                    command, "atomic-twice", f"{before.verb} stands in line {before.line} of the same Atomic"
                )
            seen[key] = command
