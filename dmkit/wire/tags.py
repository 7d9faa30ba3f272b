"""Elements of any vocabulary, read from and written to the body of a WBXML document.

One loop with an explicit stack: nesting is bounded by ``MAX_DEPTH``, work by the number of
octets.  A tag or attribute that no table knows travels as a literal, its name in the string table.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import groupby
from typing import Final

from dmkit.wire.elements import ContentKind, Vocabulary
from dmkit.wire.namespaces import MAX_NAMESPACE, too_long
from dmkit.wire.octets import (
    ENTITY,
    MAX_DEPTH,
    OPAQUE,
    STR_I,
    STR_T,
    DocumentHead,
    Notes,
    StringTable,
    mb,
    read_mb,
)
from dmkit.words.codes import BLANKS
from dmkit.words.counts import many
from dmkit.words.deviations import DeviationKind
from dmkit.words.errors import CodecError
from dmkit.words.model import Element

__all__ = ["ElementContent", "join", "read_content", "text_of", "write_element"]

ElementContent = list[Element | str | bytes]

_LITERALS: Final = frozenset({0x04, 0x44, 0x84, 0xC4})
_EXTENSIONS: Final = frozenset({0x40, 0x41, 0x42, 0x80, 0x81, 0x82, 0xC0, 0xC1, 0xC2})
_XML_NS: Final = "http://www.w3.org/XML/1998/namespace"
_FORBIDDEN: Final = frozenset(chr(c) for c in range(0x20)) - frozenset("\t\n\r") | {"\ufffe", "\uffff"}


def text_of(octets: bytes) -> str | None:
    """``octets`` as text when they are UTF-8 that XML could carry, else None."""
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        return None
    return None if not _FORBIDDEN.isdisjoint(text) else text


def join(children: ElementContent, kind: ContentKind | None) -> tuple[Element | str | bytes, ...]:
    """Pieces of content as the model has them: neighbouring text joined, blanks between elements gone."""
    if kind is ContentKind.ELEMENTS or (kind is ContentKind.DATA and any(isinstance(c, Element) for c in children)):
        children = [c for c in children if not isinstance(c, str) or c.strip(BLANKS)]
    joined: ElementContent = []
    for is_text, run in groupby(children, lambda child: isinstance(child, str)):
        if is_text:
            text = "".join(str(piece) for piece in run)
            joined += [text] if text else []
        else:
            joined += run
    return tuple(joined)


def read_content(
    data: bytes, p: int, head: DocumentHead, notes: Notes, *, page: int = 0, depth: int = 0, root: bool = False
) -> tuple[ElementContent, int, int]:
    """Content from ``p`` to its END (or, for a ``root``, one element): pieces, next offset, code page."""
    vocabulary, encoding, size = head.vocabulary, head.encoding, len(data)
    stack: list[tuple[str, str, tuple[tuple[str, str], ...], ElementContent, ContentKind | None]] = []
    here: ElementContent = []
    binary: set[int] = set()
    """Depths at which an element stands that says that a Value beside it holds octets."""
    attribute_page = 0
    while p < size:
        octet = data[p]
        if octet == 0x01:
            p += 1
            if not stack:
                if root:
                    raise CodecError("END without an open element", offset=p - 1)
                return here, p, page
            name, ns, attrs, outer, kind = stack.pop()
            outer.append(closed := Element(name, ns, join(here, kind), attrs))
            here = outer
            if name == "RTProperties" and _is_binary(closed):
                binary.add(len(stack))
        elif octet == STR_I:
            end = data.find(0, p + 1)
            if end < 0:
                raise CodecError("a string has no NUL at its end", offset=p)
            here.append(_decode(data[p + 1 : end], encoding, notes, p))
            p = end + 1
        elif octet == 0x00:
            if p + 1 >= size:
                raise CodecError("the document ends inside a page switch", offset=p)
            page = data[p + 1]
            p += 2
            continue
        elif octet == OPAQUE:
            length, start = read_mb(data, p + 1)
            if length > size - start:
                raise CodecError(f"opaque data of {many(length, 'octet')} does not fit the document", offset=p)
            octets = data[start : start + length]
            if stack and stack[-1][0] == "Value" and len(stack) - 1 in binary:
                here.append(octets)
            else:
                here.append(_opaque(octets, stack[-1][4] if stack else ContentKind.DATA, notes, p))
            p = start + length
        elif octet == STR_T:
            index, after = read_mb(data, p + 1)
            here.append(_decode(head.string(index, p, notes), encoding, notes, p))
            p = after
        elif octet == ENTITY:
            code, after = read_mb(data, p + 1)
            here.append(_character(code, p))
            p = after
        elif octet in _EXTENSIONS:
            raise CodecError(f"extension token {octet:02X} has no meaning in {vocabulary.title}", offset=p)
        elif octet == 0x43:
            notes.add(DeviationKind.UNKNOWN_ELEMENT, "a processing instruction is skipped", p)
            _has_none(vocabulary, notes, p + 1)
            _, p, attribute_page = _attributes(data, p + 1, head, notes, attribute_page)
        else:
            at = p
            if octet in _LITERALS:
                index, p = read_mb(data, p + 1)
                name, ns, kind = _decode(head.string(index, at, notes), encoding, notes, at), "", None
                if name == "":
                    raise CodecError("a literal tag has no name", offset=at)
            else:
                p += 1
                name, ns, kind = _known(vocabulary, page, octet & 0x3F, notes, at)
            if octet in _LITERALS and stack and stack[-1][4] is not ContentKind.DATA:  # mark-up of a leaf is its own
                ns = stack[-1][1]
            attrs = ()
            if octet & 0x80:
                if octet not in _LITERALS:
                    _has_none(vocabulary, notes, p)
                attrs, p, attribute_page = _attributes(data, p, head, notes, attribute_page)
                ns, attrs = _namespace(ns, attrs)
            if octet & 0x40:
                if len(stack) + depth >= MAX_DEPTH:
                    raise CodecError(f"elements are nested deeper than {MAX_DEPTH}", offset=at)
                stack.append((name, ns, attrs, here, kind))
                binary.discard(len(stack))
                here = []
                continue
            here.append(Element(name, ns, (), attrs))
        if root and not stack and here:
            if not isinstance(here[0], Element):
                raise CodecError("content stands outside the root element", offset=p)
            return here, p, page
    raise CodecError("the document ends inside an element", offset=size)


def _known(vocabulary: Vocabulary, page: int, token: int, notes: Notes, at: int) -> tuple[str, str, ContentKind | None]:
    """Name, namespace and content kind of a tag token."""
    found = vocabulary.pages.get(page)
    name = found.names.get(token) if found else None
    if found is None or name is None:
        notes.add(
            DeviationKind.UNKNOWN_ELEMENT,
            f"token {token:02X} names no element on code page {page} of {vocabulary.title}",
            at,
        )
        return f"token-{page}-{token:02X}", "", None
    return name, found.ns, found.kinds[name]


def _namespace(ns: str, attrs: tuple[tuple[str, str], ...]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Literal ``xmlns`` attributes name the namespace of the element, and of attributes with a prefix.

    CodecError for a long one: it would stand in the name of each.
    """
    names = dict(attrs)
    for name, value in attrs:
        if len(value) > MAX_NAMESPACE and (name == "xmlns" or name.startswith("xmlns:")):
            raise CodecError(too_long(value))
    kept = []
    for name, value in attrs:
        prefix, colon, local = name.partition(":")
        if name == "xmlns":
            ns = value
        elif colon and f"xmlns:{prefix}" in names:
            kept.append((f"{{{names[f'xmlns:{prefix}']}}}{local}", value))
        elif name.startswith("xml:"):
            kept.append((f"{{{_XML_NS}}}{local}", value))
        elif not name.startswith("xmlns:"):
            kept.append((name, value))
    return ns, tuple(kept)


def _prefixed(attrs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The reverse: an attribute ``{ns}name`` gets a prefix and its declaration."""
    written: list[tuple[str, str]] = []
    for count, (name, value) in enumerate(attrs):
        ns, brace, local = name[1:].rpartition("}") if name[:1] == "{" else ("", "", name)
        if not brace:
            written.append((name, value))
        elif ns == _XML_NS:
            written.append((f"xml:{local}", value))
        else:
            written += [(f"xmlns:a{count}", ns), (f"a{count}:{local}", value)]
    return tuple(written)


def _decode(octets: bytes, encoding: str, notes: Notes, at: int) -> str:
    try:
        return octets.decode(encoding)
    except UnicodeDecodeError:
        notes.add(DeviationKind.CHARSET, f"a string is not {encoding.upper()}", at)
        return octets.decode("latin-1")


def _character(code: int, at: int) -> str:
    if not 0 < code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise CodecError(f"entity {code} is no character", offset=at)
    return chr(code)


def _is_binary(run_time: Element) -> bool:
    """Whether the RTProperties that stand before a Value say that the node has format bin.  [DMTNDS §6.1]"""
    return any(True for format in run_time.find("Format") for _ in format.find("bin"))


def _opaque(octets: bytes, kind: ContentKind | None, notes: Notes, at: int) -> str | bytes:
    """Octets of an OPAQUE: text where text is expected, else text only if it can be nothing but text."""
    if notes.octets and kind is ContentKind.DATA:
        return octets
    text = text_of(octets)
    if text is None and kind is ContentKind.TEXT:
        with suppress(
            UnicodeDecodeError
        ):  # as in a string of its own: any sign of the charset but NUL  [WBXML §5.8.4.1]
            text = octets.decode() if b"\0" not in octets else None
    if text is None and kind in (ContentKind.TEXT, ContentKind.ELEMENTS):
        if octets.endswith(b"\0") and (text := text_of(octets.rstrip(b"\0"))) is not None:
            notes.add(DeviationKind.TRAILING_NUL, "text ends with NUL", at)
            return text
        notes.add(DeviationKind.VALUE, "octets stand where text is expected", at)
    return octets if text is None else text


def _has_none(vocabulary: Vocabulary, notes: Notes, at: int) -> None:
    """An attribute list stands on a tag of ``vocabulary``; one on a literal tag, which is of none, is fine."""
    if not vocabulary.starts and vocabulary.root:
        notes.add(DeviationKind.WBXML_ATTRIBUTES, f"tags of {vocabulary.title} have no attribute list", at)


def _attributes(
    data: bytes, p: int, head: DocumentHead, notes: Notes, page: int
) -> tuple[tuple[tuple[str, str], ...], int, int]:
    """An attribute list up to its END: pairs, next offset, attribute code page."""
    vocabulary, encoding, size = head.vocabulary, head.encoding, len(data)
    starts, values = vocabulary.starts, vocabulary.values
    pairs: list[tuple[str, str]] = []
    name = ""
    value: list[str] = []  # its pieces: to put each behind those before it would copy them all
    while p < size:
        octet, at = data[p], p
        p += 1
        if octet == 0x01:
            if name:
                pairs.append((name, "".join(value)))
            return tuple(pairs), p, page
        if octet == 0x00:
            if p >= size:
                break
            page, p = data[p], p + 1
        elif octet == STR_I:
            end = data.find(0, p)
            if end < 0:
                raise CodecError("a string has no NUL at its end", offset=at)
            value.append(_decode(data[p:end], encoding, notes, at))
            p = end + 1
        elif octet == STR_T:
            index, p = read_mb(data, p)
            value.append(_decode(head.string(index, at, notes), encoding, notes, at))
        elif octet == ENTITY:
            code, p = read_mb(data, p)
            value.append(_character(code, at))
        elif octet == OPAQUE:
            length, p = read_mb(data, p)
            if length > size - p:
                raise CodecError(f"opaque data of {many(length, 'octet')} does not fit the document", offset=at)
            value.append(_decode(data[p : p + length], encoding, notes, at))
            p += length
        elif octet in _EXTENSIONS:
            raise CodecError(f"extension token {octet:02X} has no meaning in {vocabulary.title}", offset=at)
        elif octet == 0x04:
            if name:
                pairs.append((name, "".join(value)))
            index, p = read_mb(data, p)
            # Some stacks write index 0 of an empty table as the only attribute of the root: nothing to name.
            name = _decode(head.string(index, at, notes), encoding, notes, at) if head.table or starts else ""
            value = []
        elif octet < 0x80:
            if name:
                pairs.append((name, "".join(value)))
            found = starts[page].get(octet) if page < len(starts) else None
            if found is None:
                notes.add(DeviationKind.ATTRIBUTE, f"token {octet:02X} starts no attribute on page {page}", at)
                found = (f"attribute-{page}-{octet:02X}", None)
            name, value = found[0], [found[1] or ""]
        else:
            text = values[page].get(octet) if page < len(values) else None
            if text is None:
                notes.add(DeviationKind.ATTRIBUTE, f"token {octet:02X} is no attribute value on page {page}", at)
                text = ""
            value.append(text)
    raise CodecError("the document ends inside an attribute list", offset=size)


class _Pages:
    """Code pages as a writer leaves them, and whether it writes mark-up."""

    __slots__ = ("attribute", "markup", "tag")

    def __init__(self, tag: int, markup: bool) -> None:
        self.tag, self.attribute, self.markup = tag, 0, markup


def write_element(
    element: Element, vocabulary: Vocabulary, table: StringTable, page: int = 0, *, depth: int = 0, markup: bool = False
) -> tuple[bytes, int]:
    """``element`` as tags of ``vocabulary`` and the code page it ends on.

    Names without a token go into ``table`` as literals; texts that ``table`` holds are referred to.  In ``markup`` an
    element with attributes is a literal too where tags of ``vocabulary`` have none, so that strict readers take it.
    """
    out: list[bytes] = []
    pages = _Pages(page, markup and not vocabulary.starts)
    try:
        _write(element, None, vocabulary, table, pages, out, depth)
    except UnicodeEncodeError as error:
        raise CodecError(f"text has a character that UTF-8 cannot carry: {error.reason}") from None
    return b"".join(out), pages.tag


def _write(
    element: Element,
    outer: Element | None,
    vocabulary: Vocabulary,
    table: StringTable,
    pages: _Pages,
    out: list[bytes],
    depth: int,
) -> None:
    if depth >= MAX_DEPTH:
        raise CodecError(f"elements are nested deeper than {MAX_DEPTH}")
    page = vocabulary.page_of(element.ns)
    token = None if page is None else vocabulary.token(page, element.name)
    attrs = _prefixed(element.attrs) if element.attrs else ()
    if attrs and pages.markup:
        token = None
    if token is None or page is None:
        if element.ns != (outer.ns if outer else ""):
            attrs = (("xmlns", element.ns), *attrs)
        tag, operand = 0x04, mb(table.index(element.name))
    else:
        if vocabulary.starts:
            page = _attribute_page(element, vocabulary, pages)
        if page != pages.tag:
            out.append(bytes((0, page)))
            pages.tag = page
        tag, operand = token, b""
    tag |= (0x80 if attrs else 0) | (0x40 if element.children else 0)
    out.append(bytes((tag,)) + operand)
    if attrs:
        _write_attributes(attrs, vocabulary, table, pages, out)
    if not element.children:
        return
    for child in element.children:
        if isinstance(child, str):
            out.append(_text(child, table))
        elif isinstance(child, bytes):
            out.append(b"\xc3" + mb(len(child)) + child)
        else:
            _write(child, element, vocabulary, table, pages, out, depth + 1)
    out.append(b"\x01")


def _text(text: str, table: StringTable) -> bytes:
    """A string: by reference when the table has it, else inline."""
    if text in table:
        return b"\x83" + mb(table.index(text))
    if "\0" in text:
        raise CodecError("text cannot hold U+0000; send octets instead")
    return b"\x03" + text.encode() + b"\0"


def _attribute_page(element: Element, vocabulary: Vocabulary, pages: _Pages) -> int:
    """Tags of a provisioning document exist on both pages and none needs a switch."""
    return pages.tag if vocabulary.token(pages.tag, element.name) is not None else 0


def _write_attributes(
    attrs: tuple[tuple[str, str], ...], vocabulary: Vocabulary, table: StringTable, pages: _Pages, out: list[bytes]
) -> None:
    for name, value in attrs:
        page, token, prefix = _start(name, value, vocabulary, pages.attribute)
        if token is None:
            out.append(b"\x04" + mb(table.index(name)))
        else:
            if page != pages.attribute:
                out.append(bytes((0, page)))
                pages.attribute = page
            out.append(bytes((token,)))
        rest = value[len(prefix) :]
        if not rest:
            continue
        found = _value_token(rest, vocabulary, pages.attribute)
        if found is None:
            out.append(_text(rest, table))
            continue
        page, number = found
        if page != pages.attribute:
            out.append(bytes((0, page)))
            pages.attribute = page
        out.append(bytes((number,)))
    out.append(b"\x01")


def _value_token(text: str, vocabulary: Vocabulary, page: int) -> tuple[int, int] | None:
    """Page and token of an attribute value, the present page first; None when it has to be written as text."""
    for number in sorted(range(len(vocabulary.values)), key=lambda other: other != page):
        for token, value in vocabulary.values[number].items():
            if value == text and (number, token) not in vocabulary.unwritten:
                return number, token
    return None


def _start(name: str, value: str, vocabulary: Vocabulary, page: int) -> tuple[int, int | None, str]:
    """Page, token and implied value of the attribute start that says most about ``name="value"``.

    One that implies no value is taken from the first page that has it: some readers know it there only.
    """
    pages = range(len(vocabulary.starts))
    for wanted, order in ((value, sorted(pages, key=lambda number: number != page)), (None, pages)):
        for number in order:
            for token, (attribute, text) in vocabulary.starts[number].items() if vocabulary.starts else ():
                if attribute == name and text == wanted:
                    return number, token, wanted or ""
    return page, None, ""
