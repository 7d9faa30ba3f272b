"""From an Item to a node and back: formats, lexical forms, octets.  [DMTND §7.7.2, §9.4.2]"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from dmkit.tree.describe import Described
from dmkit.tree.node import Node, leaf
from dmkit.tree.refusals import Refusal, refuse
from dmkit.tree.uri import quote
from dmkit.words.caches import weigh
from dmkit.words.codes import Format
from dmkit.words.late import late_pattern
from dmkit.words.model import Data, Element, Item, Meta

if TYPE_CHECKING:
    from dmkit.tree.context import Context

__all__ = [
    "TEXT_PLAIN",
    "TNDS_TYPES",
    "empty_value",
    "format_and_type",
    "is_binary",
    "is_tnds",
    "lexical_form",
    "node_of",
    "result_item",
]  # fmt: skip

TEXT_PLAIN: Final = "text/plain"
_B64: Final = Format.B64
_BIN: Final = Format.BIN
_NODE: Final = Format.NODE
_NULL: Final = Format.NULL
_format_of: Final = Format.of
TNDS_TYPES: Final = ("application/vnd.syncml.dmtnds+xml", "application/vnd.syncml.dmtnds+wbxml")
_INT: Final = late_pattern(r"0\Z|-?[1-9]\d{0,9}\Z")
_FLOAT: Final = late_pattern(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z|-?INF\Z|NaN\Z")
_DATE: Final = late_pattern(r"\d{4}(-?\d{2}(-?\d{2})?|-?\d{3}|-?W\d{2}(-?\d)?)?\Z")
_TIME: Final = late_pattern(r"\d{2}(:?\d{2}(:?\d{2})?)?(Z|[+-]\d{2}:?\d{2})?\Z")
_EMPTY: Final[dict[Format, str]] = {
    Format.BOOL: "false", Format.INT: "0", Format.FLOAT: "0", Format.DATE: "1970-01-01", Format.TIME: "00:00:00",
}  # fmt: skip
"""The value of a leaf without DefaultValue, where the empty text is none of its format."""


def empty_value(format: Format) -> str:
    """The emptiest text that is a value of ``format``.

    >>> empty_value(Format.CHR), empty_value(Format.BOOL)
    ('', 'false')
    """
    return _EMPTY.get(format, "")


def _is_int(text: str) -> bool:
    return bool(_INT.match(text)) and -(2**31) <= int(text) < 2**31


_LEXICAL: Final[Mapping[Format, tuple[Callable[[str], object], str]]] = {
    Format.BOOL: (lambda text: text.lower() in ("true", "false"), "true or false"),
    Format.INT: (_is_int, "a decimal number of 32 bits"),
    Format.FLOAT: (lambda text: _FLOAT.match(text), "a number such as -1.5E3"),
    Format.DATE: (lambda text: _DATE.match(text), "a date such as 2005-06-30 or 20050630"),
    Format.TIME: (lambda text: _TIME.match(text), "a time such as 23:59:00 or 235900"),
}


def lexical_form(format: Format, text: str) -> str:
    """What a value of ``format`` looks like, when ``text`` does not; empty when it does.

    >>> lexical_form(Format.INT, "007"), lexical_form(Format.INT, "7")
    ('a decimal number of 32 bits', '')
    """
    lexical = _LEXICAL.get(format)
    if lexical is not None and not lexical[0](text):
        return lexical[1]
    if format is _B64:
        try:
            b64decode("".join(text.split()), validate=True)
        except (Error, ValueError):
            return "base64"
    return ""


@lru_cache(maxsize=1024)
def is_binary(mime: str) -> bool:
    """True for MIME types whose values are octets rather than text.

    >>> is_binary("text/plain"), is_binary("application/octet-stream"), is_binary("application/xml")
    (False, True, False)
    """
    weigh(is_binary, len(mime))
    mime = mime.partition(";")[0].strip().lower()
    return not (mime.startswith("text/") or mime in ("", "application/json") or mime.endswith(("xml", "+json")))


_NO_META: Final = Meta()


def format_and_type(item: Item, default: Meta | None) -> tuple[str | None, str | None]:
    """Format and Type as the Item says them, else as the command does; None where neither does."""
    if item.meta is default is None:
        return None, None
    own, common = item.meta or _NO_META, default or _NO_META
    return own.format or common.format, own.type or common.type


def is_tnds(item: Item, default: Meta | None) -> bool:
    """True when the Item carries a serialised tree."""
    mime = format_and_type(item, default)[1]
    return mime is not None and mime.strip().lower() in TNDS_TYPES


def node_of(uri: str, item: Item, context: Context, described: Described, present: Node | None = None) -> Node:
    """The node that ``item`` describes; Meta of the command stands in where the Item has none.

    ``present`` is the node to be replaced: without Meta its format and type stay.  CommandFailed 415 for a format
    or a lexical form that is not taken.
    """
    given_format, given_type = format_and_type(item, context.meta)
    had = None if present is None else present.form
    if had is not None and given_format is given_type is None and context.rules.no_meta == "default":
        if had.format != Format.CHR:
            raise refuse(Refusal.FORMAT, uri, f"chr, unless it is said; the node has {had.format}")
        had = None
    format = _format_of(had.format if given_format is None and had is not None else given_format)
    if given_format is None and had is not None and had.format == _BIN and isinstance(item.data, str):
        format = _B64
    if format is None:
        raise refuse(Refusal.FORMAT, uri, f"format {given_format!r} is none of {', '.join(f.value for f in Format)}")
    mime = given_type.strip() if given_type else had.type if had is not None else None
    if format is _NODE:
        if item.data and not context.rules.ignore_interior_data:
            raise refuse(Refusal.INTERIOR_DATA, uri)
        return Node.interior(type="" if mime == TEXT_PLAIN or mime is None else mime)
    native = is_binary(mime or TEXT_PLAIN) or (had is not None and had.format == _BIN)
    native = native or (described.formats is not None and Format.BIN.value in described.formats)
    if context.rules.bool_digits and format is Format.BOOL and item.data in ("0", "1"):
        return leaf(format._value_, item.text, mime or TEXT_PLAIN)
    value, format = _value(uri, item.data, format, native)
    return leaf(format._value_, value, mime or TEXT_PLAIN)


def _value(uri: str, data: Data | None, format: Format, native: bool) -> tuple[str | bytes | Element | None, Format]:
    """The value to store; ``native`` says that the node holds octets, so that base64 is only their clothing."""
    if format is _NULL:
        return None, format
    if isinstance(data, Element):
        if format not in (Format.XML, Format.CHR):
            raise refuse(Refusal.FORMAT, uri, f"mark-up is no value of format {format.value}")
        return data, Format.XML
    if format is _BIN:
        return (data.encode() if isinstance(data, str) else data or b""), format
    if isinstance(data, bytes):
        try:
            data = data.decode()
        except UnicodeDecodeError:
            raise refuse(Refusal.LEXICAL, uri, f"octets that are no text, in format {format.value}") from None
    text = data or ""
    if format is _B64:
        try:
            octets = b64decode("".join(text.split()), validate=True)
        except (Error, ValueError):
            raise refuse(Refusal.LEXICAL, uri, "the value is no base64") from None
        return (octets, _BIN) if native else (text, format)
    form = lexical_form(format, text)
    if form:
        raise refuse(Refusal.LEXICAL, uri, f"{text!r} is not {form}")
    return text, format


def result_item(uri: str, node: Node, *, with_data: bool = True) -> Item:
    """The Item of Results for ``node``: no more Meta than is needed.  [DMREPPRO §6.6.12]"""
    if node.is_interior:
        meta = Meta(format=Format.NODE.value, type=node.type or None)
        return Item(source=uri, meta=meta, data="/".join(map(quote, node.children)) if with_data else None)
    format = None if node.format == Format.CHR else node.format
    mime = None if node.type == TEXT_PLAIN else node.type
    meta_or_none = Meta(format=format, type=mime) if format or mime else None
    value = "" if node.value is None else node.value
    return Item(source=uri, meta=meta_or_none, data=value if with_data else None)
