"""Is a profile right, before it is sent?  Each rule is a row; each finding says where, what, and what would be right.

>>> from dmkit.windows.catalogue import DescriptionCatalogue
>>> from dmkit.windows.facts import EXAMPLE
>>> from dmkit.windows.intended import read_profile
>>> profile = read_profile("p.xml", b"<Replace><Item><Target><LocURI>./Vendor/MSFT/Sample/Allow</LocURI></Target>"
...                        b"<Meta><Format>int</Format></Meta><Data>7</Data></Item></Replace>")
>>> [str(finding) for finding in lint([profile], DescriptionCatalogue.of([("sample.xml", EXAMPLE)]))]
["p.xml:1: error value: ./Vendor/MSFT/Sample/Allow: '7' is none of 0, 1"]
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeAlias

from dmkit.windows.admx import Template, check_payload
from dmkit.windows.catalogue import CatalogueMatch, DescriptionCatalogue, segments_of
from dmkit.windows.facts import NEVER, Dependency, version
from dmkit.windows.intended import Intended, WindowsProfile
from dmkit.words.checked import checked
from dmkit.words.codes import Format, Verb
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Natural

__all__ = ["RULES", "LintFinding", "LintOptions", "LintSeverity", "WindowsRule", "lint"]

LintSeverity: TypeAlias = Literal["error", "warning", "info", "off"]


@dataclass(frozen=True, slots=True)
class WindowsRule:
    """One rule: its name, how grave, what it finds, why that matters, where that stands."""

    id: str
    severity: LintSeverity
    what: str
    why: str
    source: str


_TABLE: Final = (
    WindowsRule("not-xml", "error", "not well-formed", "nothing of it is read", "XML §2.1"),
    WindowsRule("encoding", "warning", "declared in another character set", "some tools refuse it", "XML §4.3.3"),
    WindowsRule("cdata", "warning", "Data in a CDATA section", "Windows does not take it in Data", "windows sheet §2"),
    WindowsRule(
        "markup", "error", "mark-up in Data is not escaped", "Windows gives no Status at all", "windows sheet §2"
    ),
    WindowsRule("foreign", "error", "an element that is no command", "Windows answers 400", "windows sheet §2"),
    WindowsRule("no-uri", "error", "a command without an address", "nothing is changed", "DMREPPRO §6.5.4"),
    WindowsRule(
        "slash",
        "error",
        "a slash in front of the address, two together, or one behind",
        "Windows refuses it",
        "windows sheet §2",
    ),
    WindowsRule("blank", "error", "white space in or around the address", "no node has that name", "windows sheet §7"),
    WindowsRule("scope", "error", "the node is there in the other scope only", "404 or 405", "windows sheet §2"),
    WindowsRule("path", "error", "no description has that address", "404", "windows sheet §7"),
    WindowsRule("spelling", "info", "the name is described in another case", "other tools compare case", "ddf sheet"),
    WindowsRule("verb", "error", "the node does not take the command", "405", "DMTND §9.4.3"),
    WindowsRule("format", "error", "another format than described", "415", "DMTND §9.4.2"),
    WindowsRule("no-format", "info", "no Format in Meta", "chr is meant where nothing is said", "DMREPPRO §6.4"),
    WindowsRule("no-data", "error", "no value for a leaf", "400 or 418", "DMREPPRO §6.6"),
    WindowsRule("value", "error", "a value that the description does not take", "400 or 500", "windows sheet §7"),
    WindowsRule(
        "unknowable",
        "info",
        "a value or a node that nobody here can check",
        "a schema, or no description",
        "windows sheet §7",
    ),
    WindowsRule("admx", "error", "the payload does not fit the template", "0x82B00001", "windows sheet §3"),
    WindowsRule(
        "dependency", "warning", "a node it depends on has another value, or is not set", "it has no effect", "ddf v2"
    ),
    WindowsRule("build", "error", "the node came with a later build", "404", "ddf v2, Applicability"),
    WindowsRule("edition", "error", "the node is not for this edition", "404 or 500", "ddf v2, Applicability"),
    WindowsRule("unreleased", "warning", "no release has the node yet", "404", "ddf v2, Applicability"),
    WindowsRule("deprecated", "warning", "the node is deprecated", "it may go", "ddf v2, Deprecated"),
    WindowsRule(
        "name", "error", "the name of an instance is not of the form described", "400", "ddf v2, DynamicNodeNaming"
    ),
    WindowsRule("atomic-get", "error", "Get inside Atomic", "500, and the whole Atomic 507", "windows sheet §2"),
    WindowsRule("atomic-nested", "error", "Atomic inside Atomic", "500 within, 507 without", "windows sheet §2"),
    WindowsRule(
        "atomic-twice", "error", "Add and Replace of one node in one Atomic", "not supported", "windows sheet §2"
    ),
    WindowsRule("atomic-required", "warning", "the node wants an Atomic around it", "half a change may stay", "ddf v2"),
    WindowsRule(
        "twice", "warning", "one node is written twice with different values", "the last one wins", "windows sheet §7"
    ),
    WindowsRule("size", "warning", "the profile is larger than a message", "it is cut or refused", "windows sheet §2"),
)

RULES: Final[Mapping[str, WindowsRule]] = MappingProxyType({rule.id: rule for rule in _TABLE})
"""Name -> rule."""


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One thing that was found: rule, place, what is wrong, what would be right.

    ``fix`` is the address or value that mends it, where there is one right answer only: ("uri" or "data" or "format",
    new text).
    """

    rule: str
    severity: LintSeverity
    file: str
    line: int
    uri: str
    text: str
    right: str = ""
    fix: tuple[str, str] | None = None

    def __str__(self) -> str:
        where = f"{self.uri}: " if self.uri else ""
        right = f"; {self.right}" if self.right else ""
        return f"{self.file}:{self.line}: {self.severity} {self.rule}: {where}{self.text}{right}"


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class LintOptions:
    """For which Windows, and how grave each rule is.

    ``build`` as 10.0.22621, ``edition`` as a number of the description (0x4) or empty; ``max_message`` octets of a
    message; ``severities`` overrides those of rules.
    """

    build: str = ""
    edition: str = ""
    max_message: Natural = 0
    severities: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.build and not version(self.build):
            raise ConfigError(f"LintOptions.build is {self.build!r}; numbers with dots are right, as 10.0.22621")
        for rule, severity in self.severities:
            if rule not in RULES:
                raise ConfigError(f"rule {rule!r} is not known; there are {', '.join(RULES)}")
            if severity not in ("error", "warning", "info", "off"):
                raise ConfigError(f"severity {severity!r} of {rule}; error, warning, info or off is right")


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


def lint_each(
    profile: WindowsProfile, catalogue: DescriptionCatalogue, options: LintOptions, templates: Iterable[Template] = ()
) -> list[LintFinding]:
    """What is wrong with one profile by itself; ``lint_together`` weighs it."""
    known = {template.file.lower(): template for template in templates}
    found = [LintFinding(note.rule, "error", profile.file, note.line, "", note.text) for note in profile.notes]
    if options.max_message and profile.size > options.max_message:
        text = f"{profile.size} octets, a message holds {options.max_message}"
        found.append(LintFinding("size", "warning", profile.file, 1, "", text, "split the profile"))
    for command in profile.commands:
        found += _command(command, catalogue, options, known)
    return [*found, *_atomics(profile)]


class Written(NamedTuple):
    """A value that a profile writes: where it says so, on which node, and on what that depends."""

    file: str
    line: int
    uri: str
    key: tuple[str, ...]
    data: str | None
    needs: tuple[Dependency, ...] = ()
    conflict: str = ""
    appends: bool = False


def writes(profile: WindowsProfile, catalogue: DescriptionCatalogue) -> list[Written]:
    """What ``profile`` writes: all that ``lint_together`` needs to know of it."""
    found = []
    for command in profile.commands:
        if command.verb in ("Add", "Replace") and command.uri.strip():
            entry = catalogue.find(re.sub(r"\s+", "", command.uri)).entry
            uri = command.uri.strip()
            one = Written(command.file, command.line, uri, _lower(uri), command.data)
            if entry is not None:
                facts = entry.facts
                appends = facts.replaces.lower() == "append"
                one = one._replace(needs=facts.needs, conflict=facts.conflict, appends=appends)
            found.append(one)
    return found


def lint_together(
    written: Iterable[Written], options: LintOptions, found: Iterable[LintFinding]
) -> tuple[LintFinding, ...]:
    """What several profiles do to each other, beside what was ``found`` in each; weighed and in order."""
    written = tuple(written)
    found = [*found, *_twice(written), *_dependencies(written)]
    severities = {rule.id: rule.severity for rule in RULES.values()} | dict(options.severities)
    graded = [replace(finding, severity=severities[finding.rule]) for finding in found]  # type: ignore[arg-type]
    return tuple(sorted((f for f in graded if f.severity != "off"), key=lambda f: (f.file, f.line, f.rule, f.text)))


def _finding(
    command: Intended, rule: str, text: str, right: str = "", fix: tuple[str, str] | None = None
) -> LintFinding:
    return LintFinding(rule, "error", command.file, command.line, command.uri.strip(), text, right, fix)


def _command(
    command: Intended, catalogue: DescriptionCatalogue, options: LintOptions, templates: Mapping[str, Template]
) -> Iterator[LintFinding]:
    if command.verb not in {verb.value for verb in Verb}:
        yield _finding(command, "foreign", f"<{command.verb}> is no command")
        return
    if not command.uri.strip():
        yield _finding(command, "no-uri", f"{command.verb} has no Target with a LocURI")
        return
    if command.markup:
        yield _finding(
            command, "markup", "Data holds elements that are not escaped", "write &lt; and &gt;, or escape the whole"
        )
    uri = command.uri
    if re.search(r"\s", uri):
        yield _finding(command, "blank", f"{uri!r:.80}", "without white space", ("uri", re.sub(r"\s+", "", uri)))
    uri = re.sub(r"\s+", "", uri)
    if uri.startswith("/"):
        yield _finding(command, "slash", "begins with /", f".{uri}", ("uri", f".{uri}"))
        uri = f".{uri}"
    uri, _, query = uri.partition("?")
    if "//" in uri or uri.endswith("/"):
        mended = re.sub(r"/+", "/", uri).rstrip("/")
        yield _finding(command, "slash", "a name in it is empty", mended, ("uri", mended))
        uri = mended
    if query.lower() == "prop=acl":
        yield _finding(command, "verb", "Windows has no access control lists", "406 is the answer")
        return
    found = catalogue.find(uri)
    if found.entry is None:
        if catalogue.is_outside(uri):
            yield _finding(command, "unknowable", "a standard object that is not among the descriptions")
            return
        yield from _not_found(command, uri, found)
        return
    if found.respelt:
        yield _finding(command, "spelling", f"described as {found.respelt}", "", ("uri", found.respelt))
    yield from _names(command, found)
    yield from _applies(command, found, catalogue, options)
    yield from _verb(command, found)
    if command.verb in ("Add", "Replace"):
        yield from _value(command, found, templates)
    if found.entry.facts.atomic and "Atomic" not in command.within and command.verb != "Get":
        yield _finding(
            command, "atomic-required", "stands outside an Atomic", "put its siblings and it into one Atomic"
        )


def _not_found(command: Intended, uri: str, found: CatalogueMatch) -> Iterator[LintFinding]:
    near = " or ".join(found.nearest)
    names = segments_of(uri)
    other = found.nearest and segments_of(found.nearest[0])
    if other and len(other) == len(names) and other[1:] == names[1:] and {other[0], names[0]} == {"User", "Device"}:
        yield _finding(command, "scope", f"is described below ./{other[0]} only", near, ("uri", found.nearest[0]))
        return
    fix = ("uri", found.nearest[0]) if len(found.nearest) == 1 else None
    text = f"nothing is described below {found.deepest or '.'} by that name"
    yield _finding(command, "path", text, f"near: {near}" if near else "", fix)


def _names(command: Intended, found: CatalogueMatch) -> Iterator[LintFinding]:
    for name, entry in found.names:
        pattern = entry.facts.name_pattern
        if pattern:
            try:
                fits = re.fullmatch(pattern, name) is not None
            except re.error:
                continue
            if not fits:
                yield _finding(command, "name", f"the name {name!r:.60} does not match {pattern[:60]}")


def _applies(
    command: Intended, found: CatalogueMatch, catalogue: DescriptionCatalogue, options: LintOptions
) -> Iterator[LintFinding]:
    """What a node above says of builds and editions holds for those below it too."""
    entry = found.entry
    assert entry is not None
    since, editions, deprecated = catalogue.since(entry), catalogue.editions(entry), catalogue.deprecated(entry)
    if since == NEVER:
        yield _finding(command, "unreleased", "no release is named that has it")
    elif options.build and since and version(since) > version(options.build):
        yield _finding(command, "build", f"came with {since}, the target is {options.build}")
    if options.edition and editions and options.edition.lower() not in {known.lower() for known in editions}:
        yield _finding(command, "edition", f"edition {options.edition} is none of {', '.join(editions[:8])}")
    if deprecated:
        yield _finding(command, "deprecated", f"deprecated{f' since {deprecated}' if deprecated != 'yes' else ''}")


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
        yield _finding(command, "verb", f"does not take {command.verb}", f"it takes {may}")


def _value(command: Intended, found: CatalogueMatch, templates: Mapping[str, Template]) -> Iterator[LintFinding]:
    assert found.entry is not None
    node, facts = found.entry.node, found.entry.facts
    if node.is_interior:
        if command.data:
            yield _finding(command, "format", "an interior node takes no value", "Format node and no Data")
        return
    described = node.format.value if node.format else "chr"
    if command.data is None:
        if described != "null":
            yield _finding(command, "no-data", f"a value of format {described} is wanted")
        return
    format_name = (command.format or "").strip()
    if not format_name:
        if described != "chr":
            yield _finding(command, "no-format", f"described as {described}", f"<Format>{described}</Format>")
    elif format_name.lower() != described and {format_name.lower(), described} != {"xml", "chr"}:
        fix = ("format", described) if not _format_wrong(described, command.data) else None
        yield _finding(command, "format", f"Format {format_name}, described is {described}", "", fix)
        return
    why = _format_wrong(described, command.data)
    if why:
        bare = command.data.strip()
        fix = ("data", bare) if bare != command.data and not _format_wrong(described, bare) else None
        yield _finding(command, "format", why, "without white space" if fix else "", fix)
        return
    if facts.admx is not None or facts.kind == "ADMX":
        template = templates.get((facts.admx.file if facts.admx else "").lower())
        for sentence in check_payload(command.data, facts.admx.name if facts.admx else "", template):
            yield _finding(command, "admx", sentence)
        return
    if facts.kind in ("XSD", "JSON"):
        yield _finding(command, "unknowable", f"checked by a schema ({facts.kind}) that is not here")
        return
    why = facts.wrong(command.data.strip() if described != "chr" else command.data)
    if why:
        only = facts.values[0] if facts.kind == "ENUM" and len(facts.values) == 1 else None
        yield _finding(command, "value", why, "", ("data", only) if only is not None else None)


_NUMBERS: Final[Mapping[str, re.Pattern[str]]] = {
    Format.INT.value: re.compile(r"-?[0-9]{1,20}"),
    Format.FLOAT.value: re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?"),
    Format.BOOL.value: re.compile(r"true|false|1|0", re.IGNORECASE),
}


def _format_wrong(format_: str, text: str) -> str:
    """Why ``text`` is none of that format; empty when it is."""
    pattern = _NUMBERS.get(format_)
    if pattern is not None:
        if not pattern.fullmatch(text):
            return f"{text[:40]!r} is no {format_}"
        if format_ == "int" and not -(1 << 31) <= int(text) < 1 << 32:
            return f"{text.strip()} has more than 32 bits"
        return ""
    if format_ == "b64":
        try:
            base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            return f"{text[:40]!r} is no base64"
    return ""


# -- over several commands


def _atomics(profile: WindowsProfile) -> Iterator[LintFinding]:
    seen: dict[tuple[int, tuple[str, ...]], Intended] = {}
    for command in profile.commands:
        if command.within.count("Atomic") > 1:
            yield _finding(command, "atomic-nested", "stands in an Atomic within an Atomic", "one Atomic")
        if "Atomic" in command.within and command.verb == "Get":
            yield _finding(command, "atomic-get", "Get stands in an Atomic", "put it behind the Atomic")
        if command.atomic and command.verb in ("Add", "Replace"):
            key = (command.atomic, _lower(command.uri))
            before = seen.get(key)
            if before is not None and {before.verb, command.verb} == {"Add", "Replace"}:
                yield _finding(
                    command, "atomic-twice", f"{before.verb} stands in line {before.line} of the same Atomic"
                )
            seen[key] = command


def _lower(uri: str) -> tuple[str, ...]:
    return tuple(name.lower() for name in segments_of(uri))


def _twice(written: Iterable[Written]) -> Iterator[LintFinding]:
    last: dict[tuple[str, ...], Written] = {}
    for one in written:
        before = last.get(one.key)
        if before is not None and before.data != one.data and not one.appends:
            text = f"{before.data!r:.40} stands in {before.file}:{before.line}, {one.data!r:.40} here"
            right = f"of several sources the device takes {one.conflict}" if one.conflict else ""
            yield LintFinding("twice", "error", one.file, one.line, one.uri, text, right)
        last[one.key] = one


def _dependencies(written: Sequence[Written]) -> Iterator[LintFinding]:
    values = {one.key: one.data for one in written}
    for one in written:
        groups: dict[str, list[str]] = {}
        fine: set[str] = set()
        for need in one.needs:
            value = values.get(_lower(need.uri))
            if need.met(value):
                fine.add(need.group)
            else:
                groups.setdefault(need.group, []).append(_wanted(need.uri, need.values, value))
        for group, sentences in groups.items():
            if group not in fine:
                yield LintFinding("dependency", "error", one.file, one.line, one.uri, sentences[0])


def _wanted(uri: str, values: tuple[str, ...], value: str | None) -> str:
    right = f"it must be {' or '.join(values[:6])}" if values else "it must be there"
    return f"{uri} is {'not set here' if value is None else repr(value)}; {right}"


LintCheck: TypeAlias = Callable[[Intended], Iterator[LintFinding]]
