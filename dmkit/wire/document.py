"""Documents of any vocabulary at element level: XML to WBXML and back.

A ``WireDocument`` is a root element with what its header said.  ``convert`` looks at the first octets and
goes the other way.  Documents inside documents follow: a DevInf, or a management tree, that
travels as opaque WBXML becomes an element in XML, its Meta Type and Format with it, and octets
that are no document become b64 text [DMTND §7.7.2].

>>> octets, _ = convert(b'<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD></MgmtTree>')
>>> octets.hex(" ", 1)[:20], len(octets)
('02 00 00 6a 1b 2d 2f', 43)
>>> convert(octets)[0]
b'<?xml version="1.0" encoding="UTF-8"?>\\n<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD></MgmtTree>'

Sources: [WBXML], [DMTNDS §5.3], [DMBOOT §5.4]; the four ways a tree travels are in docs/wbxml-and-libwbxml.md.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from msgspec.structs import replace as changed

from dmkit.wire.elements import BY_ROOT, NS_METINF, OTA, UNKNOWN, VOCABULARIES, Vocabulary
from dmkit.wire.habits import COMMANDS, habits
from dmkit.wire.markup import parse_all, to_element
from dmkit.wire.markup import write_xml as write_markup
from dmkit.wire.octets import MAX_SIZE, Notes, StringTable, read_head
from dmkit.wire.settle import settle
from dmkit.wire.tags import read_content, text_of, write_element
from dmkit.words.deviations import Deviation, DeviationKind
from dmkit.words.errors import CodecError
from dmkit.words.model import Element
from dmkit.words.records import dataclass

__all__ = [
    "WireDocument",
    "convert",
    "end_of_wbxml",
    "guess",
    "is_wbxml",
    "octets_in",
    "read_all",
    "read_wbxml",
    "read_xml",
    "readable",
    "write_wbxml",
    "write_xml",
]

_TO_XML: Final = {
    "application/vnd.syncml-devinf+wbxml": "application/vnd.syncml-devinf+xml",
    "application/vnd.syncml.dmtnds+wbxml": "application/vnd.syncml.dmtnds+xml",
    "application/vnd.syncml.dmddf+wbxml": "application/vnd.syncml.dmddf+xml",
}
_MAX_LEVEL: Final = 4
"""Documents inside documents that are followed."""

_TO_WBXML: Final = {xml: wbxml for wbxml, xml in _TO_XML.items()}


@dataclass(frozen=True, slots=True)
class WireDocument:
    """A document: its root element, vocabulary, and what its header said.

    ``version`` is the WBXML version octet (None for XML), ``public_id`` the number or text of
    the header, ``charset`` a Python codec name, ``deviations`` what a lenient reader accepted.
    """

    root: Element
    vocabulary: Vocabulary
    version: int | None = None
    public_id: int | str = 0x01
    charset: str = "utf-8"
    deviations: tuple[Deviation, ...] = ()

    @property
    def is_fragment(self) -> bool:
        """Whether it is a part of a message, such as a command by itself.

        >>> WireDocument.of(Element("Add")).is_fragment, WireDocument.of(Element("SyncML")).is_fragment
        (True, False)
        """
        return self.root.name != self.vocabulary.root

    @classmethod
    def of(cls, root: Element, *, lenient: bool = True) -> WireDocument:
        """The document around ``root``; its vocabulary is found from the names and namespaces in it."""
        notes = Notes(lenient)
        root, vocabulary = settle(root, notes)
        return cls(root, vocabulary, None, vocabulary.fpi or vocabulary.public_id, "utf-8", tuple(notes.found))


def is_wbxml(data: bytes) -> bool:
    """True when ``data`` begins as WBXML does: with a version octet, and not as UTF-16 text does.

    >>> is_wbxml(b"\\x02\\xa4\\x01j\\0"), is_wbxml(b"<SyncML/>"), is_wbxml(b"\\0<")
    (True, False, False)
    """
    return data[:1] in (b"\0", b"\1", b"\2", b"\3") and data[:2] != b"\0<"


def read_wbxml(data: bytes, *, lenient: bool = False, max_size: int = MAX_SIZE, octets: bool = False) -> WireDocument:
    """The document in WBXML octets; opaque content stays octets unless it can only be text.

    With ``octets`` opaque values always stay octets: an ASCII nonce is no text, whatever it looks like.
    CodecError with an offset: what cannot be read, or, strictly, any departure from the vocabulary.
    """
    document, end = _read_wbxml(data, lenient, max_size, octets)
    if end == len(data):
        return document
    notes = Notes(lenient)
    notes.add(DeviationKind.TRAILING_DATA, f"{len(data) - end} octets follow the document", end)
    return replace(document, deviations=(*document.deviations, *notes.found))


def end_of_wbxml(data: bytes, start: int = 0) -> int | None:
    """Where the WBXML document that begins at ``start`` ends; None when it cannot be read."""
    try:
        return start + _next_wbxml(data, start, True, MAX_SIZE, True)[1]
    except CodecError:
        return None


_WINDOW: Final = 1 << 12


def _next_wbxml(data: bytes, at: int, lenient: bool, max_size: int, octets: bool) -> tuple[WireDocument, int]:
    """The document that begins at ``at``, and its length.

    Only as much of what follows is copied as it needs, doubled each time, so that many small ones take linear time.
    """
    window = _WINDOW
    while len(data) - at > window:
        try:
            return _read_wbxml(data[at : at + window], lenient, max_size, octets)
        except CodecError:  # cut off, or wrong: more of it tells
            window *= 4
    return _read_wbxml(data[at:], lenient, max_size, octets)


def _read_wbxml(data: bytes, lenient: bool, max_size: int, octets: bool) -> tuple[WireDocument, int]:
    """The document that begins here, and where it ends."""
    notes = Notes(lenient, octets)
    head = read_head(data, notes, max_size)
    vocabulary = head.vocabulary
    if vocabulary is UNKNOWN:
        vocabulary = guess(data, head.start)
        if (vocabulary is UNKNOWN and not head.table) or vocabulary.root == "SyncML":
            what = "no known vocabulary" if vocabulary is UNKNOWN else f"not {vocabulary.title}, which this is"
            notes.add(DeviationKind.PUBLIC_ID, f"public identifier {head.public_id!r} names {what}", 1)
        head = changed(head, vocabulary=vocabulary)
    content, p, _ = read_content(data, head.start, head, notes, root=True)
    root = content[0]
    if not isinstance(root, Element):
        raise CodecError("the document has no root element", offset=head.start)
    return WireDocument(root, vocabulary, head.version, head.public_id, head.encoding, tuple(notes.found)), p


def guess(data: bytes, p: int) -> Vocabulary:
    """The vocabulary of a document that names none, from its root tag: only where no other has that token."""
    page = 0
    if data[p : p + 1] == b"\0" and p + 2 < len(data):
        page, p = data[p + 1], p + 2
    found = [v for v in VOCABULARIES if v.token(page, v.root) == data[p] & 0x3F]
    if found and all(v.root == "SyncML" for v in found):
        return found[0]
    # 05 is the root of both provisioning vocabularies; only the older one has no registered identifier.
    return OTA if OTA in found else found[0] if len({v.root for v in found}) == 1 else UNKNOWN


def write_wbxml(document: WireDocument, *, version: int = 0x02, string_table: bool = False) -> bytes:
    """``document`` as WBXML; with ``string_table`` texts that occur again travel once.

    A name that the vocabulary does not have travels as a literal.
    """
    if version not in (1, 2, 3):
        raise CodecError(f"version octet {version!r} is not one of 01, 02, 03")
    table, vocabulary = StringTable(), document.vocabulary
    if string_table:
        counts: Counter[str] = Counter()
        _count(document.root, counts)
        for text, times in counts.items():
            if times > 1 and len(text) > 4:
                table.index(text)
    body, _ = write_element(document.root, vocabulary, table)
    public_id = vocabulary.public_id if vocabulary.public_id > 1 else vocabulary.fpi or 0x01
    return table.head(version, public_id) + body


def _count(element: Element, counts: Counter[str]) -> None:
    for child in element.children:
        if isinstance(child, str):
            counts[child] += 1
        elif isinstance(child, Element):
            _count(child, counts)


def read_xml(data: bytes, *, lenient: bool = False, max_size: int = MAX_SIZE) -> WireDocument:
    """The document in XML octets, its elements put into the namespaces of their vocabulary.

    Leniently, commands side by side become the content of one SyncBody; of several documents the first one is taken,
    and the others are noted: ``read_all`` gives them all.
    """
    found = _read_all_xml(data, lenient, max_size)
    if len(found) > 1 and all(document.root.name in COMMANDS for document in found):
        return _together(found)
    first, *others = found
    if not others:
        return first
    note = Deviation(DeviationKind.TRAILING_DATA, "the end", f"{len(others)} more documents follow the first")
    return replace(first, deviations=(*first.deviations, note))


def read_all(data: bytes, *, lenient: bool = False, max_size: int = MAX_SIZE) -> tuple[WireDocument, ...]:
    """Every document that stands in ``data``, XML or WBXML: messages one after another, commands side by side.

    Each but the first is a deviation of its own, so strict reading takes one.  CodecError when any of them cannot be
    read: none is left out.

    >>> [document.root.name for document in read_all(b"<Add/><!-- and --><Get/>", lenient=True)]
    ['Add', 'Get']
    """
    documents = (_read_all_wbxml if is_wbxml(data) else _read_all_xml)(data, lenient, max_size)
    return tuple(_without_habits(document, lenient) for document in documents)


def _without_habits(document: WireDocument, lenient: bool) -> WireDocument:
    notes = Notes(lenient)
    root = habits(document.root, notes)
    return replace(document, root=root, deviations=(*document.deviations, *notes.found)) if notes.found else document


def _read_all_xml(data: bytes, lenient: bool, max_size: int) -> tuple[WireDocument, ...]:
    roots, repaired = parse_all(data, lenient=lenient, max_size=max_size)
    documents = []
    for number, node in enumerate(roots, 1):
        notes = Notes(lenient)
        notes.found.extend(repaired if number == 1 else ())
        if number > 1:
            notes.add(
                DeviationKind.SEVERAL,
                f"{number} of {len(roots)} elements side by side, line {node.sourceline}",
                where=node.tag.rpartition("}")[2],
            )
        root, vocabulary = settle(to_element(node), notes)
        public_id = vocabulary.fpi or vocabulary.public_id
        documents.append(WireDocument(root, vocabulary, None, public_id, "utf-8", tuple(notes.found)))
    return tuple(documents)


def _read_all_wbxml(data: bytes, lenient: bool, max_size: int) -> tuple[WireDocument, ...]:
    """Documents one after another: each begins where the one before it ended."""
    if len(data) > max_size:
        raise CodecError(f"the document has {len(data)} octets; at most {max_size} are read", offset=max_size)
    documents: list[WireDocument] = []
    at, padding = 0, len(data.rstrip(b"\0"))  # behind it is no document
    while not documents or at < len(data):
        if documents and not is_wbxml(data[at : at + 1]):
            break
        try:
            document, end = _next_wbxml(data, at, lenient, max_size, False)
        except CodecError as error:
            if documents and error.offset is not None:
                raise CodecError(f"document {len(documents) + 1}: {error.reason}", offset=at + error.offset) from None
            raise
        if documents:
            note = Deviation(DeviationKind.SEVERAL, f"octet {at}", f"document {len(documents) + 1} begins")
            document = replace(document, deviations=(note, *document.deviations))
        documents.append(document)
        at += end
        if not lenient:
            break
        if at >= padding:
            break
    if at < len(data):
        notes = Notes(lenient)
        notes.add(DeviationKind.TRAILING_DATA, f"{len(data) - at} octets follow the document", at)
        documents[-1] = replace(documents[-1], deviations=(*documents[-1].deviations, *notes.found))
    return tuple(documents)


def _together(documents: Sequence[WireDocument]) -> WireDocument:
    """Commands side by side as the content of one SyncBody."""
    ns = documents[0].root.ns
    deviations = tuple(deviation for document in documents for deviation in document.deviations)
    return replace(documents[0], root=Element("SyncBody", ns, tuple(d.root for d in documents)), deviations=deviations)


def write_xml(document: WireDocument, *, pretty: bool = False) -> bytes:
    """``document`` as XML; CodecError where it holds octets, which XML cannot carry."""
    return write_markup(document.root, declaration=True, pretty=pretty)


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
        documents = (_together(documents),)
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


# -- documents inside documents ----------------------------------------------------------------


def _unfold(element: Element, notes: Notes, binary: bool = False, level: int = 0) -> Element:
    """``element`` as XML can carry it: opaque documents as elements, other octets as b64 text.

    ``binary`` is what the Meta of an Item, or of its command, says about the Data inside; ``level``
    counts the documents around this one.
    """
    for meta in element.find("Meta"):
        binary = next((e.text.strip().lower() == "bin" for e in meta.find("Format")), binary)
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
    """Each element of ``root`` that holds octets which are no document: its path, and how many they are.

    >>> list(octets_in(Element("Item", "", (Element("Data", "", (b"\\x00\\xff",)),))))
    [('Item/Data', 2)]
    """
    path = f"{where}/{root.name}" if where else root.name
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
        document, end = _read_wbxml(octets, True, MAX_SIZE, False)
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
        if not any(isinstance(e, Element) and e.name == "Type" and e.text.strip().lower() in types for e in inner):
            continue
        for at, entry in enumerate(inner):
            if isinstance(entry, Element) and entry.name == "Type" and entry.text.strip().lower() in types:
                inner[at] = Element(entry.name, entry.ns, (types[entry.text.strip().lower()],), entry.attrs)
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
