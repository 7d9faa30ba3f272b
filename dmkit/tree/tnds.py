"""Serialised trees (TNDS): a sub-tree as one document and back, for XML and for WBXML code page 2.  [DMTNDS §6]

>>> from dmkit.tree.tree import Tree
>>> tree = Tree.of({"./Acc/Mail/Host": "mx.example"})
>>> document = read(write(serialise("Mail", tree.get("./Acc/Mail"))))
>>> [("/".join(entry.path), entry.value) for entry in flatten(document)]
[('Mail', None), ('Mail/Host', 'mx.example')]

What the commands do with such a document is in ``dmkit.tree.tnds_apply``.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Callable
from dataclasses import field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, TypeAlias

import msgspec

from dmkit.tree.node import SERIALISED, Node, Path
from dmkit.tree.uri import MAX_NAME, join, parse
from dmkit.wire.document import WireDocument, is_wbxml, read_wbxml, write_wbxml, write_xml
from dmkit.wire.elements import DDF, NS_DDF
from dmkit.wire.markup import read_xml as read_markup
from dmkit.words.caches import weigh
from dmkit.words.codes import Format
from dmkit.words.counts import many
from dmkit.words.errors import CommandFailed, DdfError
from dmkit.words.model import Element
from dmkit.words.records import dataclass
from dmkit.words.structs import like_a_dataclass

__all__ = [
    "ALL",
    "MAX_NODES",
    "TYPE_WBXML",
    "TYPE_XML",
    "VER_DTD",
    "TndsDocument",
    "TndsNode",
    "doubled",
    "flatten",
    "nodes",
    "of_names",
    "read",
    "read_element",
    "serialise",
    "to_element",
    "write",
]

VER_DTD: Final = DDF.version
"""The version of documents of descriptions and of serialised trees.  [DMTNDS §6.2, DMTND §9]"""
TYPE_XML: Final = "application/vnd.syncml.dmtnds+xml"
TYPE_WBXML: Final = "application/vnd.syncml.dmtnds+wbxml"
ALL: Final = SERIALISED
"""What ``?list=TNDS`` sends, and what ``+`` and ``-`` select from.  [DMTND §8.2]"""
MAX_NODES: Final = 20_000
"""Nodes of a document that are read."""


@like_a_dataclass
class TndsNode(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One ``Node`` of a document; None means that the element is absent.

    ``path`` is relative to the Target of the command, with the node's own name last (empty where the Target names
    it); ``type`` is the MIME type, or the object identifier of an interior node.  An absent ``value`` is not an empty
    one.
    """

    path: Path
    format: Format
    value: str | bytes | Element | None = None
    type: str | None = None
    acl: str | None = None
    title: str | None = None
    tstamp: str | None = None
    verno: str | None = None
    children: tuple[TndsNode, ...] = ()

    @property
    def is_interior(self) -> bool:
        """True when it has children instead of a value."""
        return self.format is Format.NODE

    @property
    def name(self) -> str:
        """NodeName."""
        return self.path[-1] if self.path else ""


@dataclass(frozen=True, slots=True)
class TndsDocument:
    """A document: the Nodes at its top, and whose device it describes.

    ``ignored`` are the addresses of interior nodes for which the document had a Value all the same.
    """

    tops: tuple[TndsNode, ...]
    man: str | None = None
    mod: str | None = None
    ignored: tuple[str, ...] = field(default=(), compare=False)


# -- from trees to documents ---------------------------------------------------------------------------


def serialise(
    name: str,
    node: Node,
    *,
    properties: frozenset[str] = ALL,
    keep: Callable[[Path, Node], bool] = lambda path, node: True,
    man: str | None = None,
    mod: str | None = None,
) -> TndsDocument:
    """``node`` and what is below it as a document with one Node at the top, called ``name`` (empty: the Target).

    ``keep`` says which nodes, by their path below the first, may be shown: one that may not goes with all that is
    below it.  Type is always there, since the grammar demands it.  UNSURE [DMTND §8.2, DMTNDS §6.1]
    """
    path = (name,) if name else ()
    return TndsDocument((_entry(path, node, (), properties | {"Type"}, keep),), man, mod)


def _entry(
    path: Path, node: Node, below: Path, properties: frozenset[str], keep: Callable[[Path, Node], bool]
) -> TndsNode:
    children = tuple(
        _entry((*path, name), child, (*below, name), properties, keep)
        for name, child in node.children.items()
        if keep((*below, name), child)
    )
    return TndsNode(
        path=path,
        format=Format.of(node.format) or Format.CHR,
        value=node.value if "Value" in properties else None,
        type=node.type,
        acl=node.acl if node.acl and "ACL" in properties else None,
        title=node.title if node.title and "Title" in properties else None,
        tstamp=_stamp(node.tstamp) if "TStamp" in properties else None,
        verno=str(node.verno) if "VerNo" in properties else None,
        children=children,
    )


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%SZ")


def to_element(document: TndsDocument, *, properties: frozenset[str] = ALL) -> Element:
    """The ``MgmtTree`` element; octets stay octets, which XML writes as base64 and WBXML as they are."""
    head = [("VerDTD", VER_DTD), ("Man", document.man), ("Mod", document.mod)]
    tops = [_node(entry, "Format" in properties) for entry in document.tops]
    return _e("MgmtTree", *(_e(name, text) for name, text in head if text is not None), *tops)


def _e(name: str, *children: Element | str | bytes) -> Element:
    if len(children) == 1 and not isinstance(children[0], Element) and not children[0]:
        return Element(name, NS_DDF)
    return Element(name, NS_DDF, children)


def _node(entry: TndsNode, with_format: bool) -> Element:
    kind = "DDFName" if entry.is_interior else "MIME"
    known = []
    if entry.acl is not None:
        known.append(_e("ACL", entry.acl))
    if with_format:
        known.append(_e("Format", _e(entry.format.value)))
    if entry.title is not None:
        known.append(_e("Title", entry.title))
    if entry.tstamp is not None:
        known.append(_e("TStamp", entry.tstamp))
    if entry.type is not None:
        known.append(_e("Type", _e(kind, entry.type)))
    if entry.verno is not None:
        known.append(_e("VerNo", entry.verno))
    parts = [_e("NodeName", entry.name)]
    if known:
        parts.append(_e("RTProperties", *known))
    if entry.is_interior:
        parts.extend(_node(child, with_format) for child in entry.children)
    elif entry.value is not None:
        parts.append(_e("Value", entry.value))
    return _e("Node", *parts)


def write(
    document: TndsDocument, *, wbxml: bool = False, pretty: bool = False, properties: frozenset[str] = ALL
) -> bytes:
    """``document`` as octets: XML, or WBXML with its own header."""
    whole = WireDocument(to_element(document, properties=properties), DDF, None, DDF.fpi)
    return write_wbxml(whole) if wbxml else write_xml(whole, pretty=pretty)


# -- from documents to trees ---------------------------------------------------------------------------


def read(data: bytes | str | Element, *, max_nodes: int = MAX_NODES) -> TndsDocument:
    """A document: octets of XML or WBXML, text (XML, or base64 of either), or the element itself.

    DdfError says which node is wrong and what would be right; CodecError where there is no document at all.
    """
    if isinstance(data, Element):
        return read_element(data, max_nodes=max_nodes)
    if isinstance(data, str):
        if "<" not in data:
            try:
                data = b64decode("".join(data.split()), validate=True)
            except (Error, ValueError):
                raise DdfError("the text is neither a document nor base64 of one; it begins with MgmtTree") from None
        else:
            data = data.encode()
    root = read_wbxml(data, lenient=True, octets=True).root if is_wbxml(data) else read_markup(data)[0]
    return read_element(root, max_nodes=max_nodes)


def read_element(root: Element, *, max_nodes: int = MAX_NODES) -> TndsDocument:
    """As ``read``, for an element; namespaces do not count.

    One real device writes the names of its children as the Value of an interior node: such a Value is ignored, and
    noted.  [TNDS sheet §1, IMPL]
    """
    if root.name != "MgmtTree":
        raise DdfError(f"the document element is {root.name[:40]}; MgmtTree stands there")
    parts = _parts(root, "MgmtTree", _MGMT_TREE)
    version = _text(parts, "VerDTD", "MgmtTree", ".")
    if version is None or version.strip() != VER_DTD:
        text = "absent" if version is None else repr(version.strip()[:40])
        raise DdfError(f"VerDTD is {text}; {VER_DTD} is read")
    left = [max_nodes]
    ignored: list[str] = []
    tops = tuple(_read_node(child, (), left, ignored, top=True) for child in parts.get("Node", ()))
    if not tops:
        raise DdfError("MgmtTree has no Node; at least one stands there")
    man, mod = _text(parts, "Man", "MgmtTree", "."), _text(parts, "Mod", "MgmtTree", ".")
    return TndsDocument(tops, man, mod, tuple(ignored))


_MGMT_TREE: Final = frozenset({"VerDTD", "Man", "Mod", "Node"})
_NODE: Final = frozenset({"NodeName", "Path", "RTProperties", "DFProperties", "Node", "Value"})
_RT: Final = frozenset({"ACL", "Format", "Name", "Size", "Title", "TStamp", "Type", "VerNo"})
_NO_RUN_TIME: Final = (None,) * 6
_INTERIOR: Final = (None, Format.NODE)
_BARE: Final = frozenset({Format.NULL, Format.BIN})
"""Formats whose text is not simply the value."""


_Parts = dict[str, list[Element]]
_Where = Path | str
"""A place in the document: a path becomes text only where something is wrong."""
_RunTime: TypeAlias = tuple[Format | None, str | None, str | None, str | None, str | None, str | None]
"""Format, type, ACL, title, time and number of version."""


def _wrong(why: str, where: _Where) -> DdfError:
    return DdfError(why, node=where if isinstance(where, str) else join(where))


def _parts(element: Element, where: _Where, known: frozenset[str]) -> _Parts:
    """Child elements by name; those of other namespaces are passed over, text and unknown ones refused."""
    found: _Parts = {}
    for child in element.children:
        if isinstance(child, Element):
            name = child.name
            if name in known:
                if name in found:
                    found[name].append(child)
                else:
                    found[name] = [child]
            elif child.ns in (element.ns, "", NS_DDF):
                raise _wrong(f"{name[:40]} in {element.name}; {', '.join(sorted(known))} may stand there", where)
        elif isinstance(child, bytes) or child.strip():
            raise _wrong(f"text in {element.name}; elements stand there", where)
    return found


def _one(parts: _Parts, name: str, parent: str, where: _Where) -> Element | None:
    found = parts.get(name)
    if found is None:
        return None
    if len(found) > 1:
        raise _wrong(f"two {name} in {parent}; one stands there", where)
    return found[0]


def _text(parts: _Parts, name: str, parent: str, where: _Where) -> str | None:
    found = _one(parts, name, parent, where)
    if found is None:
        return None
    children = found.children
    if len(children) == 1 and isinstance(children[0], str):
        return children[0]
    if any(isinstance(child, Element) for child in children):
        raise _wrong(f"elements in {name}; text stands there", where)
    return found.text


def _read_node(element: Element, above: Path, left: list[int], ignored: list[str], *, top: bool = False) -> TndsNode:
    """A node of the usual form, with all below it; any other is read part by part, which says what is wrong."""
    left[0] -= 1
    if left[0] < 0:
        raise _wrong("the document has more nodes than are read", above)
    named: tuple[object, ...] = ()
    run_time: Element | None = None
    value: Element | None = None
    below: list[Element] = []
    for child in element.children:
        if not isinstance(child, Element):
            if isinstance(child, bytes) or child.strip():
                return _by_parts(element, above, left, ignored, top)
        elif child.name == "Node":
            below.append(child)
        elif child.name == "NodeName" and not named:
            named = child.children
        elif child.name == "RTProperties" and run_time is None:
            run_time = child
        elif child.name == "Value" and value is None:
            value = child
        else:
            return _by_parts(element, above, left, ignored, top)
    name = named[0].strip() if len(named) == 1 and isinstance(named[0], str) else ""
    known = _NO_RUN_TIME if run_time is None else _usual(run_time)
    odd = not name or "/" in name or name in (".", "..") or len(name) > MAX_NAME or (below and value is not None)
    if odd or known is None or (known[0] is Format.NODE if value is not None else below and known[0] not in _INTERIOR):
        return _by_parts(element, above, left, ignored, top)
    given, type_, acl, title, tstamp, verno = known
    path = (*above, name)
    content: str | bytes | Element | None = None
    if value is None:
        format = given or Format.NODE
    else:
        format, texts = given or Format.CHR, value.children
        plain = len(texts) == 1 and isinstance(texts[0], str) and format not in _BARE
        content = texts[0] if plain else _value(value, format, path)
    children = tuple([_read_node(child, path, left, ignored) for child in below]) if below else ()
    return TndsNode(path=path, format=format, value=content, type=type_, acl=acl, title=title, tstamp=tstamp,
                    verno=verno, children=children)  # fmt: skip


def _by_parts(element: Element, above: Path, left: list[int], ignored: list[str], top: bool) -> TndsNode:
    where: Path = above
    parts = _parts(element, where, _NODE)
    below = parts.get("Node", ())
    name = _text(parts, "NodeName", "Node", where)
    if name is None:
        raise _wrong("a Node has no NodeName; it stands there, empty only where the Target names the node", where)
    name = name.strip()
    if not name and not top:
        raise _wrong("an empty NodeName below the top; only the Target can name a node", where)
    if len(name) > MAX_NAME:
        raise _wrong(f"a NodeName of {many(len(name), 'character')}; at most {MAX_NAME} are read", where)
    if "/" in name or name in (".", ".."):
        raise _wrong(f"NodeName {name[:40]!r} is no name; a name has no slash and is not . or ..", where)
    base = _path(_text(parts, "Path", "Node", where), above, where)
    path = (*base, name) if name else base
    where = path
    run_time = _one(parts, "RTProperties", "Node", where)
    known = _NO_RUN_TIME if run_time is None else _usual(run_time) or _run_time(run_time, where)
    given, type_, acl, title, tstamp, verno = known
    value = _one(parts, "Value", "Node", where)
    empty = value is None or not any(not isinstance(c, str) or c.strip() for c in value.children)
    if below and given not in (None, Format.NODE):
        raise _wrong(f"child Nodes in a node of format {given}; only node has children", where)
    if not empty and (below or given is Format.NODE):
        ignored.append(join(path))
    format = given or (Format.NODE if below or value is None else Format.CHR)
    content = None if value is None or format is Format.NODE else _value(value, format, where)
    children = tuple(_read_node(child, path, left, ignored) for child in below)
    return TndsNode(path=path, format=format, value=content, type=type_, acl=acl, title=title, tstamp=tstamp,
                    verno=verno, children=children)  # fmt: skip


def _path(text: str | None, above: Path, where: _Where) -> Path:
    """Where the parent is, relative to the Target; a Path replaces what the nesting says."""
    if text is None:
        return above
    bare = text.strip().rstrip("/") or "."
    if len(bare) > MAX_NAME:
        raise _wrong(f"a Path of {many(len(bare), 'character')}; at most {MAX_NAME} are read", where)
    try:
        return parse(bare.removeprefix("./") or ".").path
    except CommandFailed as failure:
        raise _wrong(f"Path {text.strip()[:40]!r} is no address: {failure.reason}", where) from None


def _length(element: Element) -> int:
    """Signs and octets of all texts in an element."""
    return sum(_length(child) if isinstance(child, Element) else len(child) for child in element.children)


@lru_cache(maxsize=1024)
def _usual(element: Element) -> _RunTime | None:
    """What ``RTProperties`` say, the same in most nodes; None where something is wrong with it."""
    weigh(_usual, _length(element))
    try:
        return _run_time(element, "")
    except DdfError:
        return None


def _run_time(element: Element, where: _Where) -> _RunTime:
    parts = _parts(element, where, _RT)
    acl, title, tstamp, verno = (
        _text(parts, name, "RTProperties", where) for name in ("ACL", "Title", "TStamp", "VerNo")
    )
    format, known = _one(parts, "Format", "RTProperties", where), None
    if format is not None:
        names = [child.name for child in format.children if isinstance(child, Element)]
        known = Format.of(names[0]) if len(names) == 1 else None
        if known is None:
            value = " and ".join(name[:40] for name in names) or "nothing"
            raise _wrong(f"Format holds {value}; one of {', '.join(f.value for f in Format)} stands there", where)
    kind, type_ = _one(parts, "Type", "RTProperties", where), None
    if kind is not None:
        inner = [child for child in kind.children if isinstance(child, Element)]
        if len(inner) != 1 or inner[0].name not in ("MIME", "DDFName"):
            raise _wrong("Type holds one MIME or one DDFName", where)
        type_ = inner[0].text.strip()
    return known, type_, acl, title, tstamp, verno


def _value(element: Element, format: Format, where: _Where) -> str | bytes | Element | None:
    children = element.children
    if any(isinstance(child, Element) for child in children):
        inner = [child for child in children if isinstance(child, Element)]
        if format is not Format.XML or len(inner) > 1:
            raise _wrong(f"mark-up in the Value of a node of format {format}; text stands there", where)
        return inner[0]
    if format is Format.NULL:
        if element.text.strip():
            raise _wrong("a Value in a node of format null; it has none", where)
        return None
    if any(isinstance(child, bytes) for child in children):
        octets = b"".join(child if isinstance(child, bytes) else str(child).encode() for child in children)
        if format is Format.BIN:
            return octets
        if format is Format.B64:
            return b64encode(octets).decode()
        try:
            return octets.decode()
        except UnicodeDecodeError:
            raise _wrong(f"octets that are no text, in a node of format {format}", where) from None
    if format is Format.BIN:
        try:
            return b64decode("".join(element.text.split()), validate=True)
        except (Error, ValueError):
            raise _wrong(f"{element.text.strip()[:40]!r} in a node of format bin; base64 stands there", where) from None
    return element.text


def of_names(root: Element) -> TndsDocument:
    """The document that XML with nodes as elements stands for: names as tags, the object identifier as namespace.

    >>> from dmkit.wire.markup import read_xml
    >>> top = of_names(read_xml(b'<DevInfo xmlns="urn:oma:mo:oma-dm-devinfo:1.0"><Man>Acme</Man></DevInfo>')[0]).tops[0]
    >>> top.type, top.children[0].path, top.children[0].value
    ('urn:oma:mo:oma-dm-devinfo:1.0', ('DevInfo', 'Man'), 'Acme')
    """
    return TndsDocument((_named(root, (), ""),))


def _named(element: Element, above: Path, around: str) -> TndsNode:
    path = (*above, element.name)
    below = [child for child in element.children if isinstance(child, Element)]
    mo_id = element.ns if element.ns != around else ""
    if not below and (element.children or above):
        return TndsNode(path=path, format=Format.CHR, value=element.text, type="text/plain")
    children = tuple(_named(child, path, element.ns) for child in below)
    return TndsNode(path=path, format=Format.NODE, type=mo_id, children=children)


def flatten(document: TndsDocument) -> list[TndsNode]:
    """Every node, parents before children wherever the document has them; children are left in place."""
    found: list[TndsNode] = []
    level, depth = document.tops, 0
    while level:  # mostly each level is one deeper than the one before
        depth = depth + 1 if found else len(level[0].path)
        if any(len(entry.path) != depth for entry in level):
            return _by_depth(document)
        found += level
        level = tuple([child for entry in level for child in entry.children])
    return found


def _by_depth(document: TndsDocument) -> list[TndsNode]:
    """The same where a Path says that a node stands elsewhere than below the one that holds it."""
    found: list[TndsNode] = []
    stack = list(reversed(document.tops))
    while stack:
        entry = stack.pop()
        found.append(entry)
        stack.extend(reversed(entry.children))
    return sorted(found, key=lambda entry: len(entry.path))


def doubled(document: TndsDocument) -> Path | None:
    """The path of a node that stands twice; None when each stands once."""
    seen: set[Path] = set()
    for entry in flatten(document):
        if entry.path in seen:
            return entry.path
        seen.add(entry.path)
    return None


def nodes(document: TndsDocument) -> dict[Path, TndsNode]:
    """Nodes by path, parents first; DdfError when two have one path or stand below a leaf."""
    found: dict[Path, TndsNode] = {}
    rows = flatten(document)
    if len({entry.path for entry in rows}) < len(rows):
        twice = doubled(document)
        assert twice is not None
        raise DdfError("the node stands twice in the document; once is right", node=join(twice))
    for entry in rows:
        above = found.get(entry.path[:-1]) if entry.path else None
        if above is not None and above.format is not Format.NODE:
            if above.format is Format.CHR or above.value is not None:
                raise DdfError(f"it stands below a leaf, {join(above.path)}", node=join(entry.path))
            found[above.path] = replace(above, format=Format.NODE)
        found[entry.path] = entry
    return found
