"""XML of any vocabulary as values, read by one hardened parser.

The parser loads nothing from outside and expands no entities; a DOCTYPE that only names a DTD is
fine, one with declarations of its own is refused.  Lenient reading repairs what real peers do
to well-formedness and says so.  [REPPRO §6, interop sheet §1]

>>> element, _ = read_xml(b'<a xmlns="urn:x"> <b>1 &lt; 2</b> </a>')
>>> element.name, element.ns, element.text
('a', 'urn:x', '1 < 2')
>>> write_xml(element)
b'<a xmlns="urn:x"><b>1 &lt; 2</b></a>'
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from typing import Any, Final

from lxml import etree

from dmkit.wire.namespaces import check_namespaces
from dmkit.wire.pieces import WrittenElement, bare_ampersands, cut_in, escaped_data, pieces, without_comments
from dmkit.words.counts import many
from dmkit.words.deviations import Deviation, DeviationKind
from dmkit.words.errors import CodecError
from dmkit.words.late import late_pattern
from dmkit.words.model import Element

__all__ = [
    "MAX_DEPTH",
    "MAX_SIZE",
    "PARSER",
    "as_utf8",
    "documents",
    "escape",
    "named",
    "octets",
    "parse",
    "parse_all",
    "parsed",
    "quoted",
    "read_xml",
    "to_element",
    "write_element",
    "write_xml",
    "written_out",
]

MAX_SIZE: Final = 8 << 20
MAX_ATTRIBUTES: Final = 1000
"""Octets of a document that a reader takes unless told otherwise."""
MAX_DEPTH: Final = 64
"""Elements inside elements that a reader follows; real trees stay below 30."""

PARSER: Final = etree.XMLParser(
    encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
    huge_tree=False, remove_comments=True, remove_pis=True,
)  # fmt: skip
"""The one parser: octets are UTF-8 whatever they claim, nothing is fetched, nothing is expanded."""

_BOM: Final = b"\xef\xbb\xbf"
_DECLARED: Final = late_pattern(rb"""(?:\xef\xbb\xbf)?\s*<\?xml\s(?>[^>]*?encoding\s*=\s*["']([\w.-]+)["'])[^>]*\?>""")
_DOCTYPE: Final = late_pattern(
    rb"""(?>\s+|\xef\xbb\xbf|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE(?>"[^"]*"|'[^']*'|[^\[>"'])*+"""
    rb"""(\[(?>\s+|<\?.*?\?>|<!--.*?-->)*+(\])?)?""",
    re.DOTALL,
)
_UTF8: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_SINGLE_OCTETS: Final = late_pattern(r"(iso|windows|cp|koi8|gb|big5|shift|euc|latin|tis|mac)", re.IGNORECASE)
"""Charsets in which the octets of a declaration are those of ASCII: a declaration of another one is not true."""
_NUL: Final = late_pattern(rb"\x00|&#(?:0+|[xX]0+);")
_WHITE: Final = " \t\r\n"
_ROOTS: Final = frozenset({"SyncML", "MgmtTree", "wap-provisioningdoc", "DevInf"})
_INNER: Final = frozenset(
    {"SyncHdr", "SyncBody", "Add", "Alert", "Atomic", "Copy", "Delete", "Exec", "Get", "Put", "Map", "Replace"}
    | {"Results", "Search", "Sequence", "Status", "Sync", "Item", "Meta", "MetInf", "Cred", "Chal", "Target"}
    | {"Source", "Data", "Node"}
)
"""Elements of messages and trees: a document that stands inside one of them is a part of it."""

# What XML forbids as a character, and what a name may be (enough of [XML §2.3] to never write nonsense).
_FORBIDDEN: Final = late_pattern("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CONTROLS: Final = bytes(octet for octet in range(0x20) if octet not in b"\t\n\r")
_NAME: Final = late_pattern(r"[^\W\d][\w.\-\u00b7]*", re.UNICODE)


def escape(text: str) -> str:
    """``text`` as XML content: mark-up characters and carriage returns as references; TypeError for what is no text."""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    if "\r" in text:
        text = text.replace("\r", "&#13;")
    return text + ""  # a tuple or a list has come so far


def octets(text: str) -> bytes:
    """A whole document as UTF-8; CodecError when it holds a character that XML forbids."""
    try:
        data = text.encode()
        fine = len(data.translate(None, _CONTROLS)) == len(data) and (
            text.isascii() or ("\ufffe" not in text and "\uffff" not in text)
        )
    except UnicodeEncodeError:
        fine = False
    if not fine:
        bad = _FORBIDDEN.search(text)
        raise CodecError(f"the character U+{ord(bad[0] if bad else ' '):04X} cannot stand in XML; carry it as b64")
    return data


# -- reading ---------------------------------------------------------------------------------------


def parse(data: bytes, *, lenient: bool = False, max_size: int = MAX_SIZE) -> tuple[Any, list[Deviation]]:
    """The root of the lxml tree of ``data``, and what had to be repaired to get it; never an element inside another.

    CodecError: too large, not well-formed, in another charset than UTF-8 (strict), or with a DTD of its own.
    """
    roots, notes = parse_all(data, lenient=lenient, max_size=max_size)
    if len(roots) > 1:
        notes.append(
            Deviation(
                DeviationKind.TRAILING_DATA,
                f"line {roots[1].sourceline}",
                f"{many(len(roots) - 1, 'more element follows', 'more elements follow')} the first",
            )
        )
    return roots[0], notes


def parse_all(data: bytes, *, lenient: bool = False, max_size: int = MAX_SIZE) -> tuple[list[Any], list[Deviation]]:
    """The roots of all documents and fragments that stand side by side in ``data``, and what had to be repaired.

    Comments and processing instructions may stand between them.  Strict reading takes one document only.  CodecError
    as ``parse``: an element that cannot be mended is refused as a whole, with the line where it goes wrong.
    """
    notes: list[Deviation] = []
    if len(data) > max_size:
        raise CodecError(f"the document has {many(len(data), 'octet')}; at most {max_size} are read")
    data = as_utf8(data, lenient, notes)
    try:
        return [_tree(data)], notes
    except etree.XMLSyntaxError as error:
        if not lenient:
            raise _refusal(error, data) from None
    data = _mend(data, notes)
    try:
        return [_tree(data)], notes
    except etree.XMLSyntaxError as error:
        known = len(notes)
        roots = _side_by_side(data, notes)
        if not roots:
            raise _refusal(error, data) from None
        if len(roots) == 1 and len(notes) == known:  # one document after all, with something before or behind it
            why = str(_refusal(error, data)).removeprefix("not well-formed XML: ")
            notes.append(Deviation(DeviationKind.MALFORMED_XML, f"line {error.lineno or 1}", why))
    return roots, notes


def _tree_or_refusal(data: bytes) -> Any:
    try:
        return _tree(data)
    except etree.XMLSyntaxError as error:
        raise _refusal(error, data) from None


_LAST_LINE: Final = 65535
"""libxml2 counts no further."""


def _further_down(root: Any, lines: int) -> None:
    """``root`` stands that many lines further down in its file."""
    if lines:
        for element in root.iter():
            element.sourceline = min((element.sourceline or 1) + lines, _LAST_LINE)


def _side_by_side(data: bytes, notes: list[Deviation]) -> list[Any]:
    """The elements that stand in no other; CodecError for one that is not well-formed, empty when there is none."""
    found = pieces(data)
    if not found:
        return []
    first = found[0]
    if first.name not in _ROOTS and not _can_be_read(data, first):  # a log, a page: a whole message may stand in it
        start = min((at for name in _ROOTS if (at := data.find(b"<" + name.encode(), first.start)) >= 0), default=-1)
        if start >= 0 and first.name not in _INNER:
            found = [WrittenElement(p.start + start, p.end + start, p.name, p.whole) for p in pieces(data[start:])]
    roots: list[Any] = []
    done = counted = lines = 0
    text: list[Deviation] = []
    names: set[str] = set()
    for piece in found:
        lines, counted = lines + data.count(b"\n", counted, piece.start), piece.start
        try:
            root = _tree(data[piece.start : piece.end])
        except etree.XMLSyntaxError:
            if roots and piece.name not in names | _ROOTS | _INNER:
                continue  # what follows is no document; its octets are counted below
            root = _tree_or_refusal(b"\n" * lines + data[piece.start : piece.end])
        else:
            _further_down(root, lines)
        between = without_comments(data[done : piece.start])
        if between.strip():
            sentence = "before the document" if not roots else "between documents"
            text.append(
                Deviation(DeviationKind.MALFORMED_XML, f"octet {done}", f"{many(len(between), 'octet')} {sentence}")
            )
        roots.append(root)
        names.add(root.tag.rpartition("}")[2])
        done = piece.end
    if without_comments(data[done:]).strip():
        text.append(
            Deviation(
                DeviationKind.TRAILING_DATA,
                f"octet {done}",
                many(len(data) - done, "octet follows", "octets follow"),
            )
        )
    notes += text
    return roots


def _can_be_read(data: bytes, piece: WrittenElement) -> bool:
    try:
        _tree(data[piece.start : piece.end])
    except (etree.XMLSyntaxError, CodecError):
        return False
    return True


def _tree(data: bytes) -> Any:
    if b"<!DOCTYPE" in data:
        doctype = _DOCTYPE.match(data)
        if doctype and doctype[1] and not doctype[2]:
            raise CodecError(
                "the DOCTYPE declares things of its own; only a name and an identifier may stand there",
                line=data.count(b"\n", 0, doctype.end()) + 1,
            )
    root = parsed(data)
    if root is None:
        raise CodecError("there is no element in the document")
    return root


def parsed(data: bytes) -> Any:
    """The lxml element of a document in UTF-8, by ``PARSER``; XMLSyntaxError, and CodecError for a long namespace."""
    check_namespaces(data)
    return etree.fromstring(data, PARSER)


def _refusal(error: etree.XMLSyntaxError, data: bytes) -> CodecError:
    name = "" if b"<!DOCTYPE" in data else cut_in(data.lstrip())
    if name:
        return CodecError(f"not well-formed XML: the document ends inside {name}", line=data.count(b"\n") + 1)
    reason = str(error.msg or error).split(", line ")[0].strip().rstrip(".,")
    return CodecError(f"not well-formed XML: {reason}", line=error.lineno or None)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def as_utf8(data: bytes, lenient: bool, notes: list[Deviation]) -> bytes:
    """``data`` as UTF-8: by its byte order mark or declaration when ``lenient``, else CodecError for other charsets."""
    charset = ""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        charset = "utf-16"
    elif data[:2] in (b"<\0", b"\0<"):
        charset = "utf-16-le" if data[0] else "utf-16-be"
    else:
        declared = _DECLARED.match(data)
        if declared and declared[1].decode().lower() not in _UTF8:
            charset = declared[1].decode()
            if lenient and not _SINGLE_OCTETS.match(charset) and _is_utf8(data):
                notes.append(Deviation(DeviationKind.CHARSET, "octet 0", f"declares {charset} and is UTF-8"))
                return data
        elif lenient and not _is_utf8(data):
            charset = "iso-8859-1"
    if not charset:
        return data
    if not lenient:
        raise CodecError(f"the document is in {charset}; SyncML is written in UTF-8", line=1)
    try:
        text = data.decode(charset if charset.startswith("utf-16") or _SINGLE_OCTETS.match(charset) else "unknown")
    except (LookupError, UnicodeDecodeError, ValueError):
        raise CodecError(f"the document claims to be in {charset} and is not", line=1) from None
    notes.append(Deviation(DeviationKind.CHARSET, "octet 0", charset))
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise CodecError(f"the document claims to be in {charset} and is not", line=1) from None


def _mend(data: bytes, notes: list[Deviation]) -> bytes:
    """``data`` with the faults of known peers repaired, each noted."""
    kinds = DeviationKind
    nul = _NUL.search(data)
    if nul:
        notes.append(Deviation(kinds.TRAILING_NUL, f"octet {nul.start()}", "NUL"))
        data = _NUL.sub(b"", data)
    data, lines = escaped_data(data)
    notes += [Deviation(kinds.UNESCAPED_MARKUP, f"line {line}", "Data is taken as text") for line in lines]
    before = data
    data, first = bare_ampersands(data)
    if first >= 0:
        content = before[first : first + 20].decode("utf-8", "replace")
        notes.append(Deviation(kinds.BARE_AMPERSAND, f"octet {first}", content.split("<")[0]))
    stripped = data.removeprefix(_BOM).lstrip()
    if stripped.startswith(b"<?xml") and not data.removeprefix(_BOM).startswith(b"<?xml"):
        notes.append(Deviation(kinds.MALFORMED_XML, "octet 0", "white space before the XML declaration"))
        head, end, rest = stripped.partition(b"?>")
        data = head + end + b"\n" * data[: len(data) - len(stripped)].count(b"\n") + rest  # lines keep their numbers
    return data


def documents(data: bytes, *, max_size: int = MAX_SIZE) -> Iterator[bytes]:
    """Every SyncML document that stands in ``data``: a log, a capture, several messages in one file."""
    if len(data) > max_size:
        raise CodecError(f"the file has {many(len(data), 'octet')}; at most {max_size} are read")
    start = data.find(b"<SyncML")
    while start >= 0:
        end = data.find(b"</SyncML>", start)
        if end < 0:
            return
        yield data[start : end + 9]
        start = data.find(b"<SyncML", end)


def to_element(node: Any, depth: int = 0) -> Element:
    """An lxml element as an ``Element``; white space between elements is dropped.  CodecError: too deep, entity."""
    if depth >= MAX_DEPTH:
        raise CodecError(f"elements are nested more than {MAX_DEPTH} deep", line=node.sourceline)
    tag = node.tag
    if not isinstance(tag, str):
        raise CodecError("a reference to an entity that nothing declares", line=node.sourceline)
    ns, _, name = tag[1:].rpartition("}") if tag[0] == "{" else ("", "", tag)
    if len(node.attrib) > MAX_ATTRIBUTES:  # reading them takes quadratic time
        raise CodecError(f"an element has more than {MAX_ATTRIBUTES} attributes", line=node.sourceline)
    attrs = tuple(sorted(node.attrib.items())) if node.attrib else ()
    below = node[:]
    text = node.text
    if not below:
        return Element(name, ns, (text,) if text else (), attrs)
    pieces: list[Element | str | bytes] = []
    if text and text.strip(_WHITE):
        pieces.append(text)
    for child in below:
        pieces.append(to_element(child, depth + 1))
        tail = child.tail
        if tail and tail.strip(_WHITE):
            pieces.append(tail)
    return Element(name, ns, tuple(pieces), attrs)


def written_out(nodes: Iterable[Any], line: int) -> str:
    """The mark-up of ``nodes``, lxml elements side by side, and the text behind each.

    Each carries all namespaces that are declared around it, however many: CodecError where that becomes more than
    ``MAX_SIZE`` signs.
    """
    out: list[str] = []
    size = 0
    for node in nodes:
        out.append(etree.tostring(node, encoding="unicode"))
        size += len(out[-1])
        if size > MAX_SIZE:
            raise CodecError(f"mark-up with its namespaces becomes more than {MAX_SIZE} signs", line=line)
    return "".join(out)


def read_xml(data: bytes, *, lenient: bool = False, max_size: int = MAX_SIZE) -> tuple[Element, tuple[Deviation, ...]]:
    """The document element of ``data``, in any vocabulary, and what a lenient reader had to repair.

    Lenient reading also finds the first document of a log or a capture.  CodecError otherwise.
    """
    root, notes = parse(data, lenient=lenient, max_size=max_size)
    return to_element(root), tuple(notes)


# -- writing ---------------------------------------------------------------------------------------


def named(name: str) -> str:
    """``name`` when it can name an element or attribute; CodecError otherwise."""
    if not _NAME.fullmatch(name):
        raise CodecError(f"{name[:40]!r} is no name of an XML element or attribute")
    return name


def quoted(text: str) -> str:
    """``text`` as the value of an attribute, between double quotes."""
    return escape(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


_XML_NS: Final = "http://www.w3.org/XML/1998/namespace"


def write_element(element: Element, scope: str, out: list[str], depth: int = 0, indent: str = "") -> None:
    """Append the pieces of ``element`` to ``out``; ``scope`` is the default namespace around it."""
    if depth >= MAX_DEPTH:
        raise CodecError(f"elements are nested more than {MAX_DEPTH} deep")
    name = named(element.name)
    out.append(f"<{name}" if element.ns == scope else f'<{name} xmlns="{quoted(element.ns)}"')
    for count, (key, value) in enumerate(element.attrs):
        ns, _, local = key[1:].rpartition("}") if key[:1] == "{" else ("", "", key)
        if not ns:
            out.append(f' {named(local)}="{quoted(value)}"')
        elif ns == _XML_NS:
            out.append(f' xml:{named(local)}="{quoted(value)}"')
        else:
            out.append(f' xmlns:a{count}="{quoted(ns)}" a{count}:{named(local)}="{quoted(value)}"')
    if not element.children:
        out.append("/>")
        return
    out.append(">")
    between = indent and all(isinstance(child, Element) for child in element.children)
    for child in element.children:
        if isinstance(child, Element):
            if between:
                out.append("\n" + indent * (depth + 1))
            write_element(child, element.ns, out, depth + 1, indent if between else "")
        elif isinstance(child, str):
            out.append(escape(child))
        elif element.name == "Value":  # of a node of format bin, as in serialised trees [tnds sheet §1]
            out.append(b64encode(child).decode())
        else:
            raise CodecError(f"octets cannot stand in XML; write the content of {name} as b64 text")
    if between:
        out.append("\n" + indent * depth)
    out.append(f"</{name}>")


def write_xml(element: Element, *, declaration: bool = False, pretty: bool = False) -> bytes:
    """``element`` as a document; ``pretty`` indents where only elements stand.  CodecError: not expressible in XML."""
    out = ['<?xml version="1.0" encoding="UTF-8"?>\n'] if declaration else []
    write_element(element, "", out, indent="  " if pretty else "")
    if pretty:
        out.append("\n")
    return octets("".join(out))
