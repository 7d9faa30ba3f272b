"""Is the value of one command right: its format, what its description allows, its template, its schema?"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from dmkit.windows.admx import Template, check_payload
from dmkit.windows.entries import CatalogueMatch
from dmkit.windows.facts import Facts
from dmkit.windows.intended import Intended
from dmkit.windows.lint_rules import LintFinding, finding_of
from dmkit.words.asked import asked
from dmkit.words.codes import Format

__all__ = ["value_findings"]


@asked
def value_findings(
    command: Intended, found: CatalogueMatch, templates: Mapping[str, Template]
) -> Iterator[LintFinding]:
    """What is wrong with the value that ``command`` gives."""
    assert found.entry is not None
    node, facts = found.entry.node, found.entry.facts
    if node.is_interior:
        if command.data:
            yield finding_of(command, "format", "an interior node takes no value", "Format node and no Data")
        return
    described = node.format.value if node.format else "chr"
    if command.hidden:
        yield finding_of(command, "unknowable", "the value is encrypted in this list")
        return
    if command.data is None:
        if described != "null":
            yield finding_of(command, "no-data", f"a value of format {described} is wanted")
        return
    format_name = (command.format or "").strip()
    if not format_name:
        if described != "chr":
            right = f"<Format>{described}</Format>"
            yield finding_of(command, "no-format", f"described as {described}", right, ("meta", described))
    elif format_name.lower() != described and {format_name.lower(), described} not in _ALIKE:
        is_right = not _format_wrong(described, command.data) and not any(refusals(command.data, facts, templates))
        fix = ("format", described) if is_right else None
        finding = finding_of(command, "format", f"Format {format_name}, described is {described}", "", fix)
        is_printed = is_right and (described, format_name.lower()) == (
            "bin",
            "chr",
        )  # in examples of Microsoft: CONFLICT
        yield replace(finding, severity="warning") if is_printed else finding
        return
    parts = command.data.split(facts.delimiter) if facts.delimiter else [command.data]
    named = facts.kind == "ENUM" and command.data in facts.values  # whatever format the description has beside it
    why = "" if named else next((why for part in parts if (part or len(parts) == 1)
                                 and (why := _format_wrong(described, part))), "")  # fmt: skip
    if why:
        bare = command.data.strip()
        fix = ("data", bare) if bare != command.data and not _format_wrong(described, bare) else None
        yield finding_of(command, "format", why, "without white space" if fix else "", fix)
        return
    if facts.is_policy:
        for sentence in refusals(command.data, facts, templates):
            yield finding_of(command, "admx", sentence)
        return
    why = facts.wrong(command.data.strip() if described != "chr" else command.data)
    if why and command.data == node.default:
        finding = finding_of(command, "value", f"{why}, yet it is the DefaultValue of the description")
        yield replace(finding, severity="info")
    elif why:
        only = facts.values[0] if facts.kind == "ENUM" and len(facts.values) == 1 else None
        yield finding_of(command, "value", why, "", ("data", only) if only is not None else None)
    elif (off := facts.off_schema(command.data)) is None:
        yield finding_of(command, "unknowable", "the schema of the description does not tell of this value")
    elif off:
        yield finding_of(command, "schema", off)


def refusals(data: str, facts: Facts, templates: Mapping[str, Template]) -> tuple[str, ...]:
    """Why a value is not taken, its format aside."""
    if facts.is_policy:
        name, file = (facts.admx.name, facts.admx.file) if facts.admx is not None else ("", "")
        return check_payload(data, name, templates.get(file.lower()))
    why = facts.wrong(data)
    return (why,) if why else ()


_ALIKE: Final = ({"xml", "chr"}, {"bin", "b64"})
"""Formats that stand for each other: XML is text, and octets travel in XML as base64 only."""


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
    if format_ in ("b64", "bin"):
        try:
            base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            return f"{text[:40]!r} is no base64"
    return ""
