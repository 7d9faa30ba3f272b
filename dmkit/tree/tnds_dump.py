"""Trees that say version 1.1.2: dumps of devices, with Format, Type and Data directly in Node, as documents of 1.2.

Private dumps, no serialised trees of the specification; ``dmkit ddf tnds`` reads them, commands do not.  [ddf sheet §5]

>>> from dmkit.tree.tnds import flatten, read_element
>>> from dmkit.wire.markup import read_xml
>>> node = b"<Node><NodeName>N</NodeName><Format>int</Format><Data>5</Data></Node>"
>>> dump = b"<MgmtTree><VerDTD>1.1.2</VerDTD>" + node + b"</MgmtTree>"
>>> entry = flatten(read_element(modern(read_xml(dump)[0])))[0]
>>> entry.path, entry.format.value, entry.value
(('N',), 'int', '5')
"""

from __future__ import annotations

from typing import Final

from dmkit.words.codes import Format
from dmkit.words.errors import DdfError
from dmkit.words.model import Element

__all__ = ["OLD", "modern"]

OLD: Final = frozenset({"1.1", "1.1.2"})
"""Versions of dumps."""
_KEPT: Final = frozenset({"NodeName", "Path", "RTProperties", "DFProperties", "Node"})
_DIRECT: Final = frozenset({"ACL", "Format", "Name", "Size", "Title", "TStamp", "Type", "VerNo"})
_MAX_DEPTH: Final = 64


def modern(root: Element) -> Element:
    """``root`` as a document of 1.2; a document of another version stays as it is.  DdfError: no format."""
    version = next((element.text.strip() for element in root.find("VerDTD")), "")
    if root.name != "MgmtTree" or version not in OLD:
        return root
    children: list[Element | str | bytes] = []
    for child in root.children:
        if isinstance(child, Element) and child.name == "VerDTD":
            children.append(Element("VerDTD", child.ns, ("1.2",)))
        elif isinstance(child, Element) and child.name == "Node":
            children.append(_node(child, 0))
        else:
            children.append(child)
    return Element(root.name, root.ns, tuple(children))


def _node(node: Element, depth: int) -> Element:
    if depth > _MAX_DEPTH:
        raise DdfError(f"nodes are nested more than {_MAX_DEPTH} deep")
    kept: list[Element] = []
    properties: list[Element] = []
    for child in node.children:
        if not isinstance(child, Element):
            continue
        if child.name in ("Data", "Value"):
            kept.append(Element("Value", child.ns, child.children))
        elif child.name == "Node":
            kept.append(_node(child, depth + 1))
        elif child.name in _DIRECT:
            properties.append(_property(child))
        else:
            kept.append(child)
    if properties:
        known = next((child for child in kept if child.name == "RTProperties"), None)
        inside = [] if known is None else [entry for entry in known.children if isinstance(entry, Element)]
        found = {entry.name for entry in inside}
        merged = Element("RTProperties", node.ns, (*inside, *(p for p in properties if p.name not in found)))
        kept = [child for child in kept if child is not known]
        at = max((n for n, child in enumerate(kept, 1) if child.name in ("NodeName", "Path")), default=0)
        kept.insert(at, merged)
    return Element(node.name, node.ns, tuple(kept))


def _property(element: Element) -> Element:
    """Format and Type hold text in a dump, an element in a document."""
    if any(isinstance(child, Element) for child in element.children):
        return element
    text = element.text.strip()
    if element.name == "Format":
        format = Format.of(text)
        if format is None:
            raise DdfError(f"Format is {text[:40]!r}; one of {', '.join(f.value for f in Format)} stands there")
        return Element("Format", element.ns, (Element(format.value, element.ns),))
    if element.name == "Type":
        return Element("Type", element.ns, (Element("MIME" if "/" in text else "DDFName", element.ns, (text,)),))
    return element
