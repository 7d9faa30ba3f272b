"""Documents of any vocabulary at element level: read from XML and from WBXML, and written.

A ``WireDocument`` is a root element with what its header said.  What is in it stays as it is carried: octets in
WBXML, text in XML; ``dmkit.wire.conversion`` takes one form into the other.

>>> read_xml(b'<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD></MgmtTree>').root.name
'MgmtTree'
>>> write_wbxml(read_xml(b'<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD></MgmtTree>')).hex(" ", 1)[:20]
'02 00 00 6a 1b 2d 2f'

Sources: [WBXML], [DMTNDS §5.3], [DMBOOT §5.4].
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from msgspec.structs import replace as changed

from dmkit.wire.elements import OTA, UNKNOWN, VOCABULARIES, Vocabulary
from dmkit.wire.habits import COMMANDS, habits
from dmkit.wire.markup import parse_all, to_element
from dmkit.wire.markup import write_xml as write_markup
from dmkit.wire.octets import MAX_SIZE, Notes, StringTable, read_head
from dmkit.wire.settle import settle
from dmkit.wire.tags import read_content, write_element
from dmkit.words.counts import many
from dmkit.words.deviations import Deviation, DeviationKind
from dmkit.words.errors import CodecError
from dmkit.words.model import Element
from dmkit.words.records import dataclass

__all__ = [
    "WireDocument",
    "end_of_wbxml",
    "first_wbxml",
    "guess",
    "is_wbxml",
    "read_all",
    "read_wbxml",
    "read_xml",
    "together",
    "write_wbxml",
    "write_xml",
]


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
    document, end = first_wbxml(data, lenient=lenient, max_size=max_size, octets=octets)
    if end == len(data):
        return document
    notes = Notes(lenient)
    notes.add(
        DeviationKind.TRAILING_DATA, f"{many(len(data) - end, 'octet follows', 'octets follow')} the document", end
    )
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
            return first_wbxml(data[at : at + window], lenient=lenient, max_size=max_size, octets=octets)
        except CodecError:  # cut off, or wrong: more of it tells
            window *= 4
    return first_wbxml(data[at:], lenient=lenient, max_size=max_size, octets=octets)


def first_wbxml(
    data: bytes, *, lenient: bool = False, max_size: int = MAX_SIZE, octets: bool = False
) -> tuple[WireDocument, int]:
    """The document that ``data`` begin with, and where it ends; ``read_wbxml`` wants nothing behind it."""
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
        return together(found)
    first, *others = found
    if not others:
        return first
    note = Deviation(
        DeviationKind.TRAILING_DATA,
        "the end",
        f"{many(len(others), 'more document follows', 'more documents follow')} the first",
    )
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
                f"{number} of {many(len(roots), 'element')} side by side, line {node.sourceline}",
                where=node.tag.rpartition("}")[2],
            )
        root, vocabulary = settle(to_element(node), notes)
        public_id = vocabulary.fpi or vocabulary.public_id
        documents.append(WireDocument(root, vocabulary, None, public_id, "utf-8", tuple(notes.found)))
    return tuple(documents)


def _read_all_wbxml(data: bytes, lenient: bool, max_size: int) -> tuple[WireDocument, ...]:
    """Documents one after another: each begins where the one before it ended."""
    if len(data) > max_size:
        raise CodecError(f"the document has {many(len(data), 'octet')}; at most {max_size} are read", offset=max_size)
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
        notes.add(
            DeviationKind.TRAILING_DATA, f"{many(len(data) - at, 'octet follows', 'octets follow')} the document", at
        )
        documents[-1] = replace(documents[-1], deviations=(*documents[-1].deviations, *notes.found))
    return tuple(documents)


def together(documents: Sequence[WireDocument]) -> WireDocument:
    """Commands side by side as the content of one SyncBody: WBXML has one root."""
    ns = documents[0].root.ns
    deviations = tuple(deviation for document in documents for deviation in document.deviations)
    return replace(documents[0], root=Element("SyncBody", ns, tuple(d.root for d in documents)), deviations=deviations)


def write_xml(document: WireDocument, *, pretty: bool = False) -> bytes:
    """``document`` as XML; CodecError where it holds octets, which XML cannot carry."""
    return write_markup(document.root, declaration=True, pretty=pretty)
