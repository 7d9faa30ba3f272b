"""Reading the documents of DM 2.0: strictly, one sentence per departure, or leniently, noting each.  [dm20 sheet §4]

>>> read(b'{"CMD":[["END"]]}', REQUEST).commands[0].name
'END'
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from dmkit.dm2.commands import Command
from dmkit.dm2.packages import (
    ENCODE,
    INITIATION,
    REQUEST,
    RESPONSE,
    Document,
    GenericAlert,
    Initiation,
    Instances,
    Json,
    Request,
    Response,
    Serialised,
    Status,
    text_of,
)
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError

__all__ = ["DOCUMENTS", "MAX_DEPTH", "MAX_SIZE", "parse", "read", "read_mos"]

MAX_SIZE: Final = 8 << 20
MAX_DEPTH: Final = 64
_DECODE: Final = msgspec.json.Decoder()


class _Reader:
    """Notes departures, or refuses at the first when strict."""

    def __init__(self, strict: bool) -> None:
        self.strict = strict
        self.noted: list[str] = []

    def note(self, sentence: str) -> None:
        if self.strict:
            raise CodecError(sentence)
        self.noted.append(sentence)

    def members(self, value: Json, where: str, known: frozenset[str]) -> dict[str, Json]:
        if not isinstance(value, dict):
            raise CodecError(f"{where} is {_kind(value)}; an object is right")
        for name in value:
            if name not in known:
                self.note(f"{where} has a member {name[:40]!r}; {', '.join(sorted(known))} may stand there")
        return value

    def items(self, value: Json, where: str) -> list[Json]:
        if isinstance(value, list):
            return value
        if isinstance(value, dict):  # one thing where a list of things is wanted
            self.note(f"{where} is an object; a list of them is right")
            return [value]
        if value is None:  # as a client in the open writes an empty list
            self.note(f"{where} is null; a list is right")
            return []
        raise CodecError(f"{where} is {_kind(value)}; a list is right")

    def text(self, members: dict[str, Json], name: str, where: str, *, required: bool = False) -> str:
        value = members.get(name)
        if value is None:
            if required or name in members:
                self.note(f"{where}.{name} is {'null' if name in members else 'missing'}; a text is right")
            return ""
        if isinstance(value, str):
            return value
        if isinstance(value, (dict, list)):
            raise CodecError(f"{where}.{name} is {_kind(value)}; a text is right")
        self.note(f"{where}.{name} is {_kind(value)}; a text is right")
        return ENCODE.encode(value).decode()

    def texts(self, value: Json, where: str) -> tuple[str, ...]:
        if isinstance(value, str):
            self.note(f"{where} is a text; a list of texts is right")
            return (value,)
        found = []
        for at, part in enumerate(self.items(value, where)):
            if not isinstance(part, str):
                if isinstance(part, (dict, list)):
                    raise CodecError(f"{where}[{at}] is {_kind(part)}; a text is right")
                self.note(f"{where}[{at}] is {_kind(part)}; a text is right")
                part = ENCODE.encode(part).decode()
            found.append(part)
        return tuple(found)


def _kind(value: Json) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "a truth value", type(None): "null"}
    return kinds.get(type(value), "a number")


@asked
def parse(data: bytes) -> Json:
    """JSON as values; CodecError says where it is none, or that it is too large or nested too deep."""
    if len(data) > MAX_SIZE:
        raise CodecError(f"a document of {many(len(data), 'octet')}; at most {MAX_SIZE} are read")
    try:
        value = _DECODE.decode(data)
    except msgspec.DecodeError as error:
        raise CodecError(f"no JSON: {error}"[:200]) from None
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise CodecError(f"no JSON that can be read: {error or 'nested too deep'}"[:200]) from None
    return value


@asked
def read(data: bytes, media_type: str, *, strict: bool = True) -> Document:
    """The package of that media type (parameters such as charset are passed over); CodecError when it is none."""
    kind = media_type.partition(";")[0].strip().lower()
    if kind not in DOCUMENTS:
        raise CodecError(f"media type {kind[:80]!r}; {', '.join(DOCUMENTS)} are packages of DM 2.0")
    reader = _Reader(strict)
    document = DOCUMENTS[kind](parse(data), reader)
    return msgspec.structs.replace(document, deviations=tuple(reader.noted)) if reader.noted else document


_ALERT: Final = frozenset({"AlertType", "SourceURI", "TargetURI", "Mark", "DataType", "Data"})
_MOS: Final = frozenset({"DDF", "MOID", "MIID"})
_MO: Final = frozenset({"DDF", "ClientURI", "CV", "MOData"})


def _read_alerts(members: dict[str, Json], reader: _Reader) -> tuple[GenericAlert, ...]:
    found = []
    for at, item in enumerate(reader.items(members["Alert"], "Alert") if "Alert" in members else ()):
        where = f"Alert[{at}]"
        part = reader.members(item, where, _ALERT)
        data = part.get("Data")
        if data is not None and not isinstance(data, dict):
            reader.note(f"{where}.Data is {_kind(data)}; an object is right")
        found.append(
            GenericAlert(
                reader.text(part, "AlertType", where, required=True),
                reader.text(part, "SourceURI", where),
                reader.text(part, "TargetURI", where),
                reader.text(part, "Mark", where),
                reader.text(part, "DataType", where),
                "" if data is None else text_of(data),
            )
        )
    return tuple(found)


def _read_initiation(value: Json, reader: _Reader) -> Initiation:
    members = reader.members(value, "package 1", frozenset({"MOS", "Alert"}))
    mos = []
    for at, item in enumerate(reader.items(members["MOS"], "MOS") if "MOS" in members else ()):
        where = f"MOS[{at}]"
        part = reader.members(item, where, _MOS)
        if "MIID" not in part:
            reader.note(f"{where}.MIID is missing; a list of texts is right")
        miids = reader.texts(part.get("MIID", []), f"{where}.MIID")
        mos.append(Instances(reader.text(part, "MOID", where), miids, reader.text(part, "DDF", where)))
    return Initiation(tuple(mos), _read_alerts(members, reader))


def _read_request(value: Json, reader: _Reader) -> Request:
    members = reader.members(value, "package 2", frozenset({"CMD"}))
    if "CMD" not in members:
        reader.note("package 2 has no CMD; a list of commands is right")
    commands = []
    for at, item in enumerate(reader.items(members.get("CMD", []), "CMD")):
        parts = reader.texts(item, f"CMD[{at}]")
        if not parts:
            raise CodecError(f"CMD[{at}] is empty; the name of a command is right")
        commands.append(Command(parts[0], parts[1:]))
    return Request(tuple(commands))


def _read_response(value: Json, reader: _Reader) -> Response:
    members = reader.members(value, "package 3", frozenset({"Status", "Alert"}))
    if "Status" not in members:
        reader.note("package 3 has no Status; a list of them is right")
    found = []
    for at, item in enumerate(reader.items(members.get("Status", []), "Status")):
        where = f"Status[{at}]"
        part = reader.members(item, where, frozenset({"sc", "URI", "MOS"}))
        uris = reader.texts(part["URI"], f"{where}.URI") if "URI" in part else ()
        mos = _read_mos(part["MOS"], f"{where}.MOS", reader) if "MOS" in part else ()
        found.append(Status(_sc(part.get("sc"), f"{where}.sc", reader), uris, mos))
    return Response(tuple(found), _read_alerts(members, reader))


def _sc(value: Json, where: str, reader: _Reader) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) == 3:
        reader.note(f"{where} is a text; a number is right")
        return int(value)
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or not math.isfinite(value)
        or value != int(value)
    ):
        raise CodecError(f"{where} is {_kind(value)}; a status as in HTTP is right, such as 200")
    if not 100 <= value <= 999:
        raise CodecError(f"{where} is {value}; a status has three digits")
    return int(value)


@asked
def read_mos(data: bytes, *, strict: bool = True) -> tuple[tuple[Serialised, ...], tuple[str, ...]]:
    """Serialised objects that a repository sent, and what was noted; CodecError when they are none.

    Lenient reading takes a bare ``{"MOData": {...}}``, as a server in the open sends it: its address is empty, the one
    that was asked for.

    >>> mos, noted = read_mos(b'{"MOData":{"PkgURL":"x"}}', strict=False)
    >>> mos[0].nodes, len(noted)
    ({'PkgURL': 'x'}, 2)
    """
    reader = _Reader(strict)
    return _read_mos(parse(data), "MOS", reader), tuple(reader.noted)


def _read_mos(value: Json, where: str, reader: _Reader) -> tuple[Serialised, ...]:
    found = []
    for at, item in enumerate(reader.items(value, where)):
        here = f"{where}[{at}]"
        part = reader.members(item, here, _MO)
        data = part.get("MOData")
        if not isinstance(data, dict):
            raise CodecError(f"{here}.MOData is {_kind(data)}; an object of nodes is right")
        _depth(data, f"{here}.MOData")
        uri = reader.text(part, "ClientURI", here, required=True)
        found.append(Serialised(uri, text_of(data), reader.text(part, "DDF", here), reader.text(part, "CV", here)))
    return tuple(found)


def _depth(value: Json, where: str, depth: int = 0) -> None:
    if depth > MAX_DEPTH:
        raise CodecError(f"{where} is nested deeper than {MAX_DEPTH}")
    for name, inner in value.items():
        if isinstance(inner, list):
            raise CodecError(f"{where}: {name[:40]!r} is a list; a value or an object of nodes is right")
        if isinstance(inner, dict):
            _depth(inner, where, depth + 1)


DOCUMENTS: Final[Mapping[str, Callable[[Json, _Reader], Document]]] = {
    INITIATION: _read_initiation,
    REQUEST: _read_request,
    RESPONSE: _read_response,
}
"""Media type -> reader."""
