"""A command of the command line: one row, and what several of them share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Command", "attach", "read_input"]


@dataclass(frozen=True, slots=True)
class Command:
    """What it does, an example, its options, its function; or, in place of the last two, commands of its own.

    ``run`` returns the exit status: 0 well, 1 when what was asked for did not succeed, 2 for bad input.
    """

    what: str
    example: str
    options: Callable[[argparse.ArgumentParser], None] | None = None
    run: Callable[[argparse.Namespace], int] | None = None
    below: Mapping[str, Command] | None = None


def attach(parser: argparse.ArgumentParser, commands: Mapping[str, Command], dest: str = "command") -> None:
    """Give ``parser`` the ``commands``, each with complete help."""
    places = parser.add_subparsers(dest=dest, metavar="COMMAND", required=True)
    for name, command in commands.items():
        sub = places.add_parser(
            name,
            help=command.what,
            description=f"{command.what[0].upper()}{command.what[1:]}.",
            epilog=f"example: {command.example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if command.options is not None:
            command.options(sub)
        if command.run is not None:
            sub.set_defaults(run=command.run)
        if command.below is not None:
            attach(sub, command.below, dest=f"{dest}_{name}")


def read_input(path: str) -> bytes:
    """The octets of the file, or of standard input for ``-``."""
    return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
