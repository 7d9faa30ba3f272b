"""Traces: captured sessions become transcripts, whoever captured them.

``FORMS`` lists what is read: the log of ``dmkit serve``, captures, archives of HTTP, raw HTTP, messages one after
another, what viewers save, and folders of these.  A message that cannot be read becomes a line that says so.

>>> from dmkit.words.model import Packet
>>> line = write_log_line(0.5, "1F", "client", Packet("https://s/dm", b"<SyncML/>", "application/vnd.syncml.dm+xml"))
>>> parse_log_line(line)[2].packet.to
'https://s/dm'
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from dmkit.session.events import Event, JobFailed
from dmkit.session.work import NoJob
from dmkit.transport.har import is_har, read_har
from dmkit.transport.http_stream import HttpMessage, http_messages, is_http
from dmkit.transport.pcap_read import captured, is_capture
from dmkit.transport.redact import Redactor, untold
from dmkit.transport.tshark import Captured, read_capture, read_json
from dmkit.views.transcript import Line, Transcript
from dmkit.wire.codec import codec_for
from dmkit.wire.several import messages_in
from dmkit.words.asked import asked
from dmkit.words.codes import Verb
from dmkit.words.counts import many
from dmkit.words.deviations import Deviation
from dmkit.words.errors import CodecError, ConfigError
from dmkit.words.model import Message, Packet, Status

__all__ = ["FORMS", "Form", "parse_log_line", "read_trace", "read_traces", "write_log_line"]

_COMMANDS: Final = frozenset(verb.value for verb in Verb)
_QUOTED: Final = re.compile(r"b?'[^']*'|b?\"[^\"]*\"")
_STARTS: Final = frozenset({1200, 1201})


# -- JSON lines ---------------------------------------------------------------------------------------------------


def write_log_line(
    at: float, session: str, sender: str, packet: Packet, events: Iterable[Event] = (), redactor: Redactor | None = None
) -> str:
    """One message as one line of JSON, secrets taken out by ``redactor``, which remembers the lines before.

    Keys: ``at`` seconds, ``session``, ``from`` (client or server), ``to``, ``media_type``, ``octets``, ``headers``,
    ``body_b64`` (absent when the body could not be read; ``unreadable`` then says why), ``deviations``, ``events``,
    ``refused`` (only where a Status is no success: command, code and phrase), ``failed`` (only where jobs failed: what
    and why).
    """
    safe = (redactor or Redactor()).packet(packet)
    given: dict[str, object] = {
        "at": round(at, 6),
        "session": session,
        "from": sender,
        "to": untold(packet.to),
        "media_type": packet.media_type,
        "octets": len(packet.body),
        "headers": dict(safe.headers) if safe is not None else {},
    }
    if safe is None:
        given["unreadable"] = _reason(packet)
    else:
        given["body_b64"] = b64encode(safe.body).decode()
        message = codec_for(packet.media_type, packet.body).decode(packet.body, lenient=True)
        quotes = safe.body == packet.body  # a deviation quotes the message, and so perhaps a secret in it
        refused = [_refusal(c) for c in message.commands if isinstance(c, Status) and not c.code.is_ok]
        if refused:
            given["refused"] = refused
        given["deviations"] = [str(d if quotes else Deviation(d.kind, d.where)) for d in message.deviations]
    taken = tuple(events)
    given["events"] = [type(event).__name__ for event in taken]
    failed = [event for event in taken if isinstance(event, JobFailed)]
    if failed:  # what a job raised may quote what it was told
        open_ = safe is not None and safe.body == packet.body
        given["failed"] = [
            str(event) if open_ or isinstance(event.error, NoJob) else f"job {event.job} failed" for event in failed
        ]
    return json.dumps(given, ensure_ascii=False)


def _refusal(status: Status) -> str:
    """A Status in words, and nothing that the peer has written: a name of a command that is none stays away."""
    name = status.cmd if status.cmd in _COMMANDS else "a command"
    return f"{name}: {status.code.value} {status.code.phrase}"


def _reason(packet: Packet) -> str:
    """Why the body is no message, without any of its text."""
    try:
        codec_for(packet.media_type, packet.body).decode(packet.body, lenient=True)
    except CodecError as error:
        return _QUOTED.sub("'...'", str(error))
    return "it cannot be written again without its secrets"


def parse_log_line(text: str) -> tuple[str, float, Line]:
    """Session, time and message of one line; ConfigError with a sentence when it is none."""
    try:
        record = json.loads(text)
        sender, body = record["from"], b64decode(record.get("body_b64", ""))
        packet = Packet(str(record["to"]), body, str(record["media_type"]), dict(record.get("headers", {})))
        session, at = str(record["session"]), float(record["at"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"not a log line of dmkit ({type(error).__name__}: {error}): {text[:60]!r}") from None
    if sender not in ("client", "server"):
        raise ConfigError(f"a log line is from client or server, not from {sender!r}")
    note = (
        ""
        if "body_b64" in record
        else f"{many(record.get('octets', '?'), 'octet')} that could not be read were not logged"
    )
    if note and record.get("unreadable"):
        note += f": {record['unreadable']}"
    return session, at, Line(0, sender, packet, at, note=note)


# -- reading ------------------------------------------------------------------------------------------------------


@asked
def read_trace(path: str | Path) -> Transcript:
    """The session in a trace; the first one when there are several (``read_traces`` gives all).

    ConfigError with one sentence when there is nothing to read.

    >>> from pathlib import Path
    >>> len(read_trace(sorted(Path("data/traces").glob("*.jsonl"))[0])) > 0
    True
    """
    return next(iter(read_traces(path).values()))


@asked
def read_traces(path: str | Path) -> dict[str, Transcript]:
    """Every session in a trace, by SessionID, in the order of their first messages.

    A device may use a SessionID again: its MsgID then begins at 1 anew, and the later session is called ``ID (2)``.

    >>> from pathlib import Path
    >>> len(read_traces(sorted(Path("data/traces").glob("*.jsonl"))[0])) > 0
    True
    """
    place = Path(path)
    if not place.exists():
        raise ConfigError(f"{place}: there is no such file or folder")
    lines = list(_folder(place) if place.is_dir() else _file(place, {}))
    if not lines:
        raise ConfigError(
            f"{place}: no message in it; a trace is {', or '.join(form.what for form in FORMS.values())}, "
            "or a folder of these"
        )
    sessions: dict[str, list[Line]] = {}
    names: dict[str, str] = {}
    used: dict[str, int] = {}
    latest = ""
    for session, line in lines:
        latest = session or latest
        name = names.setdefault(latest, latest)
        if _begins_again(line, sessions.get(name, ())):
            used[latest] = used.get(latest, 1) + 1
            name = names[latest] = f"{latest} ({used[latest]})"
        sessions.setdefault(name, []).append(line)
    return {
        session: Transcript(tuple(_numbered(at, line) for at, line in enumerate(value, 1)))
        for session, value in sessions.items()
    }


def _begins_again(line: Line, so_far: Sequence[Line]) -> bool:
    """True for a client's first message after later ones, or after one with other octets."""
    message = line.message
    if line.sender != "client" or message is None or message.header.msg_id != "1":
        return False
    last = next((entry for entry in reversed(so_far) if entry.sender == "client"), None)
    if last is None:
        return False
    went_on = last.message is not None and last.message.header.msg_id != "1"
    return went_on or last.packet.body != line.packet.body


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
        if file.is_file() and not file.name.startswith(".") and file.suffix != ".md":
            yield from _file(file, clients)


class Form(NamedTuple):
    """One form of a trace: what it is, how it is known by its octets, how it is read."""

    what: str
    known: Callable[[bytes], bool]
    read: Callable[[Path, bytes, dict[str, str]], Iterator[tuple[str, Line]]]


def _file(place: Path, clients: dict[str, str]) -> Iterator[tuple[str, Line]]:
    try:
        data = place.read_bytes()
    except OSError as error:
        raise ConfigError(f"{place}: {error.strerror or error}") from None
    form = next((form for form in FORMS.values() if form.known(data)), None)
    if form is not None:
        yield from form.read(place, data, clients)
    elif data.strip():
        yield _line(data, clients)


def _of_captured(value: Captured, clients: dict[str, str]) -> tuple[str, Line]:
    return _line(
        value.body,
        clients,
        sender=value.sender,
        media_type=value.media_type,
        headers=value.headers,
        to=value.to,
        at=value.at,
    )


def _is_ours(media_type: str, body: bytes) -> bool:
    """Whether a body may be a message: by its type, or by what stands in it."""
    return "syncml" in media_type.lower() or b"<SyncML" in body[:4000] or body[:4] in _WBXML_STARTS


_WBXML_STARTS: Final = frozenset(bytes((version,)) + b"\xa4\x01\x6a" for version in (1, 2, 3))


def _capture(place: Path, data: bytes, clients: dict[str, str]) -> Iterator[tuple[str, Line]]:
    """By tshark, which knows more, or by the reader of dmkit."""
    entries = [found for found in read_capture(place) if _is_ours(found.media_type, found.body)]
    if not entries:
        with _as_config_error(place):
            entries = [_of_http(found.message, found.at) for found in captured(data)]
        entries = [found for found in entries if found.body and _is_ours(found.media_type, found.body)]
        begun = min((found.at or 0.0 for found in entries), default=0.0)
        entries = [found._replace(at=round((found.at or 0.0) - begun, 6)) for found in entries]
    for found in entries:
        yield _of_captured(found, clients)


def _of_http(message: HttpMessage, at: float | None) -> Captured:
    mac = message.headers.get("x-syncml-hmac", "")
    return Captured(
        "client" if message.is_request else "server",
        message.headers.get("content-type", ""),
        {"x-syncml-hmac": mac} if mac else {},
        at,
        message.body,
        message.target,
    )


def _http(place: Path, data: bytes, clients: dict[str, str]) -> Iterator[tuple[str, Line]]:
    for message in http_messages(data):
        value = _of_http(message, None)
        if value.body and _is_ours(value.media_type, value.body):
            yield _of_captured(value, clients)


def _har(place: Path, data: bytes, clients: dict[str, str]) -> Iterator[tuple[str, Line]]:
    for value in read_har(data, place):
        if _is_ours(value.media_type, value.body):
            yield _of_captured(value, clients)


def _tshark(place: Path, data: bytes, clients: dict[str, str]) -> Iterator[tuple[str, Line]]:
    for value in read_json(data, place):
        yield _of_captured(value, clients)


def _log(place: Path, data: bytes, clients: dict[str, str]) -> Iterator[tuple[str, Line]]:
    for number, text in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        if text.strip():
            try:
                session, _, line = parse_log_line(text)
            except ConfigError as error:
                raise ConfigError(f"{place}, line {number}: {error}") from None
            yield session, line


def _messages(place: Path, data: bytes, clients: dict[str, str]) -> Iterator[tuple[str, Line]]:
    for body in messages_in(data):
        yield _line(body, clients)


@contextmanager
def _as_config_error(place: Path) -> Iterator[None]:
    try:
        yield
    except CodecError as error:
        raise ConfigError(f"{place}: {error}") from None


FORMS: Final[Mapping[str, Form]] = {
    "capture": Form("a capture (pcap, pcapng)", is_capture, _capture),
    "har": Form("a HAR file", is_har, _har),
    "log": Form("the log of dmkit serve", lambda data: data.lstrip()[:1] == b"{", _log),
    "tshark": Form("the JSON of tshark", lambda data: data.lstrip()[:1] == b"[", _tshark),
    "http": Form("raw HTTP", is_http, _http),
    "messages": Form("messages one after another", lambda data: bool(messages_in(data)), _messages),
}
"""What is read, by name; the first that knows the octets reads them (docs/traces.md)."""


def _in_order(name: str) -> list[tuple[bool, int, str]]:
    """Sort key: numbers in names count as numbers, so that 2 comes before 10."""
    return [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in re.split(r"(\d+)", name)]
