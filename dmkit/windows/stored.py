"""A catalogue as octets, to be loaded again sooner than its descriptions are read; named by their content.

>>> from dmkit.windows.catalogue import DescriptionCatalogue
>>> from dmkit.windows.facts import EXAMPLE
>>> files = [("sample.xml", EXAMPLE)]
>>> again = read_stored(write_stored(DescriptionCatalogue.of(files)))
>>> again.find("./Vendor/MSFT/Sample/Allow").entry.facts.values, len(key_of(files))
(('0', '1'), 64)
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Final

import msgspec

from dmkit.ddf.spec import NodeSpec, Occurrence, OccurrenceKind, Scope
from dmkit.windows.catalogue import DescriptionCatalogue
from dmkit.windows.entries import CatalogueEntry
from dmkit.words.codes import Format, Verb
from dmkit.words.errors import CodecError
from dmkit.words.model import Element

__all__ = ["key_of", "read_stored", "write_stored"]

VERSION: Final = "dmkit catalogue 1"
"""Stands in front; another one is not read."""


def key_of(files: Iterable[tuple[str, bytes]]) -> str:
    """A name for what these files say: equal when names and contents are equal."""
    whole = sha256(VERSION.encode())
    for name, data in files:
        whole.update(name.encode("utf-8", "surrogateescape") + b"\0" + sha256(data).digest())
    return whole.hexdigest()


def write_stored(catalogue: DescriptionCatalogue) -> bytes:
    """The catalogue as octets: what a search, lint and a device need of it, without positions in files."""
    numbers = {file: number for number, file in enumerate(catalogue.files)}
    rows = [(entry.uri, numbers[entry.file], _row(entry.node)) for entry in catalogue.entries.values()]
    return msgspec.msgpack.encode([VERSION, catalogue.files, rows])


def read_stored(octets: bytes) -> DescriptionCatalogue:
    """The catalogue that was stored; CodecError when the octets are none.  Nodes are made when they are asked for."""
    try:
        version, files, rows = _DECODER.decode(octets)
        if version != VERSION:
            raise CodecError(f"another form of a stored catalogue: {str(version)[:40]}")
        entries = [CatalogueEntry.later(uri, files[number], _Row(row)) for uri, number, row in rows]
    except (msgspec.MsgspecError, ValueError, TypeError, IndexError) as error:
        raise CodecError(f"no stored catalogue: {error}") from None
    return DescriptionCatalogue.of_entries(files, entries)


_DECODER: Final = msgspec.msgpack.Decoder(tuple[str, list[str], list[tuple[str, int, msgspec.Raw]]])


class _Row:
    """A node that is made when somebody asks."""

    __slots__ = ("row",)

    def __init__(self, row: msgspec.Raw) -> None:
        self.row = row

    def __call__(self) -> NodeSpec:
        name, access, format, kind, most, scope, default, title, says, mime, object_id, extensions = (
            msgspec.msgpack.decode(self.row)
        )
        return NodeSpec(
            name=name,
            access=None if access is None else frozenset(map(Verb, access)),
            format=None if format is None else Format(format),
            occurrence=None if kind is None else Occurrence(OccurrenceKind(kind), most),
            scope=None if scope is None else Scope(scope),
            default=default,
            title=title,
            description=says,
            mime=None if mime is None else tuple(mime),
            object_id=object_id,
            extensions=tuple(map(_element, extensions)),
        )


def _row(node: NodeSpec) -> tuple[Any, ...]:
    return (
        node.name,
        None if node.access is None else sorted(verb.value for verb in node.access),
        Format.NODE.value if node.is_interior else None if node.format is None else node.format.value,
        None if node.occurrence is None else node.occurrence.kind.value,
        None if node.occurrence is None else node.occurrence.n,
        None if node.scope is None else node.scope.value,
        node.default, node.title, node.description, node.mime, node.object_id,
        [_tuple(element) for element in node.extensions if not element.name.startswith("#")],
    )  # fmt: skip


def _tuple(element: Element) -> tuple[Any, ...]:
    inner = [_tuple(child) if isinstance(child, Element) else child for child in element.children]
    return (element.name, element.ns, inner, element.attrs)


def _element(row: Any) -> Element:
    name, ns, inner, attrs = row
    children = tuple(child if isinstance(child, str | bytes) else _element(child) for child in inner)
    return Element(name, ns, children, tuple((key, value) for key, value in attrs))
