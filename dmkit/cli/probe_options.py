"""Options of ``dmkit probe``: a table for each of its commands."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from dmkit.cli.command import number, whole

__all__ = ["CLIENT", "CODEC", "LIST", "MATRIX", "PIPE", "SERVER", "SPEC", "adder"]


class ProbeOption(NamedTuple):
    """An option: its name, and what argparse is told of it."""

    name: str
    says: dict[str, Any]


def option(name: str, **says: Any) -> ProbeOption:
    """A row."""
    return ProbeOption(name, says)


def adder(table: tuple[ProbeOption, ...]) -> Callable[[argparse.ArgumentParser], None]:
    """A function that adds the options of ``table`` to a parser."""

    def add(parser: argparse.ArgumentParser) -> None:
        for row in table:
            parser.add_argument(row.name, **row.says)

    return add


COMMON: Final = (
    option("rows", nargs="*", metavar="ROW", help="requirements (P-05), letters (P) or sections ('DMPRO §8.3')"),
    option("--case", action="append", metavar="ID", help="a single case; dmkit probe list names all"),
    option(
        "--device-id", default="IMEI:004999010640000", help="the device; {n} is the number of the case (%(default)s)"
    ),
    option("--user", default="client", help="the name of the device (%(default)s)"),
    option("--password", default="clientpw", help="its secret (%(default)s)"),
    option("--server-id", default="dmkit", help="the name of the server (%(default)s)"),
    option("--server-password", default="", help="its secret; empty: the transport vouches for it"),
    option(
        "--auth",
        default="md5",
        choices=["none", "basic", "md5", "mac"],
        help="how the device proves itself where a case does not say (%(default)s)",
    ),
    option(
        "--server-auth",
        default="md5",
        choices=["none", "basic", "md5", "mac"],
        help="how the server does (%(default)s)",
    ),
    option("--wbxml", action="store_true", help="speak WBXML where a case does not say"),
    option("--below", metavar="NODE", help="the node below which may be written; without it nothing is"),
    option("--destructive", action="store_true", help="also commands that a wrong peer carries out elsewhere"),
    option("--lacks", metavar="A,B", help="what the peer has not: mac, wbxml, Atomic ..."),
    option("--rate", type=whole(1, 1000), default=20, help="messages a second, at most (%(default)s)"),
    option("--timeout", type=number(0.01, 3600), default=10.0, help="seconds for an answer (%(default)s)"),
    option("--case-time", type=number(0.1, 36000), default=60.0, help="seconds for a case (%(default)s)"),
    option("--first", type=whole(0, 9000000), default=1, help="the number of the first case (%(default)s)"),
    option("--out", metavar="FOLDER", help="results, ladders, messages and captures; the captures hold secrets"),
    option("--resume", action="store_true", help="leave out what --out has already"),
    option("--junit", metavar="FILE", help="write the results as JUnit XML"),
    option("--baseline", metavar="FILE", help="cases that are known to fail: only others count"),
    option("--dry-run", action="store_true", help="say what would be played, send nothing"),
    option("--verbose", action="store_true", help="print every case with its ladder"),
    option("--quiet", action="store_true", help="no progress"),
)
SERVER: Final = (
    option("url", metavar="URL", help="where the server takes messages"),
    *COMMON,
    option("--ca", metavar="PEM", help="authorities to check the server's certificate against"),
    option(
        "--other-device",
        metavar="ID",
        default="",
        help="another device that the server knows, for cases of two; {n} as in --device-id",
    ),
    option("--other-user", metavar="NAME", default="", help="its name, if it is another"),
    option("--other-password", metavar="SECRET", default="", help="its secret, if it is another"),
)
CLIENT: Final = (
    *COMMON,
    option("--listen", metavar="ADDR", default="127.0.0.1:8081", help="host and port (%(default)s)"),
    option("--url", metavar="URL", help="the address that the client calls, if it is another one"),
    option("--trigger", metavar="COMMAND", help="what makes the client call; {url}, {encoding}, {auth}, {case}"),
    option("--deliver", metavar="COMMAND", help="what hands it a push; {file}, {hex}, {imsi} and those of --trigger"),
    option("--imsi", metavar="DIGITS", help="what the client shares with its network, for its bootstrap"),
    option("--pin", metavar="DIGITS", help="the PIN that the user of the client types for a bootstrap"),
    option("--firmware", metavar="NODE", help="where the client has its firmware update object"),
    option("--forgets", action="store_true", help="the client keeps no nonce from session to session"),
    option("--wait", type=number(0.1, 36000), default=60.0, help="seconds for a client to call (%(default)s)"),
)
CODEC: Final = (
    option("codec", metavar="CODEC", help="dmkit, libwbxml, or a command (docs/probe.md says what it answers)"),
    option("--messages", type=whole(1, 500), default=60, help="how many messages (%(default)s)"),
    option("--timeout", type=number(0.01, 3600), default=10.0, help="seconds for an answer (%(default)s)"),
    option("--out", metavar="FILE", help="write the results as JSON lines"),
)
PIPE: Final = (option("--name", default="dmkit", help="what it calls itself (%(default)s)"),)
LIST: Final = (
    option("rows", nargs="*", metavar="ROW", help="requirements, letters or sections; all without any"),
    option("--side", default="both", choices=["server", "client", "both"], help="for whom (%(default)s)"),
)
SPEC: Final = (option("--out", metavar="FILE", default="-", help="where it goes (standard output)"),)
MATRIX: Final = (
    option("results", nargs="+", metavar="[NAME=]FOLDER", help="what --out of a run has written"),
    option("--html", metavar="FILE", help="a page with every case, in place of a table of rows"),
)
