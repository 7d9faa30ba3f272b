"""``dmkit trace``: a captured session, whoever captured it: ladder, what became of each command, deviations."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dmkit.cli.command import CliCommand, naming, write_output
from dmkit.words.counts import many
from dmkit.words.errors import CodecError, ConfigError

if TYPE_CHECKING:
    from dmkit.views.transcript import Transcript

__all__ = ["COMMANDS", "sessions_of"]

_PAGE: Final = (
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
    '<body style="font-family:system-ui,sans-serif;max-width:70em;margin:2em auto"><h1>{title}</h1>{body}</body></html>'
)


def sessions_of(arguments: argparse.Namespace) -> Mapping[str, Transcript]:
    """The sessions in the file, or only the one that ``--session`` names."""
    from dmkit.transport.trace import read_traces

    with naming(arguments.file):
        sessions = read_traces(arguments.file)
    if arguments.session is None:
        return sessions
    if arguments.session not in sessions:
        known = ", ".join(name or "(none)" for name in sessions)
        raise ConfigError(f"--session {arguments.session}: {arguments.file} holds the sessions {known}")
    return {arguments.session: sessions[arguments.session]}


def _trace(arguments: argparse.Namespace) -> int:
    from dmkit.transport.dm2_trace import is_trace

    with naming(arguments.file):
        place = Path(arguments.file)
        if place.is_file() and is_trace(place.read_bytes()):
            return _dm2(arguments, place)
    sessions = sessions_of(arguments)
    if arguments.write is not None:
        return _written(arguments, sessions)
    if arguments.json:
        print(json.dumps([_data(name, talk) for name, talk in sessions.items()], indent=1, ensure_ascii=False))
    elif arguments.html:
        print(_page(arguments.file, sessions))
    else:
        print("\n\n".join(_text(name, talk) for name, talk in sessions.items()))
    return 0


def _dm2(arguments: argparse.Namespace, place: Path) -> int:
    """A session of DM 2.0, which has lines of its own: who to whom, and what each document says."""
    from dmkit.cli.json_documents import told
    from dmkit.dm2.conversation import shown
    from dmkit.transport.dm2_trace import read_line

    if arguments.session is not None or arguments.write is not None or arguments.html:
        raise ConfigError("a trace of DM 2.0 is shown as text or as --json; it has no session number, no other forms")
    texts = [text for text in place.read_text(encoding="utf-8").splitlines() if text]
    lines = [read_line(text) for text in texts]
    if arguments.json:
        print(json.dumps([json.loads(text) for text in texts], indent=1, ensure_ascii=False))
        return 0
    for n, line in enumerate(lines, 1):
        print(f"{n} {shown(line).partition('  {')[0].partition('  [')[0]}  {many(len(line.body), 'octet')}")
        if line.body:
            try:
                value = told(line.body).lines
            except CodecError as error:
                value = (f"body: {error}",)
            print("\n".join(f"    {each}" for each in value))
        for event in line.events:
            print(f"    * {event}")
    return 0


def _written(arguments: argparse.Namespace, sessions: Mapping[str, Transcript]) -> int:
    """The one session in another form, into a file."""
    from dmkit.transport.trace_write import write_trace

    form, place = arguments.write
    if len(sessions) > 1:
        raise ConfigError(f"{arguments.file} holds {many(len(sessions), 'session')}; --session names the one to write")
    write_output(place, write_trace(next(iter(sessions.values())), form))
    return 0


def _ends(talk: Transcript) -> tuple[str, str]:
    """The addresses of device and server, as the first message says them."""
    for line in talk:
        if line.message is not None:
            header = line.message.header
            ends = (header.source, header.target)
            return ends if line.sender == "client" else (ends[1], ends[0])
    return "", ""


def _title(name: str, talk: Transcript) -> str:
    device, server = _ends(talk)
    size = talk.size
    return (
        f"session {name or '(no SessionID)'}: {device or 'device'} and {server or 'server'}, "
        f"{many(len(talk), 'message')}, "
        f"{many(size['client'], 'octet')} to the server, {size['server']} to the device"
    )


def _text(name: str, talk: Transcript) -> str:
    from dmkit.views.outcomes import outcomes

    parts = [_title(name, talk), repr(talk)]
    found = outcomes(talk)
    if found:
        parts.append("what became of the commands:\n" + "\n".join(f"  {outcome}" for outcome in found))
    deviations = [f"  line {number}: {deviation}" for number, deviation in talk.deviations]
    deviations += [f"  line {line.number}: {line.summary}" for line in talk if line.message is None and not line.note]
    parts.append("deviations:\n" + "\n".join(deviations) if deviations else "deviations: none")
    return "\n".join(parts)


def _data(name: str, talk: Transcript) -> dict[str, Any]:
    from dmkit.views.outcomes import outcomes

    device, server = _ends(talk)
    return {
        "session": name,
        "device": device,
        "server": server,
        "octets": dict(talk.size),
        "messages": [{**row, "note": line.note} for row, line in zip(talk.rows(), talk, strict=True)],
        "commands": [outcome.row() for outcome in outcomes(talk)],
        "deviations": [
            {"line": number, "kind": deviation.kind.value, "where": deviation.where, "said": deviation.found}
            for number, deviation in talk.deviations
        ],
    }


def _page(file: str, sessions: Mapping[str, Transcript]) -> str:
    """A page that needs nothing else: ladders, tables, deviations."""
    from dmkit.views.ladder import ladder_html
    from dmkit.views.look import escape
    from dmkit.views.outcomes import outcomes

    body = []
    for name, talk in sessions.items():
        cells = "".join(
            f"<tr><td>{o.line}</td><td>{escape(o.verb)}</td><td>{escape(o.uri)}</td>"
            f"<td>{'no answer' if o.status is None else f'{o.status.value} {escape(o.status.phrase)}'}</td>"
            f"<td>{escape(', '.join(value for _, value in o.results))}</td></tr>"
            for o in outcomes(talk)
        )
        head = "".join(f'<th scope="col">{word}</th>' for word in ("Line", "Command", "URI", "Status", "Results"))
        found = "".join(f"<li>line {number}: {escape(str(d))}</li>" for number, d in talk.deviations) or "<li>none</li>"
        body.append(
            f"<h2>{escape(_title(name, talk))}</h2>{ladder_html(talk)}"
            f"<table><caption>What became of the commands</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{cells}</tbody></table><h3>Deviations</h3><ul>{found}</ul>"
        )
    return _PAGE.format(title=escape(f"Trace {file}"), body="".join(body))


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        metavar="FILE",
        help="a log of dmkit, a folder, pcap, pcapng, HAR, raw HTTP, messages one after another, tshark's JSON, what a "
        "viewer saved (docs/traces.md)",
    )
    parser.add_argument("--session", metavar="ID", help="only the session with this SessionID")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="write JSON")
    form.add_argument("--html", action="store_true", help="write a page that needs nothing else")
    form.add_argument(
        "--write",
        nargs=2,
        metavar=("FORM", "OUT"),
        help="write the session as pcap, pcapng, har, http, log, messages or viewer",
    )


COMMANDS: Final[Mapping[str, CliCommand]] = {
    "trace": CliCommand("show a captured session: ladder, what became of each command, deviations",
                     "dmkit trace data/traces/session.pcap", _options, _trace),
}  # fmt: skip
