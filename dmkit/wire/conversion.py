"""A document in the other form: XML as WBXML and back, and documents inside documents with it.

``convert`` looks at the first octets and goes the other way.  A DevInf, or a management tree, that travels as opaque
WBXML becomes an element in XML, its Meta Type and Format with it, and octets that are no document become b64 text
[DMTND §7.7.2].

>>> octets, _ = convert(b'<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD></MgmtTree>')
>>> octets.hex(" ", 1)[:20], len(octets)
('02 00 00 6a 1b 2d 2f', 43)
>>> convert(octets)[0]
b'<?xml version="1.0" encoding="UTF-8"?>\\n<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD></MgmtTree>'

Sources: [WBXML], [DMTNDS §5.3], [DMBOOT §5.4]; the four ways a tree travels are in docs/wbxml-and-libwbxml.md.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from dmkit.wire.document import WireDocument, first_wbxml, is_wbxml, read_all, together, write_wbxml, write_xml
from dmkit.wire.elements import BY_ROOT, NS_METINF
from dmkit.wire.habits import COMMANDS
from dmkit.wire.octets import MAX_SIZE, Notes
from dmkit.wire.tags import text_of
from dmkit.words.codes import BLANKS
from dmkit.words.deviations import Deviation, DeviationKind
from dmkit.words.errors import CodecError
from dmkit.words.model import Element

__all__ = ["convert", "octets_in", "readable"]

_TO_XML: Final = {
    "application/vnd.syncml-devinf+wbxml": "application/vnd.syncml-devinf+xml",
    "application/vnd.syncml.dmtnds+wbxml": "application/vnd.syncml.dmtnds+xml",
    "application/vnd.syncml.dmddf+wbxml": "application/vnd.syncml.dmddf+xml",
}
_MAX_LEVEL: Final = 4
"""Documents inside documents that are followed."""

_TO_WBXML: Final = {xml: wbxml for wbxml, xml in _TO_XML.items()}


def convert(
    data: bytes,
    *,
    lenient: bool = False,
    version: int = 0x02,
    string_table: bool = False,
    pretty: bool = False,
    max_size: int = MAX_SIZE,
) -> tuple[bytes, tuple[Deviation, ...]]:
    """XML as WBXML, WBXML as XML, by content; also what a lenient reader accepted on the way.

    Commands side by side go into one SyncBody, since WBXML has one root; documents one after another stay so.
    """
    documents = read_all(data, lenient=lenient, max_size=max_size)
    if len(documents) > 1 and all(document.root.name in COMMANDS for document in documents):
        documents = (together(documents),)
    out: list[bytes] = []
    deviations: list[Deviation] = []
    for document in documents:
        deviations += document.deviations
        if is_wbxml(data):
            shown, notes = readable(document, lenient=lenient)
            out.append(write_xml(shown, pretty=pretty))
            deviations += notes
        else:
            root = _fold(document.root)
            out.append(write_wbxml(replace(document, root=root), version=version, string_table=string_table))
    return (b"\n" if is_wbxml(data) and not pretty else b"").join(out), tuple(deviations)


def readable(document: WireDocument, *, lenient: bool = True) -> tuple[WireDocument, tuple[Deviation, ...]]:
    """``document`` as XML can carry it, octets as documents or as base64 text, and where that was so.

    >>> shown, notes = readable(WireDocument.of(Element("Data", "SYNCML:SYNCML1.2", (b"\\x00\\xff",))))
    >>> shown.root.text, [str(note) for note in notes]
    ('AP8=', ['value at Data: octets are written as base64 text'])
    """
    notes = Notes(lenient)
    return replace(document, root=_unfold(document.root, notes)), tuple(notes.found)


def _unfold(element: Element, notes: Notes, binary: bool = False, level: int = 0) -> Element:
    """``element`` as XML can carry it: opaque documents as elements, other octets as b64 text.

    ``binary`` is what the Meta of an Item, or of its command, says about the Data inside; ``level``
    counts the documents around this one.
    """
    for meta in element.find("Meta"):
        binary = next((e.text.strip(BLANKS).lower() == "bin" for e in meta.find("Format")), binary)
    children: list[Element | str | bytes] = []
    encoded = False
    for child in element.children:
        if isinstance(child, Element) and child.name == "Data" and child.children:
            data = _inner(child, notes, binary, level)
            encoded = encoded or data.children == (_b64(_octets(child)),)
            children.append(data)
        elif isinstance(child, Element):
            children.append(_unfold(child, notes, binary, level))
        elif isinstance(child, bytes) or not _writable(child):
            notes.add(DeviationKind.VALUE, "octets are written as base64 text", where=element.name)
            children.append(_b64(child if isinstance(child, bytes) else child.encode()))
        else:
            children.append(child)
    if tuple(children) == element.children:
        return element
    new = Element(element.name, element.ns, tuple(children), element.attrs)
    if encoded and element.name == "Item":
        return _with_format(new, "b64")
    return _retyped(new, _TO_XML, "xml") if _carries(new) else new


def octets_in(root: Element, where: str = "") -> Iterator[tuple[str, int]]:
    """Each element of ``root`` that holds octets which are no document: its path (long names cut), how many they are.

    >>> list(octets_in(Element("Item", "", (Element("Data", "", (b"\\x00\\xff",)),))))
    [('Item/Data', 2)]
    """
    path = f"{where}/{root.name[:40]}" if where else root.name[:40]
    count = 0
    for child in root.children:
        if isinstance(child, Element):
            yield from octets_in(child, path)
        elif isinstance(child, bytes) and _document_in(child) is None:
            count += len(child)
    if count:
        yield path, count


def _document_in(octets: bytes) -> WireDocument | None:
    """The document that ``octets`` are, whole; None when they are no document, or begin like one by chance.

    >>> _document_in(bytes(range(256))) is None
    True
    """
    if not is_wbxml(octets):
        return None
    try:
        document, end = first_wbxml(octets, lenient=True)
    except CodecError:
        return None
    whole = not octets[end:].strip(b"\0") and document.vocabulary.root == document.root.name
    return document if whole else None


def _b64(octets: bytes) -> str:
    return b64encode(octets).decode()


def _octets(element: Element) -> bytes:
    return b"".join(c if isinstance(c, bytes) else c.encode() for c in element.children if not isinstance(c, Element))


def _writable(text: str) -> bool:
    return text_of(text.encode("utf-8", "surrogatepass")) is not None


def _inner(data: Element, notes: Notes, binary: bool, level: int) -> Element:
    """The Data of an Item for XML: the document it carries, text, or base64 text."""
    if any(isinstance(c, Element) for c in data.children):
        return _unfold(data, notes, False, level)
    octets = _octets(data)
    content: Element | str | None = None
    inner = _document_in(octets) if level < _MAX_LEVEL else None
    if inner is not None:
        notes.found.extend(inner.deviations)
        content = _unfold(inner.root, notes, False, level + 1)
    if content is None and binary:
        content = _b64(octets)
    elif content is None:
        content = text_of(octets)
        if content is None and (content := text_of(octets.rstrip(b"\0"))) is not None:
            notes.add(DeviationKind.TRAILING_NUL, "text ends with NUL", where="Data")
    if content is None:
        content = _b64(octets)
    return Element(data.name, data.ns, (content,) if content != "" else (), data.attrs)


def _fold(element: Element) -> Element:
    """``element`` as WBXML can carry it: a document without a code page of its own as opaque octets."""
    children: list[Element | str | bytes] = []
    changed = False
    for child in element.children:
        new: Element | str | bytes = child
        if isinstance(child, Element):
            if element.name == "Data" and child.name == "DevInf" and child.name in BY_ROOT:
                new = write_wbxml(WireDocument.of(child))
            else:
                new = _fold(child)
        changed = changed or new is not child
        children.append(new)
    if not changed:
        return element
    new_element = Element(element.name, element.ns, tuple(children), element.attrs)
    return _retyped(new_element, _TO_WBXML, None) if _carries(new_element, bytes) else new_element


def _carries(element: Element, kind: type = Element) -> bool:
    """Whether ``element`` is an Item with a document in its Data, or a command with such an Item."""
    for child in element.children:
        if isinstance(child, Element):
            if child.name == "Data" and any(isinstance(c, kind) for c in child.children):
                return True
            if child.name == "Item" and _carries(child, kind):
                return True
    return False


def _retyped(element: Element, types: dict[str, str], format: str | None) -> Element:
    """``element`` with the Type in its Meta exchanged along ``types``, and Format ``bin`` for ``format``."""
    children = list(element.children)
    for index, child in enumerate(children):
        if not (isinstance(child, Element) and child.name == "Meta"):
            continue
        inner = list(child.children)
        if not any(
            isinstance(e, Element) and e.name == "Type" and e.text.strip(BLANKS).lower() in types for e in inner
        ):
            continue
        for at, entry in enumerate(inner):
            if isinstance(entry, Element) and entry.name == "Type" and entry.text.strip(BLANKS).lower() in types:
                inner[at] = Element(entry.name, entry.ns, (types[entry.text.strip(BLANKS).lower()],), entry.attrs)
            elif isinstance(entry, Element) and entry.name == "Format" and format and entry.text == "bin":
                inner[at] = Element(entry.name, entry.ns, (format,), entry.attrs)
        children[index] = Element(child.name, child.ns, tuple(inner), child.attrs)
    return Element(element.name, element.ns, tuple(children), element.attrs)


def _with_format(item: Element, format: str) -> Element:
    """``item`` whose Meta says ``format``."""
    entry = Element("Format", NS_METINF, (format,))
    children = list(item.children)
    for index, child in enumerate(children):
        if isinstance(child, Element) and child.name == "Meta":
            rest = tuple(e for e in child.children if not (isinstance(e, Element) and e.name == "Format"))
            children[index] = Element("Meta", child.ns, (entry, *rest), child.attrs)
            return Element(item.name, item.ns, tuple(children), item.attrs)
    at = next(i for i, child in enumerate(children) if isinstance(child, Element) and child.name == "Data")
    children.insert(at, Element("Meta", item.ns, (entry,)))
    return Element(item.name, item.ns, tuple(children), item.attrs)
