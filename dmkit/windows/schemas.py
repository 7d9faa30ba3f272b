"""Values that a schema describes: XML against the XSD that stands in a description, and JSON by its form.  [ddf v2]

>>> schema = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a" type="xs:int"/></xs:schema>'
>>> schema_wrong(schema, "<a>1</a>"), schema_wrong(schema, "<a>b</a>"), schema_wrong("<no/>", "<a/>")
('', "Element 'a': 'b' is not a valid value of the atomic type 'xs:int'., line 1", None)
>>> xml_wrong("<a/>"), xml_wrong("a")
('', "'a' is no XML")
>>> json_wrong('{"a": 1}'), json_wrong("{")
('', 'no JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)')
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, Final

from lxml import etree

from dmkit.wire.markup import parsed
from dmkit.wire.namespaces import local_name
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError

__all__ = ["json_wrong", "markup_wrong", "schema_wrong", "xml_wrong"]

_XS: Final = "{http://www.w3.org/2001/XMLSchema}"
_PROLOG: Final = re.compile(r"^\s*<\?xml[^>]*\?>")
_TOO_MANY: Final = re.compile(r"maxOccurs\s*=\s*[\"'](\d{4,})[\"']")
"""Repetitions that a schema would spell out one by one."""


@lru_cache(maxsize=64)
def _schema(text: str) -> etree.XMLSchema | None:
    text = _TOO_MANY.sub('maxOccurs="unbounded"', _PROLOG.sub("", text.strip()))
    try:
        return etree.XMLSchema(parsed(text.encode()))
    except (etree.XMLSyntaxError, etree.XMLSchemaParseError, CodecError, ValueError):
        return None


@asked
def xml_wrong(value: str) -> str:
    """Why ``value`` is no XML document; empty when it is one."""
    return "" if _root(value) is not None else f"{value[:40]!r} is no XML"


@asked
def markup_wrong(value: str) -> str:
    """Why ``value`` is no well-formed mark-up, which may be several elements side by side; empty when it is.

    >>> markup_wrong("<a/>text<b/>"), markup_wrong("<a>")
    ('', "'<a>' is no well-formed XML")
    """
    inner = _root(f"<_all>{_PROLOG.sub('', value)}</_all>")
    return "" if inner is not None else f"{value[:40]!r} is no well-formed XML"


def _root(value: str) -> Any:
    try:
        return parsed(_PROLOG.sub("", value.strip()).encode())
    except (etree.XMLSyntaxError, CodecError, ValueError):
        return None


@asked
def schema_wrong(text: str, value: str) -> str | None:
    """Why ``value`` is not what the schema wants; empty when it is.

    None where nobody can tell: the schema cannot be read, or it declares the element of the value only within
    others, as the schema of a whole document of which a node takes a part.
    """
    schema, root = _schema(text), _root(value)
    if schema is None or root is None:
        return None
    try:
        schema.assertValid(root)
        return ""
    except etree.DocumentInvalid as error:
        why = str(error)
    name = local_name(root.tag)
    whole = parsed(_PROLOG.sub("", text.strip()).encode())
    declared = [element for element in whole.iter(f"{_XS}element") if element.get("name") == name]
    if declared and all(element.getparent() is not whole for element in declared):
        return None
    return why[:160]


@asked
def json_wrong(value: str) -> str:
    """Why ``value`` is no JSON; empty when it is."""
    try:
        json.loads(value)
    except (ValueError, RecursionError) as error:
        return f"no JSON: {str(error)[:120]}"
    return ""
