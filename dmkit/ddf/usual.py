"""Descriptions of the usual form, read by expressions: a node is one match, up to the nodes below it.

Usual is what tools and people write: the order of the DTD, nothing but white space between elements, no comment, no
attribute, elements of other namespaces at the end of DFProperties.  At the first sign that is not as expected the
reader gives up (``Irregular``), and the one that walks the tree (``reader``) looks; tests over mutants hold the two
together, and ``dmkit.wire.compiled.paths(fast=False)`` turns this one off.  Every tag is spelled out, so what matches
is well-formed when no sign stands in it that XML forbids, no ``]]>`` and no reference but the five.  [DMTND §9]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Final, TypeAlias

from lxml import etree

from dmkit.ddf.grammar import ACCESS, NAMESPACES
from dmkit.ddf.parser import WHITE, foreign
from dmkit.ddf.spec import (
    COMMENT,
    NS_BASIS,
    Basis,
    NodeSpec,
    Occurrence,
    OccurrenceKind,
    Scope,
    Spec,
)
from dmkit.tree.tnds import VER_DTD
from dmkit.tree.uri import MAX_NAME
from dmkit.wire.content import Irregular
from dmkit.wire.namespaces import MAX_NAMESPACE
from dmkit.wire.spelling import DECLARATION
from dmkit.words.caches import weigh
from dmkit.words.codes import Format, Verb
from dmkit.words.errors import DdfError
from dmkit.words.model import Element

__all__ = ["read_usual"]

BasisOf: TypeAlias = Callable[[list[Element]], tuple[Basis | None, str, tuple[Element, ...]]]

_MOST_LINES: Final = 65_000
"""Beyond these, lines are counted differently by different versions of the parser."""
_CONTROLS: Final = bytes(octet for octet in range(32) if octet not in b"\t\n\r")
_W: Final = r"[ \t\n]*"
_OTHERS: Final = r"(?:(<(?:[A-Za-z_][\w.-]*:|!--)[\s\S]*?))?"
"""Elements of other namespaces, and comments, up to what follows."""


def _text(name: str) -> str:
    """An element with text: its text, and whether it is written as an empty one."""
    return rf"<{name}(?:>([^<]*)</{name}|[ \t\n]*(/))>{_W}"


def _choice(name: str) -> str:
    """An element with one empty element: the name of that one."""
    return rf"<{name}>{_W}<(\w+)[ \t\n]*/>{_W}</{name}>{_W}"


@cache
def _expressions() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    space = r"[ \t\n]+xmlns(?::[A-Za-z_][A-Za-z0-9_.-]*)?=(?:\"[^\"<&]*\"|'[^'<&]*')"
    head = (
        rf"(?:{DECLARATION})?{_W}<MgmtTree((?:{space})*)[ \t\n]*>{_W}<VerDTD>{re.escape(VER_DTD)}</VerDTD>{_W}"
        rf"(?:{_text('Man')})?(?:{_text('Mod')})?{_OTHERS}(?=<Node>)"
    )
    access = rf"<AccessType(?:>{_W}((?:<\w+[ \t\n]*/>{_W})*)</AccessType|[ \t\n]*(/))>{_W}"
    number = r"[ \t\n]*/|>([0-9]{1,5})</(\w+)"
    occurs = rf"<Occurrence>{_W}<(\w+)(?:{number})>{_W}</Occurrence>{_W}"
    node = (
        rf"<Node>{_W}<NodeName(?:>([^<]*)</NodeName|[ \t\n]*/)>{_W}(?:{_text('Path')})?"
        rf"(?:<DFProperties>{_W}(?:{access})?(?:{_text('DefaultValue')})?(?:{_text('Description')})?"
        rf"(?:{_choice('DFFormat')})?(?:{occurs})?(?:{_choice('Scope')})?(?:{_text('DFTitle')})?"
        rf"(?:<DFType>{_W}(?:{_text('MIME')}|{_text('DDFName')})</DFType>{_W})?(?:{_choice('CaseSense')})?"
        rf"{_OTHERS}(</DFProperties>){_W})?"
    )
    end = rf"(?:{_text('Value')})?</Node>{_W}"
    return re.compile(head), re.compile(node), re.compile(end)


_NAMES: Final = {f"<{verb.value}/>": verb for verb in ACCESS}
_FORMATS: Final[Mapping[str | None, Format | None]] = {None: None} | {format.value: format for format in Format}
_KINDS: Final[Mapping[str | None, Occurrence | None]] = {None: None} | {
    kind.value: Occurrence(kind) for kind in OccurrenceKind
}
_SCOPES: Final[Mapping[str | None, Scope | None]] = {None: None} | {scope.value: scope for scope in Scope}
_CASES: Final[Mapping[str | None, bool | None]] = {None: None, "CS": True, "CIS": False}


@lru_cache(maxsize=256)
def _access(written: str) -> frozenset[Verb]:
    """What AccessType holds; Irregular when it is no list of commands in the order of the DTD."""
    weigh(_access, len(written))
    tags = [f"<{name}/>" for name in re.findall(r"<(\w+)", written)]
    if tags != [tag for tag in _NAMES if tag in tags]:
        raise Irregular
    return frozenset(_NAMES[tag] for tag in tags)


def _bounded(kind: str, number: str, closes: str) -> Occurrence:
    if kind != closes or not kind.endswith("N") or not 2 <= int(number) <= 65536:
        raise Irregular
    return Occurrence(OccurrenceKind(kind), int(number))


def _is_ours(element: Element) -> bool:
    """True for the element that says where a definition comes from."""
    return element.ns == NS_BASIS and element.name == "Basis"


def _plain(text: str) -> str:
    for reference, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        text = text.replace(reference, sign)
    return text


class _Usual:
    """One document being read."""

    def __init__(self, text: str, spaces: Mapping[str, str], basis_of: BasisOf, deepest: int) -> None:
        self.text, self.spaces, self.basis_of, self.deepest = text, spaces, basis_of, deepest
        self.coded = "&" in text
        self.declared = {prefix: f' xmlns{prefix and ":"}{prefix}="{ns}"' for prefix, ns in spaces.items()}
        self.at = self.counted = 0
        self.line = 1

    def plain(self, text: str) -> str:
        return _plain(text) if self.coded and "&" in text else text

    def either(self, text: str | None, empty: str | None) -> str | None:
        """Text of an element; empty when it is written so, None when it is not there."""
        if text is None:
            return None if empty is None else ""
        return self.plain(text)

    def bare(self, text: str | None) -> str:
        """Text that has no white space around it."""
        plain = self.plain(text or "")
        if plain.strip(WHITE) != plain:
            raise Irregular
        return plain

    def nodes(self, depth: int) -> Iterator[NodeSpec]:
        """The nodes that stand here, side by side."""
        text, (_, scan, scan_end) = self.text, _expressions()
        while True:
            found = scan.match(text, self.at)
            if found is None:
                return
            if depth > self.deepest:
                raise Irregular
            (name, path, no_path, access, no_access, default, no_default, told, not_told, format, occurs, bound, bounds,
             scope, title, no_title, mime, no_mime, object_id, no_object_id, case, others, end_of_it) = (
                found.groups())  # fmt: skip
            self.line += text.count("\n", self.counted, self.at)
            self.counted = self.at
            name = self.bare(name)
            if "/" in name or len(name) > MAX_NAME or (path is not None and len(path) > MAX_NAME):
                raise Irregular
            self.at = found.end()
            line = self.line
            basis, source, extensions = (None, "", ()) if others is None else self.basis_of(self.foreign(others))
            children = tuple(self.nodes(depth + 1))
            end = scan_end.match(text, self.at)
            if end is None or (children and (end[1] is not None or end[2] is not None)):
                raise Irregular
            self.at = end.end()
            yield NodeSpec(
                name=name,
                path=self.either(path, no_path),
                access=None if access is None and no_access is None else _access(access or ""),
                format=_FORMATS[format],
                mime=None if mime is None and no_mime is None else (self.bare(mime),),
                object_id=None if object_id is None and no_object_id is None else self.bare(object_id),
                occurrence=_KINDS[occurs] if bound is None else _bounded(occurs, bound, bounds),
                scope=_SCOPES[scope],
                default=self.either(default, no_default),
                title=self.either(title, no_title),
                description=self.either(told, not_told),
                case_sensitive=_CASES[case],
                value=self.either(end[1], end[2]),
                described=end_of_it is not None,
                basis=basis,
                source=source,
                extensions=extensions,
                children=children,
                line=line,
            )

    def foreign(self, written: str) -> list[Element]:
        """Elements of other namespaces, which are parsed: anything may stand in them.

        Only the prefixes that they may use are declared: all of them at each node would be a square.
        """
        prefixes = dict.fromkeys(("", *_PREFIX.findall(written)))
        declared = "".join([self.declared[prefix] for prefix in prefixes if prefix in self.declared])
        try:
            root = etree.fromstring(f"<x{declared}>{written}</x>".encode(), _PARSER)
            found = [(child, foreign(child)) for child in root]
        except (etree.XMLSyntaxError, DdfError):
            raise Irregular from None
        kept: list[Element] = []
        for child, element in found:
            if child.tail and child.tail.strip(WHITE):
                raise Irregular
            is_comment = element.name == COMMENT
            if not is_comment and (element.ns in NAMESPACES or element.ns != self.spaces.get(child.prefix or "")):
                raise Irregular
            if _is_ours(element) and kept and not _is_ours(kept[-1]):
                raise Irregular  # an order that is not the usual one is remembered
            if not (is_comment and element.text.strip().startswith("basis:")):
                kept.append(element)
        return kept


_PARSER: Final = etree.XMLParser(
    encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True
)
_SPACE: Final = re.compile(r"xmlns(?::([A-Za-z_][\w.-]*))?=[\"']([^\"']*)[\"']")
_PREFIX: Final = re.compile(r"(?<![\w.-])([A-Za-z_][\w.-]*+):")
_REFERENCE: Final = re.compile("&(?!(?:amp|lt|gt|quot|apos);)")


def _is_fine(prefix: str, ns: str) -> bool:
    """Whether the usual reader can tell what the declaration of a namespace means."""
    if '"' in ns or len(ns) > MAX_NAMESPACE:
        return False
    return not prefix or (bool(ns) and not prefix.startswith("xml") and ns not in NAMESPACES)


def read_usual(data: bytes, bom: bool, doctype: str, basis_of: BasisOf, deepest: int) -> Spec:
    """The description in ``data``, which has no byte order mark and no DOCTYPE; Irregular when it is not usual.

    ``basis_of`` tells our own extension from others; nodes are followed to the depth ``deepest``.
    """
    try:
        text = data.decode().replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise Irregular from None
    if (
        len(data.translate(None, _CONTROLS)) != len(data) or "\r" in text or "]]>" in text or "\ufffe" in text
        or "\uffff" in text or text.count("\n") > _MOST_LINES
        or ("&" in text and _REFERENCE.search(text) is not None)
    ):  # fmt: skip
        raise Irregular
    head = _expressions()[0].match(text)
    if head is None:
        raise Irregular
    declared: list[tuple[str, str]] = _SPACE.findall(head[1])
    spaces = dict(declared)
    if len(spaces) < len(declared) or spaces.get("", "") not in NAMESPACES or not all(
        _is_fine(prefix, ns) for prefix, ns in declared
    ):  # fmt: skip
        raise Irregular
    reader = _Usual(text, spaces, basis_of, deepest)
    reader.at = head.end()
    try:
        basis = reader.basis_of(reader.foreign(head[6])) if head[6] is not None else (None, "", ())
        roots = tuple(reader.nodes(1))
    except KeyError:  # a format, a scope that there is not: the other reader finds the words
        raise Irregular from None
    if not roots or text[reader.at :].strip(WHITE) != "</MgmtTree>":
        raise Irregular
    man, mod = reader.either(head[2], head[3]), reader.either(head[4], head[5])
    return Spec(roots, man, mod, *basis, spaces.get("", ""), tuple(spaces.items()), doctype, bom, None)
