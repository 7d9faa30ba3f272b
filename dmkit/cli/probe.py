"""``dmkit probe``: a conformance tester for peers that nobody here wrote."""

from __future__ import annotations

import argparse
import asyncio
import logging
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from dmkit.cli.command import CliCommand, naming, unused, write_output
from dmkit.cli.probe_codec import codec, pipe
from dmkit.cli.probe_options import CLIENT, CODEC, LIST, MATRIX, PIPE, SERVER, SPEC, adder
from dmkit.cli.probe_told import CommandsRun, resumed, told
from dmkit.words.counts import many

if TYPE_CHECKING:
    from dmkit.probe.case import ProbeCase
    from dmkit.probe.catalogue import ProbedSide
    from dmkit.probe.peer import Peer
    from dmkit.wire.wsp import WspPush

__all__ = ["COMMANDS"]

_PUT: Final = frozenset({"url", "encoding", "auth", "server_auth", "case", "imsi", "pin"})
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
        pin=getattr(arguments, "pin", None) or "",
        other_device=getattr(arguments, "other_device", ""),
        other_user=getattr(arguments, "other_user", ""),
        other_password=getattr(arguments, "other_password", ""),
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
    print(f"{many(len(cases), 'case')}; nothing was sent")
    return 0


def _server(arguments: argparse.Namespace) -> int:
    from dmkit.probe.over_http import Pace, probe_server
    from dmkit.transport.http import client_context

    if not arguments.other_device:
        unused(arguments, "without --other-device, whose they are", "--other-user", "--other-password")
    peer = _peer(arguments, "server", arguments.url)
    cases = _cases(arguments, "server")
    if arguments.dry_run:
        return _dry(cases, peer)
    pace = Pace(answer=arguments.timeout, case=arguments.case_time, rate=arguments.rate, first=arguments.first)
    left, before = resumed(arguments, cases)
    context = client_context(arguments.ca) if arguments.ca else None
    found = probe_server(peer, left, pace, context=context)
    return asyncio.run(told(arguments, found, before, cases, arguments.url))


def _client(arguments: argparse.Namespace) -> int:
    from dmkit.probe.listening import probe_client
    from dmkit.probe.over_http import Pace

    host, port = _listened(arguments.listen)
    peer = _peer(arguments, "client", arguments.url or f"http://{host}:{port}/dm")
    cases = _cases(arguments, "client")
    pace = Pace(answer=arguments.timeout, case=arguments.case_time, rate=arguments.rate, first=arguments.first,
                client=arguments.wait)  # fmt: skip
    called = _Called.of(arguments, peer, cases)
    if arguments.dry_run:
        return _dry(cases, peer)
    called.look()

    def listening(url: str) -> None:
        print(f"listening at {url}; let the client call it", file=sys.stderr, flush=True)

    if not arguments.verbose:
        logging.getLogger("dmkit.http").addHandler(logging.NullHandler())
    ended = CommandsRun()
    left, before = resumed(arguments, cases)
    with TemporaryDirectory() as folder:
        found = probe_client(
            peer,
            left,
            pace,
            host=host,
            port=port,
            trigger=called.trigger,
            deliver=partial(called.deliver, Path(folder)),
            told=listening,
            ended=ended.note,
        )
        return asyncio.run(told(arguments, found, before, cases, arguments.listen, ended))


def _listened(place: str) -> tuple[str, int]:
    """The host and the port of ``--listen``."""
    from dmkit.words.errors import ConfigError

    host, _, port = place.rpartition(":")
    if not port.isdigit() or int(port) > 65535:
        raise ConfigError(f"--listen {place}: it is no address with a port, such as 127.0.0.1:8080")
    return host or "127.0.0.1", int(port)


@dataclass(frozen=True, slots=True)
class _Called:
    """The programs that make a client call: one that lets it begin a session, one that hands a push over."""

    peer: Peer
    to_call: Sequence[str]
    to_push: Sequence[str]

    @classmethod
    def of(cls, arguments: argparse.Namespace, peer: Peer, cases: Sequence[ProbeCase]) -> _Called:
        """As the options name them; ConfigError for a command line that is none, or hands over no push."""
        from dmkit.words.errors import ConfigError

        known = _PUT | {name for case in cases for name in case.with_}
        to_call = _command("--trigger", arguments.trigger, known)
        to_push = _command("--deliver", arguments.deliver, known | _PUSHED)
        if to_push and not any(f"{{{name}}}" in word for word in to_push for name in ("file", "hex")):
            raise ConfigError("--deliver: it hands over no push; {file} or {hex} must stand in it")
        return cls(peer, to_call, to_push)

    def look(self) -> None:
        """ConfigError for a program that there is not."""
        from dmkit.words.errors import ConfigError

        for option, command in (("--trigger", self.to_call), ("--deliver", self.to_push)):
            if command and "{" not in command[0] and which(command[0]) is None:
                raise ConfigError(f"{option}: {command[0]!r} cannot be started: there is no such program")

    def _words(self, line: Sequence[str], case: ProbeCase, **more: object) -> Sequence[str]:
        peer = self.peer
        values = {
            "case": case.id,
            "imsi": peer.imsi if "the IMSI" in case.needs else "",
            "pin": peer.pin,
            "encoding": peer.encoding,
            "auth": peer.auth,
            "server_auth": peer.server_auth,
            **case.with_,
            **more,
        }
        return [_put(word, values) for word in line]

    def trigger(self, case: ProbeCase, url: str) -> Sequence[str] | None:
        """The command that lets the client begin."""
        return self._words(self.to_call, case, url=url) if self.to_call else None

    def deliver(self, folder: Path, case: ProbeCase, url: str, push: WspPush) -> Sequence[str] | None:
        """The command that hands ``push`` over; its octets lie in ``folder``."""
        from dmkit.wire.wsp import encode

        octets = encode(push)
        place = folder / "push.bin"
        place.write_bytes(octets)
        return self._words(self.to_push, case, url=url, file=place, hex=octets.hex())


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


def _list(arguments: argparse.Namespace) -> int:
    from dmkit.probe.catalogue import chosen

    listed = 0
    for side in ("server", "client") if arguments.side == "both" else (arguments.side,):
        for case in chosen(side, arguments.rows):
            listed += 1
            print(f"{case.id:<52} {case.level:<12} {case.title} [{case.source}]")
    print(many(listed, "case"))
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


COMMANDS: Final[Mapping[str, CliCommand]] = {
    "probe": CliCommand(
        "probe a server or a client that others wrote for conformance",
        "dmkit probe server http://127.0.0.1:8080/dm P-05 --dry-run",
        below={
            "server": CliCommand(
                "play cases against a server",
                "dmkit probe server http://127.0.0.1:8080/dm --user client --password clientpw --out probed",
                adder(SERVER),
                _server,
            ),
            "client": CliCommand(
                "play cases against a client that calls",
                "dmkit probe client --listen 127.0.0.1:8081 --trigger 'dmkit session {url}' --below ./Vendor/Probe",
                adder(CLIENT),
                _client,
            ),
            "codec": CliCommand(
                "try a codec: dmkit, libwbxml, or a command that answers on a pipe",
                "dmkit probe codec 'node data/probe/testee.js'",
                adder(CODEC),
                codec,
            ),
            "pipe": CliCommand("answer as a codec on a pipe", "dmkit probe pipe < frames", adder(PIPE), pipe),
            "list": CliCommand("name all cases", "dmkit probe list P-05 --side server", adder(LIST), _list),
            "spec": CliCommand("write the test specification", "dmkit probe spec --out spec.md", adder(SPEC), _spec),
            "matrix": CliCommand(
                "put the results of several peers side by side",
                "dmkit probe matrix one=probed-one other=probed-other --html matrix.html",
                adder(MATRIX),
                _matrix,
            ),
        },
    ),
}
