"""``dmkit readings`` and ``dmkit whatif``: two readings of a sentence, and a change of the specification."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from typing import Final

from dmkit.cli.command import CliCommand, naming, read_input, unused, whole

__all__ = ["COMMANDS"]


def _progress(quiet: bool) -> Callable[[int, int, str], None] | None:
    """Told on standard error, on terminals, unless it is not wanted."""
    if quiet or not sys.stderr.isatty():
        return None
    return lambda number, of, what: print(f"{number + 1}/{of} {what}", file=sys.stderr)


def _readings(arguments: argparse.Namespace) -> int:
    from dmkit.workbench.readings.page import ladders, markdown_table
    from dmkit.workbench.readings.ranking import corrigendum, recorded
    from dmkit.workbench.readings.switches import switches
    from dmkit.workbench.readings.table import readings

    if arguments.rank is not None:
        unused(arguments, "beside --rank, which is of the whole record", "switches", "--anew", "--case", "--ladder")
        frame = corrigendum(recorded(), arguments.rank)
        print(markdown_table(frame, ["rank", "switch", "reason", "wording", "settles"]))
        return 0
    names = [switch.name for switch in switches(*arguments.switches)]
    if arguments.ladder:
        unused(arguments, "beside --ladder", "--anew", "--case")
        for name in names:
            print(f"{name}\n{ladders(name)}\n")
        return 0
    if not arguments.anew:
        unused(arguments, "without --anew: the record is shown as it is", "--case")
    if arguments.anew:
        frame = readings(*names, cases=arguments.case or (), progress=_progress(arguments.quiet))
    else:
        frame = recorded()
        frame = frame[frame["switch"].isin(names)]
    print(markdown_table(frame, ["switch", "rival", "mark", "class", "noticed", "wrong", "why", "example", "peers"]))
    return 0


def _options_readings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("switches", nargs="*", metavar="SWITCH", help="such as Rules.late_alert or 'TreeRules.tnds*'")
    parser.add_argument("--anew", action="store_true", help="compute it anew; else the record is shown")
    parser.add_argument("--case", action="append", metavar="CASE", help="with --anew: a conversation, or a kind")
    parser.add_argument("--ladder", action="store_true", help="show both ladders and where they part")
    parser.add_argument("--rank", type=whole(1), metavar="N", help="the N sentences to mend first, and why")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def _whatif(arguments: argparse.Namespace) -> int:
    read_input(arguments.file)  # a file that is not there is said before the libraries are loaded
    from dmkit.workbench.whatif.report import whatif

    with naming(arguments.file):
        report = whatif(
            arguments.base, arguments.file, quick=arguments.quick, parts=arguments.part,
            progress=_progress(arguments.quiet),
        )  # fmt: skip
    for file in arguments.out or ():
        report.save(file)
    if not arguments.out:
        print(report.markdown(), end="")
    return 0


def _options_whatif(parser: argparse.ArgumentParser) -> None:
    from dmkit.workbench.whatif.keys import KEYS, PART_NAMES

    parser.add_argument("file", metavar="CHANGE.toml", help="the change; what may stand there: " + ", ".join(KEYS))
    parser.add_argument("--base", default="spec", help="a row of dmkit.server.peers.PROFILES (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="look at less: seconds, not a minute")
    parser.add_argument("--part", action="append", metavar="PART", help=f"one of {', '.join(PART_NAMES)}; all if none")
    parser.add_argument("--out", action="append", metavar="FILE", help="write it: .md, .html or .json; may be repeated")
    parser.add_argument("--quiet", action="store_true", help="no progress")


COMMANDS: Final[Mapping[str, CliCommand]] = {
    "readings": CliCommand(
        "show what becomes of two readings of one sentence",
        "dmkit readings TreeRules.keep_implicit --ladder",
        _options_readings,
        _readings,
    ),
    "whatif": CliCommand(
        "report what a change of the specification does to everything",
        "dmkit whatif data/changes/sequences-stop.toml --quick",
        _options_whatif,
        _whatif,
    ),
}
