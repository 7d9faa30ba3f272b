"""The command line, a module per group of commands; ``GROUPS`` lists them.

Exit status 0 when all went well, 1 when a session did not, 2 with one sentence on standard error for bad input.
Each command loads its libraries when it is used.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Final

from dmkit import __version__
from dmkit.cli import (
    attack,
    card,
    ddf,
    enablers,
    lint,
    objects,
    probe,
    project,
    push,
    run,
    schedule,
    services,
    session,
    trace,
    why,
    wire,
    workbench,
)
from dmkit.cli.command import CliCommand, CommandOptions, attach
from dmkit.words.errors import DmError
from dmkit.words.lazy import EXTRAS

__all__ = ["COMMANDS", "main"]

GROUPS: Final[tuple[Mapping[str, CliCommand], ...]] = (
    session.COMMANDS,
    wire.COMMANDS,
    trace.COMMANDS,
    ddf.COMMANDS,
    lint.COMMANDS,
    why.COMMANDS,
    push.COMMANDS,
    card.COMMANDS,
    enablers.COMMANDS,
    run.COMMANDS,
    objects.COMMANDS,
    services.COMMANDS,
    schedule.COMMANDS,
    probe.COMMANDS,
    attack.COMMANDS,
    workbench.COMMANDS,
    project.COMMANDS,
)
"""A new group is a module here with ``COMMANDS``; a new command is a row there."""

COMMANDS: Final[Mapping[str, CliCommand]] = {name: command for group in GROUPS for name, command in group.items()}


def _parser() -> argparse.ArgumentParser:
    parser = CommandOptions(
        prog="dmkit",
        description="OMA Device Management as an executable model: serve, decode, describe, wake, simulate, validate.",
        epilog="example: " + "\n         ".join(command.example for command in COMMANDS.values()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"dmkit {__version__}")
    attach(parser, COMMANDS)
    return parser


def _as_told() -> AbstractContextManager[None]:
    """``DMKIT_FAST=off`` leaves quick readers and writers out, for whoever doubts one of them; otherwise nothing."""
    if os.environ.get("DMKIT_FAST") != "off":
        return nullcontext()
    from dmkit.wire.compiled import paths

    return paths(fast=False)


_BAD_INPUT: Final = (ValueError, RecursionError, OverflowError, MemoryError, EOFError)
"""What Python raises for input that it cannot take: text that is none, numbers without end, depth without end."""
_SECRET: Final = ("--password", "--server-password", "--pin", "--nonce", "--parameter")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status.  Whatever goes wrong is one sentence on standard error, never a traceback."""
    given = list(sys.argv[1:] if argv is None else argv)
    arguments = _parser().parse_args(given)
    try:
        with _as_told():
            status: int = arguments.run(arguments)
        sys.stdout.flush()
    except DmError as error:
        return _refused(given, arguments, str(error))
    except BrokenPipeError:  # whoever read our output has seen enough; nothing is left to be written to it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _refused(given, arguments, f"{where}{error.strerror or error}")
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        return _refused(given, arguments, f"it needs {name or error}: pip install 'dmkit[{EXTRAS.get(name, 'lab')}]'")
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # the last guard
        if os.environ.get("DMKIT_DEBUG"):
            raise
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        if not isinstance(error, _BAD_INPUT):
            text = f"dmkit failed: {text}; DMKIT_DEBUG=1 shows where"
        return _refused(given, arguments, text)
    return status


def _hides(word: str) -> bool:
    """Whether ``word`` is an option with a secret behind it, or the beginning of one."""
    return word.startswith("--") and len(word) > 2 and any(option.startswith(word) for option in _SECRET)


def _refused(given: Sequence[str], arguments: argparse.Namespace, sentence: str) -> int:
    """Say on standard error, on one line, why the command did not do what was asked; status 2.

    A sentence that names nothing of what was given is put behind it, secrets left out.
    """
    below = getattr(arguments, f"command_{arguments.command}", "")
    name = f"{arguments.command} {below}".strip()
    words = [word for word in given if word not in (arguments.command, below)]
    if words and not any(word in sentence or word.partition("=")[0] in sentence for word in words if word):
        shown = ["..." if _hides(before) else word for before, word in zip(["", *words], words, strict=False)]
        shown = [f"{w.partition('=')[0]}=..." if _hides(w.partition("=")[0]) and "=" in w else w for w in shown]
        sentence = f"{' '.join(shown)[:200]}: {sentence}"
    line = " ".join(sentence[:2000].split())
    print(f"dmkit {name}: {line.encode('utf-8', 'backslashreplace').decode()}", file=sys.stderr)
    return 2
