"""A message octet by octet: where, which octets, what they mean.

Rows tile the data: joined, their octets are the data again.  Of malformed data the rows
go as far as reading went, and the last says what is wrong.

>>> explain(bytes.fromhex("02a4016a006d01"))
0000  02                       WBXML 1.2
0001  a4 01                    public identifier 0x1201: SyncML 1.2
0003  6a                       charset 106: UTF-8
0004  00                       string table of 0 octets
0005  6d                       SyncML, with content
0006  01                         END of SyncML
>>> print(explain(b"<a>1</a>").rows[1])
OctetRow(offset=3, octets=b'1', meaning="text '1'", depth=1)
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import Final, Protocol

from msgspec.structs import replace as changed

from dmkit.wire import wbxml
from dmkit.wire.content import CODES
from dmkit.wire.document import guess, is_wbxml
from dmkit.wire.elements import UNKNOWN, Vocabulary
from dmkit.wire.octets import CHARSETS, MAX_DEPTH, DocumentHead, Notes, read_head, read_mb
from dmkit.words.arguments import instance
from dmkit.words.counts import many
from dmkit.words.errors import CodecError
from dmkit.words.late import late_pattern
from dmkit.words.model import Message
from dmkit.words.records import dataclass

__all__ = ["Explanation", "OctetRow", "explain"]

_WIDE: Final = 8
_CUT: Final = 60


class _Encoder(Protocol):
    def encode(self, message: Message) -> bytes: ...


@dataclass(frozen=True, slots=True)
class OctetRow:
    """Octets that mean one thing; ``depth`` is how many elements are open around them."""

    offset: int
    octets: bytes
    meaning: str
    depth: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """Rows that tile ``data``; shown as text, or as a table in a notebook."""

    rows: tuple[OctetRow, ...]

    @property
    def data(self) -> bytes:
        """The octets explained."""
        return b"".join(row.octets for row in self.rows)

    @property
    def error(self) -> str:
        """What is wrong with the octets, as the last row says; empty when nothing is."""
        last = self.rows[-1].meaning if self.rows else "error: there are no octets"
        return last.removeprefix("error: ") if last.startswith("error: ") else ""

    def __str__(self) -> str:
        lines = []
        for row in self.rows:
            octets = row.octets[:_WIDE].hex(" ") + (" .." if len(row.octets) > _WIDE else "")
            lines.append(f"{row.offset:04x}  {octets:<26} {'  ' * min(row.depth, 24)}{row.meaning}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from html import escape

        cell = "padding:0 1em 0 0;text-align:left;vertical-align:top"
        body = "".join(
            f'<tr><td style="{cell}"><code>{row.offset:04x}</code></td>'
            f'<td style="{cell}"><code>{escape(_shown(row.octets))}</code></td>'
            f'<td style="{cell};padding-left:{row.depth}em">{escape(row.meaning)}</td></tr>'
            for row in self.rows
        )
        head = "".join(f'<th scope="col" style="{cell}">{name}</th>' for name in ("Offset", "Octets", "Meaning"))
        return (
            f"<table><caption>{many(len(self.rows), 'row')}, {many(len(self.data), 'octet')}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self._repr_html_()}


def _shown(octets: bytes) -> str:
    return octets[:16].hex(" ") + (f" .. ({len(octets)})" if len(octets) > 16 else "")


def explain(data: bytes | Message, codec: _Encoder | None = None) -> Explanation:
    """The rows of ``data``; a Message is first written with ``codec`` (WBXML when there is none).  Never raises
    for malformed octets.

    >>> import dmkit as dm
    >>> print(str(explain(dm.Device.example().connect().start().reply.body)).splitlines()[0])
    0000  3c 53 79 6e 63 4d 4c 20 .. SyncML, xmlns="SYNCML:SYNCML1.2"
    """
    if isinstance(data, Message):
        data = codec.encode(data) if codec is not None else wbxml.encode(data)
    instance("data", data, bytes, "octets (bytes) or a Message")
    pieces = _wbxml(data) if is_wbxml(data) else _xml(data)
    rows: list[OctetRow] = []
    at = depth = 0
    try:
        for end, meaning, depth in pieces:
            rows.append(OctetRow(at, data[at:end], meaning, depth))
            at = end
    except CodecError as error:
        rows.append(OctetRow(at, data[at:], f"error: {error.reason}", depth))
        return Explanation(tuple(rows))
    if at < len(data):
        rows.append(
            OctetRow(at, data[at:], f"error: {many(len(data) - at, 'octet follows', 'octets follow')} the document", 0)
        )
    return Explanation(tuple(rows))


_Pieces = Iterator[tuple[int, str, int]]


def _wbxml(data: bytes, base: int = 0, depth: int = 0) -> _Pieces:
    """Ends (counted from ``base``), meanings and depths of the pieces of a WBXML document."""
    yield base + 1, f"WBXML 1.{data[0]}", depth
    number, p = read_mb(data, 1)
    if number:
        head = _head(data)
        yield base + p, f"public identifier 0x{number:X}: {head.vocabulary.title}", depth
    else:
        index, p = read_mb(data, p)
        head = _head(data)
        yield base + p, f"public identifier in the string table at {index}: {head.public_id}", depth
    start = head.start - len(head.table)
    length, after = read_mb(data, p)
    if data[0] or after != start or length != len(head.table):
        yield base + after, f"charset {length}: {CHARSETS.get(length, 'unknown').upper()}", depth
    yield base + start, f"string table of {many(len(head.table), 'octet')}", depth
    q = 0
    while q < len(head.table):
        end = head.table.find(0, q) + 1 or len(head.table)
        text = head.table[q:end].rstrip(b"\0").decode(head.encoding, "replace")
        yield base + start + end, f"string {q}: {_quote(text)}", depth
        q = end
    yield from _body(data, head, base, depth)


def _head(data: bytes) -> DocumentHead:
    head = read_head(data, Notes(True), len(data))
    return changed(head, vocabulary=guess(data, head.start)) if head.vocabulary is UNKNOWN else head


def _quote(text: str) -> str:
    return repr(text if len(text) <= _CUT else text[:_CUT] + "...")


def _text_meaning(text: str, names: list[str]) -> str:
    """Text, with the phrase of a code where one stands."""
    sentence = f"text {_quote(text)}"
    codes = CODES.get(names[-2]) if names[-1:] == ["Data"] and len(names) > 1 else None
    if codes is not None and text.isascii() and text.isdigit() and len(text) < 5:
        return f"{sentence}: {codes[text].phrase}"
    return sentence


def _body(data: bytes, head: DocumentHead, base: int, depth: int) -> _Pieces:
    p, page, attribute_page, size = head.start, 0, 0, len(data)
    vocabulary = head.vocabulary
    names: list[str] = []
    while p < size:
        octet, level = data[p], depth + len(names)
        if octet == 0x01:
            if not names:
                raise CodecError("END without an open element", offset=p)
            p += 1
            yield base + p, f"END of {names.pop()}", level
        elif octet == 0x00:
            if p + 1 >= size:
                raise CodecError("the document ends inside a page switch", offset=p)
            page, p = data[p + 1], p + 2
            where = vocabulary.pages.get(page)
            yield base + p, f"switch to code page {page}" + (f": {where.ns}" if where and where.ns else ""), level
        elif octet in (0x02, 0x03, 0x83):
            text, p = _string(data, p, head)
            yield base + p, {2: "entity ", 3: "", 0x83: "by reference, "}[octet] + _text_meaning(text, names), level
        elif octet == 0xC3:
            length, start = read_mb(data, p + 1)
            if length > size - start:
                raise CodecError(f"opaque data of {many(length, 'octet')} does not fit the document", offset=p)
            inner = data[start : start + length]
            yield base + start, f"opaque data of {many(length, 'octet')}", level
            p = start + length
            if length:
                yield from _opaque(inner, head, base + start, level, names)
        elif octet & 0x3F >= 5 or octet in (0x04, 0x44, 0x84, 0xC4):
            at = p
            if octet & 0x3F == 4:
                index, p = read_mb(data, p + 1)
                name = head.string(index, at).decode("latin-1")
                sentence = f"literal {_quote(name)}"
            else:
                name, sentence, p = _tag(vocabulary, page, octet & 0x3F), "", p + 1
            sentence = (sentence or name) + {
                0: ", empty",
                0x40: ", with content",
                0x80: ", with attributes",
                0xC0: ", with attributes and content",
            }[octet & 0xC0]
            yield base + p, sentence, level
            if octet & 0x80:
                p, attribute_page = yield from _attributes(data, p, attribute_page, head, base, level + 1)
            if octet & 0x40:
                if len(names) >= MAX_DEPTH:
                    raise CodecError(f"elements are nested deeper than {MAX_DEPTH}", offset=at)
                names.append(name)
        else:
            raise CodecError(f"octet {octet:02X} has no meaning here", offset=p)
        if not names and octet != 0x00:
            return
    raise CodecError("the document ends inside an element", offset=size)


def _tag(vocabulary: Vocabulary, page: int, token: int) -> str:
    name = vocabulary.name(page, token)
    if name is None:
        if vocabulary is UNKNOWN:
            return f"token {token:02X} of page {page}"
        raise CodecError(f"token {token:02X} names no element on code page {page} of {vocabulary.title}")
    return name


def _string(data: bytes, p: int, head: DocumentHead) -> tuple[str, int]:
    """An inline string, a reference or an entity at ``p``: its text and the offset after it."""
    if data[p] == 0x03:
        end = data.find(0, p + 1)
        if end < 0:
            raise CodecError("a string has no NUL at its end", offset=p)
        return data[p + 1 : end].decode(head.encoding, "replace"), end + 1
    number, after = read_mb(data, p + 1)
    if data[p] == 0x83:
        return head.string(number, p).decode(head.encoding, "replace"), after
    if not 0 < number <= 0x10FFFF:
        raise CodecError(f"entity {number} is no character", offset=p)
    return chr(number), after


def _opaque(octets: bytes, head: DocumentHead, base: int, depth: int, names: list[str]) -> _Pieces:
    """Opaque content: the rows of a document inside, else one row."""
    if is_wbxml(octets) and len(octets) > 5 and depth < MAX_DEPTH:
        try:
            rows = list(_wbxml(octets, base, depth + 1))
        except CodecError:
            rows = []
        if rows and rows[-1][0] == base + len(octets):
            yield from rows
            return
    try:
        meaning = _text_meaning(octets.decode(), names)
    except UnicodeDecodeError:
        meaning = "octets"
    yield base + len(octets), meaning, depth + 1


def _attributes(
    data: bytes, p: int, page: int, head: DocumentHead, base: int, depth: int
) -> Generator[tuple[int, str, int], None, tuple[int, int]]:
    """Rows of an attribute list; returns the offset after it and the attribute page."""
    starts, values = head.vocabulary.starts, head.vocabulary.values
    while p < len(data):
        octet, at = data[p], p
        p += 1
        if octet == 0x01:
            yield base + p, "END of attributes", depth
            return p, page
        if octet == 0x00:
            if p >= len(data):
                break
            page, p = data[p], p + 1
            yield base + p, f"switch to attribute page {page}", depth
        elif octet in (0x02, 0x03, 0x83):
            text, p = _string(data, at, head)
            yield base + p, f"value {_quote(text)}", depth + 1
        elif octet == 0x04:
            index, p = read_mb(data, p)
            name = head.string(index, at).decode("latin-1") if head.table else "(unnamed)"
            yield base + p, f"attribute {name[:_CUT]}", depth
        elif octet == 0xC3:
            length, p = read_mb(data, p)
            if length > len(data) - p:
                raise CodecError(f"opaque data of {many(length, 'octet')} does not fit the document", offset=at)
            p += length
            yield base + p, f"value of {many(length, 'octet')}", depth + 1
        elif octet < 0x80:
            name, value = starts[page].get(octet, ("", None)) if page < len(starts) else ("", None)
            if not name:
                raise CodecError(f"token {octet:02X} starts no attribute on page {page}", offset=at)
            yield base + p, f"attribute {name}" + (f"={_quote(value)}" if value is not None else ""), depth
        else:
            text = values[page].get(octet, "") if page < len(values) else ""
            if not text:
                raise CodecError(f"token {octet:02X} is no attribute value on page {page}", offset=at)
            yield base + p, f"value {_quote(text)}", depth + 1
    raise CodecError("the document ends inside an attribute list", offset=len(data))


_XML: Final = late_pattern(
    rb"""(?P<comment><!--.*?-->)|(?P<cdata><!\[CDATA\[.*?\]\]>)|(?P<pi><\?.*?\?>)
    |(?P<doctype><!DOCTYPE[^>\[]*(?:\[[^\]]*\]\s*)?>)|</(?P<end>[^<>\s/]+)\s*>
    |<(?P<start>[^<>\s/!?="']+)(?P<attributes>(?:\s+[^<>\s/=]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(?P<empty>/?)>
    |(?P<text>[^<]+)""",
    re.DOTALL | re.VERBOSE,
)


def _xml(data: bytes) -> _Pieces:
    """Ends, meanings and depths of the pieces of an XML document."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff", b"\0<", b"<\0"):
        yield len(data), "a document in UTF-16", 0
        return
    p, done = 0, False
    names: list[str] = []
    if data.startswith(b"\xef\xbb\xbf"):
        p = 3
        yield p, "byte order mark: UTF-8", 0
    while p < len(data):
        match = _XML.match(data, p)
        if match is None:
            raise CodecError("this is no XML mark-up")
        kind, depth, text = str(match.lastgroup), len(names), match[0]
        if match["end"] is not None:
            name = match["end"].decode("utf-8", "replace")
            if names[-1:] != [name]:
                raise CodecError(f"{name[:_CUT]} ends and is not the element that is open")
            names.pop()
            meaning = f"end of {name}"
        elif match["start"] is not None:
            if done:
                raise CodecError("a second root element")
            name = match["start"].decode("utf-8", "replace")
            if depth >= MAX_DEPTH:
                raise CodecError(f"elements are nested deeper than {MAX_DEPTH}")
            extra = match["attributes"].decode("utf-8", "replace").strip()
            meaning = name + (", empty" if match["empty"] else "") + (f", {extra}" if extra else "")
            if not match["empty"]:
                names.append(name)
        elif kind == "text":
            shown = text.decode("utf-8", "replace")
            meaning = "white space" if not shown.strip() else _text_meaning(shown, names)
            if meaning != "white space" and not names:
                raise CodecError("text stands outside the root element")
        else:
            meaning = {
                "comment": "comment",
                "cdata": "text as it stands (CDATA)",
                "pi": "processing instruction",
                "doctype": "document type",
            }[kind]
            if text.startswith(b"<?xml"):
                meaning = "XML declaration"
        p = match.end()
        done = done or (not names and (match["end"] is not None or bool(match["empty"])))
        yield p, meaning, depth if match["end"] is None else depth - 1
    if names:
        raise CodecError(f"the document ends inside {names[-1][:_CUT]}")
    if not done:
        raise CodecError("there is no element in the document")
