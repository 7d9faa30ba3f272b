"""The mark-up of descriptions: one hardened parser, and what stands in an element.

Nothing is fetched, nothing is expanded; a DOCTYPE is cut out before the parser sees it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from lxml import etree

from dmkit.ddf.grammar import CONTENT, LOCAL
from dmkit.ddf.spec import COMMENT
from dmkit.wire.markup import as_utf8
from dmkit.wire.namespaces import check_namespaces
from dmkit.words.caches import weigh
from dmkit.words.counts import many
from dmkit.words.errors import CodecError, DdfError
from dmkit.words.model import Element

__all__ = ["WHITE", "foreign", "names_of", "parse", "prepared"]

_PARSER: Final = etree.XMLParser(
    encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
    huge_tree=False, remove_pis=True,
)  # fmt: skip
_BOM: Final = b"\xef\xbb\xbf"
_DOCTYPE: Final = re.compile(
    rb"""(?P<before>(?>\s+|<\?.*?\?>|<!--.*?-->)*+)
    (?P<doctype><!DOCTYPE(?>"[^"]*"|'[^']*'|[^\[>"'])*+
    (?:\[(?P<inside>(?>\s+|<\?.*?\?>|<!--.*?-->)*+)(?P<declares>[^\]])?.*?\]\s*)?>)""",
    re.DOTALL | re.VERBOSE,
)
_ENTITIES: Final = ("&amp;", "&lt;", "&gt;", "&quot;", "&apos;")
WHITE: Final = " \t\r\n"


def prepared(data: bytes, max_size: int) -> tuple[bytes, bool, str]:
    """UTF-8 without a byte order mark and without DOCTYPE, whether there was a mark, and the DOCTYPE as text."""
    if len(data) > max_size:
        raise DdfError(f"the document has {many(len(data), 'octet')}; at most {max_size} are read")
    data = as_utf8(data, True, [])
    bom = data.startswith(_BOM)
    data = data.removeprefix(_BOM)
    doctype = ""
    if b"<!DOCTYPE" in data and (found := _DOCTYPE.match(data)):
        start, end = found.span("doctype")
        line = data.count(b"\n", 0, start) + 1
        if found["declares"]:
            raise DdfError(
                "the DOCTYPE declares things of its own; only a name and an identifier may stand there", line=line
            )
        doctype = found["doctype"].decode("utf-8", "replace")
        data = data[:start] + b"\n" * data.count(b"\n", start, end) + data[end:]
    return data, bom, doctype


def parse(data: bytes) -> Any:
    """The document element of what ``prepared`` gave."""
    try:
        check_namespaces(data)
        root = etree.fromstring(data, _PARSER)
    except CodecError as error:
        raise DdfError(error.reason, line=error.line) from None
    except etree.XMLSyntaxError as error:
        reason = str(error.msg or error).split(", line ")[0].strip().rstrip(".,")
        raise DdfError(f"not well-formed XML: {reason}", line=error.lineno or None) from None
    if root is None:
        raise DdfError("there is no element in the document")
    return root


def foreign(element: Any) -> Element:
    """An element of another vocabulary, or a comment, as it stands; white space between elements is dropped."""
    tag = element.tag
    if tag is etree.Comment:
        return Element(COMMENT, "", (element.text,) if element.text else ())
    if not isinstance(tag, str):
        raise DdfError(
            f"a reference to an entity that nothing declares; only {', '.join(_ENTITIES)} and numbers may stand there",
            line=element.sourceline,
        )
    ns, name = _split(tag)
    attrs = tuple(sorted(element.attrib.items())) if element.attrib else ()
    if not len(element):
        return Element(name, ns, (element.text,) if element.text else (), attrs)
    pieces: list[Element | str | bytes] = []
    if element.text and element.text.strip(WHITE):
        pieces.append(element.text)
    for child in element:
        pieces.append(foreign(child))
        if child.tail and child.tail.strip(WHITE):
            pieces.append(child.tail)
    return Element(name, ns, tuple(pieces), attrs)


def names_of(element: Any) -> tuple[str, ...] | None:
    """The names of the children when there is nothing but empty elements, in the order of the DTD, without attributes.

    Most containers are like this; None sends the others the long way.
    """
    children = element[:]
    if element.attrib or (element.text and not element.text.isspace()):
        return None
    names = []
    for child in children:
        tail = child.tail
        if child.text or child.attrib or len(child) or (tail and not tail.isspace()):
            return None
        names.append(child.tag)
    return _in_order(LOCAL[element.tag], tuple(names))


@lru_cache(maxsize=1024)
def _in_order(parent: str, tags: tuple[object, ...]) -> tuple[str, ...] | None:
    """The names of ``tags`` when each may stand in ``parent``, once, and in this order."""
    row = CONTENT[parent]
    names = [LOCAL.get(tag) if isinstance(tag, str) else None for tag in tags]
    ranks = [row.index(name) if name in row else -1 for name in names]
    if -1 in ranks or any(one >= two for one, two in pairwise(ranks)):
        return None
    return tuple(name for name in names if name is not None)


@lru_cache(maxsize=1024)
def _split(tag: str) -> tuple[str, str]:
    """Namespace and name of a tag as lxml has it."""
    weigh(_split, len(tag))
    ns, _, name = tag[1:].rpartition("}") if tag[0] == "{" else ("", "", tag)
    return ns, name
