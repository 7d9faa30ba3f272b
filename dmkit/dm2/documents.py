"""The three packages and the serialised object, as JSON.  [dm20 sheet §4]

Strict reading refuses with one sentence what the schemas do not allow; lenient reading takes it as far as it makes
sense and notes each departure in ``deviations``.

>>> request = Request((Command.of("GET", "urn:oma:mo:oma-dm-devinfo:1.2//Man"),))
>>> write(request)
b'{"CMD":[["GET","urn:oma:mo:oma-dm-devinfo:1.2//Man"]]}'
>>> read(write(request), REQUEST) == request
True
>>> read(b'{"Status":[{"sc":"200"}]}', RESPONSE, strict=False).deviations
('Status[0].sc is a text; a number is right',)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

import msgspec

from dmkit.dm2.commands import Command
from dmkit.words.errors import CodecError

__all__ = [
    "DOCUMENTS",
    "INITIATION",
    "MOS",
    "REQUEST",
    "RESPONSE",
    "Document",
    "GenericAlert",
    "Initiation",
    "Instances",
    "Request",
    "Response",
    "Serialised",
    "Status",
    "read",
    "read_mos",
    "write",
    "write_mos",
]

INITIATION: Final = "application/vnd.oma.dm.initiation+json"
REQUEST: Final = "application/vnd.oma.dm.request+json"
RESPONSE: Final = "application/vnd.oma.dm.response+json"
MOS: Final = "application/dmmo+json"
"""Media type of serialised objects: UNSURE, the one that a server in the open uses."""

MAX_SIZE: Final = 8 << 20
MAX_DEPTH: Final = 64

Json: TypeAlias = Any
"""What JSON can say."""


class Instances(msgspec.Struct, frozen=True):
    """An object that the device has: ``moid`` and the instances; ``ddf`` names its description."""

    moid: str = ""
    miids: tuple[str, ...] = ()
    ddf: str = ""


class GenericAlert(msgspec.Struct, frozen=True):
    """What the device reports; never answered.  ``data`` is a JSON object as text in one form, empty when absent.

    ``mark`` is fatal, critical, minor, warning, informational, harmless or indeterminate.  [dm20 sheet §7]
    """

    type: str
    source: str = ""
    target: str = ""
    mark: str = ""
    data_type: str = ""
    data: str = ""

    @property
    def value(self) -> Json:
        """``data`` as a value: a mapping, or None."""
        return msgspec.json.decode(self.data) if self.data else None


class Serialised(msgspec.Struct, frozen=True):
    """Management data from an address down: node names to values or further nodes, as JSON text in one form."""

    client_uri: str
    data: str
    ddf: str = ""
    cv: str = ""

    @classmethod
    def of(cls, client_uri: str, nodes: Mapping[str, Json], *, ddf: str = "", cv: str = "") -> Serialised:
        """From nodes: names to texts, numbers, truth values, None for an empty node, or further nodes."""
        return cls(client_uri, text_of(nodes), ddf, cv)

    @property
    def nodes(self) -> Mapping[str, Json]:
        """The data as a mapping."""
        nodes: Mapping[str, Json] = msgspec.json.decode(self.data)
        return nodes


class Status(msgspec.Struct, frozen=True):
    """What became of one command: ``sc`` as in HTTP, and where the device put what it was to place itself.

    ``mos`` carries the data of a GET (PROPOSAL: the schemas have no place for it, yet it travels in the session).
    """

    sc: int
    uris: tuple[str, ...] = ()
    mos: tuple[Serialised, ...] = ()


class Initiation(msgspec.Struct, frozen=True):
    """Package 1: which objects there are, when that was asked for, and alerts."""

    mos: tuple[Instances, ...] = ()
    alerts: tuple[GenericAlert, ...] = ()
    deviations: tuple[str, ...] = ()


class Request(msgspec.Struct, frozen=True):
    """Package 2: commands, in order."""

    commands: tuple[Command, ...] = ()
    deviations: tuple[str, ...] = ()


class Response(msgspec.Struct, frozen=True):
    """Package 3: one status a command, in the same order, and alerts."""

    statuses: tuple[Status, ...] = ()
    alerts: tuple[GenericAlert, ...] = ()
    deviations: tuple[str, ...] = ()


Document: TypeAlias = Initiation | Request | Response

_ENCODE: Final = msgspec.json.Encoder()
_ORDERED: Final = msgspec.json.Encoder(order="deterministic")
_DECODE: Final = msgspec.json.Decoder()


def text_of(value: Json) -> str:
    """JSON text of one form, so that equal data are equal texts; CodecError for what JSON cannot say."""
    try:
        return _ORDERED.encode(value).decode()
    except (TypeError, ValueError, RecursionError) as error:
        raise CodecError(f"no JSON: {error}"[:200]) from None


# -- writing


def write(document: Document) -> bytes:
    """The octets of a package, members in the order of the schemas, empty ones left out."""
    return _ENCODE.encode(_WRITE[type(document)](document))


def write_mos(mos: Iterable[Serialised]) -> bytes:
    """The octets of serialised objects, as a repository gets and gives them."""
    return _ENCODE.encode([_mo(mo) for mo in mos])


def _mo(mo: Serialised) -> dict[str, Json]:
    raw = msgspec.Raw(mo.data.encode())
    return _given(DDF=mo.ddf, ClientURI=mo.client_uri, CV=mo.cv) | {"MOData": raw}


def _given(**members: Json) -> dict[str, Json]:
    return {name: value for name, value in members.items() if value}


def _alert(alert: GenericAlert) -> dict[str, Json]:
    made: dict[str, Json] = {"AlertType": alert.type}
    made |= _given(SourceURI=alert.source, TargetURI=alert.target, Mark=alert.mark, DataType=alert.data_type)
    return made | ({"Data": msgspec.Raw(alert.data.encode())} if alert.data else {})


def _initiation(document: Initiation) -> dict[str, Json]:
    mos = [_given(DDF=o.ddf, MOID=o.moid) | {"MIID": list(o.miids)} for o in document.mos]
    return _given(MOS=mos, Alert=list(map(_alert, document.alerts)))


def _request(document: Request) -> dict[str, Json]:
    return {"CMD": [[command.name, *command.parameters] for command in document.commands]}


def _response(document: Response) -> dict[str, Json]:
    statuses = [
        {"sc": status.sc} | _given(URI=list(status.uris), MOS=list(map(_mo, status.mos)))
        for status in document.statuses
    ]
    return {"Status": statuses} | _given(Alert=list(map(_alert, document.alerts)))


_WRITE: Final[Mapping[type, Callable[[Any], dict[str, Json]]]] = {
    Initiation: _initiation,
    Request: _request,
    Response: _response,
}


# -- reading


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
        return _ENCODE.encode(value).decode()

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
                part = _ENCODE.encode(part).decode()
            found.append(part)
        return tuple(found)


def _kind(value: Json) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "a truth value", type(None): "null"}
    return kinds.get(type(value), "a number")


def parse(data: bytes) -> Json:
    """JSON as values; CodecError says where it is none, or that it is too large or nested too deep."""
    if len(data) > MAX_SIZE:
        raise CodecError(f"a document of {len(data)} octets; at most {MAX_SIZE} are read")
    try:
        value = _DECODE.decode(data)
    except msgspec.DecodeError as error:
        raise CodecError(f"no JSON: {error}"[:200]) from None
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise CodecError(f"no JSON that can be read: {error or 'nested too deep'}"[:200]) from None
    return value


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
