"""Where things stand in XML octets that are not one well-formed document: elements side by side, Data gone wrong.

One pass over the tags, counting how deep they are; nothing is parsed.  Time grows with the octets, whatever they are.

>>> [data[piece.start:piece.end] for data in [b"<!-- 1 --><Add/> <Get>1</Get>"] for piece in pieces(data)]
[b'<Add/>', b'<Get>1</Get>']
>>> escaped_data(b"<Data><?xml version='1.0'?><a/></Data>")[0]
b"<Data>&lt;?xml version='1.0'?&gt;&lt;a/&gt;</Data>"

Sources: [XML §2.4, §2.5, §2.7, §3.1]; the habits are in docs/traces.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec
from lxml import etree

from dmkit.words.late import late_pattern

__all__ = ["CUT", "WrittenElement", "bare_ampersands", "cut_in", "escaped_data", "pieces", "without_comments"]

_TAG: Final = late_pattern(
    rb"""<(/?)([A-Za-z_:\x80-\xff][^\s/<>"']*+)([^<>"']*+(?:"[^"<]*"[^<>"']*+|'[^'<]*'[^<>"']*+)*+)>"""
)
_SKIPPED: Final = ((b"<!--", b"-->"), (b"<![CDATA[", b"]]>"), (b"<?", b"?>"), (b"<!", b">"))
_BOM: Final = b"\xef\xbb\xbf"
_BARE: Final = late_pattern(
    rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9A-Fa-f]+);)", re.DOTALL
)
_PARSER: Final = etree.XMLParser(encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False)
_UNDECLARED_PREFIX: Final = 201
"""What libxml2 calls a prefix that nothing declares: a part of a document may use one of its whole."""


CUT: Final = frozenset({3, 5, 6, 20})
"""Errors of expat that mean: up to here it was well-formed, and then it was over: no elements; an open token, character
or CDATA section."""


class WrittenElement(msgspec.Struct, frozen=True):
    """One element that stands in no other: octets ``start`` to ``end``, ``name`` without prefix, whether it ends."""

    start: int
    end: int
    name: str
    whole: bool


class _Tag(msgspec.Struct, frozen=True):
    start: int
    end: int
    closes: bool
    name: bytes
    empty: bool


def _tags(data: bytes) -> Iterator[_Tag]:
    """Every tag outside comments, CDATA sections and processing instructions; a stray ``<`` is passed over."""
    p = data.find(b"<")
    while p >= 0:
        for opens, closes in _SKIPPED:
            if data.startswith(opens, p):
                end = data.find(closes, p + len(opens))
                if end < 0:
                    return
                p = end + len(closes)
                break
        else:
            tag = _TAG.match(data, p)
            if tag is not None:
                name = tag[2].rpartition(b":")[2]
                yield _Tag(p, tag.end(), bool(tag[1]), name, tag[3].endswith(b"/"))
            p = tag.end() if tag is not None else p + 1
        p = data.find(b"<", p)


def pieces(data: bytes) -> list[WrittenElement]:
    """The elements of ``data`` that stand side by side; the last one may lack its end."""
    found: list[WrittenElement] = []
    depth, start, name = 0, 0, b""
    for tag in _tags(data):
        if depth == 0:
            if tag.closes:
                continue
            start, name = tag.start, tag.name
        if not tag.empty:
            depth += -1 if tag.closes else 1
        if depth == 0:
            found.append(WrittenElement(start, tag.end, name.decode("utf-8", "replace"), True))
    if depth:
        found.append(WrittenElement(start, len(data), name.decode("utf-8", "replace"), False))
    return found


def without_comments(data: bytes) -> bytes:
    """``data`` without what may stand between documents: comments, processing instructions, DOCTYPEs, byte order marks.

    >>> without_comments(b"<!-- 12:00 --> sent <?x y?>")
    b' sent '
    """
    out: list[bytes] = []
    p, done = data.find(b"<"), 0
    while p >= 0:
        for opens, closes in _SKIPPED:
            if data.startswith(opens, p) and opens != b"<![CDATA[":
                end = data.find(closes, p + len(opens))
                if end < 0:
                    return b"".join([*out, data[done:]]).replace(_BOM, b"")
                out.append(data[done:p])
                p = done = end + len(closes)
                break
        else:
            p += 1
        p = data.find(b"<", p)
    return b"".join([*out, data[done:]]).replace(_BOM, b"")


def bare_ampersands(data: bytes) -> tuple[bytes, int]:
    """``data`` with the ampersands escaped that begin no reference, and where the first one stood, or -1.

    >>> bare_ampersands(b"<a>x & y &amp; z</a>")
    (b'<a>x &amp; y &amp; z</a>', 5)
    """
    first = [-1]

    def repaired(match: re.Match[bytes]) -> bytes:
        if match[0] != b"&":
            return match[0]
        if first[0] < 0:
            first[0] = match.start()
        return b"&amp;"

    return _BARE.sub(repaired, data), first[0]


def escaped_data(data: bytes) -> tuple[bytes, list[int]]:
    """``data`` with the content of each Data that is not well-formed taken as text, and the lines where that was so.

    A CDATA section that ends too early, since its text holds ``]]>``, is taken to the last one.
    """
    out: list[bytes] = []
    lines: list[int] = []
    done, line = 0, 1
    for start, end in _contents(data):
        content = data[start:end]
        if (b"<" not in content and b"]]>" not in content) or _is_content(content):
            continue
        bare = content.strip()
        if bare.startswith(b"<![CDATA[") and bare.endswith(b"]]>"):
            content = bare[9:-3]
        line += data.count(b"\n", done, start)
        lines.append(line)
        text = content.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
        out += (data[done:start], text)
        line += data.count(b"\n", start, end)
        done = end
    return b"".join([*out, data[done:]]), lines


def _contents(data: bytes) -> Iterator[tuple[int, int]]:
    """Where the content of each outermost Data begins and ends."""
    depth, start = 0, 0
    for tag in _tags(data):
        if tag.name != b"Data" or tag.empty:
            continue
        if not tag.closes:
            start = tag.end if depth == 0 else start
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                yield start, tag.start


def _is_content(content: bytes) -> bool:
    """Whether it is well-formed inside an element, perhaps but for ampersands."""
    for text in (content, bare_ampersands(content)[0]):
        try:
            etree.fromstring(b"<d>" + text + b"</d>", _PARSER)
        except etree.XMLSyntaxError as error:
            if getattr(error, "code", None) == _UNDECLARED_PREFIX:
                return True
        else:
            return True
    return False


def cut_in(data: bytes) -> str:
    """The element in which ``data`` ends too early; empty when something else is wrong with it, or nothing.

    >>> cut_in(b"<a><b>1</"), cut_in(b"<a></b>")
    ('b', '')
    """
    from xml.parsers import expat  # not read before something is wrong

    names: list[str] = []
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = lambda name, _: names.append(name)
    parser.EndElementHandler = lambda _: names.pop()
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        return names[-1][:40] if names and error.code in CUT else ""
    return ""
