"""``dmkit conformance``: what dmkit says about itself."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Final

from dmkit.cli.command import CliCommand

__all__ = ["COMMANDS"]


def _conformance(arguments: argparse.Namespace) -> int:
    from dmkit.cli.conformance import main as conformance

    where = ["--tests", arguments.tests] if arguments.tests else []
    return conformance([*(["--json"] if arguments.json else []), *where])


def _options_conformance(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="a list of id, client, server, tests, state")
    parser.add_argument("--tests", metavar="FOLDER", help="where the tests are (default: those of the project)")


COMMANDS: Final[Mapping[str, CliCommand]] = {
    "conformance": CliCommand(
        "print which requirements are asserted by which tests",
        "dmkit conformance --json",
        _options_conformance,
        _conformance,
    ),
}
