"""Trees as plain values, as JSON holds them, and as serialised trees.

A node is ``null`` when it is interior, a text, number or truth value when nothing else needs to be said, and
otherwise an object with what differs from that: ``format``, ``type``, ``acl``, ``title``, ``value``, or ``b64``
for octets, or ``text`` where a ``value`` of format xml would be taken as mark-up.

>>> tree = from_plain({"./A": {"type": "com.example/1.0/A"}, "./A/Port": 80, "./A/Icon": {"b64": "AP8="}})
>>> tree.get("./A/Icon").value, to_plain(tree)["./A/Port"]
(b'\\x00\\xff', {'format': 'int', 'value': '80'})
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from dmkit.ddf.rules import Mount, PlaceRule, node_for, rules_of
from dmkit.ddf.spec import Basis, Spec
from dmkit.tree.node import Node
from dmkit.tree.tnds import TndsDocument, nodes
from dmkit.tree.tree import Tree
from dmkit.tree.uri import join, parse
from dmkit.tree.values import empty_value
from dmkit.wire.markup import read_xml, write_xml
from dmkit.words.codes import Format
from dmkit.words.errors import ConfigError, DmError
from dmkit.words.model import Element

__all__ = ["bases_of", "from_document", "from_plain", "to_plain"]

_FIELDS: Final = frozenset({"format", "type", "acl", "title", "value", "text", "b64", "basis"})


def from_document(document: TndsDocument, uri: str = ".") -> Tree:
    """The tree of a document whose nodes stand below ``uri``; a leaf without Value gets the emptiest one.

    DdfError for a node that stands twice or below a leaf.
    """
    tree = Tree.of({} if uri == "." else {uri: None})
    top = parse(uri).path
    for path, entry in nodes(document).items():
        place = top + path
        for depth in range(1, len(place)):
            if tree.find(place[:depth]) is None:
                tree = tree.with_node(place[:depth], Node.interior())
        present = tree.find(place)
        if entry.is_interior:
            children = present.children if present is not None else {}
            acl = entry.acl or (tree.root.acl if not place else "")
            new = replace(Node.interior(children, type=entry.type or "", acl=acl), title=entry.title or "")
        else:
            value = entry.value
            if value is None and entry.format is not Format.NULL:
                value = b"" if entry.format is Format.BIN else empty_value(entry.format)
            new = Node(entry.format.value, value, entry.type or "text/plain", entry.acl or "", entry.title or "")
        tree = tree.with_node(place, new)
    return tree


def bases_of(tree: Tree, *mounts: Mount) -> dict[str, Basis]:
    """What the description of each node rests on, by URI; a node without a basis of its own has its parent's."""
    specs = [mount if isinstance(mount, Spec) else mount[1] for mount in mounts]
    rests = {id(place.node): place.basis for spec in specs for place in spec.walk()}
    found: dict[str, Basis] = {}
    top = rules_of(*mounts)
    for uri, _ in tree.walk():
        rule: PlaceRule | None = top
        for name in parse(uri).path:
            rule = rule.match(name) if rule is not None else None
        basis = rests.get(id(rule.node)) if rule is not None and rule.node is not None else None
        if basis is not None:
            found[uri] = basis
    return found


def to_plain(tree: Tree, uri: str = ".", *mounts: Mount) -> dict[str, Any]:
    """Nodes from ``uri`` down as plain values by URI; the root only when there is something to say of it.

    With descriptions each node that has one says on what it rests, as ``basis``; ``from_plain`` passes that over.
    """
    bases = bases_of(tree, *mounts) if mounts else {}
    found = {below: _plain(node, bases.get(below)) for below, node in tree.walk(uri)}
    if found.get(".", "") is None or found.get(".") == {"acl": "Add=*&Get=*"}:
        del found["."]
    return found


def _plain(node: Node, basis: Basis | None = None) -> Any:
    given: dict[str, Any] = {} if basis is None else {"basis": basis.value}
    if not node.is_interior and node.format != Format.CHR:
        given["format"] = node.format
    if node.type not in ("" if node.is_interior else "text/plain",):
        given["type"] = node.type
    given.update({name: text for name, text in (("acl", node.acl), ("title", node.title)) if text})
    if node.is_interior:
        return given or None
    value = node.value
    if isinstance(value, bytes):
        given["b64"] = b64encode(value).decode()
    elif isinstance(value, Element):
        given["value"] = write_xml(value).decode()
    elif value is not None and given:
        given["text" if node.format == Format.XML and _looks_marked_up(value) else "value"] = value
    return given or (value if value is not None else "")


def _looks_marked_up(value: object) -> bool:
    return str(value).lstrip().startswith("<")


def from_plain(values: Any, *mounts: Mount) -> Tree:
    """A tree from plain values by URI; with descriptions, a value alone takes the format that is described.

    Nothing is checked against the descriptions: ``ddf.check`` does that.  ConfigError says which entry is wrong.
    """
    if not isinstance(values, Mapping):
        raise ConfigError('a tree is an object of URIs and values, such as {"./A/B": "text"}')
    rules = rules_of(*mounts)
    tree = Tree.of({})
    for uri, value in sorted(values.items(), key=lambda entry: str(entry[0]).count("/")):
        try:
            path = parse(str(uri)).path
            rule = rules
            for name in path:
                found = rule.match(name)
                if found is None:
                    rule = type(rules)(uri)
                else:
                    rule = found
            described = rule.node if rule.node is not None and not rule.node.is_interior else None
            if value is not None and not isinstance(value, Mapping) and described is not None:
                node = node_for(described, _scalar(value))
            else:
                node = _node(value)
            for depth in range(1, len(path)):
                if tree.find(path[:depth]) is None:
                    tree = tree.with_node(path[:depth], Node.interior())
            present = tree.find(path)
            if present is not None and node.is_interior:
                node = replace(node, children=present.children, acl=node.acl or present.acl)
            tree = tree.with_node(path, node)
        except DmError as error:
            raise ConfigError(f"{join(()) if uri == '' else uri}: {error}") from None
    return tree


def _scalar(value: Any) -> str | int | float | bool:
    if not isinstance(value, str | int | float):
        raise ConfigError(f"{value!r} is no value; a text, a number, true, false or an object is")
    return value


def _node(content: Any) -> Node:
    if content is None:
        return Node.interior()
    if not isinstance(content, Mapping):
        return Tree.of({"./x": _scalar(content)}).get("./x")
    unknown = set(content) - _FIELDS
    if unknown:
        raise ConfigError(f"{sorted(map(str, unknown))[0]!r} says nothing of a node; {', '.join(sorted(_FIELDS))} do")
    texts = {name: str(content.get(name, "")) for name in ("type", "acl", "title")}
    if not {"value", "text", "b64"} & content.keys() and content.get("format", "node") == "node":
        return (
            Node.interior(type=texts["type"], acl=texts["acl"])
            if not texts["title"]
            else replace(Node.interior(type=texts["type"], acl=texts["acl"]), title=texts["title"])
        )
    format = Format.of(str(content.get("format", "bin" if "b64" in content else "chr")))
    if format is None or format is Format.NODE:
        raise ConfigError(
            f"{content.get('format')!r} is no format of a value; {', '.join(f.value for f in Format)} are"
        )
    value: str | bytes | Element | None = str(content.get("value", ""))
    if "b64" in content:
        try:
            value = b64decode(str(content["b64"]), validate=True)
        except (Error, ValueError):
            raise ConfigError(f"{content['b64']!r} is no base64") from None
    elif format is Format.NULL:
        value = None
    elif "text" in content:
        value = str(content["text"])
    elif format is Format.XML and _looks_marked_up(value):
        value = read_xml(str(value).encode())[0]
    return Node(format.value, value, texts["type"] or "text/plain", texts["acl"], texts["title"])
