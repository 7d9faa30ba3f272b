"""Link format, content format 40: what a client registers, and what Discover answers.  [RFC 6690, lwm2m sheet §2, §4]

>>> links = read_links('</>;rt="oma.lwm2m";ct=110,</1>;ver=1.1,</1/0>')
>>> links[1]
ResourceLink(target='/1', attributes=(('ver', '1.1'),))
>>> write_links(links)
'</>;rt="oma.lwm2m";ct=110,</1>;ver=1.1,</1/0>'
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dmkit.lwm2m.path import Path
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError

__all__ = ["ResourceLink", "read_links", "write_links"]

_TARGET: Final = re.compile(r"<([^<>]*)>")
_NAME: Final = re.compile(r"[A-Za-z0-9!#$&+\-.^_`|~]+\*?")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_PLAIN: Final = re.compile(r"[^\s\",;<>\\]+")
_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_QUOTE_ALWAYS: Final = frozenset({"rt", "if", "title", "rel"})


@dataclass(frozen=True, slots=True)
class ResourceLink:
    """A target with its attributes in their order; a value None is an attribute without one."""

    target: str
    attributes: tuple[tuple[str, str | None], ...] = ()

    def get(self, name: str, default: str | None = None) -> str | None:
        """The first attribute of that name."""
        return next((value for key, value in self.attributes if key == name), default)

    @property
    def path(self) -> Path | None:
        """The target as an address; None when it is none (a client may register other resources, too)."""
        try:
            return Path.parse(self.target)
        except CodecError:
            return None


@asked
def write_links(links: Iterable[ResourceLink]) -> str:
    """The document; numbers and versions are written bare, other values in quotes."""
    return ",".join(f"<{link.target}>" + "".join(f";{_attribute(*pair)}" for pair in link.attributes) for link in links)


def plain_number(value: float) -> str:
    """A number as an attribute has it, without an exponent.

    >>> plain_number(1234567.0), plain_number(0.25)
    ('1234567', '0.25')
    """
    return str(int(value)) if value == int(value) else f"{value:.15f}".rstrip("0")


def _attribute(name: str, value: str | None) -> str:
    if not _NAME.fullmatch(name):
        raise CodecError(f"{name!r:.40} is no name of an attribute")
    if value is None:
        return name
    if name not in _QUOTE_ALWAYS and (_NUMBER.fullmatch(value) or (len(value) < 20 and _PLAIN.fullmatch(value))):
        return f"{name}={value}"
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name}="{quoted}"'


@asked
def read_links(text: str) -> tuple[ResourceLink, ...]:
    """The links of a document, empty for an empty one; CodecError says at which character it is none."""
    links: list[ResourceLink] = []
    at = 0
    while at < len(text):
        if links:
            if text[at] != ",":
                raise CodecError(f"{text[at]!r} behind a link; a comma separates links", offset=at)
            at += 1
        found = _TARGET.match(text, at)
        if found is None:
            raise CodecError("no <target> where a link begins", offset=at)
        at = found.end()
        attributes: list[tuple[str, str | None]] = []
        while at < len(text) and text[at] == ";":
            name = _NAME.match(text, at + 1)
            if name is None:
                raise CodecError("no name behind a semicolon", offset=at)
            at = name.end()
            value: str | None = None
            if at < len(text) and text[at] == "=":
                quoted = _QUOTED.match(text, at + 1)
                plain = None if quoted else _PLAIN.match(text, at + 1)
                one = quoted or plain
                if one is None:
                    raise CodecError(f"no value of attribute {name[0]}", offset=at)
                value = re.sub(r"\\(.)", r"\1", quoted[1], flags=re.S) if quoted else one[0]
                at = one.end()
            attributes.append((name[0], value))
        links.append(ResourceLink(found[1], tuple(attributes)))
    return tuple(links)
