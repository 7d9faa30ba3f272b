r"""Sessions of DM 2.0 as JSON lines, one a call or an answer; written by ``--trace``, read by ``dmkit trace``.

Values of nodes whose names speak of a secret are taken out.

>>> line = Line("client", "server", HttpCall("POST", "https://dm.example/dm", (), b'{"Alert":[]}'))
>>> write_line(line)
'{"dm2":1,"from":"client","to":"server","method":"POST","uri":"https://dm.example/dm","headers":{},"body":"{\\"Alert\\":[]}"}'
>>> read_line(write_line(line)) == line
True
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from dmkit.dm2.conversation import Line
from dmkit.dm2.exchange import HttpAnswer, HttpCall
from dmkit.transport.redact import private
from dmkit.words.errors import CodecError, ConfigError

__all__ = ["is_trace", "read_line", "write_line", "write_lines"]

_MEMBER: Final = re.compile(rb'("([^"\\]*)"\s*:\s*)"(?>[^"\\]+|\\.)*+(?:"|\Z)', re.DOTALL)
_SECRET: Final = re.compile(rb"secret|password|pin", re.IGNORECASE)
_FROM: Final = ("client", "server", "repository")


def _untold(member: re.Match[bytes]) -> bytes:
    return member[1] + b'"(secret)"' if _SECRET.search(member[2]) else member[0]


def write_line(line: Line) -> str:
    """One line of the trace."""
    what = line.what
    given: dict[str, Any] = {"dm2": 1, "from": line.sender, "to": line.receiver}
    given |= {"method": what.method, "uri": what.uri} if isinstance(what, HttpCall) else {"status": what.status}
    given |= {"headers": dict(what.headers), "body": _MEMBER.sub(_untold, what.body).decode("utf-8", "replace")}
    if line.events:
        given["events"] = list(line.events)
    return json.dumps(given, separators=(",", ":"), ensure_ascii=False)


def write_lines(place: Path, lines: Iterable[Line]) -> None:
    """The trace into a file that its owner alone can read.  ConfigError when it cannot be written."""
    try:
        with open(place, "w", encoding="utf-8", opener=private) as file:
            os.fchmod(file.fileno(), 0o600)
            file.writelines(write_line(line) + "\n" for line in lines)
    except OSError as error:
        raise ConfigError(f"{place}: cannot be written: {error.strerror}") from None


def is_trace(data: bytes) -> bool:
    """Whether these octets begin as such a trace does."""
    return data.startswith(b'{"dm2":')


def read_line(text: str) -> Line:
    """The line; CodecError when it is none."""
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CodecError(f"no JSON: {str(error)[:120]}") from None
    if not isinstance(record, dict) or record.get("from") not in _FROM or record.get("to") not in _FROM:
        raise CodecError("a line of a trace of DM 2.0 says from and to: client, server or repository")
    headers, body, events = record.get("headers", {}), record.get("body", ""), record.get("events", [])
    if not isinstance(headers, dict) or not isinstance(body, str) or not isinstance(events, list):
        raise CodecError("a line of a trace of DM 2.0 has headers (an object), a body (a text), events (a list)")
    pairs = tuple((str(name).lower(), str(value)) for name, value in headers.items())
    octets = body.encode("utf-8", "replace")
    if isinstance(record.get("method"), str) and isinstance(record.get("uri"), str):
        what: HttpCall | HttpAnswer = HttpCall(record["method"], record["uri"], pairs, octets)
    elif isinstance(record.get("status"), int) and not isinstance(record["status"], bool):
        what = HttpAnswer(record["status"], pairs, octets)
    else:
        raise CodecError("a line of a trace of DM 2.0 has a method with its uri, or a status")
    return Line(record["from"], record["to"], what, tuple(map(str, events)))
