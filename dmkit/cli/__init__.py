"""The command line, a module per group of commands; ``GROUPS`` lists them.

Exit status 0 when all went well, 1 when a session did not, 2 with one sentence on standard error for bad input.
Each command loads its libraries when it is used.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from dmkit import __version__
from dmkit.cli import card, ddf, enablers, objects, project, push, run, services, session, wire
from dmkit.cli.command import Command, attach
from dmkit.words.errors import DmError

__all__ = ["COMMANDS", "main"]

GROUPS: Final[tuple[Mapping[str, Command], ...]] = (
    session.COMMANDS,
    wire.COMMANDS,
    ddf.COMMANDS,
    push.COMMANDS,
    card.COMMANDS,
    enablers.COMMANDS,
    run.COMMANDS,
    objects.COMMANDS,
    services.COMMANDS,
    project.COMMANDS,
)
"""A new group is a module here with ``COMMANDS``; a new command is a row there."""

COMMANDS: Final[Mapping[str, Command]] = {name: command for group in GROUPS for name, command in group.items()}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dmkit",
        description="OMA Device Management as an executable model: serve, decode, describe, wake, simulate, validate.",
        epilog="example: " + "\n         ".join(command.example for command in COMMANDS.values()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"dmkit {__version__}")
    attach(parser, COMMANDS)
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
