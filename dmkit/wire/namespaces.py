"""How long a namespace may be: each element and attribute of it carries its text, which costs as often as it is used.

Half a megabyte of namespace and as much of elements would become gigabytes; real ones have some 60 signs.

>>> check_namespaces(b"<a xmlns='urn:x'/>")

Sources: [XMLNS §2, §6.1].
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from dmkit.words.counts import many
from dmkit.words.errors import CodecError
from dmkit.words.late import late_pattern

__all__ = ["MAX_NAMESPACE", "check_namespaces", "local_name", "namespace_of", "too_long"]

MAX_NAMESPACE: Final = 1024
"""Signs of the longest namespace that is read."""

_LONG: Final = late_pattern(
    rb"""xmlns(?<=[ \t\r\n]xmlns)(?::[^\s=<>"']*+)?+[ \t\r\n]*+=[ \t\r\n]*+(?:"[^"]{1025}|'[^']{1025})"""
)
"""What looks like the declaration of a longer one; it may be text."""


def local_name(tag: object) -> str:
    """The name in ``{namespace}name``; empty for the tag of what is no element.

    A prefix stays where libxml2 let one in that nothing declares; ``etree.QName`` raises ValueError for such a tag.

    >>> local_name("{urn:x}a"), local_name("s:a"), local_name(None)
    ('a', 's:a', '')
    """
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def namespace_of(tag: object) -> str:
    """The namespace in ``{namespace}name``; empty where there is none.

    >>> namespace_of("{urn:x}a"), namespace_of("s:a")
    ('urn:x', '')
    """
    return tag[1:].rpartition("}")[0] if isinstance(tag, str) else ""


def too_long(namespace: str) -> str:
    """Why ``namespace`` is refused."""
    return f"the namespace {namespace[:40]!r} has {many(len(namespace), 'sign')}; at most {MAX_NAMESPACE} are read"


def check_namespaces(data: bytes) -> None:
    """CodecError where the XML in ``data``, which is UTF-8, declares a namespace that is too long."""
    if _LONG.search(data) is None:
        return
    from xml.parsers import expat

    def opens(_: str, attributes: list[str]) -> None:
        for name, value in zip(attributes[::2], attributes[1::2], strict=True):
            if len(value) > MAX_NAMESPACE and (name == "xmlns" or name.startswith("xmlns:")):
                raise CodecError(too_long(value), line=parser.CurrentLineNumber)

    parser = expat.ParserCreate("utf-8")  # it knows no namespaces, or it would put them together itself
    parser.ordered_attributes = True
    parser.StartElementHandler = opens
    with suppress(expat.ExpatError):  # what is not well-formed is said by whoever reads it
        parser.Parse(data, True)
