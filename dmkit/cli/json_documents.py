"""What a JSON document says: the packages and objects of DM 2.0, and SenML of LwM2M, told apart by their members.

>>> told(b'{"CMD":[["GET","urn:oma:mo:oma-dm-devinfo:1.2//Man"],["END"]]}').lines
('package 2: 2 commands', '1 GET', '    ClientURI urn:oma:mo:oma-dm-devinfo:1.2//Man', '2 END')
>>> told(b'[{"bn":"/3/0/0","vs":"Anjay"}]').lines
('SenML: 1 value', "/3/0/0 = 'Anjay'")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from dmkit.dm2.commands import COMMANDS, Command
from dmkit.dm2.documents import (
    INITIATION,
    REQUEST,
    RESPONSE,
    GenericAlert,
    Initiation,
    Request,
    Response,
    Serialised,
    parse,
    read,
    read_mos,
)
from dmkit.words.counts import many
from dmkit.words.errors import CodecError

__all__ = ["DocumentText", "told"]


@dataclass(frozen=True, slots=True)
class DocumentText:
    """The lines for a reader, what departs from the schemas, and the same document as JSON values."""

    lines: tuple[str, ...]
    deviations: tuple[str, ...]
    value: Any


def told(data: bytes, *, strict: bool = False) -> DocumentText:
    """What the document says.  CodecError when it is none that is known, or, ``strict``, when it departs."""
    value = parse(data)
    if isinstance(value, dict):
        for kind, names in _MEMBERS.items():
            if names & value.keys():
                document = read(data, kind, strict=strict)
                lines = _LINES[type(document)](document)
                wrong = [command.wrong for command in getattr(document, "commands", ()) if command.wrong]
                if strict and wrong:
                    raise CodecError(wrong[0])
                return DocumentText(tuple(lines), (*document.deviations, *wrong), value)
    if _holds(value, "MOData"):
        mos, noted = read_mos(data, strict=strict)
        return DocumentText(
            (f"serialised objects: {len(mos)}", *(line for mo in mos for line in _mo(mo))), noted, value
        )
    if _senml(value):
        from dmkit.lwm2m.senml import from_json

        entries = from_json(data)
        found = [f"{e.path} = {e.value!r}" + (f" at {e.time:g} s" if e.time is not None else "") for e in entries]
        return DocumentText((f"SenML: {many(len(found), 'value')}", *found), (), value)
    known = "a package of DM 2.0 (MOS, Alert, CMD, Status), objects (MOData), SenML (n, bn)"
    raise CodecError(f"JSON that is none of these: {known}")


_MEMBERS: Final[Mapping[str, frozenset[str]]] = {
    REQUEST: frozenset({"CMD"}),
    RESPONSE: frozenset({"Status"}),
    INITIATION: frozenset({"MOS", "Alert"}),
}
"""Media type -> members of which one tells the package, in the order in which they are looked for."""


def _holds(value: Any, name: str) -> bool:
    return any(isinstance(one, dict) and name in one for one in (value if isinstance(value, list) else [value]))


def _senml(value: Any) -> bool:
    return isinstance(value, list) and (_holds(value, "bn") or _holds(value, "n"))


def _request(document: Request) -> Iterator[str]:
    count = len(document.commands)
    yield f"package 2: {many(count, 'command')}"
    for n, command in enumerate(document.commands, 1):
        yield f"{n} {command.name}"
        yield from (f"    {name} {text}" for name, text in _named(command))


def _named(command: Command) -> Iterator[tuple[str, str]]:
    row = COMMANDS.get(command.name)
    names = [name.rstrip("?+") for name in row.shape] if row is not None and not command.wrong else []
    for n, text in enumerate(command.parameters):
        yield (names[min(n, len(names) - 1)] if names else "?"), text


def _response(document: Response) -> Iterator[str]:
    count = len(document.statuses)
    yield f"package 3: {count} status{'es' * (count != 1)}"
    for n, status in enumerate(document.statuses, 1):
        phrase = next((known.phrase for known in HTTPStatus if known == status.sc), "unknown")
        yield f"{n} {status.sc} {phrase}"
        yield from (f"    URI {uri}" for uri in status.uris)
        yield from (f"    {line}" for mo in status.mos for line in _mo(mo))
    yield from _alerts(document.alerts)


def _initiation(document: Initiation) -> Iterator[str]:
    yield f"package 1: {many(len(document.mos), 'object')}, {many(len(document.alerts), 'alert')}"
    for own in document.mos:
        described = f", described at {own.ddf}" if own.ddf else ""
        yield f"object {own.moid or '(no MOID)'}: {', '.join(own.miids) or 'no instance'}{described}"
    yield from _alerts(document.alerts)


def _alerts(alerts: tuple[GenericAlert, ...]) -> Iterator[str]:
    for alert in alerts:
        yield f"alert {alert.type}" + (f" ({alert.mark})" if alert.mark else "")
        parts = {"from": alert.source, "to": alert.target, "data type": alert.data_type, "data": alert.data}
        yield from (f"    {name} {text}" for name, text in parts.items() if text)


def _mo(mo: Serialised) -> Iterator[str]:
    yield (mo.client_uri or "(no ClientURI)") + (f", validator {mo.cv}" if mo.cv else "")
    yield from (f"    {path} = {value!r}" for path, value in _leaves(mo.nodes, ""))


def _leaves(nodes: Mapping[str, Any], above: str) -> Iterator[tuple[str, Any]]:
    for name, value in nodes.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{above}{name}/")
        else:
            yield f"{above}{name}", value


_LINES: Final[Mapping[type, Callable[[Any], Iterator[str]]]] = {
    Request: _request,
    Response: _response,
    Initiation: _initiation,
}
