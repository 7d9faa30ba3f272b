"""Content formats: a row each, entries to octets and back.  [lwm2m sheet §3]

>>> FORMATS[110].name, FORMATS[0].single
('SenML JSON', True)
>>> entries = [Entry(Path(3, 0, 0), "Anjay")]
>>> {row.name: len(row.write(entries, Path(3, 0, 0), None)) for row in FORMATS.values() if row.name != "opaque"}
{'text': 5, 'CBOR': 6, 'SenML JSON': 30, 'SenML CBOR': 17, 'TLV': 7, 'JSON': 36,
    'LwM2M CBOR': 12}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Final

from dmkit.lwm2m import cborlib, tlv
from dmkit.lwm2m.entries import Entry, TypeOf, single
from dmkit.lwm2m.nested import from_nested, to_nested
from dmkit.lwm2m.oldjson import from_old_json, to_old_json
from dmkit.lwm2m.path import Path, step
from dmkit.lwm2m.senml import from_cbor, from_json, to_cbor, to_json
from dmkit.lwm2m.tlv import Record, RecordKind
from dmkit.lwm2m.values import Type, Value, check, from_octets, from_text, guess, to_octets, to_text, utf8
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError

__all__ = ["FORMATS", "LINK_FORMAT", "TLV", "ContentFormat", "format_of"]

LINK_FORMAT: Final = 40
TLV: Final = 11542


@dataclass(frozen=True, slots=True)
class ContentFormat:
    """One way to write values.

    ``write(entries, at, type_of)`` gives octets, ``read(data, at, type_of)`` entries; ``at`` is the address of the
    request, which text, CBOR and TLV need, since they hold no address of their own.  ``type_of`` tells types of
    resources; without it octets of TLV stay octets and a text stays a text.  ``addressed``: each value has its whole
    address with it, so that one body holds several objects; composites need that.
    """

    number: int
    name: str
    since: str
    single: bool
    write: Callable[[Sequence[Entry], Path, TypeOf | None], bytes]
    read: Callable[[bytes, Path, TypeOf | None], tuple[Entry, ...]]
    addressed: bool = False


def _type(path: Path, type_of: TypeOf | None, value: Value | None = None, default: Type = Type.OPAQUE) -> Type:
    known = type_of(path) if type_of else None
    return known or (guess(value) if value is not None else default)


# -- one value


def _write_text(entries: Sequence[Entry], at: Path, type_of: TypeOf | None) -> bytes:
    entry = single(entries, "text")
    assert entry.value is not None
    return utf8(to_text(_type(entry.path, type_of, entry.value), entry.value))


def _read_text(data: bytes, at: Path, type_of: TypeOf | None) -> tuple[Entry, ...]:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise CodecError("text that is no UTF-8", offset=error.start) from None
    return (Entry(_resource(at, "text"), from_text(_type(at, type_of, default=Type.STRING), text)),)


def _write_opaque(entries: Sequence[Entry], at: Path, type_of: TypeOf | None) -> bytes:
    entry = single(entries, "octets")
    if not isinstance(entry.value, bytes):
        raise CodecError(f"{entry.path}: content format opaque holds octets, not {entry.value!r:.40}")
    return entry.value


def _read_opaque(data: bytes, at: Path, type_of: TypeOf | None) -> tuple[Entry, ...]:
    wanted = _type(at, type_of)
    if wanted is not Type.OPAQUE:
        raise CodecError(f"{at}: octets for a resource of type {wanted.value}")
    return (Entry(_resource(at, "opaque"), data),)


def _write_cbor(entries: Sequence[Entry], at: Path, type_of: TypeOf | None) -> bytes:
    entry = single(entries, "CBOR")
    return cborlib.dumps(entry.value if isinstance(entry.value, (bool, int, float, str, bytes)) else str(entry.value))


def _read_cbor(data: bytes, at: Path, type_of: TypeOf | None) -> tuple[Entry, ...]:
    value = cborlib.loads(data)
    if not isinstance(value, (bool, int, float, str, bytes)):
        raise CodecError(f"{at}: one value is wanted in CBOR")
    wanted = type_of(at) if type_of else None
    if wanted is Type.OBJLNK and isinstance(value, str):
        return (Entry(_resource(at, "CBOR"), from_text(wanted, value)),)
    return (Entry(_resource(at, "CBOR"), check(wanted, value) if wanted else value),)


def _resource(at: Path, what: str) -> Path:
    if len(at) < 3:
        raise CodecError(f"{at}: {what} holds the value of one resource; this is the address of more")
    return at


# -- TLV


def _write_tlv(entries: Sequence[Entry], at: Path, type_of: TypeOf | None) -> bytes:
    above, pieces = len(at), []
    for entry in entries:
        path, value = entry.path, entry.value
        if value is None or len(path) < 3 or path[:above] != at:
            raise CodecError(f"{path}: TLV below {at} holds values of resources below it")
        if len(path) == 3 and above >= 2:
            known = type_of(path) if type_of is not None else None
            plain = type(value) is str and (known is None or known is Type.STRING)
            octets = utf8(str(value)) if plain else to_octets(known or guess(value), value)
            pieces.append(tlv.header(RecordKind.RESOURCE, path[2], len(octets)) + octets)
    if len(pieces) == len(entries) == len({entry.path for entry in entries}):  # a value each, the usual document
        return b"".join(pieces)
    if above >= 2:
        return tlv.encode(_resources(entries, type_of))
    if len(at) == 0:
        raise CodecError("/: TLV holds one object; SenML holds several")
    instances = groupby(entries, key=lambda entry: entry.path.instance)
    return tlv.encode(
        [Record(RecordKind.INSTANCE, id_ or 0, _resources(list(part), type_of)) for id_, part in instances]
    )


def _resources(entries: Sequence[Entry], type_of: TypeOf | None) -> tuple[Record, ...]:
    records = []
    for id_, group in groupby(entries, key=lambda entry: entry.path.resource):
        part = list(group)
        octets = [
            (e.path.item, to_octets(_type(e.path, type_of, e.value), e.value)) for e in part if e.value is not None
        ]
        if len(octets) == 1 and octets[0][0] is None:
            records.append(Record(RecordKind.RESOURCE, id_ or 0, octets[0][1]))
        else:
            items = tuple(Record(RecordKind.ITEM, item or 0, data) for item, data in octets)
            records.append(Record(RecordKind.MULTIPLE, id_ or 0, items))
    return tuple(records)


def _read_tlv(data: bytes, at: Path, type_of: TypeOf | None) -> tuple[Entry, ...]:
    if len(at) == 0:
        raise CodecError("/: TLV holds one object; SenML holds several")
    found: list[Entry] = []
    usual = tlv.resources(data) if len(at) == 2 else None
    if usual is not None:
        for id_, octets in usual:
            path = step(at, id_)
            wanted = type_of(path) if type_of is not None else None
            found.append(Entry(path, octets if wanted is None else _value(path, wanted, octets)))
    else:
        for record in tlv.decode(data, strict=False):
            _flatten(record, at, found, type_of)
    paths = {entry.path for entry in found}
    if len(paths) != len(found):
        raise CodecError("an address stands twice in TLV")
    return tuple(found)


_LEVEL: Final = {RecordKind.INSTANCE: 1, RecordKind.MULTIPLE: 2, RecordKind.RESOURCE: 2, RecordKind.ITEM: 3}
"""How many numbers stand before the identifier of a record."""


def _flatten(record: Record, at: Path, found: list[Entry], type_of: TypeOf | None) -> None:
    level = _LEVEL[record.kind]
    if len(at) == level + 1 and at[level] == record.id:
        path = at
    elif len(at) == level:
        path = step(at, record.id)
    elif len(at) == 1 and level == 2:
        path = Path(
            at.object, 0, record.id
        )  # resources without an instance around them: the only one [RFC practice, U]
    else:
        raise CodecError(f"{record.kind.meaning} {record.id} does not lie below {at}")
    if isinstance(record.value, tuple):
        for inner in record.value:
            _flatten(inner, path, found, type_of)
        return
    found.append(Entry(path, _value(path, _type(path, type_of), record.value)))


def _value(path: Path, wanted: Type, octets: bytes) -> Value:
    try:
        return from_octets(wanted, octets)
    except CodecError as error:
        raise CodecError(f"{path}: {error.reason}") from None


# -- the table


def _below(entries: tuple[Entry, ...], at: Path) -> tuple[Entry, ...]:
    if entries and len(at):
        paths = [entry.path for entry in entries]
        for path in (min(paths), max(paths)):  # what lies between two addresses below ``at`` lies below it
            if not at.covers(path):
                raise CodecError(f"{path} does not lie below {at}")
    return entries


def _written_by(
    number: int, name: str, since: str, write: Callable[[Sequence[Entry]], bytes],
    read: Callable[[bytes, TypeOf | None], tuple[Entry, ...]],
) -> ContentFormat:  # fmt: skip
    """A row of an encoding that carries its addresses."""
    return ContentFormat(
        number,
        name,
        since,
        False,
        lambda entries, at, type_of: write(entries),
        lambda data, at, type_of: _below(read(data, type_of), at),
        addressed=True,
    )


FORMATS: Final[Mapping[int, ContentFormat]] = MappingProxyType(
    {
        row.number: row
        for row in (
            ContentFormat(0, "text", "1.0", True, _write_text, _read_text),
            ContentFormat(42, "opaque", "1.0", True, _write_opaque, _read_opaque),
            ContentFormat(60, "CBOR", "1.1", True, _write_cbor, _read_cbor),
            _written_by(110, "SenML JSON", "1.1", to_json, from_json),
            _written_by(112, "SenML CBOR", "1.1", to_cbor, from_cbor),
            ContentFormat(TLV, "TLV", "1.0", False, _write_tlv, _read_tlv),
            _written_by(11543, "JSON", "1.0", to_old_json, from_old_json),
            _written_by(11544, "LwM2M CBOR", "1.2", to_nested, from_nested),
        )
    }
)
"""Number of CoAP's Content-Format -> row."""


@asked
def format_of(number: int | None) -> ContentFormat | None:
    """The row of a number that a peer sent; None when it is not among those above."""
    return FORMATS.get(number) if number is not None else None
