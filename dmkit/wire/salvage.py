"""As far as it goes: what can be shown of octets that are no document, with the reason and the place where it ends.

For showing only: a reader that acts on what it reads refuses such octets.

>>> part = part_of_xml(b"<Add>\\n<CmdID>1</CmdID><Item>")
>>> part.reason, part.line, part.root.name, part.root.children[0].text
('the document ends inside Item', 2, 'Add', '1')
>>> part_of_wbxml(bytes.fromhex("02a4016a006d6c7103312e")).root.children[0].name
'SyncHdr'

Sources: [XML §2.1], [WBXML §5].
"""

from __future__ import annotations

from typing import Final, NamedTuple
from xml.parsers import expat

from msgspec.structs import replace as changed

from dmkit.wire.document import guess, is_wbxml
from dmkit.wire.elements import UNKNOWN
from dmkit.wire.markup import MAX_ATTRIBUTES, MAX_DEPTH, MAX_SIZE, as_utf8
from dmkit.wire.octets import END, Notes, read_head
from dmkit.wire.pieces import CUT, pieces
from dmkit.wire.tags import read_content
from dmkit.words.errors import CodecError
from dmkit.words.model import Element

__all__ = ["PartialDocument", "part_of", "part_of_wbxml", "part_of_xml", "parts_of"]

_SEPARATOR: Final = "\x1f"
_TRIES: Final = 8
_PIECES: Final = 1000


class PartialDocument(NamedTuple):
    """What was read before ``reason`` stopped it, elements still open closed; ``root`` is None when it was nothing.

    ``line`` counts from 1 (XML), ``offset`` from 0 (WBXML).
    """

    root: Element | None
    reason: str
    line: int | None = None
    offset: int | None = None


def part_of(data: bytes) -> PartialDocument:
    """What can be shown of ``data``, XML or WBXML; never raises, reads at most ``MAX_SIZE`` octets."""
    return part_of_wbxml(data[:MAX_SIZE]) if is_wbxml(data) else part_of_xml(data[:MAX_SIZE])


def parts_of(data: bytes) -> list[PartialDocument]:
    """Every element that stands in no other, as far as each goes; the first one that ends early is the last."""
    data = data[:MAX_SIZE]
    if is_wbxml(data):
        return [part_of_wbxml(data)]
    parts: list[PartialDocument] = []
    for piece in pieces(data):
        part = part_of_xml(b"\n" * data.count(b"\n", 0, piece.start) + data[piece.start : piece.end])
        parts.append(part)
        if part.reason or len(parts) >= _PIECES:
            return parts
    return parts or [part_of_xml(data)]


class _Open:
    """An element that is open."""

    __slots__ = ("attrs", "name", "ns", "pieces")

    def __init__(self, name: str, ns: str, attrs: tuple[tuple[str, str], ...]) -> None:
        self.name, self.ns, self.attrs = name, ns, attrs
        self.pieces: list[Element | str | bytes] = []

    def closed(self) -> Element:
        """The element with what came so far; white space between elements is dropped."""
        texts: list[Element | str | bytes] = []
        for piece in self.pieces:
            if isinstance(piece, str) and texts and isinstance(texts[-1], str):
                texts[-1] += piece
            else:
                texts.append(piece)
        if any(isinstance(piece, Element) for piece in texts):
            texts = [piece for piece in texts if isinstance(piece, Element) or str(piece).strip()]
        return Element(self.name, self.ns, tuple(texts), self.attrs)


class _Builder:
    """Elements as the parser meets them."""

    def __init__(self) -> None:
        self.open: list[_Open] = []
        self.root: Element | None = None

    def start(self, name: str, attrs: dict[str, str]) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise CodecError(f"elements are nested more than {MAX_DEPTH} deep")
        if len(attrs) > MAX_ATTRIBUTES:
            raise CodecError(f"an element has more than {MAX_ATTRIBUTES} attributes")
        ns, _, local = name.rpartition(_SEPARATOR)
        found = tuple(sorted((_qualified(key), value) for key, value in attrs.items()))
        self.open.append(_Open(local, ns, found))

    def end(self, name: str) -> None:
        done = self.open.pop().closed()
        if self.open:
            self.open[-1].pieces.append(done)
        else:
            self.root = done

    def text(self, text: str) -> None:
        if self.open:
            self.open[-1].pieces.append(text)

    def doctype(self, name: str, system: str | None, public: str | None, inside: int) -> None:
        if inside:
            raise CodecError("the DOCTYPE declares things of its own; only a name and an identifier may stand there")


def _qualified(name: str) -> str:
    ns, _, local = name.rpartition(_SEPARATOR)
    return f"{{{ns}}}{local}" if ns else local


def part_of_xml(data: bytes) -> PartialDocument:
    """The first element of ``data`` as far as it is well-formed, and why it ends there; a whole one has no reason."""
    try:
        data = as_utf8(data, True, [])
    except CodecError as error:
        return PartialDocument(None, error.reason, error.line)
    start = data.find(b"<")
    if start < 0:
        return PartialDocument(None, "there is no element in the document", 1)
    builder = _Builder()
    parser = expat.ParserCreate("utf-8", _SEPARATOR)
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = builder.start, builder.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = builder.text, builder.doctype
    before = data.count(b"\n", 0, start)
    reason = ""
    try:
        parser.Parse(data[start:], True)
    except expat.ExpatError as error:
        reason = expat.errors.messages.get(error.code, "not well-formed")
        line = error.lineno + before
        if builder.open and error.code in CUT:
            reason = f"the document ends inside {builder.open[-1].name}"
        elif builder.open:
            reason = f"not well-formed XML inside {builder.open[-1].name}: {reason}"
        else:
            reason = f"not well-formed XML: {reason}"
    except CodecError as error:
        reason, line = error.reason, parser.CurrentLineNumber + before
    else:
        line = parser.CurrentLineNumber + before
    while builder.open:
        builder.end("")
    return PartialDocument(builder.root, reason, line)


def part_of_wbxml(data: bytes) -> PartialDocument:
    """The document as far as its octets can be read: what is open where reading stops is closed there."""
    try:
        head = read_head(data, Notes(True))
        if head.vocabulary is UNKNOWN:
            head = changed(head, vocabulary=guess(data, head.start))
    except CodecError as error:
        return PartialDocument(None, error.reason, offset=error.offset)
    first: CodecError | None = None
    body = data
    for _ in range(_TRIES):
        try:
            content, _, _ = read_content(body, head.start, changed(head, spent=[0]), Notes(True), root=True)
        except CodecError as error:
            first = first or error
            if error.offset is None or error.offset <= head.start:
                break
            body = data[: min(error.offset, len(body) - 1)] + bytes((END,)) * (MAX_DEPTH + 2)
            continue
        root = content[0]
        reason = first.reason if first is not None else ""
        return PartialDocument(
            root if isinstance(root, Element) else None, reason, offset=first.offset if first else None
        )
    return PartialDocument(None, first.reason if first is not None else "", offset=first.offset if first else None)
