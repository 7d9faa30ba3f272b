"""Traces: captured sessions become transcripts, whoever captured them.

Three forms are read: a folder with one message a file, the JSON lines that ``dmkit serve --log`` writes, and the
JSON of ``tshark -T json``.  A message that cannot be read becomes a line that says so.

>>> from dmkit.words.model import Packet
>>> line = write_log_line(0.5, "1F", "client", Packet("https://s/dm", b"<SyncML/>", "application/vnd.syncml.dm+xml"))
>>> parse_log_line(line)[2].packet.to
'https://s/dm'
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from dmkit.session.events import Event
from dmkit.transport.redact import redact
from dmkit.transport.tshark import read_json
from dmkit.views.transcript import Line, Transcript
from dmkit.wire.codec import codec_for
from dmkit.words.errors import CodecError, ConfigError
from dmkit.words.model import Message, Packet

__all__ = ["parse_log_line", "read_trace", "read_traces", "write_log_line"]

_STARTS: Final = frozenset({1200, 1201})


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
    """Every session in a trace, by SessionID, in the order of their first messages.

    A device may use a SessionID again: its MsgID then begins at 1 anew, and the later session is called ``ID (2)``.
    """
    place = Path(path)
    if not place.exists():
        raise ConfigError(f"{place}: there is no such file or folder")
    lines = list(_folder(place) if place.is_dir() else _file(place))
    if not lines:
        raise ConfigError(f"{place}: no message in it; a trace is a folder of messages, JSON lines, or tshark's JSON")
    sessions: dict[str, list[Line]] = {}
    names: dict[str, str] = {}
    latest = ""
    for session, line in lines:
        latest = session or latest
        name = names.setdefault(latest, latest)
        if _begins_again(line, sessions.get(name, ())):
            name = names[latest] = f"{latest} ({1 + sum(key.startswith(f'{latest} (') for key in sessions) + 1})"
        sessions.setdefault(name, []).append(line)
    return {
        session: Transcript(tuple(_numbered(at, line) for at, line in enumerate(said, 1)))
        for session, said in sessions.items()
    }


def _begins_again(line: Line, so_far: Sequence[Line]) -> bool:
    """True for a client's first message after a session that had gone further, or began with other octets."""
    mine = [entry for entry in so_far if entry.sender == line.sender]
    message = line.message
    if line.sender != "client" or not mine or message is None or message.header.msg_id != "1":
        return False
    return all(entry.packet.body != line.packet.body for entry in mine)


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
    for file in sorted(place.iterdir(), key=lambda file: _in_order(file.name)):
        if file.is_file() and not file.name.startswith("."):
            yield _line(file.read_bytes(), clients)


def _file(place: Path) -> Iterator[tuple[str, Line]]:
    data = place.read_bytes()
    start = data.lstrip()[:1]
    if start == b"[":
        for said in read_json(data, place):
            yield _line(said.body, {}, sender=said.sender, media_type=said.media_type, headers=said.headers, at=said.at)
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


def _in_order(name: str) -> list[tuple[bool, int, str]]:
    """Sort key: numbers in names count as numbers, so that 2 comes before 10."""
    return [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in re.split(r"(\d+)", name)]
