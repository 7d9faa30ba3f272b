"""What a description of version 2 says of a node in Microsoft's own elements.  [ddf sheet, windows sheet §7]

>>> from dmkit.ddf.reader import read
>>> node = read(EXAMPLE).roots[0].children[0]
>>> facts = facts_of(node)
>>> facts.kind, facts.wrong("2"), facts.wrong("0"), facts.since
('ENUM', "'2' is none of 0, 1", '', '10.0.19041')
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dmkit.ddf.allowed import NS_WINDOWS
from dmkit.ddf.spec import NodeSpec
from dmkit.words.codes import Format
from dmkit.words.model import Element

__all__ = ["EXAMPLE", "NEVER", "Admx", "Dependency", "Facts", "facts_of", "version"]

EXAMPLE: Final = b"""<MgmtTree xmlns:MSFT="http://schemas.microsoft.com/MobileDevice/DM"><VerDTD>1.2</VerDTD>
<Node><NodeName>Sample</NodeName><Path>./Device/Vendor/MSFT</Path><DFProperties><AccessType><Get/></AccessType>
<DFFormat><node/></DFFormat><Occurrence><One/></Occurrence><Scope><Permanent/></Scope><DFType><DDFName/></DFType>
</DFProperties><Node><NodeName>Allow</NodeName><DFProperties><AccessType><Add/><Get/><Replace/></AccessType>
<DefaultValue>1</DefaultValue><DFFormat><int/></DFFormat><Occurrence><One/></Occurrence><Scope><Dynamic/></Scope>
<DFType><MIME/></DFType><MSFT:Applicability><MSFT:OsBuildVersion>10.0.19041</MSFT:OsBuildVersion></MSFT:Applicability>
<MSFT:AllowedValues ValueType="ENUM"><MSFT:Enum><MSFT:Value>0</MSFT:Value></MSFT:Enum>
<MSFT:Enum><MSFT:Value>1</MSFT:Value></MSFT:Enum></MSFT:AllowedValues></DFProperties></Node></Node></MgmtTree>"""

_RANGE: Final = re.compile(r"\[\s*\(?(-?\d{1,20})\)?\s*-\s*\(?(-?\d{1,20})\)?\s*\]")
_NUMBER: Final = re.compile(r"-?\d{1,20}")
_HEX: Final = re.compile(r"0[xX][0-9a-fA-F]{1,16}")
_BOOLS: Final = {"true": "true", "false": "false", "1": "true", "0": "false"}
NEVER: Final = "99.9.99999"
"""A build that Microsoft's descriptions name for what no release has yet."""


@dataclass(frozen=True, slots=True)
class Admx:
    """A policy that an administrative template backs: file, area and name in it."""

    file: str = ""
    area: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Dependency:
    """A node that another depends on: its address, the values it must have (none: it must be there)."""

    uri: str
    values: tuple[str, ...] = ()
    ranges: tuple[tuple[int, int], ...] = ()
    negated: bool = False
    group: str = ""

    def met(self, value: str | None) -> bool:
        """Whether a value there, None for none, is as it must be."""
        if value is None:
            return False
        if not self.values and not self.ranges:
            return True
        inside = bool(_NUMBER.fullmatch(value)) and any(low <= int(value) <= high for low, high in self.ranges)
        return (value in self.values or inside) != self.negated


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a node: kind of allowed values and those, since which build, for which editions, and more.

    ``kind`` is ENUM, Flag, Range, RegEx, SDDL, XSD, JSON, ADMX, None or empty.  ``since`` is empty when nothing is
    said; ``never`` tells that no release has it yet.  ``naming`` is how names of instances are given,
    ``conflict`` what holds of several sources, ``replaces`` what Replace does (Append: it adds to what is there).
    """

    format: Format | None = None
    kind: str = ""
    values: tuple[str, ...] = ()
    text: str = ""
    delimiter: str = ""
    admx: Admx | None = None
    since: str = ""
    editions: tuple[str, ...] = ()
    deprecated: str = ""
    needs: tuple[Dependency, ...] = ()
    naming: str = ""
    name_pattern: str = ""
    conflict: str = ""
    reboot: str = ""
    replaces: str = ""
    atomic: bool = False

    @property
    def never(self) -> bool:
        """Whether no release has the node yet."""
        return self.since == NEVER

    def wrong(self, value: str) -> str:
        """Why a value is not taken; empty when it is, and when nobody here can tell (XSD, JSON)."""
        if self.delimiter:
            parts = value.split(self.delimiter)
            return next((why for part in parts if (why := self._one(part.strip()))), "")
        return self._one(value)

    def _one(self, value: str) -> str:
        shown = repr(value if len(value) <= 40 else value[:40] + "...")
        if self.kind == "ENUM" and self.values:
            if self.format is Format.BOOL:
                meant = {_BOOLS.get(known.lower()) for known in self.values}
                if None not in meant:
                    return "" if _BOOLS.get(value.lower()) in meant else f"{shown} is none of {_listed(self.values)}"
            return "" if value in self.values else f"{shown} is none of {_listed(self.values)}"
        if self.kind == "Flag" and self.values:
            return self._flags(value, shown)
        if self.kind == "Range":
            ranges = [(int(low), int(high)) for low, high in _RANGE.findall(self.text)]
            if ranges:
                if not _NUMBER.fullmatch(value):
                    return f"{shown} is no number; it is in {self.text}"
                inside = any(low <= int(value) <= high for low, high in ranges)
                return "" if inside else f"{value} is not in {self.text}"
        if self.kind == "RegEx" and self.text:
            return self._pattern(value, shown)
        if self.kind == "SDDL" and value and not re.match(r"(?:[OGDS]:|\()", value):
            return f"{shown} is no security descriptor; O:, G:, D: or S: stands in front"
        return ""

    def _flags(self, value: str, shown: str) -> str:
        known = 0
        for text in self.values:
            number = _whole(text)
            if number is None:
                return ""
            known |= number
        number = _whole(value)
        if number is None or number < 0:
            return f"{shown} is no sum of flags; {_listed(self.values)} may be added"
        left = number & ~known
        return f"{value}: {left} is none of the flags {_listed(self.values)}" if left else ""

    def _pattern(self, value: str, shown: str) -> str:
        if len(value) > 10_000:
            return ""
        try:
            compiled = re.compile(self.text)
        except re.error:
            return ""  # a pattern of another dialect: nobody here can tell
        return "" if compiled.fullmatch(value) else f"{shown} does not match {self.text[:60]}"


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(values[:12]) + (", ..." if len(values) > 12 else "")


def _whole(text: str) -> int | None:
    if _NUMBER.fullmatch(text):
        return int(text)
    return int(text, 16) if _HEX.fullmatch(text) else None


def version(text: str) -> tuple[int, ...]:
    """A build as numbers that compare; empty for what is none.

    >>> version("10.0.19041") < version("10.0.22621.1"), version("later")
    (True, ())
    """
    parts = text.strip().split(".")
    return tuple(map(int, parts)) if all(part.isdigit() and len(part) < 10 for part in parts) else ()


def facts_of(node: NodeSpec) -> Facts:
    """What ``node`` says in Microsoft's elements."""
    extensions = {element.name: element for element in node.extensions if element.ns == NS_WINDOWS}
    allowed = extensions.get("AllowedValues")
    applies = extensions.get("Applicability")
    naming = extensions.get("DynamicNodeNaming")
    deprecated = extensions.get("Deprecated")
    unique = _first(naming, "UniqueName")
    names = [child.name for child in _children(naming)]
    return Facts(
        node.format,
        _kind(allowed),
        _values(allowed),
        _text(_first(allowed, "Value")),
        _delimiter(_first(allowed, "List")),
        _admx(_first(allowed, "AdmxBacked") or extensions.get("AdmxBacked")),
        _text(_first(applies, "OsBuildVersion")).split(",")[0].strip(),
        _editions(_text(_first(applies, "EditionAllowList"))),
        "" if deprecated is None else (dict(deprecated.attrs).get("OsBuildDeprecated") or "yes"),
        tuple(_needs(extensions.get("DependencyBehavior"))),
        names[0] if names else "",
        _text(unique),
        _text(extensions.get("ConflictResolution")) or (names_of(extensions.get("ConflictResolution"))),
        _text(extensions.get("RebootBehavior")) or names_of(extensions.get("RebootBehavior")),
        _text(extensions.get("ReplaceBehavior")) or names_of(extensions.get("ReplaceBehavior")),
        "AtomicRequired" in extensions,
    )


def names_of(element: Element | None) -> str:
    """The name of the first element within; empty when there is none."""
    return next((child.name for child in _children(element)), "")


def _children(element: Element | None) -> Iterator[Element]:
    if element is not None:
        for child in element.children:
            if isinstance(child, Element):
                yield child


def _first(element: Element | None, name: str) -> Element | None:
    return next((child for child in _children(element) if child.name == name), None)


def _text(element: Element | None) -> str:
    return "" if element is None else element.text.strip()


def _kind(element: Element | None) -> str:
    return "" if element is None else dict(element.attrs).get("ValueType", "")


def _values(element: Element | None) -> tuple[str, ...]:
    listed = (child for child in _children(element) if child.name == "Enum")
    return tuple(_text(_first(entry, "Value")) for entry in listed)


def _delimiter(element: Element | None) -> str:
    if element is None:
        return ""
    delimiter = dict(element.attrs).get("Delimiter", "")
    if delimiter.lower().startswith("0x"):
        return chr(int(delimiter, 16)) if _HEX.fullmatch(delimiter) and int(delimiter, 16) < 0x110000 else ""
    return delimiter


def _admx(element: Element | None) -> Admx | None:
    if element is None:
        return None
    told = dict(element.attrs)
    return Admx(told.get("File", ""), told.get("Area", ""), told.get("Name", ""))


def _editions(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


def _needs(element: Element | None) -> Iterator[Dependency]:
    for group in _children(element):
        if group.name != "DependencyGroup":
            continue
        label = dict(group.attrs).get("FriendlyId", "")
        for dependency in _children(group):
            if dependency.name != "Dependency":
                continue
            uri = _text(_first(dependency, "DependencyUri"))
            wanted = _first(dependency, "DependencyAllowedValue")
            ranges = tuple((int(low), int(high)) for low, high in _RANGE.findall(_text(_first(wanted, "Value"))))
            negated = dict(dependency.attrs).get("Type", "DependsOn").lower().startswith("not")
            if uri:
                yield Dependency(uri, _values(wanted), ranges, negated, label)
