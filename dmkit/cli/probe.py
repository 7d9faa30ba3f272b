"""``dmkit probe``: a conformance tester for peers that nobody here wrote."""

from __future__ import annotations

import argparse
import asyncio
import re
import shlex
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import ExitStack
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from dmkit.cli.command import CliCommand, naming, number, read_input, whole, write_output

if TYPE_CHECKING:
    from dmkit.probe.case import ProbeCase
    from dmkit.probe.catalogue import ProbedSide
    from dmkit.probe.peer import Peer
    from dmkit.probe.verdict import Result
    from dmkit.wire.wsp import WspPush

__all__ = ["COMMANDS"]

_PUT: Final = frozenset({"url", "encoding", "auth", "server_auth", "case", "imsi"})
"""What is put into the command of --trigger and of --deliver."""
_PUSHED: Final = frozenset({"file", "hex"})
"""What is put into that of --deliver besides."""


def _peer(arguments: argparse.Namespace, side: ProbedSide, address: str) -> Peer:
    from dmkit.probe.peer import Peer

    return Peer(
        side,
        address,
        device_id=arguments.device_id,
        user=arguments.user,
        password=arguments.password,
        server_id=arguments.server_id,
        server_password=arguments.server_password,
        auth=arguments.auth,
        server_auth=arguments.server_auth,
        encoding="wbxml" if arguments.wbxml else "xml",
        below=arguments.below,
        destructive=arguments.destructive,
        takes_pushes=bool(getattr(arguments, "deliver", None)),
        forgets=getattr(arguments, "forgets", False),
        imsi=getattr(arguments, "imsi", None) or "",
        firmware=getattr(arguments, "firmware", None),
        lacks=tuple(word.strip() for word in (arguments.lacks or "").split(",") if word.strip()),
    )


def _cases(arguments: argparse.Namespace, side: ProbedSide) -> list[ProbeCase]:
    from dmkit.probe.catalogue import chosen

    return list(chosen(side, arguments.rows, ids=arguments.case or ()))


def _dry(cases: Sequence[ProbeCase], peer: Peer) -> int:
    from dmkit.probe.drive import skipped

    for case in cases:
        result = skipped(case, peer)
        print(f"{case.id:<52} {case.level:<12} {f'{result.verdict.value}: {result.why}' if result else case.title}")
    print(f"{len(cases)} cases; nothing was sent")
    return 0


def _server(arguments: argparse.Namespace) -> int:
    from dmkit.probe.over_http import Pace, probe_server
    from dmkit.transport.http import client_context

    peer = _peer(arguments, "server", arguments.url)
    cases = _cases(arguments, "server")
    if arguments.dry_run:
        return _dry(cases, peer)
    pace = Pace(answer=arguments.timeout, case=arguments.case_time, rate=arguments.rate, first=arguments.first)
    left, before = _resumed(arguments, cases)
    context = client_context(arguments.ca) if arguments.ca else None
    found = probe_server(peer, left, pace, context=context)
    return asyncio.run(_told(arguments, found, before, len(cases), arguments.url))


def _client(arguments: argparse.Namespace) -> int:
    from dmkit.probe.over_http import Pace, probe_client
    from dmkit.wire.wsp import encode
    from dmkit.words.errors import ConfigError

    host, _, port = arguments.listen.rpartition(":")
    if not port.isdigit() or int(port) > 65535:
        raise ConfigError(f"--listen {arguments.listen}: it is no address with a port, such as 127.0.0.1:8080")
    host = host or "127.0.0.1"
    peer = _peer(arguments, "client", arguments.url or f"http://{host}:{port}/dm")
    cases = _cases(arguments, "client")
    pace = Pace(answer=arguments.timeout, case=arguments.case_time, rate=arguments.rate, first=arguments.first,
                client=arguments.wait)  # fmt: skip

    known = _PUT | {name for case in cases for name in case.with_}
    to_call = _command("--trigger", arguments.trigger, known)
    to_push = _command("--deliver", arguments.deliver, known | _PUSHED)
    if to_push and not any(f"{{{name}}}" in word for word in to_push for name in ("file", "hex")):
        raise ConfigError("--deliver: it hands over no push; {file} or {hex} must stand in it")
    if arguments.dry_run:
        return _dry(cases, peer)
    for option, command in (("--trigger", to_call), ("--deliver", to_push)):
        if command and "{" not in command[0] and which(command[0]) is None:
            raise ConfigError(f"{option}: {command[0]!r} cannot be started: there is no such program")

    def words(line: Sequence[str], case: ProbeCase, **more: object) -> Sequence[str]:
        held = {"encoding": peer.encoding, "auth": peer.auth, "server_auth": peer.server_auth, **case.with_}
        values = {"case": case.id, "imsi": peer.imsi if "the IMSI" in case.needs else "", **held, **more}
        return [_put(word, values) for word in line]

    def trigger(case: ProbeCase, url: str) -> Sequence[str] | None:
        return words(to_call, case, url=url) if to_call else None

    def deliver(case: ProbeCase, url: str, push: WspPush) -> Sequence[str] | None:
        octets = encode(push)
        place = Path(folder) / "push.bin"
        place.write_bytes(octets)
        return words(to_push, case, url=url, file=place, hex=octets.hex())

    def told(url: str) -> None:
        print(f"listening at {url}; let the client call it", file=sys.stderr, flush=True)

    left, before = _resumed(arguments, cases)
    with TemporaryDirectory() as folder:
        found = probe_client(peer, left, pace, host=host, port=int(port), trigger=trigger, deliver=deliver, told=told)
        return asyncio.run(_told(arguments, found, before, len(cases), arguments.listen))


def _command(option: str, line: str | None, known: AbstractSet[str]) -> Sequence[str]:
    """The words of a command line that was given; none without one.  ConfigError when none can be made of it."""
    from difflib import get_close_matches

    from dmkit.words.errors import ConfigError

    if line is None:
        return ()
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise ConfigError(f"{option}: it cannot be split into words: {error}") from None
    if not words:
        raise ConfigError(f"{option}: it is empty; a command is wanted, such as 'dmkit session {{url}}'")
    for name in re.findall(r"(?<!\$)\{(\w+)\}", line):
        near = get_close_matches(name, known, n=1, cutoff=0.75)  # other braces may be the command's own
        if name not in known and near:
            raise ConfigError(f"{option}: {{{name}}} is nothing that is put in; nearest: {{{near[0]}}}")
    return words


def _put(word: str, values: Mapping[str, object]) -> str:
    for name, value in values.items():
        word = word.replace(f"{{{name}}}", str(value))
    return word


def _resumed(arguments: argparse.Namespace, cases: list[ProbeCase]) -> tuple[list[ProbeCase], list[Result]]:
    """The cases that are left, and the results of those that an earlier run of the same folder has."""
    from dmkit.probe.report import read_results

    if not arguments.out:
        return cases, []
    folder = Path(arguments.out)
    with naming(arguments.out):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = folder / "results.jsonl"
    if not arguments.resume:
        place.unlink(missing_ok=True)
        return cases, []
    found = {r.case: r for r in read_results(place)} if place.exists() else {}
    return [case for case in cases if case.id not in found], [found[case.id] for case in cases if case.id in found]


async def _told(
    arguments: argparse.Namespace, results: AsyncIterator[Result], before: list[Result], many: int, name: str
) -> int:
    """Print results as they come, write what is wanted, and sum up."""
    from dmkit.probe.report import baseline_of, junit, line_of, regressions, tally, write_case

    known: frozenset[str] = frozenset()
    if arguments.baseline:
        known = baseline_of(read_input(arguments.baseline).decode("utf-8", "replace"), arguments.baseline)
    folder = Path(arguments.out) if arguments.out else None
    found = list(before)
    bar = sys.stderr.isatty() and not arguments.quiet
    async for result in results:
        found.append(result)
        if folder is not None:
            with (folder / "results.jsonl").open("a", encoding="utf-8") as file:
                file.write(line_of(result) + "\n")
            write_case(folder / "cases", result)
        if bar:
            print(f"\r{len(found)} of {many}: {tally(found)}   ", end="", file=sys.stderr, flush=True)
        if result.verdict.counts_against or arguments.verbose:
            print(("\n" if bar else "") + _shown(result, arguments.verbose))
    if bar:
        print(file=sys.stderr)
    if arguments.junit:
        write_output(arguments.junit, junit(found, name).encode())
    print(f"{tally(found)}; {len(found)} of {many} cases")
    new, mended = regressions(found, known)
    for case in mended:
        print(f"passes now, and is in the baseline: {case}")
    if known:
        print(f"{len(new)} fail that are not in the baseline")
    return 1 if new else 0


def _shown(result: Result, whole_talk: bool) -> str:
    lines = [str(result)]
    if result.quote:
        lines.append(f"  {result.quote}")
    if result.rule:
        lines.append(f"  rule: {result.rule}  [{result.source}]")
    if whole_talk and len(result.talk):
        lines += [f"  {line}" for line in repr(result.talk).splitlines()]
    return "\n".join(lines)


def _codec(arguments: argparse.Namespace) -> int:
    from dmkit.probe.own import sample
    from dmkit.probe.pipe import LibWbxml, OwnCodec, PipeCodec, TestedCodec, probe_codec
    from dmkit.probe.report import line_of, tally

    codec: TestedCodec
    with ExitStack() as stack:
        if arguments.codec == "dmkit":
            codec = OwnCodec()
        elif arguments.codec == "libwbxml":
            codec = LibWbxml()
        else:
            with naming(arguments.codec):
                words = shlex.split(arguments.codec)
                codec = stack.enter_context(PipeCodec(words, arguments.timeout))
        found = list(probe_codec(codec, sample(arguments.messages)))
    for result in found:
        if result.verdict.counts_against:
            print(_shown(result, False))
    if arguments.out:
        write_output(arguments.out, "".join(line_of(result) + "\n" for result in found).encode())
    print(f"{codec.name}: {tally(found)}")
    return 1 if any(result.verdict.counts_against for result in found) else 0


def _pipe(arguments: argparse.Namespace) -> int:
    from dmkit.probe.pipe import OwnCodec, serve

    codec = OwnCodec()
    codec.name = arguments.name
    serve(codec, sys.stdin.buffer, sys.stdout.buffer)
    return 0


def _list(arguments: argparse.Namespace) -> int:
    from dmkit.probe.catalogue import chosen

    many = 0
    for side in ("server", "client") if arguments.side == "both" else (arguments.side,):
        for case in chosen(side, arguments.rows):
            many += 1
            print(f"{case.id:<52} {case.level:<12} {case.title} [{case.source}]")
    print(f"{many} cases")
    return 0


def _spec(arguments: argparse.Namespace) -> int:
    from dmkit.probe.specification import specification

    write_output(arguments.out, specification().encode())
    return 0


def _matrix(arguments: argparse.Namespace) -> int:
    from dmkit.cli.conformance import read_rows
    from dmkit.probe.report import matrix_html, matrix_text, read_results

    peers = {}
    for given in arguments.results:
        name, found, path = given.rpartition("=")
        with naming(path):
            peers[name if found else Path(path).name] = read_results(Path(path))
    if arguments.html:
        write_output(arguments.html, matrix_html(peers, {row.id: row.text for row in read_rows()}).encode())
    else:
        print(matrix_text(peers))
    return 0


# -- options


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "rows", nargs="*", metavar="ROW", help="requirements (P-05), letters (P) or sections ('DMPRO §8.3')"
    )
    parser.add_argument("--case", action="append", metavar="ID", help="a single case; dmkit probe list names all")
    parser.add_argument("--device-id", default="IMEI:004999010640000",
                        help="the device; {n} is the number of the case (%(default)s)")  # fmt: skip
    parser.add_argument("--user", default="client", help="the name of the device (%(default)s)")
    parser.add_argument("--password", default="clientpw", help="its secret (%(default)s)")
    parser.add_argument("--server-id", default="dmkit", help="the name of the server (%(default)s)")
    parser.add_argument("--server-password", default="", help="its secret; empty: the transport vouches for it")
    parser.add_argument("--auth", default="md5", choices=["none", "basic", "md5", "mac"],
                        help="how the device proves itself where a case does not say (%(default)s)")  # fmt: skip
    parser.add_argument("--server-auth", default="md5", choices=["none", "basic", "md5", "mac"],
                        help="how the server does (%(default)s)")  # fmt: skip
    parser.add_argument("--wbxml", action="store_true", help="speak WBXML where a case does not say")
    parser.add_argument("--below", metavar="NODE", help="the node below which may be written; without it nothing is")
    parser.add_argument(
        "--destructive", action="store_true", help="also commands that a wrong peer carries out elsewhere"
    )
    parser.add_argument("--lacks", metavar="A,B", help="what the peer has not: mac, wbxml, Atomic ...")
    parser.add_argument("--rate", type=whole(1, 1000), default=20, help="messages a second, at most (%(default)s)")
    parser.add_argument("--timeout", type=number(0.01, 3600), default=10.0, help="seconds for an answer (%(default)s)")
    parser.add_argument("--case-time", type=number(0.1, 36000), default=60.0, help="seconds for a case (%(default)s)")
    parser.add_argument(
        "--first", type=whole(0, 9_000_000), default=1, help="the number of the first case (%(default)s)"
    )
    parser.add_argument(
        "--out", metavar="FOLDER", help="results, ladders, messages and captures; the captures hold secrets"
    )
    parser.add_argument("--resume", action="store_true", help="leave out what --out has already")
    parser.add_argument("--junit", metavar="FILE", help="write the results as JUnit XML")
    parser.add_argument("--baseline", metavar="FILE", help="cases that are known to fail: only others count")
    parser.add_argument("--dry-run", action="store_true", help="say what would be played, send nothing")
    parser.add_argument("--verbose", action="store_true", help="print every case with its ladder")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def _options_server(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="where the server takes messages")
    _common(parser)
    parser.add_argument("--ca", metavar="PEM", help="authorities to check the server's certificate against")


def _options_client(parser: argparse.ArgumentParser) -> None:
    _common(parser)
    parser.add_argument("--listen", metavar="ADDR", default="127.0.0.1:8081", help="host and port (%(default)s)")
    parser.add_argument("--url", metavar="URL", help="the address that the client calls, if it is another one")
    parser.add_argument(
        "--trigger", metavar="COMMAND", help="what makes the client call; {url}, {encoding}, {auth}, {case}"
    )
    parser.add_argument(
        "--deliver", metavar="COMMAND", help="what hands it a push; {file}, {hex}, {imsi} and those of --trigger"
    )
    parser.add_argument("--imsi", metavar="DIGITS", help="what the client shares with its network, for its bootstrap")
    parser.add_argument("--firmware", metavar="NODE", help="where the client has its firmware update object")
    parser.add_argument("--forgets", action="store_true", help="the client keeps no nonce from session to session")
    parser.add_argument(
        "--wait", type=number(0.1, 36000), default=60.0, help="seconds for a client to call (%(default)s)"
    )


def _options_codec(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "codec", metavar="CODEC", help="dmkit, libwbxml, or a command (docs/probe.md says what it answers)"
    )
    parser.add_argument("--messages", type=whole(1, 500), default=60, help="how many messages (%(default)s)")
    parser.add_argument("--timeout", type=number(0.01, 3600), default=10.0, help="seconds for an answer (%(default)s)")
    parser.add_argument("--out", metavar="FILE", help="write the results as JSON lines")


def _options_pipe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", default="dmkit", help="what it calls itself (%(default)s)")


def _options_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rows", nargs="*", metavar="ROW", help="requirements, letters or sections; all without any")
    parser.add_argument("--side", default="both", choices=["server", "client", "both"], help="for whom (%(default)s)")


def _options_spec(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", metavar="FILE", default="-", help="where it goes (standard output)")


def _options_matrix(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("results", nargs="+", metavar="[NAME=]FOLDER", help="what --out of a run has written")
    parser.add_argument("--html", metavar="FILE", help="a page with every case, in place of a table of rows")


COMMANDS: Final[Mapping[str, CliCommand]] = {
    "probe": CliCommand(
        "probe a server or a client that others wrote for conformance",
        "dmkit probe server http://127.0.0.1:8080/dm P-05 --dry-run",
        below={
            "server": CliCommand(
                "play cases against a server",
                "dmkit probe server http://127.0.0.1:8080/dm --user client --password clientpw --out probed",
                _options_server,
                _server,
            ),
            "client": CliCommand(
                "play cases against a client that calls",
                "dmkit probe client --listen 127.0.0.1:8081 --trigger 'dmkit session {url}' --below ./Vendor/Probe",
                _options_client,
                _client,
            ),
            "codec": CliCommand(
                "try a codec: dmkit, libwbxml, or a command that answers on a pipe",
                "dmkit probe codec 'node data/probe/testee.js'",
                _options_codec,
                _codec,
            ),
            "pipe": CliCommand("answer as a codec on a pipe", "dmkit probe pipe < frames", _options_pipe, _pipe),
            "list": CliCommand("name all cases", "dmkit probe list P-05 --side server", _options_list, _list),
            "spec": CliCommand("write the test specification", "dmkit probe spec --out spec.md", _options_spec, _spec),
            "matrix": CliCommand(
                "put the results of several peers side by side",
                "dmkit probe matrix one=probed-one other=probed-other --html matrix.html",
                _options_matrix,
                _matrix,
            ),
        },
    ),
}
