"""Descriptions put together: one tree of rules out of one or several ``Spec``, looked up by URI.

Documents may describe parts of one tree: a root with Path continues where it says, and a description without a
place of its own is mounted.  Below an interior node of which no children are described, everything is free, since
its description continues elsewhere.  [DMTND §9.4.1, ddf sheet §4]

>>> from dmkit.words.codes import Verb
>>> from dmkit.ddf.reader import read
>>> spec = read(b'''<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName/><DFProperties><AccessType><Get/></AccessType>
... <DFFormat><chr/></DFFormat><CaseSense><CIS/></CaseSense></DFProperties></Node></MgmtTree>''')
>>> describe = describe_of(("./Vendor", spec))
>>> described = describe("./Vendor/One")
>>> described.place, described.takes(Verb.ADD), describe("./Vendor/One/Two").known
('./Vendor/*', False, False)
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterator
from dataclasses import field
from functools import lru_cache
from typing import Final, TypeAlias

from dmkit.ddf.allowed import allowed
from dmkit.ddf.spec import NodeSpec, Spec, parent_of
from dmkit.tree.describe import UNKNOWN, Describe, Described
from dmkit.tree.node import Node
from dmkit.tree.uri import parse
from dmkit.tree.values import empty_value
from dmkit.wire.habits import BOOLS
from dmkit.words.asked import asked
from dmkit.words.codes import Format
from dmkit.words.errors import DdfError
from dmkit.words.model import Value
from dmkit.words.records import dataclass

__all__ = ["Mount", "PlaceRule", "SpecDescriptions", "default_node", "describe_of", "node_for", "rules_of"]

Mount: TypeAlias = Spec | tuple[str, Spec]
"""A description, or the URI of a parent and the description of what stands below it."""

_FREE: Final = Described()


@dataclass(slots=True)
class PlaceRule:
    """What is said of one place: ``node`` None for a place on the way to what is described."""

    uri: str
    node: NodeSpec | None = None
    described: Described = _FREE
    named: dict[str, PlaceRule] = field(default_factory=dict)
    folded: dict[str, PlaceRule] = field(default_factory=dict)
    unnamed: list[PlaceRule] = field(default_factory=list)
    known_cases: frozenset[bool | None] | None = field(default=None, compare=False, repr=False)

    @property
    def is_open(self) -> bool:
        """True when nothing is said of what stands below, so that everything may."""
        return self.node is None or (self.node.is_interior and not (self.named or self.unnamed))

    def match(self, name: str) -> PlaceRule | None:
        """The rule for a child: by name, by name in another case where that does not count, then unnamed ones."""
        found = self.named.get(name)
        if found is None and self.folded:
            found = self.folded.get(name.casefold())
        if found is None and self.unnamed:
            found = self.unnamed[0]
        return found

    def cases(self, otherwise: Described) -> frozenset[bool | None]:
        """What is said of case in the names of its children; kept, for rules do not change once they are made."""
        if self.known_cases is None:
            found = {(one.described if one.node is not None else otherwise).case_sensitive for one in self.below()}
            if not self.unnamed:
                found.add((otherwise if self.is_open else UNKNOWN).case_sensitive)
            self.known_cases = frozenset(found)
        return self.known_cases

    def below(self) -> Iterator[PlaceRule]:
        """The rules of its children."""
        yield from self.named.values()
        yield from self.unnamed


def rules_of(*mounts: Mount) -> PlaceRule:
    """One tree of rules for all ``mounts``, only to be read; DdfError when two describe the same node.

    An object is put into a tree again and again: the rules of the last descriptions are kept.
    """
    return _rules(_Same(tuple(mount if isinstance(mount, tuple) else (None, mount) for mount in mounts)))


class _Same:
    """Descriptions with their parents, equal only to these very ones: to compare two by value takes as long."""

    __slots__ = ("mounts", "which")

    def __init__(self, mounts: tuple[tuple[str | None, Spec], ...]) -> None:
        self.mounts = mounts
        self.which = tuple((parent, id(spec)) for parent, spec in mounts)

    def __hash__(self) -> int:
        return hash(self.which)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.which == other.which


@lru_cache(maxsize=64)
def _rules(same: _Same) -> PlaceRule:
    top = PlaceRule(".")
    nodes = [(parent_of(node, parent), node) for parent, spec in same.mounts for node in spec.roots]
    for parent, node in sorted(nodes, key=lambda entry: entry[0].count("/")):  # a place before what continues it
        _put(top, _place(top, parent), node, None)
    return top


def _place(top: PlaceRule, uri: str) -> PlaceRule:
    """The rule at ``uri``; places that nothing describes are entered on the way."""
    rule = top
    for name in uri.split("/")[1:]:
        below = rule.unnamed[0] if name == "*" and rule.unnamed else rule.match(name)
        if below is None:
            below = rule.named[name] = PlaceRule(f"{rule.uri}/{name}")
        rule = below
    return rule


def _put(top: PlaceRule, parent: PlaceRule, node: NodeSpec, case: bool | None) -> None:
    """Enter ``node`` and what is below it; ``case`` is the CaseSense that it inherits."""
    case = node.case_sensitive if node.case_sensitive is not None else case
    if node.name == "." and parent.uri == ".":
        rule = parent
    elif node.is_placeholder:
        rule = PlaceRule(f"{parent.uri}/*")
        parent.unnamed.append(rule)
    else:
        rule = parent.named.setdefault(node.name, PlaceRule(f"{parent.uri}/{node.name}"))
        if case is False:
            parent.folded[node.name.casefold()] = rule
    if rule.node is None:
        rule.node, rule.described = node, _described(rule.uri, node, case)
    elif not (node.is_interior and rule.node.is_interior):
        raise DdfError("a leaf described twice; one description says all of it", node=rule.uri, line=node.line or None)
    for child in node.children:
        _put(top, rule if child.path is None else _place(top, parent_of(child, None)), child, case)


def _described(uri: str, node: NodeSpec, case: bool | None) -> Described:
    format = Format.NODE if node.is_interior else node.format
    properties = None if node.run_time is None else node.run_time.names
    default = None if node.is_interior or node.default is None else default_node(node).value
    return Described(
        access=node.access,
        permanent=node.is_permanent,
        place=uri,
        least=node.occurs.least,
        most=node.occurs.most,
        formats=None if format is None else frozenset({format.value}),
        types=node.types,
        object_type=node.mo_id if node.is_interior else "",
        check=None if node.is_interior else allowed(node),
        case_sensitive=case,
        properties=properties,
        default=default if isinstance(default, str | bytes) else None,
        title=node.title or "",
        description=node.description or "",
    )


class _Steps:
    """A place of ``SpecDescriptions``; ``rule`` None: it is below all that they know, and so is what follows."""

    __slots__ = ("described", "otherwise", "rule")

    def __init__(self, rule: PlaceRule | None, otherwise: Described) -> None:
        self.rule, self.otherwise = rule, otherwise
        self.described = otherwise if rule is None or rule.node is None else rule.described

    def below(self, name: str) -> _Steps:
        """The place of a child."""
        rule = self.rule
        if rule is None:
            return self
        found = rule.match(name)
        return _Steps(found, self.otherwise if found is not None or rule.is_open else UNKNOWN)


@dataclass(frozen=True, slots=True)
class SpecDescriptions:
    """Descriptions as what a ``Tree`` enforces: called with a URI.  Equal when made of the same descriptions."""

    mounts: tuple[Mount, ...]
    otherwise: Described
    rules: PlaceRule = field(compare=False, repr=False)

    def __call__(self, uri: str) -> Described:
        """What the descriptions say of the node at ``uri``, whether it exists or not."""
        return self.at(parse(uri).path)

    def at(self, path: tuple[str, ...]) -> Described:
        """The same for an address that is read already."""
        rule = self.rules
        for name in path:
            below = rule.match(name)
            if below is None:
                return self.otherwise if rule.is_open else UNKNOWN
            rule = below
        return rule.described if rule.node is not None else self.otherwise

    def steps(self, path: tuple[str, ...]) -> _Steps:
        """The place at ``path``, from which one goes on below it."""
        steps = _Steps(self.rules, self.otherwise)
        for name in path:
            steps = steps.below(name)
        return steps

    def cases(self, parent: tuple[str, ...]) -> frozenset[bool | None]:
        """What they say of case in the names of nodes right below ``parent``."""
        rule = self.rules
        for name in parent:
            below = rule.match(name)
            if below is None:
                return frozenset({(self.otherwise if rule.is_open else UNKNOWN).case_sensitive})
            rule = below
        return rule.cases(self.otherwise)

    def __reduce__(self) -> tuple[object, ...]:
        return _made, (self.mounts, self.otherwise)  # the rules hold functions, which cannot travel


def _made(mounts: tuple[Mount, ...], otherwise: Described) -> SpecDescriptions:
    return SpecDescriptions(mounts, otherwise, rules_of(*mounts))


@asked
def describe_of(*mounts: Mount, otherwise: Described = _FREE) -> Describe:
    """What a device with these descriptions allows; ``otherwise`` is said of what is outside all of them.

    An object described twice is refused with DdfError, as are two descriptions of one leaf.

    >>> from dmkit.ddf.api import load
    >>> describe_of(load("data/ddf/wifi.xml"))("./WiFi").known
    True
    """
    return _made(mounts, otherwise)


@asked
def default_node(node: NodeSpec) -> Node:
    """An instance of ``node`` as its maker gives it: DefaultValue, else Value, else the emptiest of its format.

    >>> default_node(NodeSpec(name="Port", format=Format.INT)).value
    '0'
    """
    if node.is_interior:
        return Node.interior(type=node.mo_id)
    return node_for(node, next((text for text in (node.default, node.value) if text is not None), None))


def node_for(node: NodeSpec, value: Value | Node | None) -> Node:
    """An instance of the leaf ``node`` with ``value`` in the format that is described; None is the emptiest value.

    Text for octets is read as base64 where it is that, else as UTF-8.
    """
    if isinstance(value, Node):
        return value
    format = node.format or Format.CHR
    mime = next(iter(node.types), "application/octet-stream" if format is Format.BIN else "text/plain")
    if format is Format.NULL:
        return Node(format.value, None, mime)
    if isinstance(value, bool):
        value = "true" if value else "false"
    elif format is Format.BOOL and isinstance(value, str | int):
        value = BOOLS.get(str(value).strip().lower(), str(value))
    elif isinstance(value, int | float):
        value = str(value)
    if format is Format.BIN and not isinstance(value, bytes):
        return Node(format.value, _octets(value or ""), mime)
    if isinstance(value, bytes) and format is not Format.BIN:
        value = b64encode(value).decode() if format is Format.B64 else value.decode("utf-8", "replace")
    return Node(format.value, empty_value(format) if value is None else value, mime)


def _octets(text: str) -> bytes:
    try:
        return b64decode("".join(text.split()), validate=True)
    except (Error, ValueError):
        return text.encode()
