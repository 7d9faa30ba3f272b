"""Traces: captured sessions become transcripts, whoever captured them.

Three forms are read: a folder with one message a file, the JSON lines that ``dmkit serve --log`` writes, and the
JSON of ``tshark -T json``.  A message that cannot be read becomes a line that says so.

>>> from dmkit.model import Packet
>>> line = write_log_line(0.5, "1F", "client", Packet("https://s/dm", b"<SyncML/>", "application/vnd.syncml.dm+xml"))
>>> parse_log_line(line)[2].packet.to
'https://s/dm'
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from dmkit.errors import CodecError, ConfigError
from dmkit.model import Atomic, Command, Item, Message, Packet, Sequence
from dmkit.session.events import Event
from dmkit.transcript import Line, Transcript
from dmkit.wire.codec import codec_for

__all__ = ["parse_log_line", "read_trace", "read_traces", "redact", "write_log_line"]

_SECRET_NODES: Final = ("/AAuthSecret", "/AAuthData")
_MAC: Final = re.compile(r'(mac\s*=\s*)("?)[^",\s]+("?)', re.I)
_STARTS: Final = frozenset({1200, 1201})


# -- secrets ------------------------------------------------------------------------------------------------------


def redact(packet: Packet) -> Packet | None:
    """``packet`` without secrets and of the same size: proofs, and values of AAuthSecret and AAuthData, become ``*``.

    None when the body cannot be read, so that nothing is known about what it holds.
    """
    headers = {name: _MAC.sub(r"\1\2***\3", value) for name, value in packet.headers.items()}
    try:
        codec = codec_for(packet.media_type, packet.body)
        message = codec.decode(packet.body, lenient=True)
        safe = _without_secrets(message)
        body = packet.body if safe == message else codec.encode(safe)
    except CodecError:
        return None
    return Packet(packet.to, body, packet.media_type, headers)


def _without_secrets(message: Message) -> Message:
    header = message.header
    if header.cred is not None:
        header = msgspec.structs.replace(
            header, cred=msgspec.structs.replace(header.cred, data="*" * len(header.cred.data))
        )
    return msgspec.structs.replace(message, header=header, commands=tuple(map(_hide, message.commands)))


def _hide(command: Command) -> Command:
    if isinstance(command, Atomic | Sequence):
        return msgspec.structs.replace(command, commands=tuple(map(_hide, command.commands)))
    items = tuple(map(_hide_item, command.items))
    return command if items == command.items else msgspec.structs.replace(command, items=items)


def _hide_item(item: Item) -> Item:
    uri = item.target or item.source or ""
    if not uri.endswith(_SECRET_NODES) or not isinstance(item.data, str | bytes):
        return item
    hidden: str | bytes = "*" * len(item.data) if isinstance(item.data, str) else b"*" * len(item.data)
    return msgspec.structs.replace(item, data=hidden)


# -- JSON lines ---------------------------------------------------------------------------------------------------


def write_log_line(at: float, session: str, sender: str, packet: Packet, events: Iterable[Event] = ()) -> str:
    """One message as one line of JSON, secrets taken out.

    Keys: ``at`` seconds, ``session``, ``from`` (client or server), ``to``, ``media_type``, ``octets``, ``headers``,
    ``body_b64`` (absent when the body could not be read), ``deviations``, ``events``.
    """
    safe = redact(packet)
    said: dict[str, object] = {
        "at": round(at, 6),
        "session": session,
        "from": sender,
        "to": packet.to,
        "media_type": packet.media_type,
        "octets": len(packet.body),
        "headers": dict(safe.headers) if safe is not None else {},
    }
    if safe is not None:
        said["body_b64"] = b64encode(safe.body).decode()
        message = codec_for(safe.media_type, safe.body).decode(safe.body, lenient=True)
        said["deviations"] = [str(deviation) for deviation in message.deviations]
    said["events"] = [type(event).__name__ for event in events]
    return json.dumps(said, ensure_ascii=False)


def parse_log_line(text: str) -> tuple[str, float, Line]:
    """Session, time and message of one line; ConfigError with a sentence when it is none."""
    try:
        said = json.loads(text)
        sender, body = said["from"], b64decode(said.get("body_b64", ""))
        packet = Packet(str(said["to"]), body, str(said["media_type"]), dict(said.get("headers", {})))
        session, at = str(said["session"]), float(said["at"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"not a log line of dmkit ({type(error).__name__}: {error}): {text[:60]!r}") from None
    if sender not in ("client", "server"):
        raise ConfigError(f"a log line is from client or server, not from {sender!r}")
    note = "" if "body_b64" in said else f"{said.get('octets', '?')} octets that could not be read were not logged"
    return session, at, Line(0, sender, packet, at, note=note)


# -- reading ------------------------------------------------------------------------------------------------------


def read_trace(path: str | Path) -> Transcript:
    """The session in a trace; the first one when there are several (``read_traces`` gives all).

    ConfigError with one sentence when there is nothing to read.
    """
    return next(iter(read_traces(path).values()))


def read_traces(path: str | Path) -> dict[str, Transcript]:
    """Every session in a trace, by SessionID, in the order of their first messages."""
    place = Path(path)
    if not place.exists():
        raise ConfigError(f"{place}: there is no such file or folder")
    lines = list(_folder(place) if place.is_dir() else _file(place))
    if not lines:
        raise ConfigError(f"{place}: no message in it; a trace is a folder of messages, JSON lines, or tshark's JSON")
    sessions: dict[str, list[Line]] = {}
    latest = ""
    for session, line in lines:
        latest = session or latest
        sessions.setdefault(latest, []).append(line)
    return {
        session: Transcript(tuple(_numbered(at, line) for at, line in enumerate(said, 1)))
        for session, said in sessions.items()
    }


def _numbered(number: int, line: Line) -> Line:
    return Line(number, line.sender, line.packet, line.at, line.events, line.note)


def _media_type(body: bytes) -> str:
    try:
        return codec_for("", body).media_type
    except CodecError:
        return ""


def _line(
    body: bytes,
    clients: dict[str, str],
    *,
    sender: str | None = None,
    media_type: str = "",
    headers: Mapping[str, str] | None = None,
    to: str = "",
    at: float | None = None,
) -> tuple[str, Line]:
    """SessionID and line of one body; who sent it is learned from the header when ``sender`` does not say."""
    packet = Packet(to, body, media_type or _media_type(body), dict(headers or {}))
    line = Line(0, sender or "client", packet, at)
    message = line.message
    if message is None:
        return "", Line(0, sender or "client", packet, at, note="unreadable")
    header = message.header
    who = sender or _sender(message, clients)
    return header.session_id, Line(0, who, Packet(to or header.target, body, packet.media_type, packet.headers), at)


def _sender(message: Message, clients: dict[str, str]) -> str:
    """Client or server: the client of a session is who says 1200 or 1201, or whoever is not known to be it."""
    header = message.header
    known = clients.get(header.session_id)
    codes = {int(code) for command in message.commands if (code := getattr(command, "code", None)) is not None}
    if known is None:
        answers = any(command.verb.value == "Status" for command in message.commands)
        begins = bool(codes & _STARTS) or not (answers and header.msg_id == "1")
        known = clients[header.session_id] = header.source if begins else header.target
    return "client" if header.source == known else "server"


def _folder(place: Path) -> Iterator[tuple[str, Line]]:
    clients: dict[str, str] = {}
    for file in sorted(place.iterdir()):
        if file.is_file() and not file.name.startswith("."):
            yield _line(file.read_bytes(), clients)


def _file(place: Path) -> Iterator[tuple[str, Line]]:
    data = place.read_bytes()
    start = data.lstrip()[:1]
    if start == b"[":
        yield from _tshark(data, place)
    elif start == b"{":
        for number, text in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
            if text.strip():
                try:
                    session, _, line = parse_log_line(text)
                except ConfigError as error:
                    raise ConfigError(f"{place}, line {number}: {error}") from None
                yield session, line
    elif data:
        yield _line(data, {})


def _tshark(data: bytes, place: Path) -> Iterator[tuple[str, Line]]:
    try:
        packets = json.loads(data)
        layers = [packet["_source"]["layers"] for packet in packets]
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{place}: not what tshark -T json writes ({type(error).__name__})") from None
    for layer in layers:
        http = layer.get("http")
        body = _http_body(http) if isinstance(http, dict) else None
        if body:
            sender = "client" if any("http.request" in str(key) for key in _keys(http)) else "server"
            kind = str(http.get("http.content_type", ""))
            mac = next(
                (str(v).partition(":")[2].strip() for v in _values(http) if "x-syncml-hmac" in str(v).lower()), ""
            )
            at = layer.get("frame", {}).get("frame.time_relative")
            headers = {"x-syncml-hmac": mac} if mac else {}
            yield _line(body, {}, sender=sender, media_type=kind, headers=headers, at=float(at) if at else None)


def _http_body(http: Mapping[str, Any]) -> bytes | None:
    """The entity body: tshark gives it as colon-separated hexadecimal, or as text."""
    text = http.get("http.file_data")
    if isinstance(text, list):
        text = text[0] if text else None
    if not isinstance(text, str):
        return None
    digits = text.replace(":", "")
    if re.fullmatch(r"[0-9a-fA-F]+", digits) and len(digits) % 2 == 0:
        return bytes.fromhex(digits)
    return text.encode()


def _keys(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from _keys(value)


def _values(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for value in node.values():
            yield from _values(value)
    elif isinstance(node, list):
        for value in node:
            yield from _values(value)
    elif isinstance(node, str):
        yield node
