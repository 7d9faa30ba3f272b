"""The command line: ``dmkit serve | session | decode | convert | conformance | load``.

Exit status 0 when all went well, 1 when a session did not, 2 with one sentence on standard error for bad input.
Each command loads its libraries when it is used.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dmkit import __version__
from dmkit.errors import DmError

if TYPE_CHECKING:
    from dmkit.model import Message

__all__ = ["main"]

Run = Callable[[argparse.Namespace], int]


def _read(path: str) -> bytes:
    return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()


def _serve(arguments: argparse.Namespace) -> int:
    from dmkit.transport.serve import run

    return run(arguments.config, port=arguments.port, log=arguments.log)


def _session(arguments: argparse.Namespace) -> int:
    from dmkit.transport.software_device import run

    return run(arguments)


def _decode(arguments: argparse.Namespace) -> int:
    data = _read(arguments.file)
    if arguments.rows:
        from dmkit.wire.explain import explain

        print(explain(data))
        return 0
    if arguments.json:
        print(json.dumps(_message_json(data, lenient=arguments.lenient), indent=1, ensure_ascii=False))
        return 0
    from dmkit.wire.document import is_wbxml, read_wbxml, read_xml, write_xml

    document = (read_wbxml if is_wbxml(data) else read_xml)(data, lenient=arguments.lenient)
    print(write_xml(document, pretty=True).decode())
    for deviation in document.deviations:
        print(f"deviation: {deviation}", file=sys.stderr)
    return 0


def _message_json(data: bytes, *, lenient: bool) -> object:
    import msgspec

    from dmkit.wire.codec import codec_for

    def plain(thing: object) -> object:
        if isinstance(thing, tuple):
            return [plain(entry) for entry in thing]
        if isinstance(thing, msgspec.Struct):
            fields = {name: plain(getattr(thing, name)) for name in thing.__struct_fields__}
            verb = getattr(thing, "verb", None)
            kept = {name: value for name, value in fields.items() if value not in (None, "", [], False)}
            return {"command": str(verb), **kept} if verb is not None else kept
        return {"hex": thing.hex()} if isinstance(thing, bytes) else thing

    message: Message = codec_for("", data).decode(data, lenient=lenient)
    return plain(message)


def _convert(arguments: argparse.Namespace) -> int:
    from dmkit.wire.document import convert

    converted, deviations = convert(_read(arguments.input), lenient=arguments.lenient)
    for deviation in deviations:
        print(f"deviation: {deviation}", file=sys.stderr)
    Path(arguments.output).write_bytes(converted)
    return 0


def _conformance(arguments: argparse.Namespace) -> int:
    from dmkit.conformance import main as conformance

    return conformance(["--json"] if arguments.json else [])


def _load(arguments: argparse.Namespace) -> int:
    from dmkit.transport.load import run

    return run(arguments.url, sessions=arguments.sessions, processes=arguments.processes, rounds=arguments.rounds)


def _options_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", metavar="CONFIG.toml", help="what to serve (docs/serving.md lists every field)")
    parser.add_argument("--port", type=int, help="listen here instead of the configured port; 0 takes any free one")
    parser.add_argument("--log", metavar="FILE", help="write one JSON line per message, without secrets")


def _options_session(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="where the server takes messages")
    parser.add_argument("--device-id", default="IMEI:493005100592800", help="the device's address (%(default)s)")
    parser.add_argument("--user", default="client", help="with what name the device proves itself (%(default)s)")
    parser.add_argument("--password", default="clientpw", help="its secret (%(default)s)")
    parser.add_argument("--auth", default="md5", choices=["none", "basic", "md5", "mac"], help="how (%(default)s)")
    parser.add_argument("--server-id", default="dmkit", help="the Server Identifier of the account (%(default)s)")
    parser.add_argument(
        "--server-password", default="", help="the server's secret; empty: the transport vouches for it"
    )
    parser.add_argument("--wbxml", action="store_true", help="speak WBXML instead of XML")
    parser.add_argument("--lenient", action="store_true", help="accept what real servers do wrong, and report it")
    parser.add_argument("--tree", metavar="FILE", help="a JSON or TOML table of URIs and values, added to the tree")
    parser.add_argument("--ca", metavar="PEM", help="authorities to check the server's certificate against")
    parser.add_argument("--certificate", metavar="PEM", help="a certificate of the device, with its key")
    parser.add_argument("--trace", metavar="FILE", help="write the session as JSON lines, without secrets")
    parser.add_argument("--show-tree", action="store_true", help="print the tree afterwards")


def _options_decode(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a message, or any document of these vocabularies; - reads stdin")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--rows", action="store_true", help="octet by octet: offset, octets, meaning")
    form.add_argument("--json", action="store_true", help="the message as JSON")
    parser.add_argument("--lenient", action="store_true", help="accept deviations and report them")


def _options_convert(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", metavar="IN", help="XML or WBXML, told apart by content; - reads stdin")
    parser.add_argument("output", metavar="OUT", help="where the other form goes; not touched when IN is refused")
    parser.add_argument("--lenient", action="store_true", help="accept deviations and report them")


def _options_conformance(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="a list of id, client, server, tests, state")


def _options_load(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="a served dmkit with an account for any device")
    parser.add_argument("--sessions", type=int, default=200, help="sessions at the same time (%(default)s)")
    parser.add_argument("--processes", type=int, default=2, help="client processes (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="sessions one after the other per device (%(default)s)")


COMMANDS: Final[dict[str, tuple[str, str, Callable[[argparse.ArgumentParser], None], Run]]] = {
    "serve": ("serve devices over HTTP", "dmkit serve server.toml --log messages.jsonl", _options_serve, _serve),
    "session": (
        "run a software device against a DM server",
        "dmkit session http://127.0.0.1:8080/dm --user client --password clientpw",
        _options_session,
        _session,
    ),
    "decode": ("show what a file says", "dmkit decode message.wbxml --rows", _options_decode, _decode),
    "convert": ("XML to WBXML or back", "dmkit convert message.xml message.wbxml", _options_convert, _convert),
    "conformance": (
        "print which requirements are asserted by which tests",
        "dmkit conformance --json",
        _options_conformance,
        _conformance,
    ),
    "load": (
        "put a load on a server of this machine",
        "dmkit load http://127.0.0.1:8080/dm --sessions 200",
        _options_load,
        _load,
    ),
}
"""Command -> what it does, an example, its options, its function.  A new command is a row."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dmkit",
        description="OMA Device Management: serve, try out, decode and convert.",
        epilog="example: " + "\n         ".join(example for _, example, _, _ in COMMANDS.values()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"dmkit {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (what, example, options, run) in COMMANDS.items():
        sub = commands.add_parser(
            name, help=what, description=f"{what[0].upper()}{what[1:]}.", epilog=f"example: {example}"
        )
        options(sub)
        sub.set_defaults(run=run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except DmError as error:
        print(f"dmkit {arguments.command}: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # whoever read our output has seen enough; nothing is left to be written to it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"dmkit {arguments.command}: {where}{error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return status
