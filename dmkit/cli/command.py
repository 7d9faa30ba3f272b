"""A command of the command line: one row, and what several of them share."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from keyword import iskeyword
from pathlib import Path
from typing import Final, NoReturn

from dmkit.words.errors import ConfigError, DmError

__all__ = [
    "CliCommand",
    "CommandOptions",
    "attach",
    "naming",
    "number",
    "read_input",
    "unused",
    "whole",
    "write_output",
]

MAX_INPUT: Final = 1 << 30
"""Octets of a file that a command takes into memory."""


@dataclass(frozen=True, slots=True)
class CliCommand:
    """What it does, an example, its options, its function; or, in place of the last two, commands of its own.

    ``run`` returns the exit status: 0 well, 1 when what was asked for did not succeed, 2 for bad input.
    """

    what: str
    example: str
    options: Callable[[argparse.ArgumentParser], None] | None = None
    run: Callable[[argparse.Namespace], int] | None = None
    below: Mapping[str, CliCommand] | None = None


class CommandOptions(argparse.ArgumentParser):
    """Options whose errors are one sentence."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments, and leave with status 2."""
        line = " ".join(message[:400].split()).encode("utf-8", "backslashreplace").decode()
        self.exit(2, f"{self.prog}: {line} (see {self.prog} --help)\n")


def attach(parser: argparse.ArgumentParser, commands: Mapping[str, CliCommand], dest: str = "command") -> None:
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
            sub.set_defaults(run=command.run, usual=sub.get_default)
        if command.below is not None:
            attach(sub, command.below, dest=f"{dest}_{name}")


def unused(arguments: argparse.Namespace, why: str, *options: str) -> None:
    """ConfigError when one of ``options`` was given although it would not be used; ``why`` says what leaves it idle.

    What was given shows where it is another value than the default.

    >>> unused(argparse.Namespace(imsi="1", rows=False), "beside --card", "--rows", "--imsi")
    Traceback (most recent call last):
    dmkit.words.errors.ConfigError: --imsi is not used beside --card; leave it out
    """
    usual: Callable[[str], object] = getattr(arguments, "usual", lambda name: None)
    for option in options:
        name = option.removeprefix("--").replace("-", "_")
        name = f"{name}_" if iskeyword(name) else name
        value = getattr(arguments, name)
        if value is not False and value not in (None, [], usual(name)):
            raise ConfigError(f"{option} is not used {why}; leave it out")


@contextmanager
def naming(path: object) -> Iterator[None]:
    """Whatever is wrong inside is said with the file (or option) that it is about.

    >>> with naming("a.xml"):
    ...     raise ConfigError("no tree")
    Traceback (most recent call last):
    dmkit.words.errors.ConfigError: a.xml: no tree
    """
    try:
        yield
    except DmError as error:
        if str(path) in str(error):
            raise
        raise ConfigError(f"{path}: {error}") from None
    except OSError as error:
        if error.filename:
            raise
        raise ConfigError(f"{path}: {error.strerror or error}") from None
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: {_sentence(error)}") from None


def _sentence(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"not text in UTF-8 (octet {error.start})"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return " ".join(str(error).split())[:300] or type(error).__name__


def read_input(path: str) -> bytes:
    """The octets of the file, or of standard input for ``-``."""
    if path == "-":
        data = sys.stdin.buffer.read(MAX_INPUT + 1)
    else:
        with naming(path), Path(path).open("rb") as file:
            data = file.read(MAX_INPUT + 1)
    if len(data) > MAX_INPUT:
        raise ConfigError(f"{path}: more than {MAX_INPUT} octets")
    return data


def write_output(path: str, data: bytes) -> None:
    """Put ``data`` into the file, or on standard output for ``-``."""
    if path == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(data if data.endswith(b"\n") or data[:1] < b"\x04" else data + b"\n")
        sys.stdout.flush()
    else:
        with naming(path):
            Path(path).write_bytes(data)


def whole(least: int, most: int = 2**31 - 1) -> Callable[[str], int]:
    """The type of an option that takes a whole number from ``least`` to ``most``.

    >>> whole(1, 8)("3")
    3
    >>> whole(1, 8)("NaN")
    Traceback (most recent call last):
    argparse.ArgumentTypeError: 'NaN' is no whole number from 1 to 8
    """

    def read(text: str) -> int:
        try:
            value = int(text) if len(text) <= 20 else None
        except ValueError:
            value = None
        if value is None or not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text[:40]!r} is no whole number from {least} to {most}")
        return value

    return read


def number(least: float, most: float) -> Callable[[str], float]:
    """The type of an option that takes a number from ``least`` to ``most``.

    >>> number(0.0, 1.0)("nan")
    Traceback (most recent call last):
    argparse.ArgumentTypeError: 'nan' is no number from 0 to 1
    """

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text[:40]!r} is no number from {least:g} to {most:g}")
        return value

    return read
