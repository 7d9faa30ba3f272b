"""The three packages and the serialised object, as JSON.  [dm20 sheet §4]

Strict reading refuses with one sentence what the schemas do not allow; lenient reading takes it as far as it makes
sense and notes each departure in ``deviations``.

>>> from dmkit.dm2.commands import Command
>>> request = Request((Command.of("GET", "urn:oma:mo:oma-dm-devinfo:1.2//Man"),))
>>> write(request)
b'{"CMD":[["GET","urn:oma:mo:oma-dm-devinfo:1.2//Man"]]}'
>>> read(write(request), REQUEST) == request
True
>>> read(b'{"Status":[{"sc":"200"}]}', RESPONSE, strict=False).deviations
('Status[0].sc is a text; a number is right',)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from dmkit.dm2.packages import (
    ENCODE,
    INITIATION,
    MOS,
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
from dmkit.dm2.reading import DOCUMENTS, parse, read, read_mos
from dmkit.words.asked import asked

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
    "parse",
    "read",
    "read_mos",
    "text_of",
    "write",
    "write_mos",
]


@asked
def write(document: Document) -> bytes:
    """The octets of a package, members in the order of the schemas, empty ones left out."""
    return ENCODE.encode(_WRITE[type(document)](document))


@asked
def write_mos(mos: Iterable[Serialised]) -> bytes:
    """The octets of serialised objects, as a repository gets and gives them."""
    return ENCODE.encode([_mo(mo) for mo in mos])


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
