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
from dataclasses import dataclass, replace
from typing import Final

from dmkit.ddf.allowed import NS_WINDOWS
from dmkit.ddf.spec import NodeSpec
from dmkit.windows.builds import first_of, is_unreleased
from dmkit.windows.patterns import compiled, is_pattern, ranges_of, separator
from dmkit.windows.schemas import json_wrong, markup_wrong, schema_wrong, xml_wrong
from dmkit.windows.security import descriptor_wrong
from dmkit.words.asked import asked
from dmkit.words.codes import Format
from dmkit.words.model import Element

__all__ = ["EXAMPLE", "Admx", "Dependency", "Facts", "facts_of", "spelt_as_one"]

EXAMPLE: Final = b"""<MgmtTree xmlns:MSFT="http://schemas.microsoft.com/MobileDevice/DM"><VerDTD>1.2</VerDTD>
<Node><NodeName>Sample</NodeName><Path>./Device/Vendor/MSFT</Path><DFProperties><AccessType><Get/></AccessType>
<DFFormat><node/></DFFormat><Occurrence><One/></Occurrence><Scope><Permanent/></Scope><DFType><DDFName/></DFType>
</DFProperties><Node><NodeName>Allow</NodeName><DFProperties><AccessType><Add/><Get/><Replace/></AccessType>
<DefaultValue>1</DefaultValue><DFFormat><int/></DFFormat><Occurrence><One/></Occurrence><Scope><Dynamic/></Scope>
<DFType><MIME/></DFType><MSFT:Applicability><MSFT:OsBuildVersion>10.0.19041</MSFT:OsBuildVersion></MSFT:Applicability>
<MSFT:AllowedValues ValueType="ENUM"><MSFT:Enum><MSFT:Value>0</MSFT:Value></MSFT:Enum>
<MSFT:Enum><MSFT:Value>1</MSFT:Value></MSFT:Enum></MSFT:AllowedValues></DFProperties></Node></Node></MgmtTree>"""

_NUMBER: Final = re.compile(r"-?[0-9]{1,20}")
_HEX: Final = re.compile(r"0[xX][0-9a-fA-F]{1,16}")
_BOOLS: Final = {"true": "true", "false": "false", "1": "true", "0": "false"}


@dataclass(frozen=True, slots=True)
class Admx:
    """A policy that an administrative template backs: file, area and name in it."""

    file: str = ""
    area: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Dependency:
    """A node that another depends on: its address, the values it must have (none: it must be there).

    ``negated``: it must not be there, or not have them.  Names in brackets (``[ProviderID]``) stand for names given at
    run time.  ``changed`` is what the dependent node takes when this is so, where a description says.
    """

    uri: str
    values: tuple[str, ...] = ()
    ranges: tuple[tuple[int, int], ...] = ()
    negated: bool = False
    group: str = ""
    changed: Facts | None = None

    def met(self, value: str | None) -> bool:
        """Whether a value there, None for none, is as it must be.

        >>> Dependency("./A", ("1",)).met(None), Dependency("./A", negated=True).met(None)
        (False, True)
        """
        if value is None:
            return self.negated
        if not self.values and not self.ranges:
            return not self.negated
        inside = bool(_NUMBER.fullmatch(value)) and any(low <= int(value) <= high for low, high in self.ranges)
        truths = {_BOOLS.get(known.lower()) for known in self.values}
        same = value in self.values or (None not in truths and _BOOLS.get(value.lower()) in truths)
        return (same or inside) != self.negated

    @property
    def wanted(self) -> str:
        """What it must be, in words."""
        ranges = (str(low) if low == high else f"{low} to {high}" for low, high in self.ranges)
        values = " or ".join([*self.values[:6], *ranges])
        if self.negated:
            return f"it must not be {values or 'there'}"
        return f"it must be {values or 'there'}"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a node: kind of allowed values and those, since which build, for which editions, and more.

    ``kind`` is ENUM, Flag, Range, RegEx, SDDL, XSD, JSON, ADMX, None or empty.  ``builds`` are all that are listed,
    ``since`` the one to name, empty when nothing is said; ``never`` tells that no release has it yet.  ``naming`` is
    how names of instances are given, ``name_pattern`` what they must match where that is a pattern, ``conflict`` what
    holds of several sources, ``replaces`` what Replace does (Append: it adds to what is there).
    """

    format: Format | None = None
    kind: str = ""
    values: tuple[str, ...] = ()
    text: str = ""
    delimiter: str = ""
    admx: Admx | None = None
    builds: tuple[str, ...] = ()
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
    def since(self) -> str:
        """The build that first had the node."""
        return first_of(self.builds)

    @property
    def never(self) -> bool:
        """Whether no release has the node yet."""
        return bool(self.builds) and all(map(is_unreleased, self.builds))

    @property
    def is_policy(self) -> bool:
        """Whether an administrative template backs the node."""
        return self.admx is not None or self.kind == "ADMX"

    def wrong(self, value: str) -> str:
        """Why a value is not taken; empty when it is, and when nobody here can tell.

        A list may be empty or end in its separator; its pattern is of each part, or of the whole.
        """
        if not self.delimiter:
            return self._one(value)
        parts = value.split(self.delimiter)
        if not parts[-1].strip():
            parts.pop()
        why = next((why for part in parts if (why := self._one(part.strip()))), "")
        return why if why and not (self.kind == "RegEx" and not self._one(value)) else ""

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
            written = self.text or " ".join(self.values)
            ranges = ranges_of(written)
            if ranges:
                if not _NUMBER.fullmatch(value):
                    return f"{shown} is no number; it is in {written}"
                inside = any(low <= int(value) <= high for low, high in ranges)
                return "" if inside else f"{value} is not in {written}"
        if self.kind == "RegEx" and self.text:
            return self._pattern(value, shown)
        if self.kind == "SDDL" and value and (why := descriptor_wrong(value)):
            return f"{shown} is no security descriptor: {why}"
        if self.kind == "XSD":
            return xml_wrong(value)
        if self.kind == "JSON":
            return json_wrong(value)
        if self.format is Format.XML and value:
            return markup_wrong(value)
        return ""

    def off_schema(self, value: str) -> str | None:
        """Why a value is not what the schema of the description wants; None where nobody here can tell."""
        return schema_wrong(self.text, value) if self.kind == "XSD" else ""

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
        pattern = compiled(self.text) if len(value) <= 10_000 else None
        if pattern is None:
            return ""  # a pattern of another dialect, or a very long value: nobody here can tell
        return "" if pattern.fullmatch(value) else f"{shown} does not match {self.text[:60]}"


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(values[:12]) + (", ..." if len(values) > 12 else "")


def _whole(text: str) -> int | None:
    if _NUMBER.fullmatch(text):
        return int(text)
    return int(text, 16) if _HEX.fullmatch(text) else None


def spelt_as_one(value: str, format: Format | None) -> str:
    """A value in one spelling of those that mean the same: of truths there are several.

    >>> spelt_as_one("1", Format.BOOL), spelt_as_one("1", Format.INT)
    ('true', '1')
    """
    return _BOOLS.get(value.strip().lower(), value) if format is Format.BOOL else value


@asked
def facts_of(node: NodeSpec) -> Facts:
    """What ``node`` says in Microsoft's elements."""
    extensions = {element.name: element for element in node.extensions if element.ns == NS_WINDOWS}
    allowed = extensions.get("AllowedValues")
    applies = extensions.get("Applicability")
    naming = extensions.get("DynamicNodeNaming")
    deprecated = extensions.get("Deprecated")
    values = _allowed(allowed, node.format)
    names = [child.name for child in _children(naming)]
    # what an interior node allows is said of its name: it has no value
    patterns = (_text(_first(naming, "UniqueName")), values.text if node.is_interior and not node.name else "")
    return replace(
        values,
        admx=_admx(_first(allowed, "AdmxBacked") or extensions.get("AdmxBacked")),
        builds=_listed_in(_text(_first(applies, "OsBuildVersion")), ","),
        editions=_listed_in(_text(_first(applies, "EditionAllowList")), ";"),
        deprecated="" if deprecated is None else (dict(deprecated.attrs).get("OsBuildDeprecated") or "yes"),
        needs=tuple(_needs(extensions.get("DependencyBehavior"), node.format)),
        naming=names[0] if names else "",
        name_pattern=next((text for text in patterns if is_pattern(text)), ""),
        conflict=_content(extensions.get("ConflictResolution")),
        reboot=_content(extensions.get("RebootBehavior")),
        replaces=_content(extensions.get("ReplaceBehavior")),
        atomic="AtomicRequired" in extensions,
    )


def _allowed(element: Element | None, format: Format | None) -> Facts:
    """What an element of allowed values says."""
    kind, text = _kind(element), _text(_first(element, "Value"))
    values = _values(element) or ((text,) if kind == "ENUM" and text else ())
    return Facts(format, kind, values, text, _delimiter(_first(element, "List")))


def _content(element: Element | None) -> str:
    """The text of an element, or the name of the first within."""
    return _text(element) or names_of(element)


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
    return "" if element is None else separator(dict(element.attrs).get("Delimiter", ""))


def _admx(element: Element | None) -> Admx | None:
    if element is None:
        return None
    told = dict(element.attrs)
    return Admx(told.get("File", ""), told.get("Area", ""), told.get("Name", ""))


def _listed_in(text: str, between: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(between) if part.strip())


def _needs(element: Element | None, format: Format | None) -> Iterator[Dependency]:
    for number, group in enumerate(child for child in _children(element) if child.name == "DependencyGroup"):
        label = f"{number} {dict(group.attrs).get('FriendlyId', '')}"
        other = _first(group, "DependencyChangedAllowedValues")
        changed = None if other is None else _allowed(other, format)
        for dependency in _children(group):
            uri = _text(_first(dependency, "DependencyUri"))
            if dependency.name != "Dependency" or not uri:
                continue
            wanted = _allowed(_first(dependency, "DependencyAllowedValue"), None)
            is_range = wanted.kind.lower() == "range"
            ranges = tuple(ranges_of(" ".join((wanted.text, *wanted.values)))) if is_range else ()
            negated = dict(dependency.attrs).get("Type", "DependsOn").lower().startswith("not")
            yield Dependency(uri, () if is_range else wanted.values, ranges, negated, label, changed)
