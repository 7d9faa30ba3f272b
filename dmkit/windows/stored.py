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
from dataclasses import fields
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final
from zlib import crc32

import msgspec

from dmkit.ddf.spec import NodeSpec, Occurrence, OccurrenceKind, Scope
from dmkit.windows.catalogue import DescriptionCatalogue
from dmkit.windows.entries import CatalogueEntry
from dmkit.windows.facts import Facts
from dmkit.words.asked import asked
from dmkit.words.codes import Format, Verb
from dmkit.words.errors import CodecError

__all__ = ["key_of", "read_stored", "write_stored"]

VERSION: Final = "dmkit catalogue 2"
"""Stands in front; another one is not read."""


@asked
def key_of(files: Iterable[tuple[str, bytes]], code: bytes = b"") -> str:
    """A name for what these files say, as ``code`` reads them: equal when names and contents are equal."""
    whole = sha256(VERSION.encode() + sha256(code).digest())
    for name, data in files:
        whole.update(name.encode("utf-8", "surrogateescape") + b"\0" + sha256(data).digest())
    return whole.hexdigest()


@asked
def write_stored(catalogue: DescriptionCatalogue) -> bytes:
    """The catalogue as octets: what a search, lint and a device need of it, without positions in files.

    Microsoft's elements are kept as the facts that they tell.
    """
    numbers = {file: number for number, file in enumerate(catalogue.files)}
    rows = [
        (entry.uri, numbers[entry.file], msgspec.Raw(_pack(_row(entry.node))), msgspec.Raw(_pack(_told(entry.facts))))
        for entry in catalogue.entries.values()
    ]
    whole = _pack([VERSION, catalogue.files, rows])
    return whole + _pack(crc32(whole)).rjust(_SUM, b"\0")


@asked
def read_stored(octets: bytes) -> DescriptionCatalogue:
    """The catalogue that was stored; CodecError when the octets are none.  Nodes are made when they are asked for."""
    whole, told = octets[:-_SUM], octets[-_SUM:]
    if _pack(crc32(whole)).rjust(_SUM, b"\0") != told:
        raise CodecError("no stored catalogue: its sum is another one")
    try:
        version, files, rows = _DECODER.decode(whole)
        if version != VERSION:
            raise CodecError(f"another form of a stored catalogue: {str(version)[:40]}")
        entries = [CatalogueEntry(uri, _Node(node), files[number], _Facts(facts)) for uri, number, node, facts in rows]
    except (msgspec.MsgspecError, ValueError, TypeError, IndexError) as error:
        raise CodecError(f"no stored catalogue: {error}") from None
    return DescriptionCatalogue.of_entries(files, entries)


_SUM: Final = 8
"""Octets of the sum behind all."""
_pack: Final = msgspec.msgpack.encode
_DECODER: Final = msgspec.msgpack.Decoder(tuple[str, list[str], list[tuple[str, int, msgspec.Raw, msgspec.Raw]]])
_FACTS: Final = msgspec.msgpack.Decoder(Facts)
_NOTHING: Final = Facts()


class _Facts:
    """Facts that are made when somebody asks."""

    __slots__ = ("row",)

    def __init__(self, row: msgspec.Raw) -> None:
        self.row = row

    def __call__(self) -> Facts:
        return _FACTS.decode(self.row)


def _told(facts: Facts) -> dict[str, Any]:
    """The facts that say something."""
    told = ((each.name, getattr(facts, each.name)) for each in fields(Facts))
    return {name: value for name, value in told if value != getattr(_NOTHING, name)}


class _Node:
    """A node that is made when somebody asks."""

    __slots__ = ("row",)

    def __init__(self, row: msgspec.Raw) -> None:
        self.row = row

    def __call__(self) -> NodeSpec:
        name, access, format, kind, most, scope, default, title, says, mime, object_id = msgspec.msgpack.decode(
            self.row
        )
        verbs, known, occurrence, where = _properties(access, format, kind, most, scope)
        return NodeSpec(
            name=name,
            access=verbs,
            format=known,
            occurrence=occurrence,
            scope=where,
            default=default,
            title=title,
            description=says,
            mime=None if mime is None else tuple(mime),
            object_id=object_id,
        )


@lru_cache(maxsize=256)
def _properties(
    access: str | None, format: str | None, kind: str | None, most: int | None, scope: str | None
) -> tuple[frozenset[Verb] | None, Format | None, Occurrence | None, Scope | None]:
    """What many nodes say alike, as values."""
    return (
        None if access is None else frozenset(map(Verb, access.split())),
        None if format is None else Format(format),
        None if kind is None else Occurrence(OccurrenceKind(kind), most),
        None if scope is None else Scope(scope),
    )


def _row(node: NodeSpec) -> tuple[Any, ...]:
    return (
        node.name,
        None if node.access is None else " ".join(sorted(verb.value for verb in node.access)),
        Format.NODE.value if node.is_interior else None if node.format is None else node.format.value,
        None if node.occurrence is None else node.occurrence.kind.value,
        None if node.occurrence is None else node.occurrence.n,
        None if node.scope is None else node.scope.value,
        node.default, node.title, node.description, node.mime, node.object_id,
    )  # fmt: skip
